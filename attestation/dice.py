"""The firmware id in a device's certificate: the digest of what was booted before the certified key was made.

A DICE device derives the key that signs its reports from its firmware, and has that key certified together with the
firmware's digest. NVIDIA writes it in one of two forms, in the extension 2.23.133.5.4.1 (tcg-dice-TcbInfo) or
2.23.133.5.4.1.1:

- CompositeDeviceID, the older one (Hopper): SEQUENCE { 1, SubjectPublicKeyInfo, SEQUENCE { algorithm, digest } };
- DiceTcbInfo (TCG DICE Attestation Architecture section 6.1.1): of its optional members fwids, [6], a list of
  SEQUENCE { algorithm, digest }, whose first counts.

Extensions come as bytes that nothing has parsed yet, so that this reads DER with care of its own.
"""

from collections.abc import Iterator

from cryptography import x509

from .errors import FirmwareIdMalformed

TCB_INFO = x509.ObjectIdentifier("2.23.133.5.4.1")
TCB_INFO_ALIAS = x509.ObjectIdentifier("2.23.133.5.4.1.1")
FIRMWARE_EXTENSIONS = (TCB_INFO, TCB_INFO_ALIAS)

_INTEGER, _OCTET_STRING, _OBJECT_IDENTIFIER, _SEQUENCE, _FWIDS = 0x02, 0x04, 0x06, 0x30, 0xA6


def firmware_id(certificate: x509.Certificate) -> bytes | None:
    """The firmware id that a certificate names, or None if it has no such extension.

    Raises:
        FirmwareIdMalformed: it has one that is of neither form, or two.
    """
    found = [one.value for one in certificate.extensions if one.oid in FIRMWARE_EXTENSIONS]
    if not found:
        return None
    if len(found) > 1:
        raise FirmwareIdMalformed("two extensions with a firmware id")
    assert isinstance(found[0], x509.UnrecognizedExtension)
    return _read(found[0].value)


def _read(extension: bytes) -> bytes:
    outer = list(_elements(extension))
    if len(outer) != 1 or outer[0][0] != _SEQUENCE:
        raise FirmwareIdMalformed("not one SEQUENCE")
    members = list(_elements(outer[0][1]))
    if [tag for tag, _ in members] == [_INTEGER, _SEQUENCE, _SEQUENCE]:
        return _digest(members[2][1])
    lists = [content for tag, content in members if tag == _FWIDS]
    if len(lists) != 1:
        raise FirmwareIdMalformed("neither a CompositeDeviceID nor a DiceTcbInfo with firmware ids")
    first = next(_elements(lists[0]), (0, b""))
    if first[0] != _SEQUENCE:
        raise FirmwareIdMalformed("no firmware id in the list")
    return _digest(first[1])


def _digest(content: bytes) -> bytes:
    """The digest out of the content of SEQUENCE { algorithm, digest }."""
    members = list(_elements(content))
    if [tag for tag, _ in members] != [_OBJECT_IDENTIFIER, _OCTET_STRING] or not members[1][1]:
        raise FirmwareIdMalformed("a firmware id is an algorithm and a digest")
    return members[1][1]


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each element, one after the other; tags of one byte, lengths of their shortest form."""
    at = 0
    while at < len(data):
        header = data[at : at + 2]
        if len(header) < 2 or header[0] & 0x1F == 0x1F:
            raise FirmwareIdMalformed("not DER: tag")
        tag, length = header
        at += 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(data[at : at + size], "big")
            if not 1 <= size <= 2 or length < 0x80 or length >> 8 * (size - 1) == 0:
                raise FirmwareIdMalformed("not DER: length")
            at += size
        if length > len(data) - at:
            raise FirmwareIdMalformed("not DER: an element ends before it should")
        yield tag, data[at : at + length]
        at += length

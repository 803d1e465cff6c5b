"""The little DER that the library does not tell: the exact bytes of some parts of a certificate (RFC 5280 section 4.1).

Only for certificates that the library has parsed, which are therefore well-formed.
"""


def members(sequence: bytes) -> list[bytes]:
    """The members of a SEQUENCE, each whole with tag and length."""
    start, end = _content(sequence, 0)
    found = []
    while start < end:
        _, stop = _content(sequence, start)
        found.append(sequence[start:stop])
        start = stop
    return found


def subject_public_key_info(certificate: bytes) -> bytes:
    """SubjectPublicKeyInfo of a certificate of version 3, as it stands there."""
    return members(members(certificate)[0])[6]


def unused_bits(certificate: bytes) -> int:
    """How many bits at the end of the signature are declared unused."""
    signature = members(certificate)[2]
    start, _ = _content(signature, 0)
    return signature[start]


def _content(data: bytes, at: int) -> tuple[int, int]:
    """Where the content of the element at an offset starts and ends; all tags in question have one byte."""
    length, start = data[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        length, start = int.from_bytes(data[start : start + size], "big"), start + size
    return start, start + length

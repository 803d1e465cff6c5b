"""The published vectors of others, set by set, with this package's verdict beside theirs.

    ATTESTATION_VECTORS=folder python -m tests.attestation.third_party

prints the comparison as a table in Markdown. The vectors are not part of the project; the folder's README describes them.
Each counts as one of

- agree: our verdict is the published one. What is accepted must also have the published content, and must be refused with
  one bit of its signature turned, since a verifier that accepts everything agrees with every good message;
- policy: valid, and refused here by design, for exactly the reason that this file expects of it. A valid COSE message of
  another kind than COSE_Sign1 counts here, unless the README demands its refusal, as for `sign-tests` and `x509-examples`;
- wrong: anything else;
- not checked: there is nothing to compare, such as a signature without a published key, JSON, or a schema.

Each message is verified under the one algorithm that its vector names, with the key that goes with it. CBOR in diagnostic
notation is encoded by cbor2. Wrappers that this package has no use for are taken apart by cbor2 too. A measurement report
must verify under its own chain, and under that of no other device.
"""

import ast
import base64
import hashlib
import itertools
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from attestation import batch, cbor, chain, cose, errors, keys, spdm, spdm_report
from attestation.algorithms import ESP384
from attestation.errors import Refused, SignatureRefused

VARIABLE = "ATTESTATION_VECTORS"
AGREE, POLICY, WRONG, UNCHECKED = "agree", "policy", "wrong", "not checked"

ALGORITHMS = {"ES256": -7, "ES384": -35, "ES512": -36, "EdDSA": -8}  # RFC 9053 section 2
EDWARDS: Mapping[str, type[Ed25519PublicKey] | type[Ed448PublicKey]] = {"Ed25519": Ed25519PublicKey, "Ed448": Ed448PublicKey}
CURVES = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}

Policy = tuple[type[Refused], str]
"""The refusal that a valid vector meets by design, and why in a few words."""

OTHER_KIND: Policy = (errors.NotSign1, "COSE of another kind")
OTHER_CURVES: Mapping[tuple[str, str], Policy] = {
    ("EdDSA", "Ed448"): (errors.WrongKeyType, "Ed448 under EdDSA"),
    ("ES512", "P-256"): (errors.WrongKeyType, "ES512 on P-256"),
}
OUT_OF_PROFILE: Mapping[str, Policy] = {
    "sign1-tests/sign-pass-01": (errors.AlgorithmUnprotected, "algorithm unprotected"),
    "sign1-tests/sign-pass-03": (errors.WrongPrefix, "no tag"),
}
OUT_OF_ORDER: Policy = (errors.KeysOutOfOrder, "keys out of order")
INNER_TAG: Policy = (errors.InnerTag, "tagged")
IN_2024_S = 1_704_067_200
IN_2026 = datetime(2026, 1, 1, tzinfo=UTC)
REFUSAL = object()
"""Published verdict: to be refused."""


class Outcome(NamedTuple):
    """What became of one vector, and why."""

    vector: str
    verdict: str
    why: str


def judge(vector: str, check: Callable[[], object], published: object, policy: Policy | None = None) -> Outcome:
    """Compare what a check returns or raises with what has been published about it."""
    try:
        content = check()
    except Refused as refusal:
        if published is REFUSAL:
            return Outcome(vector, AGREE, refusal.reason)
        if policy is not None and type(refusal) is policy[0]:
            return Outcome(vector, POLICY, policy[1])
        return Outcome(vector, WRONG, refusal.reason)
    if published is REFUSAL or policy is not None:
        return Outcome(vector, WRONG, "accepted")
    return Outcome(vector, AGREE, "accepted") if content == published else Outcome(vector, WRONG, "other content")


def must_hold(vector: str, condition: bool) -> Outcome:
    return Outcome(vector, AGREE if condition else WRONG, "holds" if condition else "does not hold")


def verified(token: bytes, key: object, algorithm: int, aad: bytes = b"") -> object:
    """The payload of a message that verifies, provided that it does not with a bit of its signature turned."""
    payload = cose.verify_sign1(token, key, algorithms={algorithm}, external_aad=aad)
    try:
        cose.verify_sign1(turned(token), key, algorithms={algorithm}, external_aad=aad)
    except SignatureRefused:
        return payload
    return "accepted with a wrong signature as well"


def turned(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def spelling(value: object) -> bytes:
    """An encoding that two values share only if they are equal in type too: 1, 1.0 and true differ, NaN equals itself."""
    return cbor2.dumps(value, canonical=True)


def item(vector: str, data: bytes, value: object, policy: Policy | None = None) -> Outcome:
    """An encoded value: read by this package, and equal to what was published."""
    return judge(vector, lambda: spelling(cbor.loads(data)), spelling(value), policy)


def out_of_order(vector: str, data: bytes, value: object) -> Outcome:
    """An encoded value that is refused for the order of its keys, and for nothing else: put in order it is accepted."""
    outcome = item(vector, data, value, OUT_OF_ORDER)
    in_order = item(vector, spelling(cbor2.loads(data)), value)
    return outcome if in_order.verdict == AGREE else in_order


def diagnostic(path: Path) -> Any:
    """Diagnostic notation as far as the vectors use it (RFC 8949 section 8); a tag becomes a tuple of number and content."""

    def to_python(match: re.Match[str]) -> str:
        token = match[0]
        if token.startswith("/"):
            return " "
        if token.startswith("h'"):
            return repr(bytes.fromhex(token[2:-1]))
        if token.endswith("("):
            return f"({token[:-1]},"
        return token.title() if token in ("true", "false") else token

    form = r"""/[^/]*/ | "(?:[^"\\]|\\.)*" | h'[^']*' | \d+\( | true | false"""
    return ast.literal_eval(re.sub(form, to_python, path.read_text(), flags=re.VERBOSE).strip())


def public_key(jwk: Mapping[str, str]) -> object:
    def member(name: str) -> bytes:
        return bytes.fromhex(jwk[f"{name}_hex"]) if f"{name}_hex" in jwk else base64.urlsafe_b64decode(jwk[name] + "==")

    if jwk["crv"] in EDWARDS:
        return EDWARDS[jwk["crv"]].from_public_bytes(member("x"))
    return ec.EllipticCurvePublicKey.from_encoded_point(CURVES[jwk["crv"]], b"\x04" + member("x") + member("y"))


def cose_examples(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(folder.glob("*.json")):
        yield f"{path.parent.name}/{path.stem}", json.loads(path.read_text())


def messages(folder: Path) -> Iterator[Outcome]:
    """Messages of the COSE working group: a COSE_Sign1 has the member `sign0`."""
    for vector, example in cose_examples(folder):
        token = bytes.fromhex(example["output"]["cbor"])
        given = example["input"]
        signer = given.get("sign0")
        if signer is None:
            yield judge(vector, partial(cose.parse_sign1, token), None, OTHER_KIND)
            continue
        key, algorithm = public_key(signer["key"]), ALGORITHMS[signer["alg"]]
        aad = bytes.fromhex(signer.get("external", ""))
        plaintext = given["plaintext"].encode() if "plaintext" in given else bytes.fromhex(given["plaintext_hex"])
        yield judge(
            vector,
            partial(verified, token, key, algorithm, aad),
            REFUSAL if example.get("fail") else plaintext,
            OUT_OF_PROFILE.get(vector, OTHER_CURVES.get((signer["alg"], signer["key"]["crv"]))),
        )


def refused_messages(folder: Path) -> Iterator[Outcome]:
    """Messages that the README demands to be refused for their tag."""
    for vector, example in cose_examples(folder):
        token = bytes.fromhex(example["output"]["cbor"])
        outcome = judge(vector, partial(cose.parse_sign1, token), REFUSAL)
        for_its_tag = outcome.why in (errors.NotSign1.reason, errors.WrongPrefix.reason)
        yield outcome if for_its_tag else outcome._replace(verdict=WRONG)


def certificates(folder: Path) -> Iterator[Outcome]:
    """Messages with certificates, and the certificates: Alice's was issued by the authority's."""
    yield from refused_messages(folder)
    for path in sorted(folder.glob("*.crt")):
        der = x509.load_pem_x509_certificate(path.read_bytes())
        yield judge(
            f"x509-examples/{path.stem}", partial(chain.read_certificate, path.with_suffix(".der").read_bytes()), der
        )
    alice, authority = ((folder / name).read_bytes() for name in ("alice.der", "ca.der"))
    follow = partial(chain.validate_chain, [alice, authority], [authority], IN_2024_S)
    no_ueid = (errors.UeidNotInCertificate, "certificate without UEID")
    yield judge("x509-examples/chain", follow, None, no_ueid)


def bare_signatures(folder: Path) -> Iterator[Outcome]:
    """Every signature of the COSE working group's good messages over the bytes published as signed, of COSE_Sign too."""
    for path in sorted(folder.glob("*/*.json")):
        example = json.loads(path.read_text())
        given, between = example["input"], example["intermediates"]
        message = cbor2.loads(bytes.fromhex(example["output"]["cbor"]))
        parts = message.value if isinstance(message, cbor2.CBORTag) else message
        signers = []
        if "sign0" in given:
            signers = [(given["sign0"], between, parts)]
        elif "sign" in given:
            signers = [*zip(given["sign"]["signers"], between["signers"], parts[3], strict=True)]
            if "countersign" in given["sign"]:
                signers.append((given["sign"]["countersign"]["signers"][0], between["countersigners"][0], parts[1][7]))
        for number, (signer, intermediate, signed) in enumerate(signers if not example.get("fail") else ()):
            name, jwk = signer.get("alg") or signer["protected"]["alg"], signer["key"]
            message = bytes.fromhex(intermediate["ToBeSign_hex"])
            check = partial(verified_signature, ALGORITHMS[name], public_key(jwk), message, signed[-1])
            vector = f"{path.parent.name}/{path.stem}, signature {number}"
            yield judge(vector, check, None, OTHER_CURVES.get((name, jwk["crv"])))


def verified_signature(algorithm: int, key: object, message: bytes, signature: bytes) -> object:
    """None for a signature that verifies, provided that it does not over another message."""
    cose.verify_signature(algorithm, key, message, signature)
    try:
        cose.verify_signature(algorithm, key, turned(message), signature)
    except SignatureRefused:
        return None
    return "accepted for another message as well"


def foreign(vector: str, token: bytes, key: object, algorithm: int = -7) -> Outcome:
    """A message without a published plaintext: what is accepted must be what cbor2 finds inside."""
    return judge(vector, partial(verified, token, key, algorithm), cbor2.loads(token).value[2])


def psa_tfm(folder: Path) -> Iterator[Outcome]:
    """Tokens of Trusted Firmware-M, and the claims of one of them."""
    key = load_pem_public_key((folder / "public.pem").read_bytes())
    for path in sorted(folder.glob("*_sign1.bin")):
        yield foreign(path.stem, path.read_bytes(), key)
    payload = cbor2.loads((folder / "psa-2_0_0_sign1.bin").read_bytes()).value[2]
    yield out_of_order("psa-2_0_0_claims", payload, diagnostic(folder / "psa-2_0_0_claims.diag"))


def veraison(folder: Path) -> Iterator[Outcome]:
    """PSA and CCA evidence, the latter a pair of tokens of which one holds the key of the other, and signed manifests."""

    def jwk(name: str) -> object:
        return public_key(json.loads((folder / name).read_text()))

    yield foreign("psa-evidence", (folder / "psa-evidence.cbor").read_bytes(), jwk("ec256.json"))
    tokens = cbor2.loads((folder / "cca-evidence.cbor").read_bytes()).value
    platform, realm = tokens[44234], tokens[44241]
    yield foreign("cca-evidence, platform", platform, jwk("ec256.json"))
    cose_key = cbor2.loads(cose.parse_sign1(realm).payload)[44237]
    realm_key = keys.decode_public_key(keys.read_cose_key(cbor.loads(cose_key), {ESP384}))
    yield foreign("cca-evidence, realm", realm, realm_key, -35)
    yield must_hold("cca-evidence, realm key", realm_key == jwk("ec384.json"))
    nonce = cbor2.loads(cose.parse_sign1(platform).payload)[10]
    yield must_hold("cca-evidence, binding", nonce == hashlib.sha512(cose_key).digest())
    for path in sorted(folder.glob("signed-*.cbor")):
        yield foreign(path.stem, path.read_bytes(), jwk("corim-ec-p256.jwk"))
    for path in sorted(folder.glob("*-endorsements.cbor")):
        yield item(path.stem, path.read_bytes(), None, INNER_TAG)
    for path in sorted(folder.glob("*-*.json")):
        yield Outcome(path.stem, UNCHECKED, "JSON")


def eat_rfc9711(folder: Path) -> Iterator[Outcome]:
    """Examples of RFC 9711 appendix A, and the CBOR that they carry as byte strings."""
    for path in sorted((folder / "payloads").glob("*.diag")):
        value = diagnostic(path)
        if isinstance(value, tuple):
            yield item(path.stem, cbor2.dumps(cbor2.CBORTag(*value), canonical=True), value[1], INNER_TAG)
            value = value[1]
        yield item(f"{path.stem}, untagged", spelling(value), value)
    cwt_tag, (sign1_tag, parts) = diagnostic(folder / "tokens" / "valid_cwt.diag")
    cwt = cbor2.dumps(cbor2.CBORTag(cwt_tag, cbor2.CBORTag(sign1_tag, parts)))
    _, (deb, detached) = diagnostic(folder / "tokens" / "valid_deb.diag")
    nested = diagnostic(folder / "payloads" / "submods.diag")[266]["Secure Element Eat"]
    hardware = diagnostic(folder / "payloads" / "valid_hw_block.diag")
    hardware_with_submod = diagnostic(folder / "payloads" / "valid_hw_block2.diag")
    for vector, token, claims in (
        ("valid_cwt", cwt, hardware),
        ("valid_deb", deb, hardware_with_submod),
        ("submods, nested", nested, None),
    ):
        payload = cbor2.loads(token).value.value[2]
        yield must_hold(f"{vector}, parts", cose.parse_sign1(token[2:]).payload == payload)
        yield out_of_order(f"{vector}, payload", payload, claims or cbor2.loads(payload))
        yield Outcome(f"{vector}, signature", UNCHECKED, "no key published")
    digest = hashlib.sha256(detached["TEE"]).digest()
    yield must_hold("valid_deb, digest", cbor2.loads(cbor2.loads(deb).value.value[2])[266] == {"TEE": [-16, digest]})
    tee = diagnostic(folder / "payloads" / "valid_tee.diag")
    store = diagnostic(folder / "payloads" / "valid_key_store.diag")
    iot = diagnostic(folder / "payloads" / "valid_iot.diag")
    for vector, encoded, swid in (
        ("valid_tee", tee[272][0][1], "tee-coswid"),
        ("valid_key_store", store[272][0][1], "key-store"),
        ("valid_key_store, system", store[266]["HLOS"][272][0][1], "hlos"),
        ("valid_iot", iot[266]["OS"][273][0][1], "iot-sw"),
    ):
        yield out_of_order(f"{vector}, software", encoded, diagnostic(folder / "payloads" / f"{swid}.diag")[1])
    yield item("valid_deb, detached claims", detached["TEE"], tee)
    for path in sorted(folder.glob("*/*.json")):
        yield Outcome(path.stem, UNCHECKED, "JSON")
    for path in sorted(folder.rglob("*.cddl")):
        yield Outcome(path.stem, UNCHECKED, "schema")


def ear(folder: Path) -> Iterator[Outcome]:
    """The example of an attestation result."""
    for path in sorted(folder.glob("*.diag")):
        value = diagnostic(path)
        yield item(path.stem, spelling(value), value)
    for path in sorted(folder.glob("*.cddl")):
        yield Outcome(path.stem, UNCHECKED, "schema")


def merkle(folder: Path) -> Iterator[Outcome]:
    """Inclusion proofs of RFC 9162, good and spoilt, and the proof of a receipt (RFC 9942).

    The former are Go's JSON, where a list may be null. Leaf and root of the receipt are not published, but follow from the
    proof that the same tree of five had three leaves before: the leaf hashes c and d, the node over a and b, leaf hash e.
    """
    for vector, example in json.loads((folder / "rfc9162_inclusion.json").read_text()).items():
        leaf, root = base64.b64decode(example["leafHash"]), base64.b64decode(example["root"])
        proof = [base64.b64decode(node) for node in example["proof"] or ()]
        check = partial(batch.verify_inclusion, leaf, example["leafIdx"], example["treeSize"], proof, root)
        yield judge(vector, check, REFUSAL if example["wantErr"] else None)
    (inclusion,) = proofs(folder / "inclusion-receipt.cbor")[-1]
    (consistency,) = proofs(folder / "consistency-receipt.cbor")[-2]
    _, _, (c, d, ab, e) = cbor2.loads(consistency)
    root = node(node(ab, node(c, d)), e)
    published = batch.InclusionProof(5, 3, (c, ab, e))
    yield judge("inclusion-receipt, proof", partial(batch.InclusionProof.decode, inclusion), published)
    yield judge("inclusion-receipt, spelling", published.encode, inclusion)
    yield judge("inclusion-receipt, leaf", partial(batch.verify_inclusion, d, 3, 5, published.path, root), None)
    for path in sorted(folder.glob("*.cbor")):
        yield Outcome(f"{path.stem}, signature", UNCHECKED, "no key published")
    yield Outcome("consistency-receipt, proof", UNCHECKED, "consistency")
    for path in sorted(folder.glob("*.cddl")):
        yield Outcome(path.stem, UNCHECKED, "schema")


def proofs(receipt: Path) -> Any:
    """The proofs of a receipt by their kind: -1 for inclusion, -2 for consistency."""
    return cbor2.loads(receipt.read_bytes()).value[1][396]


def node(left: bytes, right: bytes) -> bytes:
    """RFC 9162 section 2.1.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def appendix_a(folder: Path) -> Iterator[Outcome]:
    """Examples of RFC 8949 appendix A; those that are not deterministic are marked as having no round trip."""
    for example in json.loads((folder / "rfc8949_appendix_a.json").read_text()):
        vector, data = example["hex"], bytes.fromhex(example["hex"])
        if vector == "f818":  # well-formed in RFC 7049, ill-formed in RFC 8949 section 3.3
            yield judge(vector, partial(cbor.loads, data), REFUSAL)
            continue
        value = example["decoded"] if "decoded" in example else cbor2.loads(data)
        yield item(vector, data, value, banned_feature(data, example["roundtrip"]))


def banned_feature(data: bytes, deterministic: bool) -> Policy | None:
    """What this package has against an example of RFC 8949: each shows one feature, most of them by the initial byte."""
    initial = data[0]
    if initial in (0xC2, 0xC3):
        return errors.Bignum, "bignum"
    if initial >> 5 == 6:
        return INNER_TAG
    if initial == 0xF7:
        return errors.Undefined, "undefined"
    if initial in (0xF0, 0xF8):
        return errors.SimpleValue, "simple value"
    if deterministic:
        return None
    return (
        (errors.NotShortest, "not shortest") if initial in (0xFA, 0xFB) else (errors.IndefiniteLength, "indefinite length")
    )


def qcbor(folder: Path) -> Iterator[Outcome]:
    """Ill-formed inputs of QCBOR."""
    for example in json.loads((folder / "qcbor_not_well_formed.json").read_text()):
        yield judge(example["hex"], partial(cbor.loads, bytes.fromhex(example["hex"])), REFUSAL)


def nvidia(folder: Path) -> Iterator[Outcome]:
    """Measurement reports of GPUs, each under each chain, and NVIDIA's own parse of one; dates are checked as well."""
    (served,) = json.loads((folder / "hopper_evidence.json").read_text())
    evidence = {
        name: bytes.fromhex((folder / f"{name}.txt").read_text())
        for name in ("hopperAttestationReport", "hopperParsed_report", "hopperAttestationReportInvalidSignature")
    }
    evidence["hopper_evidence"] = base64.b64decode(served["evidence"])
    chains = {
        "hopperAttestationReport": (folder / "hopperCertChain.txt").read_bytes(),
        "hopperParsed_report": (folder / "hopperParsed_chain.txt").read_bytes(),
        "hopper_evidence": base64.b64decode(served["certificate"]),
    }
    root = (folder / "verifier_device_root.pem").read_bytes()
    asked = {name: report[4:36] for name, report in evidence.items()}
    asked["hopper_evidence"] = bytes.fromhex(served["nonce"])
    for (name, report), (owner, chain_pem) in itertools.product(evidence.items(), chains.items()):
        check = partial(verified_report, report, chain_pem, root, asked[name])
        yield judge(f"{name} under the chain of {owner}", check, None if name == owner else REFUSAL)
    for name, chain_pem in chains.items():
        other_root = (folder / "verifier_RIM_root.pem").read_bytes()
        check = partial(verified_report, evidence[name], chain_pem, other_root, asked[name])
        yield judge(f"{name} under the root for reference values", check, REFUSAL)
    published = json.loads((folder / "hopperParsed_spdm.json").read_text())
    yield judge("hopperParsed_spdm", lambda: parsed_report(evidence["hopperParsed_report"]), published_parse(published))
    for path in sorted(folder.glob("hopperClaims*.json")):
        yield Outcome(path.stem, UNCHECKED, "JSON")


def verified_report(report: bytes, chain_pem: bytes, root: bytes, nonce: bytes) -> object:
    """None for a report that verifies, provided that it does not with a bit of its signature turned."""
    verify = partial(spdm.verify_report, chain_pem=chain_pem, root_pem=root, expected_nonce=nonce, at=IN_2026)
    verify(report)
    try:
        verify(turned(report))
    except SignatureRefused:
        return None
    return "accepted with a wrong signature as well"


def parsed_report(report: bytes) -> object:
    signed = spdm_report.parse(report)
    counts = signed.field(MEASUREMENT_COUNTS) or b""
    return (
        [(block.index, block.kind, block.value) for block in signed.blocks],
        signed.response_nonce,
        {kind: value for kind, value in signed.opaque if kind in OPAQUE_FIELDS},
        [int.from_bytes(counts[at : at + 4], "little") for at in range(0, len(counts), 4)],
        signed.signature,
    )


def published_parse(published: dict[str, Any]) -> object:
    """NVIDIA's parse of a report in the form of `parsed_report`."""
    fields = published["OpaqueData"]["OpaqueDataField"]
    blocks = published["MeasurementRecord"]["MeasurementBlocks"].items()
    return (
        [
            (int(index), block["DMTFSpecMeasurementValueType"], hexadecimal(block["DMTFSpecMeasurementValue"]))
            for index, block in blocks
        ],
        hexadecimal(published["Nonce"]),
        {kind: hexadecimal(fields[f"OPAQUE_FIELD_ID_{name}"]) for kind, name in OPAQUE_FIELDS.items()},
        fields["OPAQUE_FIELD_ID_MSRSCNT"],
        hexadecimal(published["Signature"]),
    )


def hexadecimal(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


MEASUREMENT_COUNTS = 12
OPAQUE_FIELDS: Mapping[int, str] = {
    3: "DRIVER_VERSION",
    4: "GPU_INFO",
    6: "VBIOS_VERSION",
    11: "NVDEC0_STATUS",
    13: "CPRINFO",
    14: "BOARD_ID",
    15: "CHIP_SKU",
    16: "CHIP_SKU_MOD",
    17: "PROJECT",
    18: "PROJECT_SKU",
    19: "PROJECT_SKU_MOD",
    20: "FWID",
    21: "PROTECTED_PCIE_STATUS",
}
"""Types of opaque fields by NVIDIA's names, as far as its parse shows them as bytes."""


SETS: Mapping[str, tuple[str, Callable[[Path], Iterator[Outcome]]]] = {
    "cose-wg CWT": ("cose-wg/CWT", messages),
    "cose-wg RFC 8152": ("cose-wg/RFC8152", messages),
    "cose-wg ecdsa-examples": ("cose-wg/ecdsa-examples", messages),
    "cose-wg eddsa-examples": ("cose-wg/eddsa-examples", messages),
    "cose-wg sign1-tests": ("cose-wg/sign1-tests", messages),
    "cose-wg sign-tests": ("cose-wg/sign-tests", refused_messages),
    "cose-wg x509-examples": ("cose-wg/x509-examples", certificates),
    "cose-wg, bare signatures": ("cose-wg", bare_signatures),
    "PSA tokens of TF-M": ("psa-tfm", psa_tfm),
    "Veraison PSA, CCA, CoRIM": ("veraison", veraison),
    "RFC 9711 appendix A": ("eat-rfc9711", eat_rfc9711),
    "EAR": ("ear", ear),
    "RFC 9162 and 9942": ("merkle", merkle),
    "RFC 8949 appendix A": ("cbor", appendix_a),
    "QCBOR, ill-formed": ("cbor", qcbor),
    "NVIDIA measurement reports": ("nvidia", nvidia),
}


def outcomes(folder: Path, name: str) -> list[Outcome]:
    """What became of each vector of one set."""
    subfolder, check = SETS[name]
    return list(check(folder / subfolder))


def reasons(results: list[Outcome], verdict: str) -> Counter[str]:
    """How many vectors got this verdict, by the reason."""
    return Counter(result.why for result in results if result.verdict == verdict)


def table(folder: Path) -> str:
    """The comparison as a table in Markdown."""
    lines = [
        "| Set | Agree | Differ by policy | Wrong | Not checked | Why |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for name in SETS:
        results = outcomes(folder, name)
        counts = Counter(result.verdict for result in results)
        why = [f"{count} {reason}" for kind in (POLICY, UNCHECKED) for reason, count in reasons(results, kind).items()]
        why += [f"{result.vector}: {result.why}" for result in results if result.verdict == WRONG]
        cells = [name, *(str(counts[kind]) for kind in (AGREE, POLICY, WRONG, UNCHECKED)), "; ".join(why)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> int:
    folder = os.environ.get(VARIABLE)
    if not folder:
        print(
            f"{VARIABLE} must name the folder of the third-party vectors, which are not part of the project", file=sys.stderr
        )
        return 2
    print(table(Path(folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Agreement with what others have published; `third_party` says what counts as agreement."""

import os
from pathlib import Path

import pytest

from attestation import batch, cbor, cose, spdm
from attestation.spdm_report import parse

from . import third_party
from .third_party import AGREE, POLICY, SETS, UNCHECKED, VARIABLE, WRONG, outcomes, reasons, table

EXPECTED = {
    "cose-wg CWT": (1, {"COSE of another kind": 4}),
    "cose-wg RFC 8152": (1, {"COSE of another kind": 4}),
    "cose-wg ecdsa-examples": (3, {"COSE of another kind": 4, "ES512 on P-256": 1}),
    "cose-wg eddsa-examples": (1, {"COSE of another kind": 2, "Ed448 under EdDSA": 1}),
    "cose-wg sign1-tests": (7, {"algorithm unprotected": 1, "no tag": 1}),
    "cose-wg sign-tests": (10, {}),
    "cose-wg x509-examples": (7, {"certificate without UEID": 1}),
    "cose-wg, bare signatures": (28, {"ES512 on P-256": 2, "Ed448 under EdDSA": 2}),
    "PSA tokens of TF-M": (2, {"keys out of order": 1}),
    "Veraison PSA, CCA, CoRIM": (8, {"tagged": 2}),
    "RFC 9711 appendix A": (18, {"tagged": 4, "keys out of order": 7}),
    "EAR": (1, {}),
    "RFC 9162 and 9942": (101, {}),
    "RFC 8949 appendix A": (
        54,
        {"bignum": 2, "tagged": 6, "undefined": 1, "simple value": 2, "not shortest": 6, "indefinite length": 11},
    ),
    "QCBOR, ill-formed": (122, {}),
    "NVIDIA measurement reports": (16, {}),
}
"""Set -> vectors that agree, and those that are valid and refused by design, by the reason."""


@pytest.fixture(scope="module")
def folder() -> Path:
    named = os.environ.get(VARIABLE)
    if not named:
        pytest.skip(f"{VARIABLE} is not set: third-party vectors are not part of the project")
    return Path(named)


def test_every_set_has_its_expectation():
    assert EXPECTED.keys() == SETS.keys()


@pytest.mark.parametrize("name", SETS)
def test_no_published_verdict_is_contradicted(name, folder):
    results = outcomes(folder, name)
    assert [result for result in results if result.verdict == WRONG] == []
    agreeing = sum(result.verdict == AGREE for result in results)
    assert (agreeing, dict(reasons(results, POLICY))) == EXPECTED[name]
    assert reasons(results, UNCHECKED).keys() <= {"JSON", "schema", "no key published", "consistency"}


def test_each_spoilt_message_is_refused_for_what_was_done_to_it(folder):
    """The vectors' member `failures`: another tag, signature, algorithm; an attribute added, removed."""
    refused = {result.vector[-12:]: result.why for result in outcomes(folder, "cose-wg sign1-tests")}
    assert {vector: why for vector, why in refused.items() if "fail" in vector} == {
        "sign-fail-01": "wrong_prefix",
        "sign-fail-02": "bad_signature",
        "sign-fail-03": "algorithm_not_allowed",
        "sign-fail-04": "algorithm_not_integer",
        "sign-fail-06": "bad_signature",
        "sign-fail-07": "bad_signature",
    }


@pytest.mark.parametrize(
    ("name", "part", "fault"),
    [
        ("cose-wg CWT", (cose, "verify_sign1"), lambda token, key, **_: cose.parse_sign1(token).payload),
        ("cose-wg CWT", (cose, "verify_sign1"), lambda token, key, **_: b"payload"),
        ("cose-wg, bare signatures", (cose, "verify_signature"), lambda *_, **__: None),
        ("EAR", (cbor, "loads"), lambda data: {}),
        ("RFC 9162 and 9942", (batch, "verify_inclusion"), lambda *_: None),
        ("QCBOR, ill-formed", (cbor, "loads"), lambda data: None),
        ("NVIDIA measurement reports", (spdm, "verify_signature"), lambda *_: None),
        ("NVIDIA measurement reports", (spdm, "parse"), lambda report: parse(report[:-1] + b"\0")),
    ],
    ids=[
        "any signature",
        "other payload",
        "any message",
        "other value",
        "any proof",
        "any bytes",
        "any report",
        "no report",
    ],
)
def test_a_verifier_that_accepts_too_much_is_found_out(name, part, fault, folder, monkeypatch):
    monkeypatch.setattr(*part, fault)
    assert any(result.verdict == WRONG for result in outcomes(folder, name))


def test_the_table_has_a_row_for_each_set(folder):
    lines = table(folder).splitlines()
    assert [line.split(" | ")[0].removeprefix("| ") for line in lines[2:]] == list(SETS)


def test_without_the_vectors_the_command_says_what_is_missing(monkeypatch, capsys):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert third_party.main() == 2
    assert VARIABLE in capsys.readouterr().err

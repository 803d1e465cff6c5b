"""What a user types: `python -m attestation inspect | verify | report | bench | fuzz`."""

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from attestation import VerifierId, attestation_result, cose, issue, issue_result
from attestation.__main__ import main
from attestation.appraisal import refusal
from attestation.commands import fuzz, fuzz_reports
from attestation.commands.sample import ALGORITHMS, NOW_S, Sample, seed
from attestation.commands.sample_report import SampleReport
from attestation.errors import BadSignature
from attestation.spdm_report import parse
from attestation.token import seal

from . import device
from .field import Field

SAMPLE = Sample.of(ALGORITHMS["p256"])
TOKEN = SAMPLE.token(seed("nonce"))
CHAINED = issue(
    replace(SAMPLE.claims, nonces=(seed("nonce"),)),
    SAMPLE.key,
    x5t=hashlib.sha256(SAMPLE.chain[0]).digest(),
    x5chain=SAMPLE.chain,
)


GPU = device.Device()
REPORT = SampleReport.make().report


def pem(public_key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey) -> bytes:
    return public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files that a user may have."""
    monkeypatch.chdir(tmp_path)
    files = {
        "token.cbor": TOKEN,
        "token.hex": TOKEN.hex().encode() + b"\n",
        "chained.cbor": CHAINED,
        "cut.cbor": TOKEN[:-1],
        "key.pem": pem(SAMPLE.key.public_key),
        "other.pem": pem(Sample.of(ALGORITHMS["p256"], "other").key.public_key),
        "rsa.pem": pem(rsa.generate_private_key(65537, 2048).public_key()),
        "root.pem": x509.load_der_x509_certificate(SAMPLE.chain[1]).public_bytes(Encoding.PEM),
        "report.bin": GPU.report(),
        "report.hex": GPU.report().hex().encode(),
        "spoilt.bin": GPU.report()[:-1] + b"\0",
        "chain.pem": GPU.pem,
        "vendor.pem": device.pem(GPU.root),
        "stranger.pem": x509.load_der_x509_certificate(Sample.of(ALGORITHMS["p384"]).chain[1]).public_bytes(Encoding.PEM),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def run(words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    try:
        code = main(words.split())
    except SystemExit as stop:
        code = int(str(stop.code))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize("name", ["token.cbor", "token.hex", "chained.cbor"])
def test_inspect_shows_every_claim_and_says_that_it_has_verified_nothing(folder, capsys, name):
    code, out, _ = run(f"inspect {name}", capsys)
    assert code == 0
    for shown in ("chip location evidence", "-9 ESP256", "103.8501", "2027-01-15 08:00:00 UTC", seed("nonce").hex()):
        assert shown in out
    assert out.endswith("the signature has not been checked\n")
    assert ("certificates" in out) == ("certificate_sha256" in out) == (name == "chained.cbor")


def test_inspect_reads_measurements_and_results_too(folder, capsys):
    world = Field()
    session, key = world.session(world.chip()), world.session_key()
    measurement, _ = world.measure(session, key, [1_000_000])
    result = attestation_result(
        refusal(BadSignature("")), world.policy, issued_at_s=NOW_S, verifier=VerifierId("maker", "1")
    )
    for kind, token in (("landmark measurement", measurement), ("attestation result", issue_result(result, key))):
        (folder / "token.cbor").write_bytes(token)
        code, out, _ = run("inspect token.cbor --json", capsys)
        described = json.loads(out)
        assert (code, described["kind"], described["refused"]) == (0, kind, None)


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (b"", "empty"),
        (TOKEN[:-1], "truncated"),
        (seal({265: "tag:example.org,2026:other"}, SAMPLE.key), "wrong_profile"),
        (seal({1: 2, 265: "tag:example.org,2026:chip-location#1-p256"}, SAMPLE.key), "unknown_claim"),
        (
            b"\xd8\x3d" + cose.sign1(b"\x80", algorithm=-9, sign=SAMPLE.key.sign, header={4: bytes(16), 16: 263}),
            "bad_payload",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_inspect_describes_a_bad_token_as_far_as_it_goes(folder, capsys, token, reason):
    (folder / "token.cbor").write_bytes(token)
    code, out, _ = run("inspect token.cbor", capsys)
    assert code == 1
    assert f"bytes {len(token)}" in " ".join(out.split())
    assert f"refused: {reason}" in out
    assert json.loads(run("inspect token.cbor --json", capsys)[1])["refused"].startswith(reason)


@pytest.mark.parametrize("value", [float("nan"), b"\x01", {1: [True, None, "x"]}, 1 << 53, -1, "x"], ids=str)
def test_inspect_prints_whatever_stands_in_a_claim(folder, capsys, value):
    (folder / "token.cbor").write_bytes(
        seal({6: value, 264: value, 265: "tag:example.org,2026:chip-location#1"}, SAMPLE.key)
    )
    code, out, _ = run("inspect token.cbor", capsys)
    assert code == 1
    assert "issued_at_s (6)" in out
    json.loads(run("inspect token.cbor --json", capsys)[1])


@pytest.mark.parametrize(
    "words",
    ["token.cbor --key key.pem", "token.hex --key key.pem", "chained.cbor --root root.pem --at 2027-01-31T12:00:00Z"],
)
def test_verify_accepts_a_good_token_and_says_what_it_has_not_checked(folder, capsys, words):
    code, out, _ = run(f"verify {words}", capsys)
    assert code == 0
    assert "verified" in out
    assert "fresh" in out
    assert "103.8501" in out
    assert json.loads(run(f"verify {words} --json", capsys)[1])["verified"] is True


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("token.cbor --key other.pem", "bad_signature"),
        ("cut.cbor --key key.pem", "truncated"),
        ("token.cbor --root root.pem --at 2027-01-31", "bad_x5chain"),
        ("chained.cbor --root root.pem --at 1969-12-31", "certificate_not_yet_valid"),
        ("chained.cbor --root stranger.pem --at 2027-01-31", "unpinned_root"),
    ],
)
def test_verify_refuses_by_name(folder, capsys, words, reason):
    code, _, err = run(f"verify {words}", capsys)
    assert (code, err.split(" (")[0]) == (1, f"refused: {reason}")
    assert json.loads(run(f"verify {words} --json", capsys)[1])["reason"] == reason


OTHER = Sample.of(ALGORITHMS["p256"], "other")


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (issue(replace(SAMPLE.claims, nonces=(bytes(32),)), SAMPLE.key, x5chain=OTHER.chain), "chain_key_mismatch"),
        (
            issue(replace(SAMPLE.claims, nonces=(bytes(32),)), SAMPLE.key, x5chain=SAMPLE.chain, x5t=bytes(32)),
            "x5t_mismatch",
        ),
        (issue(replace(OTHER.claims, nonces=(bytes(32),)), SAMPLE.key, x5chain=SAMPLE.chain), "ueid_not_endorsed"),
    ],
    ids=["another chip's chain", "another digest", "another chip's ueid"],
)
def test_verify_by_chain_binds_key_certificate_and_chip(folder, capsys, token, reason):
    (folder / "token.cbor").write_bytes(token)
    code, _, err = run("verify token.cbor --root root.pem --at 2027-01-31", capsys)
    assert (code, err.split(" (")[0]) == (1, f"refused: {reason}")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("inspect nothing.cbor", "nothing.cbor: No such file"),
        ("inspect .", "Is a directory"),
        ("verify token.cbor --key nothing.pem", "nothing.pem"),
        ("verify token.cbor --key token.cbor", "not a public key"),
        ("verify token.cbor --key rsa.pem", "P-384, P-256 or Ed25519"),
        ("verify token.cbor --root key.pem --at 2027-01-31", "not a certificate"),
        ("verify token.cbor --root root.pem", "--at"),
        ("verify token.cbor --key key.pem --at 2027-01-31", "--at"),
        ("verify token.cbor --root root.pem --at yesterday", "yesterday"),
        ("verify token.cbor", "--key"),
        ("report report.bin --chain chain.pem --root vendor.pem --nonce today", "--nonce"),
        ("report report.bin --chain chain.pem --root vendor.pem --at today", "--at"),
        ("report report.bin --chain nothing.pem --root vendor.pem", "nothing.pem"),
        ("report report.bin --chain chain.pem", "--root"),
        ("bench --rounds 0", "--rounds"),
        ("bench --batch 1", "--batch"),
        ("bench --batch 73", "--batch"),
        ("fuzz --mutants 0", "--mutants"),
        ("fuzz --seconds nan", "--seconds"),
        ("dance", "dance"),
    ],
)
def test_a_users_mistake_is_one_clear_message_and_exit_code_2(folder, capsys, words, said):
    code, out, err = run(words, capsys)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            f"report.bin --nonce {device.NONCE.hex()} --at 2027-01-31",
            "verified: form, certificates and signature, nonce",
        ),
        ("report.hex", "not checked: nonce and dates"),
        ("report.hex --at 2027-01-31T12:00:00Z", "not checked: nonce\n"),
    ],
)
def test_a_good_report_is_shown_with_what_has_not_been_checked(folder, capsys, words, said):
    code, out, _ = run(f"report {words} --chain chain.pem --root vendor.pem", capsys)
    assert code == 0
    for shown in (said, "580.95", device.FIRMWARE.hex(), hashlib.sha384(b"\3").hexdigest(), "3 mutable_firmware"):
        assert shown in out
    described = json.loads(run(f"report {words} --chain chain.pem --root vendor.pem --json", capsys)[1])
    assert described["verified"] is True
    assert described["sha256"] == hashlib.sha256(GPU.report()).hexdigest()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("spoilt.bin --root vendor.pem", "bad_signature"),
        ("token.cbor --root vendor.pem", "not_spdm11"),
        ("report.bin --root stranger.pem", "unpinned_root"),
        (f"report.bin --root vendor.pem --nonce {bytes(32).hex()}", "report_nonce_mismatch"),
        ("report.bin --root vendor.pem --at 1969-12-31", "certificate_not_yet_valid"),
    ],
)
def test_a_bad_report_is_refused_by_name(folder, capsys, words, reason):
    code, _, err = run(f"report {words} --chain chain.pem", capsys)
    assert code == 1
    assert err.startswith(f"refused: {reason} (")
    described = json.loads(run(f"report {words} --chain chain.pem --json", capsys)[1])
    assert (described["verified"], described["reason"]) == (False, reason)


def test_a_token_may_come_from_standard_input(folder, capsys, monkeypatch):
    class Stdin:
        buffer = open(folder / "token.cbor", "rb")  # noqa: SIM115

    monkeypatch.setattr("sys.stdin", Stdin)
    assert run("inspect -", capsys)[0] == 0
    Stdin.buffer.close()


def test_an_interrupt_is_clean(capsys, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(fuzz, "fuzz", interrupted)
    assert run("fuzz", capsys)[0] == 3


def test_a_reader_that_has_had_enough_is_no_error(folder):
    """`inspect TOKEN | true`: no traceback."""
    command = [sys.executable, "-m", "attestation", "inspect", "token.cbor"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


def test_a_broken_pipe_ends_quietly(folder, monkeypatch):
    def gone(_):
        raise BrokenPipeError

    monkeypatch.setattr("attestation.commands.inspect.run", gone)
    with open(folder / "out", "w") as out:
        monkeypatch.setattr("sys.stdout", out)
        assert main(["inspect", "token.cbor"]) == 0


def test_bench_measures_every_profile(capsys):
    """No times are asserted: they are for the reader."""
    code, out, _ = run("bench --rounds 1 --json", capsys)
    profiles = json.loads(out)["profiles"]
    assert (code, list(profiles)) == (0, list(ALGORITHMS))
    for row in profiles.values():
        for ratio, above, below in (("issue", "issue", "sign"), ("verify",) * 3, ("appraise", "appraise", "verify")):
            assert row[f"{ratio}_ratio"] == pytest.approx(row[f"{above}_us"] / row[f"bare_{below}_us"])
        assert row["threads_speedup"] > 0
    assert "p384" in run("bench --rounds 1", capsys)[1]


def test_bench_sets_batches_beside_one_signature_each(capsys):
    """Bytes are exact: a batch sends one token and no list; times are for the reader."""
    code, out, _ = run("bench --batch 9 --rounds 1 --json", capsys)
    measured = json.loads(out)
    assert (code, measured["size"], list(measured["profiles"])) == (0, 9, list(ALGORITHMS))
    for name, ways in measured["profiles"].items():
        singly, listed, root, together, apart = ways.values()
        token = len(Sample.of(ALGORITHMS[name]).token(seed("nonce")))
        assert (singly["sent_bytes"], root["sent_bytes"]) == (token, token / 9)
        assert root["sent_bytes"] < listed["sent_bytes"] < apart["sent_bytes"] == together["sent_bytes"] < token
        for row in ways.values():
            assert row["both_us"] == pytest.approx(row["make_us"] + row["check_us"])
            assert row["ratio"] == pytest.approx(row["both_us"] / singly["both_us"])
    shown = run("bench --batch 2 --rounds 1", capsys)[1]
    assert shown.count("one signature each") == 3


def test_the_fuzzer_finds_nothing_in_a_short_run(capsys):
    code, out, _ = run("fuzz --mutants 6000 --seed 7 --json", capsys)
    reports = json.loads(out)
    assert (code, list(reports)) == (0, list(ALGORITHMS))
    for name, report in reports.items():
        assert (report["accepted"], report["failures"]) == (0, [])
        assert report["tampered"] > 1400
        assert report["well_formed"] > 20
        assert len(report["refused"]) > 20
        assert (report["equivalent"] > 3) or name == "ed25519"


def test_the_fuzzers_mutants_follow_from_its_seed_and_its_time_is_bounded(capsys):
    algorithm = ALGORITHMS["ed25519"]
    assert fuzz.fuzz(algorithm, 500, 1) == fuzz.fuzz(algorithm, 500, 1) != fuzz.fuzz(algorithm, 500, 2)
    assert fuzz.fuzz(algorithm, 500, 1, expired=lambda: True).tampered == 0
    assert run("fuzz --mutants 1000000 --seconds 0.5", capsys)[0] == 0


@pytest.mark.parametrize(
    ("where", "what", "said"),
    [
        ("attestation.commands.fuzz.verify", lambda token, key: SAMPLE.claims, "accepted"),
        ("attestation.commands.fuzz.verify", lambda token, key: 1 // 0, "ZeroDivisionError"),
        ("attestation.claims.ClaimSet.read", lambda self, labels: None, "the two readers disagree"),
        ("attestation.verifier.NonceLedger.redeem_all", lambda *_, **__: None, "two equivalent tokens"),
    ],
    ids=["a verifier that accepts everything", "a verifier that crashes", "two readers", "a ledger that forgets"],
)
def test_the_fuzzer_would_notice(monkeypatch, capsys, where, what, said):
    """A check that cannot fail is none: break the verifier in four ways and see that the fuzzer says so."""
    monkeypatch.setattr(where, what)
    code, out, _ = run("fuzz --mutants 3000", capsys)
    assert code == 1
    assert said in out


def test_the_fuzzer_finds_nothing_among_reports_in_a_short_run(capsys):
    code, out, _ = run("fuzz --reports --mutants 250 --seed 3 --json", capsys)
    ((name, report),) = json.loads(out).items()
    assert (code, name, report["accepted"], report["failures"]) == (0, "report", 0, [])
    assert report["tampered"] > 90
    assert report["equivalent"] > 0
    assert report["well_formed"] > 10
    assert len(report["refused"]) > 8
    assert fuzz_reports.fuzz_reports(500, 1, expired=lambda: True).tampered == 0


@pytest.mark.verify
def test_the_fuzzer_finds_nothing_among_reports(capsys):
    assert run("fuzz --reports --mutants 20000 --seed 5", capsys)[0] == 0


@pytest.mark.parametrize(
    ("where", "what", "said"),
    [
        ("attestation.spdm.verify_signature", lambda *_: None, "accepted"),
        ("attestation.spdm._check_firmware", lambda signed, _: 1 // (signed == REPORT), "ZeroDivisionError"),
        ("attestation.spdm.parse", lambda report: replace(parse(report), opaque=()), "another spelling"),
    ],
    ids=["any signature", "a parser that crashes", "two spellings"],
)
def test_the_fuzzer_would_notice_among_reports(monkeypatch, capsys, where, what, said):
    monkeypatch.setattr(where, what)
    code, out, _ = run("fuzz --reports --mutants 60", capsys)
    assert code == 1
    assert said in out


def test_what_a_token_says_cannot_move_the_cursor(folder, capsys):
    """A hostile audience that clears the screen and prints a verdict of its own."""
    hostile = "v\n\x1b[2Jverified: form, signature and claims"
    (folder / "token.cbor").write_bytes(seal({3: hostile, 265: "tag:example.org,2026:chip-location#1"}, SAMPLE.key))
    _, out, _ = run("inspect token.cbor", capsys)
    assert "\x1b" not in out
    assert "\nverified" not in out


def test_a_number_and_a_text_of_the_same_spelling_are_two_labels(folder, capsys):
    labels = {5: 1, "5": 2, 265: "tag:example.org,2026:chip-location#1"}
    (folder / "token.cbor").write_bytes(seal(labels, SAMPLE.key))
    described = json.loads(run("inspect token.cbor --json", capsys)[1])
    assert list(described["claims"].values()) == [1, 2]

"""Attestation results: labels of the EAR draft, tiers of AR4SI, and nothing that is not affirmed looks so."""

from dataclasses import replace

import cbor2
import pytest

from attestation import (
    ED25519,
    ESP256,
    ESP384,
    Appraisal,
    AttestationResult,
    InvalidArgument,
    SigningKey,
    Tier,
    TrustClaim,
    Verdict,
    VerifierId,
    attestation_result,
    errors,
    issue_result,
    refusals,
    verify_result,
)
from attestation.appraisal import refusal
from attestation.cbor import loads
from attestation.ear import RESULT_CLAIMS, trust_vector
from attestation.token import seal, unseal

from .field import FAR_KM, NEAR_KM, NOW_S, Field, round_trip_ns, seed

KEY = SigningKey.from_seed(seed("verifier"))
POLICY = "tag:example.org,2026:chip-location-policy#default"


WORLD = Field()
CHIP = WORLD.chip()
CLEARED = WORLD.attest(CHIP, [round_trip_ns(NEAR_KM)])
UNCONFIRMED = WORLD.attest(CHIP, [round_trip_ns(FAR_KM)])


def result_of(appraisal: Appraisal) -> AttestationResult:
    verifier = VerifierId("https://example.org", "1.0")
    return attestation_result(appraisal, WORLD.policy, issued_at_s=NOW_S, verifier=verifier)


def read(token: bytes, key: SigningKey = KEY, now_s: float = NOW_S) -> AttestationResult:
    return verify_result(token, key.public_key, now_s=now_s, max_age_s=3600)


def test_an_attestation_result_has_the_labels_of_the_draft():
    """draft-ietf-rats-ear: 1000 status, 1001 vector, 1003 policy, 1004 verifier; reason codes under a private label."""
    token = issue_result(result_of(UNCONFIRMED), KEY)
    assert token[:3].hex() == "d83dd2"
    _, _, payload, _ = cbor2.loads(token[3:])
    nonce = UNCONFIRMED.claims.nonces[0]
    assert cbor2.loads(payload) == {
        6: NOW_S,
        265: "tag:ietf.org,2026:rats/ear#03",
        1004: {0: "https://example.org", 1: "1.0"},
        266: {
            "chip": {
                10: nonce,
                256: CHIP.ueid,
                1000: 32,
                1001: {0: 2, 1: 2, 2: 3, 4: 2, 7: 32},
                1003: [POLICY],
                -75006: ["territory_within_bounds"],
            }
        },
    }


@pytest.mark.parametrize("algorithm", [ED25519, ESP256, ESP384])
@pytest.mark.parametrize(
    "appraisal",
    [CLEARED, UNCONFIRMED, refusal(errors.NonceReused("x")), refusal(errors.Truncated("x"))],
    ids=lambda a: a.verdict,
)
def test_a_relying_party_reads_what_the_verifier_wrote(appraisal: Appraisal, algorithm: int):
    key = SigningKey.from_seed(seed("verifier"), algorithm)
    assert read(issue_result(result_of(appraisal), key), key) == result_of(appraisal)


def test_a_result_may_carry_the_evidence_itself():
    verifier = VerifierId("https://example.org", "1.0")
    result = attestation_result(CLEARED, WORLD.policy, issued_at_s=NOW_S, verifier=verifier, raw_evidence=b"the token")
    token = issue_result(result, KEY)
    assert read(token).raw_evidence == b"the token"
    assert cbor2.loads(cbor2.loads(token[3:])[2])[1002] == b"the token"


@pytest.mark.parametrize(
    ("verdict", "tier"),
    [
        (Verdict.CLEARED, Tier.AFFIRMING),
        (Verdict.UNCONFIRMED, Tier.WARNING),
        (Verdict.CONTRADICTION, Tier.CONTRAINDICATED),
    ],
)
def test_the_verdict_on_the_place_sets_the_tier(verdict: Verdict, tier: Tier):
    result = result_of(Appraisal(verdict=verdict)).chip
    assert (result.status, dict(result.vector)[TrustClaim.SOURCED_DATA]) == (tier, tier)


@pytest.mark.parametrize("kind", refusals().values(), ids=refusals())
def test_every_refusal_is_contraindicated(kind: type[errors.Refused]):
    """Fail closed: whatever was refused, for whatever reason, no relying party is told that it may trust it."""
    result = result_of(refusal(kind("why")))
    assert (result.chip.status, result.chip.reasons) == (Tier.CONTRAINDICATED, (kind.reason,))
    assert result.chip.ueid is None
    ((_, value),) = result.chip.vector
    assert not 2 <= value < 32


@pytest.mark.parametrize(
    ("kind", "member", "value"),
    [
        (errors.BadSignature, TrustClaim.INSTANCE_IDENTITY, 99),
        (errors.WrongKeyType, TrustClaim.INSTANCE_IDENTITY, 99),
        (errors.CertificateOnHold, TrustClaim.INSTANCE_IDENTITY, 96),
        (errors.NonceReused, TrustClaim.SOURCED_DATA, 96),
        (errors.AttesterChoseNonce, TrustClaim.SOURCED_DATA, 96),
        (errors.UnknownKey, TrustClaim.INSTANCE_IDENTITY, 97),
        (errors.NotInManifest, TrustClaim.INSTANCE_IDENTITY, 97),
        (errors.CertificateRevoked, TrustClaim.INSTANCE_IDENTITY, 96),
        (errors.DebugEnabled, TrustClaim.CONFIGURATION, 96),
        (errors.UnauthorisedBoot, TrustClaim.EXECUTABLES, 96),
        (errors.TranscriptMismatch, TrustClaim.SOURCED_DATA, 96),
        (errors.ReportNonceMismatch, TrustClaim.HARDWARE, 97),
        (errors.Truncated, TrustClaim.INSTANCE_IDENTITY, 1),
    ],
)
def test_a_refusal_says_which_claim_it_settles(kind: type[errors.Refused], member: TrustClaim, value: int):
    """Values of AR4SI: 99 cryptography failed, 97 not recognised, 96 contraindicated, 1 cannot be parsed."""
    assert trust_vector(refusal(kind(""))) == ((member, value),)


def spoilt(changes: dict[object, object], chip_changes: dict[object, object]) -> bytes:
    payload = loads(unseal(issue_result(result_of(UNCONFIRMED), KEY)).sign1.payload)
    chip = {label: value for label, value in {**payload[266]["chip"], **chip_changes}.items() if value is not None}
    labels = {**payload, 266: {"chip": chip}, **changes}
    return seal({label: value for label, value in labels.items() if value is not None}, KEY)


@pytest.mark.parametrize(
    ("changes", "chip_changes", "kind"),
    [
        ({265: "tag:ietf.org,2026:rats/ear#02"}, {}, errors.WrongProfile),
        ({6: 1.5}, {}, errors.TimeNotInteger),
        ({1004: {0: "x"}}, {}, errors.MissingClaim),
        ({1004: {0: "x", 1: ""}}, {}, errors.BadClaim),
        ({1004: None}, {}, errors.MissingClaim),
        ({1004: [0, 1]}, {}, errors.BadClaim),
        ({266: {}}, {}, errors.BadClaim),
        ({266: {"chip": 0}}, {}, errors.BadClaim),
        ({266: []}, {}, errors.BadClaim),
        ({1005: b"evidence"}, {}, errors.UnknownClaim),
        ({1002: b""}, {}, errors.BadClaim),
        ({}, {1000: 3}, errors.BadClaim),
        ({}, {1000: True}, errors.BadClaim),
        ({}, {1000: None}, errors.MissingClaim),
        ({}, {1001: {}}, errors.BadClaim),
        ({}, {1001: {8: 2}}, errors.OutOfRange),
        ({}, {1001: {0: 128}}, errors.OutOfRange),
        ({}, {1003: []}, errors.BadClaim),
        ({}, {1003: ["a", "b"]}, errors.BadClaim),
        ({}, {-75006: "reason"}, errors.BadClaim),
        ({}, {256: bytes(17)}, errors.BadClaim),
        ({}, {10: bytes(31)}, errors.BadClaim),
    ],
    ids=str,
)
def test_a_result_out_of_form_is_refused(changes: dict, chip_changes: dict, kind: type[errors.Refused]):
    with pytest.raises(errors.Refused) as caught:
        read(spoilt(changes, chip_changes))
    assert type(caught.value) is kind
    assert read(spoilt({}, {})) == result_of(UNCONFIRMED)


@pytest.mark.parametrize(
    ("late_s", "kind"), [(3601, errors.Stale), (-1, errors.FromTheFuture), (float("nan"), errors.Stale)]
)
def test_a_result_is_of_its_time(late_s: float, kind: type[errors.Refused]):
    """A chip that was cleared once need not be where it was."""
    token = issue_result(result_of(CLEARED), KEY)
    with pytest.raises(kind):
        read(token, now_s=NOW_S + late_s)
    assert read(token, now_s=NOW_S + 3600).chip.status is Tier.AFFIRMING


@pytest.mark.parametrize(
    "chip_changes",
    [{1000: 2, 1001: {7: 96}}, {1000: 2, 1001: {0: 99}}, {1000: 32, 1001: {0: -97}}, {1000: 0}, {1000: 2, 1001: {0: 2}}],
    ids=str,
)
def test_no_status_is_better_than_what_it_rests_on(chip_changes: dict):
    """Even if a faulty verifier signed it; the last one affirms with a reason against it."""
    with pytest.raises(errors.BadClaim):
        read(spoilt({}, chip_changes))


def test_a_result_too_long_to_be_read_is_not_made():
    with pytest.raises(InvalidArgument):
        issue_result(replace(result_of(CLEARED), raw_evidence=bytes(4000)), KEY)


def test_a_result_carries_no_certificates():
    token = seal(RESULT_CLAIMS.write(result_of(CLEARED)), KEY, x5chain=[b"x", b"y"])
    with pytest.raises(errors.UnknownHeader):
        read(token)

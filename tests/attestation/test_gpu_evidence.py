"""Measurement reports beside a token: bound to it, to the challenge and to one chip, in every appraisal."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from attestation import (
    Appraisal,
    GpuEvidence,
    InvalidArgument,
    Policy,
    TrustClaim,
    Verdict,
    Verifier,
    bind,
    combined_sha256,
    errors,
    issue,
    report_nonce,
)
from attestation.batch import Tree
from attestation.ear import trust_vector

from . import pki
from .device import Device, Report
from .field import AUDIENCE, NEAR_KM, NOW_S, Chip, Field, round_trip_ns

NEAR_NS = round_trip_ns(NEAR_KM)
ONE, TWO = Device(1), Device(2)
GOOD = Report()


class Rack(Field):
    """A field whose verifier trusts a vendor's devices, and demands a report with what concludes."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.verifier = Verifier(
            audience=AUDIENCE,
            endorsements=self.endorsements,
            landmarks=[self.landmark(name) for name in self.landmark_ids],
            policy=self.policy,
            vendor_roots=[ONE.root],
        )


@dataclass(frozen=True)
class Answer:
    """How a chip answers; honestly, with one device, unless told otherwise."""

    devices: Mapping[str, Device]
    nonce: bytes | None = None
    digests: Mapping[str, bytes] | None = None
    report: Report = GOOD


def answer(chip: Chip, nonces: tuple[bytes, ...], how: Answer, **changes: Any) -> tuple[bytes, dict[str, GpuEvidence]]:
    """A token for these nonces, and the reports that go with it."""
    nonce = report_nonce(nonces) if how.nonce is None else how.nonce
    signed = replace(how.report, nonce=nonce).signed()
    evidence = {name: GpuEvidence(device.report(signed), device.pem) for name, device in how.devices.items()}
    digests = {name: hashlib.sha256(one.report).digest() for name, one in evidence.items()}
    digests.update(how.digests or {})
    digests = {name: digest for name, digest in digests.items() if digest}
    claims = replace(chip.claims, nonces=nonces, evidence_digests=tuple(digests.items()), **changes)
    return issue(claims, chip.key), evidence


def appraise(world: Rack, chip: Chip, how: Answer, now_s: float = NOW_S) -> Appraisal:
    nonce = world.verifier.challenge(chip.ueid, world.fresh(), now_s)
    return world.verifier.appraise(*rearranged(answer(chip, (nonce,), how), now_s))


def rearranged(answered: tuple[bytes, dict[str, GpuEvidence]], now_s: float) -> tuple[bytes, float, dict[str, GpuEvidence]]:
    return answered[0], now_s, answered[1]


@pytest.mark.parametrize("landmark_ids", [("one",), ("one", "two")])
def test_a_session_concludes_with_the_reports_that_it_asked_for(landmark_ids: tuple[str, ...]):
    """Whose nonce is the token's own: it binds the session key, the session and so the chip."""
    world = Rack(landmark_ids=landmark_ids, policy=Policy(fewest_gpu_reports=2))
    chip = world.chip()
    session, key = world.session(chip), world.session_key()
    session.endorse(world.vouch(chip, session, key), NOW_S)
    transcripts = []
    for name in landmark_ids:
        measurement, transcript = world.measure(session, key, [NEAR_NS], name)
        session.report(name, measurement, NOW_S)
        transcripts.append(transcript)
    challenges = session.challenge_again([world.fresh() for _ in landmark_ids], NOW_S)
    bound = bind(chip.claims, challenges, key.cose_key, session.session_id)
    how = Answer({"gpu0": ONE, "gpu1": TWO})
    transcript = combined_sha256(transcripts)
    for wrong, reason in (
        (replace(how, devices={"gpu0": ONE}), "report_missing"),
        (replace(how, nonce=challenges[0]), "report_nonce_mismatch"),
    ):
        token, evidence = answer(chip, bound.nonces, wrong, session_key=key.cose_key, transcript_sha256=transcript)
        assert session.conclude(token, NOW_S, evidence).reasons == (reason,)
    token, evidence = answer(chip, bound.nonces, how, session_key=key.cose_key, transcript_sha256=transcript)
    appraisal = session.conclude(token, NOW_S, evidence)
    assert (appraisal.verdict, appraisal.reasons) == (Verdict.CLEARED, ())
    assert [(name, report.device.device_id) for name, report in appraisal.gpu_reports] == [
        ("gpu0", pki.kid(pki.p384(2001).public_key())),
        ("gpu1", pki.kid(pki.p384(2002).public_key())),
    ]


def test_several_nonces_are_answered_by_their_digest():
    assert report_nonce((bytes(32),)) == bytes(32)
    assert report_nonce((bytes(32), b"\1" * 32)) == hashlib.sha256(bytes(32) + b"\1" * 32).digest()


def test_a_batch_comes_with_reports_too():
    """They answer its one nonce, which is made of all challenges of the batch."""
    world = Rack(policy=Policy(fewest_gpu_reports=1))
    chip = world.chip()
    challenges = [world.verifier.challenge(chip.ueid, world.fresh(), NOW_S) for _ in range(3)]
    tree = Tree.of(challenges)
    proofs = {challenge: tree.proof(index).encode() for index, challenge in enumerate(challenges)}
    token, evidence = answer(chip, (tree.nonce,), Answer({"gpu0": ONE}))
    assert world.verifier.appraise_batch(token, proofs, NOW_S).reasons == ("report_missing",)
    appraisal = world.verifier.appraise_batch(token, proofs, NOW_S, evidence)
    assert (appraisal.verdict, [name for name, _ in appraisal.gpu_reports]) == (Verdict.UNCONFIRMED, ["gpu0"])


def test_a_digest_without_its_report_is_a_claim_and_no_more():
    world = Rack()
    chip = world.chip()
    assert appraise(world, chip, Answer({}, digests={"gpu0": bytes(32)})).gpu_reports == ()
    assert appraise(world, chip, Answer({"gpu0": ONE})).gpu_reports[0][1].device.serial == 100
    demanding = Rack(policy=Policy(fewest_gpu_reports=1))
    chip = demanding.chip()
    for how in (Answer({}), Answer({}, digests={"gpu0": bytes(32)})):
        assert appraise(demanding, chip, how).reasons == ("report_missing",)


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        (Answer({"gpu0": ONE}, digests={"gpu0": b""}), "report_not_claimed"),
        (Answer({"gpu0": ONE}, digests={"gpu0": b"", "gpu1": bytes(32)}), "report_not_claimed"),
        (Answer({"gpu0": ONE}, digests={"gpu0": bytes(32)}), "report_digest_mismatch"),
        (Answer({"gpu0": ONE}, nonce=bytes(32)), "report_nonce_mismatch"),
        (Answer({"gpu0": ONE, "gpu1": ONE}), "device_twice"),
        (Answer({"gpu0": ONE}, report=Report(count=4)), "block_count_mismatch"),
        (Answer({"gpu0": Device(1, others=({}, {}, {"key": pki.p384(4)}))}), "unpinned_root"),
        (Answer({"gpu0": Device(1, leaf=(("end_s", NOW_S - 1),))}), "certificate_expired"),
    ],
)
def test_a_bad_report_spoils_the_token_and_costs_no_challenge(how: Answer, reason: str):
    world = Rack()
    chip = world.chip()
    nonce = world.verifier.challenge(chip.ueid, world.fresh(), NOW_S)
    appraisal = world.verifier.appraise(*rearranged(answer(chip, (nonce,), how), NOW_S))
    assert (appraisal.verdict, appraisal.reasons, appraisal.gpu_reports) == (Verdict.INVALID, (reason,), ())
    honest = answer(chip, (nonce,), Answer({"gpu0": TWO}))
    assert world.verifier.appraise(*rearranged(honest, NOW_S)).verdict is Verdict.UNCONFIRMED


def test_what_was_refused_about_a_device_names_it():
    world = Rack()
    appraisal = appraise(world, world.chip(), Answer({"gpu7": ONE}, nonce=bytes(32)))
    assert appraisal.detail.startswith("gpu7: ")
    assert trust_vector(appraisal) == ((TrustClaim.HARDWARE, 97),)


def test_a_verifier_without_vendors_accepts_no_report():
    world = Field()
    chip = world.chip()
    nonce = world.verifier.challenge(chip.ueid, world.fresh(), NOW_S)
    assert world.verifier.appraise(*rearranged(answer(chip, (nonce,), Answer({"gpu0": ONE})), NOW_S)).reasons == (
        "unpinned_root",
    )


def test_a_device_reports_for_one_chip_and_a_chip_through_the_same_device():
    """Otherwise one genuine GPU could report for any number of chips that are elsewhere. A repair is for people to enter."""
    world = Rack()
    chip, other = world.chip(), world.chip("other")
    assert appraise(world, chip, Answer({"gpu0": ONE})).verdict is Verdict.UNCONFIRMED
    assert appraise(world, chip, Answer({"gpu0": ONE})).verdict is Verdict.UNCONFIRMED
    assert appraise(world, chip, Answer({"gpu0": TWO})).reasons == ("device_changed",)
    assert appraise(world, chip, Answer({"gpu1": ONE})).reasons == ("device_of_other_chip",)
    assert appraise(world, other, Answer({"gpu0": ONE})).reasons == ("device_of_other_chip",)
    assert appraise(world, other, Answer({"gpu1": TWO})).verdict is Verdict.UNCONFIRMED
    world.verifier.devices.forget(chip.ueid)
    assert appraise(world, other, Answer({"gpu0": ONE})).verdict is Verdict.UNCONFIRMED
    assert appraise(world, chip, Answer({"gpu0": TWO})).reasons == ("device_of_other_chip",)


def test_a_device_updated_is_the_same_device():
    """Its signing key changes with the firmware, its own does not."""
    world = Rack()
    chip = world.chip()
    updated = Device(1, leaf=(("key", pki.p384(5)),))
    assert appraise(world, chip, Answer({"gpu0": ONE})).verdict is Verdict.UNCONFIRMED
    assert appraise(world, chip, Answer({"gpu0": updated})).verdict is Verdict.UNCONFIRMED


def test_what_the_verifier_has_revoked_does_not_report():
    """A device by its serial number, and everything below one of the vendor's authorities."""
    world = Rack()
    chip = world.chip()
    device_kid, authority_kid = (pki.kid(pki.p384(number).public_key()) for number in (2001, 3001))
    world.manifest.revoke([(device_kid, 100)], NOW_S)
    assert appraise(world, chip, Answer({"gpu0": ONE})).reasons == ("certificate_revoked",)
    assert appraise(world, chip, Answer({"gpu0": TWO})).verdict is Verdict.UNCONFIRMED
    world.manifest.revoke_authority(authority_kid, NOW_S)
    assert appraise(world, chip, Answer({"gpu0": TWO})).reasons == ("certificate_revoked",)


def test_roots_and_policy_make_sense():
    with pytest.raises(errors.CertificateMalformed):
        Verifier(audience=AUDIENCE, endorsements=Field().endorsements, vendor_roots=[b"root"])
    with pytest.raises(InvalidArgument, match="fewest_gpu_reports"):
        Policy(fewest_gpu_reports=-1)

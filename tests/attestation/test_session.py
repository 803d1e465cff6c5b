"""One session: a chip vouches for a session key, landmarks time it, and the chip signs what they measured."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from attestation import (
    ED25519,
    ESP256,
    ESP384,
    FIBRE_KM_PER_MS,
    VACUUM_KM_PER_MS,
    Finding,
    InvalidArgument,
    Location,
    Measurement,
    Policy,
    ProverExchange,
    Session,
    SigningKey,
    Verdict,
    bind,
    combined_sha256,
    errors,
    issue,
)
from attestation.appraisal import Bound, bound, weigh
from attestation.challenge import session_id, session_nonce
from attestation.measurement import issue_measurement, verify_measurement

from .field import AUDIENCE, BORDER_KM, FAR_KM, NEAR_KM, NOW_S, Field, round_trip_ns, seed

NEAR_NS, FAR_NS = round_trip_ns(NEAR_KM), round_trip_ns(FAR_KM)


@pytest.mark.parametrize("algorithm", [ED25519, ESP256, ESP384])
@pytest.mark.parametrize("landmark_ids", [("one",), ("one", "two", "three")], ids=["one landmark", "three landmarks"])
def test_a_chip_at_its_site_is_cleared_by_the_shortest_time_of_a_burst(algorithm: int, landmark_ids: tuple[str, ...]):
    world = Field(algorithm=algorithm, landmark_ids=landmark_ids)
    appraisal = world.attest(world.chip(), [FAR_NS, NEAR_NS, FAR_NS])
    assert (appraisal.verdict, appraisal.reasons) == (Verdict.CLEARED, ())
    assert [bound.landmark.landmark_id for bound in appraisal.bounds] == list(landmark_ids)
    for found in appraisal.bounds:
        assert found.radius_km == pytest.approx(NEAR_KM, abs=0.001)


def test_a_verifier_with_a_map_clears_by_the_intersection_and_is_asked_last():
    """Two discs that reach the territory one by one may miss it together. A map never overrules a contradiction."""
    asked = []

    def excludes(radius_km):
        asked.append(radius_km)
        return max(radius_km.values()) < FAR_KM + 1

    world = Field(landmark_ids=("one", "two"), policy=Policy(excludes=excludes))
    chip = world.chip()
    assert world.attest(chip, [FAR_NS]).verdict is Verdict.CLEARED
    assert world.attest(chip, [900_000_000]).verdict is Verdict.UNCONFIRMED
    assert [set(radius_km) for radius_km in asked] == [{"one", "two"}] * 2
    assert asked[0] == pytest.approx({"one": FAR_KM, "two": FAR_KM})
    assert world.attest(chip, [10]).verdict is Verdict.CONTRADICTION
    assert len(asked) == 2


def test_an_answer_that_took_as_long_as_to_the_border_and_back_clears_nobody():
    """The bound is one-sided and strict: a chip at the border itself must not pass. No verdict says "too far"."""
    world = Field()
    chip = world.chip()
    border_ns = round_trip_ns(BORDER_KM)
    assert world.attest(chip, [border_ns - 10]).verdict is Verdict.CLEARED
    for rtt_ns in (border_ns, FAR_NS, 900_000_000):
        appraisal = world.attest(chip, [rtt_ns])
        assert appraisal.verdict is Verdict.UNCONFIRMED
        assert appraisal.reasons == (Finding.TERRITORY_WITHIN_BOUNDS,)


def test_the_planning_bound_trusts_fibre():
    """At 2/3 c the same time proves two thirds of the distance."""
    world = Field(policy=Policy(km_per_ms=FIBRE_KM_PER_MS))
    (bound,) = world.attest(world.chip(), [FAR_NS]).bounds
    assert bound.radius_km == pytest.approx(FAR_KM * 2 / 3)


@pytest.mark.parametrize(
    ("accuracy_m", "within_km", "verdict"),
    [
        (1000.0, 5000.0, Verdict.CONTRADICTION),
        (500_000.0, 5000.0, Verdict.UNCONFIRMED),
        (1000.0, 5400.0, Verdict.UNCONFIRMED),
    ],
    ids=["too near", "too near, but vague", "possible"],
)
def test_a_claimed_place_that_the_bound_leaves_out_is_a_contradiction(accuracy_m: float, within_km: float, verdict: Verdict):
    """Tokyo is 5,320 km from Singapore: who answers faster than light could from there is not in Tokyo."""
    world = Field()
    chip = world.chip()
    tokyo = Location(latitude_deg=35.68, longitude_deg=139.76, accuracy_m=accuracy_m, timestamp_s=NOW_S)
    moved = replace(chip, claims=replace(chip.claims, location=tokyo))
    appraisal = world.attest(moved, [round_trip_ns(within_km)])
    assert appraisal.verdict is verdict
    assert (Finding.CLAIMED_POSITION_OUTSIDE_BOUND in appraisal.reasons) == (verdict is Verdict.CONTRADICTION)


def test_what_the_chip_signs_binds_challenge_key_and_session():
    """SHA-256(challenge || session key || session id), so that none of the three can be exchanged."""
    challenge, key, ueid = bytes(32), b"key", b"\x01" + bytes(16)
    session = hashlib.sha256(b"session" + challenge + ueid).digest()[:16]
    assert session_id(challenge, ueid) == session
    assert session_nonce(challenge, key, session) == hashlib.sha256(challenge + key + session).digest()


class Halfway:
    """A session in which the landmark has measured and the second challenge is out."""

    def __init__(self, **options) -> None:
        self.world = Field(**options)
        self.chip = self.world.chip()
        self.key = self.world.session_key()
        self.session = self.world.session(self.chip)
        self.session.endorse(self.world.vouch(self.chip, self.session, self.key), NOW_S)
        self.measurement, transcript = self.world.measure(self.session, self.key, [NEAR_NS])
        self.transcripts = [transcript]

    def bracket(self) -> None:
        self.session.report("one", self.measurement, NOW_S)
        self.challenges = self.session.challenge_again([self.world.fresh() for _ in self.world.landmark_ids], NOW_S)

    def claim(self, *, key: SigningKey | None = None, transcripts: list[bytes] | None = None) -> bytes:
        transcripts = self.transcripts if transcripts is None else transcripts
        return self.world.claim(self.chip, self.session, self.challenges, key or self.key, transcripts)


def reasons(session: Session, token: bytes, now_s: float = NOW_S) -> str:
    appraisal = session.conclude(token, now_s)
    assert appraisal.verdict is Verdict.INVALID
    (reason,) = appraisal.reasons
    return reason


def test_a_refused_claim_leaves_the_session_open_for_the_true_one():
    half = Halfway()
    half.bracket()
    other_key, other_transcript = half.world.session_key(), [bytes(32)]
    assert reasons(half.session, b"rubbish") == errors.WrongPrefix.reason
    assert reasons(half.session, half.claim(transcripts=other_transcript)) == errors.TranscriptMismatch.reason
    assert reasons(half.session, half.claim(key=other_key)) == errors.OtherSessionKey.reason
    assert half.session.conclude(half.claim(), NOW_S).verdict is Verdict.CLEARED


def test_a_session_is_concluded_once():
    half = Halfway()
    half.bracket()
    token = half.claim()
    assert half.session.conclude(token, NOW_S).verdict is Verdict.CLEARED
    assert reasons(half.session, token) == errors.OutOfTurn.reason


def test_a_claim_needs_a_transcript():
    half = Halfway()
    half.bracket()
    claims = bind(half.chip.claims, half.challenges, half.key.cose_key, half.session.session_id)
    assert reasons(half.session, issue(claims, half.chip.key)) == errors.TranscriptMismatch.reason


def test_a_session_that_takes_too_long_is_void():
    """In the meantime the key may have left the chip."""
    half = Halfway(policy=Policy(max_bracket_s=10, nonce_lifetime_s=1000))
    half.bracket()
    assert reasons(half.session, half.claim(), NOW_S + 10.5) == errors.SessionExpired.reason
    assert half.session.conclude(half.claim(), NOW_S + 10).verdict is Verdict.CLEARED


def test_a_second_challenge_expires_like_any_other():
    half = Halfway(policy=Policy(nonce_lifetime_s=5))
    half.bracket()
    assert reasons(half.session, half.claim(), NOW_S + 6) == errors.NonceExpired.reason


def refused(kind: type[errors.Refused], call: Callable[[], object]) -> None:
    with pytest.raises(errors.Refused) as caught:
        call()
    assert type(caught.value) is kind


def test_a_first_token_serves_no_other_session():
    world = Field()
    chip, key = world.chip(), world.session_key()
    first, second = world.session(chip), world.session(chip)
    token = world.vouch(chip, first, key)
    refused(errors.NonceMismatch, lambda: second.endorse(token, NOW_S))
    first.endorse(token, NOW_S)
    refused(errors.OutOfTurn, lambda: first.endorse(token, NOW_S))


def test_a_challenge_is_good_for_its_chip_and_once():
    world = Field()
    chip, other, key = world.chip(), world.chip("other"), world.session_key()
    session = world.session(chip)
    refused(errors.NonceForOtherChip, lambda: session.endorse(world.vouch(other, session, key), NOW_S))
    refused(errors.NonceExpired, lambda: session.endorse(world.vouch(chip, session, key), NOW_S + 61))
    world.verifier.ledger.redeem(session.challenge, chip.ueid, NOW_S)
    refused(errors.NonceReused, lambda: session.endorse(world.vouch(chip, session, key), NOW_S))


def test_a_first_token_must_bind_a_session_key():
    world = Field()
    chip = world.chip()
    session = world.session(chip)
    bare = replace(chip.claims, nonces=(session.challenge,))
    refused(errors.MissingClaim, lambda: session.endorse(issue(bare, chip.key), NOW_S))
    unbound = replace(bare, session_key=world.session_key().cose_key)
    refused(errors.NonceMismatch, lambda: session.endorse(issue(unbound, chip.key), NOW_S))


def test_messages_out_of_turn_are_refused():
    half = Halfway()
    untouched = half.world.session(half.chip)
    refused(errors.OutOfTurn, lambda: untouched.report("one", half.measurement, NOW_S))
    refused(errors.OutOfTurn, lambda: untouched.challenge_again([bytes(32)], NOW_S))
    assert reasons(untouched, b"") == errors.OutOfTurn.reason
    half.session.report("one", half.measurement, NOW_S)
    half.session.challenge_again([half.world.fresh()], NOW_S)
    refused(errors.OutOfTurn, lambda: half.session.report("one", half.measurement, NOW_S))


def test_a_key_that_the_chip_has_not_vouched_for_does_not_count():
    """An accomplice near the landmark can answer with a key of its own, and the chip can sign that transcript."""
    half = Halfway()
    accomplice = half.world.session_key()
    measurement, _ = half.world.measure(half.session, accomplice, [NEAR_NS])
    refused(errors.OtherSessionKey, lambda: half.session.report("one", measurement, NOW_S))


def altered(world: Field, measurement: bytes, signer: str = "one", **changes) -> bytes:
    """A measurement with some claims changed, signed by a landmark nevertheless."""
    read: Measurement = verify_measurement(measurement, world.landmark_keys["one"].public_key)
    return issue_measurement(replace(read, **changes), world.landmark_keys[signer])


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"landmark_id": "two"}, errors.OtherLandmark),
        ({"session": bytes(16)}, errors.OtherSession),
        ({"audience": "verifier.example.net"}, errors.WrongAudience),
        ({"issued_at_s": NOW_S - 301}, errors.Stale),
        ({"issued_at_s": NOW_S + 6}, errors.FromTheFuture),
        ({"issued_at_s": NOW_S - 6}, errors.OutsideBracket),
        ({"sent": 1, "rtts_ns": ((1, 5),)}, errors.BadClaim),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_a_measurement_of_something_else_is_refused(changes: dict[str, object], kind: type[errors.Refused]):
    half = Halfway(landmark_ids=("one", "two"))
    refused(kind, lambda: half.session.report("one", altered(half.world, half.measurement, **changes), NOW_S))
    half.session.report("one", half.measurement, NOW_S)


def test_neither_measurement_nor_claim_can_be_moved_to_another_landmark():
    half = Halfway(landmark_ids=("one", "two"))
    world, session = half.world, half.session
    second, transcript = world.measure(session, half.key, [FAR_NS], "two")
    refused(errors.BadSignature, lambda: session.report("two", half.measurement, NOW_S))
    relabelled = altered(world, half.measurement, signer="two")
    refused(errors.OtherLandmark, lambda: session.report("two", relabelled, NOW_S))
    refused(errors.OtherLandmark, lambda: session.report("three", half.measurement, NOW_S))
    session.report("two", second, NOW_S)
    half.bracket()
    first = half.transcripts[0]
    assert session.reported == ("one", "two")
    for transcripts in ([transcript, first], [first], [transcript], [first, first]):
        assert reasons(session, half.claim(transcripts=transcripts)) == errors.TranscriptMismatch.reason
    assert session.conclude(half.claim(transcripts=[first, transcript]), NOW_S).verdict is Verdict.CLEARED


def test_landmarks_that_have_not_reported_are_left_out():
    """Packets get lost; but at least one landmark must have measured."""
    half = Halfway(landmark_ids=("one", "two", "three"))
    refused(errors.MeasurementMissing, lambda: half.session.challenge_again([bytes(32)] * 3, NOW_S))
    half.bracket()
    assert len(half.challenges) == 1
    appraisal = half.session.conclude(half.claim(), NOW_S)
    assert [bound.landmark.landmark_id for bound in appraisal.bounds] == ["one"]


def test_second_challenges_are_struck_off_together_or_not_at_all():
    half = Halfway(landmark_ids=("one", "two"))
    measurement, transcript = half.world.measure(half.session, half.key, [NEAR_NS], "two")
    half.session.report("two", measurement, NOW_S)
    half.bracket()
    ledger = half.world.verifier.ledger
    ledger.redeem(half.challenges[1], half.chip.ueid, NOW_S)
    token = half.claim(transcripts=[half.transcripts[0], transcript])
    assert reasons(half.session, token) == errors.NonceReused.reason
    ledger.redeem(half.challenges[0], half.chip.ueid, NOW_S)


MANY = tuple(f"landmark {number}" for number in range(73))


@pytest.mark.parametrize("names", [(), ("one", "one"), ("four",), MANY], ids=["none", "twice", "unknown", "too many"])
def test_a_session_takes_up_to_72_known_landmarks_each_once(names: tuple[str, ...]):
    world = Field(landmark_ids=("one", *MANY))
    with pytest.raises(InvalidArgument):
        Session(world.verifier, world.chip().ueid, names, entropy=world.fresh(), now_s=NOW_S)


def test_a_second_challenge_takes_entropy_for_each_landmark():
    half = Halfway()
    half.session.report("one", half.measurement, NOW_S)
    with pytest.raises(InvalidArgument):
        half.session.challenge_again([], NOW_S)


def test_two_landmarks_may_not_share_a_name():
    world = Field()
    with pytest.raises(InvalidArgument):
        type(world.verifier)(
            audience=AUDIENCE, endorsements=world.endorsements, landmarks=[world.landmark("one"), world.landmark("one")]
        )


def test_a_boot_counter_may_not_fall_within_a_session():
    half = Halfway()
    half.world.verifier.boots.record(half.chip.ueid, 2)
    half.bracket()
    assert reasons(half.session, half.claim()) == errors.BootcountFell.reason


def test_the_combined_digest_of_one_exchange_is_its_own():
    """So that claim and measurement carry the same digest; several are hashed together in order."""
    one, two = seed("one"), seed("two")
    assert combined_sha256([one]) == one
    assert combined_sha256([one, two]) == hashlib.sha256(one + two).digest()


def test_a_revoked_chip_cannot_finish_its_session():
    half = Halfway()
    half.bracket()
    half.world.manifest.revoke_authority(half.world.root.key.kid, NOW_S)
    assert reasons(half.session, half.claim()) == errors.CertificateRevoked.reason


def test_a_timed_attestation_has_a_bound():
    with pytest.raises(InvalidArgument):
        weigh(Field().chip().claims, [], max_accuracy_m=1.0)


def test_an_honest_chip_cannot_be_led_to_answer_for_another():
    """Distance hijacking: the challenge to a diverted chip is passed on to an honest one near the landmark.

    The honest chip keeps to the protocol with a session key of its own; the diverted one vouches for that key, which takes
    no more than its public part. But the honest chip's session bears its own name.
    """
    world = Field()
    honest, diverted, key = world.chip("honest"), world.chip("diverted"), world.session_key()
    session = world.session(diverted)
    lured = ProverExchange(
        session=session_id(session.challenge, honest.ueid),
        key=key,
        landmark_id="one",
        landmark_key=world.landmark_keys["one"].public_key,
    )
    exchange = world.exchange(lured.request())
    exchange.receive(lured.respond(exchange.send_nonce(world.fresh(), 0)), NEAR_NS)
    session.endorse(world.vouch(diverted, session, key), NOW_S)
    refused(errors.OtherSession, lambda: session.report("one", exchange.measure(AUDIENCE, NOW_S), NOW_S))


def test_a_session_key_serves_one_session_of_one_chip():
    """A key of last week may be anywhere by now; and one key for many chips would be one host for many chips."""
    world = Field()
    chip, other, key = world.chip(), world.chip("other"), world.session_key()
    first = world.session(chip)
    first.endorse(world.vouch(chip, first, key), NOW_S)
    for who in (chip, other):
        session = world.session(who)
        token = world.vouch(who, session, key)
        refused(errors.SessionKeyReused, lambda session=session, token=token: session.endorse(token, NOW_S))
        session.endorse(world.vouch(who, session, world.session_key()), NOW_S)


def test_no_chips_long_term_key_is_a_session_key():
    world = Field()
    chip, other = world.chip(), world.chip("other")
    session = world.session(chip)
    refused(errors.LongTermKeyInExchange, lambda: session.endorse(world.vouch(chip, session, other.key), NOW_S))


def test_what_was_measured_before_the_chip_vouched_does_not_count():
    world = Field()
    chip, key = world.chip(), world.session_key()
    session = world.session(chip)
    measurement, _ = world.measure(session, key, [NEAR_NS])
    session.endorse(world.vouch(chip, session, key), NOW_S + 30)
    refused(errors.OutsideBracket, lambda: session.report("one", measurement, NOW_S + 30))


def test_a_key_rotated_in_mid_session_voids_the_session():
    half = Halfway()
    half.bracket()
    world, new_key = half.world, SigningKey.from_seed(seed("new key"))
    certificate = world.root.endorse(new_key.public_key, half.chip.ueid, serial=999)
    world.manifest.record(certificate, world.root.certificate)
    world.endorsements.rotate([certificate], NOW_S)
    half.chip = replace(half.chip, key=new_key)
    assert reasons(half.session, half.claim()) == errors.LongTermKeyChanged.reason


@pytest.mark.parametrize(
    "changes",
    [
        {"bootcount": 2},
        {"hwmodel": b"CPU"},
        {"location": Location(latitude_deg=1.36, longitude_deg=103.87, accuracy_m=1000.0, timestamp_s=NOW_S)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_both_tokens_of_a_session_say_the_same_of_chip_and_place(changes: dict[str, object]):
    half = Halfway()
    half.bracket()
    honest = half.chip
    half.chip = replace(honest, claims=replace(honest.claims, **changes))
    assert reasons(half.session, half.claim()) == errors.ClaimsChanged.reason
    later = replace(honest.claims, issued_at_s=NOW_S + 2, token_id=bytes(16), measurements=((0, b"fresh"),))
    half.chip = replace(honest, claims=replace(later, location=replace(later.location, timestamp_s=NOW_S + 2)))
    assert half.session.conclude(half.claim(), NOW_S + 2).verdict is Verdict.CLEARED


def test_evidence_from_before_the_session_is_stale():
    world = Field()
    chip = world.chip()
    session = world.session(chip, NOW_S + 10)
    refused(errors.Stale, lambda: session.endorse(world.vouch(chip, session, world.session_key()), NOW_S + 10))


def test_a_later_measurement_of_a_landmark_takes_the_place_of_an_earlier_one():
    """Packet four can get lost, and the burst be repeated."""
    half = Halfway()
    half.session.report("one", half.measurement, NOW_S)
    half.measurement, transcript = half.world.measure(half.session, half.key, [FAR_NS])
    half.bracket()
    appraisal = half.session.conclude(half.claim(transcripts=[transcript]), NOW_S)
    assert appraisal.bounds[0].radius_km == pytest.approx(FAR_KM)


def test_a_policy_may_demand_landmarks_and_names_those_that_are_silent():
    half = Halfway(landmark_ids=("one", "two", "three"), policy=Policy(fewest_landmarks=2))
    half.session.report("one", half.measurement, NOW_S)
    refused(errors.MeasurementMissing, lambda: half.session.challenge_again([bytes(32)] * 3, NOW_S))
    measurement, transcript = half.world.measure(half.session, half.key, [NEAR_NS], "three")
    half.session.report("three", measurement, NOW_S)
    half.transcripts.append(transcript)
    half.bracket()
    appraisal = half.session.conclude(half.claim(), NOW_S)
    assert (appraisal.verdict, appraisal.unreported) == (Verdict.CLEARED, ("two",))


def test_the_nonces_of_a_claim_are_all_there_and_in_order():
    half = Halfway(landmark_ids=("one", "two"))
    measurement, transcript = half.world.measure(half.session, half.key, [NEAR_NS], "two")
    half.session.report("two", measurement, NOW_S)
    half.transcripts.append(transcript)
    half.bracket()
    right = half.challenges
    for wrong in ((right[1], right[0]), right[:1], (right[0], bytes(32))):
        half.challenges = wrong
        assert reasons(half.session, half.claim()) == errors.NonceMismatch.reason
    half.challenges = right
    assert half.session.conclude(half.claim(), NOW_S).verdict is Verdict.CLEARED
    for nonce in right:
        refused(errors.NonceReused, lambda nonce=nonce: half.world.verifier.ledger.redeem(nonce, half.chip.ueid, NOW_S))


@pytest.mark.parametrize("after", ["opening", "conclusion"])
def test_a_session_remembers_the_boot_counter(after: str):
    half = Halfway()
    if after == "conclusion":
        half.world.verifier.boots = type(half.world.verifier.boots)()
        half.bracket()
        half.session.conclude(half.claim(), NOW_S)
    with pytest.raises(errors.BootcountFell):
        half.world.verifier.boots.check(half.chip.ueid, 0)


def test_a_refusal_names_the_chip_that_was_asked():
    half = Halfway()
    half.bracket()
    assert half.session.conclude(b"rubbish", NOW_S).ueid == half.chip.ueid


def test_second_challenges_are_issued_together_or_not_at_all():
    half = Halfway(landmark_ids=("one", "two"))
    measurement, _ = half.world.measure(half.session, half.key, [NEAR_NS], "two")
    half.session.report("one", half.measurement, NOW_S)
    half.session.report("two", measurement, NOW_S)
    fresh = half.world.fresh()
    for bad in ([fresh, bytes(31)], [fresh, half.session.challenge], [fresh, fresh]):
        with pytest.raises((InvalidArgument, errors.NonceAlreadyIssued)):
            half.session.challenge_again(bad, NOW_S)
    assert len(half.session.challenge_again([fresh, half.world.fresh()], NOW_S)) == 2


@pytest.mark.parametrize(
    "nonsense",
    [
        {"latitude_deg": float("nan")},
        {"latitude_deg": 91},
        {"longitude_deg": -181},
        {"clearance_km": float("inf")},
        {"clearance_km": -1},
        {"landmark_id": ""},
        {"landmark_id": "x" * 65},
    ],
    ids=str,
)
def test_a_landmark_that_is_nowhere_is_none(nonsense: dict[str, object]):
    """One at NaN would never contradict anybody; one with infinite clearance would clear everybody."""
    with pytest.raises(InvalidArgument):
        replace(Field().landmark("one"), **nonsense)


@pytest.mark.parametrize(
    "nonsense",
    [
        {"max_age_s": -1},
        {"max_ahead_s": float("nan")},
        {"max_bracket_s": float("inf")},
        {"max_accuracy_m": -1},
        {"signing_allowance_ns": -1},
        {"nonce_lifetime_s": 0},
        {"fewest_landmarks": 0},
        {"km_per_ms": 1000},
        {"km_per_ms": 0},
    ],
    ids=str,
)
def test_a_policy_that_makes_no_sense_is_no_policy(nonsense: dict[str, float]):
    """Found out when it is written, not when a chip is judged by it."""
    with pytest.raises(InvalidArgument):
        Policy(**nonsense)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_every_landmark_may_contradict(order: tuple[int, int]):
    """Two landmarks in different places, of which only one leaves the claimed place out."""
    world = Field()
    claims, near = world.chip().claims, world.landmark("one")
    far = replace(near, landmark_id="far", latitude_deg=-30.0)
    bounds = [bound(near, NEAR_NS, VACUUM_KM_PER_MS), bound(far, NEAR_NS, VACUUM_KM_PER_MS)]
    appraisal = weigh(claims, [bounds[place] for place in order], max_accuracy_m=1e5)
    assert (appraisal.verdict, "far" in appraisal.detail, "one" in appraisal.detail) == (Verdict.CONTRADICTION, True, False)


def test_a_bound_equal_to_the_clearance_clears_nobody_and_a_vague_claim_neither():
    world = Field()
    claims, landmark = world.chip().claims, world.landmark("one")
    for radius_km, max_accuracy_m, finding in (
        (BORDER_KM, 1e5, Finding.TERRITORY_WITHIN_BOUNDS),
        (100.0, 999.0, Finding.CLAIM_TOO_VAGUE),
    ):
        appraisal = weigh(claims, [Bound(landmark, 0, radius_km)], max_accuracy_m=max_accuracy_m)
        assert (appraisal.verdict, appraisal.reasons) == (Verdict.UNCONFIRMED, (finding,))
    assert weigh(claims, [Bound(landmark, 0, 100.0)], max_accuracy_m=1000.0).verdict is Verdict.CLEARED

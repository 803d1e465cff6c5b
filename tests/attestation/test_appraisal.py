"""What a verifier says to good evidence, in which order it asks, and what it remembers."""

import inspect
import math

import pytest

from attestation import (
    Appraisal,
    Claims,
    Endorsements,
    Flaws,
    InvalidArgument,
    Landmark,
    Location,
    Manifest,
    Policy,
    Refused,
    SigningKey,
    Verdict,
    Verifier,
    issue,
    refusals,
)
from attestation import errors as errors_module
from attestation.errors import LongTermKeyInExchange, NonceAlreadyIssued, SessionKeyReused
from attestation.token import seal
from attestation.verifier import BootCounts

from . import wire
from .conftest import NEW_UEID, OTHER_UEID, OTHERS, Scene, vendor
from .wire import AUDIENCE, LOCATION, NONCE, NOW_S, PROFILES, SHA_256, UEID, array, in_order, integer, octets, text

SECOND = b"second".ljust(32)
PATIENT = Policy(nonce_lifetime_s=10_000)

GOOD = Claims(
    audience=AUDIENCE,
    issued_at_s=NOW_S,
    nonces=(NONCE,),
    ueid=UEID,
    oemid=5703,
    hwmodel=b"GPU",
    hwversion=("1",),
    oemboot=True,
    dbgstat=3,
    location=Location(latitude_deg=1.2897, longitude_deg=103.8501, accuracy_m=20_000.0, timestamp_s=NOW_S),
    bootcount=1,
    intuse=1,
)


def accepted(appraisal: Appraisal) -> bool:
    """Accepted, but no more: an untimed token says who, not where."""
    return (appraisal.verdict, appraisal.reasons) == (Verdict.UNCONFIRMED, ("not_timed",))


def x5t(digest: bytes) -> dict[int, bytes]:
    return {34: array(integer(SHA_256), octets(digest))}


def x5chain(chain: tuple[bytes, ...]) -> bytes:
    return in_order({33: array(*map(octets, chain))})


def test_a_token_built_by_hand_is_accepted_and_is_what_issue_makes(scene):
    by_hand = scene.token()
    assert by_hand[:3].hex() == "d83dd2"
    assert issue(GOOD, SigningKey(scene.key)) == by_hand
    appraisal = scene.judge(by_hand)
    assert accepted(appraisal)
    assert (appraisal.ueid, appraisal.claims, appraisal.bounds) == (UEID, GOOD, ())


def test_certificate_digest_and_chain_are_issued_as_built_by_hand(scene):
    digest = wire.x5t(scene.chain)
    by_hand = scene.token(protected=scene.header(changes=x5t(digest)), unprotected=x5chain(scene.chain))
    assert issue(GOOD, SigningKey(scene.key), x5t=digest, x5chain=scene.chain) == by_hand
    assert accepted(scene.judge(by_hand))


def test_three_kinds_of_chips_answer_one_verifier_each_in_its_own_profile():
    """The algorithm follows from the key that was looked up; claims in the profile of a sibling are refused."""
    manifest = Manifest()
    endorsements = Endorsements([vendor(algorithm).root.certificate for algorithm in PROFILES], manifest)
    verifier = Verifier(audience=AUDIENCE, endorsements=endorsements)
    for number, algorithm in enumerate(PROFILES):
        ueid, nonce, key = b"\x01" + bytes([number]) * 16, bytes([number]) * 32, wire.private_key(algorithm, 1)
        chain = vendor(algorithm).chain(key, ueid, serial=1)
        manifest.record(*chain)
        endorsements.enrol(chain, NOW_S)
        verifier.challenge(ueid, nonce, NOW_S)
        for profile in sorted(PROFILES, key=lambda profile: profile == algorithm):  # its own last
            token = wire.token(key, wire.payload({10: octets(nonce), 256: octets(ueid)}, profile))
            appraisal = verifier.appraise(token, NOW_S)
            assert accepted(appraisal) if profile == algorithm else appraisal.reasons == ("wrong_profile",)


def test_the_first_fault_counts_and_no_fault_burns_a_challenge(scene):
    """From the cheap and harmless checks to those that leave a trace; each token has all the faults that come later too."""
    stale = {6: integer(NOW_S - 301), 264: in_order({**LOCATION, 8: integer(0)})}
    faults: list[tuple[str, dict[int, bytes]]] = [
        ("nonce_unknown", {10: octets(bytes(32))}),
        ("bootcount_fell", {267: integer(0)}),
        ("stale", stale),
        ("wrong_audience", {3: text("elsewhere")}),
        ("x5t_mismatch", {}),
        ("ueid_not_endorsed", {256: octets(OTHER_UEID)}),
        ("debug_enabled", {263: integer(0)}),
        ("wrong_profile", {265: text("tag:example.org,2026:other#1")}),
    ]
    changes: dict[int, bytes | None] = {}
    protected = scene.header()
    for reason, fault in faults:
        changes.update(fault)
        if reason == "x5t_mismatch":
            protected = scene.header(changes=x5t(bytes(32)))
        assert scene.judge(scene.token(scene.payload(changes), protected=protected)).reasons == (reason,)
    body = scene.payload(changes)
    forged = wire.token(scene.stranger, body, protected=protected)
    assert scene.judge(forged).reasons == ("bad_signature",)
    assert scene.judge(wire.token(scene.stranger, body)).reasons == ("unknown_key",)
    assert scene.judge(forged + b"\x00").reasons == ("trailing_bytes",)
    assert accepted(scene.judge(scene.token()))


def test_a_nonce_counts_once(scene):
    good = scene.token()
    assert accepted(scene.judge(good))
    assert scene.judge(good).reasons == ("nonce_reused",)
    again = scene.token(scene.payload({267: integer(2)}))
    assert scene.judge(again).reasons == ("nonce_reused",)


def test_evidence_of_one_chip_does_not_serve_another(scene):
    """Neither under the other's identifier nor in answer to its challenge."""
    under_its_identifier = wire.token(scene.other_key, scene.payload())
    assert scene.judge(under_its_identifier).reasons == ("ueid_not_endorsed",)
    to_its_challenge = wire.token(scene.other_key, scene.payload({256: octets(OTHER_UEID)}))
    assert scene.judge(to_its_challenge).reasons == ("nonce_for_other_chip",)
    own = wire.token(scene.other_key, scene.payload({256: octets(OTHER_UEID), 10: octets(OTHERS)}))
    assert accepted(scene.judge(own))
    assert accepted(scene.judge(scene.token()))


@pytest.mark.parametrize(
    ("late_s", "reasons"),
    [(-5.5, ("from_the_future",)), (-5, ("not_timed",)), (300, ("not_timed",)), (300.5, ("stale",))],
)
def test_evidence_is_good_from_5_s_before_to_300_s_after_its_time(late_s, reasons):
    scene = Scene(wire.ED25519, PATIENT)
    scene.verifier.challenge(UEID, SECOND, NOW_S - 10)
    assert scene.judge(scene.token(scene.payload({10: octets(SECOND)})), NOW_S + late_s).reasons == reasons


@pytest.mark.parametrize(
    ("late_s", "reasons"),
    [(-0.5, ("from_the_future",)), (0, ("not_timed",)), (60, ("not_timed",)), (60.5, ("nonce_expired",))],
)
def test_a_challenge_is_good_from_its_issue_for_60_s(late_s, reasons, ed_scene):
    assert ed_scene.judge(ed_scene.token(), NOW_S + late_s).reasons == reasons


@pytest.mark.parametrize(
    ("strict", "changes", "reason"),
    [
        (Policy(max_age_s=1), {}, "stale"),
        (Policy(max_ahead_s=0), {6: integer(NOW_S + 3)}, "from_the_future"),
        (Policy(nonce_lifetime_s=1.5), {}, "nonce_expired"),
    ],
    ids=["age", "clock", "challenge"],
)
def test_a_verifier_may_be_stricter(strict, changes, reason):
    """Two seconds after the challenge, one verifier says no to what another accepts."""
    usual, strict_one = Scene(wire.ED25519), Scene(wire.ED25519, strict)
    token = usual.token(usual.payload(changes))
    assert strict_one.judge(token, NOW_S + 2).reasons == (reason,)
    assert accepted(usual.judge(token, NOW_S + 2))


@pytest.mark.parametrize(
    "nonsense",
    [
        {"max_age_s": -1},
        {"max_age_s": math.inf},
        {"max_ahead_s": math.nan},
        {"max_bracket_s": -0.5},
        {"max_accuracy_m": math.inf},
        {"signing_allowance_ns": -1},
        {"nonce_lifetime_s": 0},
        {"nonce_lifetime_s": math.nan},
        {"nonce_lifetime_s": math.inf},
        {"fewest_landmarks": 0},
        {"km_per_ms": 300},
        {"km_per_ms": 0},
    ],
    ids=str,
)
def test_a_policy_that_would_tolerate_anything_or_nothing_is_none(nonsense):
    with pytest.raises(InvalidArgument):
        Policy(**nonsense)


@pytest.mark.parametrize("now_s", [math.nan, math.inf, -math.inf, 1e300])
def test_no_clock_that_shows_nonsense_makes_evidence_good(now_s, scene):
    assert scene.judge(scene.token(), now_s).verdict is Verdict.INVALID
    assert accepted(scene.judge(scene.token()))


def test_a_boot_counter_never_falls(scene):
    """It may stand still, and it may leap: a chip boots without being asked."""
    scene.verifier.challenge(UEID, SECOND, NOW_S)
    assert accepted(scene.judge(scene.token(scene.payload({267: integer(5)}))))
    fallen = scene.token(scene.payload({267: integer(4), 10: octets(SECOND)}))
    assert scene.judge(fallen).reasons == ("bootcount_fell",)
    assert accepted(scene.judge(scene.token(scene.payload({267: integer(5), 10: octets(SECOND)}))))


def test_a_refused_token_raises_no_boot_counter(scene):
    """Otherwise whoever records an answer to a lost challenge could lock the chip out."""
    boasting = scene.token(scene.payload({267: integer(1000), 10: octets(bytes(32))}))
    assert scene.judge(boasting).reasons == ("nonce_unknown",)
    assert accepted(scene.judge(scene.token()))


def test_boot_counters_are_kept_chip_by_chip():
    boots = BootCounts()
    boots.check(UEID, 0)
    boots.record(UEID, 7)
    boots.check(OTHER_UEID, 0)
    boots.check(UEID, 7)
    with pytest.raises(Refused, match="6 after 7"):
        boots.check(UEID, 6)


def newcomers_token(scene: Scene, **wrapping: bytes) -> bytes:
    """What a chip that is on the list, and that nobody has met, says on first contact."""
    body = scene.payload({256: octets(NEW_UEID), 10: octets(SECOND)})
    return wire.token(scene.newcomers_key, body, **{"unprotected": x5chain(scene.newcomers_chain), **wrapping})


def test_first_contact_with_a_chain_enrols_a_chip(scene):
    """From then on it is known by its key, and needs no chain."""
    scene.verifier.challenge(NEW_UEID, SECOND, NOW_S)
    known = len(scene.endorsements)
    alone = newcomers_token(scene, unprotected=wire.mapping())
    assert scene.judge(alone).reasons == ("unknown_key",)
    digest = scene.judge(newcomers_token(scene, protected=wire.header(scene.newcomers_key, changes=x5t(bytes(32)))))
    assert digest.reasons == ("x5t_mismatch",)
    with_digest = wire.header(scene.newcomers_key, changes=x5t(wire.x5t(scene.newcomers_chain)))
    assert accepted(scene.judge(newcomers_token(scene, protected=with_digest)))
    assert len(scene.endorsements) == known + 1
    assert scene.judge(alone).reasons == ("nonce_reused",)


def test_a_chain_enrols_nobody_who_does_not_answer_with_its_key(scene):
    """Certificates are public: whoever has seen one can send it along, and old answers can be sent again."""
    known = len(scene.endorsements)
    body = scene.payload({256: octets(NEW_UEID)})
    named = wire.header(scene.newcomers_key)
    chain = x5chain(scene.newcomers_chain)
    forged = wire.token(scene.stranger, body, protected=named, unprotected=chain)
    assert scene.judge(forged).reasons == ("bad_signature",)
    assert scene.judge(wire.token(scene.stranger, body, unprotected=chain)).reasons == ("chain_key_mismatch",)
    as_another = newcomers_token(scene, unprotected=x5chain(scene.second_key))
    assert scene.judge(as_another).reasons == ("ueid_not_endorsed",)
    assert scene.judge(newcomers_token(scene)).reasons == ("nonce_unknown",)
    assert len(scene.endorsements) == known


def test_a_chain_that_does_not_hold_enrols_nobody(scene):
    known = len(scene.endorsements)
    cases = {
        "chain_broken": (scene.newcomers_chain[0], vendor(scene.algorithm).root.certificate),
        "certificate_malformed": (b"certificate", scene.newcomers_chain[1]),
    }
    for reason, chain in cases.items():
        assert scene.judge(newcomers_token(scene, unprotected=x5chain(chain))).reasons == (reason,)
    assert len(scene.endorsements) == known


def test_a_known_chip_may_send_its_chain_again_but_no_other(scene):
    """The chain is not signed: what somebody else put there must not pass for the chip's word."""
    assert scene.judge(scene.token(unprotected=x5chain(scene.other_chain))).reasons == ("chain_key_mismatch",)
    assert scene.judge(scene.token(unprotected=x5chain(scene.second_ueid))).reasons == ("chain_key_mismatch",)
    assert accepted(scene.judge(scene.token(unprotected=x5chain(scene.chain))))


def test_whether_a_chip_still_stands_is_asked_each_time(scene):
    certificate = scene.manifest.record(*scene.chain)
    scene.manifest.hold(certificate)
    assert scene.judge(scene.token()).reasons == ("certificate_on_hold",)
    scene.manifest.release(certificate)
    scene.manifest.revoke([certificate], NOW_S + 2)
    assert scene.judge(scene.token(), NOW_S + 2).reasons == ("certificate_revoked",)
    assert accepted(scene.judge(scene.token(), NOW_S + 1))


def test_a_session_key_serves_once_and_is_nobodys_long_term_key(scene):
    """A key of last week may be anywhere by now, and a chip's own key answers wherever the chip is."""
    session_key = wire.cose_key(scene.stranger)
    scene.verifier.check_session_key(session_key)
    scene.verifier.remember_session_key(session_key)
    with pytest.raises(SessionKeyReused):
        scene.verifier.check_session_key(session_key)
    with pytest.raises(LongTermKeyInExchange):
        scene.verifier.check_session_key(wire.cose_key(scene.other_key))
    flaws = Flaws(long_term_key_signs_in_exchange=True)
    flawed = Verifier(audience=AUDIENCE, endorsements=scene.endorsements, flaws=flaws)
    flawed.check_session_key(wire.cose_key(scene.other_key))


def test_several_challenges_are_issued_together_or_not_at_all(ed_scene):
    ledger = ed_scene.verifier.ledger
    known = len(ledger)
    for entropies in ((SECOND, NONCE), (SECOND, SECOND)):
        with pytest.raises(NonceAlreadyIssued):
            ledger.issue_all(entropies, UEID, NOW_S)
    with pytest.raises(InvalidArgument):
        ledger.issue_all((SECOND, b"short"), UEID, NOW_S)
    assert len(ledger) == known
    assert ledger.issue_all((SECOND, bytes(32)), UEID, NOW_S) == (SECOND, bytes(32))


@pytest.mark.parametrize(
    "token", [None, "", bytearray(wire.PREFIX), memoryview(wire.PREFIX), 7], ids=lambda token: type(token).__name__
)
def test_what_is_not_bytes_is_the_callers_error(token, ed_scene):
    with pytest.raises(InvalidArgument, match="bytes are due"):
        ed_scene.judge(token)


def landmark(landmark_id: str) -> Landmark:
    key = wire.private_key(wire.ED25519, 60)
    return Landmark(landmark_id=landmark_id, public_key=key.public_key(), latitude_deg=0, longitude_deg=0, clearance_km=1000)


def test_landmarks_are_told_apart_by_their_identifiers(ed_scene):
    first, second = landmark("first"), landmark("second")
    verifier = Verifier(audience=AUDIENCE, endorsements=ed_scene.endorsements, landmarks=[first, second])
    assert verifier.landmark("second") is second
    with pytest.raises(InvalidArgument, match="no landmark is called 'third'"):
        verifier.landmark("third")
    with pytest.raises(InvalidArgument, match="two landmarks are called 'first'"):
        Verifier(audience=AUDIENCE, endorsements=ed_scene.endorsements, landmarks=[first, second, first])


def classes() -> dict[str, type[Refused]]:
    """Every class of refusal in the module, groups included."""
    found = inspect.getmembers(errors_module, lambda one: inspect.isclass(one) and issubclass(one, Refused))
    return dict(found)


def test_each_refusal_has_one_reason_and_each_reason_one_refusal():
    leaves = {name: kind for name, kind in classes().items() if not kind.__subclasses__()}
    assert sorted(kind.reason for kind in leaves.values()) == sorted(refusals())
    assert all(refusals()[kind.reason] is kind for kind in leaves.values())
    assert len({name.lower() for name in classes()}) == len(classes())


def test_a_reason_is_the_name_of_its_refusal_in_snake_case():
    """Codes are counted and compared over years: a refusal may not change its code in passing."""
    for reason, kind in refusals().items():
        assert reason.replace("_", "") == kind.__name__.lower()
        assert reason == reason.lower()
    assert {"x5t_mismatch", "bad_utf8", "der_signature", "not_sign1", "bad_x5chain"} <= refusals().keys()


@pytest.mark.parametrize("name", classes())
def test_each_refusal_says_what_it_means(name):
    """In its own words: a docstring that is inherited would say it of another."""
    assert vars(classes()[name]).get("__doc__")


def test_a_refused_first_contact_enrols_nobody(ed_scene):
    """Else a recording of an old first contact, refused as such, would lock out the chip's present key."""
    enrolled = len(ed_scene.endorsements)
    chain = array(*map(octets, ed_scene.newcomers_chain))
    body = ed_scene.payload({256: octets(NEW_UEID), 3: text("elsewhere")})
    elsewhere = wire.token(ed_scene.newcomers_key, body, unprotected=in_order({33: chain}))
    assert ed_scene.judge(elsewhere).reasons == ("wrong_audience",)
    assert len(ed_scene.endorsements) == enrolled


def test_a_boot_counter_on_record_never_falls():
    """Two pieces of evidence may be pending at once and be accepted in the wrong order."""
    boots = BootCounts()
    boots.record(UEID, 5)
    boots.record(UEID, 3)
    with pytest.raises(errors_module.BootcountFell):
        boots.check(UEID, 4)


def test_a_chain_that_nobody_would_read_is_not_sent(ed_scene):
    key = SigningKey(ed_scene.key)
    with pytest.raises(InvalidArgument):
        seal({}, key, x5chain=ed_scene.chain[:1])


def test_the_hardware_version_is_optional(ed_scene):
    assert accepted(ed_scene.judge(ed_scene.token(ed_scene.payload({260: None}))))

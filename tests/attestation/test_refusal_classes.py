"""Hostile tokens without number, drawn kind by kind, and two ways of reading claims that must agree."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attestation import Appraisal, Claims, Refused, Verdict, cbor, claims, refusals
from attestation.errors import LocationAfterIssue

from . import hostile, wire
from .conftest import Scene

PROFILES = pytest.mark.parametrize("algorithm", wire.PROFILES, ids=wire.ALGORITHM_NAMES.get)
EXAMPLES = 80


@pytest.mark.parametrize("kind", hostile.KINDS)
def test_a_hostile_token_is_refused_for_a_reason_of_its_kind_and_leaves_no_trace(kind, scene):
    """One verifier takes them all, one after the other, and then the honest answer to the challenge still open."""
    strategy, reasons = hostile.KINDS[kind]

    @settings(max_examples=EXAMPLES, deadline=None)
    @given(strategy(scene))
    def refused(attempt: hostile.Attempt) -> None:
        appraisal = scene.judge(*attempt)
        assert appraisal.verdict is Verdict.INVALID
        assert set(appraisal.reasons) <= reasons
        assert len(appraisal.reasons) == 1
        assert (appraisal.ueid, appraisal.claims, appraisal.bounds) == (None, None, ())

    refused()
    assert scene.judge(scene.token()).verdict is Verdict.UNCONFIRMED


def test_every_reason_of_a_kind_is_one_that_exists():
    assert set().union(*(reasons for _, reasons in hostile.KINDS.values())) <= refusals().keys()


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_no_mutant_of_a_good_token_is_accepted(data):
    """Flip, drop, insert or repeat bytes anywhere: Ed25519 over every byte leaves no second spelling."""
    scene = _known_scene()
    good = scene.token()
    at = data.draw(st.integers(0, len(good) - 1))
    length = data.draw(st.integers(0, 4))
    mutant = good[:at] + data.draw(st.binary(max_size=6)) + good[at + length :]
    if mutant != good:
        assert scene.judge(mutant).verdict is Verdict.INVALID


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200).filter(lambda data: data != b"\xa0"))
def test_any_bytes_whatever_give_an_appraisal(data):
    """As they come, behind the right tags, and as a payload or a header of the chip; an empty map would be a good header."""
    scene = _known_scene()
    for token in (data, wire.PREFIX + data, scene.token(data), scene.token(protected=data), scene.token(unprotected=data)):
        appraisal = scene.judge(token)
        assert isinstance(appraisal, Appraisal)
        assert appraisal.verdict is Verdict.INVALID


_SCENES: list[Scene] = []


def _known_scene() -> Scene:
    """One scene for all examples: a refused token changes nothing."""
    if not _SCENES:
        _SCENES.append(Scene(wire.ED25519))
    return _SCENES[0]


def outcome(read, payload: bytes, algorithm: int) -> str:
    """The record, with the type of each value to be seen, or the reason of the refusal."""
    try:
        return repr(read(payload, algorithm))
    except Refused as refusal:
        return refusal.reason


def read_plainly(payload: bytes, algorithm: int) -> Claims:
    """First decoded, then held against the rules: slower than `claims.decode`, and nothing else."""
    record = claims.claim_set(algorithm).read(cbor.loads(payload))
    if record.location.timestamp_s > record.issued_at_s:
        raise LocationAfterIssue("as claims.decode")
    return record


@PROFILES
def test_claims_read_quickly_are_claims_read_plainly(algorithm):
    """Good claims take the quick way through, to the last byte, and come to the same record on the plain one."""

    @settings(max_examples=100, deadline=None)
    @given(hostile.good_payloads(algorithm))
    def agree(payload: bytes) -> None:
        quick, end = claims.claim_set(algorithm)._parse(payload, 0, cbor.MAX_DEPTH)
        assert end == len(payload)
        assert repr(quick) == repr(claims.decode(payload, algorithm)) == repr(read_plainly(payload, algorithm))

    agree()


@PROFILES
def test_whatever_becomes_of_good_claims_both_ways_of_reading_agree_on_it(algorithm):
    """Otherwise there would be claims that are accepted only because they are read in haste."""

    @settings(max_examples=500, deadline=None)
    @given(hostile.mutants(algorithm))
    def agree(payload: bytes) -> None:
        quick, plain = (outcome(read, payload, algorithm) for read in (claims.decode, read_plainly))
        if plain == "bad_claim" and payload[0] >> 5 != 5:
            plain = "bad_payload"  # not a map at all
        assert quick == plain

    agree()

"""Each known flaw of published designs opens one attack, and nothing else does.

The chip has been diverted: it answers from 3,500 km away, where the restricted territory is, and an accomplice stands at
the declared site, 10 km from the landmark. Signals travel at the speed of light. Whatever fails leaves the accomplice
with an ordinary relay, which cannot hide the distance.
"""

from dataclasses import fields

import pytest

from attestation import (
    SOUND,
    Appraisal,
    Flaws,
    Policy,
    ProverExchange,
    Session,
    SigningKey,
    Verdict,
    bind,
    issue,
)
from attestation.errors import (
    AttesterChoseNonce,
    BadSignature,
    KeyAlreadyEnrolled,
    LongTermKeyInExchange,
    ProverReportedTime,
    UeidNotEndorsed,
)

from .field import AUDIENCE, FAR_KM, NEAR_KM, NOW_S, Chip, Field, round_trip_ns, seed

RELAYED_NS = round_trip_ns(NEAR_KM + FAR_KM)
AT_SITE_NS = round_trip_ns(NEAR_KM)


def finish(world: Field, chip: Chip, session: Session, key: SigningKey, exchange, prover: ProverExchange) -> Appraisal:
    """The rest of a session once the timed exchange is over: the chip signs whatever was measured."""
    measurement = exchange.measure(AUDIENCE, NOW_S)
    session.report("one", measurement, NOW_S)
    challenges = session.challenge_again([world.fresh()], NOW_S)
    return session.conclude(world.claim(chip, session, challenges, key, [prover.accept(measurement)]), NOW_S)


def test_a_relay_alone_does_not_hide_the_distance():
    """And with no flaw at all, a chip at its site is cleared."""
    world = Field()
    chip = world.chip()
    assert world.attest(chip, [RELAYED_NS]).verdict is Verdict.UNCONFIRMED
    assert world.attest(chip, [AT_SITE_NS]).verdict is Verdict.CLEARED


def presigned_probes(flaws: Flaws) -> Appraisal:
    """The chip signs answers to nonces of its own choice beforehand; a relay at the site plays them back at once."""
    world = Field(flaws=flaws)
    chip, key = world.chip(), world.session_key()
    session = world.session(chip)
    session.endorse(world.vouch(chip, session, key), NOW_S)
    nonces = [world.fresh() for _ in range(3)]
    prover = world.prover(session, key)
    exchange = world.exchange(prover.request(nonces))
    for _ in nonces:
        answered_beforehand = prover.respond(exchange.send_nonce(world.fresh(), 0))
        exchange.receive(answered_beforehand, AT_SITE_NS)
    return finish(world, chip, session, key, exchange, prover)


def test_presigned_probes_and_a_relay_pass_only_if_the_attester_chooses_the_nonce():
    with pytest.raises(AttesterChoseNonce):
        presigned_probes(SOUND)
    assert presigned_probes(Flaws(attester_chosen_nonce=True)).verdict is Verdict.CLEARED


def test_the_nonce_on_the_wire_is_the_attesters_only_under_the_flaw():
    """What makes pre-signing possible: the packet is known before it is sent."""
    world = Field(flaws=Flaws(attester_chosen_nonce=True))
    chip, key = world.chip(), world.session_key()
    prover = world.prover(world.session(chip), key)
    chosen, entropy = world.fresh(), world.fresh()
    assert chosen in world.exchange(prover.request([chosen])).send_nonce(entropy, 0)
    assert entropy in world.exchange(prover.request()).send_nonce(entropy, 0)


def test_an_answer_to_a_guessed_nonce_is_refused():
    """Without the flaw a relay that cannot wait for the chip can only guess."""
    world = Field()
    chip, key = world.chip(), world.session_key()
    session = world.session(chip)
    prover, guesser = world.prover(session, key), world.prover(session, key)
    exchange, imitation = world.exchange(prover.request()), world.exchange(prover.request())
    presigned = guesser.respond(imitation.send_nonce(world.fresh(), 0))
    exchange.send_nonce(world.fresh(), 0)
    with pytest.raises(BadSignature):
        exchange.receive(presigned, AT_SITE_NS)


def understated_by_processing_time(flaws: Flaws) -> Appraisal:
    """The far host claims that most of the round trip was its own processing."""
    world = Field(flaws=flaws)
    chip, key = world.chip(), world.session_key()
    session = world.session(chip)
    session.endorse(world.vouch(chip, session, key), NOW_S)
    prover = world.prover(session, key)
    exchange = world.exchange(prover.request())
    response = prover.respond(exchange.send_nonce(world.fresh(), 0), processing_ns=RELAYED_NS - AT_SITE_NS)
    exchange.receive(response, RELAYED_NS)
    return finish(world, chip, session, key, exchange, prover)


def test_a_reported_processing_time_passes_only_if_it_is_subtracted():
    with pytest.raises(ProverReportedTime):
        understated_by_processing_time(SOUND)
    assert understated_by_processing_time(Flaws(prover_reported_time_subtracted=True)).verdict is Verdict.CLEARED


HONEST_SIGNING_NS = 200_000_000
"""Median time of a P-256 signature in a TPM, as measured by Chrome: 200 ms (stiankri.substack.com, TPM performance)."""


def fast_signer(flaws: Flaws) -> Appraisal:
    """The long-term key answers in the exchange, signing in less time than the verifier allows for it."""
    world = Field(flaws=flaws, policy=Policy(signing_allowance_ns=HONEST_SIGNING_NS))
    chip = world.chip()
    session = world.session(chip)
    session.endorse(world.vouch(chip, session, chip.key), NOW_S)
    prover = world.prover(session, chip.key)
    exchange = world.exchange(prover.request())
    signing_ns = HONEST_SIGNING_NS - RELAYED_NS + AT_SITE_NS
    exchange.receive(prover.respond(exchange.send_nonce(world.fresh(), 0)), RELAYED_NS + signing_ns)
    return finish(world, chip, session, chip.key, exchange, prover)


def test_slow_signing_that_is_subtracted_lets_a_fast_signer_look_near():
    with pytest.raises(LongTermKeyInExchange):
        fast_signer(SOUND)
    assert fast_signer(Flaws(long_term_key_signs_in_exchange=True)).verdict is Verdict.CLEARED


@pytest.mark.parametrize("flaws", [SOUND, Flaws(long_term_key_signs_in_exchange=True)], ids=["sound", "flawed"])
def test_no_allowance_is_taken_off_the_time_of_a_session_key(flaws: Flaws):
    """A policy that names an allowance changes nothing where a session key answers."""
    world = Field(flaws=flaws, policy=Policy(signing_allowance_ns=HONEST_SIGNING_NS))
    (bound,) = world.attest(world.chip(), [RELAYED_NS]).bounds
    assert bound.radius_km == pytest.approx(NEAR_KM + FAR_KM)


def host_answers_for(flaws: Flaws, chips: int) -> list[Appraisal]:
    """One host at the declared site holds one key, endorsed for several chips, of which all have been taken away."""
    world = Field(flaws=flaws)
    host = SigningKey.from_seed(seed("host"))
    return [world.attest(world.chip(f"chip {n}", host), [AT_SITE_NS]) for n in range(chips)]


def test_one_host_answers_for_many_only_if_chips_may_share_a_key():
    with pytest.raises(KeyAlreadyEnrolled):
        host_answers_for(SOUND, 2)
    appraisals = host_answers_for(Flaws(one_key_per_host=True), 5)
    assert {appraisal.verdict for appraisal in appraisals} == {Verdict.CLEARED}
    assert len({appraisal.ueid for appraisal in appraisals}) == 5


def test_a_chip_that_stayed_cannot_answer_for_one_that_left():
    world = Field()
    stayed, left, key = world.chip("stayed"), world.chip("left"), world.session_key()
    session = world.session(left)
    forged = issue(bind(left.claims, (session.challenge,), key.cose_key, session.session_id), stayed.key)
    with pytest.raises(UeidNotEndorsed):
        session.endorse(forged, NOW_S)


@pytest.mark.parametrize("flaw", [field.name for field in fields(Flaws)])
def test_a_flaw_opens_its_own_attack_and_no_other(flaw: str):
    """The other attacks stay closed, so that each flaw can be priced alone."""
    flaws = Flaws(**{flaw: True})
    attacks = {
        "attester_chosen_nonce": lambda: presigned_probes(flaws),
        "prover_reported_time_subtracted": lambda: understated_by_processing_time(flaws),
        "long_term_key_signs_in_exchange": lambda: fast_signer(flaws),
        "one_key_per_host": lambda: host_answers_for(flaws, 2)[-1],
    }
    succeeded = {name for name, attack in attacks.items() if _succeeds(attack)}
    assert succeeded == {flaw}


def _succeeds(attack) -> bool:
    try:
        return attack().verdict is Verdict.CLEARED
    except (AttesterChoseNonce, ProverReportedTime, LongTermKeyInExchange, KeyAlreadyEnrolled):
        return False

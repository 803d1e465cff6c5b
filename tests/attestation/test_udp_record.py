"""A session on record: what a verifier makes of it later, and what is no record."""

import asyncio
import json

import pytest

from attestation import ED25519, ESP256, ESP384, InvalidArgument, Verdict
from attestation.errors import RecordMalformed
from attestation.udp import Chip, Limits, Patience, Prover, Record, attest, bind

from .field import NOW_S, Field, seed
from .loopback import landmark, peer

NOBODY = ("127.0.0.1", 9)
HASTY = Patience(silence_s=0.02, requests=1)


class Place(Field):
    """A field whose dates are of today, since records carry them; landmarks are on loopback."""

    def verifier_and_chip(self):
        chip = self.chip()
        return self.verifier, Chip(chip.key, chip.claims)


def recorded(place: Place, answering: bool, chip: Chip) -> Record:
    """A session with the landmark of a place, whether it answers or not."""

    async def run():
        async with landmark(Limits(rounds=2), key=place.landmark_keys["one"]) as server:
            address = server.address if answering else NOBODY
            async with Prover(bind("127.0.0.1", 0)) as prover:
                asked = [peer(address, place.landmark_keys["one"])]
                return await attest(prover, chip, asked, patience=Patience() if answering else HASTY)

    return asyncio.run(run())


@pytest.mark.parametrize("algorithm", [ED25519, ESP256, ESP384])
def test_a_record_is_judged_alike_by_any_verifier_but_counts_once_with_each(algorithm: int):
    place = Place(algorithm=algorithm)
    verifier, chip = place.verifier_and_chip()
    record = Record.from_json(recorded(place, True, chip).to_json())
    appraisal = record.appraise(verifier)
    assert (appraisal.verdict, appraisal.ueid) == (Verdict.CLEARED, chip.claims.ueid)
    assert len(record.timed[0].processing_ns) == 2
    again = record.appraise(verifier)
    assert (again.verdict, again.reasons) == (Verdict.INVALID, ("nonce_already_issued",))


def test_the_verifiers_own_challenges_are_answered_and_only_those_who_have_reported_are_counted():
    asked_about = []

    async def closing(reported):
        asked_about.append(reported)
        return [seed("second"), seed("third")]

    place = Place(landmark_ids=("one", "two"))
    verifier, chip = place.verifier_and_chip()

    async def run():
        async with (
            landmark(Limits(rounds=2), key=place.landmark_keys["one"]) as server,
            Prover(bind("127.0.0.1", 0)) as prover,
        ):
            there = peer(server.address, place.landmark_keys["one"])
            silent = peer(NOBODY, place.landmark_keys["two"], "two")
            return await attest(
                prover,
                chip,
                [there, silent],
                challenge=seed("first"),
                closing=closing,
                patience=Patience(silence_s=0.3, requests=1),
                at_once=2,
            )

    record = asyncio.run(run())
    assert (record.challenge, record.challenges) == (seed("first"), (seed("second"), seed("third")))
    assert asked_about == [["one"]]
    appraisal = record.appraise(verifier)
    assert (appraisal.verdict, appraisal.unreported) == (Verdict.CLEARED, ("two",))


def test_a_chip_that_no_landmark_could_time_claims_nothing():
    place = Place()
    verifier, chip = place.verifier_and_chip()
    record = recorded(place, False, chip)
    assert (record.claim, record.timed[0].refused, record.timed[0].measurement) == (b"", "no_answer", b"")
    appraisal = Record.from_json(record.to_json()).appraise(verifier)
    assert (appraisal.verdict, appraisal.reasons) == (Verdict.INVALID, ("measurement_missing",))


async def two_challenges(reported):
    return [seed("a"), seed("b")]


@pytest.mark.parametrize(
    ("peers", "how"),
    [(0, {}), (1, {"challenge": b"short"}), (1, {"closing": two_challenges})],
    ids=["no landmark", "short challenge", "challenges without a landmark"],
)
def test_a_session_without_what_it_takes_is_a_mistake_of_the_caller(peers: int, how: dict):
    place = Place()
    _, chip = place.verifier_and_chip()

    async def run():
        async with Prover(bind("127.0.0.1", 0)) as prover:
            asked = [peer(NOBODY, place.landmark_keys["one"])][:peers]
            await attest(prover, chip, asked, patience=HASTY, **how)

    with pytest.raises(InvalidArgument):
        asyncio.run(run())


def good() -> dict:
    return {
        "format": "chip-location-session/1",
        "ueid": "01",
        "challenge": "00" * 32,
        "opened_s": NOW_S,
        "vouching": "",
        "vouched_s": NOW_S + 0.5,
        "timed": [
            {
                "landmark_id": "one",
                "measurement": "",
                "refused": "no_answer",
                "reported_s": 0,
                "processing_ns": [1, 2],
                "requests": 1,
                "stamps": "kernel",
            }
        ],
        "challenges": ["11" * 32],
        "challenged_s": NOW_S,
        "claim": "",
        "concluded_s": NOW_S,
    }


def test_a_record_reads_back_as_it_was_written():
    record = Record.from_json(json.dumps(good()))
    assert Record.from_json(record.to_json()) == record
    assert record.timed[0].processing_ns == (1, 2)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda it: it.pop("format"), "format"),
        (lambda it: it.update(format="other"), "format"),
        (lambda it: it.pop("claim"), "members"),
        (lambda it: it.update(more=1), "members"),
        (lambda it: it.update(ueid="zz"), "record.ueid must be hexadecimal"),
        (lambda it: it.update(ueid=1), "record.ueid must not be int"),
        (lambda it: it.update(opened_s="now"), "record.opened_s must not be str"),
        (lambda it: it.update(opened_s=True), "record.opened_s must not be bool"),
        (lambda it: it.update(opened_s=float("nan")), "record.opened_s"),
        (lambda it: it.update(opened_s=float("inf")), "record.opened_s"),
        (lambda it: it.update(timed=[]), "at least one"),
        (lambda it: it.update(timed=[5]), r"record.timed\[0\] must have exactly"),
        (lambda it: it["timed"][0].update(requests=1.5), r"record.timed\[0\].requests"),
        (lambda it: it["timed"][0].update(processing_ns=["1"]), "must not be str"),
        (lambda it: it["timed"][0].update(processing_ns=5), "must not be int"),
        (lambda it: it.update(challenges=[]), "as many challenges"),
        (lambda it: it.update(challenges=["11"]), "32 bytes"),
        (lambda it: it.update(challenge="00"), "32 bytes"),
        (lambda it: it.update(ueid="00" * 600_000), "at most"),
    ],
)
def test_what_is_no_record_is_refused_and_named(spoil, said: str):
    it = good()
    spoil(it)
    with pytest.raises(RecordMalformed, match=said):
        Record.from_json(json.dumps(it))


@pytest.mark.parametrize("text", ["", "[]", "5", "{", "[" * 100_000, b"\xff"], ids=lambda text: repr(text[:4]))
def test_what_is_no_json_object_is_no_record(text):
    with pytest.raises(RecordMalformed):
        Record.from_json(text)


def test_any_bytes_of_a_record_give_an_appraisal():
    """Each token replaced by junk: an appraisal with a reason, never an exception."""
    place = Place()
    verifier, _ = place.verifier_and_chip()
    it = good()
    it["vouching"] = "00ff"
    appraisal = Record.from_json(json.dumps(it)).appraise(verifier)
    assert appraisal.verdict is Verdict.INVALID

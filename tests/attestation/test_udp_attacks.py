"""Each known flaw opens its attack over the wire, against real delays, and the sound protocol withstands all four.

Verdicts follow from times, but with room: an attack that ought to look 3 ms away has 9 ms to spare, and a chip that is 15 ms
away cannot come nearer than it is.
"""

import asyncio
import contextlib

import pytest

from attestation import SOUND, Flaws, Verdict
from attestation.udp.attacks import ATTACKS, FAR_MS, SLOW_MS, Paths, plain_relay
from attestation.udp.landmark import Limits

from .loopback import LANDMARK_KEY, landmark, path

FEW = Limits(rounds=3, timeout_ms=500, most_silent=1)


def attack(run, flaws: Flaws):
    """The appraisal, and what the landmark has counted."""

    async def staged():
        async with landmark(FEW, flaws) as server:
            with contextlib.ExitStack() as stack:
                far, slow = (stack.enter_context(path(server.address, delay_ms)) for delay_ms in (FAR_MS, SLOW_MS))
                paths = Paths(landmark_key=LANDMARK_KEY.public_key, near=server.address, far=far, slow=slow)
                return await run(flaws, paths), server.counts

    return asyncio.run(staged())


REFUSED = {
    "attester_chosen_nonce": "attester_chose_nonce",
    "prover_reported_time_subtracted": "prover_reported_time",
    "long_term_key_signs_in_exchange": "long_term_key_in_exchange",
    "one_key_per_host": "key_already_enrolled",
}


@pytest.mark.parametrize("flaw", ATTACKS)
def test_an_attack_succeeds_over_the_wire_only_under_its_flaw(flaw: str):
    refused, counts = attack(ATTACKS[flaw], SOUND)
    assert refused.verdict is Verdict.INVALID
    assert REFUSED[flaw] in refused.reasons or counts[REFUSED[flaw]] > 0
    cleared, _ = attack(ATTACKS[flaw], Flaws(**{flaw: True}))
    assert cleared.verdict is Verdict.CLEARED, cleared.detail


def test_a_relay_alone_does_not_hide_the_distance():
    appraisal, _ = attack(plain_relay, SOUND)
    assert appraisal.verdict is Verdict.UNCONFIRMED
    assert appraisal.bounds[0].rtt_ns >= 2e6 * FAR_MS

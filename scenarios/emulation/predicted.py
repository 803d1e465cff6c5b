"""What the simulator says of some chips: over which path each answers, how long that takes, and the verdict on it.

All of it is the simulator's own: sites and panels, the paths of strategies, the latency model with its jitter, and how times
are read. What is emulated of a time is all but the processing in the timed loop, which real provers take themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sim import Scenario
from sim.actors.setting import Setting
from sim.detection.acceptance import accepts
from sim.detection.verdicts import Verdict, round_verdict
from sim.engine.wiring import build
from sim.randomness import Stream, run_seed
from sim.smuggling.plans import places_of
from sim.smuggling.strategies import STRATEGIES
from sim.smuggling.strategies.low_latency_relay import RELAY_NUMBERS_FROM
from sim.smuggling.strategy import Answer, Circumstances
from sim.world.geography import Place, hubs
from sim.world.jitter import Jitter
from sim.world.keys import Key
from sim.world.landmarks import LANDMARK_NUMBERS_FROM, Panel
from sim.world.paths import direct
from sim.world.territory import hubs_in

FloatArray = NDArray[np.float64]

AT_HOME = "at_the_declared_site"
AT_A_LANDMARK = "beside_a_landmark"
"""A key that answers next to the nearest landmark, too soon for its declared site: no strategy, but the fourth verdict."""
STRATEGIES_EMULATED = ("relay_from_declared_site", "operate_at_border", "low_latency_relay", "leaked_vendor_key")
"""Those that change what wires can show: the path of an answer, or whose key signs it."""


@dataclass(frozen=True)
class EmulatedChip:
    """A chip, how it answers, and what the simulator expects of its rounds.

    Attributes:
        number: of the chip, from 0.
        way: `AT_HOME`, `AT_A_LANDMARK`, or the strategy by which it answers from elsewhere.
        declared: its declared site.
        panel: landmarks that are asked.
        key: whose key answers.
        predicted_ms: round-trip times, shape (rounds, landmarks).
        emulated_ms: of these, what the path takes: the rest is processing.
        verdicts: on each round.
    """

    number: int
    way: str
    declared: Place
    panel: Panel
    key: Key
    predicted_ms: FloatArray
    emulated_ms: FloatArray
    verdicts: tuple[Verdict, ...]


def emulated_chips(scenario: Scenario, seed: int, sites: int, rounds: int) -> tuple[EmulatedChip, ...]:
    """For each of some sites a chip that is there, and one that has left it by each of the strategies.

    Args:
        scenario: the world and the policy.
        seed: base seed; the first run's world is taken.
        sites: how many, from 1; spread evenly over all, the largest first.
        rounds: challenges to each chip.
    """
    seed = run_seed(seed, 0)
    setting = build(scenario, seed)
    jitter, processing_ms = Jitter(seed), setting.values["in_loop_processing_ms"]
    chips = []
    for site in _spread(setting, sites):
        panel = setting.panels[site]
        for way, answer in _ways(setting, site):
            path = answer.path
            timing = setting.network.timing(panel.landmarks, path)
            number = len(chips)
            shape = len(panel.landmarks), len(path.legs)
            times_ms = timing.sample(np.array([jitter.deviates_of_one(number, slot, *shape) for slot in range(rounds)]))
            chips.append(
                EmulatedChip(
                    number=number,
                    way=way,
                    declared=setting.sites[site].place,
                    panel=panel,
                    key=answer.key,
                    predicted_ms=times_ms,
                    emulated_ms=times_ms - processing_ms,
                    verdicts=tuple(read(panel, times_ms, accepted=_accepted(setting, answer.key))),
                )
            )
    return tuple(chips)


def read(panel: Panel, times_ms: FloatArray, *, accepted: bool) -> Iterator[Verdict]:
    """The simulator's verdict on each round of times, shape (rounds, landmarks), by a key that is accepted or not."""
    for contradicted, cleared in zip(panel.contradicts(times_ms), panel.clears(times_ms), strict=True):
        yield round_verdict(
            answered=True, evidence_accepted=accepted, contradicted=bool(contradicted), cleared=bool(cleared)
        )


def _accepted(setting: Setting, key: Key) -> bool:
    verification = setting.scenario.verification
    flaws = verification.protocol_flaws
    return accepts(key, flaws, key_register=verification.key_register, vendor_key_revoked=False)


def _spread(setting: Setting, count: int) -> list[int]:
    """Sites from the largest to the smallest, in even steps of rank."""
    ranks = np.argsort([-site.capacity_chips for site in setting.sites], kind="stable")
    return [int(ranks[step]) for step in np.linspace(0, len(ranks) - 1, count).round().astype(int)]


def _ways(setting: Setting, site: int) -> Iterator[tuple[str, Answer]]:
    """Ways to answer for a chip that is declared at a site."""
    declared = setting.sites[site].place
    yield AT_HOME, Answer(direct(declared))
    landmark = setting.panels[site].landmarks[0]
    beside = replace(landmark, number=landmark.number - LANDMARK_NUMBERS_FROM + RELAY_NUMBERS_FROM)
    yield AT_A_LANDMARK, Answer(direct(beside))
    for name in STRATEGIES_EMULATED:
        does = STRATEGIES[name]
        places = does.true_site(declared, places_of(hubs_in(setting.scenario.geography.restricted, hubs())))
        true_site = places[int(setting.draws.uniform(Stream.LOT_TRUE_SITE, site) * len(places))]
        answer = does.facts(Circumstances(declared, true_site, setting.panels[site].landmarks, setting.values)).at_true_site
        assert answer is not None, name
        yield name, answer

"""The fast engine tells the same story as the plain one, chip by chip, in worlds where everything happens."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sim import Scenario
from sim.detection.register import DETECTORS
from sim.detection.seen import Memory, RoundSeen, Thresholds
from sim.engine import fast, reference
from sim.fleet.chips import chip_numbers
from sim.record import Happening

from .worlds import Story, hurried, one_inspector


@dataclass(frozen=True)
class World:
    """A scenario, seeds, and what it is for: happenings and reasons of alerts that must occur with each seed."""

    scenario: Scenario
    seeds: tuple[int, ...]
    happenings: frozenset[Happening] = frozenset()
    reasons: frozenset[str] = frozenset({"silence_streak"})

    @classmethod
    def of(
        cls,
        *happenings: Happening,
        seeds: tuple[int, int],
        reasons: str = "silence_streak",
        values: Any = None,
        **levers: Any,
    ) -> "World":
        """A variant of the hurried world."""
        return cls(hurried(values, **levers), seeds, frozenset(happenings), frozenset(reasons.split()))


EVERYWHERE = frozenset(
    {
        Happening.FAILED,
        Happening.REPAIRED,
        Happening.RETIRED,
        Happening.REPLACED,
        Happening.OUTAGE_BEGAN,
        Happening.OUTAGE_ENDED,
        Happening.LANDMARK_LOST,
        Happening.LANDMARK_BACK,
        Happening.SHIPPED,
        Happening.DELIVERED,
        Happening.MOVED,
        Happening.MOVE_REPORTED,
        Happening.WITHDRAWN,
        Happening.WITHDRAWAL_REPORTED,
        Happening.DEPARTED,
        Happening.ARRIVED,
        Happening.SILENT,
        Happening.SUSPICIOUS,
        Happening.CASE_OPENED,
        Happening.SENT_OUT,
        Happening.INSPECTED,
        Happening.CASE_CLOSED,
        Happening.ESTABLISHED,
    }
)

OFTEN_DOWN = {
    "landmark_outages_per_year": 30,
    "landmark_outage_hours": 72,
    "maintenance_days_per_site_year": 60,
    "maintenance_hours": 72,
    "maintenance_announced": 0.6,
    "conflicts_per_region_year": 6,
    "conflict_outage_days": 7,
    "network_outage_length_ratio": 0.5,
    "air_gapped_sites": 0.15,
}

WORLDS = {
    "weekly, with a drift test": World.of(
        seeds=(1, 2),
        reasons="silence_streak drift",
        verification__period_days=7,
        verification__unconfirmed_days=7,
        verification__uncleared_sites="drift_test",
        verification__drift_ms=3,
        calendar__end_after_duty_days=150,
    ),
    "every six hours, licences refused": World.of(
        Happening.LICENCE_REFUSED,
        seeds=(2, 13),
        reasons="silence_streak unconfirmed",
        verification__period_days=0.25,
        verification__grace_days=4,
        verification__uncleared_sites="refuse_licence",
        calendar__end_after_duty_days=60,
    ),
    "five landmarks of a hundred, in vacuum": World.of(
        seeds=(1, 2),
        reasons="silence_streak unconfirmed",
        verification__bound="vacuum",
        verification__unconfirmed_days=1,
        geography__landmarks=100,
        verification__landmarks_asked=5,
    ),
    "an unsound bound, audits": World.of(
        Happening.ANSWERED,
        seeds=(4, 5),
        reasons="silence_streak contradiction",
        verification__bound="half",
        verification__period_days=2,
        verification__signing="sample",
        verification__signed_share=0.003,
        verification__followed_share=0.1,
    ),
    "one inspector, many tips": World(
        one_inspector(),
        (2, 3),
        frozenset({Happening.CALLED_OFF, Happening.EXPOSED, Happening.SEIZED}),
    ),
    "requests, posts, staged inspections and their consequences": World.of(
        Happening.REQUESTED,
        Happening.REQUEST_ANSWERED,
        Happening.CONSENT_REFUSED,
        Happening.VISITED,
        Happening.BLOCKED,
        Happening.ORDER_PREVENTED,
        seeds=(1, 2),
        geography__sites=6,
        calendar__end_after_duty_days=120,
        adversary__staging={"none": 1, "boxes": 1, "labels": 1, "return": 1},
        enforcement__posts=("Singapore", "Frankfurt"),
        enforcement__planned_inspectors=1,
        enforcement__planned_visits="risk_based",
        enforcement__triage="expected",
        enforcement__remote_request_days=4,
        enforcement__method="challenge",
        enforcement__notice_days=5,
        enforcement__inspected_chips=3,
        enforcement__licence_denial=True,
        enforcement__whistleblower_award=0.2,
        values={"consent_days": 2, "consent_refused": 0.2, "consequence_days": 5, "penalty_reach_partners": 0.5},
    ),
    "landmarks and sites often down, failing open, no licences behind an air gap": World.of(
        Happening.LICENCE_REFUSED,
        seeds=(1, 2),
        reasons="sprt unconfirmed",
        values=OFTEN_DOWN,
        geography__sites=40,
        verification__detectors=tuple(DETECTORS),
        verification__air_gapped="refuse_licence",
        verification__unconfirmed_days=1,
        verification__grace_days=5,
        verification__signing="sample",
        verification__signed_share=0.003,
        verification__followed_share=0.1,
    ),
    "landmarks and sites often down, failing closed, with a drift test": World.of(
        seeds=(1, 2),
        reasons="silence_streak unconfirmed drift",
        values=OFTEN_DOWN,
        verification__period_days=2,
        verification__unconfirmed_days=2,
        verification__uncleared_sites="drift_test",
        verification__drift_ms=3,
        verification__landmark_loss="fail_closed",
        verification__signing="sample",
        verification__signed_share=0.003,
        verification__followed_share=0.1,
    ),
    "every answer signed, sixty chips": World.of(
        Happening.ANSWERED,
        seeds=(1, 11),
        fleet__scale=0.00002,
        fleet__lot_chips=1,
        geography__sites=5,
        verification__period_days=3,
        verification__grace_days=6,
        verification__signing="all",
        calendar__end_after_duty_days=60,
        values={
            "gpu_faults_per_chip_year": 6,
            "lawful_moves_per_lot_year": 8,
            "withdrawals_per_lot_year": 8,
            "diverted_chips_per_year": 1.0e6,
        },
    ),
}


EVERY_DETECTOR: dict[str, Any] = {
    "verification__detectors": tuple(DETECTORS),
    "verification__scan_alpha": 1e-3,
    "verification__cusum_threshold": 3,
    "verification__sprt_alpha": 1e-7,
    "verification__grace_days": 5,
    "verification__registry_days": 9,
    "verification__activation_days": 15,
}
"""All of them, with thresholds that small worlds cross."""

WORLDS |= {
    "every detector": World.of(
        seeds=(3, 4),
        reasons="lot_scan sprt activation_deadline",
        verification__unconfirmed_days=2,
        values={"packet_loss": 0.05, "gpu_faults_per_chip_year": 1, "export_transport_days": 12},
        **EVERY_DETECTOR,
    ),
    "any two detectors, every third day, repairs reported": World.of(
        seeds=(1, 2),
        reasons="silence_streak lot_scan",
        verification__detectors_needed=2,
        verification__period_days=3,
        verification__rma_reconciliation=True,
        verification__grace_days=9,
        **{key: value for key, value in EVERY_DETECTOR.items() if key != "verification__grace_days"},
    ),
}


def compare(scenario: Scenario, seed: int) -> Story:
    """Hold the two engines against each other; the story that they agree on."""
    plain, quick = (Story.of(engine.run(scenario, seed)) for engine in (reference, fast))
    for before, after in zip(plain.events, quick.events, strict=False):
        assert before == after, "the first difference"
    assert plain == quick
    return plain


STORIES = [
    pytest.param(name, seed, marks=pytest.mark.verify if place else ())
    for name, world in WORLDS.items()
    for place, seed in enumerate(world.seeds)
]
"""Each world's second seed is for `make verify`."""


@pytest.mark.parametrize(("name", "seed"), STORIES)
def test_both_engines_tell_the_same_story(name: str, seed: int):
    world = WORLDS[name]
    story = compare(world.scenario, seed)
    events = story.events
    happened = {event.happening for event in events}
    assert not (EVERYWHERE | world.happenings) - happened
    assert world.reasons <= {event.detail for event in events if event.happening is Happening.ALERTED}
    strategies = {event.detail for event in events if event.happening is Happening.DEPARTED}
    assert strategies == {"go_dark", "relay_from_declared_site"}


def test_both_engines_show_the_detectors_the_same(monkeypatch: pytest.MonkeyPatch):
    """Every number that a detector may look at, in every round, for chips that are silent now and then for many reasons."""
    shown: list[list[Any]] = []

    def look(seen: RoundSeen, thresholds: Thresholds, memory: Memory) -> NDArray[np.int64]:
        def numbers(chips: NDArray[np.int64]) -> list[int]:
            return chip_numbers(seen.column("slot")[chips], seen.column("generation")[chips]).tolist()

        silent = zip(numbers(seen.silent), seen.missed_rounds.tolist(), seen.tested.T.tolist(), strict=True)
        suspicious = zip(numbers(seen.suspicious), seen.suspicious_rounds.tolist(), strict=True)
        pairs = {*zip(seen.column("lot")[seen.silent].tolist(), seen.sites_of(seen.silent).tolist(), strict=True)}
        asked_of_lots = {pair: seen.asked_of_lot(*pair) for pair in pairs if pair[0] >= 0}
        others = [sorted(numbers(chips)) for chips in (seen.contradicting, seen.invalid, seen.unheard)]
        reported = sorted(numbers(seen.silent[seen.in_reported_repair(seen.silent)]))
        shown.append([seen.day, seen.number, seen.asked.tolist(), sorted(silent), sorted(suspicious)])
        shown[-1] += [asked_of_lots, others, reported]
        return seen.silent[:0]

    monkeypatch.setitem(DETECTORS, "lot_scan", look)
    scenario = hurried(
        {"packet_loss": 0.8, "gpu_faults_per_chip_year": 20, "repair_absence_days": 2, "permanent_fault_share": 0.2},
        **EVERY_DETECTOR,
    ).replace(
        verification__detectors=("lot_scan", "silence_streak", "sprt", "activation_deadline"),
        verification__rma_reconciliation=True,
        verification__period_days=2,
        verification__sprt_innocent=0.3,
        verification__sprt_diverted=0.9,
        verification__sprt_beta=0.2,
        fleet__stock_equipped=False,
    )
    for engine in (fast, reference):
        shown.append([])
        engine.run(scenario, 1)
    rounds = len(shown) // 2
    assert rounds > 50
    assert sum(len(asked_of_lots) for *_, asked_of_lots, _, _ in shown[1:rounds]) > 400
    for quick, plain in zip(shown[1:rounds], shown[rounds + 1 :], strict=True):
        assert quick == plain


CORNERS = {
    f"{name} alone": hurried(
        {"packet_loss": loss, "gpu_faults_per_chip_year": 1, "export_transport_days": 12},
        **{
            **EVERY_DETECTOR,
            "verification__detectors": (name,),
            "verification__rma_reconciliation": True,
            "verification__period_days": period,
        },
    )
    for name, period, loss in (
        ("lot_scan", 4, 0.1),
        ("site_scan", 0.5, 0.1),
        ("cusum", 1, 0.1),
        ("sprt", 1, 0.8),
        ("registry", 4, 0.8),
        ("activation_deadline", 4, 0.8),
    )
} | {
    "repairs of hours": hurried(
        {"repair_absence_days": 0.4, "repair_log_sd": 1.0, "gpu_faults_per_chip_year": 20}, verification__period_days=3
    ),
    "visits that miss most of what is missing": hurried({"inspection_miss": 0.6}),
    "discs that only together leave the territory out": hurried(
        geography__landmarks=100, verification__landmarks_asked=5, verification__unconfirmed_days=0
    ),
}
"""Worlds in which mistakes showed that the others let pass."""


@pytest.mark.parametrize("name", CORNERS)
def test_both_engines_agree_in_corners(name: str):
    assert Happening.CASE_CLOSED in {event.happening for event in compare(CORNERS[name], 1).events}


@pytest.mark.verify
@pytest.mark.parametrize("seed", range(101, 106))
@pytest.mark.parametrize("name", WORLDS)
def test_both_engines_tell_the_same_long_story(name: str, seed: int):
    """Half a year of 2,000 chips; where every answer is signed, of sixty."""
    scenario = WORLDS[name].scenario
    larger = 1 if scenario.verification.signing == "all" else 4
    compare(scenario.replace(fleet__scale=larger * scenario.fleet.scale, calendar__end_after_duty_days=180), seed)

"""Small worlds in which much happens: failures, outages, moves, smugglers of both kinds, cases and visits."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sim import Scenario
from sim.fleet.chips import chip_numbers
from sim.record import Event, Record

ORDERLY = dict.fromkeys(
    (
        "lawful_moves_per_lot_year",
        "resales_per_lot_year",
        "withdrawals_per_lot_year",
        "maintenance_days_per_site_year",
        "conflicts_per_region_year",
        "landmark_outages_per_year",
        "air_gapped_sites",
        "stored_lots",
    ),
    0,
)
"""No owner moves anything, nothing is out of order by plan or by war, and everybody answers."""

AT_ONCE = {"vendor_network": 1}
"""The channel by which small lots leave whole and no sooner than they are off the licensed path."""

HURRIED = {
    "legacy_chips_abroad": 1.5e6,
    "covered_exports_per_year": 2.0e6,
    "diverted_chips_per_year": 8.0e5,
    "dwell_at_declared_site_days": 10,
    "transit_to_restricted_days": 8,
    "gpu_faults_per_chip_year": 2,
    "repair_absence_days": 8,
    "packet_loss": 0.3,
    "site_outages_per_site_year": 8,
    "site_outage_hours": 48,
    "lawful_moves_per_lot_year": 4,
    "lawful_move_report_days": 12,
    "resales_per_lot_year": 1,
    "resale_report_days": 20,
    "withdrawals_per_lot_year": 2,
    "withdrawal_report_days": 12,
    "stored_lots": 0.3,
    "storage_days": 5,
    "maintenance_days_per_site_year": 10,
    "landmark_outages_per_year": 12,
    "landmark_outage_hours": 24,
    "case_review_days": 2,
    "consent_days": 0,
    "consent_refused": 0,
    "tips_detection_ever": 0.5,
    "tips_time_to_charge_months": 2,
}


def hurried(values: Mapping[str, float] | None = None, **levers: Any) -> Scenario:
    """About 500 chips in lots of four, at a dozen sites, equipped from the start; `values` replaces parameters."""
    common: dict[str, Any] = {
        "trace": True,
        "fleet__scale": 0.0002,
        "fleet__lot_chips": 4,
        "fleet__stock_equipped": True,
        "calendar__duty_after_days": 30,
        "calendar__end_after_duty_days": 90,
        "geography__sites": 12,
        "verification__signing": "none",
        "verification__unconfirmed_answers": 0,
        "enforcement__inspectors": 3,
    }
    return Scenario.load("miniature").replace(**{**common, **levers}, uncertainties={**HURRIED, **(values or {})})


@dataclass(frozen=True)
class Story:
    """All that is to be told of a run, but for the order of rows.

    Two chips that replace others within the same hours may come into the table in either order.

    Attributes:
        events: the log as it stands.
        chips: columns by name, of chips in the order of their numbers.
        rest: counts, census, closed cases, visits, consequences, how each site fared in each round, diversions, and sites.
    """

    events: list[Event]
    chips: dict[str, list[Any]]
    rest: list[Any]

    @classmethod
    def of(cls, record: Record) -> Self:
        """Tell it."""
        numbers = numbers_of(record)
        assert len(set(numbers.tolist())) == len(numbers), "no two chips have one number"
        order = np.argsort(numbers)
        chips = {name: np.nan_to_num(column[order].astype(float), nan=-1).tolist() for name, column in record.chips.items()}
        told_apart = ("census", "closed_cases", "open_cases", "visits", "consequences")
        others = ("events", "chips", "rounds", "watch", "diversions", "sites", "site_clearable", *told_apart)
        counts = {name: round(value, 6) for name, value in vars(record).items() if name not in others}
        rounds = record.rounds.table().tolist()
        diversions = [(sorted(numbers[one.rows].tolist()), replace(one, rows=None)) for one in record.diversions]
        sites = [record.sites, record.site_clearable.tolist()]
        rest = [counts, *(getattr(record, name) for name in told_apart), rounds, diversions, sites]
        return cls(list(record.events), chips, rest)


def numbers_of(record: Record) -> NDArray[np.int64]:
    """Numbers by which the log names chips, by row."""
    return chip_numbers(record.chips["slot"], record.chips["generation"])


def one_inspector(**levers: Any) -> Scenario:
    """The hurried world with a single inspector, slow to leave and long on his way, and a tip about every diversion."""
    values = {"tips_detection_ever": 1, "tips_time_to_charge_months": 1, "case_review_days": 10, "inspection_travel_days": 7}
    return hurried(values, enforcement__inspectors=1, **levers)


NO_NOISE = {
    **ORDERLY,
    "gpu_faults_per_chip_year": 0,
    "site_outages_per_site_year": 0,
    "packet_loss": 0,
}


def new_exports_only() -> Scenario:
    """All chips are exported under the duty, which starts at once; no smuggler, no noise, no inspector."""
    return Scenario.load("miniature").replace(
        calendar__duty_after_days=0,
        calendar__end_after_duty_days=150,
        verification__signing="none",
        enforcement__inspectors=0,
        enforcement__random_inspections=False,
        enforcement__tips=False,
        adversary__channels=AT_ONCE,
        uncertainties={**NO_NOISE, "legacy_chips_abroad": 0, "diverted_chips_per_year": 0},
    )

"""What a policy costs, and whom, in US dollars of 2026 over the time of the duty.

Fixed costs (landmarks, firmware, inspectors) are those of the scenario's world. They do not shrink with `fleet.scale`, so
that cost for each chip means the nation's only where the whole fleet is simulated.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..parameters import Values
from ..record import ConsequenceKind, Record
from ..scenario import Scenario
from ..units import DAYS_PER_YEAR
from .cases import by_inspectors
from .outcome import Measures

USD = "US dollars of 2026"


def landmark_network_cost_usd_per_year(number: int, values: Values) -> float:
    """Cost of running `number` landmarks, in US dollars per year: each costs the same, wherever it stands."""
    return number * values["landmark_cost_usd_per_year"]


def costs(record: Record, scenario: Scenario) -> Measures:
    """Outcomes about cost, by payer and in all. Penalties are no cost, but what the authority is paid."""
    payers = {
        "authority": authority_usd(record, scenario),
        "maker": maker_usd(scenario),
        "operators": operators_usd(record, scenario),
    }
    for payer, items in payers.items():
        for item, usd in items.items():
            yield f"cost_{payer}_{item}", usd, USD
        yield f"cost_{payer}", sum(items.values()), USD
    yield "cost_total", sum(sum(items.values()) for items in payers.values()), USD
    yield "penalties_paid", _paid_usd(record, scenario, ConsequenceKind.PENALTY), USD


def authority_usd(record: Record, scenario: Scenario) -> Mapping[str, float]:
    """What the authority pays for each item.

    The price of a visit includes the inspector's time, so that only the time in which he waits for work is added. Without
    the rule there are only inspectors who visit by a plan. End-use checks are paid like any visit.
    """
    values, duty_years = scenario.values, scenario.calendar.end_after_duty_days / DAYS_PER_YEAR
    visits = [visit for visit in record.visits if visit.day >= scenario.calendar.duty_day]
    tested = sum(visit.tested_chips for visit in visits)
    enforcement = scenario.enforcement
    inspectors = enforcement.inspectors if scenario.verification.active else enforcement.planned_inspectors
    busy_years = sum(visit.busy_days for visit in by_inspectors(record, scenario)) / DAYS_PER_YEAR
    idle_years = max(0.0, inspectors * duty_years - busy_years)
    geography = scenario.geography
    landmarks = geography.landmarks if scenario.verification.active and geography.endorsers != "audited" else 0
    return {
        "landmarks": landmark_network_cost_usd_per_year(landmarks, values) * duty_years,
        "inspections": len(visits) * values["inspection_cost_usd"] + tested * values["inspection_cost_usd_per_chip"],
        "idle_inspectors": idle_years * values["inspector_cost_usd_per_year"],
        "awards": _paid_usd(record, scenario, ConsequenceKind.AWARD),
        **({} if geography.endorsers == "none" else {"endorsers": _endorsers_usd(record, values, duty_years)}),
    }


def _endorsers_usd(record: Record, values: Values, duty_years: float) -> float:
    """Endorsers at sites, and their audits."""
    running_usd = record.endorsers * values["endorser_cost_usd_per_year"] * duty_years
    return running_usd + record.endorser_audits * values["endorser_audit_cost_usd"]


def maker_usd(scenario: Scenario) -> Mapping[str, float]:
    """What the maker of chips pays for each item: the mechanism in firmware, once."""
    return {"firmware": scenario.values["firmware_cost_usd"] if scenario.verification.active else 0.0}


def operators_usd(record: Record, scenario: Scenario) -> Mapping[str, float]:
    """What operators of data centres pay for each item."""
    values = scenario.values
    visits = sum(visit.day >= scenario.calendar.duty_day for visit in record.visits)
    agent_years = record.covered_chip_days / DAYS_PER_YEAR if scenario.verification.active else 0.0
    return {
        "requests": record.remote_requests * values["remote_request_cost_usd"],
        "hosting": visits * values["inspection_hosting_cost_usd"],
        "agent": agent_years * values["agent_cost_usd_per_chip_year"],
    }


def _paid_usd(record: Record, scenario: Scenario, kind: ConsequenceKind) -> float:
    duty_day = scenario.calendar.duty_day
    return sum((one.usd for one in record.consequences if one.kind is kind and one.day >= duty_day), start=0.0)

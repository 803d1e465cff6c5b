"""From the runs of the question `cset_benchmark`: what the static model assumes, as it comes out, for each draw."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim import Scenario
from sim.event_file import EVENT_COLUMNS
from sim.levers import Calendar
from sim.outcomes.cohort import diverted_cohort
from sim.parameters import Values, load_parameters
from sim.smuggling.profit import Deal, collected_share, expected_profit, risks_if_established
from sim.smuggling.strategies import STRATEGIES
from sim.units import DAYS_PER_YEAR
from sim.world.products import mean_price_usd

if TYPE_CHECKING:
    import pandas as pd

    from sim import Result
    from sim.results import Run

YEAR_DAYS, SOON_DAYS = 365.0, 90.0
SAME_DAY = 0.01
"""Days of the chip table are rounded to about a thousandth."""

PINGS, AGAINST = "pings", "_against_"


class Answer(NamedTuple):
    """What smugglers do about a policy: the strategy that pays best, and the share of chips of which it shows anything."""

    strategy: str
    shown: float


class Alarms(NamedTuple):
    """Cases without a diverted chip that are closed, and the alerts that they are about.

    Attributes:
        alerts_per_chip_year: on chips, for each year of a chip that is pinged; those at one site and time count as one.
        alerts_per_site_year: for outages of whole sites, each of which counts as one.
        cases_per_chip_year: the cases.
        open_days: how long they are open, mean.
        visited: share of them with a visit.
        alerts: in each, mean; 1 if there is none.
        chips: in each alert, mean.
    """

    alerts_per_chip_year: float = 0.0
    alerts_per_site_year: float = 0.0
    cases_per_chip_year: float = 0.0
    open_days: float = 0.0
    visited: float = 0.0
    alerts: float = 1.0
    chips: float = 1.0

    @property
    def visit_chance(self) -> float:
        """That one alert needs a visit, if those of a case need one independently."""
        return 1 - (1 - self.visited) ** (1 / self.alerts)


@dataclass(frozen=True)
class Derived:
    """What one world says in place of the static model's assumptions. Shares are of chips; NaN where there are none.

    Attributes:
        draw: of the parameters.
        chips_alerted: diverted chips alerted on within a year.
        orders_alerted: chips of orders of which any chip was alerted on within a year.
        alerted_soon: of these, within 90 days.
        false_alarms: of cases without a diverted chip.
        found: by method of inspection, chips of orders found by the first visit after they have left.
        ping_answer: the strategy that smugglers choose against pings.
        visit_answers: the same against inspections, by method.
    """

    draw: int
    chips_alerted: float
    orders_alerted: float
    alerted_soon: float
    false_alarms: Alarms
    found: Mapping[str, float]
    ping_answer: Answer
    visit_answers: Mapping[str, Answer]


def derived(result: Result, methods: Sequence[str], adapting: Sequence[str]) -> list[Derived]:
    """One for each draw.

    Args:
        result: with the policy `pings`, one for each method, and of those to which smugglers answer one for each strategy,
            named POLICY_against_STRATEGY.
        methods: of inspection.
        adapting: methods to which smugglers answer, as they do to pings.
    """
    of_draw: dict[int, dict[str, list[Run]]] = {}
    for run in result.runs:
        of_draw.setdefault(run.draw, {}).setdefault(run.scenario, []).append(run)
    countries = result.diversions.groupby("site")["country"].first().to_dict()
    return [_of_one(result, draw, runs, countries, methods, adapting) for draw, runs in sorted(of_draw.items())]


def _of_one(
    result: Result,
    draw: int,
    runs: Mapping[str, Sequence[Run]],
    countries: Mapping[int, str],
    methods: Sequence[str],
    adapting: Sequence[str],
) -> Derived:
    scenario = result.scenario
    drawn = result.drawn[draw] if result.drawn else {}
    values = load_parameters().values({**scenario.uncertainties, **drawn})
    calendar = scenario.calendar
    orders = {name: order_days(those, calendar) for name, those in runs.items()}
    pings = orders[PINGS]
    chip_usd = mean_price_usd(calendar.middle_of_duty, values)

    def answer(policy: str, shown: Mapping[str, float]) -> Answer:
        margins = {}
        for strategy, share in shown.items():
            here = orders[f"{policy}{AGAINST}{strategy}"]
            chance = share_within(here, "established", YEAR_DAYS)
            if not (math.isnan(chance) or math.isnan(share)):
                collected = float(np.average([collected_share(countries[site], values) for site in here["site"]]))
                margins[strategy] = _profit_usd(strategy, chance, collected, scenario.fleet.lot_chips, chip_usd, values)
        best = max(margins, key=margins.__getitem__, default="")
        return Answer(best, shown.get(best, math.nan))

    def against(policy: str) -> list[str]:
        return [name.removeprefix(f"{policy}{AGAINST}") for name in runs if name.startswith(f"{policy}{AGAINST}")]

    alerted = share_within(pings, "alerted", YEAR_DAYS)
    return Derived(
        draw=draw,
        chips_alerted=_chips_alerted(runs[PINGS], result),
        orders_alerted=alerted,
        alerted_soon=share_within(pings, "alerted", SOON_DAYS) / alerted if alerted else math.nan,
        false_alarms=alarms(runs[PINGS], scenario),
        found={method: found_by_visit(runs[method], result) for method in methods},
        ping_answer=answer(
            PINGS,
            {one: share_within(orders[f"{PINGS}{AGAINST}{one}"], "alerted", YEAR_DAYS) for one in against(PINGS)},
        ),
        visit_answers={
            method: answer(
                method, {one: found_by_visit(runs[f"{method}{AGAINST}{one}"], result) for one in against(method)}
            )
            for method in adapting
        },
    )  # fmt: skip


def _profit_usd(strategy: str, chance: float, collected: float, lot_chips: int, chip_usd: float, values: Values) -> float:
    """Expected of a lot, at the price without the rule and the chance that its diversion is established."""
    deal = Deal(lot_chips, chip_usd, values["price_ratio_later"], STRATEGIES[strategy].cost(values))
    return expected_profit(deal, risks_if_established(chance, collected), values).total_usd


def order_days(runs: Sequence[Run], calendar: Calendar) -> pd.DataFrame:
    """One row for each order that left under the duty a year before the end: site, chips, alerted, established.

    The last two are days from the departure of its first chip to the first of it that is, infinite for never.
    """
    import pandas as pd

    frames = []
    for number, run in enumerate(runs):
        if not len(run.chips):
            continue
        chips = pd.DataFrame({name: run.chips[name] for name in ("lot", "site", "diverted_day")}).assign(run=number)
        own = np.asarray(run.chips["diverted_day"]).astype(float) >= calendar.duty_day
        cohort = diverted_cohort(run.chips, calendar)
        frames.append(chips[own].assign(alert=cohort.alert, established=cohort.established))
    if not frames:
        return pd.DataFrame(columns=["site", "chips", "alerted", "established"])
    chips = pd.concat(frames, ignore_index=True)
    orders = chips.groupby(["run", "lot"]).agg(
        site=("site", "first"), chips=("site", "size"), left=("diverted_day", "min"),
        alert=("alert", "min"), established=("established", "min"),
    )  # fmt: skip
    orders = orders[orders["left"] <= calendar.end_day - YEAR_DAYS]
    delay = orders[["alert", "established"]].sub(orders["left"], axis=0).fillna(math.inf)
    return orders.assign(alerted=delay["alert"], established=delay["established"])[
        ["site", "chips", "alerted", "established"]
    ].reset_index(drop=True)


def share_within(orders: pd.DataFrame, date: str, days: float) -> float:
    """Share of the chips of some orders to whose order a date comes within some days; NaN without any."""
    chips = orders["chips"].to_numpy(dtype=float)
    return float(chips[orders[date].to_numpy(dtype=float) <= days].sum() / chips.sum()) if len(chips) else math.nan


def _chips_alerted(runs: Sequence[Run], result: Result) -> float:
    """Share of diverted chips, of those followed for a year, that are alerted on within it."""
    alerted = chips = 0
    for run in runs:
        if len(run.chips):
            cohort = diverted_cohort(run.chips, result.scenario.calendar)
            followed = cohort.possible_days >= YEAR_DAYS
            chips += int(followed.sum())
            alerted += int(((cohort.alert - cohort.diverted)[followed] <= YEAR_DAYS).sum())
    return alerted / chips if chips else math.nan


def found_by_visit(runs: Sequence[Run], result: Result) -> float:
    """Of chips that had left when their site was first visited after that, the share of which the visit found the order."""
    found = visited = 0.0
    duty_day = result.scenario.calendar.duty_day
    for run in runs:
        visits = _visits(run)
        for fate in run.fates:
            days = visits.get(fate.site, np.zeros(0))
            first = int(np.searchsorted(days, fate.departure_day, side="right"))
            if fate.t0_day < duty_day or first == len(days) or fate.established_day < fate.departure_day:
                continue
            visited += fate.chips
            found += fate.chips * (fate.established_day <= days[first] + SAME_DAY)
    return found / visited if visited else math.nan


def alarms(runs: Sequence[Run], scenario: Scenario) -> Alarms:
    """Cases without a diverted chip in some runs, from the log.

    An alert belongs to an outage of its site if that has lasted for the grace period by then, less one round, and goes on.
    """
    patience = scenario.verification.grace_days - scenario.verification.period_days
    cases = on_chips = on_sites = chips = visited = 0
    open_days = chip_years = 0.0
    for run in runs:
        log = _log(run, ("case_opened", "inspected", "case_closed", "alerted", "outage_began", "outage_ended"))
        kinds = {kind: rows.set_index(["site", "case"]) for kind, rows in log.groupby("happening")}
        if "case_closed" not in kinds:
            continue
        closed = kinds["case_closed"]
        closed = closed[closed["detail"].str.endswith(": 0 diverted")]
        cases += len(closed)
        open_days += float((closed["day"] - kinds["case_opened"]["day"].reindex(closed.index)).sum())
        visited += int(closed.index.isin(kinds["inspected"].index).sum()) if "inspected" in kinds else 0
        outages = _outages(log)
        alerts = kinds["alerted"][kinds["alerted"].index.isin(closed.index)]
        chips += int(alerts["chips"].sum())
        out = set()
        for site, day in zip(alerts.index.get_level_values("site"), alerts["day"], strict=True):
            began, ended = outages.get(site, (np.zeros(0), np.zeros(0)))
            last = int(np.searchsorted(began, day, side="right")) - 1
            if last >= 0 and ended[last] >= day and day - began[last] >= patience:
                out.add((site, last))
            else:
                on_chips += 1
        on_sites += len(out)
        rate = [one.value for one in run.outcomes if one.name == "false_alarms_per_million_chip_years"]
        chip_years += len(closed) * 1e6 / rate[0] if len(closed) else 0.0
    if not cases:
        return Alarms()
    site_years = len(runs) * scenario.geography.sites * scenario.calendar.end_after_duty_days / DAYS_PER_YEAR
    alerts_in_all = on_chips + on_sites
    return Alarms(
        on_chips / chip_years,
        on_sites / site_years,
        cases / chip_years,
        open_days / cases,
        visited / cases,
        alerts_in_all / cases,
        chips / alerts_in_all,
    )


def _outages(log: pd.DataFrame) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """When outages of each site began and ended, ascending; those that go on end never."""
    found = {}
    for site, rows in log[log["happening"].isin(["outage_began", "outage_ended"])].groupby("site"):
        began, ended = (
            np.sort(rows[rows["happening"] == f"outage_{what}"]["day"].to_numpy(dtype=float)) for what in ("began", "ended")
        )
        found[int(site)] = (began, np.concatenate([ended, np.full(max(0, len(began) - len(ended)), np.inf)]))
    return found


def _visits(run: Run) -> dict[int, np.ndarray]:
    """Days on which each site was visited, ascending."""
    log = _log(run, ("visited",))
    return {int(site): np.sort(days.to_numpy(dtype=float)) for site, days in log.groupby("site")["day"]}


def _log(run: Run, happenings: Sequence[str]) -> pd.DataFrame:
    """Events of some kinds: day, happening, site, case, chips, detail."""
    import pandas as pd

    used = ["day", "happening", "site", "case", "chips", "detail"]
    if run.events is None or not run.events.stat().st_size:
        return pd.DataFrame(columns=used).astype({"detail": str})
    log = pd.read_csv(
        run.events, names=list(EVENT_COLUMNS), usecols=used, compression="gzip", dtype={"detail": str}, keep_default_na=False
    )
    return log[log["happening"].isin(happenings)]


def planned_inspectors(visits_per_year: float, inspection_days: float) -> int:
    """How many inspectors make so many visits a year, at least one."""
    return max(1, round(visits_per_year * inspection_days / DAYS_PER_YEAR))

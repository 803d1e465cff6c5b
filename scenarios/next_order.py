"""Is detection of use if found chips cannot be disabled?

No chip can be disabled: the bill as last reported bars kill switches, and makers rule them out. What has arrived stays
in use, and what is left is to refuse the next order: once a diversion is established, its consignee gets no licence
until it has a new name. How much of the use of smuggled chips does that prevent, with the rule and today, if a new name
takes a month, four months or a year? And how much would be taken away at most if each chip could be disabled on the day
on which its diversion is established? Use counts until two years after the duty began. One simulated chip stands for
ten, and a lot of 40 for one of 400, so that each site has as many orders as in the nation: a block can refuse only what
is ordered there. What is refused is not ordered elsewhere, so that what refusing prevents is an upper bound too.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from scenarios.answering.brief import TOO_FEW, Table
from scenarios.answering.sentences import difference_in_words
from scenarios.answering.worlds import at_end, spread, spread_data
from scenarios.asking.variations import Variation, vary
from scenarios.baseline import QUICK
from scenarios.command_line import main
from scenarios.study import Options, Study
from sim.scenario import STATUS_QUO

if TYPE_CHECKING:
    import pandas as pd

    from sim import Result
    from sim.figures import Chart

SETTING = {
    "calendar.end_after_duty_days": 730,
    "fleet.lot_chips": 40,
    "uncertainties.vendor_network_parcel_chips": 13,
}
"""A tenth of the chips of a lot and of a vendor's parcel, as of all. Parcels of the large channels are whole lots."""

NEW_NAME_DAYS, QUICK_NEW_NAME_DAYS = (120, 30, 365), (120,)
"""Central, low and high end of the assumed range, see `new_shell_days`."""

NEW_NAME, DENIAL, ACTIVE = "uncertainties.new_shell_days", "enforcement.licence_denial", "verification.active"
NO_REFUSAL, TODAY_NO_REFUSAL = "rule_no_refusal", "today_no_refusal"
DRAWS, QUICK_DRAWS = 5, 2
USED, USED_UNKNOWN, PREVENTED = "h100e_years_enjoyed", "h100e_years_enjoyed_before_established", "chips_prevented"
TAKEN = ("chips_diverted_undetected", "chips_diverted_established", "chips_seized")
REFUSED, DISABLED, LEFT = (
    "prevented by refusing orders",
    "disabling would add at most",
    "used before it is found, or never found",
)
UNITS = dict.fromkeys((REFUSED, DISABLED, LEFT), "share of H100e-years")

DRIVERS = (
    "new_shell_days", "consequence_days", "tips_detection_ever", "dwell_at_declared_site_days",
    "transit_to_restricted_days", "diverted_via_south_east_asia", "interdiction", "enforcement.licence_denial",
    "enforcement.inspectors", "fleet.lot_chips", "calendar.end_after_duty_days",
)  # fmt: skip
CITATIONS = ("chip-security-act-2025", "nvidia-opt-in-2025")
COUNTS = "use is scaled up to the nation's"


def variations(quick: bool) -> list[Variation]:
    """The rule with refusal, by days to a new name, and without; today without refusal. The status quo is today with it."""
    days = QUICK_NEW_NAME_DAYS if quick else NEW_NAME_DAYS
    first = {NEW_NAME: days[0]}
    return [
        *(
            Variation(f"rule_new_name_{each}_days", _name(each), each, {NEW_NAME: each, DENIAL: True, ACTIVE: True})
            for each in days
        ),
        Variation(NO_REFUSAL, "rule, no refusal", 0, {**first, DENIAL: False, ACTIVE: True}),
        Variation(TODAY_NO_REFUSAL, "today, no refusal", 0, {**first, DENIAL: False, ACTIVE: False}),
    ]


def _name(days: float) -> str:
    return f"rule, {days:g} days"


def study(options: Options) -> Study:
    """The baseline's worlds, in lots of the nation's number, under each policy."""
    scenario = options.scenario("baseline", QUICK, SETTING)
    return vary(options, scenario, variations(options.quick), QUICK_DRAWS if options.quick else DRAWS)


def with_refusal(result: Result) -> dict[str, str]:
    """Policies that refuse orders in words: those under the rule by how long a new name takes."""
    rows = [row for row in variations(result.manifest["quick"]) if row.levers[DENIAL]]
    return {row.name: row.group for row in sorted(rows, key=lambda row: row.value)}


def shares_of_use(result: Result) -> pd.DataFrame:
    """Parts of the use that chips smuggled under the duty would be of without refusal; they sum to 1 in each world.

    Index scenario, draw, run, of policies that refuse. What refusal prevents may be negative by chance, as inspectors are
    elsewhere when fewer orders come.
    """
    import pandas as pd

    end = at_end(result)
    frames = []
    for name in [*with_refusal(result), STATUS_QUO]:
        without = end.loc[TODAY_NO_REFUSAL if name == STATUS_QUO else NO_REFUSAL, USED]
        use = without.where(without > 0)
        used, unknown = (end.loc[name, outcome].reindex(use.index) for outcome in (USED, USED_UNKNOWN))
        parts = pd.DataFrame({REFUSED: (without - used) / use, DISABLED: (used - unknown) / use, LEFT: unknown / use})
        frames.append(pd.concat({name: parts}, names=["scenario"]))
    return pd.concat(frames).sort_index()


def answer(result: Result) -> str:
    """What refusing prevents with the rule and today, and what disabling would add."""
    parts = shares_of_use(result)
    first = result.scenario.name
    rule, today = ({part: spread(100 * parts.loc[name, part]) for part in UNITS} for name in (first, STATUS_QUO))
    if any(math.isnan(part.median) for part in (*rule.values(), *today.values())):
        return TOO_FEW
    days = f"{result.scenario.values['new_shell_days']:g}"
    more = difference_in_words(spread(100 * (parts.loc[first, REFUSED] - parts.loc[STATUS_QUO, REFUSED])), "points")
    return (
        f"If a blocked consignee has a new name after {days} days, refusing orders at its site prevents "
        f"{rule[REFUSED].of('%')} of the use of chips smuggled under the rule in the first {_under_duty(result)} of the "
        f"duty, and {today[REFUSED].of('%')} of that today, which world by world is {more} under the rule. Disabling each "
        f"chip when its diversion is established would take away a further {rule[DISABLED].of('%')} at most, "
        f"{comparison(parts.loc[first])}."
    )


def _under_duty(result: Result) -> str:
    """For how long use counts."""
    return f"{result.scenario.calendar.end_after_duty_days:g} days"


def comparison(parts: pd.DataFrame) -> str:
    """Whether disabling takes away more than refusal prevents, in how many of the worlds in which there is any use."""
    known = parts.dropna()
    more = known[DISABLED] > known[REFUSED]
    return f"more than refusal in {int(more.sum())} of {len(known)} worlds"


def table(result: Result) -> Table:
    """Orders prevented, the parts of the use, and what is found, for each policy."""
    import pandas as pd

    end, parts = at_end(result), shares_of_use(result)
    names = {name: f"{words} until a new name" for name, words in with_refusal(result).items()}
    names |= {NO_REFUSAL: "rule, no refusal", STATUS_QUO: "status quo", TODAY_NO_REFUSAL: "status quo, no refusal"}
    rows = []
    for name, words in names.items():
        ends = end.loc[name]
        ordered = ends[[PREVENTED, *TAKEN]].sum(axis=1)
        row: dict[str, Any] = {
            "policy": words,
            "orders refused over the whole run, % of chips": spread(100 * ends[PREVENTED] / ordered.where(ordered > 0)),
            "established within 90 days, %": spread(100 * ends.get("established_by_day_90", pd.Series(dtype=float))),
            "use, H100e-years, thousands": spread(ends[USED] / result.scenario.fleet.scale / 1e3),
        }
        for part in UNITS:
            refused = name in parts.index.get_level_values("scenario")
            row[f"{part}, %"] = spread(100 * parts.loc[name, part]) if refused else math.nan
        rows.append(row)
    caption = (
        "Use of chips smuggled under the duty, until the end of the run, as of the whole fleet; its parts are shares of "
        "what it would be in the same world if no order were refused."
    )
    return Table(caption, pd.DataFrame(rows))


def figures(result: Result) -> Iterator[Chart]:
    """What refusal prevents, what disabling would add, and what neither reaches, policy by policy."""
    from sim.figures import Chart, by_policy, frame, panels
    from sim.figures.captions import assumptions, source

    parts = shares_of_use(result)
    data = spread_data(parts, with_refusal(result), UNITS)
    figure, axes = panels(3, height_in=3.4, left_in=0.85, names_in=0.4)
    titles = ("refusing orders prevents", "disabling adds at most", "neither reaches")
    for axis, outcome, title in zip(axes, UNITS, titles, strict=True):
        by_policy(data, outcome, axis, share=True)
        axis.set_title(title)
    frame(
        figure,
        title=_claim(data, result.scenario.name),
        subtitle="Shares of use if no order were refused, by days until a blocked consignee has a new name; median, 10-90 %",
        source=source(result),
    )
    caption = (
        "H100e-years of use in restricted territory of chips that left the licensed path under the duty, until the end of "
        "the run, over those in the same world with all else alike and no order refused; the three parts sum to one in "
        "each world, their medians need not. Left: what is not used since orders of blocked consignees are refused. "
        "Middle: use after a diversion is established, which disabling chips on that day would end: an upper bound, since "
        "it would have to reach chips in hostile hands, at once, and is barred. Right: use before, or of chips never "
        "found. A block begins some time after a diversion is established (`consequence_days`) and refuses every order that "
        "smugglers declare at that site, where the model has one consignee; what it refuses is not ordered elsewhere in its "
        "stead, so that the left is an upper bound as well, the more so where few sites have most of the orders. "
        "Penalties are paid by consignees and change no smuggler's mind here; `deterrence` is about that. "
        f"{assumptions(result)}"
    )
    yield Chart("next-order", figure, data, caption)


def _claim(data: pd.DataFrame, first: str) -> str:
    rule, today = (data[data["scenario"] == name].set_index("outcome")["median"] for name in (first, STATUS_QUO))
    if not ({REFUSED, DISABLED} <= set(rule.index) and REFUSED in today):
        return "Too few chips were diverted, or followed for too short a time, for a headline"
    return (
        f"Refusal prevents {100 * rule[REFUSED]:.0f} % of use, today {100 * today[REFUSED]:.0f} %; "
        f"disabling would add {100 * rule[DISABLED]:.0f} % at most"
    )


if __name__ == "__main__":
    sys.exit(main(__file__))

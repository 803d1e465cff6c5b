"""What does a stolen key cost the rule: one chip's, a batch's, the vendor's?

A signature says that a key was there, never that the chip was. Three thefts in the same worlds: the key of each chip, one
after the other (`extract_key`); that of a production batch, if its chips share one (`extract_batch_key`); and the vendor's
signing key, if nobody keeps a list of the keys it has endorsed (`leaked_vendor_key`). The last two pass until somebody
revokes them, from seven days after their first use to never. Revoked at once, they take honest chips with them until each
site has new endorsements; a maker who hands these out first harms nobody, and revokes later by as much. A second sweep asks
how many smugglers must hold a key, or a relay, to break the rule.

The baseline's world in small, two years under the duty: one simulated chip for fifty, orders of fifty simulated chips.
Extraction takes as long as for orders of the baseline's size; a shell company's chips have left the licensed path on their
delivery, so that what is still being extracted counts as diverted. Smugglers go on with a key that has been revoked: what
is found are the windows of one theft.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from scenarios.answering.brief import TOO_FEW, Column, Estimate, Table, estimate, policy_table
from scenarios.answering.worlds import WORLD, compared, spread, worlds_of
from scenarios.asking.variations import Variation, settings, vary
from scenarios.command_line import main
from scenarios.parts.evasion_cells import extraction_of_whole_orders
from scenarios.study import Options, Study
from sim.parameters import load_parameters
from sim.scenario import STATUS_QUO

if TYPE_CHECKING:
    import pandas as pd

    from sim import Result
    from sim.figures import Chart

SETTING: Mapping[str, Any] = {
    "fleet.scale": 0.02,
    "fleet.lot_chips": 50,
    "geography.sites": 100,
    "calendar.duty_after_days": 90,
    "calendar.end_after_duty_days": 730,
    "verification.signing": "none",
    "verification.revocation": "at_once",
    "enforcement.inspectors": 3,
}
"""Two years under the duty, so that a key may go unrevoked for one of them."""

QUICK = {
    "fleet.scale": 0.001,
    "fleet.lot_chips": 8,
    "geography.sites": 6,
    "calendar.duty_after_days": 30,
    "calendar.end_after_duty_days": 400,
    "verification.period_days": 7,
    "enforcement.inspectors": 1,
}

DAYS, QUICK_DAYS = (7.0, 30.0, 90.0, 365.0), (30.0,)
NEVER_DAYS = 3650.0
"""Longer than any calendar."""

SHARES, QUICK_SHARES = (0.25, 0.5, 1.0), (1.0,)
DRAWS, QUICK_DRAWS = 4, 2
FOUND, SOON, REFUSED = "established_by_day_365", "established_by_day_90", "chip_years_unendorsed"
FOLLOWED_DAYS = 365

CHIP, BATCH, VENDOR, RELAY = "each chip's key", "a batch's key", "the vendor's key", "a relay"
NOBODY, LISTED = "nobody_has_a_key", "vendor_key_is_listed"

DRIVERS = (
    "verification.key_register", "verification.chip_keys", "verification.revocation", "vendor_key_revoked_days",
    "shared_key_revoked_days", "chips_per_batch_key", "key_reissue_days", "key_extraction_success",
    "key_extraction_days_per_chip", "key_extraction_benches", "tips_detection_ever",
)  # fmt: skip
CITATIONS = ("lapsus-nvidia-2022", "android-cdd-2017", "wiretap-2025", "tee-fail-2025")
COUNTS = "chips and chip-years are scaled up to the nation's"


def sweep(quick: bool) -> list[Variation]:
    """By time to revocation: the key of a batch and the vendor's, all smugglers hold it."""
    return [
        Variation(
            f"{name}_key_{'never' if days == NEVER_DAYS else f'{days:.0f}_days'}",
            group,
            days,
            {**levers, f"uncertainties.{row}": days, "adversary.strategies": {strategy: 1}},
        )
        for name, group, strategy, row, levers in (
            ("batch", BATCH, "extract_batch_key", "shared_key_revoked_days", {"verification.chip_keys": "batch"}),
            ("vendor", VENDOR, "leaked_vendor_key", "vendor_key_revoked_days", {"verification.key_register": False}),
        )
        for days in (*(QUICK_DAYS if quick else DAYS), NEVER_DAYS)
    ]


def mixes(quick: bool) -> list[Variation]:
    """By the share of smugglers who hold the keys of their chips, or have a relay: all others go dark."""
    nobody = Variation(NOBODY, CHIP, 0.0, {"adversary.strategies": {"go_dark": 1}})
    return [nobody] + [
        Variation(f"{strategy}_{100 * share:.0f}", group, share, {"adversary.strategies": _mix(strategy, share)})
        for strategy, group in (("extract_key", CHIP), ("relay_from_declared_site", RELAY))
        for share in (QUICK_SHARES if quick else SHARES)
    ]


def _mix(strategy: str, share: float) -> dict[str, float]:
    return {strategy: share, **({"go_dark": 1 - share} if share < 1 else {})}


def variations(quick: bool) -> list[Variation]:
    """Every policy: mixes, times to revocation, and a vendor's key that the authority's list makes worthless."""
    listed = Variation(LISTED, "listed", math.nan, {"adversary.strategies": {"leaked_vendor_key": 1}})
    return [*mixes(quick), *sweep(quick), listed]


def study(options: Options) -> Study:
    """The same worlds under each theft."""
    scenario = options.scenario("baseline", QUICK, SETTING)
    rows = load_parameters().parameters
    fixed = {
        name: rows[name].central for name in ("shared_key_revoked_days", "vendor_key_revoked_days")
    }  # varied, not drawn
    fixed |= extraction_of_whole_orders(scenario)
    scenario = scenario.replace(uncertainties={**fixed, **scenario.uncertainties})
    return vary(options, scenario, variations(options.quick), QUICK_DRAWS if options.quick else DRAWS)


def got_away(result: Result, policy: str) -> Estimate:
    """Chips diverted under the duty, a year before the end or sooner, and not established by then, as of the nation.

    Later ones are left out: of them most are not found yet, whoever holds which key.
    """
    chips, calendar = result.chips, result.scenario.calendar
    those = (chips["scenario"] == policy) & chips["diverted_day"].between(
        calendar.duty_day, calendar.end_day - FOLLOWED_DAYS
    )
    counts = chips[those & chips["established_day"].isna()].groupby(WORLD).size()
    worlds = [tuple(world[1:]) for world in worlds_of(result) if world[0] == policy]
    return spread(counts.reindex(worlds, fill_value=0), _real(result))


def _real(result: Result) -> float:
    """Real chips for one that is simulated."""
    return 1 / result.scenario.fleet.scale


def answer(result: Result) -> str:
    """What each theft leaves of the rule, and what revoking costs honest chips."""
    quick = result.manifest["quick"]
    every_chip = next(row.name for row in mixes(quick) if row.group == CHIP and row.value == 1)
    soonest = {row.group: row for row in sweep(quick) if row.value == min(one.value for one in sweep(quick))}
    never = {row.group: row for row in sweep(quick) if row.value == NEVER_DAYS}
    thefts = [row.name for row in (*never.values(), *soonest.values())]
    found = compared(result, (NOBODY, every_chip, LISTED, STATUS_QUO, *thefts), FOUND, 100)
    if not found.known:
        return TOO_FEW
    kept, revoked = ({group: found[row.name] for group, row in rows.items()} for rows in (never, soonest))
    latest = max((row for row in sweep(quick) if row.group == VENDOR and row.value < NEVER_DAYS), key=lambda row: row.value)
    refused = {group: estimate(result, row.name, REFUSED, _real(result)) for group, row in soonest.items()}
    return (
        f"Within 365 days of leaving, {found[NOBODY].of('%')} of diversions are established if smugglers hold no key, "
        f"{found[every_chip]} if they extract each chip's, {kept[BATCH]} with a batch's and {kept[VENDOR]} with the "
        f"vendor's if it is never revoked, {found[LISTED]} with the vendor's if the keys of all chips are listed, and "
        f"{found[STATUS_QUO]} in the status quo{found.among}. "
        f"If it is revoked {soonest[VENDOR].value:.0f} days after its first use, {revoked[BATCH].of('%')} are established "
        f"with a batch's key and {revoked[VENDOR].of('%')} with the vendor's, since smugglers are taken to go on using it, "
        f"while honest chips of the nation go unverified for {refused[BATCH]} and {refused[VENDOR]} chip-years; the "
        f"vendor's is first used when the duty begins and few chips carry it, and after {latest.value:.0f} days it would be "
        f"{estimate(result, latest.name, REFUSED, _real(result))}."
    )


def table(result: Result) -> Table:
    """Found, got away and refused, by theft and time to revocation."""
    quick = result.manifest["quick"]
    policies = {row.name: _words(row) for row in variations(quick)}
    columns = (
        Column("established within 90 days, %", SOON, 100),
        Column("established within 365 days, %", FOUND, 100),
        Column("honest chips refused, chip-years", REFUSED, _real(result)),
    )
    rows = policy_table(result, {**policies, STATUS_QUO: "status quo"}, columns, "theft")
    head = "chips that left a year or more before the end and were not found"
    rows.insert(3, head, [got_away(result, name) for name in (*policies, STATUS_QUO)])
    caption = "Diversions found by whose key smugglers hold, and by the time until it is revoked."
    return Table(caption, rows)


def _words(row: Variation) -> str:
    """A policy in words."""
    if row.name == NOBODY:
        return "no key: all go dark"
    if row.name == LISTED:
        return "vendor's key, keys of all chips listed"
    if row.group in (CHIP, RELAY):
        return f"{row.group}, {100 * row.value:.0f} % of smugglers"
    return f"{row.group}, revoked {'never' if row.value == NEVER_DAYS else f'after {row.value:.0f} days'}"


def figures(result: Result) -> Iterator[Chart]:
    """By time to revocation; by the share of smugglers who hold a key or a relay."""
    from sim.figures import Chart, by_lever, frame, name_values, panels, policies_data
    from sim.figures.captions import assumptions, source

    quick = result.manifest["quick"]
    data = policies_data(result, settings(sweep(quick)), (FOUND, REFUSED))
    data = data[(data["outcome"] == FOUND) | (data["scenario"] != STATUS_QUO)]
    data.loc[data["outcome"] == REFUSED, ["median", "low", "high", "mc_error"]] *= _real(result)
    figure, (left, right) = panels(2, left_in=0.6)
    by_lever(data, FOUND, left, share=True, apart=NEVER_DAYS)
    by_lever(data, REFUSED, right, apart=NEVER_DAYS)
    for axis, title in ((left, "diversions established within 365 days"), (right, "honest chips refused, chip-years")):
        axis.set_title(title)
        name_values(axis, data, "days from first use to revocation", _days)
    frame(
        figure,
        title=_claim(data),
        subtitle="Every smuggler holds the key; a revoked key is refused at once; median and 10-90 % of draws and runs",
        source=source(result),
    )
    caption = (
        "Left: share of chips diverted under the duty whose diversion is established within 365 days, by the time from the "
        "first use of a stolen key to its revocation. A batch's key: chips of a production batch share it, and each batch "
        "is robbed "
        "anew. The vendor's key: it forges endorsements that pass where the authority has no list of those issued. Right: "
        "time "
        "of honest chips between the refusal of their key and their new endorsement, in which they are not judged, "
        "scaled up to "
        "the nation. Smugglers use a revoked key on, so that what leaves later is found sooner than if they had "
        f"another. {assumptions(result)}"
    )
    yield Chart("revocation", figure, data, caption)

    data = _with_zero(policies_data(result, settings(mixes(quick)), (FOUND,)))
    figure, (axis,) = panels(1, left_in=0.6, names_in=1.2)
    by_lever(data, FOUND, axis, share=True, log=False)
    axis.set_title("diversions established within 365 days")
    name_values(axis, data, "share of smugglers who hold it; the others go dark", lambda share: f"{100 * share:.0f} %")
    frame(
        figure,
        title=_second_claim(data),
        subtitle="Median and 10-90 % of draws and runs",
        source=source(result),
    )
    caption = (
        "Share of chips diverted under the duty whose diversion is established within 365 days, by the share of smugglers "
        "who "
        "extract the key of each chip before it leaves, or answer through a relay left at the declared site; the others go "
        f"dark. Chips of which the extraction fails go dark as well. {assumptions(result)}"
    )
    yield Chart("keys-and-relays", figure, data, caption)


def _with_zero(data: pd.DataFrame) -> pd.DataFrame:
    """Both curves begin where nobody holds anything."""
    import pandas as pd

    start = data[data["scenario"] == NOBODY].assign(group=RELAY)
    return pd.concat([data, start], ignore_index=True)


def _days(value: float) -> str:
    return "never" if value == NEVER_DAYS else f"{value:g}"


def _claim(data: pd.DataFrame) -> str:
    found = data[data["outcome"] == FOUND].set_index(["group", "value"])["median"]
    keys = [(group, value) for group in (BATCH, VENDOR) for value in (data["value"].min(), NEVER_DAYS)]
    if any(key not in found.index or math.isnan(found[key]) for key in keys):
        return "Too few chips were diverted, or followed for too short a time, for a headline"
    batch, batch_never, vendor, vendor_never = (100 * found[key] for key in keys)
    return (
        f"Revoked after {data['value'].min():.0f} days, {batch:.0f} % (batch) and {vendor:.0f} % (vendor) are found; "
        f"never, {batch_never:.0f} and {vendor_never:.0f} %"
    )


def _second_claim(data: pd.DataFrame) -> str:
    found = data.set_index(["group", "value"])["median"]
    keys = [(CHIP, 0.0), (CHIP, 1.0), (RELAY, 1.0)]
    if any(key not in found.index or math.isnan(found[key]) for key in keys):
        return "Too few chips were diverted, or followed for too short a time, for a headline"
    dark, chip, relay = (100 * found[key] for key in keys)
    return f"If all hold their chips' keys {chip:.0f} % are found, if all have relays {relay:.0f} %; if none, {dark:.0f} %"


if __name__ == "__main__":
    sys.exit(main(__file__))

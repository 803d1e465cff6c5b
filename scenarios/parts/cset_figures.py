"""The figures of the question `cset_benchmark`: who wins under each relaxation, and where the ranking turns."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from scenarios.parts.cset_cases import (
    KNOWN,
    STATIC,
    TOGETHER,
    WORDS,
    equal_to_published,
    networks,
    published_share,
    share,
)

if TYPE_CHECKING:
    import pandas as pd

    from sim import Tabulation
    from sim.figures import Chart


def ranking_chart(result: Tabulation, assumed: str) -> Chart:
    """Who wins in which share of scenarios, published, static and under each relaxation.

    Args:
        result: of the question.
        assumed: what the relaxations rest on, for the caption.
    """
    import pandas as pd

    from sim.figures import Chart, frame, panels, who_wins, who_wins_key

    data = pd.DataFrame(_bars(result))
    cases = data[data["network"] == "rented"]["case"].tolist()
    figure, axes = panels(len(networks(result)), height_in=1.9 + 0.2 * len(cases))
    breaks = tuple(cases.index(name) for name in ("miss_of_chips", TOGETHER) if name in cases)
    for place, (network, axis) in enumerate(zip(networks(result), axes, strict=True)):
        who_wins(data[data["network"] == network], axis, names=not place, breaks=breaks)
        axis.set_title(f"{network} landmarks")
    who_wins_key(axes, "pings", "inspections")
    frame(
        figure,
        title=_claim(result),
        subtitle="Share of scenarios by who finds more per dollar; numbers: per cent in which pings win, 10-90 % of draws",
        source=source(result),
    )
    same = "equal to the published ones, scenario for scenario" if equal_to_published(result) else "not all as published"
    caption = (
        "Value per dollar of pings and of inspections in the static model of CSET (2026), over its grid of fleets, chips "
        "gone and plans of inspection. Blue: pings at their highest price find more per dollar than inspections at their "
        "lowest; hatched: inspections at their highest price more than pings at their lowest; grey: prices decide. "
        "Diamonds: the blue share where inspections follow the best plan for each fleet and diversion. Our counts over the "
        f"published grid are {same}. {assumed} {source(result)}"
    )
    return Chart("who-wins", figure, data, caption)


def _bars(result: Tabulation) -> Iterator[dict[str, Any]]:
    """The data of the figure: network, case, label, first, low, high, second, best."""
    for network in networks(result):
        yield {
            "network": network, "case": "published", "label": "published output (CSET 2026)",
            "first": published_share(result, network) / 100, "low": math.nan, "high": math.nan,
            "second": published_share(result, network, "inspections_win") / 100,
            "best": published_share(result, network, plans="best_plan") / 100,
        }  # fmt: skip
        for name, words in WORDS.items():
            pings = share(result, name, network)
            if not math.isnan(pings.median):
                yield {
                    "network": network, "case": name, "label": words, "first": pings.median / 100, "low": pings.low / 100,
                    "high": pings.high / 100, "second": share(result, name, network, "inspections_win").median / 100,
                    "best": share(result, name, network, plans="best_plan").median / 100,
                }  # fmt: skip


def _claim(result: Tabulation) -> str:
    static, together, known = (share(result, name, "rented").median for name in (STATIC, TOGETHER, KNOWN))
    if math.isnan(together):
        return "Too few chips were diverted, or followed for too short a time, for a headline"
    return (
        f"Static: pings win in {static:.0f} % of the grid, {known:.0f} % in known clusters; all relaxed, in {together:.0f} %"
    )


def turning_chart(result: Tabulation, assumed: str) -> Chart:
    """Up to how many landmarks pings win, by cluster size and share of chips gone: static, and all relaxed.

    Args:
        result: of the question; its further table `turning` has the cells.
        assumed: what the relaxations rest on, for the caption.
    """
    from sim.figures import Chart, frame, heat_map, panels
    from sim.figures.layout import stacked

    data = result.further["turning"]
    few, many = int(data["fewest"].iloc[0]), int(data["most"].iloc[0])

    def written(value: float) -> str:
        return "never" if value < few else f"all {many}" if value >= many else f"{value:.0f}"

    rented = data[data["network"] == "rented"]
    shown = ((STATIC, "static model"), (TOGETHER, "all assumptions relaxed"))
    figure, axes = panels(len(shown), height_in=3.15)
    for axis, (case, words) in zip(axes, shown, strict=True):
        cells = rented[rented["case"] == case].pivot_table(
            index="cluster_size", columns="share_gone", values="landmarks", dropna=False
        )
        cells = cells.replace({math.inf: many, -math.inf: 0.0})
        cells.index = [f"{size:,}" for size in cells.index]
        cells.columns = [f"{100 * gone:g} %" for gone in cells.columns]
        heat_map(cells, axis, write=written, darkest=many)
        axis.set_title(f"{words}; of a smuggling cluster, gone:", fontsize=7.5, pad=4)
        if axis is axes[0] or stacked(axis):
            axis.set_ylabel("chips in each cluster")
    frame(
        figure,
        title=_turning_claim(rented[rented["case"] == STATIC], few, many),
        subtitle=f"Rented landmarks, {few} to {many}, up to which pings find more per dollar than the best plan of visits",
        source=source(result),
    )
    chips = int(data["cluster_size"].iloc[0] * data["clusters"].iloc[0])
    caption = (
        f"Where the ranking turns: fleets of {chips / 1e6:g} million chips in clusters of one size, a quarter of which "
        "smuggles. In each cell, the number of landmarks up to which pings, at their cost, are worth more per dollar than "
        "inspections at their lowest price with the plan that is best for the cell; 'never': not even with the fewest. The "
        "cost of a network is taken to grow evenly over the published range. Hatched: less than one chip, or no number. "
        f"Right: median over draws. The data have owned landmarks too. {assumed} {source(result)}"
    )
    return Chart("where-it-turns", figure, data, caption)


def _turning_claim(static: pd.DataFrame, few: int, many: int) -> str:
    """The sizes of clusters at which pings win with all landmarks whatever is gone, and at which they never do."""
    ends = static.dropna(subset=["landmarks"]).groupby("cluster_size")["landmarks"].agg(["min", "max"])
    always, never = ends[ends["min"] >= many].index, ends[ends["max"] < few].index
    won = f"pings win in clusters of up to {max(always):,} chips" if len(always) else "pings surely win at no cluster size"
    lost = f"from {min(never):,} on never" if len(never) else "nor lose surely at any"
    return f"Static model: {won}, {lost}"


def assumptions_in_words(
    result: Tabulation, against_pings: Collection[str], against_visits: Collection[str], visits_per_year: int
) -> str:
    """What the relaxations rest on, with the numbers that came out, for captions.

    Args:
        result: of the question; its further table `derived` has the numbers.
        against_pings: strategies of smugglers who answer to pings.
        against_visits: the same to inspections.
        visits_per_year: to each cluster.
    """
    scenario, found = result.scenario, result.further["derived"]
    middle = found.groupby("name", sort=False)["value"].median()

    def per_cent(name: str) -> str:
        return "no number" if math.isnan(middle[name]) else f"{100 * middle[name]:.0f} %"

    chosen = "; ".join(
        f"{name.removeprefix('answer_to_')}: {', '.join(sorted(set(rows['choice']) - {''}))}"
        for name, rows in found[found["name"].str.startswith("answer_to_")].groupby("name", sort=False)
    )
    adversary = scenario.adversary
    strategies, staging = (
        ", ".join(f"{name} {weight:g}" for name, weight in mix.items()) for mix in (adversary.strategies, adversary.staging)
    )
    return (
        f"Simulated, medians of draws: {per_cent('chips_alerted')} of diverted chips are alerted on within a year; an alert "
        f"comes to orders of {per_cent('orders_alerted')} of them, in {per_cent('alerted_soon')} of these within 90 days; "
        f"{middle['innocent_alerts_per_chip_month']:.2g} alerts on innocent chips per chip-month and "
        f"{middle['innocent_alerts_per_site_year']:.2g} per site-year for outages, which join the case of "
        f"their site if one is open ({middle['false_alarms_open_days']:.0f} days); {per_cent('false_alarms_visited')} of "
        f"such cases, of {middle['false_alarms_alerts']:.2g} alerts, have a visit; the first visit after they have left "
        f"finds orders of {per_cent('found_by_count')} by counting, {per_cent('found_by_labels')} by labels, "
        f"{per_cent('found_by_challenge')} by challenges. Smugglers: {strategies}; they show inspectors: {staging}. Those "
        "who adapt choose what earns most at the chance that it is established within a year, of "
        f"{', '.join(against_pings)} against pings and of {', '.join(against_visits)} against inspections: {chosen}. "
        f"Visits come {visits_per_year} times a year, at equal times, without notice. {scenario.geography.sites} sites, "
        f"{scenario.geography.landmarks} landmarks, bound {scenario.verification.bound}, "
        f"{scenario.verification.grace_days:g} days of grace."
    )


def source(result: Tabulation) -> str:
    """The source line."""
    from sim.figures import source_line

    draws = result.manifest["draws"]
    unit = "run of each policy" if draws is None else f"run of each policy x {draws:,} draw{'s' if draws > 1 else ''}"
    return source_line(result.manifest, unit, "10-90 % over draws, parameters and chance; none of the static model")

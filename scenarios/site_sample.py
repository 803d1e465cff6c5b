"""How far is a sample of sites off the nation that it stands for?

The nation, chip by chip at all of its sites, beside a sample of a tenth of them in the same runs; `geography.sampled_sites`
says how many. A sample is off by chance, which more runs make smaller, and by what does not shrink with it: mostly the queue
of one inspector, which is not that of ten. Cheap studies on a sample are as good as what this shows.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from scenarios.answering.brief import TOO_FEW, Estimate, Table
from scenarios.answering.sentences import listed
from scenarios.baseline import QUICK
from scenarios.command_line import main
from scenarios.study import Options, Study, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from sim import Result
    from sim.figures import Chart

SETTING = {"fleet.scale": 1, "verification.signing": "none"}
SMALL = {
    **QUICK,
    "fleet.scale": 0.001,
    "geography.sites": 20,
    "enforcement.inspectors": 2,
    "calendar.duty_after_days": 60,
    "calendar.end_after_duty_days": 150,
}
KEY = "geography.sampled_sites"
SITES, QUICK_SITES = 43, 10
RUNS, QUICK_RUNS = 6, 2
NATION, SAMPLE = "nation", "site_sampled"
MOST = 0.1
"""A bias, as a share, that the answer speaks of."""

DRIVERS = (
    "geography.sampled_sites", "geography.sites", "enforcement.inspectors", "verification.grace_days", "inspection_days",
    "site_class_hundreds", "site_class_ten_thousands", "largest_site_chips", "gpu_faults_per_chip_year",
)  # fmt: skip
CITATIONS = ("cset-model-2026",)
INTERVALS = "95 % of the mean of paired differences over runs (Student's t), chance only; none of a single run"


def study(options: Options) -> Study:
    """The nation and beside it the sample. Runs tell what it does from chance; parameters need not be drawn.

    Raises:
        UsageError: more sites are to be sampled than there are, or none.
    """
    levers = {key: value for key, value in options.levers.items() if key != KEY}
    nation = replace(options, levers=levers).scenario("baseline", SMALL, SETTING).replace(name=NATION)
    sites = options.levers.get(KEY, QUICK_SITES if options.quick else SITES)
    if not (isinstance(sites, int) and 1 <= sites <= nation.geography.sites):
        raise UsageError(f"--set: {KEY} = {sites!r}: allowed 1 to geography.sites = {nation.geography.sites}")
    runs = options.runs or (QUICK_RUNS if options.quick else RUNS)
    return Study(nation, runs, options.draws or None, (nation.site_sample(sites).replace(name=SAMPLE),))


def answer(result: Result) -> str:
    """By how much each outcome is off, and of how many that can be told."""
    from sim.figures import sample_bias_data

    (sample,) = result.beside
    data = sample_bias_data(result, sample)
    if data.empty:
        return TOO_FEW
    off = [f"{row['label']} by {_bias(row).of('%')}" for _, row in data.iterrows()]
    biased = [str(row["label"]) for _, row in _biased(data).iterrows()]
    near = int(((data["high"] < MOST) & (data["low"] > -MOST)).sum())
    told = f"a bias is told from chance in {listed(biased)}" if biased else "no bias is told from chance"
    return (
        f"On a sample of {sample.geography.sampled_sites} of {sample.geography.sites} sites these are off the nation's, in "
        f"the mean over runs and in per cent of the nation's value: {listed(off)}. "
        f"At 95 % {told}, and {near} of {len(data)} outcomes are within {100 * MOST:.0f} % of the nation's."
    )


def _biased(data: pd.DataFrame) -> pd.DataFrame:
    """Outcomes whose interval does not reach nil."""
    return data[(data["low"] > 0) | (data["high"] < 0)]


def table(result: Result) -> Table:
    """Each outcome of the nation and of the sample, and the difference."""
    import pandas as pd

    from sim.figures import sample_bias_data

    (sample,) = result.beside
    rows = [
        {
            "outcome": row["label"],
            "unit": row["unit"],
            "nation": (100 if row["unit"] == "%" else 1) * float(row["nation"]),
            "sample": (100 if row["unit"] == "%" else 1) * float(row["sample"]),
            "difference, % of the nation": _bias(row),
        }
        for _, row in sample_bias_data(result, sample).iterrows()
    ]
    columns = ["outcome", "unit", "nation", "sample", "difference, % of the nation"]
    caption = f"The nation and a sample of {sample.geography.sampled_sites} of its sites, means over runs."
    return Table(caption, pd.DataFrame(rows, columns=columns))


def _bias(row: pd.Series[Any]) -> Estimate:
    """Sample minus nation, in per cent of the nation."""
    return Estimate(*(100 * float(row[name]) for name in ("difference", "low", "high")))


def figures(result: Result) -> Iterator[Chart]:
    """The sample minus the nation."""
    from sim.figures import Chart, frame, sample_bias, sample_bias_data, source_line
    from sim.figures.captions import assumptions, source

    (sample,) = result.beside
    data = sample_bias_data(result, sample)
    axis = sample_bias(data)
    sampled = f"{sample.geography.sampled_sites} of {sample.geography.sites} sites sampled"
    unit = "runs" if result.manifest["draws"] is None else f"runs x {result.manifest['draws']:,} draws"
    own_source = source_line(result.manifest, unit, "95 % of a mean of paired differences, chance only")
    frame(
        axis.figure,
        title=_claim(data),
        subtitle=f"{sampled}: difference from the nation in the same runs; mean and its 95 % interval, in % of the nation",
        source=own_source,
    )
    times = result.scenario.fleet.scale / sample.fleet.scale
    inspectors = f"{sample.enforcement.inspectors:,} of {result.scenario.enforcement.inspectors:,} inspectors"
    caption = (
        f"{sampled}, by a composite measure of size, systematically over regions and sizes; {inspectors}. Dots: mean over "
        "runs of the sample minus the nation, as a share of the nation's mean; lines: 95 % intervals of that mean "
        "(Student's t, paired by run; each run draws sites of its own), cut at the frame. A line that does not reach 0 "
        "shows a bias; one that does is no proof that there is none. Counts of the sample are multiplied by "
        f"{times:.3g}, costs too but for landmarks and firmware, which are the nation's. At the right: means. What follows "
        f"is about the nation. {assumptions(result).replace(source(result), own_source)}"
    )
    yield Chart("bias-of-the-sample", axis.figure, data, caption)


def _claim(data: pd.DataFrame) -> str:
    """Which outcomes are off, as far as can be told."""
    off = _biased(data)
    if data.empty or data["low"].isna().all():
        return "One run tells nothing about bias"
    if off.empty:
        return f"In none of {len(data)} outcomes is a bias told from chance"
    worst = off.loc[off["difference"].abs().idxmax()]
    return (
        f"{len(off)} of {len(data)} outcomes {'is' if len(off) == 1 else 'are'} off by more than chance; "
        f"{worst['label']} by {100 * worst['difference']:+.0f} %"
    )


if __name__ == "__main__":
    sys.exit(main(__file__))

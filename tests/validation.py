"""What the simulator finds beside what theory and published figures say: the picture of docs/validation.md.

`python -m tests.validation` draws docs/figures/validation.svg, with its data as CSV beside it. Theory is that of the tests.
It takes some minutes.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray
from scipy import stats

from sim import cluster_detection_probability
from sim.engine import fast
from sim.figures import frame, house_style, panels
from sim.units import DAYS_PER_YEAR

from .sim.chains import alerted_by, first_run_chances
from .sim.queues import mean_wait_constant
from .sim.test_alert_delay import GRACE, PERIOD, dark_delays
from .sim.test_cluster import clusters_detected
from .sim.test_false_alerts import alert_days, many_honest
from .sim.test_inspection_queue import BUSY_DAYS, FEWEST_WARM_UP, waits_days
from .sim.test_volume_prior import COUNT, IN_2024, IN_2025, LEVELS, PUBLISHED, ROWS, coupled, split_lognormal
from .sim.worlds import new_exports_only

FIGURE = Path(__file__).resolve().parents[1] / "docs" / "figures" / "validation.svg"
COLUMNS = ["panel", "x", "theory", "simulated", "error"]
THEORY, FOUND = "#555555", "#0072B2"


def main() -> None:
    """Compare, draw and write."""
    compared = [delays(), losses(), repairs(), queue(), clusters(), volumes()]
    data = pd.concat(compared, ignore_index=True)[COLUMNS]
    with house_style():
        figure, axes = panels(3, 2, height_in=5.4, names_in=0.15, left_in=0.6)
        for axis, (panel, rows) in zip(axes, data.groupby("panel", sort=False), strict=True):
            draw(axis, rows)
            axis.set_title(str(panel), fontweight="bold")
        labels = (
            "days from silence to alert", "round", "days in the fleet", "inspectors' share of time busy",
            "formula", "quantile, H100e",
        )  # fmt: skip
        for axis, label in zip(axes, labels, strict=True):
            axis.set_xlabel(label)
        axes[5].set_xscale("log")
        axes[5].set_yscale("log")
        frame(
            figure,
            title="What was known before, and what the simulator finds",
            subtitle="Grey: theory, or published. Blue: simulated, with 95 % of the sampling error if larger than the dot",
            source="Source: python -m tests.validation; sources of theory: docs/validation.md",
        )
        figure.savefig(FIGURE, metadata={"Date": None})
    data.to_csv(FIGURE.with_suffix(".csv"), index=False, lineterminator="\n")


def draw(axis: Axes, rows: pd.DataFrame) -> None:
    """Theory as a line, what was found as dots with their error."""
    axis.plot(rows["x"], rows["theory"], color=THEORY, linewidth=2.5, alpha=0.5)
    error = 1.96 * rows["error"].fillna(0)
    axis.errorbar(rows["x"], rows["simulated"], yerr=error, fmt="o", color=FOUND, markersize=3, elinewidth=0.8)
    axis.grid(axis="y")


def table(panel: str, x: NDArray, theory: NDArray, simulated: NDArray, error: NDArray | float = np.nan) -> pd.DataFrame:
    """One panel's rows."""
    return pd.DataFrame({"x": x, "theory": theory, "simulated": simulated, "error": error}).assign(panel=panel)


def delays() -> pd.DataFrame:
    """Share of chips gone dark that have been alerted on, by days: uniform from the grace period to one period more."""
    found = np.sort(dark_delays(new_exports_only(), fast))
    days = np.linspace(GRACE - 0.5, GRACE + PERIOD + 0.5, 13)
    due = np.clip((days - GRACE) / PERIOD, 0, 1)
    error = np.sqrt(due * (1 - due) / len(found))
    return table("Alert on a chip gone dark", days, due, np.searchsorted(found, days) / len(found), error)


def losses(loss: float = 0.35, grace: int = 3) -> pd.DataFrame:
    """Share of honest chips alerted on by a round, if challenges are lost independently."""
    honest = many_honest(new_exports_only())
    scenario = honest.replace(
        verification__attempts=1,
        verification__grace_days=grace,
        verification__period_days=1,
        uncertainties={**honest.uncertainties, "packet_loss": loss},
    )
    rounds = round(scenario.calendar.end_day)
    due = first_run_chances(loss, grace + 1, rounds).cumsum()
    days = alert_days(scenario, seed=1)
    found = np.array([np.mean(days < number) for number in range(1, rounds + 1)])
    shown = slice(4, None, 6)
    error = np.sqrt(due * (1 - due) / len(days))
    return table("False alerts, lost challenges", np.arange(1, rounds + 1)[shown], due[shown], found[shown], error[shown])


def repairs(median: float = 7, log_sd: float = 0.8, faults: float = 2, grace: int = 14) -> pd.DataFrame:
    """Share of honest chips alerted on by a day, if they fail and are away for a lognormal time."""
    honest = many_honest(new_exports_only())
    changed = {
        "gpu_faults_per_chip_year": faults,
        "repair_absence_days": median,
        "repair_log_sd": log_sd,
        "permanent_fault_share": 0,
    }
    scenario = honest.replace(
        calendar__end_after_duty_days=200,
        verification__grace_days=grace,
        verification__period_days=1,
        uncertainties={**honest.uncertainties, **changed},
    )
    days, at = alert_days(scenario, seed=1), np.arange(40, 201, 40)

    def chance(until_day: float, first_round_step: int) -> float:
        return alerted_by(
            faults / DAYS_PER_YEAR, lambda length: stats.lognorm.sf(length, log_sd, 0, median), grace_rounds=grace,
            period_days=1, until_day=until_day, steps_per_period=10, first_round_step=first_round_step,
        )  # fmt: skip

    due = np.array([np.mean([chance(float(day), first) for first in range(1, 10, 2)]) for day in at])
    found = np.array([np.mean(days < day) for day in at])
    return table("False alerts, long repairs", at, due, found, np.sqrt(due * (1 - due) / len(days)))


def queue() -> pd.DataFrame:
    """Mean wait for the one inspector, in visits, by how busy he is: M/D/1."""
    uses, found, errors = np.array([0.3, 0.5, 0.7, 0.8, 0.9]), [], []
    for use in uses:
        waits = waits_days(1, float(use), seed=2, days=3000)[FEWEST_WARM_UP:] / BUSY_DAYS
        parts = np.array([part.mean() for part in np.array_split(waits, 25)])
        found.append(parts.mean())
        errors.append(parts.std(ddof=1) / np.sqrt(len(parts)))
    due = np.array([mean_wait_constant(1, use) for use in uses])
    return table("Wait for an inspector, visits", uses, due, np.array(found), np.array(errors))


def clusters(count: int = 800) -> pd.DataFrame:
    """Share of clusters in which a test finds something, against the hypergeometric formula with imperfect tests."""
    cases = [(2, 1, 1, 0.5), (4, 2, 2, 0.5), (5, 2, 3, 0.5), (5, 2, 3, 0.1), (4, 4, 2, 0.1), (2, 2, 1, 0.1)]
    generator = np.random.default_rng(3)
    found = [clusters_detected(miss, size, tested, gone, count, generator) for size, tested, gone, miss in cases]
    due = np.array([cluster_detection_probability(size, tested, gone, miss) for size, tested, gone, miss in cases])
    order = np.argsort(due)
    error = np.sqrt(due * (1 - due) / count)
    return table("Clusters found, static limit", due[order], due[order], np.array(found)[order], error[order])


def volumes() -> pd.DataFrame:
    """Quantiles of the volume of smuggling in 2024, in 2025 and of both together: as published, and as drawn."""
    _, first, second = coupled(np.random.default_rng(1).normal(size=(3, COUNT)))
    drawn = {"2024": split_lognormal(first, ROWS[IN_2024]), "2025": split_lognormal(second, ROWS[IN_2025])}
    drawn["both"] = drawn["2024"] + drawn["2025"]
    due = np.concatenate([PUBLISHED[year] for year in drawn])
    found = np.concatenate([np.quantile(volume, LEVELS) for volume in drawn.values()])
    order = np.argsort(due)
    return table("Published volumes", due[order], due[order], found[order])


if __name__ == "__main__":
    main()

"""Does a longer grace period find less?

As scenarios/NAME.py this is the question NAME: `python -m scenarios run NAME`. Here it runs by itself, into a FOLDER.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from scenarios.answering.brief import Column, Table, estimate, policy_table
from scenarios.asking.variations import Variation, settings, vary
from scenarios.study import Options, Study, run_study
from sim import Result
from sim.figures import Chart, by_policy, frame, panels, policies_data
from sim.figures.captions import assumptions, source

FOUND, FALSE = "established_by_day_90", "false_alarms_per_month"
GRACES = [Variation(f"{days}_days", f"{days} days", days, {"verification.grace_days": days}) for days in (7, 14, 28)]
DRIVERS = ("verification.grace_days", "repair_absence_days", "gpu_faults_per_chip_year")
CITATIONS = ("cnas-2025",)


def study(options: Options) -> Study:
    return vary(options, options.scenario("miniature", {}, {"calendar.end_after_duty_days": 365}), GRACES, draws=2)


def answer(result: Result) -> str:
    short, long = (estimate(result, grace.name, FOUND, 100) for grace in (GRACES[0], GRACES[-1]))
    false = [str(estimate(result, grace.name, FALSE)) for grace in GRACES]
    return f"Grace of a week finds {short.of('%')}, of four weeks {long.of('%')}. False alarms a month: {', '.join(false)}."


def table(result: Result) -> Table:
    columns = (Column("found within 90 days, %", FOUND, 100), Column("false alarms per month", FALSE))
    return Table("Found by grace.", policy_table(result, {row.name: row.group for row in GRACES}, columns))


def figures(result: Result) -> Iterator[Chart]:
    data = policies_data(result, settings(GRACES), (FOUND,))
    figure, (axis,) = panels(left_in=1.0)
    by_policy(data, FOUND, axis, share=True)
    frame(figure, title="Found within 90 days, by grace period", subtitle="Median and 10-90 %", source=source(result))
    yield Chart("grace", figure, data, f"Share of diverted chips established within 90 days. {assumptions(result)}")


if __name__ == "__main__":
    run_study(sys.modules[__name__], Options("grace", workers=1, out=Path(sys.argv[1])))
    print((Path(sys.argv[1]) / "answer.txt").read_text(encoding="utf-8"))

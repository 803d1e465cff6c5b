"""Many questions answered, several at a time, each in a process of its own; one that fails does not lose the others."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Sequence
from typing import NamedTuple

from scenarios.command_line import MOST_TOLD
from scenarios.progress import Progress
from scenarios.study import Options, UsageError, load_question, run_study, uses_engine
from sim import OutputError, Result, RunFailed, ScenarioError
from sim.executors import WorkerLost, in_workers

EXPECTED = (UsageError, ScenarioError, OutputError, RunFailed)
"""What stops a question with a message that says all there is to say."""

SECONDS_BETWEEN_LINES = 30.0


class Made(NamedTuple):
    """How the making of a question ended.

    Attributes:
        name: of the question.
        seconds: that it took.
        error: what went wrong; empty if nothing did.
    """

    name: str
    seconds: float
    error: str = ""


class Lines(Progress):
    """A line now and then for one of several questions under way; none if the study is quick."""

    def __init__(self, options: Options) -> None:
        super().__init__()
        self._name, self._silent = options.name, options.quick
        self._told = time.monotonic()

    def __call__(self, policy: str, done: int, total: int, headline: str = "", unit: str = "run") -> None:
        """Note that one more run, or another unit of work, is done."""
        if self._silent or time.monotonic() - self._told < SECONDS_BETWEEN_LINES:
            return
        self._told = time.monotonic()
        print(f"{self._name}: {policy}: {unit} {done} of {total}{f', {headline}' if headline else ''}", file=sys.stderr)


def make(jobs: Sequence[Options], workers: int) -> dict[str, Made]:
    """Answer questions and write their folders; what becomes of each, by name.

    Args:
        jobs: one for each question.
        workers: how many at a time, >= 1.
    """
    jobs = sorted(jobs, key=lambda options: not is_search(options.name))  # at the end, one would keep the others waiting
    made: dict[str, Made] = {}
    if not jobs:
        return made
    try:
        for _, one in in_workers(make_one, jobs, min(workers, len(jobs))):
            made[one.name] = one
            told = f"FAILED: {one.error}" if one.error else f"answered in {one.seconds:.0f} s"
            print(f"[{len(made)} of {len(jobs)}] {one.name}: {told}", file=sys.stderr)
    except WorkerLost as error:
        for options in jobs:
            made.setdefault(options.name, Made(options.name, 0.0, str(error)))
    return made


def is_search(name: str) -> bool:
    """Whether a question makes many ensembles, and so takes longer than others."""
    question = load_question(name)
    return hasattr(question, "tabulate") and uses_engine(question)


def make_one(options: Options) -> Made:
    """Answer a question and write its folder. What goes wrong is told, not raised."""
    started = time.monotonic()
    error = ""
    try:
        result = run_study(load_question(options.name), options, Lines(options))
        if isinstance(result, Result) and result.failures:
            failed = len(result.manifest["failed_draws"])
            error = f"{failed} of {len(result.drawn)} draws failed and are left out; {result.failures[0]}"
    except EXPECTED as refusal:
        error = "; ".join(str(refusal).splitlines()[:MOST_TOLD])
    except Exception as mistake:  # of the program: the other questions can still be answered
        traceback.print_exc()
        error = f"{type(mistake).__name__}: {' '.join(str(mistake).split()):.300}"
    return Made(options.name, time.monotonic() - started, error)

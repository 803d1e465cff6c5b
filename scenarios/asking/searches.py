"""Questions to which smugglers answer: the search for that, in each world or to each policy, in several processes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, TypeVar

from scenarios.answering.sentences import counted
from scenarios.study import Options, usable_processors
from sim import RunFailed, Scenario
from sim.executors import WorkerLost, in_executor, in_workers

if TYPE_CHECKING:
    import pandas as pd

REPERTOIRE = dict.fromkeys(
    (
        "go_dark",
        "relay_from_declared_site",
        "low_latency_relay",
        "extract_key",
        "claim_repair_or_scrap",
        "decoy_site",
    ),
    1.0,
)
"""What smugglers can do to begin with, each as often: cheap and dear ways to be silent, to answer, and to be excused."""

LEARNERS = {
    "adversary.behaviour": "adaptive",
    "adversary.strategies": REPERTOIRE,
    "fleet.scale": 0.01,
    "fleet.lot_chips": 50,  # the smallest of published cases, so that smugglers learn from many
}
"""The setting in which smugglers learn."""


def unsettled(ended: pd.Series[str], where: str) -> str:
    """A clause, with its comma, on the searches that found no state that stays; nothing if each did.

    Args:
        ended: how each search ended.
        where: what each was made in, as in "draws".
    """
    number = int((ended != "fixed point").sum())
    return f", though smugglers had not settled in {number} of {len(ended)} {where}" if number else ""


def inspectors_in_words(scenario: Scenario) -> str:
    """How many inspectors there are, and for how much of the nation if for less than all."""
    number = scenario.enforcement.inspectors
    words = counted(number, "inspector")
    if not number or scenario.fleet.scale == 1 or scenario.geography.sampled_sites:
        return words
    part = f"one chip in {1 / scenario.fleet.scale:,.0f}"
    return f"{words} for {part}, so that cases wait less than in the nation, which favours the rule"


Item = TypeVar("Item")
Answer = TypeVar("Answer")


def answer_each(
    work: Callable[[Item], Answer], items: Sequence[Item], options: Options, progress: Callable[..., None]
) -> list[Answer]:
    """The answers in the order of the items. A quick study stays in one process, as others take longer to start.

    An answer is found whole by one worker, and none is kept of a study that is stopped.

    Raises:
        RunFailed: a run ended with an error, or a worker was lost.
    """
    workers = min(len(items), options.workers or (1 if options.quick else usable_processors()))
    done: dict[int, Answer] = {}
    try:
        with closing(_answers(work, items, options, workers)) as finished:
            for place, answer in finished:
                done[place] = answer
                progress(options.name, len(done), len(items), unit="answer")
    except WorkerLost as error:
        raise RunFailed(str(error)) from None
    return [done[place] for place in range(len(items))]


def _answers(
    work: Callable[[Item], Answer], items: Sequence[Item], options: Options, workers: int
) -> Generator[tuple[int, Answer], None, None]:
    """Place and answer of each item, as they are done: by a cluster, by processes, or here."""
    if options.cluster is not None:
        yield from in_executor(work, items, options.cluster, len(items))
    elif workers > 1:
        yield from in_workers(work, items, workers)
    else:
        for place, item in enumerate(items):
            yield place, work(item)

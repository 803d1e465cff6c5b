"""Questions to which smugglers answer: the search for that, in each world or to each policy, in several processes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import TypeVar

from scenarios.study import Options, usable_processors
from sim import RunFailed
from sim.executors import WorkerLost, in_executor, in_workers

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

"""Work done elsewhere, in any order: in processes that start afresh and end with their parent, or by any executor.

An executor is one after `concurrent.futures`: Python's own, those of MPI and ipyparallel, and that of a Dask client.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class WorkerLost(Exception):
    """A process ended before its work was done."""


def in_workers(
    work: Callable[[Item], Answer], items: Sequence[Item], workers: int
) -> Generator[tuple[int, Answer], None, None]:
    """Place and answer of each item, as they are done. However this ends, and when it is closed, the processes end too.

    Args:
        work: a function at the top of a module. What it raises is raised here, without the traceback of its process.
        items: what it is called with; items and answers must pickle.
        workers: number of processes.

    Raises:
        WorkerLost: a process ended on its own.
    """
    with processes(workers) as pool:
        yield from in_executor(work, items, pool, 2 * workers)


@contextmanager
def processes(workers: int) -> Iterator[Executor]:
    """A pool of processes that start afresh and end with this one. If it is left by an exception they end at once."""
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_begin_work)
    all_done = False
    try:
        yield pool
        all_done = True
    finally:
        if not all_done:
            for process in list((pool._processes or {}).values()):  # what it is busy with is of no use any more
                process.terminate()
        pool.shutdown(cancel_futures=True)


def in_executor(
    work: Callable[[Item], Answer], items: Sequence[Item], executor: Executor, at_once: int
) -> Generator[tuple[int, Answer], None, None]:
    """Place and answer of each item, as they are done. What has not begun when this ends is cancelled.

    Args:
        work: a function at the top of a module. What it raises is raised here, without the traceback of its process.
        items: what it is called with; items and answers must pickle unless the executor stays in this process.
        executor: whose workers do the work; it is not shut down.
        at_once: items handed over at a time, at least as many as there are workers: those in a queue take memory.

    Raises:
        WorkerLost: the executor lost a worker and could not go on.
    """
    waiting = iter(enumerate(items))
    under_way: dict[Future[Answer], int] = {}

    def submit_some() -> None:
        if len(under_way) >= at_once:
            return
        with _interrupt_held_back():
            for place, item in waiting:
                under_way[executor.submit(work, item)] = place
                if len(under_way) >= at_once:
                    break

    try:
        submit_some()
        while under_way:
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                place = under_way.pop(future)
                error = future.exception()
                if error is not None:
                    error.__cause__ = None
                    raise error
                yield place, future.result()
            submit_some()
    except BrokenExecutor:
        raise WorkerLost(
            "a worker process was lost: it was killed, as for want of memory, or it could not import the script that "
            'started it, which must do its work under `if __name__ == "__main__":`'
        ) from None
    except CancelledError:
        raise WorkerLost("work was cancelled from elsewhere, as when the scheduler of a cluster is lost") from None
    finally:
        for future in under_way:
            future.cancel()


def _begin_work() -> None:
    """In a new process: leave Ctrl-C to the one that started it, and end if that one is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _interrupt_held_back() -> Iterator[None]:
    """Hold Ctrl-C back while processes start, which inherit that: it would end them with a traceback each.

    Where the system cannot do so nothing is held back.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

"""A Dask cluster makes the same results as this process, over TCP; what cannot is refused with its reason."""

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path

import pytest
from distributed import LocalCluster

from scenarios.study import Options, Study, UsageError, run_study
from sim import Scenario
from sim.executors import WorkerLost, in_executor
from sim.experiments import cluster
from sim.experiments.cluster import ClusterError, dask_executor, software
from sim.experiments.ensemble import ensemble
from sim.provenance import source_digest

from ..scenarios.stubs import stub_question

POINTS = ({"packet_loss": 0.001}, {"packet_loss": 0.02})


def local(workers: int) -> LocalCluster:
    """A cluster of this machine, over TCP."""
    return LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        host="127.0.0.1",
        protocol="tcp://",
        dashboard_address="127.0.0.1:0",
    )


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Of a cluster of two workers."""
    with local(2) as workers:
        yield workers.scheduler_address


@pytest.fixture(scope="module")
def executor(address: str) -> Iterator[Executor]:
    with dask_executor(address) as executor:
        yield executor


def tables(folder: Path) -> dict[str, bytes]:
    """The bytes of a folder's tables."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "manifest.json"}


@pytest.mark.verify
def test_an_ensemble_on_a_cluster_has_the_bytes_of_one_made_here(executor: Executor, small: Scenario, tmp_path: Path):
    here, there = (ensemble(small, runs=2, points=POINTS, seed=7, executor=chosen) for chosen in (None, executor))
    assert here.manifest == there.manifest
    assert tables(here.save(tmp_path / "here")) == tables(there.save(tmp_path / "there"))
    assert there.table["value"].nunique() > 10


@pytest.mark.verify
def test_a_study_on_a_cluster_has_no_event_log_and_says_so(address: str, small: Scenario, tmp_path: Path):
    """Half of it was made by this process before: those runs have logs, which would be half of a log."""
    question = stub_question(lambda options: Study(small, 2))

    def stop(policy: str, done: int, total: int, headline: str) -> None:
        if done == 2:
            raise KeyboardInterrupt

    here = Options("question", out=tmp_path / "here", workers=1)
    there = Options("question", out=tmp_path / "there", executor="dask", scheduler=address)
    run_study(question, here)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scenarios.progress.Progress.__call__", lambda self, *told, **named: stop(*told))
        with pytest.raises(KeyboardInterrupt):
            run_study(question, Options("question", out=tmp_path / "there", workers=1))
    assert len(list((tmp_path / "there" / "unfinished").glob("[!.]*.events.csv.gz"))) == 2
    run_study(question, there)
    assert "events" not in json.loads((tmp_path / "here" / "manifest.json").read_text())
    assert json.loads((tmp_path / "there" / "manifest.json").read_text())["events"] is False
    expected = tables(tmp_path / "here")
    assert expected.pop("events.csv.gz")
    assert tables(tmp_path / "there") == expected


@pytest.mark.verify
def test_workers_with_other_software_are_refused(address: str, monkeypatch):
    software.cache_clear()
    monkeypatch.setattr(cluster, "source_digest", lambda: "0" * 64)
    try:
        with pytest.raises(
            ClusterError, match=r"worker tcp://127.*source \w{12} instead of 000000000000: its results would not"
        ):
            dask_executor(address).__enter__()
    finally:
        software.cache_clear()


def test_a_worker_that_joins_later_compares_its_software_too():
    assert cluster._alike(software(), source_digest) == source_digest()
    with pytest.raises(ClusterError, match=rf"numpy {software()['numpy']} instead of 1\.0:"):
        cluster._alike({**software(), "numpy": "1.0"}, source_digest)


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("tcp://127.0.0.1:9", "Connection refused"),
        ("nonsense", "missing port number"),
        ("ftp://127.0.0.1:9", "unknown address scheme 'ftp'"),
        ("tcp://127.0.0.1:99999", "port 99999 is not in 1 to 65535"),
    ],
)
def test_an_address_without_a_scheduler_is_named(place: str, told: str):
    with pytest.raises(ClusterError, match=rf"{place}: no Dask scheduler answers there \(.*{told}"):
        dask_executor(place).__enter__()


def test_somebody_who_listens_and_says_nothing_is_no_scheduler(monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(ClusterError, match="timed out"):
        dask_executor(f"tcp://127.0.0.1:{server.getsockname()[1]}").__enter__()


def test_a_scheduler_without_workers_is_refused(monkeypatch):
    monkeypatch.setattr(cluster, "WORKERS_S", 0.1)
    with local(0) as empty, pytest.raises(ClusterError, match="the scheduler has no workers"):
        dask_executor(empty.scheduler_address).__enter__()


def test_a_question_without_the_engine_refuses_a_cluster():
    from scenarios import landmarks

    with pytest.raises(UsageError, match="--executor: landmarks is answered without the engine"):
        run_study(landmarks, Options("landmarks", executor="dask", scheduler="tcp://127.0.0.1:9"))


def _who(number: int) -> int:
    time.sleep(0.05)
    return os.getpid()


@pytest.mark.verify
def test_work_of_a_lost_worker_is_done_by_another(executor: Executor):
    """The worker is this test's own: its number is what it answers with."""
    done: list[tuple[int, int]] = []
    for place, worker in in_executor(_who, range(40), executor, 8):
        done.append((place, worker))
        if len(done) == 4:
            os.kill(done[0][1], signal.SIGKILL)
    assert sorted(place for place, _ in done) == list(range(40))
    assert len({worker for _, worker in done}) >= 2


@pytest.mark.verify
def test_a_lost_scheduler_is_told_of():
    with local(1) as lost, dask_executor(lost.scheduler_address) as executor:
        answers = in_executor(_who, range(100), executor, 8)
        next(answers)
        lost.close()
        with pytest.raises(WorkerLost, match="the scheduler of a cluster is lost"):
            list(answers)

"""What `bench-udp` reports. No times are asserted: they are for the reader."""

import contextlib
import json
import os
import threading

import pytest

from attestation import SOUND, Appraisal, InvalidArgument, Verdict
from attestation.__main__ import main
from attestation.commands import bench_udp
from attestation.commands.bench_udp import Size, failures
from attestation.udp import bind

from .loopback import LandmarkThread, PathThread

SMALL = Size(delays_ms=(0.0, 20.0), exchanges=2, many=12, junk=600, junk_per_s=600.0)


class FloodThread(threading.Thread):
    """As the process that floods."""

    def is_alive(self) -> bool:
        return super().is_alive()

    def kill(self) -> None:
        pass


class Context:
    Process = FloodThread


@contextlib.contextmanager
def echo(host, prefix=()):
    """Sends back whatever comes, from a thread."""
    with bind(host, 0) as sock:
        sock.settimeout(0.1)
        stop = threading.Event()

        def run() -> None:
            while not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    sock.sendto(*sock.recvfrom(2048))

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield sock.getsockname()
        finally:
            stop.set()
            thread.join()


async def as_they_must(flaws, paths):
    """Stands for an attack; those are tested by themselves."""
    verdict = Verdict.UNCONFIRMED if flaws == SOUND else Verdict.CLEARED
    return Appraisal(verdict=verdict, reasons=(), detail="", ueid=None, claims=None)


class Sides:
    """Two namespaces that are this one, or that are not permitted."""

    hosts = ("127.0.0.1", "127.0.0.1")
    permitted = True

    def __init__(self, delay_ms: float) -> None:
        pass

    def __enter__(self):
        if not self.permitted:
            raise InvalidArgument("ip netns add: not permitted")
        return self

    def __exit__(self, *_) -> None:
        pass

    def prefix(self, side: int) -> tuple[str, ...]:
        return ("true",)

    def bind(self, side: int):
        return bind("127.0.0.1", 0)


@pytest.fixture
def threads(monkeypatch):
    """Threads where the command has processes: it would start two dozen of them."""
    for name, kind in (
        ("LandmarkProcess", LandmarkThread),
        ("PathProcess", PathThread),
        ("Echo", echo),
        ("Namespaces", Sides),
    ):
        monkeypatch.setattr(bench_udp, name, kind)
    monkeypatch.setattr(bench_udp.multiprocessing, "get_context", lambda _: Context)
    monkeypatch.setattr(bench_udp, "QUICK", SMALL)
    monkeypatch.setattr(bench_udp, "ATTACKS", dict.fromkeys(bench_udp.ATTACKS, as_they_must))
    monkeypatch.setattr(bench_udp, "plain_relay", as_they_must)
    monkeypatch.setattr(Sides, "permitted", True)


def test_every_figure_is_there_and_the_text_has_them_all(threads, capsys, monkeypatch):
    code = main(["bench-udp", "--quick", "--json"])
    report = json.loads(capsys.readouterr().out)
    wrong = [failure for failure in report["failures"] if "namespaces" not in failure]
    assert wrong == [], (
        "these namespaces add no delay: that every round trip there is too short must be said, and nothing else"
    )
    assert code == 1
    assert [row["where"] for row in report["delays"]] == ["loopback", "loopback", "path", "path", "namespaces"]
    assert [row["below_added"] > 0 for row in report["delays"]] == [False] * 4 + [True]
    assert [row["exchanges"] for row in report["delays"]] == [2] * 5
    assert (report["many"]["finished"], report["many"]["measured"], report["many"]["open_at_the_end"]) == (12, 12, 0)
    flooded = report["flood"]
    assert flooded["served"] > 0
    assert flooded["refused"]["no_packet"] > 0
    assert {flooded[name] is None for name in ("memory_before", "memory_early", "memory_after")} == {
        not os.path.exists("/proc/self")
    }
    outcomes = {(row["attack"], row["protocol"]): row["verdict"] for row in report["attacks"]}
    assert len(outcomes) == 9
    assert all(row["due"] for row in report["attacks"])
    monkeypatch.setattr(bench_udp, "measure", lambda _: report)
    main(["bench-udp", "--quick"])
    text = capsys.readouterr().out
    for said in (
        "namespaces",
        "12 of 12 exchanges",
        "600 of junk",
        "attester_chosen_nonce",
        "MiB",
        "round trips shorter than",
    ):
        assert said in text


def test_namespaces_that_are_not_permitted_are_left_out_and_named(threads, capsys, monkeypatch):
    monkeypatch.setattr(Sides, "permitted", False)
    for name in ("_many", "_flood", "_attacks"):
        monkeypatch.setattr(bench_udp, name, _nothing)
    report = bench_udp.measure(Size(delays_ms=(0.0,), exchanges=1))
    assert report["namespaces"]["skipped"] == "ip netns add: not permitted"
    assert [row["awake"] for row in report["delays"]] == [False, True]
    many = {"finished": 1, "asked": 1, "seconds": 1.0, "at_once": 1, "failed": 0, "repeated": 0, "evicted": 0}
    flooded = {"sent": 1, "seconds": 1.0, "received": 1, "served": 1, "failed": 0, "refused": {}}
    flooded |= dict.fromkeys(("memory_before", "memory_early", "memory_after"))
    text = bench_udp.lines({**report, "many": many, "flood": flooded, "attacks": [], "failures": []})
    assert "no namespaces: ip netns add: not permitted" in text
    assert any("unknown before" in line for line in text)


async def _nothing(*_):
    return {}


GOOD = {
    "delays": [{"where": "path", "below_added": 0, "failed": 0}],
    "many": {"failed": 0, "finished": 5, "measured": 5},
    "flood": {"served": 1},
    "attacks": [{"attack": "a", "protocol": "sound", "verdict": "invalid", "due": True}],
}


@pytest.mark.parametrize(
    ("where", "what"),
    [
        ("delays", [{"where": "path", "below_added": 1, "failed": 0}]),
        ("delays", [{"where": "path", "below_added": 0, "failed": 1}]),
        ("many", {"failed": 1, "finished": 5, "measured": 5}),
        ("many", {"failed": 0, "finished": 5, "measured": 4}),
        ("flood", {"served": 0}),
        ("attacks", [{"attack": "a", "protocol": "sound", "verdict": "cleared", "due": False}]),
    ],
)
def test_each_way_to_fail_is_noticed(where, what):
    assert failures(GOOD) == []
    assert len(failures({**GOOD, where: what})) == 1


@pytest.mark.verify
def test_the_whole_of_it_between_processes(capsys):
    assert main(["bench-udp", "--quick"]) == 0

"""`bench-udp`: the exchange over UDP between processes of this machine, beside a bare UDP echo in the same run.

Round trips are held against a delay that was added on purpose: none may be shorter, and what is on top is what software
adds. Then many exchanges in one run, a flood of junk, and the attacks on a flawed protocol. Everything stays on loopback, or
within two network namespaces where those are permitted, and ends by itself.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import platform
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from ..appraisal import Verdict
from ..errors import InvalidArgument
from ..flaws import SOUND, Flaws
from ..udp.attacks import ATTACKS, FAR_MS, LANDMARK_ID, SLOW_MS, Paths, plain_relay
from ..udp.datagrams import Endpoint, bind
from ..udp.load import Echo, echo_rtts_ns, flood, junk, median_ms, memory_bytes, run_exchanges
from ..udp.namespaces import Namespaces
from ..udp.processes import LandmarkProcess, PathProcess
from ..udp.prover import Patience, Peer, Prover, Timing
from ..udp.trial import write_trial
from .configuration import read_prover

_NO_LIMITS = "requests_per_s = 1e6\nrequests_burst = 1e6\nhost_per_s = 1e6\nhost_burst = 1e6\nreport_s = 3600\n"
_AT_ONCE = 4
_BURST = 8  # nonces of an exchange, by default
_FLOOD_HOSTS = [f"127.0.1.{number}" for number in range(1, 33)]
_PATIENCE = Patience(silence_s=1.5, requests=8)


@dataclass(frozen=True)
class Size:
    """How much is measured.

    Attributes:
        delays_ms: added, one way, in ms.
        exchanges: at each delay.
        many: exchanges in one run.
        junk: packets of the flood.
        junk_per_s: at most so many of them in a second.
    """

    delays_ms: tuple[float, ...] = (0.0, 1.0, 5.0)
    exchanges: int = 100
    many: int = 10_000
    junk: int = 100_000
    junk_per_s: float = 10_000.0


QUICK = Size(delays_ms=(0.0, 5.0), exchanges=20, many=200, junk=5_000)


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "bench-udp",
        help="measure landmark and prover over UDP, beside a bare echo",
        description="Exit code 1 if a round trip was shorter than the delay added, an exchange was lost in the long run, no "
        "prover was served in the flood, or an attack went another way than it must.",
    )
    parser.add_argument("--quick", action="store_true", help="a twentieth of everything")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measure and print."""
    size = QUICK if options.quick else Size()
    report = measure(size)
    report["failures"] = failures(report)
    print(json.dumps(report, indent=2) if options.json else "\n".join(lines(report)))
    return 1 if report["failures"] else 0


def measure(size: Size) -> dict[str, Any]:
    """Everything, one after the other; see `lines` for what the figures mean."""
    machine = {
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "cores": os.cpu_count() or 1,
        "load": os.getloadavg()[0],
    }
    delays = [
        asyncio.run(_delay(delay_ms, size.exchanges, None, awake)) for delay_ms in size.delays_ms for awake in (False, True)
    ]
    namespaces: dict[str, Any] = {}
    try:
        with Namespaces(size.delays_ms[-1]) as sides:
            delays.append(asyncio.run(_delay(size.delays_ms[-1], size.exchanges, sides)))
    except InvalidArgument as error:
        namespaces["skipped"] = str(error)
    return {
        "machine": machine,
        "delays": delays,
        "namespaces": namespaces,
        "many": asyncio.run(_many(size.many)),
        "flood": asyncio.run(_flood(size.junk, size.junk_per_s)),
        "attacks": asyncio.run(_attacks()),
    }


def failures(report: dict[str, Any]) -> list[str]:
    """What must not have happened."""
    found = [
        f"{row['below_added']} round trips shorter than the delay added, {row['where']}"
        for row in report["delays"]
        if row["below_added"] or row["failed"]
    ]
    if report["many"]["failed"] or report["many"]["finished"] != report["many"]["measured"]:
        found.append(f"{report['many']['failed']} exchanges lost in the long run")
    if not report["flood"]["served"]:
        found.append("nobody was served in the flood")
    return found + [f"{row['attack']}, {row['protocol']}: {row['verdict']}" for row in report["attacks"] if not row["due"]]


def lines(report: dict[str, Any]) -> list[str]:
    """The report as text."""
    machine = report["machine"]
    heads = "".join(f"{head:>{width}}" for head, width in _COLUMNS.values())
    shown = [
        f"{machine['system']}, Python {machine['python']}, {machine['cores']} cores, load {machine['load']:.1f}",
        f"{'where':<18}{heads}",
    ]
    for row in report["delays"]:
        cells = "".join(f"{row[name]:>{width}{_form(row[name])}}" for name, (_, width) in _COLUMNS.items())
        shown.append(f"{row['where'] + (', awake' if row['awake'] else ''):<18}{cells}")
    if "skipped" in report["namespaces"]:
        shown.append(f"no namespaces: {report['namespaces']['skipped']}")
    shown += [
        _LEGEND.format(stamps=report["delays"][0]["stamps"]),
        *_long_run(report["many"]),
        *_flooded(report["flood"]),
        "",
    ]
    for row in report["attacks"]:
        outcome = row["verdict"] + ("" if row["due"] else "  WRONG")
        shown.append(f"{row['attack']:<33}{row['protocol']:<8}{outcome}")
    return shown + [f"FAILED: {failure}" for failure in report["failures"]]


_COLUMNS = {
    "added_rtt_ms": ("added", 7),
    "exchanges": ("exchanges", 11),
    "below_added": ("shorter", 9),
    "least_rtt_ms": ("least", 9),
    "median_excess_ms": ("excess", 9),
    "echo_median_excess_ms": ("echo", 8),
    "median_excess_of_all_ms": ("of all", 9),
    "echo_median_excess_of_all_ms": ("echo", 8),
    "median_processing_ms": ("prover", 9),
}
_LEGEND = """Times in ms; arrival by the clock of the {stamps}. shorter: round trips below the delay added. excess: median
over exchanges of the least of 8 round trips, less the delay added; echo: the same of a bare UDP echo on such a path, in the
same run; of all: median over all round trips; prover: median from the arrival of a nonce to the departure of the response.
awake: the prover does not sleep while it waits for nonces.
"""


def _form(value: float) -> str:
    return "d" if isinstance(value, int) else ".3f"


def _long_run(many: dict[str, Any]) -> list[str]:
    return [
        f"{many['finished']} of {many['asked']} exchanges in {many['seconds']:.1f} s, {many['at_once']} at once",
        f"lost: {many['failed']}; asked twice: {many['repeated']}; evicted: {many['evicted']}",
        "",
    ]


def _flooded(junked: dict[str, Any]) -> list[str]:
    memory = [
        "unknown" if size is None else f"{size / 2**20:.1f} MiB"
        for size in (junked["memory_before"], junked["memory_early"], junked["memory_after"])
    ]
    return [
        f"{junked['sent']} of junk in {junked['seconds']:.1f} s; the landmark has read {junked['received']} packets",
        f"exchanges of an honest prover meanwhile: {junked['served']} served, {junked['failed']} not",
        f"memory of the landmark: {memory[0]} before, {memory[1]} after a tenth, {memory[2]} at the end",
        f"refused: {', '.join(f'{count} {reason}' for reason, count in junked['refused'].items())}",
    ]


@contextmanager
def _landmark(
    limits: str = _NO_LIMITS, flaws: Flaws = SOUND, *, host: str = "127.0.0.1", prefix: tuple[str, ...] = ()
) -> Iterator[tuple[LandmarkProcess, Peer]]:
    """A landmark in a process of its own, and what a prover knows of it."""
    names = [one.name for one in fields(Flaws) if getattr(flaws, one.name)]
    with tempfile.TemporaryDirectory() as folder:
        address = (host, 4460 if prefix else 0)
        trial = write_trial(Path(folder), [(LANDMARK_ID, address)], limits=limits, flaws=names)
        with LandmarkProcess(trial.landmarks[0], prefix=prefix) as process:
            yield process, read_prover(str(trial.prover)).peers[0]


async def _delay(delay_ms: float, exchanges: int, sides: Namespaces | None, awake: bool = False) -> dict[str, Any]:
    """One row: exchanges, and as many echoes, over the same kind of path."""
    prefix, host = (sides.prefix(0), sides.hosts[0]) if sides else ((), "127.0.0.1")
    with ExitStack() as stack:
        process, peer = stack.enter_context(_landmark(host=host, prefix=prefix))
        echo = stack.enter_context(Echo(host, prefix))
        if delay_ms and sides is None:
            peer = replace(peer, address=stack.enter_context(PathProcess(peer.address, delay_ms)).address)
            echo = stack.enter_context(PathProcess(echo, delay_ms)).address
        added_ns = round(2e6 * delay_ms)
        bursts: list[list[int]] = []
        endpoint = Endpoint(sides.bind(1) if sides else bind(host, 0))
        async with Prover(sides.bind(1) if sides else bind(host, 0), awake=awake) as prover:
            timings: list[Timing] = []
            failed = 0
            for share in _shares(exchanges):  # in turn, so that both meet the same machine
                done = await run_exchanges(prover, peer, share, patience=_PATIENCE)
                timings += done.timings
                failed += done.failed
                bursts += [burst for _ in range(share) if (burst := await echo_rtts_ns(endpoint, echo, _BURST))]
        endpoint.close()
        rtts_ns = [rtt_ns for timing in timings for rtt_ns in timing.rtts_ns]
        return {
            "where": "namespaces" if sides else "path" if delay_ms else "loopback",
            "awake": awake,
            "added_rtt_ms": added_ns / 1e6,
            "exchanges": len(timings),
            "failed": failed,
            "below_added": sum(rtt_ns < added_ns for rtt_ns in rtts_ns),
            "least_rtt_ms": min(rtts_ns) / 1e6,
            "median_excess_ms": median_ms([timing.min_rtt_ns - added_ns for timing in timings]),
            "median_excess_of_all_ms": median_ms([rtt_ns - added_ns for rtt_ns in rtts_ns]),
            "echo_median_excess_ms": median_ms([min(burst) - added_ns for burst in bursts]),
            "echo_median_excess_of_all_ms": median_ms([rtt_ns - added_ns for burst in bursts for rtt_ns in burst]),
            "median_processing_ms": median_ms([spent for timing in timings for spent in timing.processing_ns]),
            "stamps": process.stamps,
        }


def _shares(number: int) -> list[int]:
    """A number in parts of at most 10."""
    return [min(10, number - begun) for begun in range(0, number, 10)]


async def _many(number: int) -> dict[str, Any]:
    """Many exchanges in one run, and whether landmark and prover have counted the same."""
    with _landmark() as (process, peer):
        async with Prover(bind("127.0.0.1", 0)) as prover:
            done = await run_exchanges(prover, peer, number, at_once=_AT_ONCE, patience=_PATIENCE)
    totals = process.log[-1]["totals"]
    return {
        "asked": number,
        "at_once": _AT_ONCE,
        "finished": len(done.timings),
        "failed": done.failed,
        "measured": totals.get("measured", 0),
        "repeated": sum(timing.requests > 1 for timing in done.timings),
        "evicted": totals.get("evicted", 0),
        "open_at_the_end": process.log[-1]["unfinished"],
        "seconds": done.seconds,
    }


async def _flood(number: int, per_s: float) -> dict[str, Any]:
    """Junk from 32 hosts, while one honest prover asks again and again. The landmark has its default limits."""
    # Only the limit of the one honest host is lifted: it asks more often than any prover would.
    with _landmark("host_per_s = 400\nhost_burst = 400\nreport_s = 0.5\n") as (process, peer):
        memory = [memory_bytes(process.pid)]
        sender = multiprocessing.get_context("spawn").Process(
            target=flood, args=(peer.address, _FLOOD_HOSTS, junk(LANDMARK_ID, 1), number, per_s)
        )
        sender.start()
        try:
            served: list[Timing] = []
            failed, began = 0, asyncio.get_running_loop().time()
            async with Prover(bind("127.0.0.1", 0)) as prover:
                while sender.is_alive():
                    done = await run_exchanges(prover, peer, 1, patience=_PATIENCE)
                    served += done.timings
                    failed += done.failed
                    if len(memory) == 1 and asyncio.get_running_loop().time() - began > number / per_s / 10:
                        memory.append(memory_bytes(process.pid))
                    await asyncio.sleep(0.02)
            seconds = asyncio.get_running_loop().time() - began
        finally:
            sender.kill()
            sender.join()
        memory.append(memory_bytes(process.pid))
    totals = process.log[-1]["totals"]
    events = ("received", "begun", "nonces", "responses", "measured", "repeated_requests", "evicted")
    return {
        "sent": number,
        "seconds": seconds,
        "served": len(served),
        "failed": failed,
        "median_rtt_ms": median_ms([rtt_ns for timing in served for rtt_ns in timing.rtts_ns] or [0]),
        "memory_before": memory[0],
        "memory_early": memory[min(1, len(memory) - 2)],
        "memory_after": memory[-1],
        "received": totals.get("received", 0),
        "begun": totals.get("begun", 0),
        "evicted": totals.get("evicted", 0),
        "refused": {reason: count for reason, count in totals.items() if reason not in events},
    }


async def _attacks() -> list[dict[str, Any]]:
    """Each attack against a sound protocol and against one with its flaw; and a relay without any, which must not pass."""
    cases = {
        SOUND: [("none, a relay alone", plain_relay, SOUND)] + [(name, attack, SOUND) for name, attack in ATTACKS.items()]
    }
    for name, attack in ATTACKS.items():
        flaws = Flaws(**{name: True})
        # The other two flaws are the verifier's alone.
        of_landmark = flaws if flaws.attester_chosen_nonce or flaws.prover_reported_time_subtracted else SOUND
        cases.setdefault(of_landmark, []).append((name, attack, flaws))
    rows = []
    for of_landmark, staged in cases.items():
        with (
            _landmark(flaws=of_landmark) as (_, peer),
            PathProcess(peer.address, FAR_MS) as far,
            PathProcess(peer.address, SLOW_MS) as slow,
        ):
            paths = Paths(landmark_key=peer.public_key, near=peer.address, far=far.address, slow=slow.address)
            for name, attack, flaws in staged:
                appraisal = await attack(flaws, paths)
                rows.append(
                    {
                        "attack": name,
                        "protocol": "sound" if flaws == SOUND else "flawed",
                        "verdict": appraisal.verdict.value,
                        "reasons": list(appraisal.reasons),
                        "due": (appraisal.verdict is Verdict.CLEARED) is (flaws != SOUND),
                    }
                )
    return rows

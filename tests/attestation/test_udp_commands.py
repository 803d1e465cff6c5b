"""What a user types to run a landmark and a prover, and what the configuration files allow."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import fields, replace
from pathlib import Path

import pytest

from attestation import Flaws, InvalidArgument, Verdict
from attestation.__main__ import main
from attestation.commands import path as path_command
from attestation.commands.configuration import LIMITS, read_landmark, read_prover, read_verifier
from attestation.commands.settings import MAX_CONFIGURATION_BYTES
from attestation.udp import (
    LandmarkProcess,
    LandmarkServer,
    Limits,
    PathProcess,
    Prover,
    Record,
    attest,
    bind,
    namespaces,
    processes,
    write_trial,
)
from attestation.udp.load import Echo, echo_rtts_ns, memory_bytes, run_exchanges
from attestation.udp.namespaces import Namespaces
from attestation.udp.path import TunCarrier, carry, steady

from .field import seed
from .loopback import landmark, peer


def run(words: str, capsys) -> tuple[int, str, str]:
    try:
        code = main(words.split())
    except SystemExit as stop:
        code = int(str(stop.code))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture
def trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    return write_trial(
        tmp_path / "trial", [("sin-1", ("127.0.0.1", 0)), ("sin-2", ("127.0.0.1", 0))], limits="rounds = 2\ngrace_s = 0"
    )


class Serving:
    """Landmarks with the configuration of a trial, in a thread."""

    def __init__(self, configurations) -> None:
        self._configurations = configurations

    def __enter__(self) -> None:
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)))
        self._thread.start()
        ready.wait()

    def __exit__(self, *_) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _serve(self, ready) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        servers = []
        for name in self._configurations:
            said = read_landmark(str(name))
            servers.append(
                LandmarkServer(
                    bind(said.host, said.port),
                    landmark_id=said.landmark_id,
                    key=said.key,
                    audience=said.audience,
                    limits=said.limits,
                )
            )
        serving = [asyncio.create_task(server.serve(self._stop)) for server in servers]
        ready.set()
        await asyncio.gather(*serving)


def test_a_session_is_written_down_and_appraised_from_the_file(trial, capsys):
    with Serving(trial.landmarks):
        code, out, _ = run(f"prover --config {trial.prover} --record one.json", capsys)
        assert (code, out.count("least of 2 round trips")) == (0, 2)
        words = f"prover --config {trial.prover} --record two.json --json --challenge {seed('challenge').hex()}"
        code, out, _ = run(words, capsys)
    assert code == 0
    for row in json.loads(out)["landmarks"]:
        assert (row["refused"], row["answered"], row["sent"]) == (None, 2, 2)
        assert 0 < row["least_processing_ns"] < row["min_rtt_ns"]
    assert Record.from_json(Path("two.json").read_text()).challenge == seed("challenge")
    code, out, _ = run(f"verify one.json --trust {trial.trust}", capsys)
    assert (code, out.split("\n")[0]) == (0, "cleared")
    assert "of sin-2" in out
    described = json.loads(run(f"verify two.json --trust {trial.trust} --json", capsys)[1])
    assert (described["verdict"], described["reasons"], len(described["bounds"])) == ("cleared", [], 2)


def test_a_landmark_that_does_not_answer_is_named(trial, capsys):
    hasty = trial.prover.read_text().replace(
        "port = 0\n", "port = 0\nsilence_s = 0.3\nrequests = 1\nat_once = 2\nawake = true\n", 1
    )
    trial.prover.write_text(hasty)
    with Serving(trial.landmarks[:1]):
        code, out, _ = run(f"prover --config {trial.prover} --record one.json", capsys)
    assert (code, out.split("\n")[1]) == (0, "sin-2: no_answer")
    assert "no measurement of sin-2" in run(f"verify one.json --trust {trial.trust}", capsys)[1]
    assert run(f"prover --config {trial.prover} --record none.json", capsys)[0] == 1
    code, out, _ = run(f"verify none.json --trust {trial.trust}", capsys)
    assert (code, out.split("\n")[0]) == (1, "invalid, measurement_missing")


def test_a_record_that_was_changed_or_is_none_is_invalid(trial, capsys):
    Path("junk.json").write_text("{}")
    code, out, _ = run(f"verify junk.json --trust {trial.trust} --json", capsys)
    assert (code, json.loads(out)["reasons"]) == (1, ["record_malformed"])
    with Serving(trial.landmarks):
        run(f"prover --config {trial.prover} --record one.json", capsys)
    said = json.loads(Path("one.json").read_text())
    said["timed"][0]["measurement"] = said["timed"][1]["measurement"]
    Path("one.json").write_text(json.dumps(said))
    code, out, _ = run(f"verify one.json --trust {trial.trust}", capsys)
    assert (code, out.split("\n")[0]) == (1, "invalid, bad_signature")


def test_a_record_is_never_overwritten_and_none_is_left_behind(trial, capsys, monkeypatch):
    Path("there.json").write_text("mine")
    assert run(f"prover --config {trial.prover} --record there.json", capsys)[0] == 2
    assert Path("there.json").read_text() == "mine"

    async def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("attestation.commands.prover.attest", interrupted)
    assert run(f"prover --config {trial.prover} --record new.json", capsys)[0] == 3
    assert not Path("new.json").exists()


def test_a_landmark_says_where_it_answers_and_ends_after_its_time(trial, capsys):
    code, _, err = run(f"landmark --config {trial.landmarks[0]} --seconds 0.1", capsys)
    started, stopped = (json.loads(line) for line in err.splitlines())
    assert code == 0
    assert (started["event"], started["landmark_id"], stopped["event"]) == ("started", "sin-1", "stopped")
    assert started["stamps"] == ("kernel" if sys.platform == "linux" else "process")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_landmark_that_is_interrupted_ends_in_order(trial, capsys, number):
    timer = threading.Timer(0.5, os.kill, (os.getpid(), number))
    timer.start()
    code, _, err = run(f"landmark --config {trial.landmarks[0]}", capsys)
    timer.join()
    assert (code, json.loads(err.splitlines()[-1])["event"]) == (3, "stopped")


def test_the_log_spells_bytes_in_hexadecimal(capsys):
    from attestation.udp.log import nowhere, to_stderr

    to_stderr("seen", session=b"\x01\xff", number=1)
    said = json.loads(capsys.readouterr().err)
    assert (said["event"], said["session"], said["number"]) == ("seen", "01ff", 1)
    nowhere("seen")
    assert capsys.readouterr() == ("", "")


def test_trial_says_what_to_type_and_its_keys_are_their_owners_only(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code, out, _ = run("trial there --landmarks 2 --port 4470 --profile p384", capsys)
    assert (code, out.count("landmark --config there/landmark-")) == (0, 2)
    configuration = read_landmark("there/landmark-2.toml")
    assert (configuration.port, configuration.key.algorithm, configuration.limits) == (4471, -51, Limits())
    for name in tmp_path.rglob("*.key.pem"):
        assert name.stat().st_mode & 0o077 == 0
    assert run("trial there", capsys)[0] == 2


def test_every_limit_has_a_key_a_range_and_the_same_default():
    assert list(LIMITS) == [one.name for one in fields(Limits)]
    assert Limits(**{name: key.default for name, key in LIMITS.items()}) == Limits()
    assert all(key.allows(key.default) for key in LIMITS.values())


def edited(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("rounds = 2", "rounds = 17", "limits.rounds = 17: an integer from 1 to 16 is due"),
        ("rounds = 2", "rounds = 2.0", "limits.rounds = 2.0: an integer from 1 to 16 is due"),
        ("rounds = 2", "rounds = true", "limits.rounds = True"),
        ("rounds = 2", "timeout_ms = nan", "limits.timeout_ms = nan: a number from 1 to 1000 is due"),
        ("rounds = 2", "timeout_ms = 'x'", "limits.timeout_ms = 'x'"),
        ("rounds = 2", "speed = 1", "limits.speed is no key of this file"),
        ("[limits]", "[[limits]]", "limits = "),
        ('landmark_id = "sin-1"', 'landmark_id = ""', "landmark_id = '': a text of 1 to 64 characters is due"),
        ('landmark_id = "sin-1"\n', "", "landmark_id is missing"),
        ('landmark_id = "sin-1"\n', 'landmark_id = "sin-1"\nmore = 1\n', "more is no key"),
        ("flaws = []", 'flaws = ["all"]', "flaws = ['all']: an array of texts out of attester_chosen_nonce"),
        ("flaws = []", "flaws = 1", "flaws = 1"),
        ('key = "sin-1.key.pem"', 'key = "none.pem"', "none.pem: No such file"),
        ('key = "sin-1.key.pem"', 'key = "sin-1.pem"', "not a private key"),
        ("[limits]", "[limits", "not TOML"),
        ('host = "127.0.0.1"', 'host = "192.0.2.1"', "192.0.2.1"),
    ],
)
def test_a_mistake_in_a_landmarks_configuration_names_key_value_and_range(trial, capsys, old, new, said):
    edited(trial.landmarks[0], old, new)
    code, out, err = run(f"landmark --config {trial.landmarks[0]} --seconds 0.1", capsys)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('ueid = "01', 'ueid = "02', "chip.ueid = '02"),
        ('ueid = "01', '# "', "chip.ueid is missing"),
        ("port = 0", "awake = 1", "awake = 1: true or false is due"),
        ("dbgstat = 3", "dbgstat = 1", "chip.dbgstat = 1: an integer from 2 to 4 is due"),
        ("latitude_deg = 1.35", "latitude_deg = 91", "chip.latitude_deg = 91: a number from -90 to 90 is due"),
        ('"chip.chain.pem"', '"chip.key.pem"', "no certificates in PEM"),
        ('key = "sin-1.pem"', 'key = "chip.key.pem"', "landmarks.key"),
        ("[[landmarks]]", "[[other]]\n[[landmarks]]", "other is no key"),
        ("[[landmarks]]", "[landmarks.x]\n[[other]]", "[[landmarks]]: 1 to 72 tables are due"),
    ],
)
def test_a_mistake_in_a_provers_configuration_names_key_value_and_range(trial, capsys, old, new, said):
    text = trial.prover.read_text()
    if new.startswith("[landmarks.x]"):
        text = text[: text.index("[[landmarks]]")] + "[[landmarks]]\n"
        trial.prover.write_text(text)
    edited(trial.prover, old, new)
    code, out, err = run(f"prover --config {trial.prover} --record one.json", capsys)
    assert (code, out) == (2, "")
    assert said in err
    assert not Path("one.json").exists()


def test_all_mistakes_are_said_at_once(trial, capsys):
    edited(trial.landmarks[0], "rounds = 2", "rounds = 0\nmost_open = 0")
    edited(trial.landmarks[0], "port = ", "port = 1")
    _, _, err = run(f"landmark --config {trial.landmarks[0]} --seconds 1", capsys)
    for key in ("rounds", "most_open", "port"):
        assert key in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("landmark --config none.toml", "none.toml: No such file"),
        ("landmark --config {landmark} --seconds 0", "--seconds"),
        ("landmark --config large.toml", "more than"),
        ("prover --config {prover} --record x.json --challenge zz", "--challenge must be hexadecimal"),
        ("prover --config {prover} --record x.json --challenge 00", "32 bytes"),
        ("prover --config {prover} --record no/x.json", "no/x.json"),
        ("verify x.json --trust none.toml", "none.toml"),
        ("verify x.json --trust {trust} --at 2027-01-31", "--at"),
        ("verify none.json --trust {trust}", "none.json"),
        ("trial x --landmarks 0", "--landmarks must be from 1 to 72"),
        ("trial x --port 65536", "--port"),
        ("trial large.toml", "large.toml"),
        ("path --ms 5", "--to"),
        ("path --ms -1 --to 127.0.0.1:9", "--ms"),
        ("path --ms 5 --to 127.0.0.1:9 --seconds nan", "--seconds"),
        ("path --ms 5 --to 127.0.0.1", "--to must be HOST:PORT"),
        ("path --ms 5 --to 127.0.0.1:99999", "--to must be HOST:PORT"),
        ("path --ms 5 --to 127.0.0.1:9 --listen 9", "--listen must be HOST:PORT"),
        ("path --ms 5 --to 127.0.0.1:9 --to 127.0.0.1:9", "one --ms for each --to"),
        ("path --ms 5 --tun a", "--tun must name two devices"),
        ("path --ms 5 --tun a/b,c/d", "--tun a/b,c/d"),
    ],
)
def test_a_users_mistake_is_one_clear_message_and_exit_code_2(trial, capsys, words, said):
    Path("large.toml").write_text("#" * (MAX_CONFIGURATION_BYTES + 1))
    named = words.format(landmark=trial.landmarks[0], prover=trial.prover, trust=trial.trust)
    code, out, err = run(named, capsys)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


def test_a_trial_may_have_flaws_and_a_policy_of_its_own(tmp_path):
    flawed = write_trial(tmp_path / "flawed", [("one", ("127.0.0.1", 0))], flaws=["one_key_per_host"])
    edited(flawed.trust, "\n[[landmarks]]", "\n[policy]\nsigning_allowance_ns = 5\n[[landmarks]]")
    assert read_landmark(str(flawed.landmarks[0])).flaws == Flaws(one_key_per_host=True)
    verifier = read_verifier(str(flawed.trust))
    assert (verifier.flaws.one_key_per_host, verifier.policy.signing_allowance_ns) == (True, 5)


def test_the_prover_may_ask_elsewhere_than_the_landmark_answers(tmp_path):
    trial = write_trial(tmp_path, [("one", ("127.0.0.1", 4470))], asked_at=[("127.0.0.9", 99)])
    assert read_prover(str(trial.prover)).peers[0].address == ("127.0.0.9", 99)


def test_path_forwards_until_it_is_ended(capsys, monkeypatch):
    """Its own loop is tested with the exchange; here: what it says, and how it ends."""
    code, _, err = run("path --ms 1 --to 127.0.0.1:9 --seconds 0.01", capsys)
    started, stopped = (json.loads(line) for line in err.splitlines())
    ((host, port),) = started["addresses"]
    assert (code, host, port > 0, started["delays_ms"], stopped["handed_on"]) == (0, "127.0.0.1", True, [1.0], 0)

    def ended(paths, stopped):
        for carrier, _ in paths:
            carrier.close()
        assert [delay(b"any") for _, delay in paths] == [1_000_000, 2_500_000]
        assert not stopped()
        signal.raise_signal(signal.SIGTERM)
        assert stopped()
        return 7

    monkeypatch.setattr(path_command, "carry", ended)
    before = signal.getsignal(signal.SIGTERM)
    code, _, err = run("path --ms 1 --to 127.0.0.1:9 --ms 2.5 --to 127.0.0.1:10", capsys)
    assert (code, json.loads(err.splitlines()[-1])["handed_on"]) == (3, 7)
    assert signal.getsignal(signal.SIGTERM) is before


class Pipes:
    """TUN devices as pipes: what is written to one's far end comes out of the other's."""

    def __init__(self, monkeypatch) -> None:
        self.ends = [os.pipe(), os.pipe()]
        self._ways = iter(self.ends)
        monkeypatch.setattr("attestation.udp.path.os.open", lambda *_: self._open())
        monkeypatch.setattr("attestation.udp.path.fcntl.ioctl", lambda *_: 0)

    def _open(self) -> int:
        read, _ = next(self._ways)
        os.set_blocking(read, False)
        return read


def test_what_leaves_one_device_is_held_and_comes_out_of_the_other(monkeypatch):
    pipes = Pipes(monkeypatch)
    written = []
    monkeypatch.setattr("attestation.udp.path.os.write", lambda side, packet: written.append((side, packet, clock())))
    clock = time.monotonic_ns
    carrier = TunCarrier(("a", "b"))
    left_ns = clock()
    with open(pipes.ends[0][1], "wb") as near, open(pipes.ends[1][1], "wb"):
        near.write(b"packet")
        near.flush()
        assert carry([(carrier, steady(3_000_000))], lambda: bool(written)) == 1
    ((side, packet, arrived_ns),) = written
    assert (side, packet) == (pipes.ends[1][0], b"packet")
    assert arrived_ns - left_ns >= 3_000_000


def test_of_two_paths_the_shorter_hands_on_first_whatever_came_first():
    """A packet on the way of 30 ms, then one on that of 0."""
    from attestation.udp.path import UdpCarrier

    fronts = [bind("127.0.0.1", 0) for _ in range(2)]
    with bind("127.0.0.1", 0) as far, bind("127.0.0.1", 0) as near:
        for front, packet in zip(fronts, (b"slow", b"fast"), strict=True):
            near.sendto(packet, front.getsockname())
        far.settimeout(5)
        paths = [
            (UdpCarrier(front, far.getsockname()), steady(ms * 1_000_000)) for front, ms in zip(fronts, (30, 0), strict=True)
        ]
        stop = threading.Event()
        thread = threading.Thread(target=carry, args=(paths, stop.is_set))
        thread.start()
        assert [far.recv(9), far.recv(9)] == [b"fast", b"slow"]
        stop.set()
        thread.join()


def test_a_device_that_is_down_or_not_permitted_loses_nothing_else(monkeypatch):
    from attestation.udp import path as module

    assert module._read(-1) is None
    module._writing(-1, b"packet")()

    def refused(*_):
        raise PermissionError(1, "Operation not permitted")

    Pipes(monkeypatch)
    monkeypatch.setattr("attestation.udp.path.fcntl.ioctl", refused)
    with pytest.raises(PermissionError):
        TunCarrier(("a", "b"))


def test_a_path_remembers_so_many_provers_and_holds_so_much(monkeypatch):
    from attestation.udp import path as module

    monkeypatch.setattr(module, "_MOST_CLIENTS", 1)
    monkeypatch.setattr(module, "_MOST_HELD", 3)
    sock = bind("127.0.0.1", 0)
    with bind("127.0.0.1", 0) as one, bind("127.0.0.1", 0) as other, bind("127.0.0.1", 0) as far:
        carrier = module.UdpCarrier(sock, far.getsockname())
        for sender in (one, other, other, other):
            sender.sendto(b"x", sock.getsockname())
        turns = iter([False] * 3 + [True])
        carry([(carrier, steady(0))], lambda: next(turns))
        assert len(carrier._backs) == 1


def test_processes_start_answer_and_are_stopped(trial):
    """One landmark and one path in processes of their own; the only such test in the short suite."""

    async def attested(address):
        configuration = read_prover(str(trial.prover))
        async with Prover(bind("127.0.0.1", 0)) as prover:
            peers = [replace(configuration.peers[0], address=address)]
            return await attest(prover, configuration.chip, peers)

    with LandmarkProcess(trial.landmarks[0], seconds=60) as process, PathProcess(process.address, 2.0, seconds=60) as path:
        record = asyncio.run(attested(path.address))
        assert (memory_bytes(process.pid) or 1) > 0
        assert process.stamps in ("kernel", "process")
    appraisal = record.appraise(read_verifier(str(trial.trust)))
    assert appraisal.verdict is Verdict.CLEARED
    assert appraisal.bounds[0].rtt_ns >= 4_000_000
    assert (process.code, path.code, process.log[-1]["event"]) == (3, 3, "stopped")


class Fake(processes._Process):
    """A process that says and does what a test wants."""

    def __init__(self, code: str) -> None:
        super().__init__([], ())
        self._command = [sys.executable, "-c", code]


def test_a_tunnel_joins_two_devices():
    words = processes.TunnelProcess(("a", "b"), 2.5, seconds=9.0)._command
    assert words[words.index("path") :] == ["path", "--ms", "2.5", "--tun", "a,b", "--seconds", "9.0"]


def test_a_process_that_does_not_start_says_why():
    with pytest.raises(InvalidArgument, match="it has not started: error: no"), Fake("exit('error: no')"):
        pass


def test_a_process_that_will_not_end_is_ended(monkeypatch):
    monkeypatch.setattr(processes, "_STOP_S", 0.1)
    deaf = "import os, signal; signal.signal(15, signal.SIG_IGN); os.write(2, b'{}\\n'); signal.pause()"
    with Fake(deaf) as process:
        pass
    assert process.code == -signal.SIGKILL


def test_a_bare_echo_is_timed_and_what_it_loses_is_left_out(monkeypatch):
    monkeypatch.setattr("attestation.udp.load._LOST_S", 0.05)

    async def run():
        from attestation.udp import Endpoint

        endpoint = Endpoint(bind("127.0.0.1", 0))
        with Echo() as address:
            heard = await echo_rtts_ns(endpoint, address, 5)
        with bind("127.0.0.1", 0) as silent:
            unheard = await echo_rtts_ns(endpoint, silent.getsockname(), 1)
        with bind("127.0.0.1", 0) as stranger:
            stranger.sendto(b"junk", endpoint.address)
            assert await echo_rtts_ns(endpoint, ("127.0.0.1", 9), 1) == []
        endpoint.close()
        return heard, unheard

    heard, unheard = asyncio.run(run())
    assert 1 <= len(heard) <= 5
    assert all(rtt_ns > 0 for rtt_ns in heard)
    assert unheard == []


def test_a_run_of_exchanges_counts_what_failed_and_ends_in_time():
    from attestation.udp import Patience

    async def run():
        async with landmark() as server, Prover(bind("127.0.0.1", 0)) as prover:
            done = await run_exchanges(prover, peer(server.address), 6, at_once=3)
            hasty = Patience(silence_s=0.01, requests=1)
            failed = await run_exchanges(prover, peer(("127.0.0.1", 9)), 2, patience=hasty)
            late = await run_exchanges(prover, peer(server.address), 2, seconds=-1.0)
            return done, failed, late

    done, failed, late = asyncio.run(run())
    assert (len(done.timings), done.failed, len(failed.timings), failed.failed) == (6, 0, 0, 2)
    assert (late.timings, late.failed) == ((), 0)


def test_the_memory_of_nobody_is_unknown():
    assert memory_bytes(-1) is None


def permitted() -> bool:
    try:
        with Namespaces(0.0, seconds=5.0):
            return True
    except InvalidArgument:
        return False


@pytest.mark.verify
def test_between_network_namespaces_no_round_trip_is_shorter_than_the_path(tmp_path):
    if not permitted():
        pytest.skip("network namespaces are not permitted here")

    async def run(sides):
        trial = write_trial(tmp_path / "trial", [("sin-1", (sides.hosts[0], 4460))])
        with LandmarkProcess(trial.landmarks[0], prefix=sides.prefix(0), seconds=60):
            async with Prover(sides.bind(1)) as prover:
                return await run_exchanges(prover, read_prover(str(trial.prover)).peers[0], 10)

    with Namespaces(7.0, seconds=60.0) as sides:
        done = asyncio.run(run(sides))
    assert (len(done.timings), done.failed) == (10, 0)
    assert all(rtt_ns >= 14_000_000 for timing in done.timings for rtt_ns in timing.rtts_ns)


class NoPath:
    """Stands for the process that carries packets between the namespaces."""

    def __init__(self, devices, delay_ms, *, seconds) -> None:
        self.stopped = 0

    def __enter__(self):
        return self

    def stop(self) -> None:
        self.stopped += 1


class NoLibc:
    def __init__(self, code: int) -> None:
        self.entered, self._code = [], code

    def setns(self, descriptor: int, kind: int) -> int:
        self.entered.append(descriptor)
        return self._code


def test_namespaces_are_made_entered_and_removed(monkeypatch, tmp_path):
    """Without the rights for it: the commands in their order, and that whatever was made is removed when one fails."""
    said, failing = [], []

    def told(words, **_):
        said.append(" ".join(words[1:]))
        return subprocess.CompletedProcess(words, int(bool(failing) and failing[0] in said[-1]), "", "not permitted\n")

    monkeypatch.setattr(namespaces, "TunnelProcess", NoPath)
    monkeypatch.setattr(namespaces.subprocess, "run", told)
    libc = NoLibc(0)
    monkeypatch.setattr(namespaces.ctypes, "CDLL", lambda *_, **__: libc)
    monkeypatch.setattr(namespaces, "_HOSTS", ("127.0.0.1", "127.0.0.1"))
    with Namespaces(1.0) as sides:
        names = [sides.prefix(side)[-1] for side in (0, 1)]
        monkeypatch.setattr(namespaces, "open", lambda _: Path(os.devnull).open(), raising=False)  # noqa: SIM115
        sides.bind(1).close()
        assert len(libc.entered) == 2
    for name in names:
        assert f"netns add {name}" in said
        assert f"netns delete {name}" in said
    assert sides._path.stopped == 1
    monkeypatch.setattr(namespaces.ctypes, "CDLL", lambda *_, **__: NoLibc(-1))
    with pytest.raises(InvalidArgument, match="setns"):
        sides.bind(0)
    said.clear()
    failing.append("link set")
    with pytest.raises(InvalidArgument, match=r"link set .* not permitted"), Namespaces(1.0):
        pass
    assert [words.split()[1] for words in said if words.startswith("netns")] == ["add", "delete"]

    def absent(*_, **__):
        raise FileNotFoundError("no ip")

    monkeypatch.setattr(namespaces.subprocess, "run", absent)
    with pytest.raises(InvalidArgument, match="no ip"), Namespaces(1.0):
        pass

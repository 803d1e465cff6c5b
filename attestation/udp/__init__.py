"""The timed exchange over UDP: a landmark, a prover, and the record of a session between them.

This is the one part of the package that reads clocks, draws random numbers and sends anything; what is sent, signed and
refused is decided by `exchange` and `session`. From Python, with a landmark in a process of its own:

    with tempfile.TemporaryDirectory() as name:
        trial = write_trial(Path(name), [("sin-1", ("127.0.0.1", 0))])             # keys, certificates, configurations
        with LandmarkProcess(trial.landmarks[0]) as landmark:                      # or serve(), below
            configuration = read_prover(str(trial.prover))                         # attestation.commands.configuration
            peers = configuration.peers                                            # replace(peer, address=...) for a path
            async with Prover(bind("127.0.0.1", 0)) as prover:
                record = await attest(prover, configuration.chip, peers)
        appraisal = record.appraise(read_verifier(str(trial.trust)))               # verdict and bounds

`Record.timed` has the prover's own time within each round trip, `processing_ns`: from the arrival of a nonce, by the
kernel's stamp, to the departure of the response. The round trips themselves are in `appraisal.bounds`, the least of each
landmark, and all of them in the measurements. For the timed exchange alone, without a chip around it:

    timing = await prover.exchange(Peer("sin-1", landmark_key, address), session_id, session_key)
    timing.rtts_ns, timing.processing_ns, timing.measurement, timing.transcript_sha256

A landmark on a socket of one's own, in any event loop:

    landmark = LandmarkServer(bind("127.0.0.1", 0), landmark_id="sin-1", key=key, audience="verifier.example.org")
    serving = asyncio.create_task(landmark.serve(stop))        # until the asyncio.Event is set; address: landmark.address

Landmark and prover in one process wait for each other's turn and time that too: measure between processes. Provers share a
socket, each with sessions of its own; the landmark limits requests by host and session key (`Limits`), which a benchmark
raises. `PathProcess(landmark.address, delay_ms=5)` puts an emulated path between the two, and provers ask at its address;
`PathsProcess([(address, delay_ms), ...])` does so for many pairs in one process, which has `addresses`. Delays are one way.
"""

from .datagrams import Address, Datagram, Endpoint, bind, resolve
from .landmark import LandmarkServer, Limits
from .processes import LandmarkProcess, PathProcess, PathsProcess
from .prover import Patience, Peer, Prover, Timing
from .record import Chip, Record, Timed, attest
from .trial import Trial, write_trial

__all__ = [
    "Address",
    "Chip",
    "Datagram",
    "Endpoint",
    "LandmarkProcess",
    "LandmarkServer",
    "Limits",
    "PathProcess",
    "PathsProcess",
    "Patience",
    "Peer",
    "Prover",
    "Record",
    "Timed",
    "Timing",
    "Trial",
    "attest",
    "bind",
    "resolve",
    "write_trial",
]

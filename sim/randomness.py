"""Keyed randomness: every draw is a function of who draws, what for, and on which occasion.

A draw is addressed by (seed, stream, entity, occasion) and never by its place in a sequence. So two policies meet the
same world, adding a lever disturbs no unrelated draw, and neither the order of processes nor the number of workers
changes a result. An occasion is a spell number, an absolute time slot or a decision number, never "the k-th challenge":
otherwise asking more often would change the world that is asked about.

Method: the counter-based generator Philox4x64-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011)
as numpy implements it. The key holds seed and stream, the counter holds entity and occasion. Words are turned into
numbers here, because numpy promises stable words but not stable distributions (NEP 19).
"""

from __future__ import annotations

import math
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.random import Philox
from numpy.typing import NDArray
from scipy.special import ndtri

FloatArray = NDArray[np.float64]
WordArray = NDArray[np.uint64]

SEED_LIMIT = 2**64
_DROPPED_BITS = np.uint64(12)  # 52 bits are kept, so that adding one half stays exact and below 1
_SPACING = 2.0**-52


class Stream(IntEnum):
    """The registry of streams. A number, once used, keeps its meaning for ever.

    Each comment says what the entity and the occasion are.
    """

    RUN = 1  # entity: run number; gives the seed of that run
    SITE_SIZE = 2  # entity: site; word 0 its rank for a size class, word 1 its place within the class
    SITE_PHASE = 3  # entity: site; when in the period its chips are challenged
    # 4 was where each chip of the initial stock stands
    LANDMARK_ORDER = 5  # entity: city in the landmark catalogue; its place in a random order
    PARAMETER = 6  # entity: row of the parameter table by a hash of its name, occasion: draw; its value within its range
    ROUND_SHIFT = 7  # entity: 0; by what share of the distance between phases the timetable of challenges is shifted
    LOT_DAY = 10  # entity: lot; when it ships within its interval
    LOT_SITE = 11  # entity: lot; which site it is declared for
    LOT_TRANSIT = 12  # entity: lot; word 0 transport, word 1 customs
    LOT_DIVERTED = 13  # entity: lot; whether a smuggler ordered it
    LOT_ROUTE = 14  # entity: lot; whether its declared site is in South-East Asia
    LOT_STRATEGY = 15  # entity: lot; which strategy the smuggler follows
    LOT_DWELL = 16  # entity: lot; how long it stays at the declared site
    LOT_SMUGGLED = 17  # entity: lot, occasion: parcel; how long the way into restricted territory takes
    LOT_TRUE_SITE = 18  # entity: lot; where in restricted territory it is used
    TIP = 20  # entity: lot; word 0 whether tips or customs ever expose it, word 1 when
    MOVE_DAY = 21  # entity: lot; when its owner lawfully moves it
    MOVE = 22  # entity: lot; word 0 where to, word 1 how long it travels, word 2 when it is reported
    # 30 and 31 were spells of single chips, one after the other
    OUTAGE_GAP = 32  # entity: site, occasion: outage number; time until the outage
    OUTAGE_LENGTH = 33  # entity: site, occasion: outage number
    CONGESTED_SITE = 34  # entity: site; word 0 whether it is congested every day, word 1 from which hour on
    CONGESTION_GAP = 35  # entity: site, occasion: episode number; time until the episode
    CONGESTION = 36  # entity: site, occasion: episode number; word 0 its length, word 1 its height
    CHIP_FAULT = 37  # rare events, see `sparse`: whether a chip fails on a day, when, and for how long
    CHALLENGE_LOST = 38  # rare events, slot of their level: whether all attempts of a challenge are lost
    JITTER_NEAREST = 39  # rare events, slot of their level: how slow the nearest landmark's answer is, if it is slow
    # 40 was packet loss, a word per attempt
    EXCESS_ENDPOINT = 41  # entity: place; what is slow about this end of a path
    EXCESS_PAIR = 42  # entity: the lower place number, occasion: the higher; what is slow about this path
    JITTER = 43  # entity: 0; the key of `cells`, whose indices are those of `world.jitter`
    ENROLMENT = 44  # entity: site, occasion: minute in which it begins; one word per round and landmark
    ROUTE_CHANGE_GAP = 45  # entity: pair of places, lower << 32 | higher, occasion: change number; time until the change
    ROUTE_CHANGE = 46  # entity: the same, occasion: change number; what is slow about the path from then on
    CLEARANCE_HUB = 47  # entity: rank of the hub; word w: what is slow about it in world w, see `world.clearance`
    CLEARANCE_LANDMARK = 48  # entity: rank of the landmark's city; the same for it
    CLEARANCE_PAIR = 49  # entity: rank of the hub, occasion: of the landmark; words 2w, 2w + 1: their path's own, jitter
    SIGNED_SAMPLE = 50  # cells: slot of the chip; whether it is followed, really signing, while it is in a case
    DEVICE_KEY = 51  # entity: chip; seed of its key
    VENDOR_KEY = 52  # entity: 0, its next root: 1; seed of the vendor's key
    NONCE = 53  # entity: chip, occasion: absolute time slot; challenges of one session and nonces of its landmarks
    SESSION_KEY = 54  # entity: chip, occasion: absolute time slot; seed of the session's key
    LANDMARK_KEY = 55  # entity: landmark's place number; seed of its key
    AUDIT = 56  # rare events, slot of their level: which challenges are really signed, by lot
    VISIT = 60  # entity: site, occasion: visit number; time until the next random inspection
    RECOGNISED = 61  # cells: slot of the chip, occasion: number of inspections that have looked for it before
    CASE_REVIEW = 62  # entity: site, occasion: number of its case; how long the review of an alert takes
    REMOTE_REQUEST = 63  # entity: site, occasion: number of its case; word 0 whether the operator answers, word 1 when
    CONSENT = 64  # entity: site, occasion: number of its case; word 0 whether the host country consents, word 1 when
    INSPECTED = 65  # cells: slot of the chip, occasion: day of the inspection; whether it is tested
    PLANNED_VISIT = 66  # entity: inspector, occasion: visit number; which site is visited
    CONSEQUENCE = 67  # entity: lot; word 0 when it follows, word 1 whether a penalty is collected, word 2 interdiction
    LOT_STAGING = 68  # entity: lot; what inspectors are shown in its place
    RMA_REPORTED = 90  # cells: slot of the chip, occasion: its generation; whether its owner reports its repairs
    OUTAGE_CAUSE = 100  # entity: site, occasion: outage number; what has caused it
    MAINTENANCE_GAP = 101  # entity: site, occasion: number of the work; time until it begins
    MAINTENANCE_ANNOUNCED = 102  # entity: site, occasion: number of the work; whether the authority knows
    CONFLICT_GAP = 103  # entity: region, occasion: number of the conflict; time until it begins
    CONFLICT_LENGTH = 104  # entity: region, occasion: number of the conflict
    LANDMARK_OUTAGE_GAP = 105  # entity: landmark's place number, occasion: outage number; time until the outage
    LANDMARK_OUTAGE_LENGTH = 106  # entity: landmark's place number, occasion: outage number
    RESALE_DAY = 107  # entity: lot; when its owner sells it to another site
    RESALE = 108  # entity: lot; words 0 to 2 as of `MOVE`, word 3 whether the sale is ever reported
    WITHDRAWAL_DAY = 109  # entity: lot; when its owner takes it out of use
    WITHDRAWAL = 110  # entity: lot; word 0 when that is reported, word 1 whether it ever is
    AIR_GAPPED = 111  # entity: site; whether its chips can be reached from outside
    STORAGE = 112  # entity: lot; word 0 whether it is put in storage, word 1 for how long
    LOT_PRODUCT = 120  # entity: lot; which product it is
    LOT_REGION = 121  # entity: lot; in which region its declared site is, unless a smuggler takes the usual route
    OPT_IN = 122  # entity: lot; whether its owner wants the mechanism where it is voluntary
    LOT_CHANNEL = 150  # entity: lot; through which channel the smuggler orders it
    PHYSICAL_ACT = 151  # cells: slot of the chip; whether what is done to it succeeds
    PARCEL_ACT = 152  # entity: lot, occasion: parcel; whether what is done for all of it succeeds
    CROSS_CHECK = 153  # entity: landmark's place number, occasion: another's; jitter when they time one another
    PROPOSED_NONCE = 180  # entity: chip, occasion: absolute time slot; nonces of its landmarks that the chip itself proposes
    HOST_KEY = 181  # entity: slot of a host's first chip over the chips in a host; seed of the host's key
    FORGED_KEY = 182  # entity: chip; seed of a key forged in its name
    DESIGN = 185  # a numpy generator keyed by base seed and stream: scrambles the sequence of a design of draws
    RESAMPLE = 188  # entity: block of resamples of a bootstrap, occasion: number of values; which values are taken
    SITE_SAMPLE = 190  # entity: 0; where a systematic sample of the sites begins
    KEY_REISSUE = 210  # entity: site, occasion: batch + 1, of the vendor's key 0; how long until its chips are endorsed anew
    BATCH_KEY = 211  # entity: production batch; seed of the key that its chips share
    ENDORSER_AUDIT = 212  # entity: site; when in the time between two audits its endorser is audited
    ENDORSER_SEAL = 213  # entity: lot, occasion: number of the audit of its site; whether a broken seal is seen
    ENDORSER_FAULT = 214  # entity: site, occasion: number of the fault; word 0 time until it, word 1 how long it lasts


class Sequences:
    """Sequences of random words by their address, one at a time.

    Args:
        seed: 0 <= seed < 2**64.
    """

    def __init__(self, seed: int) -> None:
        # One generator whose key and counter are overwritten for each sequence: five times faster than making a new one.
        self._generator = Philox(key=0)
        self._key = np.array([seed, 0], dtype=np.uint64)
        self._counter = np.zeros(4, dtype=np.uint64)
        self._state: Any = {
            "bit_generator": "Philox",
            "state": {"counter": self._counter, "key": self._key},
            "buffer": np.zeros(4, dtype=np.uint64),
            "buffer_pos": 4,  # an empty buffer: the next word comes from the counter, never from an earlier sequence
            "has_uint32": 0,
            "uinteger": 0,
        }

    def begin(self, stream: Stream, first: int, second: int) -> None:
        """Begin the sequence of a stream at counter (0, first, second, 0)."""
        self._key[1] = stream
        self._counter[1] = first
        self._counter[2] = second
        self._generator.state = self._state

    def take(self, count: int) -> WordArray:
        """The next 64-bit words of the sequence begun last, shape (count,)."""
        return self._generator.random_raw(count)


class Draws:
    """All random draws of one run.

    Args:
        seed: 0 <= seed < 2**64. Runs of one study take theirs from `run_seed`.
    """

    def __init__(self, seed: int) -> None:
        if not 0 <= seed < SEED_LIMIT:
            raise ValueError(f"seed: {seed!r} is not in 0..2**64-1")
        self.seed = seed
        self._sequences = Sequences(seed)

    def words(self, stream: Stream, entity: int, occasion: int = 0, count: int = 1) -> WordArray:
        """Random 64-bit words, shape (count,). The first words do not depend on `count`."""
        self._sequences.begin(stream, entity, occasion)
        return self._sequences.take(count)

    def uniforms(self, stream: Stream, entity: int, occasion: int = 0, count: int = 1) -> FloatArray:
        """Uniform numbers strictly between 0 and 1, shape (count,)."""
        words = self.words(stream, entity, occasion, count) >> _DROPPED_BITS
        uniforms: FloatArray = (words.astype(np.float64) + 0.5) * _SPACING
        return uniforms

    def uniform(self, stream: Stream, entity: int, occasion: int = 0) -> float:
        """One uniform number strictly between 0 and 1."""
        return float(self.uniforms(stream, entity, occasion)[0])

    def normals(self, stream: Stream, entity: int, occasion: int = 0, count: int = 1) -> FloatArray:
        """Standard normal numbers by inversion, shape (count,)."""
        normals: FloatArray = ndtri(self.uniforms(stream, entity, occasion, count))
        return normals

    def exponential(self, stream: Stream, entity: int, occasion: int = 0, *, mean: float) -> float:
        """One exponential waiting time, in the unit of `mean`."""
        return -mean * math.log(self.uniform(stream, entity, occasion))

    def data(self, stream: Stream, entity: int, occasion: int = 0, *, size: int) -> bytes:
        """`size` random bytes, for keys and nonces of the simulation only."""
        words = self.words(stream, entity, occasion, -(-size // 8))
        return words.astype("<u8").tobytes()[:size]


def lognormal(uniform: float, *, median: float, log_sd: float) -> float:
    """The lognormal value at a given quantile, in the unit of `median`."""
    return median * math.exp(log_sd * float(ndtri(uniform)))


def run_seed(base_seed: int, run: int, draw: int = 0) -> int:
    """The seed of a run of a draw of a study. Keyed, so that no two base seeds share a run as `base + run` would."""
    return int(Draws(base_seed).words(Stream.RUN, run, draw)[0])

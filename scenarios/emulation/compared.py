"""What was predicted beside what was measured: tables of exchanges and sessions, and what they come to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from scenarios.emulation.predicted import EmulatedChip
from scenarios.emulation.wires import Session, name_of
from sim.actors.evidence import NS_PER_MS
from sim.parameters import load_parameters

if TYPE_CHECKING:
    import pandas as pd

LEVELS = np.arange(0.05, 0.96, 0.05)
"""Quantiles at which two distributions of round-trip times are compared."""

FloatArray = NDArray[np.float64]


def exchange_table(sessions: Iterable[Session]) -> pd.DataFrame:
    """A row for each exchange that came to a measurement.

    Columns: site, way, round, landmark; predicted_ms by the simulator; path_ms, what of it was emulated; measured_ms, the
    least of the burst as the landmark has it; processing_ms, the prover's own time within that one.
    """
    import pandas as pd

    return pd.DataFrame(
        [row for session in sessions for row in _exchanges(session)],
        columns=["site", "way", "round", "landmark", "predicted_ms", "path_ms", "measured_ms", "processing_ms"],
    )


def _exchanges(session: Session) -> Iterator[tuple[object, ...]]:
    chip, number = session.chip, session.round
    landmarks = zip(chip.panel.landmarks, session.record.timed, session.rtts_ns, strict=True)
    for rank, (landmark, timed, rtts_ns) in enumerate(landmarks):
        if not rtts_ns:
            continue
        least = int(np.argmin(rtts_ns))
        processing_ns = timed.processing_ns[least] if len(timed.processing_ns) == len(rtts_ns) else np.nan  # some were lost
        yield (
            chip.declared.name,
            chip.way,
            number,
            name_of(landmark),
            chip.predicted_ms[number, rank],
            chip.emulated_ms[number, rank],
            rtts_ns[least] / NS_PER_MS,
            processing_ns / NS_PER_MS,
        )


def session_table(sessions: Iterable[Session]) -> pd.DataFrame:
    """A row for each session: site, way, round, verdicts predicted and measured, unreported landmarks, margin_ms.

    The margin is how much longer or shorter a time could have been without another verdict by any single landmark.
    """
    import pandas as pd

    rows = [
        (
            session.chip.declared.name,
            session.chip.way,
            session.round,
            session.chip.verdicts[session.round].value,
            session.appraisal.verdict.value,
            len(session.appraisal.unreported),
            margin_ms(session.chip, session.round),
        )
        for session in sessions
    ]
    return pd.DataFrame(rows, columns=["site", "way", "round", "predicted", "measured", "unreported", "margin_ms"])


def margin_ms(chip: EmulatedChip, number: int) -> float:
    """How near a round's times are to what any one landmark would need for another verdict, in ms."""
    limits_ms = np.stack([chip.panel.clearing_ms, chip.panel.contradicting_ms])
    return float(np.abs(chip.predicted_ms[number] - limits_ms).min())


@dataclass(frozen=True)
class Spread:
    """Some times: how many, median, 5 and 95 % quantiles, greatest; in ms."""

    number: int
    median: float
    low: float
    high: float
    greatest: float

    @classmethod
    def of(cls, times_ms: Sequence[float] | FloatArray) -> Spread:
        """Those of some times, at least one."""
        low, median, high = np.quantile(times_ms, (0.05, 0.5, 0.95))
        return cls(len(times_ms), float(median), float(low), float(high), float(np.max(times_ms)))


def furthest_quantiles_ms(exchanges: pd.DataFrame) -> float:
    """The largest difference between a quantile of the times measured and that of the predicted, from 5 to 95 %, in ms."""
    measured, predicted = (np.quantile(exchanges[column], LEVELS) for column in ("measured_ms", "predicted_ms"))
    return float(np.abs(measured - predicted).max())


@dataclass(frozen=True)
class Measured:
    """What was measured.

    Attributes:
        exchanges: see `exchange_table`.
        sessions: see `session_table`.
        processing_ms: of every answer, shape (answers,).
        echo_ms: what a bare echo takes beyond its path, shape (echoes,).
        model_ms: low, central and high of the simulator's own processing time.
        stamps: where provers took arrival from, "kernel" or "process".
    """

    exchanges: pd.DataFrame
    sessions: pd.DataFrame
    processing_ms: FloatArray
    echo_ms: FloatArray
    model_ms: tuple[float, float, float]
    stamps: str

    @property
    def added_ms(self) -> FloatArray:
        """What a round trip takes beyond its path, shape (exchanges,)."""
        return np.asarray(self.exchanges["measured_ms"] - self.exchanges["path_ms"])

    @property
    def errors_ms(self) -> FloatArray:
        """Measured less predicted, shape (exchanges,)."""
        return np.asarray(self.exchanges["measured_ms"] - self.exchanges["predicted_ms"])

    @property
    def within_ms(self) -> FloatArray:
        """The prover's processing within the least round trip of each burst, shape (exchanges,)."""
        return np.asarray(self.exchanges["processing_ms"].dropna())

    @property
    def error_ms(self) -> float:
        """What 95 % of the errors are below, in size."""
        return float(np.quantile(np.abs(self.errors_ms), 0.95))

    @property
    def apart(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Sessions whose verdicts differ: those within `error_ms` of another verdict, and those that it does not explain."""
        differ = self.sessions[self.sessions["predicted"] != self.sessions["measured"]]
        near = differ["margin_ms"] <= self.error_ms
        return differ[near], differ[~near]

    @property
    def agrees(self) -> bool:
        """Whether nothing was faster than its path, and errors explain every verdict that differs."""
        return not (self.added_ms < 0).any() and self.apart[1].empty


def measured_of(sessions: Sequence[Session], echo_ms: FloatArray) -> Measured:
    """The tables of some sessions, at least one of them with a measurement."""
    row = load_parameters().parameters["in_loop_processing_ms"]
    timed = [timed for session in sessions for timed in session.record.timed]
    return Measured(
        exchanges=exchange_table(sessions),
        sessions=session_table(sessions),
        processing_ms=np.array([time_ns for one in timed for time_ns in one.processing_ns]) / NS_PER_MS,
        echo_ms=echo_ms,
        model_ms=(row.low, row.central, row.high),
        stamps=" and the ".join(sorted({one.stamps for one in timed})),
    )

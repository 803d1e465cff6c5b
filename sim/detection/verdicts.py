"""The verdict on one round: exactly one of five, the first that applies."""

from __future__ import annotations

from enum import StrEnum, auto


class Verdict(StrEnum):
    """What one challenge has shown."""

    SILENT = auto()  # no answer
    INVALID = auto()  # the evidence was refused
    CONTRADICTION = auto()  # the distance bounds leave out the declared site
    CLEARED = auto()  # the bounds miss the restricted territory
    UNCONFIRMED = auto()  # everything else; "too far" is not a verdict


def round_verdict(*, answered: bool, evidence_accepted: bool, contradicted: bool, cleared: bool) -> Verdict:
    """The verdict on a round from what was observed in it."""
    if not answered:
        return Verdict.SILENT
    if not evidence_accepted:
        return Verdict.INVALID
    if contradicted:
        return Verdict.CONTRADICTION
    return Verdict.CLEARED if cleared else Verdict.UNCONFIRMED

"""Whose key signs an answer that is given in a chip's name."""

from __future__ import annotations

from enum import StrEnum, auto


class Key(StrEnum):
    """The signer of an answer."""

    OWN = auto()  # the chip's own, wherever that is by now
    HOST = auto()  # that of the host in which the chip was declared
    OTHER = auto()  # that of another chip
    FORGED = auto()  # a new one, endorsed with a vendor's signing key that has leaked
    BATCH = auto()  # one that all chips of a production batch share


REVOCABLE = frozenset({Key.FORGED, Key.BATCH})
"""Keys that pass until somebody notices, and not from then on."""

"""The path of an answer: the legs from a landmark to the key that answers, and what an adversary adds.

An adversary may relay, rent a faster circuit, or wait. Each adds time or leaves it as it is, and nothing subtracts: only a
key that has moved, or a flaw of the protocol, brings an answer back sooner than light permits. A relay next to a landmark is
a circuit from the landmark itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from .geography import Place

LIGHT = 1.0


@dataclass(frozen=True)
class Leg:
    """One leg of a path.

    Attributes:
        to: where it ends.
        circuit_speed: share of the speed of light in vacuum at which the adversary's own straight circuit runs, above 0 and
            up to 1, without excess or jitter; None is the internet. Microwave reaches 0.95 over a thousand km.
    """

    to: Place
    circuit_speed: float | None = None

    def __post_init__(self) -> None:
        """Raises ValueError if the circuit is faster than light."""
        if self.circuit_speed is not None and not 0 < self.circuit_speed <= LIGHT:
            raise ValueError(f"circuit_speed = {self.circuit_speed}: allowed above 0 to {LIGHT:g}, light in vacuum")


@dataclass(frozen=True)
class Path:
    """The legs from a landmark on, the last one ending where the key is, and time that the adversary adds, in ms."""

    legs: tuple[Leg, ...]
    added_ms: float = 0.0

    def __post_init__(self) -> None:
        """Raises ValueError if there is no leg, or time is subtracted."""
        if not self.legs:
            raise ValueError("legs = (): a path has at least one leg")
        if not self.added_ms >= 0:
            raise ValueError(f"added_ms = {self.added_ms}: allowed 0 or more, nobody can answer before being asked")

    def crossings(self, place: Place) -> int:
        """How often an answer crosses a place's link to the internet, one way and the other counted once."""
        ends = [leg for leg in self.legs if leg.circuit_speed is None and leg.to == place]
        onward = [leg for before, leg in zip(self.legs, self.legs[1:], strict=False) if before.to == place]
        return len(ends) + sum(leg.circuit_speed is None for leg in onward)


def direct(place: Place) -> Path:
    """The path of a chip that answers from a place over the internet."""
    return Path((Leg(place),))

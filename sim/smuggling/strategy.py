"""What a smuggler may do about challenges: the interface of all strategies.

A strategy changes facts of the world only: whether a moved chip answers, and over which path. Whether anybody notices is
for the verifier to find out; no strategy says what defeats it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from ..world.geography import Place
from ..world.paths import Path


@dataclass(frozen=True)
class Facts:
    """How a challenge to a chip fares in the world: the path of its answer, or None if it does not answer."""

    path: Path | None


class Strategy(ABC):
    """How the diverted chips of one lot behave once they are in restricted territory."""

    @abstractmethod
    def facts(self, declared_site: Place, true_site: Place) -> Facts:
        """The facts about a chip declared at one place and used at another."""

"""What a smuggler may do about challenges: the interface of all strategies.

A strategy changes facts of the world only: whether a moved chip answers, and over which path. Whether anybody notices is
for the verifier to find out; no strategy says what defeats it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from ..world.geography import Place


@dataclass(frozen=True)
class Facts:
    """How a challenge to a chip fares in the world.

    `path` lists the places an answer travels through from the landmark on, the last being where the key is; it is empty
    if no answer comes.
    """

    path: tuple[Place, ...]

    @property
    def answers(self) -> bool:
        """Whether an answer comes back if everything on the path is up."""
        return bool(self.path)


class Strategy(ABC):
    """How the diverted chips of one lot behave once they are in restricted territory."""

    @abstractmethod
    def facts(self, declared_site: Place, true_site: Place) -> Facts:
        """The facts about a chip declared at one place and used at another."""

"""What a smuggler may do about the verification of chips that he takes away: the interface of all strategies.

A strategy changes facts of the world only: where a chip is, which key answers over which path, what an inspector sees, what
the owner says. Whether anybody notices is for the authority to find out; no strategy says what defeats it. The chance that a
physical act succeeds is a fact too; the chance of passing a detector is not.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ..parameters import Values
from ..world.endorsers import Endorser
from ..world.geography import Place
from ..world.keys import Key as Key
from ..world.paths import Path
from ..world.sites import Site
from ..world.territory import Territory
from .staging import NOTHING, Staging


@dataclass(frozen=True)
class Answer:
    """How challenges to a chip are answered.

    Attributes:
        path: from a landmark to the key that answers.
        key: whose key signs.
        replayed_over: path to where answers lie that were signed beforehand, if there are any: of use where the attester
            chooses the nonces.
        reported_ms: processing time that the prover reports beyond what it needs: of use where that is subtracted.
        signed_sooner_ms: by how much sooner its hardware signs than that of honest chips: of use where the long-term key
            signs in the timed exchange and the time that this takes is subtracted.
        bribed: numbers of the landmarks that report what they would measure of an honest chip at the declared site.
        endorser: what has become of the endorser, where there is one.
    """

    path: Path
    key: Key = Key.OWN
    replayed_over: Path | None = None
    reported_ms: float = 0.0
    signed_sooner_ms: float = 0.0
    bribed: frozenset[int] = frozenset()
    endorser: Endorser = Endorser.IN_PLACE


@dataclass(frozen=True)
class Facts:
    """What is the case about chips that have left their declared site.

    Attributes:
        on_the_way: how challenges are answered until they arrive; None: not at all.
        at_true_site: the same from then on.
        staging: what is shown to inspectors at the declared site; None: what the scenario's mix says.
        said_to_be_in_repair: the owner reports them as sent to the maker for repair or as scrapped.
        pleads_outage: when asked, the owner says that they are out of order for the time being.
        floods_landmarks: requests without end keep the landmarks of the declared site busy, see `flood_days`.
        return_days: how long the way back takes, were they brought back for an inspection.
        chance: that the physical act behind all this succeeds, for each chip or for all that leave together.
        if_failed: what is the case otherwise.
    """

    on_the_way: Answer | None = None
    at_true_site: Answer | None = None
    staging: Staging | None = None
    said_to_be_in_repair: bool = False
    pleads_outage: bool = False
    floods_landmarks: bool = False
    return_days: float = math.inf
    chance: float = 1.0
    chance_of: Literal["chip", "parcel"] = "chip"
    if_failed: Facts | None = None

    @property
    def shown(self) -> Staging:
        """What is shown to inspectors; nothing, as long as nothing is said."""
        return self.staging if self.staging is not None else NOTHING

    @property
    def failed(self) -> Facts:
        """What is the case if the act fails: by default, the chips never answer."""
        return self.if_failed if self.if_failed is not None else replace(DARK, staging=self.staging)


DARK = Facts()
"""Chips that never answer again."""


@dataclass(frozen=True)
class Circumstances:
    """What a strategy may know of the chips that leave together.

    Attributes:
        declared_site: where they are declared.
        true_site: where they are used in the end.
        landmarks: that are asked about the declared site, nearest first.
        values: of the parameters.
        false_landmarks: numbers of those landmarks that stand elsewhere than stated.
    """

    declared_site: Place
    true_site: Place
    landmarks: tuple[Place, ...]
    values: Values
    false_landmarks: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Cost:
    """What a strategy costs a smuggler, in US dollars of 2026.

    Attributes:
        once_usd: whatever he moves, for each company of his and declared site.
        per_parcel_usd: for the chips that leave together.
        per_chip_usd: for each chip.
        share_of_price: for each chip, as a share of its price at list.
        per_day_usd: for each day on which challenges are answered, for each declared site.
    """

    once_usd: float = 0.0
    per_parcel_usd: float = 0.0
    per_chip_usd: float = 0.0
    share_of_price: float = 0.0
    per_day_usd: float = 0.0


class Strategy(ABC):
    """How a smuggler has chips verified, or not, that he takes away. A new one is one file and one line in the register.

    Attributes:
        needs: what he must have or be able to do, in words.
        moves: whether the chips leave their declared site at all; if not, they are used from afar.
        activates: whether they are installed at the declared site first; if not, they leave while they are being shipped.
        takes_legacy: whether he buys chips without the mechanism out of the stock abroad.
    """

    needs: str = "nothing"
    moves: bool = True
    activates: bool = True
    takes_legacy: bool = False

    @abstractmethod
    def facts(self, of: Circumstances) -> Facts:
        """What is the case once the chips have left."""

    @abstractmethod
    def cost(self, values: Values) -> Cost:
        """What that costs."""

    def preparation_days(self, chips: int, values: Values) -> float:
        """Days from the delivery of some chips until they can leave, besides what the channel takes."""
        return 0.0

    def site_delay_ms(self, values: Values) -> float:
        """Delay that his company adds to every answer from its declared site, from the first day on."""
        return 0.0

    def false_landmarks(self, landmarks: Sequence[Place], true_sites: Sequence[Place], values: Values) -> dict[int, Place]:
        """Landmarks of his, by number, that stand elsewhere than stated, and where.

        Args:
            landmarks: those nearest to the sites of the main smuggling route, the one nearest to most chips first.
            true_sites: where diverted chips are used.
        """
        return {}

    def declared_sites(self, candidates: Sequence[Site], restricted: Territory) -> Sequence[Site]:
        """Sites at which he orders, of those of the usual route."""
        return candidates

    def true_site(self, declared_site: Place, destinations: Sequence[Place]) -> Sequence[Place]:
        """Places in restricted territory at which he may use the chips."""
        return destinations

"""Endorsers: devices of the authority in data centres, which time the chips around them and answer for where they are.

An endorser measures metres where a landmark measures hundreds of kilometres, if only the chip answers soon enough: what it
takes to answer, and how much that varies, is distance that a key may be away. That it stands where it is said to rests on
audits, or on landmarks that time it in turn.

Source: the three deployments are those of Lucid Computing (2025): landmarks on the network, an endorser beside the chips, or
both. Processing and jitter of hosts: plugin-rtt-anchor (location-proofs, 2026).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum, auto

import numpy as np
from numpy.typing import NDArray

from ..parameters import Values
from .bounds import KM_PER_MS
from .geography import Place, distances_km
from .paths import Path
from .sites import Site

BoolArray = NDArray[np.bool_]


class Endorser(StrEnum):
    """What has become of the endorser that is asked about chips which have left."""

    IN_PLACE = auto()  # sealed, at the declared site
    MOVED = auto()  # sealed, with the chips
    OPENED = auto()  # at the declared site, and it says what it is told to


def endorsed_sites(sites: Sequence[Site], least_chips: int) -> BoolArray:
    """Which sites have endorsers: those of at least so many chips that are not air-gapped, shape (sites,)."""
    return np.array([site.capacity_chips >= least_chips and not site.air_gapped for site in sites], bool)


def endorsers_needed(sites: Sequence[Site], least_chips: int, values: Values) -> int:
    """How many endorsers stand at some sites in all: one for each `chips_per_endorser`, at least one for a site."""
    has_one = endorsed_sites(sites, least_chips).tolist()
    each = values["chips_per_endorser"]
    return sum(math.ceil(site.capacity_chips / each) for site, has in zip(sites, has_one, strict=True) if has)


def reach_km(values: Values) -> float:
    """How far from an endorser a key can be that answers in time, if all but the way took no time at all, in km.

    The limit has to let honest chips pass: it is their processing and the jitter of their host, turned into distance at the
    speed of light.
    """
    return KM_PER_MS["vacuum"] * (values["in_loop_processing_ms"] + values["endorser_jitter_ms"])


def vouches(endorser: Endorser, path: Path, declared_site: Place, values: Values) -> bool:
    """Whether the endorser says of an answer that the chip is beside it.

    Args:
        endorser: what has become of it.
        path: of the answer, whose last leg ends where the key is. The way there from the endorser counts as a straight line
            at the speed of light, the best that any relay could do.
        declared_site: where the endorser stands, unless it has been moved.
        values: of the parameters.
    """
    if endorser is not Endorser.IN_PLACE:
        return True
    away_km = distances_km([declared_site.position], [path.legs[-1].to.position])[0, 0]
    return bool(away_km <= reach_km(values))

"""What a verifier concludes, with its reasons.

An authentic token proves who answered, and that the answer is fresh. It does not prove where the chip is: the position is
a claim, a signature can be relayed, and only a round-trip time bounds distance. So there are four verdicts, and the first
that applies counts. A bound is one-sided: it can prove that a chip is near a landmark, never that it is far away.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, auto

from .bounds import distance_bound_km, least_distance_km
from .claims import Claims
from .errors import InvalidArgument, Refused
from .keys import PublicKey
from .spdm import Reports

MAX_LANDMARK_ID_CHARS = 64
MAX_CLEARANCE_KM = 20_040
"""Half the Earth's circumference at the equator, rounded up, in km."""


class Verdict(StrEnum):
    """What one attestation has shown."""

    INVALID = auto()  # the evidence was refused
    CONTRADICTION = auto()  # a distance bound leaves out the claimed position
    CLEARED = auto()  # a distance bound misses the restricted territory
    UNCONFIRMED = auto()  # everything else


class Finding(StrEnum):
    """Reason codes of verdicts on evidence that was not refused; refusals have their own, see `errors`."""

    CLAIMED_POSITION_OUTSIDE_BOUND = auto()
    TERRITORY_WITHIN_BOUNDS = auto()
    CLAIM_TOO_VAGUE = auto()
    NOT_TIMED = auto()


@dataclass(frozen=True, kw_only=True)
class Landmark:
    """A landmark as the verifier knows it.

    Attributes:
        landmark_id: its identifier.
        public_key: the key that signs its measurements.
        latitude_deg: position on WGS 84.
        longitude_deg: position on WGS 84.
        clearance_km: geodesic distance to the nearest point of the restricted territory, in km: a chip nearer than that
            is outside.
    """

    landmark_id: str
    public_key: PublicKey
    latitude_deg: float
    longitude_deg: float
    clearance_km: float

    def __post_init__(self) -> None:
        """Raises InvalidArgument if a value makes no sense: a landmark that is nowhere would never contradict."""
        if not 0 < len(self.landmark_id) <= MAX_LANDMARK_ID_CHARS:
            raise InvalidArgument(f"landmark_id must have 1 to {MAX_LANDMARK_ID_CHARS} characters")
        if not (-90 <= self.latitude_deg <= 90 and -180 <= self.longitude_deg <= 180):
            raise InvalidArgument(f"landmark at {self.latitude_deg}, {self.longitude_deg} degrees")
        if not 0 <= self.clearance_km <= MAX_CLEARANCE_KM:
            raise InvalidArgument(f"clearance_km must be from 0 to {MAX_CLEARANCE_KM}, not {self.clearance_km}")


@dataclass(frozen=True)
class Bound:
    """What one landmark has proved: the chip is within `radius_km`, since it answered in `rtt_ns`."""

    landmark: Landmark
    rtt_ns: int
    radius_km: float


@dataclass(frozen=True, kw_only=True)
class Appraisal:
    """The verifier's conclusion on one attestation.

    Attributes:
        verdict: one of four.
        reasons: codes; empty only if the chip is cleared.
        detail: the same for people.
        ueid: the chip; of refused evidence, the one that was asked, or None if that is not known.
        claims: what it claimed, if the evidence was accepted.
        bounds: what the landmarks have proved, in the order in which they were asked.
        unreported: landmarks that were asked and have not reported. This proves nothing, since a prover can always be late.
        gpu_reports: measurement reports of vendors' devices that came with the token and are good, by submodule.
    """

    verdict: Verdict
    reasons: tuple[str, ...] = ()
    detail: str = ""
    ueid: bytes | None = None
    claims: Claims | None = None
    bounds: tuple[Bound, ...] = ()
    unreported: tuple[str, ...] = ()
    gpu_reports: Reports = ()


def refusal(error: Refused, ueid: bytes | None = None) -> Appraisal:
    """The conclusion on evidence that was refused, by the chip that was asked if that is known."""
    return Appraisal(verdict=Verdict.INVALID, reasons=(error.reason,), detail=str(error), ueid=ueid)


def untimed(claims: Claims) -> Appraisal:
    """The conclusion on good evidence without a timed exchange: it says who, not where."""
    return Appraisal(
        verdict=Verdict.UNCONFIRMED,
        reasons=(Finding.NOT_TIMED.value,),
        detail="no landmark has timed this chip",
        ueid=claims.ueid,
        claims=claims,
    )


def bound(landmark: Landmark, rtt_ns: int, km_per_ms: float) -> Bound:
    """The distance bound that a landmark's round-trip time implies.

    Raises:
        InvalidArgument: time or speed is out of range.
    """
    return Bound(landmark, rtt_ns, distance_bound_km(rtt_ns / 1e6, km_per_ms))


def weigh(
    claims: Claims,
    bounds: Sequence[Bound],
    *,
    max_accuracy_m: float,
    excludes: Callable[[Mapping[str, float]], bool] | None = None,
    unreported: Sequence[str] = (),
) -> Appraisal:
    """Hold the claimed position and the restricted territory against the distance bounds.

    As long as the claimed position lies within every bound their intersection is not empty, so that one check serves for
    both ways of a contradiction. One bound that misses the territory is enough to clear a chip, and so is an intersection of
    bounds that does, if the verifier has a map to tell.

    Args:
        claims: accepted evidence.
        bounds: what the landmarks have proved.
        max_accuracy_m: a claim that is less accurate says too little to be held against anything.
        excludes: whether the intersection of discs around landmarks, with these radii in km, misses the territory.
        unreported: landmarks that were asked in vain.

    Raises:
        InvalidArgument: no bound at all.
    """
    if not bounds:
        raise InvalidArgument("a timed attestation has at least one bound")
    verdict, finding, detail = _verdict(claims, bounds, max_accuracy_m, excludes)
    return Appraisal(
        verdict=verdict,
        reasons=() if finding is None else (finding.value,),
        detail=detail,
        ueid=claims.ueid,
        claims=claims,
        bounds=tuple(bounds),
        unreported=tuple(unreported),
    )


def _verdict(
    claims: Claims,
    bounds: Sequence[Bound],
    max_accuracy_m: float,
    excludes: Callable[[Mapping[str, float]], bool] | None,
) -> tuple[Verdict, Finding | None, str]:
    outside = [one.landmark.landmark_id for one in bounds if _distance_km(one.landmark, claims) > one.radius_km]
    if outside:
        detail = f"too near to {', '.join(outside)} for the claimed position"
        return Verdict.CONTRADICTION, Finding.CLAIMED_POSITION_OUTSIDE_BOUND, detail
    if claims.location.accuracy_m > max_accuracy_m:
        detail = f"claimed to {claims.location.accuracy_m:.0f} m, {max_accuracy_m:.0f} m are due"
        return Verdict.UNCONFIRMED, Finding.CLAIM_TOO_VAGUE, detail
    if any(one.radius_km < one.landmark.clearance_km for one in bounds):
        return Verdict.CLEARED, None, ""
    if excludes is not None and excludes({one.landmark.landmark_id: one.radius_km for one in bounds}):
        return Verdict.CLEARED, None, ""
    detail = "; ".join(
        f"within {one.radius_km:.0f} km of {one.landmark.landmark_id}, "
        f"which is {one.landmark.clearance_km:.0f} km from the territory"
        for one in bounds
    )
    return Verdict.UNCONFIRMED, Finding.TERRITORY_WITHIN_BOUNDS, detail


def _distance_km(landmark: Landmark, claims: Claims) -> float:
    """How far from a landmark the chip must be if it is where it claims, with its accuracy to its credit."""
    place = claims.location
    distance_km = least_distance_km(landmark.latitude_deg, landmark.longitude_deg, place.latitude_deg, place.longitude_deg)
    return distance_km - place.accuracy_m / 1000

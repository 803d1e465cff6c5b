"""Run a landmark that stands beside the true site, and say that it stands near the declared sites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from attestation import FIBRE_KM_PER_MS

from ...parameters import Values
from ...units import DAYS_PER_YEAR
from ...world.geography import Place, distances_km
from ...world.paths import Leg, Path
from ..strategy import Answer, Circumstances, Cost, Facts, Strategy


@dataclass(frozen=True)
class MisreportLandmark(Strategy):
    """One landmark is the smuggler's own: it measures honestly from where it really stands, and only its address is false.

    It is the one nearest to most chips of the main smuggling route, and really stands at the first place in restricted
    territory at which chips can be used. They are used there and answer from there. Where it is asked about them they hold
    their answers back for as long as fibre from its stated place to the declared site would take, lest they come too soon.

    Source: 1.5 % of the probes of RIPE Atlas misreport where they stand ("Trust, But Verify", 2024); that a smuggler would
    run one is an assumption.
    """

    needs = "a company that is accepted to run a landmark"

    def facts(self, of: Circumstances) -> Facts:
        stated = [landmark.position for landmark in of.landmarks if landmark.number in of.false_landmarks]
        away_km = distances_km([of.declared_site.position], stated)[0]
        held_back_ms = float(away_km.max(initial=0.0)) / FIBRE_KM_PER_MS
        return Facts(at_true_site=Answer(Path((Leg(of.true_site),), added_ms=held_back_ms)))

    def cost(self, values: Values) -> Cost:
        return Cost(
            once_usd=values["landmark_company_usd"], per_day_usd=values["landmark_cost_usd_per_year"] / DAYS_PER_YEAR
        )

    def false_landmarks(self, landmarks: Sequence[Place], true_sites: Sequence[Place], values: Values) -> dict[int, Place]:
        beside = true_sites[0]
        return {stated.number: replace(stated, country=beside.country, position=beside.position) for stated in landmarks[:1]}

    def true_site(self, declared_site: Place, destinations: Sequence[Place]) -> Sequence[Place]:
        return destinations[:1]

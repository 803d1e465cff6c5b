"""Run a landmark that stands beside the true site, and say that it stands near the declared sites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...parameters import Values
from ...units import DAYS_PER_YEAR
from ...world.geography import Place
from ...world.paths import direct
from ..strategy import Answer, Circumstances, Cost, Facts, Strategy


@dataclass(frozen=True)
class MisreportLandmark(Strategy):
    """One landmark is the smuggler's own: it measures honestly from where it really stands, and only its address is false.

    It is the one nearest to most chips of the main smuggling route, and really stands at the first place in restricted
    territory at which chips can be used. They are used there and answer from there.

    Source: 1.5 % of the probes of RIPE Atlas misreport where they stand ("Trust, But Verify", 2024); that a smuggler would
    run one is an assumption.
    """

    needs = "a company that is accepted to run a landmark"

    def facts(self, of: Circumstances) -> Facts:
        return Facts(at_true_site=Answer(direct(of.true_site)))

    def cost(self, values: Values) -> Cost:
        return Cost(
            once_usd=values["landmark_company_usd"], per_day_usd=values["landmark_cost_usd_per_year"] / DAYS_PER_YEAR
        )

    def false_landmarks(self, landmarks: Sequence[Place], true_sites: Sequence[Place], values: Values) -> dict[int, Place]:
        beside = true_sites[0]
        return {stated.number: replace(stated, country=beside.country, position=beside.position) for stated in landmarks[:1]}

    def true_site(self, declared_site: Place, destinations: Sequence[Place]) -> Sequence[Place]:
        return destinations[:1]

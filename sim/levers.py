"""The levers of a scenario: calendar, fleet, and what policy, adversary and authority do. Each has its range here.

A new lever is a field of one of these sections and a line in each file of `data/scenarios/`: there are no defaults
elsewhere. What must hold between sections is checked by `scenario`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from datetime import date, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from attestation import Flaws

from .complaints import did_you_mean
from .detection.inspection import Method
from .detection.register import DETECTORS
from .parameters import NetworkClass
from .smuggling.channels import CHANNELS
from .smuggling.choice import Behaviour
from .smuggling.staging import STAGINGS
from .smuggling.strategies import STRATEGIES
from .units import MINUTES_PER_DAY
from .world.bounds import Bound
from .world.geography import hubs
from .world.placement import Placement
from .world.products import first_shipment
from .world.territory import Territory, territory
from .world.volume_prior import VolumePrior

UnclearedSites = Literal["inspect_only", "drift_test", "refuse_licence"]
"""Alert there on silence only; also on times that have drifted since enrolment; or let no chip be exported there."""

LandmarkLoss = Literal["fail_open", "fail_closed"]
"""An answer from which a landmark is missing, being down: read by what is there, or unconfirmed; see `detection.reading`."""

AirGapped = Literal["inspect_only", "refuse_licence"]
"""Sites that cannot answer by agreement are never asked; or, once they are registered, no chip may be exported there."""

RmaConfirmation = Literal["maker", "owner"]
"""Reports of repairs, and of chips scrapped, are held against the maker's books; or they are believed."""

Endorsers = Literal["none", "audited", "audited_and_pinged"]
"""Landmarks time chips; or endorsers at large sites do, on whose place only audits have an eye, and nobody elsewhere; or
endorsers at large sites do, which landmarks time in turn as they do the chips elsewhere."""

ChipKeys = Literal["own", "batch"]
"""Each chip has a key of its own; or all chips of a production batch have the same one, see `chips_per_batch_key`."""

Revocation = Literal["after_reissue", "at_once"]
"""A key that has leaked is refused when honest chips have new endorsements; or at once, and chips below it are not judged
until they have, see `key_reissue_days`."""

SHORTEST_PERIOD_DAYS = 5 / MINUTES_PER_DAY
"""The shortest interval of a published attestation agent (NVIDIA's, 2025); shorter ones would share a time slot."""


class Section(BaseModel):
    """Frozen, and without keys that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Calendar(Section):
    """When things start and end."""

    start: date = Field(description="first simulated day: enactment of the rule")
    duty_after_days: float = Field(ge=0, le=3650, description="from enactment until exports must carry the mechanism")
    end_after_duty_days: float = Field(gt=0, le=3650, description="from then until the simulation ends")

    @field_validator("start")
    @classmethod
    def _within_reason(cls, start: date) -> date:
        if not (first_shipment() <= start and start.year <= 2200):
            raise ValueError(f"allowed {first_shipment()}, when the first product of the table ships, to 2200-12-31")
        return start

    @property
    def duty_day(self) -> float:
        """Day on which the duty starts."""
        return self.duty_after_days

    @property
    def middle_of_duty(self) -> date:
        """The day halfway through the duty."""
        return self.start + timedelta(days=self.duty_after_days + self.end_after_duty_days / 2)

    @property
    def end_day(self) -> float:
        """Last day of the simulation."""
        return self.duty_after_days + self.end_after_duty_days


class Fleet(Section):
    """How many chips are simulated."""

    scale: float = Field(gt=0, le=1, description="simulated chips per real chip")
    lot_chips: int = Field(ge=1, le=10_000, description="chips that ship together")
    stock_equipped: bool = Field(description="whether chips abroad on the first day carry the mechanism, by retrofit")
    opt_in_before: bool = Field(
        description="whether exports may carry the mechanism before the duty, if their owner wants it"
    )
    gulf_deals: bool = Field(description="whether the announced deals with Gulf states add to exports")


class Geography(Section):
    """Where chips and landmarks stand, and which territory is restricted."""

    sites: int = Field(ge=1, le=1000, description="data centres abroad, at the hubs of the catalogue in its order")
    sampled_sites: int = Field(
        ge=0, description="how many of them are drawn and simulated, in proportion to fleet.scale; 0: all"
    )
    largest_site_at: str = Field(
        description="hub whose first data centre is the largest known; none: which one is large is drawn"
    )
    landmarks: int = Field(ge=1, description="landmarks, in cities of the catalogue outside the territory")
    placement: Placement = Field(
        description="which cities: internet hubs first, nearest to chips, most chips cleared, or at random"
    )
    endorsers: Endorsers = Field(description="who times chips: landmarks, endorsers at their sites, or these timed by those")
    endorser_site_chips: int = Field(
        ge=1, description="chips that a site holds at least to have endorsers, if there are any"
    )
    network: NetworkClass = Field(description="class of the networks on which chips answer: hosting or cloud")
    territory: str | tuple[str, ...] = Field(description="restricted territory: a name, a country's code, or several codes")

    @field_validator("territory", mode="before")
    @classmethod
    def _known_territory(cls, given: Any) -> Any:
        codes = [given] if isinstance(given, str) else given
        if not (isinstance(codes, list | tuple) and all(isinstance(code, str) for code in codes)):
            raise ValueError("allowed: a name, or a list of country codes")
        territory(given)
        return given if isinstance(given, str) else tuple(sorted(set(codes)))

    @property
    def restricted(self) -> Territory:
        """The restricted territory."""
        return territory(self.territory)

    @property
    def sampled_share(self) -> float:
        """Share of the sites that are simulated."""
        return self.sampled_sites / self.sites if self.sampled_sites else 1.0

    @model_validator(mode="after")
    def _no_more_than_all(self) -> Self:
        if self.sampled_sites > self.sites:
            raise ValueError(f"geography.sampled_sites = {self.sampled_sites}: allowed 0 to geography.sites = {self.sites}")
        return self


class Verification(Section):
    """The rule: how chips are asked where they are, and when their answers raise an alert."""

    active: bool = Field(description="whether covered chips are challenged at all")
    period_days: float = Field(
        ge=SHORTEST_PERIOD_DAYS, le=365, description="time between challenges of a chip; no less than 5 minutes"
    )
    attempts: int = Field(ge=1, le=20, description="attempts per challenge before it counts as unanswered")
    landmarks_asked: int = Field(ge=1, description="nearest landmarks that time each answer")
    bound: Bound = Field(description="speed at which a time becomes a distance; only vacuum and planning are sound")
    grace_days: float = Field(ge=0, le=3650, description="silence that is still innocent")
    unconfirmed_days: float = Field(ge=0, le=3650, description="for how long answers in a row may fail to clear a chip")
    unconfirmed_answers: int = Field(
        ge=0, le=10_000, description="as many may fail in a row in any case, however rarely a chip is asked"
    )
    enrolment_rounds: int = Field(ge=1, le=1000, description="measurements that enrol a site, 25 hours apart")
    enrolment_cleared_share: float = Field(ge=0, le=1, description="share of them that must clear it")
    uncleared_sites: UnclearedSites = Field(description="what happens to sites that enrolment could not clear")
    drift_ms: float = Field(ge=0, le=1000, description="longer than at enrolment at every landmark: drifted")
    signing: Literal["all", "sample", "none"] = Field(description="whose evidence is really signed and verified")
    signed_share: float = Field(ge=0, le=1, description="share of challenges audited under `sample`: really signed, by lot")
    followed_share: float = Field(
        ge=0, le=1, description="share of chips in open cases followed under `sample`: every answer really signed"
    )
    detectors: tuple[str, ...] = Field(description="what raises alerts: names in the register of detectors")
    detectors_needed: int = Field(ge=1, description="of them must meet a chip in one and the same round")
    activation_days: float = Field(ge=0, le=3650, description="from a chip's shipment to its first answer at most")
    scan_alpha: float = Field(gt=0, lt=1, description="level of a scan, for each lot or site and round")
    cusum_ratio: float = Field(gt=1, le=1000, description="growth of the rate of new silences that the CUSUM is tuned to")
    cusum_threshold: float = Field(gt=0, le=1e6, description="sum at which it alarms, in chips")
    sprt_innocent: float = Field(gt=0, lt=1, description="chance of silence in a round of an innocent chip, for the SPRT")
    sprt_diverted: float = Field(gt=0, lt=1, description="the same of a diverted chip")
    sprt_alpha: float = Field(gt=0, lt=0.5, description="wanted chance that the SPRT alerts on an innocent chip")
    sprt_beta: float = Field(gt=0, lt=0.5, description="wanted chance that it accepts a diverted one")
    registry_days: float = Field(gt=0, le=3650, description="time between reconciliations of the register")
    rma_reconciliation: bool = Field(description="whether chips whose repair is reported are excused until they are back")
    landmark_loss: LandmarkLoss = Field(description="how answers are read that lack a landmark because it is down")
    air_gapped: AirGapped = Field(description="what happens to sites whose chips cannot answer by agreement")
    rma_confirmation: RmaConfirmation = Field(description="whose word counts on a chip that is said to be under repair")
    flaws: tuple[str, ...] = Field(description="known flaws of the protocol; see attestation.Flaws")
    key_register: bool = Field(description="whether the authority knows each chip's own key from its manufacture")
    chip_keys: ChipKeys = Field(
        description="whether each chip has a key of its own, or its production batch has one for all"
    )
    revocation: Revocation = Field(description="whether chips below a revoked key are refused until they are endorsed anew")
    landmarks_needed: int = Field(ge=1, description="of the landmarks asked must clear a chip, each by itself if not 1")
    landmark_cross_checks: bool = Field(description="whether landmarks time one another, so that liars are set aside")

    @property
    def protocol_flaws(self) -> Flaws:
        """The flaws as switches."""
        return Flaws(**dict.fromkeys(self.flaws, True))

    @field_validator("flaws", mode="before")
    @classmethod
    def _known_flaws(cls, names: Any) -> tuple[str, ...]:
        known = [field.name for field in fields(Flaws)]
        if not (isinstance(names, list | tuple) and all(isinstance(name, str) for name in names)):
            raise ValueError(f"must be a list of names; allowed: {', '.join(known)}")
        if unknown := [name for name in names if name not in known]:
            raise ValueError(f"unknown flaw {', '.join(unknown)}; allowed: {', '.join(known)}")
        return tuple(name for name in known if name in names)

    @field_validator("detectors", mode="before")
    @classmethod
    def _known_detectors(cls, names: Any) -> tuple[str, ...]:
        if not (isinstance(names, list | tuple) and all(isinstance(name, str) for name in names)):
            raise ValueError(f"must be a list of names; allowed: {', '.join(DETECTORS)}")
        if unknown := [name for name in names if name not in DETECTORS]:
            raise ValueError(f"unknown detector {', '.join(unknown)}; allowed: {', '.join(DETECTORS)}")
        if not names:
            raise ValueError(f"at least one is needed; allowed: {', '.join(DETECTORS)}")
        return tuple(name for name in DETECTORS if name in names)


class Adversary(Section):
    """What smugglers do."""

    strategies: dict[str, Annotated[float, Field(ge=0)]] = Field(description="weight of each strategy")
    staging: dict[str, Annotated[float, Field(ge=0)]] = Field(
        description="weight of what is shown to inspectors in place of chips that have gone"
    )
    channels: dict[str, Annotated[float, Field(ge=0)]] = Field(
        description="weight of each channel among orders by which chips leave the licensed path"
    )
    behaviour: Behaviour = Field(
        description="whether smugglers answer to what becomes of their lots, where a question looks for that: "
        "never, to the last ones, or to all"
    )

    volume_prior: VolumePrior = Field(description="whose estimate says how many chips smugglers want without a rule")

    @field_validator("strategies")
    @classmethod
    def _known_strategies(cls, weights: dict[str, float]) -> dict[str, float]:
        return _mix("strategy", weights, STRATEGIES)

    @field_validator("staging")
    @classmethod
    def _known_stagings(cls, weights: dict[str, float]) -> dict[str, float]:
        return _mix("staging", weights, STAGINGS)

    @field_validator("channels")
    @classmethod
    def _known_channels(cls, weights: dict[str, float]) -> dict[str, float]:
        return _mix("channel", weights, CHANNELS)


class Enforcement(Section):
    """What the authority can do."""

    inspectors: int = Field(ge=0, le=10_000, description="inspectors, each on one visit at a time")
    posts: tuple[str, ...] = Field(
        description="hubs where they are posted, in turn; a site is visited from the nearest. None: everywhere alike"
    )
    planned_inspectors: int = Field(ge=0, description="how many of them visit sites by a plan, whatever the alerts")
    planned_visits: Literal["random", "risk_based"] = Field(
        description="which sites they visit: any, or in proportion to new chips and to the region's share in known cases"
    )
    triage: Literal["chips", "expected"] = Field(
        description="which case goes first: the one with the most chips, or with the most expected to be diverted"
    )
    remote_request_days: float = Field(
        ge=0, le=365, description="how long an operator may take to answer before an inspector is sent; 0: not asked"
    )
    method: Method = Field(description="of inspections: count machines, read labels, or challenge chips on the spot")
    notice_days: float = Field(ge=0, le=365, description="from the announcement of an inspection to the visit, at least")
    inspected_chips: int = Field(ge=0, le=1_000_000, description="chips tested first in a visit, by lot; 0: all")
    licence_denial: bool = Field(description="whether a consignee whose diversion is established gets no licence any more")
    endorser_audit_days: float = Field(gt=0, le=3650, description="time between audits of a site's endorsers")
    downtime_budget_days: float = Field(
        ge=0, le=3650, description="for how long in all a consignee may say that chips are out of order, before a visit"
    )
    whistleblower_award: float = Field(ge=0, le=0.3, description="share of a collected penalty paid to who told")
    random_inspections: bool = Field(description="whether end-use checks visit sites at random")
    tips: bool = Field(description="whether tips and customs expose diverted lots")

    @field_validator("posts")
    @classmethod
    def _known_hubs(cls, posts: tuple[str, ...]) -> tuple[str, ...]:
        known = {hub.name for hub in hubs()}
        if unknown := [post for post in posts if post not in known]:
            raise ValueError(f"no such hub: {', '.join(unknown)}{did_you_mean(unknown[0], known)}")
        return posts

    @model_validator(mode="after")
    def _no_more_than_there_are(self) -> Self:
        if self.planned_inspectors > self.inspectors:
            raise ValueError(
                f"enforcement.planned_inspectors = {self.planned_inspectors}: allowed 0 to "
                f"enforcement.inspectors = {self.inspectors}"
            )
        return self


def _mix(kind: str, weights: dict[str, float], known: Collection[str]) -> dict[str, float]:
    """Weights in the order of a register."""
    if unknown := sorted(weights.keys() - set(known)):
        raise ValueError(f"unknown {kind} {', '.join(unknown)}; allowed: {', '.join(known)}")
    if not sum(weights.values()) > 0:
        raise ValueError("at least one weight must be above 0")
    return {name: weights[name] for name in known if name in weights}

"""The scenario: a calendar, a fleet and the levers of policy and adversary. Frozen, validated, TOML on disk.

Facts of the world are not here but in the parameter file; `uncertainties` replaces their central values by name.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from .complaints import did_you_mean, explain
from .detection.sprt import answer_accepts
from .levers import Adversary, Calendar, Enforcement, Fleet, Geography, Section, Verification
from .parameters import Values, load_parameters
from .units import calendar_date
from .world.geography import hubs
from .world.placement import landmark_candidates
from .world.regimes import MECHANISMS, REGIMES, mechanism_of
from .world.regions import Region, region_of
from .world.territory import hubs_in, hubs_outside
from .world.volume_prior import wanted_chips_per_year

Engine = Literal["fast", "reference"]
LARGEST_FLEET: dict[Engine, int] = {"fast": 20_000_000, "reference": 200_000}
"""Chips that each engine can take in about a gigabyte and within minutes for each simulated year."""

STATUS_QUO = "status_quo"


class ScenarioError(ValueError):
    """The user's scenario is wrong. The message has one line per problem: key, value given, what is allowed."""


class Scenario(Section):
    """One world under one policy.

    Build it with `Scenario.load`, change it with `replace`; both raise ScenarioError with every problem at once.
    """

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    engine: Engine = Field(default="fast", description="many chips at a time, or one after the other; the same histories")
    trace: bool = Field(default=False, description="log each chip's own history: every fault, silence and alert in a row")
    regimes: tuple[str, ...] = Field(description="regimes of export control that are kept: names in the register of regimes")
    calendar: Calendar
    fleet: Fleet
    geography: Geography
    verification: Verification
    adversary: Adversary
    enforcement: Enforcement
    uncertainties: dict[str, float] = Field(default_factory=dict)

    @field_validator("regimes", mode="before")
    @classmethod
    def _known_regimes(cls, names: Any) -> tuple[str, ...]:
        if not (isinstance(names, list | tuple) and all(isinstance(name, str) for name in names)):
            raise ValueError(f"must be a list of names; allowed: {', '.join(REGIMES)}")
        if unknown := [name for name in names if name not in REGIMES]:
            raise ValueError(f"unknown regime {', '.join(unknown)}; allowed: {', '.join(REGIMES)}")
        if len(mechanisms := [name for name in MECHANISMS if name in names]) > 1:
            raise ValueError(f"{' and '.join(mechanisms)} exclude each other; allowed: one of {', '.join(MECHANISMS)}")
        return tuple(name for name in REGIMES if name in names)

    @field_validator("uncertainties")
    @classmethod
    def _rows_of_the_table(cls, overrides: dict[str, float]) -> dict[str, float]:
        rows = load_parameters().parameters
        problems = []
        for name, value in overrides.items():
            if name not in rows:
                problems.append(f"{name} = {value}: no such parameter{did_you_mean(name, rows)}")
            elif not rows[name].minimum <= value <= rows[name].maximum:
                row = rows[name]
                problems.append(f"{name} = {value}: allowed {row.minimum:g} to {row.maximum:g} {row.unit}")
        if problems:
            raise ValueError("; ".join(problems))
        return dict(sorted(overrides.items()))

    @model_validator(mode="after")
    def _name_is_not_taken(self) -> Self:
        taken = {STATUS_QUO: "the world without the rule", "difference": "the difference between policies"}
        if self.name in taken and self.verification.active:
            raise ValueError(f"name = {self.name!r}: taken by {taken[self.name]}; allowed: any other name")
        return self

    @model_validator(mode="after")
    def _somebody_to_verify(self) -> Self:
        if self.verification.active and mechanism_of(self.regimes) is None:
            raise ValueError(
                f"regimes = {list(self.regimes)}: no chip would have what verification.active = true asks for; "
                f"allowed: with one of {', '.join(MECHANISMS)}"
            )
        return self

    @model_validator(mode="after")
    def _deals_have_a_site(self) -> Self:
        countries = [hub.country for hub in hubs_outside(self.geography.restricted, hubs())]
        in_gulf = [number for number, country in enumerate(countries) if region_of(country) is Region.GULF]
        if self.fleet.gulf_deals and not (in_gulf and self.geography.sites > in_gulf[0]):
            allowed = (
                f"with geography.sites from {in_gulf[0] + 1} on" if in_gulf else "with a Gulf state outside the territory"
            )
            raise ValueError(f"fleet.gulf_deals = true: no site stands in the Gulf; allowed {allowed}")
        return self

    @model_validator(mode="after")
    def _largest_site_has_a_place(self) -> Self:
        geography, key = self.geography, f"geography.largest_site_at = {self.geography.largest_site_at!r}"
        if not geography.largest_site_at:
            return self
        names = [hub.name for hub in hubs_outside(geography.restricted, hubs())]
        if geography.largest_site_at not in names:
            raise ValueError(f"{key}: no such hub outside the territory{did_you_mean(geography.largest_site_at, names)}")
        first = names.index(geography.largest_site_at)
        if first >= geography.sites:
            raise ValueError(f"{key}: no site stands there; allowed with geography.sites from {first + 1} on")
        if geography.sampled_sites:
            raise ValueError(f"{key}: allowed '' with geography.sampled_sites above 0, whose sizes are drawn")
        return self

    @model_validator(mode="after")
    def _hubs_on_both_sides(self) -> Self:
        restricted = self.geography.restricted
        key = f"geography.territory = {self.geography.territory!r}"
        if not hubs_in(restricted, hubs()):
            raise ValueError(f"{key}: no hub lies in it where diverted chips could end; allowed: one with a hub in hubs.csv")
        if not hubs_outside(restricted, hubs()):
            raise ValueError(f"{key}: no hub lies outside; allowed: one that leaves out a hub in hubs.csv")
        outside = len(landmark_candidates(restricted))
        if self.geography.landmarks > outside:
            raise ValueError(
                f"geography.landmarks = {self.geography.landmarks}: allowed 1 to {outside}, the cities of the catalogue "
                f"outside {key} and outside Country Group D:5"
            )
        return self

    @model_validator(mode="after")
    def _detectors_can_work(self) -> Self:
        rule = self.verification
        if rule.detectors_needed > len(rule.detectors):
            raise ValueError(
                f"verification.detectors_needed = {rule.detectors_needed}: "
                f"allowed 1 to {len(rule.detectors)}, the number of verification.detectors"
            )
        if not rule.sprt_innocent < rule.sprt_diverted:
            raise ValueError(
                f"verification.sprt_innocent = {rule.sprt_innocent:g}: "
                f"allowed below verification.sprt_diverted = {rule.sprt_diverted:g}"
            )
        if not answer_accepts(rule.sprt_innocent, rule.sprt_diverted, rule.sprt_alpha, rule.sprt_beta):
            least = (1 - rule.sprt_alpha) * (1 - rule.sprt_diverted) / (1 - rule.sprt_innocent)
            raise ValueError(
                f"verification.sprt_beta = {rule.sprt_beta:g}: allowed {least:.3g} to 0.5, so that with this sprt_innocent, "
                f"sprt_diverted and sprt_alpha one answer accepts a chip at the start of its test"
            )
        return self

    @model_validator(mode="after")
    def _what_cannot_be_signed_is_not(self) -> Self:
        """The protocol that is really run knows chips with keys of their own, and landmarks far away."""
        rule, endorsers = self.verification, self.geography.endorsers
        signs = rule.signing != "none" and rule.active
        if signs and (rule.chip_keys == "batch" or endorsers != "none"):
            other = f"verification.chip_keys = {rule.chip_keys!r}, geography.endorsers = {endorsers!r}"
            raise ValueError(f"verification.signing = {rule.signing!r}: allowed 'none' with {other}")
        if endorsers != "none" and rule.uncleared_sites != "inspect_only":
            raise ValueError(
                f"verification.uncleared_sites = {rule.uncleared_sites!r}: allowed 'inspect_only' with "
                f"geography.endorsers = {endorsers!r}"
            )
        return self

    @model_validator(mode="after")
    def _sample_is_no_denser_than_the_fleet(self) -> Self:
        share = self.geography.sampled_share
        if self.fleet.scale > share * (1 + 1e-6):
            raise ValueError(
                f"fleet.scale = {self.fleet.scale:g}: allowed up to {share:.6g}, the share of sites that is simulated with "
                f"geography.sampled_sites = {self.geography.sampled_sites}; sites would hold more chips than there are"
            )
        return self

    @model_validator(mode="after")
    def _fleet_exists(self) -> Self:
        if self.verification.landmarks_asked > self.geography.landmarks:
            raise ValueError(
                f"verification.landmarks_asked = {self.verification.landmarks_asked}: "
                f"allowed 1 to geography.landmarks = {self.geography.landmarks}"
            )
        if self.verification.landmarks_needed > self.verification.landmarks_asked:
            raise ValueError(
                f"verification.landmarks_needed = {self.verification.landmarks_needed}: "
                f"allowed 1 to verification.landmarks_asked = {self.verification.landmarks_asked}"
            )
        values = self.values
        chips = self.initial_chips + (self.exports_per_year + self.gulf_chips_per_year) * self.calendar.end_day / 365.25
        most = LARGEST_FLEET[self.engine]
        if chips < 1 or chips > most:
            raise ValueError(
                f"fleet.scale = {self.fleet.scale:g}: it makes {chips:.0f} chips out of "
                f"{values['legacy_chips_abroad']:.3g} and {values['covered_exports_per_year']:.3g} a year; "
                f"allowed 1 to {most:,} chips with engine = {self.engine!r}"
            )
        return self

    @property
    def values(self) -> Values:
        """Every parameter of the world, with the scenario's own values in place."""
        return _values(tuple(self.uncertainties.items()))  # asked for in each round, by many

    @property
    def initial_chips(self) -> int:
        """Simulated chips abroad on the first day, all without the mechanism; of a sample of sites, what is expected."""
        return round(self.values["legacy_chips_abroad"] * self.fleet.scale)

    @property
    def exports_per_year(self) -> float:
        """Simulated chips exported per year; to a sample of sites, what is expected."""
        return self.values["covered_exports_per_year"] * self.fleet.scale

    def wanted_chips_per_year(self, day: float) -> float:
        """Real chips that smugglers order per year without a rule, on a day since the start.

        A volume that the scenario sets itself (`diverted_chips_per_year`) holds for every year.
        """
        values = self.values
        if "diverted_chips_per_year" in self.uncertainties:
            return values["diverted_chips_per_year"]
        return wanted_chips_per_year(self.adversary.volume_prior, calendar_date(self.calendar.start, day), values)

    @property
    def gulf_chips_per_year(self) -> float:
        """Simulated chips per year under the deals of the Gulf, once they ship."""
        return self.values["gulf_chips_per_year"] * self.fleet.scale if self.fleet.gulf_deals else 0.0

    @property
    def mechanism_is_a_duty(self) -> bool:
        """Whether all exports carry the mechanism from the day of the duty on."""
        mechanism = mechanism_of(self.regimes)
        return mechanism is not None and not mechanism.voluntary

    def carries_mechanism(self, ship_day: float, wanted: bool) -> bool:
        """Whether chips shipped on a day carry the mechanism, if their owner wants it or not."""
        if mechanism_of(self.regimes) is None:
            return False
        due = ship_day >= self.calendar.duty_day
        return (due and self.mechanism_is_a_duty) or (wanted and (due or self.fleet.opt_in_before))

    @classmethod
    def load(cls, name: str | Path) -> Scenario:
        """The scenario shipped under a name, or the one in a TOML file.

        Raises:
            ScenarioError: no such scenario or file, not TOML, or not a valid scenario.
        """
        path = Path(name)
        shipped = resources.files("sim").joinpath("data", "scenarios", f"{name}.toml")
        if path.suffix != ".toml":
            if not (str(name).isidentifier() and shipped.is_file()):
                raise ScenarioError(
                    f"scenario: {str(name)!r} does not exist; allowed: {', '.join(names())}, or a .toml file"
                )
            text = shipped.read_text(encoding="utf-8")
        else:
            try:
                text = path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise ScenarioError(f"scenario: cannot read {name}: {getattr(error, 'strerror', None) or error}") from None
        try:
            content = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ScenarioError(f"scenario: {name} is not valid TOML: {error}") from None
        return cls.parse(content)

    @classmethod
    def parse(cls, content: Mapping[str, Any]) -> Scenario:
        """A scenario from nested mappings.

        Raises:
            ScenarioError: with one line per problem.
        """
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            raise ScenarioError(explain(error, cls)) from None

    def replace(self, **levers: Any) -> Scenario:
        """A copy with other levers, each named `section__key`, such as `verification__period_days=7`.

        Raises:
            ScenarioError: with one line per problem.
        """
        return self.replace_keys({name.replace("__", "."): value for name, value in levers.items()})

    def replace_keys(self, levers: Mapping[str, Any]) -> Scenario:
        """The same with dotted keys, such as `{"verification.period_days": 7}`.

        Raises:
            ScenarioError: there is no such key, or a value is not allowed.
        """
        content = self.model_dump()
        for key, value in levers.items():
            target = content
            *sections, last = key.split(".")
            for section in sections:
                inner = target.get(section)
                if not isinstance(inner, dict):
                    options = [name for name, item in content.items() if isinstance(item, dict)]
                    raise ScenarioError(f"{key} = {value!r}: unknown key{did_you_mean(section, options)}")
                target = inner
            target[last] = value
        return Scenario.parse(content)

    def site_sample(self, sites: int) -> Scenario:
        """The same with a number of its sites drawn to stand for all: the fleet and the inspectors become as many fewer.

        What comes by site (end-use checks, outages) and by lot (tips, lawful moves) falls with the sites and the fleet by
        itself. Landmarks stay those of the nation, and so do fixed costs. Queues do not: one inspector with a tenth of the
        cases is not ten with all of them; `scenarios/site_sample.py` measures what that and chance do.

        Args:
            sites: how many are simulated.

        Raises:
            ScenarioError: sites are sampled already, there are not so many, or as many inspectors cannot stand for all.
        """
        if self.geography.sampled_sites:
            raise ScenarioError(
                f"geography.sampled_sites = {self.geography.sampled_sites}: allowed 0, for a sample is drawn of all"
            )
        share = sites / self.geography.sites
        levers: dict[str, Any] = {"geography.sampled_sites": sites, "fleet.scale": self.fleet.scale * share}
        for name in ("inspectors", "planned_inspectors"):
            number = getattr(self.enforcement, name)
            if sites > 0 and not _stands_for(number, share):
                enough = [
                    each for each in range(1, self.geography.sites) if _stands_for(number, each / self.geography.sites)
                ]
                above = next((each for each in enough if each > sites), self.geography.sites)
                raise ScenarioError(
                    f"geography.sampled_sites = {sites}: enforcement.{name} = {number} would become {number * share:.3g}, "
                    f"rounded {round(number * share)}; allowed: numbers of sites that change it by no more than a quarter, "
                    f"the next one is {above}"
                )
            levers[f"enforcement.{name}"] = round(number * share)
        return self.replace_keys(levers)

    def status_quo(self) -> Scenario:
        """The same world without the rule: tips, customs and end-use checks, no location verification.

        The inspectors and awards that come with the rule are not there either.
        """
        return self.replace(
            name=STATUS_QUO,
            verification__active=False,
            enforcement__planned_inspectors=0,
            enforcement__whistleblower_award=0,
        )

    def digest(self) -> str:
        """SHA-256 that names the scenario by its content."""
        return hashlib.sha256(json.dumps(self.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()


@lru_cache(maxsize=64)
def _values(uncertainties: tuple[tuple[str, float], ...]) -> Values:
    return load_parameters().values(dict(uncertainties))


def _stands_for(number: int, share: float) -> bool:
    """Whether a share of a number, rounded, is still about that share of it."""
    return number == 0 or (round(number * share) > 0 and abs(round(number * share) / (number * share) - 1) <= 0.25)


def names() -> list[str]:
    """Names of the scenarios shipped with the package."""
    folder = resources.files("sim").joinpath("data", "scenarios")
    return sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml"))

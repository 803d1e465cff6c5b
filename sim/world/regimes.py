"""Regimes of export control as policy objects with dates, so that a scenario can keep some and drop others.

A regime that a scenario names holds from its date on, also where history has ended it (`until`): naming it is to suppose
that it had stayed. Some regimes decide whether a product may lawfully go to the restricted territory, one caps countries,
one restricts substitutes, three say which chips carry the mechanism. When their duty starts is the lever
`calendar.duty_after_days`; `duty_after_days` here is what the text says.

Thresholds are those of the law, as of the source of each regime.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from ..parameters import Product, Values
from .products import products, tpp


@dataclass(frozen=True, kw_only=True)
class Regime:
    """A rule with its dates; `since` None: not enacted, `until` None: not ended."""

    name: str
    title: str
    source: str
    since: date | None
    until: date | None = None

    def holds(self, day: date) -> bool:
        """Whether it holds on a day in a scenario that names it."""
        return self.since is None or self.since <= day

    def held(self, day: date) -> bool:
        """Whether it was in force on a day in history."""
        return self.since is not None and self.since <= day and (self.until is None or day < self.until)

    def bars(self, name: str, product: Product, day: date) -> bool:
        """Whether a product needs a licence that is not given unless another regime says so."""
        return False

    def licenses(self, name: str, product: Product, day: date) -> bool:
        """Whether licences are given for a product that is barred otherwise."""
        return False

    def revenue_share(self, values: Values) -> float:
        """What a licence costs, as a share of revenue."""
        return 0.0


class Controls2022(Regime):
    """The first product controls: fast and well connected at once. An unknown interconnect counts as fast."""

    def bars(self, name: str, product: Product, day: date) -> bool:
        interconnect = product.interconnect_gb_per_s
        return tpp(product) >= 4800 and (interconnect is None or interconnect.value >= 600)


class Controls2023(Regime):
    """ECCN 3A090.a as amended. What falls under 3A090.b alone may go after notification, which is not refused here."""

    def bars(self, name: str, product: Product, day: date) -> bool:
        density = product.performance_density
        return tpp(product) >= 4800 or (tpp(product) >= 1600 and (density is None or density.value >= 5.92))


@dataclass(frozen=True, kw_only=True)
class Notices(Regime):
    """Letters to makers by which single products need a licence."""

    days: Mapping[str, date] = field(hash=False)

    def bars(self, name: str, product: Product, day: date) -> bool:
        return name in self.days and self.days[name] <= day


class Licences2025(Regime):
    """Licences for the products of the notices, for a share of revenue."""

    def licenses(self, name: str, product: Product, day: date) -> bool:
        return name in NOTICES.days

    def revenue_share(self, values: Values) -> float:
        return values["revenue_share_2025"]


class Licences2026(Regime):
    """Case by case below two thresholds. An unknown memory bandwidth does not qualify."""

    def licenses(self, name: str, product: Product, day: date) -> bool:
        memory = product.memory_gb_per_s
        return tpp(product) < 21_000 and memory is not None and memory.value < 6500

    def revenue_share(self, values: Values) -> float:
        return values["revenue_share_2026"]


@dataclass(frozen=True, kw_only=True)
class Mechanism(Regime):
    """Which exports carry the mechanism: all from the day of the duty on, or only those whose owner wants it."""

    duty_after_days: float | None
    voluntary: bool = False


NOTICES = Notices(
    name="notices_2025",
    title="Licence requirements by letter for H20 and MI308",
    source="NVIDIA, Form 8-K, and AMD, Form 8-K, April 2025",
    since=date(2025, 4, 9),
    days={"h20": date(2025, 4, 9), "mi308": date(2025, 4, 15)},
)
DIFFUSION_RULE = Regime(
    name="ai_diffusion_rule",
    title="AI Diffusion Rule: tiers of countries, with caps for the middle one",
    source="90 FR 4544, 15 January 2025; rescission announced 13 May 2025, two days before compliance was due",
    since=date(2025, 5, 15),
    until=date(2025, 5, 13),
)
ASCEND_GUIDANCE = Regime(
    name="ascend_guidance",
    title="Guidance on the use of Huawei Ascend chips (General Prohibition 10)",
    source="Bureau of Industry and Security, 13 May 2025",
    since=date(2025, 5, 13),
)
HEADQUARTERS_RULE = Regime(
    name="headquarters_rule",
    title="Licences for buyers anywhere whose parent is in the restricted territory",
    source="Bureau of Industry and Security, answer of 31 May 2026; installed chips may stay",
    since=date(2026, 5, 31),
)
LICENCES_2026 = Licences2026(
    name="case_by_case_2026",
    title="H200-class chips case by case, at most half of the US volume",
    source="91 FR 1684, 15 January 2026",
    since=date(2026, 1, 15),
)

REGIMES: Mapping[str, Regime] = {
    regime.name: regime
    for regime in (
        Controls2022(
            name="product_controls_2022",
            title="Product controls of October 2022",
            source="87 FR 62186, 13 October 2022",
            since=date(2022, 10, 7),
            until=date(2023, 10, 17),
        ),
        Controls2023(
            name="product_controls_2023",
            title="Product controls of October 2023",
            source="88 FR 73458, 25 October 2023; published on 17 October and at once applied to the makers",
            since=date(2023, 10, 17),
        ),
        DIFFUSION_RULE,
        NOTICES,
        ASCEND_GUIDANCE,
        Licences2025(
            name="licences_2025",
            title="Licences for H20 and MI308 for 15 % of revenue",
            source="Financial Times and Reuters, 8-11 August 2025",
            since=date(2025, 8, 8),
        ),
        LICENCES_2026,
        HEADQUARTERS_RULE,
        Mechanism(
            name="chip_security_act",
            title="Chip Security Act as introduced",
            source="S. 1705 and H.R. 3447, May 2025: within 180 days of enactment",
            since=None,
            duty_after_days=180,
        ),
        Mechanism(
            name="chip_security_act_delayed",
            title="Chip Security Act with a later start",
            source="two years for the design of a chip, as makers ask for (technologyandsecurity.org, July 2025)",
            since=None,
            duty_after_days=730,
        ),
        Mechanism(
            name="opt_in",
            title="The mechanism is offered and nobody is bound to it",
            source="NVIDIA's opt-in agent, December 2025",
            since=None,
            duty_after_days=None,
            voluntary=True,
        ),
    )
}
"""By the name under which a scenario keeps them, in the order of their dates."""

MECHANISMS = tuple(name for name, regime in REGIMES.items() if isinstance(regime, Mechanism))


class Status(StrEnum):
    """May a product go from its maker to the restricted territory?"""

    FREE = "free"
    LICENSED = "licensed"  # case by case
    BARRED = "barred"


def in_force(day: date) -> tuple[str, ...]:
    """Names of the regimes that were in force on a day in history."""
    return tuple(name for name, regime in REGIMES.items() if regime.held(day))


def status(product: str, day: date, regimes: Iterable[str]) -> Status:
    """The status of a product for the restricted territory under the regimes that a scenario keeps."""
    facts, kept = products()[product], _holding(regimes, day)
    if not any(regime.bars(product, facts, day) for regime in kept):
        return Status.FREE
    return Status.LICENSED if any(regime.licenses(product, facts, day) for regime in kept) else Status.BARRED


def legal_to_restricted(product: str, day: date, regimes: Iterable[str]) -> bool:
    """Whether a product may go there, with or without a licence."""
    return status(product, day, regimes) is not Status.BARRED


def revenue_share(product: str, day: date, regimes: Iterable[str], values: Values) -> float:
    """What lawful sales there cost, as a share of revenue; where two regimes license a product, by the older one.

    Raises:
        ValueError: it may not go there.
    """
    kept = tuple(regimes)
    match status(product, day, kept):
        case Status.FREE:
            return 0.0
        case Status.BARRED:
            raise ValueError(f"{product} may not go to the restricted territory on {day}")
    facts = products()[product]
    return next(r.revenue_share(values) for r in _holding(kept, day) if r.licenses(product, facts, day))


def licensed_volume_cap(product: str, day: date, regimes: Iterable[str], us_chips: float, values: Values) -> float:
    """Chips of a product that may be licensed if so many are sold in the US; infinite where no cap holds, 0 if barred."""
    kept = tuple(regimes)
    if not legal_to_restricted(product, day, kept):
        return 0.0
    facts, holding = products()[product], _holding(kept, day)
    licensing = [regime for regime in holding if regime.licenses(product, facts, day)]
    capped = licensing == [LICENCES_2026] and status(product, day, kept) is Status.LICENSED
    return us_chips * values["licensed_volume_share"] if capped else float("inf")


def restricts_substitutes(day: date, regimes: Iterable[str]) -> bool:
    """Whether the use of Chinese accelerators is restricted outside the restricted territory."""
    return ASCEND_GUIDANCE in _holding(regimes, day)


def binds_subsidiaries(day: date, regimes: Iterable[str]) -> bool:
    """Whether companies abroad whose parent is in the restricted territory need a licence wherever they are."""
    return HEADQUARTERS_RULE in _holding(regimes, day)


def mechanism_of(regimes: Iterable[str]) -> Mechanism | None:
    """The regime that says which exports carry the mechanism, if there is one."""
    return next((regime for name in regimes if isinstance(regime := REGIMES[name], Mechanism)), None)


def _holding(regimes: Iterable[str], day: date) -> list[Regime]:
    kept = set(regimes)
    return [regime for name, regime in REGIMES.items() if name in kept and regime.holds(day)]

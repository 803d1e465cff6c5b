"""The market for compute in restricted territory: prices, demand, and what stands in for smuggled chips.

A chip costs more there than at list because too few arrive. Whoever wants compute can also buy domestic accelerators, rent
lawfully abroad, or import what is allowed; the price is where demand meets all of it.

Demand and supply have constant elasticities, an assumption: no estimate for these goods was found. They are yearly flows in
H100-equivalents, at prices over list. Domestic makers sell all they can make at any price, as memory binds them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ..parameters import Values
from .products import product_names
from .regimes import legal_to_restricted

LIST = 1.0
"""Price over list below which nobody sells a chip that he can sell elsewhere at list."""

DEAREST = 1000.0
"""Price over list beyond which no market is looked for."""

RENTAL_KNOWN_YEAR = 2026
"""At its end so much compute was rented abroad as the table says; growth is counted from there."""

DOMESTIC_KNOWN_FROM, DOMESTIC_KNOWN_TO = 2024, 2027

Supply = Callable[[float], float]
"""H100-equivalents per year that are offered at a price over list."""


@dataclass(frozen=True)
class Market:
    """Demand in one year and what meets it apart from smuggling, all in H100-equivalents per year.

    Attributes:
        demand: at the reference price, smuggled chips included.
        reference_ratio: that price, over list.
        elasticity: per cent of demand lost for each per cent of price, > 0.
        fixed: supplied at any price: domestic accelerators and lawful imports.
        rented: that comes on the market for rent at the reference price.
        rental_elasticity: per cent of that for each per cent of price, >= 0.
    """

    demand: float
    reference_ratio: float
    elasticity: float
    fixed: float
    rented: float
    rental_elasticity: float

    def demanded(self, ratio: float) -> float:
        """Demand at a price over list."""
        return self.demand * float((ratio / self.reference_ratio) ** -self.elasticity)

    def substitutes(self, ratio: float) -> float:
        """What is supplied at a price over list, smuggled chips left out."""
        return self.fixed + self.rented * float((ratio / self.reference_ratio) ** self.rental_elasticity)


def without_lending(market: Market) -> Market:
    """The market once nothing more may be rented abroad: the same demand, which now has to be met otherwise."""
    return replace(market, rented=0.0)


def clearing_ratio(market: Market, smuggled: Supply) -> float:
    """The price over list at which demand meets supply; list where supply suffices at that.

    Found by bisection: the only one there is, where supply never falls with the price.

    Args:
        market: demand and substitutes.
        smuggled: what smugglers supply.

    Raises:
        ValueError: there is too little of everything at any price up to a thousand times list.
    """

    def lacking(ratio: float) -> float:
        return market.demanded(ratio) - market.substitutes(ratio) - smuggled(ratio)

    low, high = LIST, DEAREST
    if lacking(low) <= 0:
        return low
    if lacking(high) > 0:
        raise ValueError(f"the market does not clear at any price up to {DEAREST:g} times list")
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if lacking(middle) > 0 else (low, middle)
    return high


def price_ratio(year: int, values: Values) -> float:
    """Price in restricted territory over list in a year, as reported or, later on, assumed; without the rule."""
    if year <= 2024:
        return values["price_ratio_2024"]
    if year == 2025:
        return values["price_ratio_2025"]
    return values["price_ratio_2026"] if year == 2026 else values["price_ratio_later"]


def mean_price_ratio(years: Sequence[int], values: Values) -> float:
    """The price over list without the rule, in the mean of at least one year."""
    return sum(price_ratio(year, values) for year in years) / len(years)


def domestic_h100e(year: int, values: Values) -> float:
    """Effective H100-equivalents of domestic accelerators made in a year from 2024 on and not exported; none before."""
    if year < DOMESTIC_KNOWN_FROM:
        return 0.0
    made = (
        values["domestic_h100e_2024"],
        values["domestic_h100e_2025"],
        values["domestic_h100e_2026"],
        values["domestic_h100e_2027"],
    )[min(year, DOMESTIC_KNOWN_TO) - DOMESTIC_KNOWN_FROM]
    made *= (1 + values["domestic_growth_per_year"]) ** max(0, year - DOMESTIC_KNOWN_TO)
    exported = values["domestic_exports_per_year"] * values["domestic_h100e_per_chip"]
    return max(0.0, made - exported) * values["domestic_effective_share"]


def rented_h100e(years_after_2026: float, values: Values) -> float:
    """H100-equivalents rented abroad so many years after the end of 2026; before that, as at that time."""
    growth = float((1 + values["remote_rental_growth_per_year"]) ** max(0.0, years_after_2026))
    return values["remote_rental_h100e"] * growth


def lawful_h100e(day: date, regimes: Iterable[str], values: Values) -> float:
    """H100-equivalents lawfully imported per year from March 2026 on; none where the regimes bar every product on a day."""
    kept = tuple(regimes)
    allowed = any(legal_to_restricted(name, day, kept) for name in product_names())
    return values["lawful_imports_h100e_per_year"] if allowed else 0.0


def market_of(years: Sequence[int], smuggled_h100e: float, lawful_h100e_per_year: float, values: Values) -> Market:
    """The market in the mean of some years, at the price without the rule.

    Args:
        years: at least one.
        smuggled_h100e: that arrives per year without the rule.
        lawful_h100e_per_year: lawful imports.
        values: of the parameters.
    """
    number = len(years)
    domestic = sum(domestic_h100e(year, values) for year in years) / number
    rented = sum(_newly_rented(year, values) for year in years) / number
    fixed = domestic + lawful_h100e_per_year
    return Market(
        demand=smuggled_h100e + fixed + rented,
        reference_ratio=mean_price_ratio(years, values),
        elasticity=values["demand_elasticity"],
        fixed=fixed,
        rented=rented,
        rental_elasticity=values["rental_elasticity"],
    )


def _newly_rented(year: int, values: Values) -> float:
    """What comes on the market for rent within a year."""
    end = year - RENTAL_KNOWN_YEAR
    return rented_h100e(end, values) - rented_h100e(end - 1, values)

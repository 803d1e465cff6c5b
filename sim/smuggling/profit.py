"""What a smuggler expects to earn with one lot: revenue, outlay, and what he loses when he is found out.

Closed forms. A company of his orders lots one after the other, at equal times. Each lot has a chance of blocking the
company: then a new one is set up, and its orders come later. Over many lots the profit per order is that of renewal theory
(profit of a cycle over its length; Ross, "Introduction to Probability Models"). Chips inside restricted territory are lost
to nobody: only those that are seized bring no revenue.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..parameters import Values
from ..units import DAYS_PER_YEAR
from ..world.country_groups import PARTNERS
from .strategy import Cost


@dataclass(frozen=True)
class Risks:
    """Chances of what may become of a lot, each between 0 and 1.

    Attributes:
        established: its diversion is established.
        seized: a chip of it is.
        penalised: as a share of the penalty for the whole lot, whether it is only part of that or not always collected.
        blocked: its company gets no licence any more.
    """

    established: float
    seized: float
    penalised: float
    blocked: float


@dataclass(frozen=True)
class Deal:
    """A lot, and the price at which it sells.

    Attributes:
        chips: that are ordered.
        chip_usd: price of a chip at list.
        price_ratio: price in restricted territory over that.
        cost: of the strategy.
        unlisted: what middlemen, bribes and all else that no source lists takes, as a share of the value at list; below 0:
            losses that smugglers do not reckon with.
    """

    chips: float
    chip_usd: float
    price_ratio: float
    cost: Cost
    unlisted: float = 0.0


@dataclass(frozen=True)
class Profit:
    """What is expected of one lot, in US dollars of 2026.

    Attributes:
        revenue_usd: of what arrives.
        outlay_usd: for chips, transport and strategy.
        unlisted_usd: for all else that is not listed.
        penalty_usd: collected.
        companies_usd: the lot's part in the cost of setting up companies.
        forgone_usd: that later lots would have brought while the company is blocked.
    """

    revenue_usd: float
    outlay_usd: float
    unlisted_usd: float
    penalty_usd: float
    companies_usd: float
    forgone_usd: float

    @property
    def total_usd(self) -> float:
        """What is left."""
        losses = self.penalty_usd + self.companies_usd + self.forgone_usd
        return self.revenue_usd - self.outlay_usd - self.unlisted_usd - losses

    @property
    def margin(self) -> float:
        """That over the outlay."""
        return self.total_usd / self.outlay_usd


def expected_profit(deal: Deal, risks: Risks, values: Values) -> Profit:
    """The expected profit of a lot of one company, in the mean over all that it orders within the smuggler's horizon.

    It falls, or stays, with each of the chances but the first, which costs nothing by itself.
    """
    orders = max(1.0, values["company_orders_per_year"] * values["risk_horizon_days"] / DAYS_PER_YEAR)
    at_list = deal.chips * deal.chip_usd
    revenue = at_list * deal.price_ratio * (1 - risks.seized)
    outlay = outlay_usd(deal.chips, deal.chip_usd, deal.cost, values)
    penalty = risks.penalised * penalty_usd(at_list, values)
    companies_per_order = (1 + risks.blocked * (orders - 1)) / orders
    companies = companies_per_order * (values["shell_company_usd"] + deal.cost.once_usd)
    unlisted = deal.unlisted * at_list
    per_order = revenue - outlay - unlisted - penalty - companies
    missed_orders = risks.blocked * values["new_shell_days"] * values["company_orders_per_year"] / DAYS_PER_YEAR
    forgone = max(0.0, per_order) * missed_orders / (1 + missed_orders)
    return Profit(revenue, outlay, unlisted, penalty, companies, forgone)


def outlay_usd(chips: float, chip_usd: float, cost: Cost, values: Values) -> float:
    """What is paid for a lot before it is sold: chips at list, transport and the strategy.

    Challenges to the lots of a company are answered together: each lot bears the days until the next one.
    """
    days = DAYS_PER_YEAR / values["company_orders_per_year"]
    each = chip_usd * (1 + cost.share_of_price) + values["smuggling_transport_usd_per_chip"] + cost.per_chip_usd
    return chips * each + cost.per_parcel_usd + days * cost.per_day_usd


def penalty_usd(value_usd: float, values: Values) -> float:
    """The civil maximum for a lot: a multiple of its value at list, at least the floor."""
    return max(values["civil_penalty_floor_usd"], values["civil_penalty_multiple"] * value_usd)


def collected_share(country: str, values: Values) -> float:
    """Share of penalties that are collected of a consignee in a country."""
    return values["penalty_reach_partners"] if country in PARTNERS else values["penalty_reach_elsewhere"]


def risks_if_established(chance: float, collected: float) -> Risks:
    """Of a lot that is found out, if at all, after it has arrived, by the chance of that and the share collected.

    The company of a lot that is found out is blocked.
    """
    return Risks(established=chance, seized=0.0, penalised=chance * collected, blocked=chance)


def break_even_chance(deal: Deal, collected: float, values: Values) -> float:
    """The chance of being found out from which a lot loses money; above 1 if certainty does not suffice.

    Profit before what later lots forgo is linear in that chance, and the latter is 0 where the former is.
    """
    never, always = (_per_order(deal, chance, collected, values) for chance in (0.0, 1.0))
    return never / (never - always)


def _per_order(deal: Deal, chance: float, collected: float, values: Values) -> float:
    """Expected profit of a lot but for what later lots forgo."""
    profit = expected_profit(deal, risks_if_established(chance, collected), values)
    return profit.total_usd + profit.forgone_usd

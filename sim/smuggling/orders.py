"""Orders: who orders a lot on false pretences, through which channel, and what he means to do about verification.

All this is decided before the lot is ordered, since it decides what is ordered and where it is declared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..fleet.supply import BOUGHT_FROM, Terms
from ..randomness import Draws, Stream
from ..world.territory import Territory
from .channels import Channel
from .strategies import STRATEGIES
from .strategy import Strategy


@dataclass(frozen=True)
class Order:
    """What a smuggler has in mind for a lot: names in the registers of channels and strategies."""

    channel: str
    strategy: str

    @property
    def does(self) -> Strategy:
        """The strategy itself."""
        return STRATEGIES[self.strategy]

    def terms(self, restricted: Territory) -> Terms:
        """What the smuggler asks for."""
        does = self.does
        return Terms(lambda sites: does.declared_sites(sites, restricted), does.activates, does.takes_legacy)

    def diverted_share(self, channel: Channel) -> float:
        """Share of the chips that leave in the end: all of those that are never installed."""
        return channel.diverted_share if self.does.activates else 1.0


def order(lot: int, channels: Mapping[str, float], strategies: Mapping[str, float], draws: Draws) -> Order:
    """Draw the order of a lot, or of one bought in its stead; `channels` and `strategies` give each one's weight."""
    number = lot % BOUGHT_FROM
    return Order(
        channel=choose(channels, draws.uniform(Stream.LOT_CHANNEL, number)),
        strategy=choose(strategies, draws.uniform(Stream.LOT_STRATEGY, number)),
    )


def mean_diverted_share(
    channels: Mapping[str, float], strategies: Mapping[str, float], known: Mapping[str, Channel]
) -> float:
    """Share of the chips ordered that leaves in the end, on average over both mixes."""
    shares = [
        (channels[channel] * strategies[strategy], Order(channel, strategy).diverted_share(known[channel]))
        for channel in channels
        for strategy in strategies
    ]
    return sum(weight * share for weight, share in shares) / sum(weight for weight, _ in shares)


def choose(weights: Mapping[str, float], uniform: float) -> str:
    """The name at a quantile of a mix."""
    mark = uniform * sum(weights.values())
    for name, weight in weights.items():
        mark -= weight
        if mark < 0:
            return name
    return name

"""Let one host answer for all chips that were declared in it."""

from __future__ import annotations

from dataclasses import dataclass

from ...parameters import Values
from ...world.paths import direct
from ..strategy import Answer, Circumstances, Cost, Facts, Key, Strategy


@dataclass(frozen=True)
class OneHostAnswers(Strategy):
    """The host stays at the declared site without its chips, and signs in their names with its own key.

    Source: that timing does not tell the machines of a site apart: protocol analysis of plugin-rtt-anchor (location-proofs,
    2026). That a smuggler leaves the host behind is an assumption.
    """

    needs = "the host in which the chips were declared"

    def facts(self, of: Circumstances) -> Facts:
        host = Answer(direct(of.declared_site), key=Key.HOST)
        return Facts(on_the_way=host, at_true_site=host)

    def cost(self, values: Values) -> Cost:
        return Cost(per_day_usd=values["relay_host_usd_per_day"])

"""What a policy costs."""

from __future__ import annotations

from ..parameters import Values


def landmark_network_cost_usd_per_year(number: int, values: Values) -> float:
    """Cost of running `number` landmarks, in US dollars per year: each costs the same, wherever it stands."""
    return number * values["landmark_cost_usd_per_year"]

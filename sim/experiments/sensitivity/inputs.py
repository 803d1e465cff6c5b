"""The inputs of a scenario: every row of the parameter table that has a range, those that are one idea moved as one.

A rule of three steps says what is one idea. Rows of products: all prices, all performances, and all shares of what ships.
Of the others, those whose names begin as one idea of `ONE_IDEA` says; then those that begin with the name of a channel. What
fits nothing is by itself. The rule serves the first screening alone; afterwards every row is by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from ...parameters import Parameter, load_parameters
from ...smuggling.channels import CHANNELS
from .evaluation import Inputs

EVERYTHING_ELSE = "everything else"
"""The name of all rows that are not moved by themselves."""

PRODUCTS = {"h100e": "performance of products", "price_usd": "prices of products"}
MIX = "mix of products"

ONE_IDEA: Mapping[str, tuple[str, ...]] = {
    "destinations of exports": ("exports_to_", "exports_elsewhere"),
    "large deals of the Gulf": ("gulf_",),
    "transport of exports": ("export_transport", "customs_hold", "transport_log"),
    "volume of smuggling": ("cnas_volume", "epoch_volume", "smuggled_volume", "diverted_chips_per_year"),
    "facts of single strategies": (
        "chips_per_host", "stockpile", "storage_usd", "decoy", "dummy_server", "rented_space", "freight", "stand_in",
        "relay", "flood", "bribe", "landmarks_bribed", "landmark_company", "blurring", "key_extraction", "vendor_key",
        "fast_circuit", "leased_line", "in_loop_signing", "rental_days", "rental_usd", "shared_key", "chips_per_batch_key",
        "key_reissue", "endorser", "chips_per_endorser",
    ),
    "market in restricted territory": (
        "domestic_", "remote_rental", "rental_elasticity", "lawful_stock", "lawful_imports", "diffusion_",
        "price_ratio", "demand_elasticity", "smuggling_elasticity",
    ),
    "what smugglers believe": ("belief_cases", "choice_noise", "risk_horizon", "smuggler_margin", "company_orders"),
    "costs of smuggling": (
        "smuggling_transport", "shell_company_usd", "false_papers", "transit_papers", "smuggler_capital", "legacy_broker",
    ),
    "costs of the rule": (
        "landmark_cost", "inspection_cost", "inspection_hosting_cost", "inspector_cost", "firmware_cost", "agent_cost",
        "remote_request_cost",
    ),
    "repairs": ("gpu_faults", "permanent_fault", "repair_", "rma_"),
    "outages of sites": ("site_outage", "outages_by", "network_outage", "conflict", "maintenance_"),
    "outages of landmarks": ("landmark_outage",),
    "lawful moves": ("lawful_move", "resale", "withdrawal"),
    "storage": ("stored_lots", "storage_"),
    "changes of routes": ("route_change", "metro_route_change"),
    "congestion": ("congest",),
    "tips": ("tips_", "award_tip"),
    "end-use checks": ("end_use_check",),
    "review of cases": ("case_review",),
    "consent": ("consent_",),
    "remote requests": ("request_",),
    "speed of tests": ("counted_chips", "labels_read", "chips_challenged"),
    "penalties": ("civil_penalty", "penalty_reach"),
}  # fmt: skip
"""How the names of rows that are one idea begin, in the order in which they are tried."""


def inputs_of(rows: Mapping[str, Parameter]) -> dict[str, tuple[str, ...]]:
    """Rows that are one idea together, by the idea's name; a row that is by itself has its own name.

    Args:
        rows: of the parameter table, such as `uncertainty.ranged` gives.

    Returns:
        Every row exactly once, ideas in the order of their first row.
    """
    products = load_parameters().products.rows()
    ideas: dict[str, list[str]] = {}
    for name in rows:
        ideas.setdefault(_idea(name, products), []).append(name)
    return {idea if len(names) > 1 else names[0]: tuple(names) for idea, names in ideas.items()}


def alone(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Each of some rows by itself."""
    return {name: (name,) for name in names}


def with_the_rest(inputs: Inputs, all_rows: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Inputs, and all rows that are in none of them as one more, if there are any: `EVERYTHING_ELSE`."""
    taken = {name for names in inputs.values() for name in names}
    rest = tuple(name for name in all_rows if name not in taken)
    return {**inputs, **({EVERYTHING_ELSE: rest} if rest else {})}


def _idea(name: str, products: Collection[str]) -> str:
    if name in products:
        return next((idea for ending, idea in PRODUCTS.items() if name.endswith(f"_{ending}")), MIX)
    for idea, beginnings in ONE_IDEA.items():
        if name.startswith(beginnings):
            return idea
    return next((f"channel {channel}" for channel in CHANNELS if name.startswith(f"{channel}_")), name)

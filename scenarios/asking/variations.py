"""Questions that set many policies beside each other, in the same worlds: each is a variation of one scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scenarios.study import Options, Study, UsageError
from sim import Scenario

if TYPE_CHECKING:
    from sim.figures import Setting


@dataclass(frozen=True)
class Variation:
    """One policy.

    Attributes:
        name: of the policy.
        group: what it has in common with others, in words; they share a curve.
        value: of the lever that is varied along the curve.
        levers: dotted keys to set, with their values.
    """

    name: str
    group: str
    value: float
    levers: Mapping[str, Any]


def vary(options: Options, scenario: Scenario, variations: Sequence[Variation], draws: int) -> Study:
    """A study of all variations of a scenario; the first is the one that manifests and titles name.

    Raises:
        UsageError: the user sets a lever that the question varies.
    """
    varied = {key for variation in variations for key in variation.levers}
    if taken := sorted(varied & options.levers.keys()):
        raise UsageError(f"--set: {', '.join(taken)}: the question {options.name} varies this; leave it out")
    first, *others = (
        scenario.replace_keys({"name": variation.name, **variation.levers}) for variation in variations
    )  # fmt: skip
    number = options.draws if options.draws is not None else draws
    return Study(first, options.runs or 1, number or None, tuple(others))


def settings(variations: Sequence[Variation]) -> dict[str, Setting]:
    """Where each policy belongs in a picture."""
    from sim.figures import Setting

    return {variation.name: Setting(variation.group, variation.value) for variation in variations}

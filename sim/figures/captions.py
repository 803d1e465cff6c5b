"""What every caption about policies has to say: which world, which assumptions, what the intervals cover."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..designs import EVEN
from ..scenario import Scenario
from .style import source_line

if TYPE_CHECKING:
    from ..results import Result


def source(result: Result) -> str:
    """The source line of a result of the engine."""
    draws = result.manifest["draws"]
    unit = "run" if result.manifest["runs"] == 1 else "runs"
    failed = len(result.manifest.get("failed_draws", ()))
    left_out = f" ({failed:,} failed, left out)" if failed else ""
    return source_line(result.manifest, unit if draws is None else f"{unit} x {draws:,} draws{left_out}", result.intervals)


def assumptions(result: Result) -> str:
    """The assumptions that matter, for a caption, with the source line. Of policies beside it, those that are alike."""
    scenario = result.scenario
    verification, enforcement = scenario.verification, scenario.enforcement
    changed = ", ".join(f"{name} = {value:g}" for name, value in _set_in_all(result).items()) or "none"
    if result.drawn:
        parameters = (
            "Parameters are drawn over their ranges, with half of the draws on each side of the central value, the volume "
            "of smuggling and the share of it that is ever detected from their published laws, "
            f"{_spread(result)}but for those set: {changed}."
        )
    else:
        parameters = f"Parameters changed from their central values: {changed}."
    adversary = scenario.adversary
    strategies, staging, channels = (
        ", ".join(f"{name} {weight:g}" for name, weight in mix.items())
        for mix in (adversary.strategies, adversary.staging, adversary.channels)
    )
    request = (
        f"operators have {enforcement.remote_request_days:g} days to answer before an inspector is sent"
        if enforcement.remote_request_days
        else "inspectors are sent without asking operators first"
    )
    asked = (
        f"{scenario.geography.landmarks} landmarks, the nearest {verification.landmarks_asked} asked every "
        f"{verification.period_days:g} days; {verification.bound} bound; alert after {verification.grace_days:g} days of "
        f"silence, or after more than {verification.unconfirmed_days:g} days, and {verification.unconfirmed_answers} "
        "answers, in a row unconfirmed at a site that could be cleared when it was enrolled"
        if verification.active
        else "nobody is asked"
    )
    return (
        f"{fleet_size(scenario)} {scenario.geography.sites} sites; {asked}; inspectors: {enforcement.inspectors}, method "
        f"{enforcement.method}; {request}. Where a figure "
        f"varies one of these, it says so. Smugglers order {_volume(scenario)}, through (split assumed) {channels}. "
        f"Their mix of strategies (assumed): {strategies}; "
        f"shown to inspectors (assumed): {staging}. "
        "Status quo: calibrated, not predicted; tips and customs "
        f"({'on' if enforcement.tips else 'off'}) are calibrated to published estimates of detection and time to "
        f"charge, random inspections ({'on' if enforcement.random_inspections else 'off'}) come on top; both act "
        f"under the rule too. {parameters} Smugglers keep their strategies, whatever becomes of their lots. "
        f"{source(result)}"
    )


def _set_in_all(result: Result) -> dict[str, float]:
    """Parameters that are set, to the same value under every policy."""
    return {
        name: value
        for name, value in result.scenario.uncertainties.items()
        if all(policy.uncertainties.get(name) == value for policy in result.beside)
    }


def _spread(result: Result) -> str:
    """How the draws are spread, if they are."""
    name = result.manifest.get("design", {}).get("name", "random")
    return f"spread evenly by {EVEN[name]}, " if name in EVEN else ""


def _volume(scenario: Scenario) -> str:
    """What smugglers order without a rule, and by whose estimate."""
    own = scenario.uncertainties.get("diverted_chips_per_year")
    if own is not None:
        return f"{own:,.0f} chips a year"
    estimate = {"cnas": "CNAS estimates for 2024", "epoch": "Epoch AI estimates for 2025"}[scenario.adversary.volume_prior]
    return f"what {estimate} as smuggled, later years by an assumed growth, less what is refused to blocked consignees"


def fleet_size(scenario: Scenario) -> str:
    """How much of the fleet abroad, and of its sites, is simulated."""
    geography = scenario.geography
    if 0 < geography.sampled_sites < geography.sites:
        density = scenario.fleet.scale / geography.sampled_share
        thinned = "" if density > 0.999 else f", one simulated chip there for {1 / density:,.0f}"
        times = f"{1 / scenario.fleet.scale:.3g}"
        return (
            f"{geography.sampled_sites} of {geography.sites} sites sampled, by a composite measure of size, systematically "
            f"over regions and sizes{thinned}; inspectors as stated, for the sample alone: counts of chips and cases, times "
            f"{times}, estimate the nation's, whose queues for inspectors differ; fixed costs are the nation's. It has"
        )
    if scenario.fleet.scale == 1:
        return "The whole fleet abroad."
    return (
        f"One simulated chip stands for {1 / scenario.fleet.scale:,.0f}, at as many sites and inspectors as stated: "
        "policies can be compared, but counts of chips and cases are not the nation's, nor are shares found, since "
        "inspectors have fewer cases each."
    )

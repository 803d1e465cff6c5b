"""Over which values of a parameter a question goes."""

from sim import Scenario
from sim.parameters import Values, load_parameters


def parameter_range(name: str, scenario: Scenario) -> dict[str, Values]:
    """The scenario's values with a parameter at its low, central and high value.

    Whoever sets the parameter has said what it is: then there is no range, and `central` is the scenario's value.
    """
    if name in scenario.uncertainties:
        return {"central": scenario.values}
    row = load_parameters().parameters[name]
    ends = {"low": row.low, "central": row.central, "high": row.high}
    return {end: load_parameters().values({**scenario.uncertainties, name: value}) for end, value in ends.items()}

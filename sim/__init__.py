"""The world of chip location verification: chips, sites, smugglers, verifier and authority on one SimPy clock.

from sim import Scenario, simulate
result = simulate(Scenario.load("baseline"), seed=1)
result.summary()
"""

from .detection.cluster import cluster_detection_probability
from .experiments.ensemble import ensemble
from .output import OutputError
from .results import Result, Tabulation
from .scenario import Scenario, ScenarioError
from .simulation import simulate
from .sweep import RunFailed

__all__ = [
    "OutputError",
    "Result",
    "RunFailed",
    "Scenario",
    "ScenarioError",
    "Tabulation",
    "cluster_detection_probability",
    "ensemble",
    "simulate",
]

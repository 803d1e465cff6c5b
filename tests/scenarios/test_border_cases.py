"""Border cases: what no relay can beat, and what distance alone decides."""

import numpy as np
import pandas as pd
import pytest

from attestation import FIBRE_KM_PER_MS
from scenarios import border_cases
from scenarios.parts.border_rows import case_rows, cases, relay_rows, verdict
from scenarios.study import Options, UsageError
from sim import Scenario
from sim.world.geography import landmark_cities

WORLDS = 60


def rows_at(speed: float, **levers: object) -> pd.DataFrame:
    """All cases with a landmark in each of their cities, an adversary's circuit at a share of the speed of light."""
    scenario = Scenario.load("baseline").replace(uncertainties={"fast_circuit_speed": speed}, **levers)
    every = cases(scenario)
    landmarks = [city for city in landmark_cities() if city.name in {case.place.name for case in every}]
    return pd.DataFrame([row for case in every for row in case_rows([case], landmarks, "hosting", scenario, WORLDS, 1)])


@pytest.fixture(scope="module")
def at_the_speed_of_light() -> pd.DataFrame:
    return rows_at(1.0)


def test_no_circuit_beats_the_security_bound(at_the_speed_of_light: pd.DataFrame):
    """The planning bound is beaten where there is room; so the test can fail."""
    relayed = at_the_speed_of_light.groupby("bound")["relay_cleared_central"].max()
    assert relayed["vacuum"] == 0
    assert relayed["planning"] > 0.5


def test_a_circuit_no_faster_than_glass_beats_no_bound():
    assert rows_at(0.66)["relay_cleared_central"].max() == 0


def test_the_time_to_beat_is_there_and_back_over_the_distance(at_the_speed_of_light: pd.DataFrame):
    """Round trips in ms worked out from another map, Natural Earth at 1:50m."""
    published = {"Hong Kong (mainland alone)": 0.27, "Hanoi": 1.35, "Taipei": 1.82, "Seoul": 3.52, "Johor Bahru": 19.55}
    rows = at_the_speed_of_light[at_the_speed_of_light["bound"] == "planning"].set_index("case")
    assert rows.loc[list(published), "time_to_beat_ms"].to_numpy() == pytest.approx(list(published.values()), rel=0.02)
    assert np.allclose(rows["time_to_beat_ms"], rows["distance_km"] / FIBRE_KM_PER_MS)
    assert rows.loc["Hong Kong", ["inside", "distance_km", "probability"]].tolist() == [True, 0, 0]


def test_the_security_bound_clears_no_more_than_the_planning_bound(at_the_speed_of_light: pd.DataFrame):
    planning, security = (
        at_the_speed_of_light[at_the_speed_of_light["bound"] == bound]["probability"].to_numpy()
        for bound in ("planning", "vacuum")
    )
    assert (security <= planning).all()
    assert (security < planning).any()


def test_verdicts_follow_the_shares():
    def told(planning: tuple[float, float], security: tuple[float, float]) -> str:
        shares = {"planning": planning, "vacuum": security}
        rows = [("here", 9, False, bound, share) for bound, both in shares.items() for share in both]
        return verdict(pd.DataFrame(rows, columns=["case", "landmarks", "inside", "bound", "probability"]), "here")

    assert told((0.95, 0.99), (0.91, 0.95)) == "ping"
    assert told((0.95, 0.99), (0.5, 0.95)) == "ping, by the planning bound"
    assert told((0.09, 0.5), (0.0, 0.2)) == "depends on the path"
    assert told((0.0, 0.09), (0.0, 0.0)) == "inspect only"


def test_a_relay_over_the_internet_adds_more_than_its_own_circuit():
    scenario = Scenario.load("baseline")
    for case in cases(scenario):
        if not case.inside:
            relays = pd.DataFrame(relay_rows(case, scenario)).set_index(["way", "to"])["adds_ms"]
            own, public = relays["own circuit"], relays.drop("own circuit", level="way")
            assert own["the border"] <= own.max() < public.min()


def test_what_the_question_varies_is_refused():
    with pytest.raises(UsageError, match=r"verification.bound: the question border_cases varies this"):
        border_cases.study(Options("border_cases", levers={"verification.bound": "vacuum"}))

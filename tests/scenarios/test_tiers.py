"""What the answer about the tiers says of what they leave to be found."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from scenarios import tiers
from scenarios.answering.brief import TOO_FEW
from sim import Scenario
from sim.scenario import STATUS_QUO

SCENARIO = Scenario.load("baseline").replace_keys(tiers.SETTING)


def told(diverted: dict[str, float], prevented: dict[str, float]) -> str:
    """The answer where a policy finds half of what is diverted, if anything is; in a single world, chip by chip."""
    rows = []
    for name in (tiers.ACT, tiers.TIERS, tiers.BOTH, STATUS_QUO):
        outcomes = {
            tiers.DIVERTED: diverted[name],
            tiers.FOUND: 0.5 if diverted[name] else np.nan,
            tiers.REFUSED: 8000.0 if name == tiers.TIERS else 0.0,
            tiers.PREVENTED: prevented[name],
            tiers.FALSE: 1.0,
        }
        rows += [(name, 0, 0, "2030-01-01", outcome, value) for outcome, value in outcomes.items()]
    table = pd.DataFrame(rows, columns=["scenario", "draw", "run", "date", "outcome", "value"])
    summary = table.rename(columns={"value": "median"}).assign(low=np.nan, high=np.nan, mc_error=np.nan)
    return tiers.answer(SimpleNamespace(scenario=SCENARIO, table=table, summary=lambda: summary))


def test_what_blocked_consignees_order_is_told_beside_refused_licences():
    chips = {tiers.ACT: 3e4, tiers.TIERS: 2e4, tiers.BOTH: 1e4, STATUS_QUO: 4e4}
    answer = told(chips, {**dict.fromkeys(chips, 0.0), tiers.ACT: 9000.0, STATUS_QUO: 1000.0})
    assert "8 thousand chips, honest and smuggled, the Act for none, and blocked consignees are refused" in answer
    assert "with the tiers, 9 with the Act, 1 with neither (medians). Beside" in answer
    assert "under the duty 40 thousand chips are diverted with neither, 20 thousand with the tiers" in answer


def test_tiers_that_leave_nothing_to_divert_are_an_answer_and_a_world_without_smuggling_is_none():
    chips = {tiers.ACT: 3e4, tiers.TIERS: 0.0, tiers.BOTH: 0.0, STATUS_QUO: 4e4}
    answer = told(chips, dict.fromkeys(chips, 0.0))
    assert "0 thousand with the tiers, and 30 thousand with the Act, of which 50 % are established" in answer
    assert "nan" not in answer
    neither = told({**dict.fromkeys(chips, 0.0), STATUS_QUO: 4e4}, dict.fromkeys(chips, 0.0))
    assert "0 thousand with the tiers, and 0 thousand with the Act; over" in neither
    assert told(dict.fromkeys(chips, 0.0), dict.fromkeys(chips, 0.0)) == TOO_FEW

import pytest

from sim import Scenario, ScenarioError


@pytest.fixture
def baseline() -> Scenario:
    return Scenario.load("baseline")


@pytest.mark.parametrize(
    ("levers", "message"),
    [
        (
            {"verification.period_days": -1},
            "verification.period_days = -1: input should be greater than or equal to 0.00347",
        ),
        ({"verification.period": 1}, "verification.period = 1: unknown key; did you mean period_days?"),
        ({"verfication.period_days": 1}, "verfication.period_days = 1: unknown key; did you mean verification?"),
        (
            {"geography.sites": 0},
            "geography.sites = 0: input should be greater than or equal to 1; allowed >= 1",
        ),
        ({"geography.sites": "many"}, "geography.sites = 'many': input should be a valid integer"),
        (
            {"verification.bound": "light"},
            "verification.bound = 'light': input should be 'vacuum', 'planning', '",
        ),
        ({"adversary.strategies": {"vanish": 1}}, "unknown strategy vanish; allowed: go_dark, relay_from_declared_site"),
        ({"adversary.strategies": {"go_dark": 0}}, "at least one weight must be above 0"),
        ({"uncertainties.packet_loss": 2}, "packet_loss = 2.0: allowed 0 to 1 share of attempts"),
        ({"uncertainties.packet_lost": 0.1}, "packet_lost = 0.1: no such parameter; did you mean packet_loss?"),
        ({"engine": "reference"}, "allowed 1 to 200,000 chips with engine = 'reference'"),
        ({"calendar": 3}, "calendar = 3: must be a section with the keys start, duty_after_days, end_after_duty_days"),
        ({"name": "status_quo"}, "name = 'status_quo': taken by the world without the rule"),
        ({"geography.landmarks": 2}, "verification.landmarks_asked = 3: allowed 1 to geography.landmarks = 2"),
        (
            {"geography.territory": "china"},
            "geography.territory = 'china': unknown territory 'china'; allowed: china_mainland,",
        ),
        ({"geography.territory": 5}, "geography.territory = 5: allowed: a name, or a list of country codes"),
        ({"geography.territory": "KP"}, "geography.territory = 'KP': no hub lies in it where diverted chips could end"),
        (
            {"geography.landmarks": 790},
            "geography.landmarks = 790: allowed 1 to 692, the cities of the catalogue outside geography.territory = 'prc_hk",
        ),
        ({"verification.grace_days": float("nan")}, "verification.grace_days = nan: input should be a finite number"),
    ],
)
def test_a_mistake_is_named_with_key_value_and_allowed_range(baseline, levers, message):
    with pytest.raises(ScenarioError) as refusal:
        baseline.replace_keys(levers)
    assert message in str(refusal.value)


def test_all_mistakes_are_reported_at_once(baseline):
    with pytest.raises(ScenarioError) as refusal:
        baseline.replace(verification__period_days=0, geography__sites=0, fleet__lots=1)
    assert len(str(refusal.value).splitlines()) == 3


def test_files_are_read_and_bad_ones_explained(tmp_path):
    with pytest.raises(ScenarioError, match="'basline' does not exist; allowed: baseline"):
        Scenario.load("basline")
    with pytest.raises(ScenarioError, match=r"cannot read .*: No such file"):
        Scenario.load(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("name = ")
    with pytest.raises(ScenarioError, match="not valid TOML"):
        Scenario.load(broken)
    broken.write_text('name = "x"')
    with pytest.raises(ScenarioError, match="calendar: missing"):
        Scenario.load(broken)


def test_a_scenario_is_frozen_and_replace_leaves_it_alone(baseline):
    weekly = baseline.replace(verification__period_days=7)
    assert (baseline.verification.period_days, weekly.verification.period_days) == (1, 7)
    assert baseline.digest() != weekly.digest()
    assert baseline.digest() == weekly.replace(verification__period_days=1).digest()
    with pytest.raises(ValueError, match="frozen"):
        baseline.verification.period_days = 3  # type: ignore[misc]


def test_a_territory_is_a_set_of_countries_however_they_are_listed(baseline):
    listed, reversed_ = (baseline.replace(geography__territory=codes) for codes in (["CN", "HK"], ["HK", "CN", "CN"]))
    assert listed.digest() == reversed_.digest() != baseline.digest()
    assert listed.geography.restricted.countries == {"CN", "HK"}


def test_the_status_quo_differs_in_the_rule_alone(baseline):
    before, after = baseline.status_quo().model_dump(), baseline.model_dump()
    assert before.pop("name") == "status_quo"
    after.pop("name")
    assert before["verification"].pop("active") is False
    assert after["verification"].pop("active") is True
    assert before == after

"""Channels of diversion: limits of their numbers, and the weights of their mix."""

import pytest

from sim import Scenario, ScenarioError
from sim.parameters import load_parameters
from sim.smuggling.channels import CHANNELS, channels
from sim.smuggling.orders import mean_diverted_share

VALUES = load_parameters().values()


def test_every_channel_moves_some_chips_in_some_time():
    by_name = channels(VALUES)
    assert tuple(by_name) == CHANNELS
    for channel in by_name.values():
        assert 0 < channel.diverted_share <= 1
        assert channel.parcel_chips >= 1
        assert min(channel.parcel_gap_days, channel.dwell_days, channel.transit_days) > 0
        assert (channel.patience_days > 0) == channel.after_audit


def test_a_suitcase_is_smaller_and_sooner_there_than_freight():
    by_name = channels(VALUES)
    suitcase = by_name.pop("hand_carriage")
    assert all(suitcase.parcel_chips < other.parcel_chips for other in by_name.values())
    assert all(suitcase.transit_days < other.transit_days for other in by_name.values())


def test_the_mean_share_that_leaves_is_that_of_one_channel_or_between_two():
    known, strategies = channels(VALUES), {"go_dark": 1.0}
    assert mean_diverted_share({"cloud_front": 3}, strategies, known) == VALUES["cloud_front_diverted_share"] == 0.5
    mixed = mean_diverted_share({"cloud_front": 1, "shell_company": 3}, strategies, known)
    assert mixed == pytest.approx((0.5 + 3 * 1) / 4)


def test_orders_by_shell_companies_alone_are_possible_and_unknown_channels_are_not():
    scenario = Scenario.load("baseline")
    assert sum(scenario.adversary.channels.values()) == pytest.approx(1)
    assert scenario.replace(adversary__channels={"shell_company": 1}).adversary.channels == {"shell_company": 1}
    with pytest.raises(ScenarioError, match="unknown channel submarine; allowed: shell_company, vendor_network"):
        scenario.replace(adversary__channels={"submarine": 1})
    with pytest.raises(ScenarioError, match="at least one weight"):
        scenario.replace(adversary__channels={"shell_company": 0})

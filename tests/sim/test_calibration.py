"""Fitting and checking the latency model, on tables made from a known one: what went in must come out."""

import itertools
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from attestation import FIBRE_KM_PER_MS
from scenarios.__main__ import main
from sim.calibration import bound_price, latency_fit
from sim.calibration.bound_price import bound_prices
from sim.calibration.latency_check import check_latency
from sim.calibration.latency_fit import as_regime, bootstrap, deviates, endpoint_share, fit_latency, quantile_line
from sim.calibration.rtt_table import TableError, country_code, read_pairs
from sim.parameters import load_parameters
from sim.world.bounds import KM_PER_MS, SOUND_BOUNDS
from sim.world.excess import excess_ms, normal_of, regime_of
from sim.world.geography import Position, distances_km

HOSTING = load_parameters().latency["hosting"]
COUNTRIES = ("US", "CA", "DE", "France", "GB", "JP", "Australia", "SG", "India", "BR", "UAE", "CN")


CITIES = 110


def made_table(seed: int, cities: int = CITIES, share: float = 0.4, scale: float = 1.0) -> pd.DataFrame:
    """A table of minima between random places, drawn from the shipped model; `share` of the variance belongs to the ends."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    places = [Position(float(lat), float(lon)) for lat, lon in draw.uniform((-40, -180), (60, 180), (cities, 2))]
    countries = [COUNTRIES[number % len(COUNTRIES)] for number in range(cities)]
    codes = [country_code(name, Path()) for name in countries]
    km, of_site = distances_km(places, places), draw.standard_normal(cities)
    rows = []
    for one in range(cities):
        for other in range(one):
            regime = HOSTING.regimes[regime_of("hosting", codes[one], codes[other], km[one, other])]
            normal = math.sqrt(share / 2) * (of_site[one] + of_site[other]) + math.sqrt(1 - share) * draw.standard_normal()
            floor = km[one, other] / FIBRE_KM_PER_MS
            rtt = floor + scale * float(excess_ms(regime, floor, normal))
            for src, dst in ((one, other), (other, one)):
                rows.append([f"city {src}", countries[src], places[src].latitude_deg, places[src].longitude_deg])
                rows[-1] += [f"city {dst}", countries[dst], places[dst].latitude_deg, places[dst].longitude_deg, rtt, ""]
    ends = [f"{end}_{part}" for end in ("src", "dst") for part in ("city", "country", "lat", "lon")]
    return pd.DataFrame(rows, columns=[*ends, "rtt_min_ms", "flag"])


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("rtt") / "made.csv.gz"
    made_table(1).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def small_table(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("rtt") / "small.csv"
    made_table(4, cities=40).to_csv(path, index=False)
    return path


@pytest.mark.parametrize("name", HOSTING.regimes)
def test_excess_and_deviate_are_each_others_inverse(name):
    regime = HOSTING.regimes[name]
    normals, floors = np.linspace(-3, 3, 13), np.array([[0.1], [10.0], [150.0]])
    assert normal_of(regime, floors, excess_ms(regime, floors, normals)) == pytest.approx(np.tile(normals, (3, 1)), abs=1e-8)


def test_skew_0_and_tail_1_are_the_lognormal_law():
    regime = HOSTING.regimes["metro"]
    assert (regime.skew, regime.tail) == (0, 1)
    sd = regime.log_sd + regime.near_log_sd * math.exp(-0.5 / regime.near_ms)
    median = regime.offset_ms + regime.slope * 0.5**regime.exponent
    assert excess_ms(regime, 0.5, 1.7) == pytest.approx(median * math.exp(1.7 * sd))


def test_a_table_from_the_model_is_covered_by_the_model(tmp_path):
    """Pairs are independent here: with shared ends even the true model misses by several points, since sites are few."""
    path = tmp_path / "independent.csv"
    made_table(2, share=0.0).to_csv(path, index=False)
    check = check_latency(read_pairs(path, "hosting", "min"), HOSTING, "min")
    assert check.overall < 2
    assert check.pinball_model < 0.8 * check.pinball_global
    assert sum(check.counts[name] for name in check.by_band) == check.pairs == CITIES * (CITIES - 1) / 2


def test_a_table_of_slower_paths_is_not(tmp_path):
    """The check can fail: half as much excess again is far outside."""
    path = tmp_path / "slow.csv"
    made_table(1, scale=1.5).to_csv(path, index=False)
    assert check_latency(read_pairs(path, "hosting", "min"), HOSTING, "min").overall > 15


def test_a_fit_finds_the_laws_that_made_the_table(table):
    """By what they say: median and spread of the excess in the middle of each large regime's distances."""
    pairs = read_pairs(table, "hosting", "min")
    fit = fit_latency(pairs)
    large = [name for name, count in fit.pairs.items() if count >= 300]
    assert len(large) >= 4
    for name in large:
        floor = float(np.median(pairs.floor_ms[pairs.regime == name]))
        for normal in (-1.0, 0.0, 1.0):
            found = math.log(excess_ms(as_regime(fit.regimes[name]), floor, normal))
            assert found == pytest.approx(math.log(excess_ms(HOSTING.regimes[name], floor, normal)), abs=0.25)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6])
def test_the_share_of_the_ends_is_found(tmp_path, share):
    path = tmp_path / "made.csv"
    made_table(3, share=share).to_csv(path, index=False)
    pairs = read_pairs(path, "hosting", "min")
    assert endpoint_share(pairs, deviates(pairs, HOSTING.regimes)) == pytest.approx(share, abs=0.15)


@pytest.mark.verify
def test_standard_errors_follow_from_the_seed(small_table):
    """And are of the size of what a few sites can move."""
    pairs = read_pairs(small_table, "hosting", "min")
    errors = bootstrap(pairs, 4, seed=1)
    assert errors == bootstrap(pairs, 4, seed=1) != bootstrap(pairs, 4, seed=2)
    assert 0.001 < errors["core"]["log_sd"] < 1


def test_best_of_k_radii_shrink_with_more_landmarks_and_predictions_follow(table):
    cells = check_latency(read_pairs(table, "hosting", "min"), HOSTING, "min").best_of_k
    assert cells
    by_radius = {}
    for cell in cells:
        by_radius.setdefault(cell["R"], []).append(cell)
    for group in by_radius.values():
        for kind in ("median_observed", "median_predicted"):
            radii = [cell[kind] for cell in group if cell["targets"] == group[0]["targets"]]
            assert radii == sorted(radii, reverse=True)


def test_the_two_directions_of_a_pair_are_one(tmp_path):
    rows = made_table(1, cities=3)
    rows.loc[0, "rtt_min_ms"] += 10
    rows.to_csv(tmp_path / "t.csv", index=False)
    pairs = read_pairs(tmp_path / "t.csv", "hosting", "min")
    assert len(pairs) == 3
    assert sorted(pairs.rtt_ms) == pytest.approx(sorted(rows["rtt_min_ms"].to_numpy().reshape(3, 2).mean(axis=1)))


def test_flagged_rows_and_empty_cells_are_left_out(tmp_path):
    rows = made_table(1, cities=4)
    rows.loc[:1, "flag"] = "rtt_glitch"
    rows.loc[2:3, "rtt_min_ms"] = np.nan
    rows.to_csv(tmp_path / "t.csv", index=False)
    assert len(read_pairs(tmp_path / "t.csv", "hosting", "min")) == 4


@pytest.mark.parametrize("kind", ["min", "burst", "median"])
def test_slower_kinds_of_measurement_are_predicted_to_be_slower(table, kind):
    from sim.calibration.latency_check import predicted_quantiles

    pairs = read_pairs(table, "hosting", "min")
    floor, predicted = (predicted_quantiles(pairs, HOSTING, which, 1) for which in ("min", kind))
    assert (predicted[:, 2] >= floor[:, 2] - 1e-9).mean() > (0.99 if kind == "min" else 0.9)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("check-latency nothing.csv --network hosting --kind min", "nothing.csv"),
        ("check-latency empty.csv --network hosting --kind min", "columns missing"),
        ("check-latency odd.csv --network hosting --kind min", "Atlantis"),
        ("check-latency odd.csv --network hosting --kind median", "rtt_median_ms"),
        ("check-latency odd.csv --network hosting --kind min --overhead-ms -1", "--overhead-ms"),
        ("check-latency odd.csv --network home --kind min", "--network"),
        ("fit-latency odd.csv --network hosting --kind min --bootstrap -1", "--bootstrap"),
        ("fit-latency odd.csv --network hosting --kind min --date yesterday", "--date"),
    ],
)
def test_a_users_mistake_is_one_clear_message(tmp_path, monkeypatch, capsys, words, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.csv").write_text("a,b\n1,2\n")
    rows = made_table(1, cities=3)
    rows["src_country"] = "Atlantis"
    rows.to_csv(tmp_path / "odd.csv", index=False)
    try:
        code = main(words.split())
    except SystemExit as stop:
        code = stop.code
    captured = capsys.readouterr()
    assert (code, captured.out) == (2, "")
    assert said in captured.err


def test_both_commands_say_the_same_to_people_and_machines(table, capsys):
    words = ["check-latency", str(table), "--network", "hosting", "--kind", "min"]
    assert main([*words, "--json"]) == 0
    check = json.loads(capsys.readouterr().out)
    assert set(check["coverage"]) == {"overall", "near_500km", "by_regime", "by_band"}
    assert set(check["pinball"]) == {"model", "global_lognormal"}
    assert set(check["best_of_k"][0]) == {
        "R", "K", "targets", "median_predicted", "median_observed", "q90_predicted", "q90_observed"
    }  # fmt: skip
    assert main(words) == 0
    assert f"overall {check['coverage']['overall']:.1f}" in capsys.readouterr().out


def test_a_refit_is_a_section_that_the_parameter_file_can_hold(small_table, capsys):
    import tomllib

    from sim.parameters import LatencyModel

    words = [
        "fit-latency",
        str(small_table),
        "--network",
        "hosting",
        "--kind",
        "min",
        "--source",
        "made",
        "--date",
        "2026-11",
    ]
    assert main([*words, "--bootstrap", "2"]) == 0
    model = LatencyModel.model_validate({"network": "hosting", **tomllib.loads(capsys.readouterr().out)["hosting"]})
    assert (model.kind, model.date) == ("min", "2026-11")
    assert model.regimes["core"].standard_errors["log_sd"] >= 0
    assert all(regime.source == ("made",) for regime in model.regimes.values())


def test_a_country_that_nobody_knows_is_an_error():
    assert [country_code(name, Path()) for name in ("UK", "Viet Nam", "SG", "united states")] == ["GB", "VN", "SG", "US"]
    with pytest.raises(TableError):
        country_code("Atlantis", Path())


def test_a_quantile_line_has_the_stated_share_of_times_below_it_and_finds_a_line_that_was_put_in(table):
    pairs = read_pairs(table, "hosting", "min", 0.0)
    for quantile in (0.01, 0.05, 0.3):
        offset_ms, slope = quantile_line(pairs, quantile)
        below = (pairs.rtt_ms < offset_ms + slope * pairs.distance_km / 1000 - 1e-6).mean()
        assert below == pytest.approx(quantile, abs=3 / len(pairs))
    straight = replace(pairs, rtt_ms=4 + 11 * pairs.distance_km / 1000)
    assert quantile_line(straight, 0.05) == pytest.approx((4, 11))


def test_sound_bounds_never_contradict_and_the_others_by_their_speed(table, capsys, monkeypatch):
    """A time faster than a bound is counted by hand here."""
    monkeypatch.setattr(bound_price, "WITHIN_KM", 5000.0)  # the places of this table lie far apart
    pairs = read_pairs(table, "hosting", "min", 0.0)
    prices = {price.name: price for price in bound_prices(pairs, HOSTING)}
    for bound in SOUND_BOUNDS:
        assert prices[bound].faster == 0
        assert set(prices[bound].contradicted.values()) <= {0.0}
    for bound, km_per_ms in KM_PER_MS.items():
        assert prices[bound].faster == (pairs.distance_km / pairs.rtt_ms > km_per_ms).mean()
        assert prices[bound].radius_ratio == pytest.approx(
            dict.fromkeys(prices[bound].radius_ratio, km_per_ms / FIBRE_KM_PER_MS)
        )
    assert 0 < prices["empirical"].faster < prices["half"].faster < prices["four_ninths"].faster
    # More landmarks make it likelier that one of them leaves out the truth.
    assert prices["line at 5%"].contradicted[1] < prices["line at 5%"].contradicted[3]
    assert main(["price-bounds", str(table), "--network", "hosting", "--kind", "min", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pairs"] == len(pairs)
    assert main(["price-bounds", str(table), "--network", "hosting", "--kind", "min"]) == 0
    assert "four_ninths" in capsys.readouterr().out
    assert main(["price-bounds", "missing.csv", "--network", "hosting", "--kind", "min"]) == 2


def test_the_bootstrap_gives_no_error_to_a_parameter_that_rests_on_a_bound(small_table, monkeypatch):
    """Its standard deviation over resamples is zero, which is not a standard error of zero."""
    pairs = read_pairs(small_table, "hosting", "min", 0.0)
    counter = itertools.count()

    def resting(rows, name):
        return {"offset_ms": 0.01832, "slope": 1.0 + next(counter)}

    monkeypatch.setattr(latency_fit, "fit_regime", resting)
    errors = latency_fit.bootstrap(pairs, 5, seed=1)
    assert errors
    assert {parameter for row in errors.values() for parameter in row} == {"slope"}

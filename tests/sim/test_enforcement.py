"""What inspectors can tell, what a request settles, and what follows: against closed forms and limiting cases."""

from collections import Counter
from itertools import pairwise
from math import comb, sqrt

import numpy as np
import pytest

from sim import Scenario, ScenarioError
from sim.actors.authority import Authority
from sim.actors.inspection import Inspections, look_of
from sim.actors.planned_visits import risk
from sim.actors.setting import NOWHERE
from sim.detection.inspection import absence_shows, sample_of
from sim.engine.fast import run
from sim.engine.wiring import build
from sim.fleet.chips import State
from sim.fleet.supply import Lot
from sim.record import ConsequenceKind, Finding, Happening, Record, VisitReason
from sim.smuggling.plans import exposure_day
from sim.world.products import prices_usd, product_names

from .worlds import ORDERLY, hurried

QUIET = {
    **ORDERLY,
    "gpu_faults_per_chip_year": 0,
    "packet_loss": 0,
    "site_outages_per_site_year": 0,
    "lawful_moves_per_lot_year": 0,
    "tips_detection_ever": 0,
    "inspection_miss": 0,
}
"""Nobody is silent but smugglers, and nobody tells."""


def dark(values=None, **levers) -> Scenario:
    """Smugglers who never answer, in a world without noise; end-use checks are off."""
    levers = {"adversary__strategies": {"go_dark": 1}, "enforcement__random_inspections": False, **levers}
    return hurried({**QUIET, **(values or {})}, **levers)


def established(record: Record) -> int:
    return int(np.count_nonzero(~np.isnan(record.chips["established_day"])))


@pytest.mark.parametrize(
    ("method", "boxes", "labels", "covered", "signed", "shows"),
    [
        ("count", False, False, True, False, True),
        ("count", True, False, True, False, False),
        ("labels", True, False, True, True, True),
        ("labels", True, True, True, False, False),
        ("challenge", True, True, True, False, True),
        ("challenge", True, True, True, True, False),  # a dummy that signs with the chip's key
        ("challenge", True, False, True, True, True),  # a key, but no machine with that number to challenge
        ("challenge", True, True, False, False, False),  # a chip without the mechanism cannot be challenged
    ],
)
def test_each_method_is_deceived_by_what_it_looks_at(method, boxes, labels, covered, signed, shows):
    facts = {"boxes": boxes, "labels": labels, "covered": covered, "signed": signed}
    assert absence_shows(method, **{name: np.array([fact]) for name, fact in facts.items()}).tolist() == [shows]


@pytest.mark.parametrize(
    ("staging", "method", "found"),
    [("none", "count", True), ("boxes", "count", False), ("boxes", "labels", True), ("labels", "labels", False),
     ("labels", "challenge", True)],
)  # fmt: skip
def test_staging_works_if_and_only_if_the_method_cannot_tell(staging: str, method: str, found: bool):
    record = run(dark(adversary__staging={staging: 1}, enforcement__method=method), 1)
    assert sum(case.visited and case.diverted_chips > 0 for case in record.closed_cases) > 3
    assert (established(record) > 0) == found


@pytest.mark.parametrize(
    ("strategy", "staging", "key_register", "found"),
    [
        ("extract_key", "labels", True, False),
        ("extract_key", "boxes", True, True),  # something signs, but no machine bears the number
        ("leaked_vendor_key", "labels", True, True),  # the maker has not made that key
        ("leaked_vendor_key", "labels", False, False),
        ("relay_from_declared_site", "labels", True, True),  # the key is far away
    ],
)
def test_a_dummy_passes_a_challenge_on_the_spot_if_its_key_passes(
    strategy: str, staging: str, key_register: bool, found: bool
):
    keys = {"key_extraction_success": 1, "key_extraction_days_per_chip": 0.001, "vendor_key_revoked_days": 1e4}
    visits = {"enforcement__inspectors": 10, "enforcement__planned_inspectors": 5, "enforcement__method": "challenge"}
    scenario = dark(
        keys, adversary__strategies={strategy: 1}, adversary__staging={staging: 1}, verification__key_register=key_register,
        **visits,
    )  # fmt: skip
    record = run(scenario, 1)
    assert np.count_nonzero(np.isin(record.chips["state"], (State.RESTRICTED,))) > 20
    assert (established(record) > 0) == found


def test_chips_are_brought_back_only_if_the_notice_is_long_enough():
    journey = {"transit_to_restricted_days": 8, "smuggler_log_sd": 0}
    found = [
        established(run(dark(journey, adversary__staging={"return": 1}, enforcement__notice_days=notice), 1))
        for notice in (0, 7.9, 8.1)
    ]
    assert found[0] > 0
    assert found[1] > 0
    assert found[2] == 0


def forty_missing():
    """A site where 40 of 500 chips are missing, its chips, and an inspector who samples 10."""
    scenario = dark(enforcement__inspected_chips=10, geography__sites=1)
    setting = build(scenario, 3)
    rows = setting.chips.append(500, state=State.INSTALLED, covered=True, lot=-1, site=0, day=0, first_slot=0)
    chips = np.arange(rows.start, rows.stop)
    lot = Lot(0, range(500), 0, ordered_by_smuggler=True, ship_day=0.0, delivery_day=0.0)
    setting.chips.divert(chips[:40], 1.0, setting.detour(chips[:40], lot, None, NOWHERE))
    return setting, chips, look_of(scenario)


def test_a_sample_meets_the_missing_by_the_hypergeometric_law():
    setting, chips, look = forty_missing()
    inspections = Inspections(setting)
    visits = 3000
    found: Counter[tuple[int, int]] = Counter()
    for day in range(1, visits + 1):
        setting.env.run(until=day)
        tested, missing = inspections.inspect(0, chips, look)
        found[tested, len(missing)] += 1
    assert set(found) == {(10, 0), (500, 40)}  # one of the sample missing: then all are tested
    expected = 1 - comb(460, 10) / comb(500, 10)
    z = (found[500, 40] / visits - expected) / sqrt(expected * (1 - expected) / visits)
    assert abs(z) < 3.5


def test_an_earlier_visit_does_not_change_whom_a_later_one_tests():
    """One policy sends an inspector that another one does not: on a later day both meet the same sample."""
    later = []
    for visited_before in (False, True):
        setting, chips, look = forty_missing()
        inspections = Inspections(setting)
        if visited_before:
            inspections.inspect(0, chips[40:], look)
        found = []
        for day in range(1, 40):
            setting.env.run(until=day)
            found.append(inspections.inspect(0, chips, look)[0])
        later.append(found)
    assert later[0] == later[1]
    assert len(set(later[0])) == 2


def test_a_sample_is_a_set_of_the_size_asked_for():
    uniforms = np.array([0.5, 0.1, 0.9, 0.2])
    assert sample_of(uniforms, 2).tolist() == [1, 3]
    assert sample_of(uniforms, 9).tolist() == [0, 1, 2, 3]


def test_an_outage_that_is_over_is_settled_by_asking():
    """Outages outlast the grace period, but not the review: honest chips answer when the operator is asked."""
    outages = {"site_outages_per_site_year": 3, "site_outage_hours": 24 * 5, "site_outage_log_sd": 0, "case_review_days": 5,
               "diverted_chips_per_year": 0, "request_answered": 1, "request_answer_days": 0.5}  # fmt: skip
    levers = {"verification__grace_days": 3, "verification__unconfirmed_days": 3650}
    visited, asked = (
        run(hurried({**QUIET, **outages}, enforcement__remote_request_days=days, **levers), 1) for days in (0, 10)
    )
    assert visited.remote_requests == 0
    assert any(visit.reason is VisitReason.CASE for visit in visited.visits)
    assert asked.remote_requests >= len(asked.closed_cases) > 5
    assert not any(visit.reason is VisitReason.CASE for visit in asked.visits)
    assert {case.finding for case in asked.closed_cases} == {Finding.CLEARED}


@pytest.mark.parametrize(("reported", "finding"), [(1.0, Finding.RMA), (0.0, None)])
def test_a_repair_settles_a_case_if_the_maker_confirms_it(reported: float, finding: Finding | None):
    repairs = {"gpu_faults_per_chip_year": 3, "repair_absence_days": 200, "repair_log_sd": 0, "diverted_chips_per_year": 0,
               "request_answered": 1, "request_answer_days": 0.5, "rma_reported_share": reported}  # fmt: skip
    record = run(hurried({**QUIET, **repairs}, enforcement__remote_request_days=10, enforcement__inspectors=0), 1)
    assert record.remote_requests > 5
    assert {case.finding for case in record.closed_cases} == ({finding} if finding else set())


def test_nobody_answers_a_request_for_chips_that_are_gone():
    record = run(dark({"request_answered": 1, "request_answer_days": 0.5}, enforcement__remote_request_days=10), 1)
    assert established(record) > 0
    visited = [case for case in record.closed_cases if case.diverted_chips]
    assert visited
    assert all(case.visited for case in visited)


def test_without_consent_nobody_goes_and_nobody_knows():
    record = run(dark({"consent_refused": 1}), 1)
    assert {case.finding for case in record.closed_cases} == {Finding.UNKNOWN}
    assert not record.visits
    assert established(record) == 0


def test_nobody_knows_of_a_repair_that_he_has_not_seen_or_been_told_of():
    """Where inspections are refused, chips whose repair is reported are excused until they are back; others alert again."""
    repairs = {"gpu_faults_per_chip_year": 1, "repair_absence_days": 150, "repair_log_sd": 0, "diverted_chips_per_year": 0,
               "case_review_days": 1, "consent_days": 1, "consent_refused": 1}  # fmt: skip
    alerted = [
        Counter(event.chip for event in record.events if event.happening is Happening.ALERTED)
        for record in (run(hurried({**QUIET, **repairs, "rma_reported_share": share}), 1) for share in (1, 0))
    ]
    assert set(alerted[0].values()) == {1}
    assert max(alerted[1].values()) > 2


def test_consent_takes_time():
    days = {"case_review_days": 1, "case_review_log_sd": 0, "inspection_travel_days": 1}
    soon, late = (run(dark({**days, "consent_days": wait}, enforcement__inspectors=100), 1) for wait in (0, 20))
    first = [
        {(event.site, event.case): event.day for event in record.events if event.happening is Happening.INSPECTED}
        for record in (soon, late)
    ]
    both = [case for case in first[0].keys() & first[1].keys() if case[1] == 0]
    assert both
    assert [first[1][case] - first[0][case] for case in both] == pytest.approx([20] * len(both))


def test_the_penalty_for_chips_of_many_products_counts_each_at_its_price():
    """Lots bought out of the stock abroad are of whatever stood there."""
    money = {"penalty_reach_partners": 1, "penalty_reach_elsewhere": 1, "consequence_days": 2, "tips_detection_ever": 1,
             "tips_time_to_charge_months": 1, "tips_time_log_sd": 0.3, "civil_penalty_floor_usd": 0}  # fmt: skip
    scenario = dark(
        money, fleet__scale=0.0005, fleet__lot_chips=8, geography__sites=4, adversary__strategies={"divert_legacy": 1}
    )
    record = run(scenario, 1)
    prices = prices_usd(scenario.values)
    products = set()
    penalties = [one for one in record.consequences if one.kind is ConsequenceKind.PENALTY]
    for penalty in penalties:
        found = (record.chips["lot"] == penalty.lot) & (record.chips["established_day"] <= penalty.day)
        of_lot = record.chips["product"][found]
        products.add(len(set(of_lot.tolist())))
        assert penalty.usd == pytest.approx(2 * prices[of_lot].sum())
    assert len(penalties) > 3
    assert max(products) > 1


def test_a_blocked_consignee_orders_again_only_under_a_new_name():
    consequence = {"consequence_days": 5, "case_review_log_sd": 0, "new_shell_days": 40, "diverted_chips_per_year": 1.5e6}
    blocked, free = (
        run(dark(consequence, geography__sites=4, calendar__end_after_duty_days=150, enforcement__licence_denial=denial), 1)
        for denial in (True, False)
    )
    assert free.prevented_chips == 0
    assert blocked.prevented_chips > 0
    until: dict[int, float] = {}
    prevented = 0
    for event in blocked.events:
        if event.happening is Happening.BLOCKED:
            until[event.site] = max(until.get(event.site, 0), event.day + 40)
        elif event.happening is Happening.ORDER_PREVENTED:
            assert event.day < until[event.site]
            prevented += event.chips
        elif event.happening is Happening.DEPARTED:
            assert event.lot >= 0
    assert prevented == blocked.prevented_chips
    departed = [sum(event.chips for event in r.events if event.happening is Happening.DEPARTED) for r in (blocked, free)]
    assert departed[0] < departed[1]


def test_penalties_are_the_civil_maximum_where_they_can_be_collected():
    money = {"penalty_reach_partners": 1, "penalty_reach_elsewhere": 1, "consequence_days": 2, "tips_detection_ever": 1,
             "tips_time_to_charge_months": 1, "civil_penalty_multiple": 2}  # fmt: skip
    money |= {f"{name}_price_usd": 100_000 + 1000 * number for number, name in enumerate(product_names())}
    record = run(dark(money, enforcement__whistleblower_award=0.3), 1)
    by_kind: dict[ConsequenceKind, dict[int, float]] = {kind: {} for kind in ConsequenceKind}
    for consequence in record.consequences:
        assert consequence.lot not in by_kind[consequence.kind], "once for each lot"
        by_kind[consequence.kind][consequence.lot] = consequence.usd
        if consequence.kind is ConsequenceKind.PENALTY:
            (product,) = set(record.chips["product"][record.chips["lot"] == consequence.lot].tolist())
            assert consequence.usd == max(374474, 2 * (100_000 + 1000 * product) * consequence.chips)
    penalties, awards = by_kind[ConsequenceKind.PENALTY], by_kind[ConsequenceKind.AWARD]
    assert len(penalties) > 5
    assert awards
    assert awards == {lot: pytest.approx(0.3 * penalties[lot]) for lot in awards}


def test_customs_stop_what_is_found_missing_on_its_way():
    slow = {"transit_to_restricted_days": 500, "smuggler_log_sd": 0, "dwell_at_declared_site_days": 5}
    seized = [
        int(np.count_nonzero(run(dark({**slow, "interdiction": share}), 1).chips["state"] == State.SEIZED))
        for share in (0, 0.5, 1)
    ]
    record = run(dark({**slow, "interdiction": 1}), 1)
    assert seized[0] == 0 < seized[1] < seized[2] == established(record)


def test_planned_visits_are_spread_as_planned_and_no_faster_than_inspectors_travel():
    scenario = dark(
        enforcement__inspectors=4,
        enforcement__planned_inspectors=4,
        geography__sites=6,
        calendar__end_after_duty_days=3000,
        fleet__scale=0.00001,
    )
    record = run(scenario, 1)
    visits = [visit for visit in record.visits if visit.reason is VisitReason.RANDOM]
    each = scenario.values["inspection_days"]
    assert len(visits) == pytest.approx(4 * 3000 / each, abs=8)
    counts = np.bincount([visit.site for visit in visits], minlength=6)
    expected = len(visits) / 6
    assert ((counts - expected) ** 2 / expected).sum() < 20.5  # chi-square with 5 degrees of freedom, 0.1 %
    assert not any(event.happening is Happening.SENT_OUT for event in record.events)


def test_end_use_checks_take_as_long_as_labels_do_whatever_inspectors_use():
    slow = {"labels_read_per_day": 2, "chips_challenged_per_day": 1e6, "end_use_checks_per_year": 1e5}
    scenario = dark({**slow, "end_use_checks_on_ai_chips": 0.1}, enforcement__random_inspections=True)
    record = run(scenario.replace(enforcement__method="challenge"), 1)
    checks = [visit for visit in record.visits if visit.reason is VisitReason.END_USE_CHECK and visit.tested_chips > 30]
    assert checks
    travel = scenario.values["inspection_travel_days"]
    assert [visit.busy_days for visit in checks] == pytest.approx([travel + visit.tested_chips / 2 for visit in checks])


def test_what_inspectors_of_the_rule_do_changes_nothing_about_todays_checks():
    checks = {"end_use_checks_per_year": 1e5, "end_use_checks_on_ai_chips": 0.2}
    scenario = dark(checks, enforcement__random_inspections=True, adversary__staging={"return": 1})
    other = scenario.replace(enforcement__notice_days=30, enforcement__inspected_chips=1, enforcement__method="count")
    found = [run(policy.status_quo(), 1) for policy in (scenario, other)]
    assert established(found[0]) > 0
    np.testing.assert_array_equal(*(record.chips["established_day"] for record in found))


def test_a_tip_finds_nothing_before_chips_leave():
    """Chips of shell companies count as diverted from the delivery on, weeks before they leave."""
    tips = {"tips_detection_ever": 1, "tips_time_to_charge_months": 0.1, "dwell_at_declared_site_days": 40}
    record = run(dark(tips, adversary__channels={"shell_company": 1}), 1)
    left: dict[int, float] = {}
    for event in record.events:
        if event.happening is Happening.DEPARTED:
            left.setdefault(event.lot, event.day)
    told = [event for event in record.events if event.happening is Happening.EXPOSED]
    assert len(told) > 3
    assert all(event.day >= left[event.lot] for event in told)
    days = [event.day for event in record.events]
    assert all(later >= sooner - 1 for sooner, later in pairwise(days)), "the log is in order"


def test_risk_follows_new_chips_and_the_known_route():
    setting = build(dark(geography__sites=12), 1)
    sites, values = setting.sites, setting.values
    route = np.array([site.in_south_east_asia for site in sites])
    assert 0 < route.sum() < 12
    chips = np.arange(1.0, 13.0)
    weights = risk(chips, sites, values)
    assert weights[route].sum() == pytest.approx(values["diverted_via_south_east_asia"])
    assert weights[~route] / chips[~route] == pytest.approx(weights[~route].sum() / chips[~route].sum())
    assert weights.sum() == pytest.approx(1)


def test_triage_learns_which_alerts_are_right():
    """Of two cases of the same size the one goes first whose kind has been right before."""
    setting = build(dark(enforcement__triage="expected", geography__sites=3), 1)

    class Nobody:
        def judge_again(self, chips): ...
        def stop(self, chips): ...
        def measure_anew(self, site): ...

    authority = Authority(setting, Nobody())
    authority._alerted.update(silent=98, unconfirmed=98)
    authority._found.update(silent=9)
    rows = setting.chips.append(40, state=State.INSTALLED, covered=True, lot=-1, site=0, day=0, first_slot=0)
    chips = np.arange(rows.start, rows.stop)
    authority.take_alerts(0, chips[:10], 1.0, "unconfirmed")
    authority.take_alerts(1, chips[10:20], 1.0, "silent")
    authority.take_alerts(2, chips[20:30], 1.0, "never seen before")
    urgencies = [authority._urgency(authority._open[site]) for site in range(3)]
    assert urgencies == pytest.approx([10 * 1 / 100, 10 * 10 / 100, 10 * 1 / 2])


def test_an_award_only_adds_exposures():
    scenario = hurried()
    draws, values = build(scenario, 1).draws, {**scenario.values, "tips_detection_ever": 0.3}
    lots = [Lot(number, range(4), 0, True, 0.0, 1.0) for number in range(4000)]
    plain, more = ([exposure_day(lot, 5.0, factor, values, draws) for lot in lots] for factor in (1.0, 2.0))
    assert all(after == before for before, after in zip(plain, more, strict=True) if before is not None)
    share = np.mean([day is not None for day in more])
    assert abs(share - (1 - 0.7**2)) < 3.5 * sqrt(0.51 * 0.49 / 4000)


def test_inspectors_travel_from_the_nearest_post():
    near, far = (
        run(dark({"travel_km_per_day": 1000}, enforcement__posts=posts, enforcement__inspectors=8), 1)
        for posts in (("Singapore", "Frankfurt", "Sao Paulo"), ("Sao Paulo",))
    )
    known = [
        {(event.site, event.case): event.day for event in record.events if event.happening is Happening.INSPECTED}
        for record in (near, far)
    ]
    first = [case for case in known[0].keys() & known[1].keys() if case[1] == 0]
    assert first
    assert all(known[0][case] <= known[1][case] + 1e-9 for case in first)
    assert any(known[0][case] < known[1][case] - 5 for case in first)


@pytest.mark.parametrize(
    ("levers", "message"),
    [
        (
            {"enforcement__planned_inspectors": 9},
            "enforcement.planned_inspectors = 9: allowed 0 to enforcement.inspectors = 1",
        ),
        ({"enforcement__posts": ("Singapur",)}, "no such hub: Singapur"),
        ({"adversary__staging": {"holograms": 1}}, "unknown staging holograms; allowed: none, boxes, labels, return"),
        ({"enforcement__method": "xray"}, "enforcement.method"),
    ],
)
def test_wrong_levers_are_named(levers, message):
    with pytest.raises(ScenarioError) as error:
        Scenario.load("miniature").replace(**levers)
    assert message in str(error.value), "it names the key, the value and what is allowed"

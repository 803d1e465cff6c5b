"""The smugglers' answer to a policy that is announced and kept, and the price that comes of it.

The authority moves first and does not answer (a Stackelberg game, as in inspection games; Avenhaus, von Stengel and Zamir,
"Inspection games", 2002). One step: simulate under the present mix and volume, always in the same worlds; let smugglers see
what became of their lots and choose mix and volume anew; find the price at which the market clears. Steps go on until
nothing moves by more than a tolerance (a fixed point), until a state recurs (a cycle), or until there have been too many.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from typing import Literal, Protocol

from ..parameters import Values
from ..results import Result
from ..scenario import STATUS_QUO, Scenario, ScenarioError
from ..simulation import simulate
from ..smuggling.choice import (
    Behaviour,
    Cases,
    Response,
    believed,
    best_response,
    published_risks,
    unlisted_share,
    volume_offered,
)
from ..smuggling.profit import Deal, Profit, Risks, expected_profit
from ..smuggling.strategies import STRATEGIES
from ..units import calendar_date
from ..world.market import Market, clearing_ratio, lawful_h100e, market_of, mean_price_ratio, without_lending
from ..world.products import mean_h100e, mean_price_usd, stock_h100e
from ..world.volume_prior import VOLUME_ROWS
from .losses import cases_seen, company_profits, delivered_share

MOST_STEPS = 12
PRICE_TOLERANCE, MIX_TOLERANCE, VOLUME_TOLERANCE, BELIEF_TOLERANCE = 0.01, 0.05, 0.02, 0.02
"""Of the price over list, of shares of the mix, of the volume as a share of that without the rule, and of believed risks."""


class Simulate(Protocol):
    """Makes the runs of a scenario: `sim.simulate`, or what has the same answer."""

    def __call__(self, scenario: Scenario, seed: int, runs: int, *, status_quo: bool = True) -> Result:
        """The runs, with those of the status quo beside them or not."""


@dataclass(frozen=True)
class State:
    """What a step is simulated under.

    Attributes:
        price_ratio: price in restricted territory over list.
        chips_per_year: that smugglers want to divert in the whole world, of real chips, halfway through the duty; other
            years go with it.
        mix: share of lots by strategy.
    """

    price_ratio: float
    chips_per_year: float
    mix: Mapping[str, float]

    def near(self, other: State, usual_chips: float) -> bool:
        """Whether another state is the same within the tolerances."""
        names = self.mix.keys() | other.mix.keys()
        mixes_apart = max(abs(self.mix.get(name, 0.0) - other.mix.get(name, 0.0)) for name in names)
        return (
            abs(self.price_ratio - other.price_ratio) <= PRICE_TOLERANCE
            and mixes_apart <= MIX_TOLERANCE
            and abs(self.chips_per_year - other.chips_per_year) <= VOLUME_TOLERANCE * usual_chips
        )


@dataclass(frozen=True)
class Observation:
    """What a step shows.

    Attributes:
        cases: what became of lots, by strategy.
        delivered: share of what smugglers order that arrives, neither refused to a blocked company nor seized, over the
            whole run.
        company_usd: what each of their companies has earned under the duty, at the price of the step, by its name; of
            simulated chips, in all runs.
    """

    cases: Mapping[str, Cases]
    delivered: float
    company_usd: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One step: what was simulated, seen, believed, and answered.

    Attributes:
        state: simulated under.
        seen: in it.
        beliefs: risks by strategy, afterwards.
        profits: expected of a lot by strategy, at the price of the state.
        answer: the state that smugglers and the market make of it.
    """

    state: State
    seen: Observation
    beliefs: Mapping[str, Risks]
    profits: Mapping[str, Profit]
    answer: State

    @property
    def profit_usd(self) -> float:
        """What all companies together have earned."""
        return sum(self.seen.company_usd.values())


@dataclass(frozen=True)
class Equilibrium:
    """Where the steps have led.

    Attributes:
        usual: the state without the rule.
        steps: all of them; the last one's state is the answer to the policy, if they have settled.
        ended: why there are no more of them.
        cycle_steps: after how many steps a state recurs; 1 at a fixed point, 0 if none does.
        unlisted: share of the value at list that smugglers' costs take which no source lists.
        before: the runs without the rule.
        seen_before: what they show.
        after: the runs of the last step.
    """

    usual: State
    steps: tuple[Step, ...]
    ended: Literal["fixed point", "cycle", "too many steps"]
    cycle_steps: int
    unlisted: float
    before: Result | None = None
    seen_before: Observation | None = None
    after: Result | None = None

    @property
    def last(self) -> Step:
        """The last step."""
        return self.steps[-1]


@dataclass(frozen=True)
class Smugglers:
    """What they know, can do and want.

    Attributes:
        behaviour: whether and from what they learn.
        names: of the strategies that they know.
        lot_chips: chips of a lot.
        chip_usd: price of one at list.
        chip_h100e: H100-equivalents of one, by strategy: chips out of the stock abroad are older ones.
        at_first: the risks without the rule, which they believe in as long as they have seen nothing else.
        unlisted: share of the value at list that costs take which no source lists.
        values: of the parameters.
    """

    behaviour: Behaviour
    names: tuple[str, ...]
    lot_chips: int
    chip_usd: float
    chip_h100e: Mapping[str, float]
    at_first: Risks
    unlisted: float
    values: Values

    def beliefs(self, cases: Mapping[str, Cases]) -> dict[str, Risks]:
        """Risks of each strategy after some cases."""
        return {name: believed(cases.get(name, Cases()), self.at_first, self.values) for name in self.names}

    def profits(self, beliefs: Mapping[str, Risks], price_ratio: float) -> dict[str, Profit]:
        """Expected of a lot, by strategy."""
        deals = deals_at(price_ratio, self.names, self.lot_chips, self.chip_usd, self.values, self.unlisted)
        return {name: expected_profit(deals[name], beliefs[name], self.values) for name in self.names}

    def response(self, beliefs: Mapping[str, Risks], price_ratio: float) -> Response:
        """Whether they smuggle at a price, and how."""
        return best_response(self.profits(beliefs, price_ratio), self.values["choice_noise"])

    def h100e_of(self, mix: Mapping[str, float]) -> float:
        """H100-equivalents of a chip in the mean over a mix; 0 if it is empty."""
        return sum(share * self.chip_h100e[name] for name, share in mix.items())

    def usual(self, price_ratio: float, mix: Mapping[str, float]) -> Response:
        """What they do without the rule: keep to a mix if they never learn, or else what pays best then."""
        beliefs = self.beliefs({})
        if self.behaviour != "fixed":
            return self.response(beliefs, price_ratio)
        profits = self.profits(beliefs, price_ratio)
        return Response(True, mix, sum(share * profits[name].margin for name, share in mix.items()))

    def calibrated(self, price_ratio: float, mix: Mapping[str, float]) -> Smugglers:
        """The same with so much unlisted that what they do without the rule earns the published margin."""

        def margin(unlisted: float) -> float:
            return replace(self, unlisted=unlisted).usual(price_ratio, mix).margin

        return replace(self, unlisted=unlisted_share(margin, self.values["smuggler_margin"]))


def deals_at(
    price_ratio: float, names: tuple[str, ...], lot_chips: int, chip_usd: float, values: Values, unlisted: float = 0.0
) -> dict[str, Deal]:
    """A lot by each strategy, at a price over list."""
    return {name: Deal(lot_chips, chip_usd, price_ratio, STRATEGIES[name].cost(values), unlisted) for name in names}


def find_equilibrium(
    scenario: Scenario,
    seed: int = 1,
    runs: int = 1,
    most_steps: int = MOST_STEPS,
    *,
    rental_barred: bool = False,
    simulated: Simulate = simulate,
) -> Equilibrium:
    """The answer of the scenario's smugglers (`adversary.behaviour`) to its policy.

    Every step makes the same runs, of the same seeds. Smugglers know the world without the rule: at first they believe in
    what became of lots there, whatever the strategy, as nobody looks; where there are none, in what is published. Those who
    learn choose without the rule too, among the strategies that the scenario names, whatever their weights: what flows
    without the rule is simulated once more under the mix that they choose then.

    Args:
        scenario: the policy.
        seed: base seed.
        runs: of each step.
        most_steps: at least one.
        rental_barred: whether nothing more may be rented abroad under the rule; without it lenders lend.
        simulated: makes the runs.

    Raises:
        ScenarioError: the scenario has no rule to answer to, or smugglers who move no chips.
    """
    _check(scenario)
    values, adversary = scenario.values, scenario.adversary
    names = tuple(adversary.strategies)
    total = sum(adversary.strategies.values())
    mix = {name: weight / total for name, weight in adversary.strategies.items()}
    calendar = scenario.calendar
    usual_chips = scenario.wanted_chips_per_year((calendar.duty_day + calendar.end_day) / 2)
    if usual_chips <= 0:
        raise ScenarioError("uncertainties: nobody wants to smuggle, as the volume is 0; allowed: more than 0")
    new_h100e = mean_h100e(calendar.middle_of_duty, values)
    chip_h100e = {name: stock_h100e(values) if STRATEGIES[name].takes_legacy else new_h100e for name in names}
    years = range(
        calendar_date(calendar.start, calendar.duty_day).year, calendar_date(calendar.start, calendar.end_day - 1).year + 1
    )
    before = simulated(scenario.status_quo(), seed, runs)
    seen_before = _observe(before, scenario, 0.0, 0.0)
    cases = sum(seen_before.cases.values(), start=Cases())
    at_first = cases.shares if cases.lots else published_risks(values)
    ratio, chip_usd = mean_price_ratio(years, values), mean_price_usd(calendar.middle_of_duty, values)
    smugglers = Smugglers(
        adversary.behaviour, names, scenario.fleet.lot_chips, chip_usd, chip_h100e, at_first, 0.0, values
    ).calibrated(ratio, mix)
    usual = State(ratio, usual_chips, smugglers.usual(ratio, mix).mix)
    if usual.mix != mix:
        before = simulated(scenario.status_quo().replace(adversary__strategies=dict(usual.mix)), seed, runs)
        seen_before = _observe(before, scenario, 0.0, 0.0)
    usual_h100e = usual_chips * smugglers.h100e_of(usual.mix) * seen_before.delivered
    lawful = lawful_h100e(calendar.middle_of_duty, scenario.regimes, values)
    market = market_of(years, usual_h100e, lawful, values)
    results: list[Result] = []

    def observe(state: State) -> Observation:
        ordering = with_volume(scenario, state.chips_per_year / usual_chips)
        results[:] = [simulated(ordering.replace(adversary__strategies=dict(state.mix)), seed, runs, status_quo=False)]
        return _observe(results[0], scenario, state.price_ratio, smugglers.unlisted)

    under_rule = without_lending(market) if rental_barred else market
    found = settle(observe, usual, under_rule, smugglers, most_steps)
    return replace(found, before=before, seen_before=seen_before, after=results[0])


def with_volume(scenario: Scenario, factor: float) -> Scenario:
    """The scenario with the volume that smugglers want times a factor, in every year."""
    own = "diverted_chips_per_year" in scenario.uncertainties
    rows = ("diverted_chips_per_year",) if own else VOLUME_ROWS[scenario.adversary.volume_prior]
    scaled = {name: scenario.values[name] * factor for name in rows}
    return scenario.replace(uncertainties={**scenario.uncertainties, **scaled})


def settle(
    observe: Callable[[State], Observation],
    usual: State,
    market: Market,
    smugglers: Smugglers,
    most_steps: int = MOST_STEPS,
) -> Equilibrium:
    """Step from the state without the rule until the steps settle, recur or are too many.

    Args:
        observe: what a state leads to; the same for the same state.
        usual: the state without the rule.
        market: of the time under the rule.
        smugglers: who answer.
        most_steps: at least one.
    """
    state, seen_so_far, steps = usual, dict[str, Cases](), list[Step]()
    for _ in range(most_steps):
        seen = observe(state)
        if smugglers.behaviour == "adaptive":
            for name, cases in seen.cases.items():
                seen_so_far[name] = seen_so_far.get(name, Cases()) + cases
        elif smugglers.behaviour == "myopic":
            seen_so_far = dict(seen.cases)
        beliefs = smugglers.beliefs(seen_so_far)
        answer = _answer(state, seen.delivered, beliefs, usual, market, smugglers)
        steps.append(Step(state, seen, beliefs, smugglers.profits(beliefs, state.price_ratio), answer))
        recurs = _recurs_after(answer, beliefs, steps, usual, smugglers)
        if recurs == 1:
            return Equilibrium(usual, tuple(steps), "fixed point", 1, smugglers.unlisted)
        if recurs:
            return Equilibrium(usual, tuple(steps), "cycle", recurs, smugglers.unlisted)
        state = answer
    return Equilibrium(usual, tuple(steps), "too many steps", 0, smugglers.unlisted)


def _recurs_after(
    answer: State, beliefs: Mapping[str, Risks], steps: Sequence[Step], usual: State, smugglers: Smugglers
) -> int:
    """After how many steps a state recurs: 1 if the last one stays, 0 if none recurs.

    A state that is not the last one recurs only with the beliefs that had led to it, or what follows need not be the same.
    """
    if answer.near(steps[-1].state, usual.chips_per_year):
        return 1
    led_to = [smugglers.beliefs({}), *(step.beliefs for step in steps[:-1])]
    for back in range(2, len(steps) + 1):
        if answer.near(steps[-back].state, usual.chips_per_year) and _alike(beliefs, led_to[-back]):
            return back
    return 0


def _alike(beliefs: Mapping[str, Risks], others: Mapping[str, Risks]) -> bool:
    """Whether all risks are the same within the tolerance."""
    return all(
        abs(one - other) <= BELIEF_TOLERANCE
        for name in beliefs
        for one, other in zip(astuple(beliefs[name]), astuple(others[name]), strict=True)
    )


def _answer(
    state: State, delivered: float, beliefs: Mapping[str, Risks], usual: State, market: Market, smugglers: Smugglers
) -> State:
    """What smugglers order at the price at which the market clears. Those who learn nothing order what they always did."""
    values = smugglers.values
    if smugglers.behaviour == "fixed":
        arriving = usual.chips_per_year * delivered * smugglers.h100e_of(usual.mix)
        return State(clearing_ratio(market, lambda _: arriving), usual.chips_per_year, usual.mix)
    most = values["covered_exports_per_year"]

    def chips_of(response: Response) -> float:
        return min(most, volume_offered(response.margin, usual.chips_per_year, values))

    def arriving_at(price_ratio: float) -> float:
        response = smugglers.response(beliefs, price_ratio)
        return chips_of(response) * delivered * smugglers.h100e_of(response.mix)

    price_ratio = clearing_ratio(market, arriving_at)
    response = smugglers.response(beliefs, price_ratio)
    return State(price_ratio, chips_of(response), response.mix if response.smuggles else state.mix)


def _observe(result: Result, scenario: Scenario, price_ratio: float, unlisted: float) -> Observation:
    """What the runs of the scenario's policy show: those of the status quo that are beside them are left out."""
    values, calendar = scenario.values, scenario.calendar
    own = result.scenario.name
    diversions = result.diversions[result.diversions["scenario"] == own]
    table = result.table[(result.table["scenario"] == own) & (result.table["outcome"] == "chips_prevented")]
    under_duty = diversions[diversions["t0_day"] >= calendar.duty_day]
    companies = company_profits(under_duty, price_ratio, unlisted, values)
    by_company: dict[str, float] = {}
    for row in companies.to_dict("records"):
        name = f"site {row['site']}, {row['channel']}"
        by_company[name] = by_company.get(name, 0.0) + row["profit_usd"]
    return Observation(
        cases=cases_seen(
            diversions,
            from_day=calendar.duty_day,
            until_day=calendar.end_day,
            follow_days=follow_days(scenario),
            values=values,
        ),
        delivered=delivered_share(diversions, float(table["value"].sum())),
        company_usd=by_company,
    )


def follow_days(scenario: Scenario) -> float:
    """Days after departure within which losses count: the smuggler's horizon, at most half of the time of the duty."""
    return min(scenario.values["risk_horizon_days"], scenario.calendar.end_after_duty_days / 2)


def _check(scenario: Scenario) -> None:
    if not scenario.verification.active:
        raise ScenarioError(f"verification.active = false: allowed true; smugglers answer to a rule, not to {STATUS_QUO}")
    still = [name for name in scenario.adversary.strategies if not STRATEGIES[name].moves]
    if still:
        raise ScenarioError(
            f"adversary.strategies: {', '.join(still)} moves no chips, which the market counts as rented compute already; "
            "allowed: strategies that move chips"
        )

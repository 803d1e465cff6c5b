"""What all actors share: the clock, the world, the chip table and the log."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from simpy import Environment, Store
from simpy import Event as Moment

from ..cells import Cells
from ..detection.acceptance import accepts
from ..fleet.chips import AWAY, ChipTable, State
from ..fleet.silence import Cause, rma_reported
from ..fleet.supply import Lot
from ..parameters import Values
from ..randomness import Draws, Stream
from ..record import Event, Happening, Record
from ..scenario import Scenario
from ..smuggling.strategy import DARK, Answer, Facts
from ..world.endorsers import endorsed_sites, endorsers_needed
from ..world.keys import Key
from ..world.landmarks import Panel
from ..world.latency import Network, PathTiming
from ..world.paths import Path, direct
from ..world.site_sample import SiteSample
from ..world.sites import Site

IntArray = NDArray[np.int64]


@dataclass
class SiteStatus:
    """What changes about a site.

    Attributes:
        outages: why nothing gets through, if nothing does; several causes may coincide.
        excused: it is out of order as announced to the authority: chips declared there are not judged.
        congestion_ms: what congestion adds to a round trip that crosses its link.
        delay_ms: what its operator adds to every answer of the chips there.
        clearable: it could be cleared reliably when it was enrolled.
        enrolled: it has been enrolled.
        usual_ms: the median of the times that its landmarks measured at enrolment, shape (landmarks,).
    """

    outages: set[Cause] = field(default_factory=set)
    excused: bool = False
    congestion_ms: float = 0.0
    delay_ms: float = 0.0
    clearable: bool = False
    enrolled: bool = False
    usual_ms: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    @property
    def cut_off(self) -> bool:
        """Nothing gets through."""
        return bool(self.outages)


NOWHERE = -1
"""Instead of a site, where an answer passes the link of none."""

VENDOR = -1
"""Instead of a production batch, where the vendor's own signing key is meant."""


@dataclass(frozen=True)
class Detour:
    """Chips of a lot that have left their declared site together, and how they answer from then on, or from their arrival.

    Attributes:
        number: by which the chip table refers to it.
        lot: number of the lot.
        slots: of the chips, shape (chips,).
        answer: to challenges; None: there is none.
        through_site: the site whose link answers pass, or NOWHERE.
        facts: what else is the case.
    """

    number: int
    lot: int
    slots: IntArray
    answer: Answer | None
    through_site: int
    facts: Facts


@dataclass
class Setting:
    """One run's world.

    Attributes:
        sample: how the sites stand for those of the nation.
        stock: chips at each site on the first day, shape (sites,).
        docks: the lots that wait for each site's operator.
        detours: of chips that are not where they are declared, by number.
        lots: those that were shipped or bought, by number.
        blocked_until: until when the smugglers' company at a site gets no licence, by site.
        delivered_chips: chips delivered to each site in lots so far, shape (sites,).
        reports_due: events that make the owner of a lot, moved but not yet reported, report it at once, by lot number.
        landmarks_down: place numbers of the landmarks that time nobody now, each with the causes of that.
        has_endorser: which sites have endorsers, shape (sites,).
        inspected: for each site an event that the next inspection there triggers.
        vendor_key_used_day: when a key forged with the vendor's was first used; infinite if never.
        batch_key_used_day: when a key of a production batch was first used by another than its chips, by batch.
        pleaded_days: for how many days the authority has waited because chips were said to be out of order, by site.
        site_changed: called with a site whose status has changed, but for its outages.
        link_changed: called with a site that is cut off for one more cause, or one less.
        landmark_changed: called with the place number of a landmark that is lost or back.
        key_misused: called with a batch, or `VENDOR`, whose key passes for the first time in other hands, and the day on
            which it will be revoked.
        site_timing: the timing of the direct path to a site on a day.
    """

    env: Environment
    scenario: Scenario
    values: Values
    draws: Draws
    sites: tuple[Site, ...]
    panels: tuple[Panel, ...]
    network: Network
    record: Record
    chips: ChipTable
    sample: SiteSample
    stock: IntArray
    detours: list[Detour] = field(default_factory=list)
    lots: dict[int, Lot] = field(default_factory=dict)
    blocked_until: dict[int, float] = field(default_factory=dict)
    reports_due: dict[int, Moment] = field(default_factory=dict)
    landmarks_down: dict[int, set[str]] = field(default_factory=dict)
    vendor_key_used_day: float = math.inf
    batch_key_used_day: dict[int, float] = field(default_factory=dict)
    pleaded_days: dict[int, float] = field(default_factory=dict)
    docks: list[Store] = field(init=False)
    delivered_chips: NDArray[np.float64] = field(init=False)
    has_endorser: NDArray[np.bool_] = field(init=False)
    inspected: list[Moment] = field(init=False)
    site_status: list[SiteStatus] = field(init=False)
    site_changed: Callable[[int], None] = field(init=False)
    link_changed: Callable[[int], None] = field(init=False)
    landmark_changed: Callable[[int], None] = field(init=False)
    key_misused: Callable[[int, float], None] = field(init=False)
    site_timing: Callable[[int, float], PathTiming] = field(init=False)

    def __post_init__(self) -> None:
        self._rma = Cells(self.draws.seed, Stream.RMA_REPORTED)
        self.docks = [Store(self.env) for _ in self.sites]
        self.delivered_chips = np.zeros(len(self.sites))
        self.has_endorser = np.zeros(len(self.sites), bool)
        geography = self.scenario.geography
        if self.scenario.verification.active and geography.endorsers != "none":
            self.has_endorser = endorsed_sites(self.sites, geography.endorser_site_chips)
            self.record.endorsers = endorsers_needed(self.sites, geography.endorser_site_chips, self.values)
        self.inspected = [self.env.event() for _ in self.sites]
        self.site_status = [SiteStatus(outages={Cause.AIR_GAP} if site.air_gapped else set()) for site in self.sites]
        self.site_changed = lambda site: None
        self.link_changed = lambda site: None
        self.landmark_changed = lambda landmark: None
        self.key_misused = lambda batch, revoked_day: None
        self.site_timing = lambda site, day: self.network.timing(
            self.panels[site].landmarks, direct(self.sites[site].place), day
        )

    def until(self, day: float) -> Moment:
        """An event at an absolute time, or now if that has passed."""
        return self.env.timeout(max(0.0, day - self.env.now))

    def chips_of(self, lot: Lot) -> IntArray:
        """Rows of the chips that fill the slots of a lot now."""
        return self.chips.occupants(lot.slots)

    def detour(self, chips: IntArray, lot: Lot, answer: Answer | None, through_site: int, facts: Facts = DARK) -> int:
        """Open a detour for some chips of a lot; returns its number."""
        slots = np.asarray(self.chips.column("slot"))[chips].astype(np.int64)
        self.detours.append(Detour(len(self.detours), lot.number, slots, answer, through_site, facts))
        return len(self.detours) - 1

    def path_of(self, answer: Answer) -> Path:
        """The path that counts: where attesters choose the nonces, that to answers signed beforehand."""
        flaws = self.scenario.verification.protocol_flaws
        if flaws.attester_chosen_nonce and answer.replayed_over is not None:
            return answer.replayed_over
        return answer.path

    def accepts(self, detour: Detour, day: float) -> bool:
        """Whether the authority accepts the signature on an answer given on a day by way of a detour."""
        assert detour.answer is not None
        return self._passes(detour.answer.key, self.lots[detour.lot], day)

    def signs_at_declared_site(self, detour: Detour) -> bool:
        """Whether a key lies at the declared site now that passes in the names of the chips that have left it."""
        if detour.answer is None:
            return False
        declared = self.sites[self.lots[detour.lot].site].place
        return detour.answer.path.legs[-1].to == declared and self.accepts(detour, self.env.now)

    def _passes(self, key: Key, lot: Lot, day: float) -> bool:
        """Whether a key passes in the name of chips of a lot on a day."""
        verification = self.scenario.verification
        batch_key_used_day = self.batch_key_used_day.get(self.batch_of(lot), math.inf)
        return accepts(
            key,
            verification.protocol_flaws,
            key_register=verification.key_register,
            vendor_key_revoked=day >= self.vendor_key_used_day + self.values["vendor_key_revoked_days"],
            batches_share_keys=verification.chip_keys == "batch",
            batch_key_revoked=day >= batch_key_used_day + self.values["shared_key_revoked_days"],
        )

    @property
    def batch_slots(self) -> int:
        """Slots of a production batch: chips are numbered as they are made."""
        return max(1, round(self.values["chips_per_batch_key"] * self.scenario.fleet.scale))

    def batch_of(self, lot: Lot) -> int:
        """The production batch of a lot: that of its first chip."""
        return lot.slots.start // self.batch_slots

    def note_key(self, key: Key, lot: Lot) -> None:
        """Note a key with which challenges to chips of a lot that have left are answered; of a first use, tell.

        Nobody asks before the day of the duty.
        """
        day, batch = max(self.env.now, self.scenario.calendar.duty_day), self.batch_of(lot)
        if key is Key.FORGED and day < self.vendor_key_used_day:
            self.vendor_key_used_day = day
            batch, revoked_day = VENDOR, day + self.values["vendor_key_revoked_days"]
        elif key is Key.BATCH and batch not in self.batch_key_used_day:
            self.batch_key_used_day[batch] = day
            revoked_day = day + self.values["shared_key_revoked_days"]
        else:
            return
        if self._passes(key, lot, day):
            self.key_misused(batch, revoked_day)

    def is_cut_off(self, site: int) -> bool:
        """Whether nothing gets through to a site; never where there is none."""
        return site != NOWHERE and self.site_status[site].cut_off

    def lose_landmark(self, landmark: int, cause: str) -> None:
        """A landmark times nobody for one more cause."""
        self.landmarks_down.setdefault(landmark, set()).add(cause)
        if len(self.landmarks_down[landmark]) == 1:
            self.landmark_changed(landmark)

    def regain_landmark(self, landmark: int, cause: str) -> None:
        """A cause is over; the landmark is back when it was the last."""
        self.landmarks_down[landmark].remove(cause)
        if not self.landmarks_down[landmark]:
            del self.landmarks_down[landmark]
            self.landmark_changed(landmark)

    def note_inspection(self, site: int) -> None:
        """Somebody has inspected a site."""
        seen, self.inspected[site] = self.inspected[site], self.env.event()
        seen.succeed()

    def answer(self, chips: IntArray) -> NDArray[np.bool_]:
        """Which chips can answer now, from wherever they are, if they are asked until they do; shape (chips,)."""
        states, sites, numbers = (np.asarray(self.chips.column(name))[chips] for name in ("state", "site", "detour"))
        cut_off = [site for site in np.unique(sites).tolist() if self.site_status[site].cut_off]
        answering: NDArray[np.bool_] = (states == State.INSTALLED) & ~np.isin(sites, cut_off)
        away = np.isin(states, AWAY)
        for number in np.unique(numbers[away]).tolist():
            detour = self.detours[number]
            answers = detour.answer is not None and not self.is_cut_off(detour.through_site)
            answers = answers and self.accepts(detour, self.env.now)
            answering[away & (numbers == number)] = answers
        return answering

    def rma_reported(self, chips: IntArray) -> NDArray[np.bool_]:
        """Of some chips, whose owners report their repairs; shape (chips,)."""
        slots = np.asarray(self.chips.column("slot"))[chips].astype(np.int64)
        return rma_reported(self._rma, slots, np.asarray(self.chips.column("generation"))[chips], self.values)

    def in_reported_repair(self, chips: IntArray) -> NDArray[np.bool_]:
        """Of some chips, which are under repair, as their owner has reported and the authority believes; shape (chips,).

        Either the maker confirms each report, or the owner's word is enough.
        """
        states = np.asarray(self.chips.column("state"))[chips]
        reported: NDArray[np.bool_] = states == State.REPAIR
        reported[reported] = self.rma_reported(chips[reported])
        if self.scenario.verification.rma_confirmation == "owner":
            reported |= self.said_to_be_in_repair(chips)
        return reported

    def said_to_be_in_repair(self, chips: IntArray) -> NDArray[np.bool_]:
        """Of some chips, which have been diverted and are said to be out for repair or scrapped; shape (chips,)."""
        states, numbers = (np.asarray(self.chips.column(name))[chips] for name in ("state", "detour"))
        said: NDArray[np.bool_] = np.isin(states, (State.SMUGGLED, State.RESTRICTED))
        said[said] = [self.detours[number].facts.said_to_be_in_repair for number in numbers[said].tolist()]
        return said

    def is_pleaded(self, chips: IntArray) -> bool:
        """Whether the owner of any of some chips says that they are out of order for the time being, truly or not."""
        states, numbers = (np.asarray(self.chips.column(name))[chips] for name in ("state", "detour"))
        if (states == State.REPAIR).any():
            return True
        away = np.isin(states, (State.SMUGGLED, State.RESTRICTED))
        return any(self.detours[number].facts.pleads_outage for number in np.unique(numbers[away]).tolist())

    def write_chips(
        self, day: float, happening: Happening, chips: IntArray, *, lot: int = -1, site: int = -1, case: int = -1,
        detail: str = "",
    ) -> None:  # fmt: skip
        """Log what has happened to some chips: in one row, or in one for each chip if the scenario wants a trace."""
        if not len(chips):
            return
        if self.scenario.trace:
            numbers = self.chips.numbers(chips)
            self.record.write_many(day, happening, chip=numbers, lot=lot, site=site, case=case, detail=detail)
        else:
            self.record.write(Event(day, happening, lot=lot, site=site, case=case, chips=len(chips), detail=detail))

    def trace_chips(self, day: float | NDArray[np.float64], happening: Happening, chips: IntArray) -> None:
        """Log what has happened to each of some chips, if the scenario wants a trace; a day for all or for each."""
        if self.scenario.trace and len(chips):
            sites = np.asarray(self.chips.column("site"))[chips]
            self.record.write_many(day, happening, chip=self.chips.numbers(chips), site=sites)

"""Really signed evidence by whose key signs and which flaws the protocol has: one desk, one site, times made up."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from attestation import ProverExchange
from sim import Scenario
from sim.actors.evidence import EvidenceDesk
from sim.actors.setting import Setting
from sim.detection.verdicts import Verdict
from sim.engine import wiring
from sim.fleet.chips import State
from sim.world.keys import Key

CHIPS, HOST_CHIPS = 24, 8
REVOKED_DAYS = 90.0


def world(*flaws: str, **levers: Any) -> Setting:
    """Three hosts of eight chips at a site that one landmark can clear."""
    scenario = Scenario.load("miniature").replace(
        geography__sites=12,
        verification__flaws=flaws,
        uncertainties={"vendor_key_revoked_days": REVOKED_DAYS, "chips_per_host": HOST_CHIPS},
        **levers,
    )
    setting = wiring.build(scenario, seed=1)
    site = next(number for number, panel in enumerate(setting.panels) if panel.clears(near(setting, number)))
    setting.chips.append(CHIPS, state=State.INSTALLED, covered=True, lot=-1, site=site, day=0.0, first_slot=0)
    return setting


def near(setting: Setting, site: int) -> NDArray[np.float64]:
    """Times of a chip at its declared site, or little further away."""
    return setting.panels[site].contradicting_ms + 0.5


class Desk:
    """A desk that is asked about chips from day to day."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self._desk = EvidenceDesk(setting)
        self._slot = 0

    def ask(
        self, chip: int, key: Key = Key.OWN, *, day: float = 1.0, late_ms: float = 0.0, reported_ms: float = 0.0
    ) -> Verdict:
        """The verdict on one answer, by times as of the declared site or so much longer."""
        self._slot += 1
        rtt_ms = np.maximum(near(self.setting, self.setting.chips.site(chip)) + late_ms, 0.0)
        return self._desk.attest(chip, day + self._slot / 1000, self._slot, rtt_ms, key, reported_ms)


@pytest.mark.parametrize("known", [True, False], ids=["known", "newcomer"])
@pytest.mark.parametrize("key", [Key.HOST, Key.OTHER])
def test_another_key_answers_for_a_chip_only_where_hosts_have_one_key(key: Key, known: bool):
    """Whether or not the chip has answered with its own key before."""
    for flaws, expected in (((), Verdict.INVALID), (("one_key_per_host",), Verdict.CLEARED)):
        desk = Desk(world(*flaws))
        if known:
            assert desk.ask(3) is Verdict.CLEARED
        assert desk.ask(3, key) is desk.ask(3, key) is expected, flaws


def test_a_key_that_others_have_answered_with_does_not_answer_for_a_chip():
    """Not even if its owner is well known to the verifier."""
    desk = Desk(world())
    assert {desk.ask(chip) for chip in (2, 3)} == {Verdict.CLEARED}
    assert desk.ask(2, Key.OTHER) is Verdict.INVALID
    assert {desk.ask(chip) for chip in (2, 3)} == {Verdict.CLEARED}, "the attempt has spoilt nothing"


@pytest.mark.parametrize("flaws", [(), ("one_key_per_host",)], ids=["sound", "one key per host"])
def test_honest_chips_are_accepted_whether_or_not_they_share_a_key(flaws: tuple[str, ...]):
    desk = Desk(world(*flaws))
    for _ in range(2):
        assert {desk.ask(chip) for chip in range(CHIPS)} == {Verdict.CLEARED}


@pytest.mark.parametrize("flaws", [(), ("one_key_per_host",)], ids=["sound", "one key per host"])
@pytest.mark.parametrize("known", [True, False], ids=["known", "newcomer"])
def test_a_forged_endorsement_passes_only_without_a_list_of_those_issued(known: bool, flaws: tuple[str, ...]):
    for key_register, expected in ((True, Verdict.INVALID), (False, Verdict.CLEARED)):
        desk = Desk(world(*flaws, verification__key_register=key_register))
        if known:
            assert desk.ask(5) is Verdict.CLEARED
        assert desk.ask(5, Key.FORGED) is desk.ask(5, Key.FORGED) is expected


@pytest.mark.parametrize("flaws", [(), ("one_key_per_host",)], ids=["sound", "one key per host"])
def test_once_the_vendors_key_is_revoked_forgeries_are_refused_and_honest_chips_are_not(flaws: tuple[str, ...]):
    """Those known before and those that answer for the first time."""
    setting = world(*flaws, verification__key_register=False)
    desk = Desk(setting)
    assert desk.ask(0) is desk.ask(9, Key.FORGED) is desk.ask(10, Key.FORGED, day=10) is Verdict.CLEARED
    setting.vendor_key_used_day = 10.0
    assert desk.ask(10, Key.FORGED, day=10 + REVOKED_DAYS - 1) is Verdict.CLEARED
    for chip in (10, 11):
        assert desk.ask(chip, Key.FORGED, day=10 + REVOKED_DAYS) is Verdict.INVALID, "known or new"
    for _ in range(2):
        assert {desk.ask(chip, day=11 + REVOKED_DAYS) for chip in (0, 1, 17)} == {Verdict.CLEARED}


FLAWS_OF_TIME = ("attester_chosen_nonce", "prover_reported_time_subtracted", "long_term_key_signs_in_exchange")


@pytest.mark.parametrize("flaw", FLAWS_OF_TIME)
def test_what_counts_of_a_time_decides_whatever_the_protocol_subtracts(flaw: str):
    """The clocks show more, and the landmark or the verifier takes it off again: verdicts are those of a sound protocol."""
    sound, flawed = Desk(world()), Desk(world(flaw))
    reported_ms = 70.0 if flaw == "prover_reported_time_subtracted" else 0.0
    verdicts = []
    for late_ms in (-1.0, 0.0, 60.0):
        verdicts.append(sound.ask(0, late_ms=late_ms))
        assert flawed.ask(0, late_ms=late_ms, reported_ms=reported_ms) is verdicts[-1]
    assert verdicts == [Verdict.CONTRADICTION, Verdict.CLEARED, Verdict.UNCONFIRMED]


def test_a_reported_processing_time_is_refused_unless_the_protocol_subtracts_it():
    assert Desk(world()).ask(0, reported_ms=10.0) is Verdict.INVALID


def test_the_prover_proposes_nonces_only_where_it_may_choose_them(monkeypatch: pytest.MonkeyPatch):
    proposed: list[bytes] = []
    request = ProverExchange.request

    def note(self: ProverExchange, nonces: Any = ()) -> bytes:
        proposed.extend(nonces)
        return request(self, nonces)

    monkeypatch.setattr(ProverExchange, "request", note)
    Desk(world()).ask(0)
    assert not proposed
    desk = Desk(world("attester_chosen_nonce"))
    asked = len(desk.setting.panels[desk.setting.chips.site(0)].landmarks)
    assert desk.ask(0) is desk.ask(0) is Verdict.CLEARED
    assert len(set(proposed)) == 2 * asked


def test_with_every_landmark_down_a_key_is_still_refused():
    desk = Desk(world())
    assert desk.ask(0, late_ms=np.inf) is Verdict.UNCONFIRMED
    assert desk.ask(0, Key.HOST, late_ms=np.inf) is Verdict.INVALID

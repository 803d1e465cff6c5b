"""Outages: sites that nothing gets through to, and landmarks that time nobody.

What goes out goes out at once for all chips of a site, relays left there included. Several causes may coincide; the site is
back when the last of them has gone.
"""

from __future__ import annotations

from collections.abc import Sequence

from simpy.events import ProcessGenerator

from ..fleet.silence import Cause, conflicts, landmark_outages, site_maintenance, site_outages
from ..record import Event, Happening
from ..world.geography import Place
from .setting import Setting


def suffer_outages(setting: Setting, site: int) -> ProcessGenerator:
    """Outages of power, of the network and of other causes at one site."""
    for outage in site_outages(setting.draws, site, setting.values):
        yield setting.until(outage.start_day)
        begin_outage(setting, [site], outage.start_day, outage.cause)
        yield setting.until(outage.end_day)
        end_outage(setting, [site], outage.end_day, outage.cause)


def undergo_maintenance(setting: Setting, site: int) -> ProcessGenerator:
    """Planned work at one site. Where it is announced, the authority does not judge the site's chips meanwhile."""
    status = setting.site_status[site]
    for work in site_maintenance(setting.draws, site, setting.values):
        yield setting.until(work.start_day)
        status.excused = work.announced
        begin_outage(setting, [site], work.start_day, Cause.MAINTENANCE, "announced " if work.announced else "")
        yield setting.until(work.end_day)
        status.excused = False
        end_outage(setting, [site], work.end_day, Cause.MAINTENANCE)


def suffer_conflicts(setting: Setting, region: int, sites: Sequence[int]) -> ProcessGenerator:
    """Armed conflicts in a region, which silence all of its sites at once."""
    for spell in conflicts(setting.draws, region, setting.values):
        yield setting.until(spell.start_day)
        begin_outage(setting, sites, spell.start_day, Cause.CONFLICT)
        yield setting.until(spell.end_day)
        end_outage(setting, sites, spell.end_day, Cause.CONFLICT)


def lose_landmark(setting: Setting, landmark: Place) -> ProcessGenerator:
    """Outages of one landmark, which times nobody meanwhile."""
    for spell in landmark_outages(setting.draws, landmark.number, setting.values):
        yield setting.until(spell.start_day)
        setting.lose_landmark(landmark.number, "outage")
        setting.record.write(Event(spell.start_day, Happening.LANDMARK_LOST, detail=landmark.name))
        yield setting.until(spell.end_day)
        setting.regain_landmark(landmark.number, "outage")
        setting.record.write(Event(spell.end_day, Happening.LANDMARK_BACK, detail=landmark.name))


def begin_outage(setting: Setting, sites: Sequence[int], day: float, cause: Cause, manner: str = "") -> None:
    """Nothing gets through to some sites from a day on, for one more cause."""
    for site in sites:
        setting.site_status[site].outages.add(cause)
        setting.link_changed(site)
        setting.record.write(Event(day, Happening.OUTAGE_BEGAN, site=site, detail=manner + cause))


def end_outage(setting: Setting, sites: Sequence[int], day: float, cause: Cause) -> None:
    """A cause is over."""
    for site in sites:
        setting.site_status[site].outages.remove(cause)
        setting.link_changed(site)
        setting.record.write(Event(day, Happening.OUTAGE_ENDED, site=site, detail=cause))

"""Channels: through whose hands an order leaves the licensed path, in what parcels and how soon.

Facts of trade alone: what a channel does about challenges is for its strategy, whether it is found for the authority. The
channels are those of published cases and reports (CNAS 2025; "DOJ cases" in the list of sources); most of their numbers are
assumptions, see the block "channels" of the parameter table.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..parameters import Values

CHANNELS = ("shell_company", "vendor_network", "cloud_front", "straw_buyers", "strip_after_audit", "hand_carriage")
"""Names under which a scenario mixes them."""


@dataclass(frozen=True)
class Channel:
    """How the chips of one order leave.

    Attributes:
        name: under which a scenario knows it.
        diverted_share: of the order's chips that leave in the end; the others stay and work at the declared site.
        parcel_chips: real chips that leave together.
        parcel_gap_days: from one parcel of an order to the next.
        dwell_days: from the delivery, or the inspection that is waited for, to the departure of the first parcel, median.
        transit_days: from the declared site to restricted territory, median.
        diverted_on_delivery: the consignee is not who it says, so that t0 is the delivery to it; otherwise t0 is each
            parcel's departure.
        after_audit: nothing leaves before the first inspection of its site, or before its patience is at an end.
        patience_days: from the delivery, for channels that wait for an inspection; 0 for others.
    """

    name: str
    diverted_share: float
    parcel_chips: float
    parcel_gap_days: float
    dwell_days: float
    transit_days: float
    diverted_on_delivery: bool
    after_audit: bool
    patience_days: float


def channels(values: Values) -> dict[str, Channel]:
    """Every channel with its numbers, by name and in the order of `CHANNELS`.

    Shell companies and straw buyers are no end users at all: with the delivery the chips are in the wrong hands. The other
    channels have a real business, or a real data centre, from which chips go missing.
    """
    freight_days = values["transit_to_restricted_days"]
    return {
        channel.name: channel
        for channel in (
            Channel(
                "shell_company",
                diverted_share=values["shell_company_diverted_share"],
                parcel_chips=values["shell_company_parcel_chips"],
                parcel_gap_days=values["shell_company_parcel_gap_days"],
                dwell_days=values["dwell_at_declared_site_days"],
                transit_days=freight_days,
                diverted_on_delivery=True,
                after_audit=False,
                patience_days=0.0,
            ),
            Channel(
                "vendor_network",
                diverted_share=values["vendor_network_diverted_share"],
                parcel_chips=values["vendor_network_parcel_chips"],
                parcel_gap_days=values["vendor_network_parcel_gap_days"],
                dwell_days=values["dwell_at_declared_site_days"],
                transit_days=freight_days,
                diverted_on_delivery=False,
                after_audit=False,
                patience_days=0.0,
            ),
            Channel(
                "cloud_front",
                diverted_share=values["cloud_front_diverted_share"],
                parcel_chips=values["cloud_front_parcel_chips"],
                parcel_gap_days=values["cloud_front_parcel_gap_days"],
                dwell_days=values["cloud_front_dwell_days"],
                transit_days=freight_days,
                diverted_on_delivery=False,
                after_audit=False,
                patience_days=0.0,
            ),
            Channel(
                "straw_buyers",
                diverted_share=values["straw_buyers_diverted_share"],
                parcel_chips=values["straw_buyers_parcel_chips"],
                parcel_gap_days=values["straw_buyers_parcel_gap_days"],
                dwell_days=values["straw_buyers_dwell_days"],
                transit_days=freight_days,
                diverted_on_delivery=True,
                after_audit=False,
                patience_days=0.0,
            ),
            Channel(
                "strip_after_audit",
                diverted_share=values["strip_after_audit_diverted_share"],
                parcel_chips=values["strip_after_audit_parcel_chips"],
                parcel_gap_days=values["strip_after_audit_parcel_gap_days"],
                dwell_days=values["strip_after_audit_dwell_days"],
                transit_days=freight_days,
                diverted_on_delivery=False,
                after_audit=True,
                patience_days=values["strip_after_audit_patience_days"],
            ),
            Channel(
                "hand_carriage",
                diverted_share=values["hand_carriage_diverted_share"],
                parcel_chips=values["hand_carriage_parcel_chips"],
                parcel_gap_days=values["hand_carriage_parcel_gap_days"],
                dwell_days=values["hand_carriage_dwell_days"],
                transit_days=values["hand_carriage_transit_days"],
                diverted_on_delivery=False,
                after_audit=False,
                patience_days=0.0,
            ),
        )
    }

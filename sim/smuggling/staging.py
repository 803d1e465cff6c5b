"""What a smuggler shows an inspector at the declared site in place of chips that have left it: facts, no chances.

Source: in at least three published cases dummy servers stood in for chips that had gone, or chips were brought back for the
day ("DOJ cases" in the list of sources). Whether that deceives anybody is for the method of the inspection to find out.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Staging:
    """What is at the declared site when an inspector comes.

    Attributes:
        boxes: as many machines as declared.
        labels: with the right serial numbers on them.
        returns: the chips themselves, if the notice is long enough for the way back.
    """

    boxes: bool = False
    labels: bool = False
    returns: bool = False


NOTHING = Staging()

STAGINGS = {
    "none": NOTHING,
    "boxes": Staging(boxes=True),
    "labels": Staging(boxes=True, labels=True),
    "return": Staging(returns=True),
}
"""By the name under which a scenario mixes them."""

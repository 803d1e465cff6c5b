"""The caps of the AI Diffusion Rule: how many H100-equivalents a country of the middle tier may receive.

Countries of the first tier are free, those under an arms embargo (Country Group D:5) and Macao receive nothing, all others
have a cap over three years, of which orders of small customers are no part. That a third of the cap may be used in each
calendar year, and that it is renewed for ever, is an assumption. So is that no government signs an agreement and no company
is validated, unless the parameter says so; each site is one customer.

Source: 90 FR 4544 (15 January 2025), Supplement No. 5 to Part 740 and License Exception LPP.
"""

from __future__ import annotations

from collections import defaultdict

from ..parameters import Values
from .site_sample import SiteSample
from .territory import GROUP_D5

FIRST_TIER = frozenset(
    ["AU", "BE", "CA", "DK", "FI", "FR", "DE", "IE", "IT", "JP", "NL", "NZ", "NO", "KR", "ES", "SE", "TW", "GB", "US"]
)
EMBARGOED = GROUP_D5 | {"MO"}
YEARS_OF_A_CAP = 3


class CountryCaps:
    """The books on what countries and customers have received, in H100-equivalents by calendar year.

    Args:
        values: of the parameters.
        scale: simulated chips per real chip, by which the caps shrink.
        sample: of the nation's sites, if not all are simulated: what a country may receive follows its sites in the sample,
            what a customer may order stays.
    """

    def __init__(self, values: Values, scale: float, sample: SiteSample | None = None) -> None:
        self._cap = scale * values["diffusion_country_cap_h100e"] / YEARS_OF_A_CAP
        self._small = scale * values["diffusion_small_order_h100e"]
        self._present = sample.of_country if sample is not None else {}
        self._own = (sample.factors / sample.share).tolist() if sample is not None else []
        self._of_country: defaultdict[tuple[str, int], float] = defaultdict(float)
        self._of_customer: defaultdict[tuple[int, int], float] = defaultdict(float)

    @property
    def cap_h100e(self) -> float:
        """What a country may receive in a year beside the orders of small customers."""
        return self._cap

    def admits(self, country: str, customer: int, year: int, h100e: float) -> bool:
        """Whether an order may be shipped; if so, it is entered in the books."""
        if country in FIRST_TIER:
            return True
        if country in EMBARGOED:
            return False
        small = self._small * (self._own[customer] if self._own else 1.0)
        if self._of_customer[customer, year] + h100e <= small:
            self._of_customer[customer, year] += h100e
            return True
        if self._of_country[country, year] + h100e > self._cap * self._present.get(country, 1.0):
            return False
        self._of_country[country, year] += h100e
        return True

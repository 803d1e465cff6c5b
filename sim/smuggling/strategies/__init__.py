"""The register of strategies: the name used in scenarios, and the class. A new strategy is one file and one line here."""

from ..strategy import Strategy
from .claim_repair_or_scrap import ClaimRepairOrScrap
from .decoy_site import DecoySite
from .divert_legacy import DivertLegacy
from .flood_landmarks import FloodLandmarks
from .go_dark import GoDark
from .linger_in_transit import LingerInTransit
from .plead_outage import PleadOutage
from .relay_from_declared_site import RelayFromDeclaredSite
from .rent_remotely import RentRemotely
from .return_for_inspection import ReturnForInspection
from .stockpile import Stockpile

STRATEGIES: dict[str, Strategy] = {
    "go_dark": GoDark(),
    "relay_from_declared_site": RelayFromDeclaredSite(),
    "plead_outage": PleadOutage(),
    "claim_repair_or_scrap": ClaimRepairOrScrap(),
    "stockpile": Stockpile(),
    "linger_in_transit": LingerInTransit(),
    "decoy_site": DecoySite(),
    "return_for_inspection": ReturnForInspection(),
    "flood_landmarks": FloodLandmarks(),
    "divert_legacy": DivertLegacy(),
    "rent_remotely": RentRemotely(),
}

"""The register of strategies: the name used in scenarios, and the class. A new strategy is one file and one line here."""

from ..strategy import Strategy
from .add_delay import AddDelay
from .bribe_landmark import BribeLandmark
from .claim_repair_or_scrap import ClaimRepairOrScrap
from .decoy_site import DecoySite
from .divert_legacy import DivertLegacy
from .extract_batch_key import ExtractBatchKey
from .extract_key import ExtractKey
from .faster_signer import FasterSigner
from .flood_landmarks import FloodLandmarks
from .go_dark import GoDark
from .leaked_vendor_key import LeakedVendorKey
from .linger_in_transit import LingerInTransit
from .low_latency_relay import LowLatencyRelay
from .misreport_landmark import MisreportLandmark
from .move_endorser import MoveEndorser
from .one_host_answers import OneHostAnswers
from .open_endorser import OpenEndorser
from .operate_at_border import OperateAtBorder
from .plead_outage import PleadOutage
from .presigned_probes import PresignedProbes
from .relay_from_declared_site import RelayFromDeclaredSite
from .rent_remotely import RentRemotely
from .return_for_inspection import ReturnForInspection
from .stockpile import Stockpile
from .swap_identities import SwapIdentities
from .understated_processing_time import UnderstatedProcessingTime

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
    "low_latency_relay": LowLatencyRelay(),
    "presigned_probes": PresignedProbes(),
    "understated_processing_time": UnderstatedProcessingTime(),
    "faster_signer": FasterSigner(),
    "extract_key": ExtractKey(),
    "extract_batch_key": ExtractBatchKey(),
    "leaked_vendor_key": LeakedVendorKey(),
    "one_host_answers": OneHostAnswers(),
    "swap_identities": SwapIdentities(),
    "bribe_landmark": BribeLandmark(),
    "misreport_landmark": MisreportLandmark(),
    "move_endorser": MoveEndorser(),
    "open_endorser": OpenEndorser(),
    "operate_at_border": OperateAtBorder(),
    "add_delay": AddDelay(),
}

"""The register of strategies: the name used in scenarios, and the class. A new strategy is one file and one line here."""

from ..strategy import Strategy
from .add_delay import AddDelay
from .bribe_landmark import BribeLandmark
from .extract_key import ExtractKey
from .faster_signer import FasterSigner
from .go_dark import GoDark
from .leaked_vendor_key import LeakedVendorKey
from .low_latency_relay import LowLatencyRelay
from .misreport_landmark import MisreportLandmark
from .one_host_answers import OneHostAnswers
from .operate_at_border import OperateAtBorder
from .presigned_probes import PresignedProbes
from .relay_from_declared_site import RelayFromDeclaredSite
from .swap_identities import SwapIdentities
from .understated_processing_time import UnderstatedProcessingTime

STRATEGIES: dict[str, Strategy] = {
    "go_dark": GoDark(),
    "relay_from_declared_site": RelayFromDeclaredSite(),
    "low_latency_relay": LowLatencyRelay(),
    "presigned_probes": PresignedProbes(),
    "understated_processing_time": UnderstatedProcessingTime(),
    "faster_signer": FasterSigner(),
    "extract_key": ExtractKey(),
    "leaked_vendor_key": LeakedVendorKey(),
    "one_host_answers": OneHostAnswers(),
    "swap_identities": SwapIdentities(),
    "bribe_landmark": BribeLandmark(),
    "misreport_landmark": MisreportLandmark(),
    "operate_at_border": OperateAtBorder(),
    "add_delay": AddDelay(),
}

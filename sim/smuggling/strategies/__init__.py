"""The register of strategies: the name used in scenarios, and the class. A new strategy is one file and one line here."""

from ..strategy import Strategy
from .go_dark import GoDark
from .relay_from_declared_site import RelayFromDeclaredSite

STRATEGIES: dict[str, Strategy] = {
    "go_dark": GoDark(),
    "relay_from_declared_site": RelayFromDeclaredSite(),
}

"""What people see of the stock."""

from hanse import _, menu_section

menu_section("inventory", _("Inventory"), order=16, icon="building-warehouse")
menu_section("inventory_settings", _("Inventory settings"), order=70, icon="settings")

# The menu sections stand above because a screen names its section.
from hanse_inventory.screens import products as products  # noqa: E402
from hanse_inventory.screens.counting import counting  # noqa: E402
from hanse_inventory.screens.counts import COUNTS  # noqa: E402
from hanse_inventory.screens.entries import ENTRIES  # noqa: E402
from hanse_inventory.screens.locations import LOCATIONS, REASONS  # noqa: E402
from hanse_inventory.screens.lots import LOTS  # noqa: E402
from hanse_inventory.screens.moves import MOVES, STOCK  # noqa: E402
from hanse_inventory.screens.reports import DOCUMENT, EXPIRING, ON_HAND, STOCK_CARD, TRACE, WASTE  # noqa: E402
from hanse_inventory.screens.transfers import TRANSFERS  # noqa: E402

__all__ = [
    "COUNTS",
    "DOCUMENT",
    "ENTRIES",
    "EXPIRING",
    "LOCATIONS",
    "LOTS",
    "MOVES",
    "ON_HAND",
    "REASONS",
    "STOCK",
    "STOCK_CARD",
    "TRACE",
    "TRANSFERS",
    "WASTE",
    "counting",
]

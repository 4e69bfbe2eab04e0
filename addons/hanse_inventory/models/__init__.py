"""What is kept of the stock."""

from hanse_inventory.models.counts import CountState, StockCount, StockCountLine, Tally
from hanse_inventory.models.entries import EntryKind, EntryState, StockEntry, StockEntryLine, WasteReason
from hanse_inventory.models.locations import Location, Usage
from hanse_inventory.models.lots import Lot, LotState
from hanse_inventory.models.moves import Move, StockValue
from hanse_inventory.models.products import StockedProduct, Tracking
from hanse_inventory.models.related import MovedEntry, MovedTransfer, ProductInStock
from hanse_inventory.models.reservations import Reservation
from hanse_inventory.models.settings import InventorySettings, Removal
from hanse_inventory.models.stock import Stock, StockLayer, StoreCost
from hanse_inventory.models.transfers import Fate, Transfer, TransferLine, TransferState

__all__ = [
    "CountState",
    "EntryKind",
    "EntryState",
    "Fate",
    "InventorySettings",
    "Location",
    "Lot",
    "LotState",
    "Move",
    "MovedEntry",
    "MovedTransfer",
    "ProductInStock",
    "Removal",
    "Reservation",
    "Stock",
    "StockCount",
    "StockCountLine",
    "StockEntry",
    "StockEntryLine",
    "StockLayer",
    "StockValue",
    "StockedProduct",
    "StoreCost",
    "Tally",
    "Tracking",
    "Transfer",
    "TransferLine",
    "TransferState",
    "Usage",
    "WasteReason",
]

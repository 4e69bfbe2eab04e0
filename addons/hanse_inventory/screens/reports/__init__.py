"""Figures of the stock: on hand, stock card, what expires, traces, waste, costs of a document."""

from hanse_inventory.screens.reports.losses import EXPIRING, WASTE
from hanse_inventory.screens.reports.stock import ON_HAND, STOCK_CARD
from hanse_inventory.screens.reports.traces import DOCUMENT, TRACE

__all__ = ["DOCUMENT", "EXPIRING", "ON_HAND", "STOCK_CARD", "TRACE", "WASTE"]

"""What stock documents, transfers and products show of what belongs to them; no columns."""

from __future__ import annotations

from hanse import Mapped, _
from hanse.models import kinds
from hanse_inventory.models.entries import StockEntry
from hanse_inventory.models.moves import Move
from hanse_inventory.models.stock import Stock
from hanse_inventory.models.transfers import Transfer
from hanse_products.models import Product


class MovedEntry(StockEntry, extends=True):
    """A stock document with its moves."""

    moves: Mapped[list[Move]] = kinds.lines(_("Moves"), by="entry")


class MovedTransfer(Transfer, extends=True):
    """A transfer with its stock documents."""

    entries: Mapped[list[StockEntry]] = kinds.lines(_("Stock documents"), by="transfer")


class ProductInStock(Product, extends=True):
    """A product with what is there of it."""

    stocks: Mapped[list[Stock]] = kinds.lines(_("Stock"), by="product")


__all__ = ["MovedEntry", "MovedTransfer", "ProductInStock"]

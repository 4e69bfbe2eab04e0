"""Stock by place, and every move, as lists that are grouped, pivoted and exported like others."""

from __future__ import annotations

from hanse import Filter, Screen, Through, _
from hanse_inventory.models import Lot, Move, Stock, StockEntry, Usage
from hanse_inventory.models.locations import Location
from hanse_products.models import Product

STOCK = Screen(
    Stock,
    title=_("On hand"),
    singular=_("On hand"),
    icon="package",
    list=[
        Stock.product,
        Through(Stock.product, Product.code),
        Stock.location,
        Stock.lot,
        Through(Stock.lot, Lot.expires_on),
        Stock.quantity,
        Stock.since,
    ],
    filters=[
        Stock.product,
        Stock.location,
        Stock.lot,
        Filter(_("There is some"), lambda ctx: Stock.quantity != 0, name="there"),
        Filter(_("Below zero"), lambda ctx: Stock.quantity < 0, name="below-zero"),
        Filter(
            _("In transit"),
            lambda ctx: Stock.location.has(Location.usage == Usage.TRANSIT) & (Stock.quantity != 0),
            name="transit",
        ),
    ],
    sums=[Stock.quantity],
    search=False,
    readonly=True,
    leads_to=lambda stock: f"/products/product/{stock.product_id}",
)

MOVES = Screen(
    Move,
    title=_("Stock moves"),
    singular=_("Stock move"),
    menu="inventory",
    icon="arrows-transfer-down",
    order=60,
    list=[
        Move.at,
        Move.entry,
        Through(Move.entry, StockEntry.kind),
        Move.product,
        Move.lot,
        Move.source,
        Move.destination,
        Move.quantity,
    ],
    filters=[Move.product, Move.lot, Move.source, Move.destination, Move.entry, Move.day],
    order_by=[Move.at.desc()],
    sums=[Move.quantity],
    search=False,
    readonly=True,
    leads_to=lambda move: f"/inventory/entry/{move.entry_id}",
)

__all__ = ["MOVES", "STOCK"]

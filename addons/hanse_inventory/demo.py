"""Northwind's stock, for a company to try things with: on shelves, fresh goods in lots, some on their way to a shop."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from hanse import Context, _
from hanse.actions import find_action
from hanse.i18n import speaking
from hanse_inventory.models import Location, Usage
from hanse_products.models import Product

if TYPE_CHECKING:
    from hanse.files import FileStore

Row = Mapping[str, str]
#: What is fresh, by Northwind's category: days that it lasts, days before expiry that it is no longer issued.
_FRESH = {"4": (45, 5), "6": (30, 3), "7": (21, 3), "8": (14, 2)}
#: Of the sales price, what the goods have cost.
_COST = Decimal("0.7")
#: Of these every fifth piece goes to the shop.
_TO_SHOP = ("1", "2", "24", "34", "38", "43")


def load_stock(ctx: Context, _files: FileStore) -> None:
    """Load what is in stock, once Northwind's products are there and nothing has moved."""
    codes = dict(ctx.session.execute(select(Product.code, Product.id).where(Product.code.startswith("NW-P"))).all())
    rows = [row for row in _read() if f"NW-P{int(row['product_id']):02}" in codes]
    if not rows or ctx.all(Location, Location.usage == Usage.PLACE):
        return
    products = {row["product_id"]: codes[f"NW-P{int(row['product_id']):02}"] for row in rows}
    for row in rows:
        if row["category_id"] in _FRESH:
            life, before = _FRESH[row["category_id"]]
            values = {"tracking": "lot", "shelf_life": life, "life_to_issue": before, "warn_before": before + 5}
            _run(ctx, "products.product.update", products[row["product_id"]], values=values)
    with speaking(ctx.company.locale):
        store, shelves = _places(ctx, sorted({row["category_id"] for row in rows}))
        shop = _run(ctx, "inventory.location.create", values=[{"name": str(_("Riverside shop")), "usage": "store"}]).id
    _opening(ctx, rows, products, shelves, store)
    lines = [{"product": products[one], "quantity": 5} for one in _TO_SHOP]
    values = {"source": store, "destination": shop, "needed_on": ctx.today + timedelta(days=1), "lines": lines}
    transfer = _run(ctx, "inventory.transfer.create", values=[values]).id
    for verb in ("approve", "ship"):
        _run(ctx, f"inventory.transfer.{verb}", transfer)
    _run(ctx, "inventory.count.create", values=[{"place": shelves["1"], "planned_on": ctx.today}])


def _places(ctx: Context, categories: Sequence[str]) -> tuple[int, dict[str, int]]:
    """Make a shelf for each category in the first warehouse; give it and them."""
    store = ctx.all(Location, Location.usage == Usage.STORE, order_by=[Location.id]).ids[0]
    rows = [
        {
            "name": str(_("Shelf %(letter)s", letter=chr(ord("A") + number))),
            "usage": "place",
            "parent": store,
            "position": number + 1,
        }
        for number in range(len(categories))
    ]
    made = _run(ctx, "inventory.location.create", values=rows).done
    return store, dict(zip(categories, made, strict=True))


def _opening(
    ctx: Context, rows: Sequence[Row], products: Mapping[str, int], shelves: Mapping[str, int], store: int
) -> None:
    """Enter the opening stock; fresh goods in two lots, the older of which does not last much longer."""
    lines: list[dict[str, Any]] = []
    for row in rows:
        quantity = int(row["units_in_stock"])
        price = (Decimal(row["unit_price"]) * _COST).quantize(Decimal("0.01"))
        for part, expires in _lots(ctx, row["category_id"], quantity):
            line = {"product": products[row["product_id"]], "quantity": part, "price": price}
            lines.append(line | {"place": shelves[row["category_id"]], "expires_on": expires})
    values = {"kind": "opening", "place": store, "lines": lines}
    entry = _run(ctx, "inventory.entry.create", values=[values]).id
    _run(ctx, "inventory.entry.post", entry)


def _lots(ctx: Context, category: str, quantity: int) -> list[tuple[int, Any]]:
    """Give quantities with the day on which they expire."""
    if category not in _FRESH:
        return [(quantity, None)] if quantity else []
    life, before = _FRESH[category]
    old, new = quantity // 3, quantity - quantity // 3
    ends = ctx.today + timedelta(days=before + 2), ctx.today + timedelta(days=life)
    return [(part, end) for part, end in zip((old, new), ends, strict=True) if part]


def _read() -> list[Row]:
    source = files("hanse_inventory") / "data" / "northwind_stock.csv"
    return list(csv.DictReader(io.StringIO(source.read_text(encoding="utf-8"), newline="")))


def _run(ctx: Context, name: str, *records: Any, **params: Any) -> Any:
    found = find_action(name)
    assert found is not None, name
    return ctx.run(found, [*records] or None, **params)


__all__ = ["load_stock"]

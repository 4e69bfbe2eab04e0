"""A warehouse for tests, kept by the addon's own actions as a storekeeper would."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from hanse import Context, Model, link_id
from hanse.actions import find_action
from hanse.addons import installed
from hanse.security.permissions import model_name
from hanse.testing.people import switch_on
from hanse_inventory.models import Location, Lot, Move, Stock, StockEntry, StockValue, StoreCost, Usage
from hanse_products.models import Category, Costing, Product, Unit

#: The bridge by which the stock is in the books.
BOOKS = "hanse_inventory_finance"
#: Whatever happens in tests happens after this.
BEGIN = datetime(2025, 3, 1, 0, 0, tzinfo=UTC)


def act(ctx: Context, model: type[Model], verb: str, *records: Any, **params: Any) -> Any:
    """Run an action of a model by its verb."""
    found = find_action(f"{model_name(model)}.{verb}")
    assert found is not None, verb
    return ctx.run(found, [*records] or None, **params)


def hours(number: float) -> datetime:
    """Give a moment so many hours after the beginning."""
    return BEGIN + timedelta(hours=number)


class Warehouse:
    """Short ways to keep stock: ``shop.receipt(tea, 10, price=5, at=1)``."""

    def __init__(self, ctx: Context, *, books: bool = False) -> None:
        self.ctx = ctx
        if not books and BOOKS in ctx.enabled:
            switch_on(ctx, [name for name in installed().addons if name in ctx.enabled - {BOOKS}])
            ctx.enabled -= {BOOKS}
        self.supplier: int | None = None
        self.main = ctx.all(Location, Location.usage == Usage.STORE, order_by=[Location.id]).first()

    def unit(self, symbol: str) -> Unit:
        return self.ctx.all(Unit, Unit.symbol == symbol).one()

    def make(self, model: type[Model], **values: Any) -> Any:
        return self.ctx.all(model, model.id == act(self.ctx, model, "create", values=[values]).id).one()

    def product(
        self, name: str = "Tea", *, costing: Costing | None = None, symbol: str = "pcs", **values: Any
    ) -> Product:
        if costing is not None:
            values["category"] = self.make(Category, name=f"{name} {costing.value}", costing=costing)
        found: Product = self.make(Product, name=name, unit=self.unit(symbol), **values)
        return found

    def store(self, name: str, **values: Any) -> Location:
        found: Location = self.make(Location, name=name, usage=Usage.STORE, **values)
        return found

    def place(self, name: str, parent: Location | None = None, **values: Any) -> Location:
        found: Location = self.make(Location, name=name, usage=Usage.PLACE, parent=parent or self.main, **values)
        return found

    def draft(self, kind: str, *lines: dict[str, Any], at: float | None = None, **values: Any) -> int:
        values.setdefault("place", self.main)
        if kind in ("receipt", "supplier_return"):
            values.setdefault("partner", self.supplier)
        values = {"kind": kind, "at": None if at is None else hours(at), **values, "lines": list(lines)}
        made: int = act(self.ctx, StockEntry, "create", values=[values]).id
        return made

    def post(self, kind: str, *lines: dict[str, Any], at: float | None = None, **values: Any) -> int:
        entry = self.draft(kind, *lines, at=at, **values)
        act(self.ctx, StockEntry, "post", entry)
        return entry

    def receipt(self, product: Product, quantity: Any, price: Any = None, **values: Any) -> int:
        return self.post("receipt", line(product, quantity, values, price=price), **values)

    def issue(self, product: Product, quantity: Any, **values: Any) -> int:
        return self.post("issue", line(product, quantity, values), **values)

    def reverse(self, entry: int) -> int:
        made: list[int] = act(self.ctx, StockEntry, "reverse", entry).result
        return made[0]

    def on_hand(self, product: Product, place: Location | None = None, lot: Lot | None = None) -> Decimal:
        where = [Stock.product_id == product.id]
        where += [Stock.location_id == place.id] if place is not None else []
        where += [Stock.lot_id == lot.id] if lot is not None else []
        return self.ctx.session.scalar(select(func.sum(Stock.quantity)).where(*where)) or Decimal(0)

    def cost(self, product: Product, store: Location | None = None) -> StoreCost:
        query = select(StoreCost).where(
            link_id(StoreCost.product) == product.id, link_id(StoreCost.store) == (store or self.main).id
        )
        return self.ctx.session.scalars(query.execution_options(populate_existing=True)).one()

    def held(self, product: Product, store: Location | None = None) -> tuple[Decimal, Decimal]:
        """Give quantity and value."""
        found = self.cost(product, store)
        return found.quantity, found.value

    def booked(self, product: Product, store: Location | None = None, until: float | None = None) -> Decimal:
        """Give what the books have of a product: the sum of amounts."""
        where = [StockValue.product_id == product.id, StockValue.store_id == (store or self.main).id]
        where += [StockValue.at <= hours(until)] if until is not None else []
        return self.ctx.session.scalar(select(func.sum(StockValue.amount)).where(*where)) or Decimal(0)

    def costs_of(self, entry: int) -> Decimal:
        """Give what the moves of a document changed of values, costs and what was valued again alike."""
        query = select(func.sum(StockValue.amount)).join(Move, Move.id == link_id(StockValue.move))
        return self.ctx.session.scalar(query.where(Move.entry_id == entry)) or Decimal(0)

    def moves(self, entry: int) -> Sequence[Move]:
        return list(self.ctx.all(Move, Move.entry_id == entry, order_by=[Move.id]))

    def lot(self, product: Product, name: str) -> Lot:
        return self.ctx.all(Lot, Lot.product_id == product.id, Lot.name == name).one()


def line(product: Product, quantity: Any, values: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Give a line; what concerns lines is taken out of ``values``."""
    own = {
        name: values.pop(name)
        for name in ("lot", "new_lot", "expires_on", "unit", "pack", "rejected")
        if name in values
    }
    return {"product": product, "quantity": quantity, **own, **more}


def on(text: str) -> date:
    """Give a day."""
    return date.fromisoformat(text)

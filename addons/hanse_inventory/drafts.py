"""From what somebody typed to a whole stock document: numbers of lines, quantities in the unit of the product."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import select

from hanse import BusinessError, Context, Errors, Model, _, link_id
from hanse.actions.values import WrongValue, convert
from hanse.i18n import Label
from hanse_inventory.models import EntryKind, Lot, StockedProduct, StockEntry, StockEntryLine, Tracking
from hanse_inventory.places import Place, places
from hanse_products.models import Product, ProductKind
from hanse_products.packs import Packing, packings
from hanse_products.quantities import (
    Measure,
    NoConversion,
    as_decimal,
    convert as converted,
    is_multiple,
    measures,
    told,
)

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Kept:
    """What a document needs to know of a product."""

    id: int
    name: str
    kind: ProductKind
    has_variants: bool
    unit: int
    tracking: Tracking


class Drafts:
    """Completes drafts; reads products, units, packs and lots once for all of them."""

    def __init__(self, ctx: Context, values: Sequence[Mapping[str, Any]]) -> None:
        self.ctx = ctx
        self.errors: list[BusinessError] = []
        self.places = places(ctx)
        lines = [line for value in values for line in value.get("lines") or ()]
        self.products = _products(ctx, ids(line.get("product") for line in lines))
        units = ids(line.get("unit") for line in lines) | {one.unit for one in self.products.values()}
        self.units: dict[int, Measure] = measures(ctx, units)
        self.packs: dict[int, Packing] = packings(ctx, ids(line.get("pack") for line in lines))
        lots = ids(line.get("lot") for line in lines)
        query = select(Lot.id, link_id(Lot.product)).where(Lot.id.in_(lots))
        self.lots: dict[int, int] = dict(ctx.session.execute(query).all()) if lots else {}

    def complete(self, given: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
        """Give a draft's row with its lines; what is wrong stands in ``errors``, ``field`` says where."""
        value = dict(given)
        self._prefix = prefix
        value["kind"] = kind = self._converted(StockEntry, "kind", value.get("kind") or EntryKind.RECEIPT, "kind")
        place = self._place(value.get("place"), "place")
        if kind is None or place is None:
            return value
        self._other(value, kind, place)
        lines = [dict(line) for line in value.get("lines") or ()]
        if not lines:
            self._wrong(_("A stock document has at least one line."), "lines")
        for at, line in enumerate(lines):
            self._line(line, at, kind, place)
        value["lines"] = lines
        return value

    def _place(self, given: Any, where: str) -> Place | None:
        found = None if given is None else self.places.get(key_of(given))
        if found is None or not found.usage.inside:
            self._wrong(_("Choose a warehouse or store, or a place in one."), where)
            return None
        return found

    def _other(self, value: Mapping[str, Any], kind: EntryKind, place: Place) -> None:
        given = value.get("other")
        if given is None:
            if kind is EntryKind.MOVE:
                self._wrong(_("Say where it is moved to."), "other")
            return
        other = self.places.get(key_of(given))
        if kind is EntryKind.MOVE:
            if other is None or other.store != place.store:
                self._wrong(_("Goods go to another store by a transfer. Choose a place of the same store."), "other")
            elif other.id == place.id:
                self._wrong(_("Goods are there already. Choose another place."), "other")
        elif other is None or other.usage is not kind.other:
            self._wrong(_("Here only a location of the kind “%(usage)s” fits.", usage=kind.other.label), "other")

    # --- lines --------------------------------------------------------------------------------------------------------

    def _line(self, line: dict[str, Any], at: int, kind: EntryKind, place: Place) -> None:
        where = f"lines.{at}."
        line["number"] = at + 1
        stated = line.get("quantity")
        line["quantity"] = self._converted(StockEntryLine, "quantity", 1 if stated is None else stated, where + "quantity")
        line["rejected"] = self._converted(StockEntryLine, "rejected", line.get("rejected") or 0, where + "rejected")
        product = None if line.get("product") is None else self.products.get(key_of(line["product"]))
        if product is None:
            self._wrong(_("Choose a product."), where + "product")
            return
        self._check_product(product, where)
        self._check_lot(line, product, kind, where)
        if line.get("place") is not None:
            own = self._place(line["place"], where + "place")
            if own is not None and own.store != place.store:
                self._wrong(_("Choose a place of the same store as that of the document."), where + "place")
        if line["quantity"] is not None and line["rejected"] is not None:
            line["base"] = self._base(line, product, line["quantity"], where)
            self._check_rejected(line, kind, where)
        if product.tracking is Tracking.SERIAL and line.get("base", 1) != 1 and (line.get("lot") or line.get("new_lot")):
            self._wrong(_("One serial number is one thing: write a line for each."), where + "quantity")

    def _check_rejected(self, line: Mapping[str, Any], kind: EntryKind, where: str) -> None:
        if line["rejected"] and kind is not EntryKind.RECEIPT:
            self._wrong(_("Only what is received can be rejected."), where + "rejected")
        elif not ZERO <= line["rejected"] <= line["quantity"]:
            self._wrong(_("At most the whole quantity is rejected."), where + "rejected")

    def _check_product(self, product: Kept, where: str) -> None:
        if product.has_variants:
            self._wrong(_("“%(product)s” has variants: choose one of them.", product=product.name), where + "product")
        elif product.kind is not ProductKind.GOODS:
            self._wrong(_("“%(product)s” is not kept in stock.", product=product.name), where + "product")

    def _check_lot(self, line: Mapping[str, Any], product: Kept, kind: EntryKind, where: str) -> None:
        lot, new = line.get("lot"), line.get("new_lot")
        if product.tracking is Tracking.NONE and (lot is not None or new):
            self._wrong(_("“%(product)s” is not tracked by lot.", product=product.name), where + ("new_lot" if new else "lot"))
        elif lot is not None and self.lots.get(key_of(lot)) != product.id:
            self._wrong(_("This is a lot of another product. Choose one of this product."), where + "lot")
        elif new and not kind.enters:
            self._wrong(_("Choose the lot that leaves."), where + "new_lot")
        elif new and lot is not None:
            self._wrong(_("Choose a lot, or write a new one; not both."), where + "new_lot")
        elif product.tracking is Tracking.SERIAL and lot is None and not new:
            self._wrong(_("Give the serial number."), where + ("new_lot" if kind.enters else "lot"))

    def _base(self, line: Mapping[str, Any], product: Kept, quantity: Decimal, where: str) -> Decimal:
        """Give the quantity in the unit of the product."""
        own = self.units[product.unit]
        exact = Fraction(quantity)
        try:
            if line.get("pack") is not None:
                exact = self._unpacked(line, product, quantity, where)
            elif line.get("unit") is not None:
                unit = self.units.get(key_of(line["unit"]))
                if unit is None:
                    self._wrong(_("Choose a unit."), where + "unit")
                    return ZERO
                exact = converted(quantity, unit, own)
        except NoConversion as error:
            self._wrong(error.message, where + "unit")
            return ZERO
        if quantity <= 0:
            self._wrong(_("A quantity is above zero."), where + "quantity")
        elif not is_multiple(exact, own.step):
            message = _(
                "“%(product)s” is counted in steps of %(step)s.", product=product.name, step=told(own.step, own.shown)
            )
            self._wrong(message, where + "quantity")
        return as_decimal(exact)

    def _unpacked(self, line: Mapping[str, Any], product: Kept, quantity: Decimal, where: str) -> Fraction:
        pack = self.packs.get(key_of(line["pack"]))
        if pack is None or pack.product != product.id:
            self._wrong(_("The pack is one of another product. Choose one of this product."), where + "pack")
            return Fraction(0)
        if line.get("unit") is not None:
            self._wrong(_("A quantity is in a unit or in packs, not in both."), where + "unit")
        return pack.unpacked(quantity)

    def _converted(self, model: type[Model], name: str, given: Any, place: str) -> Any:
        try:
            return convert(model.__fields__[name], given)
        except WrongValue as error:
            self._wrong(error.message, place)
            return None

    def _wrong(self, message: Label, place: str) -> None:
        self.errors.append(BusinessError(message, field=self._prefix + place))

    def refuse(self) -> None:
        """Raise what is wrong, if anything is.

        :raises BusinessError: all at once, by document, line and field
        """
        if self.errors:
            raise self.errors[0] if len(self.errors) == 1 else Errors(self.errors)


def complete(ctx: Context, values: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Complete drafts for insertion.

    :raises BusinessError: what is missing or wrong, all at once
    """
    drafts = Drafts(ctx, values)
    rows = [
        drafts.complete(value, "" if len(values) == 1 else f"{place}.") | {"maker": ctx.user.id}
        for place, value in enumerate(values)
    ]
    drafts.refuse()
    return rows


def _products(ctx: Context, wanted: set[int]) -> dict[int, Kept]:
    query = select(
        Product.id, Product.name, Product.kind, Product.has_variants, link_id(Product.unit), StockedProduct.tracking
    ).where(Product.id.in_(wanted))
    return {row[0]: Kept(*row) for row in ctx.session.execute(query)} if wanted else {}


def key_of(value: Any) -> int:
    """Give the id of what a link is given."""
    return value.id if isinstance(value, Model) else int(value)


def ids(values: Iterable[Any]) -> set[int]:
    """Give the ids of what links are given, without those that are empty."""
    return {key_of(value) for value in values if value is not None}


__all__ = ["Drafts", "Kept", "complete", "ids", "key_of"]

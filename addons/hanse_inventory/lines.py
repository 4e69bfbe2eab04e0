"""Lines of stock documents, transfers and counts: a product, a quantity in its unit, a lot."""

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
from hanse_inventory.models import Lot, StockedProduct, Tracking
from hanse_inventory.places import Place, places
from hanse_products.models import Product, ProductKind
from hanse_products.packs import Packing, packings
from hanse_products.quantities import (
    Measure,
    NoConversion,
    as_decimal,
    is_multiple,
    measures,
    told,
)
from hanse_products.quantities import (
    convert as converted_to,
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


class Lines:
    """Completes lines of a product, a quantity and a lot; reads products, units, packs and lots once for all."""

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
        self.prefix = ""

    def measured(self, model: type[Model], line: dict[str, Any], at: int) -> Kept | None:
        """Complete number and quantities of a line; give its product, None where it names none.

        :param model: of the lines
        """
        where = f"lines.{at}."
        line["number"] = at + 1
        stated = line.get("quantity")
        line["quantity"] = self.converted(model, "quantity", 1 if stated is None else stated, where + "quantity")
        product = None if line.get("product") is None else self.products.get(key_of(line["product"]))
        if product is None:
            self.wrong(_("Choose a product."), where + "product")
            return None
        self._check_product(product, where)
        if line["quantity"] is not None:
            line["base"] = self._base(line, product, line["quantity"], where)
        return product

    def check_lot(self, line: Mapping[str, Any], product: Kept, where: str) -> None:
        """Refuse a lot where there are none, and one of another product."""
        lot, new = line.get("lot"), line.get("new_lot")
        if product.tracking is Tracking.NONE and (lot is not None or new):
            name = "new_lot" if new else "lot"
            self.wrong(_("“%(product)s” is not tracked by lot.", product=product.name), where + name)
        elif lot is not None and self.lots.get(key_of(lot)) != product.id:
            self.wrong(_("This is a lot of another product. Choose one of this product."), where + "lot")

    def inside(self, given: Any, where: str) -> Place | None:
        """Give the place in a store that is named."""
        found = None if given is None else self.places.get(key_of(given))
        if found is None or not found.usage.inside:
            self.wrong(_("Choose a warehouse or store, or a place in one."), where)
            return None
        return found

    def _check_product(self, product: Kept, where: str) -> None:
        if product.has_variants:
            self.wrong(_("“%(product)s” has variants: choose one of them.", product=product.name), where + "product")
        elif product.kind is not ProductKind.GOODS:
            self.wrong(_("“%(product)s” is not kept in stock.", product=product.name), where + "product")

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
                    self.wrong(_("Choose a unit."), where + "unit")
                    return ZERO
                exact = converted_to(quantity, unit, own)
        except NoConversion as error:
            self.wrong(error.message, where + "unit")
            return ZERO
        if quantity <= 0:
            self.wrong(_("A quantity is above zero."), where + "quantity")
        elif not is_multiple(exact, own.step):
            message = _(
                "“%(product)s” is counted in steps of %(step)s.", product=product.name, step=told(own.step, own.shown)
            )
            self.wrong(message, where + "quantity")
        return as_decimal(exact)

    def _unpacked(self, line: Mapping[str, Any], product: Kept, quantity: Decimal, where: str) -> Fraction:
        pack = self.packs.get(key_of(line["pack"]))
        if pack is None or pack.product != product.id:
            self.wrong(_("The pack is one of another product. Choose one of this product."), where + "pack")
            return Fraction(0)
        if line.get("unit") is not None:
            self.wrong(_("A quantity is in a unit or in packs, not in both."), where + "unit")
        return pack.unpacked(quantity)

    def converted(self, model: type[Model], name: str, given: Any, place: str) -> Any:
        """Give a value as its field stores it; None where it does not fit."""
        try:
            return convert(model.__fields__[name], given)
        except WrongValue as error:
            self.wrong(error.message, place)
            return None

    def wrong(self, message: Label, place: str) -> None:
        """Note what is wrong, and with which field."""
        self.errors.append(BusinessError(message, field=self.prefix + place))

    def refuse(self) -> None:
        """Raise what is wrong, if anything is.

        :raises BusinessError: all at once, by document, line and field
        """
        if self.errors:
            raise self.errors[0] if len(self.errors) == 1 else Errors(self.errors)


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


__all__ = ["Kept", "Lines", "ids", "key_of"]

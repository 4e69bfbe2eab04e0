"""Products in the stock: a tab on their form, and what choices say of them in stock documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, select

from hanse import Context, Offers, Row, Shown, Tab, _, link_id
from hanse.i18n import Label, format_money
from hanse_inventory.models import Location, ProductInStock, Stock, StockedProduct, StoreCost, Usage
from hanse_inventory.permissions import Inventory
from hanse_inventory.screens.lots import SEES_STOCK, asked_places
from hanse_inventory.standing import seen_places
from hanse_products.measures import symbol_of
from hanse_products.models import Product, ProductKind, Unit
from hanse_products.quantities import told
from hanse_products.screens import PRODUCTS

ZERO = Decimal(0)
_ASKING = ("inventory.entry.product", "inventory.transfer.product")
_INSIDE = (Usage.STORE, Usage.PLACE)


def _kept(_ctx: Context, _words: str, values: dict[str, str]) -> ColumnElement[bool] | None:
    """Offer stock documents only what is kept in stock."""
    if values.get("for") not in _ASKING:
        return None
    return (Product.kind == ProductKind.GOODS) & Product.has_variants.is_(False)


def _described(ctx: Context, ids: Sequence[int], values: Mapping[str, str]) -> dict[int, dict[str, Any]]:
    """Say in stock documents how much is at their place, and put the unit into the line."""
    if values.get("for") not in _ASKING:
        return {}
    units = select(Product.id, Unit.id, Unit.name, Unit.symbol).join(Unit, Unit.id == link_id(Product.unit))
    there = _there(ctx, ids, asked_places(ctx, values)) if ctx.may(SEES_STOCK) else None
    found: dict[int, dict[str, Any]] = {}
    for product, unit, name, symbol in ctx.session.execute(units.where(Product.id.in_(ids))):
        found[product] = {"set": {"unit": {"id": unit, "name": _unit_name(name)}}}
        if there is not None:
            found[product]["hint"] = _(
                "on hand %(quantity)s", quantity=told(there.get(product, ZERO), symbol_of(symbol))
            )
    return found


def _unit_name(name: str) -> str:
    from hanse_products.measures import name_of

    return str(name_of(name))


def _there(ctx: Context, ids: Sequence[int], locations: Sequence[int]) -> dict[int, Decimal]:
    query = (
        select(link_id(Stock.product), func.sum(Stock.quantity))
        .join(Location, Location.id == link_id(Stock.location))
        .where(Stock.company_id == ctx.company.id, link_id(Stock.product).in_(ids), Location.usage.in_(_INSIDE))
    )
    query = query.where(link_id(Stock.location).in_(locations))
    return {product: quantity for product, quantity in ctx.session.execute(query.group_by(link_id(Stock.product)))}


def _on_hand(ctx: Context, product: Product) -> Label | None:
    if product.kind is not ProductKind.GOODS or not ctx.may(SEES_STOCK):
        return None
    quantity = _there(ctx, [product.id], seen_places(ctx)).get(product.id, ZERO)
    return told(quantity, symbol_of(product.unit.symbol))


def _worth(ctx: Context, product: Product) -> Label | None:
    """Say what all stores together hold of a product, and what one unit of it costs on average."""
    if product.kind is not ProductKind.GOODS or not ctx.may(Inventory.COSTS):
        return None
    query = select(func.sum(StoreCost.quantity), func.sum(StoreCost.value)).where(
        StoreCost.company_id == ctx.company.id, link_id(StoreCost.product) == product.id
    )
    quantity, value = ctx.session.execute(query).one()
    if not quantity:
        return format_money(value or ZERO, ctx.company.currency, ctx.company.places)
    whole = format_money(value, ctx.company.currency, ctx.company.places)
    each = format_money(value / quantity, ctx.company.currency, ctx.company.places)
    return _("%(whole)s (%(each)s each)", whole=whole, each=each)


PRODUCTS.extend(
    tabs=[
        Tab(
            _("Stock"),
            Row(StockedProduct.tracking, StockedProduct.shelf_life),
            Row(StockedProduct.life_to_issue, StockedProduct.warn_before),
            Row(Shown("on_hand", _("On hand"), _on_hand), Shown("worth", _("Value of the stock"), _worth)),
            Row(StockedProduct.expected_cost),
        ),
        Tab(
            _("On hand by place"),
            ProductInStock.stocks,
            columns=[Stock.location, Stock.lot, Stock.quantity, Stock.since],
            where=lambda: Stock.quantity != 0,
        ),
    ],
    complete=_kept,
    offers=Offers(describe=_described),
)

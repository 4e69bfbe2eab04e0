"""Lots: list by expiry, form, and what choices say of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, case, cast, false, func, literal, select
from sqlalchemy.types import Date, Integer

from hanse import Computed, Context, Filter, Offers, Row, Screen, Shown, Tab, _, link_id
from hanse.i18n import Label, format_day
from hanse.models import Kind, Model
from hanse_inventory.models import EntryKind, Location, Lot, LotState, Stock, StockedProduct, Usage
from hanse_inventory.places import places
from hanse_inventory.standing import seen_places
from hanse_products.measures import symbol_of
from hanse_products.models import Product, Unit
from hanse_products.quantities import told

ZERO = Decimal(0)
#: Permission without which nobody learns how much there is.
SEES_STOCK = "inventory.stock.read"
_LEAVING = {one.value for one in EntryKind if not one.enters}
_INSIDE = (Usage.STORE, Usage.PLACE)


def _there(_model: type[Model]) -> Any:
    """Add up what is there of a lot, in stores and on its way."""
    return select(func.sum(Stock.quantity)).where(link_id(Stock.lot) == Lot.id).correlate(Lot).scalar_subquery()


def warned_from() -> ColumnElement[Any]:
    """Give the day from which a lot counts as expiring, as its product says."""
    days = (
        select(func.coalesce(StockedProduct.warn_before, 0))
        .where(StockedProduct.id == link_id(Lot.product))
        .correlate(Lot)
        .scalar_subquery()
    )
    return cast(Lot.expires_on - cast(days, Integer), Date)


def _expiry_tone(_model: type[Model]) -> Any:
    today = func.current_date()
    return case((Lot.expires_on < today, literal("bad")), (warned_from() <= today, literal("warn")))


def _has_stock() -> ColumnElement[bool]:
    return Lot.id.in_(select(link_id(Stock.lot)).where(Stock.quantity > 0))


def _within(days: int) -> Callable[[Context], ColumnElement[bool]]:
    """Make the condition that a lot that is there expires within so many days."""

    def condition(ctx: Context) -> ColumnElement[bool]:
        return Lot.expires_on.between(ctx.today, ctx.today + timedelta(days=days)) & _has_stock()

    return condition


def _on_hand(ctx: Context, lot: Lot) -> Label | None:
    if not ctx.may(SEES_STOCK):
        return None
    quantity = ctx.session.scalar(select(func.sum(Stock.quantity)).where(link_id(Stock.lot) == lot.id)) or ZERO
    return told(quantity, symbol_of(lot.product.unit.symbol))


# --- what choices say -------------------------------------------------------------------------------------------------


def asked_places(ctx: Context, values: Mapping[str, str]) -> list[int]:
    """Give the places of the document that asks, and all below, as far as the person sees them; without one all."""
    for name in ("head.place", "head.source"):
        given = values.get(name, "")
        if given.isdigit() and int(given) in places(ctx):
            return seen_places(ctx, int(given))
    return seen_places(ctx)


def _fitting(ctx: Context, _words: str, values: dict[str, str]) -> ColumnElement[bool] | None:
    """Offer lots of the product; where goods leave, those that are there."""
    asks = values.get("for", "")
    if asks not in ("inventory.entry.lot", "inventory.transfer.lot"):
        return None
    product = values.get("product", "")
    if not product.isdigit():
        return false()
    condition = Lot.product_id == int(product)
    if asks == "inventory.transfer.lot" or values.get("head.kind") in _LEAVING:
        there = asked_places(ctx, values)
        held = select(link_id(Stock.lot)).where(link_id(Stock.product) == int(product), Stock.quantity > 0)
        condition &= Lot.id.in_(held.where(link_id(Stock.location).in_(there)))
    return condition


def _order(ctx: Context, _values: Mapping[str, str]) -> Sequence[ColumnElement[Any]]:
    """Offer first what must be used first, and last what may not be issued any more."""
    usable = (Lot.state == LotState.AVAILABLE) & (Lot.usable_until.is_(None) | (Lot.usable_until >= ctx.today))
    return [usable.desc(), Lot.usable_until.asc().nulls_last(), Lot.received_on.asc().nulls_last()]


def _described(ctx: Context, ids: Sequence[int], values: Mapping[str, str]) -> dict[int, dict[str, Any]]:
    """Say of lots when they expire, how much there is, and what keeps them from being issued."""
    query = (
        select(Lot.id, Lot.expires_on, Lot.usable_until, Lot.state, Unit.symbol)
        .join(Product, Product.id == link_id(Lot.product))
        .join(Unit, Unit.id == link_id(Product.unit))
        .where(Lot.id.in_(ids))
    )
    there = _quantities(ctx, ids, asked_places(ctx, values)) if ctx.may(SEES_STOCK) else {}
    found: dict[int, dict[str, Any]] = {}
    for lot, expires, usable, state, symbol in ctx.session.execute(query):
        said: list[str] = []
        if state is not LotState.AVAILABLE:
            said.append(str(state.label))
        if expires is not None:
            late = expires < ctx.today
            said.append(str(_("expired %(day)s", day=expires) if late else _("until %(day)s", day=expires)))
            if not late and usable is not None and usable < ctx.today:
                said.append(str(_("not issued any more")))
        if lot in there:
            said.append(told(there[lot], symbol_of(symbol)))
        found[lot] = {"hint": " · ".join(said)}
    return found


def _quantities(ctx: Context, ids: Sequence[int], locations: Sequence[int]) -> dict[int, Decimal]:
    query = (
        select(link_id(Stock.lot), func.sum(Stock.quantity))
        .join(Location, Location.id == link_id(Stock.location))
        .where(Stock.company_id == ctx.company.id, link_id(Stock.lot).in_(ids), Location.usage.in_(_INSIDE))
    )
    query = query.where(link_id(Stock.location).in_(locations))
    return {lot: quantity for lot, quantity in ctx.session.execute(query.group_by(link_id(Stock.lot)))}


def _days_left(ctx: Context, lot: Lot) -> Label | None:
    if lot.expires_on is None:
        return None
    days = (lot.expires_on - ctx.today).days
    if days < 0:
        return _("expired %(day)s", day=format_day(lot.expires_on))
    return _("%(days)s days left", days=days)


LOTS = Screen(
    Lot,
    title=_("Lots"),
    singular=_("Lot"),
    menu="inventory",
    icon="tags",
    order=45,
    list=[
        Lot.name,
        Lot.product,
        Computed("expiry", _("Expires on"), Kind.DAY, lambda _model: Lot.expires_on, tone=_expiry_tone),
        Lot.usable_until,
        Computed("there", _("There is"), Kind.QUANTITY, _there),
        Lot.received_on,
        Lot.supplier,
        Lot.state,
    ],
    filters=[
        Lot.state,
        Lot.product,
        Lot.supplier,
        Lot.expires_on,
        Lot.received_on,
        Filter(_("There is some"), lambda ctx: _has_stock(), name="there"),
        Filter(_("Expired"), lambda ctx: (Lot.expires_on < ctx.today) & _has_stock(), name="expired"),
        Filter(_("Expiring in 7 days"), _within(7), name="expiring-7"),
        Filter(_("Expiring in 30 days"), _within(30), name="expiring-30"),
    ],
    segments=Lot.state,
    order_by=[Lot.expires_on, Lot.name],
    sums=[],
    tones={LotState.AVAILABLE: "ok", LotState.QUARANTINE: "warn", LotState.RECALLED: "bad"},
    carries=[Lot.product, Lot.received_on, Lot.supplier],
    form=[
        Row(Lot.product, Lot.name),
        Row(Lot.expires_on, Lot.usable_until),
        Row(Lot.received_on, Lot.produced_on),
        Row(Shown("there", _("There is"), _on_hand), Shown("left", _("Until expiry"), _days_left)),
        Row(Lot.supplier, Lot.supplier_lot),
        Row(Lot.certificate, Lot.pieces),
    ],
    tabs=[Tab(_("Notes"), Lot.note)],
    complete=_fitting,
    offers=Offers(describe=_described, order=_order),
    title_of=lambda lot: f"{lot.product.name} · {lot.name}",
)

__all__ = ["LOTS", "SEES_STOCK", "asked_places", "warned_from"]

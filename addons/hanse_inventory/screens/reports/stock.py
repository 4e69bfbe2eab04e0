"""What is on hand as of a day, and the card of a product."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from hanse import BusinessError, Context, Given, Parameter, Reading, Report, ReportColumn, ReportRow, _, link_id
from hanse.i18n import Label, format_moment
from hanse.models import Kind
from hanse_inventory.costing import rounded
from hanse_inventory.models import EntryKind, Lot
from hanse_inventory.permissions import Inventory
from hanse_inventory.screens.reports.spans import FIRST, LAST, PLACE, chosen_places, chosen_span, each_costs, stores_of
from hanse_inventory.standing import CardMove, There, begin_of, by_store, card, on_hand
from hanse_products.measures import symbol_of
from hanse_products.models import Category, Product

ZERO = Decimal(0)
#: So many rows stand on a page; files have all of them.
PAGE = 200


def _levels(_ctx: Context) -> Sequence[tuple[str, Label]]:
    return [("store", _("by store")), ("place", _("by place")), ("lot", _("by place and lot"))]


def _as_of(ctx: Context, given: Given) -> datetime | None:
    """Give the last moment of the chosen day; None: now."""
    day = given.day("day")
    if day is None or day >= ctx.today:
        return None
    return begin_of(day + timedelta(days=1), ctx.company.zone) - timedelta(microseconds=1)


def _categories(ctx: Context, category: int | None) -> list[int] | None:
    """Give a category and all below it."""
    if category is None:
        return None
    parents: dict[int, int | None] = dict(ctx.session.execute(select(Category.id, link_id(Category.parent))).all())
    found: list[int] = []
    for one in parents:
        above: int | None = one
        while above is not None and above != category:
            above = parents.get(above)
        if above == category:
            found.append(one)
    return found


def _joined(rows: Iterable[There]) -> list[There]:
    """Add up the lots at a place."""
    found: dict[tuple[int, int], There] = {}
    for one in rows:
        key = (one.product, one.location)
        there = found.get(key)
        value = None if one.value is None else (there.value or ZERO if there is not None else ZERO) + one.value
        quantity = one.quantity + (there.quantity if there is not None else ZERO)
        found[key] = There(
            one.product,
            one.name,
            one.code,
            one.symbol,
            one.store,
            one.store_name,
            one.location,
            one.location_name,
            None,
            None,
            None,
            quantity,
            value,
        )
    return list(found.values())


def _read_on_hand(ctx: Context, given: Given) -> Reading:
    level, costs, at = given.text("by") or "store", ctx.may(Inventory.COSTS), _as_of(ctx, given)
    found = on_hand(
        ctx,
        locations=chosen_places(ctx, given),
        at=at,
        product=given.record("product"),
        categories=_categories(ctx, given.record("category")),
        valued=costs,
    )
    rows = list(by_store(found)) if level == "store" else _joined(found) if level == "place" else found
    start = 0 if given.whole else given.number("at") or 0
    shown = rows if given.whole else rows[start : start + PAGE]
    total = sum((rounded(one.value or ZERO, ctx.company.places) for one in rows), ZERO)
    columns = _on_hand_columns(level, costs)
    return Reading(
        columns,
        [_on_hand_row(ctx, one, level, costs, given) for one in shown],
        totals=[_("Total"), *[None] * (len(columns) - 2), total] if costs else None,
        note=_("as of %(moment)s", moment=format_moment(at or ctx.now, ctx.company.zone)),
        before={"at": ""} if start else None,
        after={"at": str(start + PAGE)} if start + PAGE < len(rows) and not given.whole else None,
    )


def _on_hand_columns(level: str, costs: bool) -> list[ReportColumn]:
    columns = [
        ReportColumn("product", _("Product"), small="title"),
        ReportColumn("code", _("Code")),
        ReportColumn("store", _("Store"), small="sub" if level == "store" else "none"),
    ]
    if level != "store":
        columns.append(ReportColumn("place", _("Place"), small="sub"))
    if level == "lot":
        columns.append(ReportColumn("lot", _("Lot"), small="sub"))
        columns.append(ReportColumn("expires", _("Expires on"), Kind.DAY, small="sub"))
    columns += [
        ReportColumn("quantity", _("Quantity"), Kind.QUANTITY, small="end"),
        ReportColumn("unit", _("Unit")),
    ]
    if costs:
        columns.append(ReportColumn("cost", _("Unit cost"), Kind.RATE))
        columns.append(ReportColumn("value", _("Value"), Kind.MONEY, small="sub"))
    return columns


def _on_hand_row(ctx: Context, one: There, level: str, costs: bool, given: Given) -> ReportRow:
    values: list[Any] = [one.name, one.code, one.store_name]
    if level != "store":
        values.append(one.location_name)
    if level == "lot":
        values += [one.lot_name, one.expires]
    values += [one.quantity, symbol_of(one.symbol)]
    if costs:
        value = one.value if one.value is not None else ZERO
        values += [each_costs(value, one.quantity), rounded(value, ctx.company.places)]
    place = one.store if level == "store" else one.location
    day = given.day("day") or ctx.today
    to = STOCK_CARD.to(
        product=one.product,
        place=place,
        lot=one.lot if level == "lot" else None,
        first=day.replace(day=1).isoformat(),
        last=day.isoformat(),
    )
    return ReportRow(values, to)


def _read_card(ctx: Context, given: Given) -> Reading:
    key = given.record("product")
    product = next(iter(ctx.visible(Product, Product.id == key)), None) if key is not None else None
    if product is None:
        raise BusinessError(_("Choose a product."))
    lot = given.record("lot")
    if lot is not None and not ctx.visible(Lot, Lot.id == lot, Lot.product_id == product.id):
        raise BusinessError(_("This is a lot of another product. Choose one of this product."))
    first, last = chosen_span(ctx, given)
    locations = chosen_places(ctx, given)
    (quantity, value), moves = card(
        ctx, product.id, locations=locations, stores=stores_of(ctx, locations), lot=lot, first=first, last=last
    )
    costs = ctx.may(Inventory.COSTS)
    rows = [_opening(ctx, first, quantity, value, costs), *_card_rows(ctx, moves, quantity, value, costs)]
    came = sum((one.quantity for one in moves if one.quantity > 0), ZERO)
    left = sum((-one.quantity for one in moves if one.quantity < 0), ZERO)
    changed = sum((one.value for one in moves), ZERO)
    places = ctx.company.places
    sums = [rounded(changed, places), rounded(value + changed, places)]
    return Reading(
        _card_columns(costs),
        rows,
        totals=[
            None,
            _("Total"),
            *[None] * 4,
            came,
            left,
            quantity + came - left,
            *([None, *sums] if costs else []),
        ],
        note=f"{product.display_name()} · {symbol_of(product.unit.symbol)}",
    )


def _card_columns(costs: bool) -> list[ReportColumn]:
    columns = [
        ReportColumn("at", _("Happened at"), Kind.MOMENT, small="sub"),
        ReportColumn("document", _("Document"), small="title"),
        ReportColumn("kind", _("Kind"), small="sub"),
        ReportColumn("lot", _("Lot")),
        ReportColumn("other", _("From or to")),
        ReportColumn("partner", _("Partner")),
        ReportColumn("came", _("In"), Kind.QUANTITY, small="sub"),
        ReportColumn("left", _("Out"), Kind.QUANTITY, small="sub"),
        ReportColumn("quantity", _("Quantity"), Kind.QUANTITY, small="end"),
    ]
    if costs:
        columns += [
            ReportColumn("cost", _("Unit cost"), Kind.RATE),
            ReportColumn("change", _("Change of value"), Kind.MONEY),
            ReportColumn("value", _("Value"), Kind.MONEY, small="sub"),
        ]
    return columns


def _opening(ctx: Context, first: date, quantity: Decimal, value: Decimal, costs: bool) -> ReportRow:
    money = [None, None, rounded(value, ctx.company.places)] if costs else []
    opening = _("Before %(day)s", day=first)
    return ReportRow([None, opening, *[None] * 6, quantity, *money], strong=True)


def _card_rows(
    ctx: Context, moves: Iterable[CardMove], quantity: Decimal, value: Decimal, costs: bool
) -> Iterable[ReportRow]:
    """Give a row for each move with what there is after it."""
    places = ctx.company.places
    for one in moves:
        quantity, value = quantity + one.quantity, value + one.value
        money: list[Any] = []
        if costs:
            money = [each_costs(one.value, one.quantity), rounded(one.value, places), rounded(value, places)]
        came, left = (one.quantity, None) if one.quantity > 0 else (None, -one.quantity or None)
        yield ReportRow(
            [
                one.at,
                one.number,
                EntryKind(one.kind).label,
                one.lot_name,
                one.other,
                one.partner,
                came,
                left,
                quantity,
                *money,
            ],
            (f"/inventory/entry/{one.entry}", {}),
        )


STOCK_CARD = Report(
    "stock-card",
    title=_("Stock card"),
    menu="inventory",
    icon="id-badge-2",
    order=72,
    permission="inventory.stock.read",
    parameters=[
        Parameter("product", _("Product"), target=Product, required=True),
        PLACE,
        Parameter("lot", _("Lot"), target=Lot),
        FIRST,
        LAST,
    ],
    read=_read_card,
    about={Product: lambda product: {"product": str(product.id)}},
)
ON_HAND = Report(
    "on-hand",
    title=_("Stock as of a day"),
    menu="inventory",
    icon="report",
    order=70,
    permission="inventory.stock.read",
    parameters=[
        Parameter("by", _("Detail"), choices=_levels, default=lambda ctx: "store"),
        PLACE,
        Parameter("category", _("Category"), target=Category),
        Parameter("product", _("Product"), target=Product),
        Parameter("day", _("End of"), kind=Kind.DAY),
    ],
    read=_read_on_hand,
)

__all__ = ["ON_HAND", "STOCK_CARD"]

"""The page on which people count, made for a phone: one thing after the other, a number, a tick.

It never says what the books expect.  What is counted goes through the action that programs use; each entry has a key,
so that what is sent twice, after a lost connection, counts once.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from hanse import BusinessError, Context, Errors, NotFound, _, link_id, page
from hanse.i18n import format_day, format_decimal, parse_decimal
from hanse_inventory.actions.counting import tally_counts
from hanse_inventory.models import (
    CountState,
    Location,
    Lot,
    StockCount,
    StockCountLine,
    StockedProduct,
    Tally,
    Tracking,
)
from hanse_inventory.permissions import Inventory
from hanse_inventory.places import below, places
from hanse_products.looking import find
from hanse_products.measures import symbol_of
from hanse_products.models import Barcode, Product, Unit

if TYPE_CHECKING:
    from pyramid.response import Response

    from hanse.web.request import WebRequest

PAGE = "/inventory/counting"
#: So many rows stand on a page; the search finds the others.
MOST = 400
_COUNTED = (CountState.COUNTING, CountState.RECOUNT)
_KEY = re.compile(r"[A-Za-z0-9_-]{8,80}")
Values = dict[str, Any]


@page(
    "counting",
    title=_("Count with a phone"),
    menu="inventory",
    icon="checks",
    order=42,
    permission=Inventory.COUNT,
)
def counting(request: WebRequest) -> Response:
    """Show what is to be counted, or take in what was."""
    from hanse.web.page import page_of, render  # Pyramid is loaded by the web only

    if request.method == "POST":
        return _take_in(request)
    count = _count(request.ctx, _text(request, "record"))
    if count is None:
        return render(
            request, "inventory/counts.jinja2", page_of(request, _("Count with a phone")), counts=_open(request)
        )
    crumbs = [{"label": _("Count with a phone"), "url": request.to(PAGE)}]
    head = page_of(request, count.title(), breadcrumbs=crumbs)
    return render(request, "inventory/counting.jinja2", head, counting=_shown(request, count))


def _text(request: WebRequest, name: str) -> str:
    value = request.params.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def _count(ctx: Context, given: str) -> StockCount | None:
    """Give the count that is named; None where none is.

    :raises NotFound: it is not there for this person, or is not being counted
    """
    if not given:
        return None
    found = ctx.visible(StockCount, StockCount.id == int(given)) if re.fullmatch(r"\d{1,18}", given) else None
    count = found.first() if found is not None else None
    if count is None or count.state not in _COUNTED:
        raise NotFound(_("This is not being counted now."))
    return count


def _open(request: WebRequest) -> list[Values]:
    """Give the counts that go on."""
    ctx = request.ctx
    found = ctx.visible(StockCount, StockCount.state.in_(_COUNTED), order_by=[StockCount.number])
    known = places(ctx)
    return [
        {
            "title": one.title(),
            "place": known[one.place_id].name,
            "state": one.state.label,
            "again": one.state is CountState.RECOUNT,
            "url": request.to(PAGE, record=str(one.id)),
        }
        for one in found
    ]


# --- taking in --------------------------------------------------------------------------------------------------------


def _take_in(request: WebRequest) -> Response:
    """Note what was counted; a script is answered with JSON, a form with the page."""
    from pyramid.httpexceptions import HTTPSeeOther
    from pyramid.response import Response

    record, error = _text(request, "record"), ""
    try:
        with request.db.begin_nested():
            count = _count(request.ctx, record)
            if count is None:
                raise NotFound(_("This is not being counted now."))
            request.ctx.run(tally_counts, [count.id], tallies=[_tally(request)])
    except BusinessError as refused:
        errors = refused.errors if isinstance(refused, Errors) else [refused]
        error = " ".join(str(one.message) for one in errors)
    if request.wants_json:
        body = {"error": error} if error else {"counted": _told_counted(request.ctx, _text(request, "line"))}
        return Response(json_body=body, status=422 if error else 200)
    request.say(error or _("Noted"), "bad" if error else "ok")
    line = _text(request, "line")
    return HTTPSeeOther(request.to(PAGE, record=record) + (f"#line-{line}" if line.isdigit() else ""))


def _tally(request: WebRequest) -> Values:
    given = _text(request, "quantity")
    try:
        quantity = parse_decimal(given)
    except (ValueError, ArithmeticError) as error:
        raise BusinessError(_("Say how much is there; nothing is 0."), field="quantity") from error
    key = _text(request, "key")
    tally: Values = {
        "quantity": quantity,
        "key": key if _KEY.fullmatch(key) else secrets.token_urlsafe(18),
        "counted_at": _moment(request),
    }
    for name in ("line", "product", "location", "lot"):
        value = _text(request, name)
        if re.fullmatch(r"\d{1,18}", value):
            tally[name] = int(value)
    return tally


def _moment(request: WebRequest) -> datetime | None:
    """Give when it was counted; a clock that goes ahead is not believed."""
    try:
        found = datetime.fromisoformat(_text(request, "counted_at").replace("Z", "+00:00"))
    except ValueError:  # not sent: it is counted now
        return None
    return min(found, request.ctx.now) if found.tzinfo is not None else None


def _told_counted(ctx: Context, line: str) -> str:
    """Say how much of a line is counted in this round."""
    if not line.isdigit():
        return ""
    query = (
        select(StockCountLine.counted, Unit.symbol)
        .join(Product, Product.id == link_id(StockCountLine.product))
        .join(Unit, Unit.id == link_id(Product.unit))
        .where(StockCountLine.company_id == ctx.company.id, StockCountLine.id == int(line))
    )
    for counted, symbol in ctx.session.execute(query):
        return "" if counted is None else f"{format_decimal(counted)} {symbol_of(symbol)}"
    return ""


# --- what is shown ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of a sheet as the one who counts sees it."""

    id: int
    product: int
    name: str
    code: str | None
    symbol: str
    lot: str | None
    expires: date | None
    place: str
    again: bool
    counted: Decimal | None


def _rows(ctx: Context, count: StockCount) -> list[_Row]:
    """Read the lines that are to be counted now, with what was counted in this round: two statements."""
    query = (
        select(
            StockCountLine.id,
            link_id(StockCountLine.product),
            Product.name,
            Product.code,
            Unit.symbol,
            Lot.name,
            Lot.expires_on,
            Location.name,
            StockCountLine.again,
        )
        .join(Product, Product.id == link_id(StockCountLine.product))
        .join(Unit, Unit.id == link_id(Product.unit))
        .join(Location, Location.id == link_id(StockCountLine.location))
        .outerjoin(Lot, Lot.id == link_id(StockCountLine.lot))
        .where(StockCountLine.company_id == ctx.company.id, link_id(StockCountLine.count) == count.id)
        .order_by(StockCountLine.number)
    )
    again = count.state is CountState.RECOUNT
    if again:
        query = query.where(StockCountLine.again)
    sums = (
        select(link_id(Tally.line), func.sum(Tally.quantity))
        .join(StockCountLine, StockCountLine.id == link_id(Tally.line))
        .where(link_id(StockCountLine.count) == count.id, Tally.round == (2 if again else 1))
        .group_by(link_id(Tally.line))
    )
    counted: dict[int, Decimal] = {line: quantity for line, quantity in ctx.session.execute(sums)}
    return [_Row(*row, counted=counted.get(row[0])) for row in ctx.session.execute(query)]


def _shown(request: WebRequest, count: StockCount) -> Values:
    ctx, words = request.ctx, _text(request, "q")
    rows = _rows(ctx, count)
    chosen: Sequence[_Row] = rows
    extra: Values | None = None
    error = ""
    if words:
        chosen, extra, error = _found(ctx, count, rows, words)
    codes = _codes(ctx, {one.product for one in chosen[:MOST]})
    return {
        "url": request.to(PAGE),
        "record": count.id,
        "user": request.user.id,
        "q": words,
        "again": count.state is CountState.RECOUNT,
        "done": sum(one.counted is not None for one in rows),
        "all": len(rows),
        "rows": [_drawn(one, codes.get(one.product, ()), ctx.today) for one in chosen[:MOST]],
        "more": max(0, len(chosen) - MOST),
        "extra": extra,
        "error": error,
        "sheet_url": request.to(f"/inventory/count/{count.id}"),
    }


def _drawn(one: _Row, codes: Sequence[str], today: date) -> Values:
    return {
        "id": one.id,
        "name": one.name,
        "code": one.code or "",
        "unit": symbol_of(one.symbol),
        "lot": one.lot or "",
        "expires": format_day(one.expires) if one.expires is not None else "",
        "late": one.expires is not None and one.expires < today,
        "place": one.place,
        "counted": "" if one.counted is None else f"{format_decimal(one.counted)} {symbol_of(one.symbol)}",
        "codes": " ".join(filter(None, (one.code, *codes))),
        "key": secrets.token_urlsafe(18),
    }


def _codes(ctx: Context, products: set[int]) -> dict[int, list[str]]:
    """Give the barcodes of products, so that a scan finds its row without a connection."""
    found: dict[int, list[str]] = {}
    query = select(link_id(Barcode.product), Barcode.code).where(link_id(Barcode.product).in_(products))
    for product, code in ctx.session.execute(query) if products else ():
        found.setdefault(product, []).append(code)
    return found


def _found(
    ctx: Context, count: StockCount, rows: Sequence[_Row], words: str
) -> tuple[Sequence[_Row], Values | None, str]:
    """Give the rows that a scan or some words mean; a product that is not on the sheet can be put there."""
    wanted = words.casefold().split()
    plain = [one for one in rows if all(word in _said(one) for word in wanted)]
    if plain:
        return plain, None, ""
    try:
        meaning = find(ctx, words)
    except BusinessError as error:
        return (), None, str(error.message)
    own = [one for one in rows if one.product == meaning.product.id]
    lot = meaning.scanned.lot
    exact = [one for one in own if lot is not None and one.lot == lot]
    if exact or (own and lot is None):
        return exact or own, None, ""
    if count.state is CountState.RECOUNT:
        return own, None, ""
    return own, _extra(ctx, count, meaning.product, lot), ""


def _said(one: _Row) -> str:
    return " ".join(filter(None, (one.name, one.code, one.lot, one.place))).casefold()


def _extra(ctx: Context, count: StockCount, product: Product, lot: str | None) -> Values:
    """Give what is asked about a product that the books do not expect there."""
    tracking = ctx.session.scalar(select(StockedProduct.tracking).where(StockedProduct.id == product.id))
    tracked = tracking is not None and tracking is not Tracking.NONE
    lots: list[Mapping[str, Any]] = []
    if tracked:
        query = ctx.visible(Lot, Lot.product_id == product.id, order_by=[Lot.id.desc()], limit=50)
        lots = [{"value": one.id, "label": one.name, "chosen": one.name == lot} for one in query]
    return {
        "product": product.id,
        "name": product.display_name(),
        "unit": symbol_of(product.unit.symbol),
        "places": [{"value": one.id, "label": one.name} for one in below(ctx, count.place_id)],
        "place": count.place_id,
        "tracked": tracked,
        "lots": lots,
        "key": secrets.token_urlsafe(18),
    }


__all__ = ["counting"]

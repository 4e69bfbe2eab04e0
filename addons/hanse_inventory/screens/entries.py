"""Stock documents: list and form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from hanse import Board, Calendar, Computed, Context, Lines, Row, Screen, Shown, Tab, _, link_id
from hanse.i18n import Label, format_money
from hanse.models import Kind, Model
from hanse_inventory.models import (
    EntryKind,
    EntryState,
    Location,
    Move,
    MovedEntry,
    StockEntry,
    StockEntryLine,
    StockValue,
    Usage,
)
from hanse_inventory.permissions import Inventory
from hanse_inventory.screens.papers import EntryPaper

Head = Mapping[str, str]


def kinds(*wanted: EntryKind) -> Callable[[Head], bool]:
    """Make a question about what stands in the form: whether the document is of one of these kinds."""
    values = {one.value for one in wanted}
    return lambda head: head.get("kind") in values


def _lines_of(_model: type[Model]) -> Any:
    """Count the lines of a document."""
    counted = select(func.count()).where(link_id(StockEntryLine.entry) == StockEntry.id)
    return counted.correlate(StockEntry).scalar_subquery()


def _cost(ctx: Context, entry: StockEntry) -> Label | None:
    """Say by how much a document changed what stores are worth."""
    if entry.state not in (EntryState.POSTED, EntryState.REVERSED) or not ctx.may(Inventory.COSTS):
        return None
    query = select(func.sum(StockValue.amount)).join(Move, Move.id == link_id(StockValue.move))
    amount = ctx.session.scalar(query.where(Move.entry_id == entry.id)) or Decimal(0)
    return format_money(amount, ctx.company.currency, ctx.company.places)


def _reversed_by(ctx: Context, entry: StockEntry) -> Label | None:
    found = _taken_back(ctx, entry)
    return None if found is None else found[1]


def _reversal(ctx: Context, entry: StockEntry) -> tuple[type[Model], int] | None:
    found = _taken_back(ctx, entry)
    return None if found is None else (StockEntry, found[0])


def _taken_back(ctx: Context, entry: StockEntry) -> tuple[int, str] | None:
    if entry.state is not EntryState.REVERSED:
        return None
    query = select(StockEntry.id, StockEntry.number).where(link_id(StockEntry.reverses) == entry.id)
    row = ctx.session.execute(query).first()
    return None if row is None else (row[0], row[1])


def usual_place(ctx: Context) -> int | None:
    """Give the only store there is, if there is one only."""
    query = select(Location.id).where(
        Location.company_id == ctx.company.id, Location.usage == Usage.STORE, Location.active
    )
    found = list(ctx.session.scalars(query.limit(2)))
    return found[0] if len(found) == 1 else None


def _first(ctx: Context) -> dict[str, Any]:
    return {"place": usual_place(ctx)}


_ENTERING = tuple(one for one in EntryKind if one.enters)
LINES = Lines(
    StockEntry.lines,
    columns=[
        StockEntryLine.product,
        StockEntryLine.lot,
        StockEntryLine.new_lot,
        StockEntryLine.expires_on,
        StockEntryLine.quantity,
        StockEntryLine.unit,
        StockEntryLine.price,
        StockEntryLine.rejected,
        StockEntryLine.pack,
        StockEntryLine.place,
        StockEntryLine.note,
    ],
    widths={
        "lot": "m",
        "new_lot": "s",
        "expires_on": "m",
        "quantity": "s",
        "unit": "s",
        "price": "s",
        "rejected": "s",
        "pack": "m",
        "place": "m",
        "note": "m",
    },
    small=["product", "lot", "new_lot", "expires_on", "quantity", "unit"],
    optional=["pack", "place", "note"],
    fits={
        "new_lot": kinds(EntryKind.RECEIPT, EntryKind.OPENING, EntryKind.CUSTOMER_RETURN),
        "expires_on": kinds(EntryKind.RECEIPT, EntryKind.OPENING),
        "lot": kinds(*(one for one in EntryKind if one is not EntryKind.OPENING)),
        "price": kinds(*(one for one in EntryKind if one.priced)),
        "rejected": kinds(EntryKind.RECEIPT, EntryKind.ARRIVAL),
    },
    asks_with={
        "product": ["head.place", "head.kind"],
        "lot": ["product", "head.place", "head.kind"],
        "pack": ["product"],
        "place": ["head.place"],
    },
    blank=1,
)

ENTRIES = Screen(
    StockEntry,
    title=_("Stock documents"),
    singular=_("Stock document"),
    menu="inventory",
    icon="clipboard-list",
    order=30,
    list=[
        StockEntry.number,
        StockEntry.kind,
        StockEntry.day,
        StockEntry.place,
        StockEntry.partner,
        StockEntry.reference,
        Computed("count", _("Lines"), Kind.NUMBER, _lines_of),
        StockEntry.state,
    ],
    filters=[
        StockEntry.kind,
        StockEntry.state,
        StockEntry.place,
        StockEntry.partner,
        StockEntry.day,
        StockEntry.reason,
        StockEntry.transfer,
        StockEntry.maker,
    ],
    segments=StockEntry.state,
    order_by=[StockEntry.number.desc()],
    sums=[],
    tones={
        EntryState.DRAFT: "warn",
        EntryState.INSPECTED: "info",
        EntryState.POSTED: "ok",
        EntryState.REVERSED: "muted",
        EntryKind.WASTE: "bad",
    },
    board=Board(by=StockEntry.state, card=[StockEntry.number, StockEntry.kind, StockEntry.place, StockEntry.partner]),
    calendar=Calendar(start=StockEntry.day, title=[StockEntry.number, StockEntry.place], tone=StockEntry.state),
    form=[
        Row(StockEntry.kind, StockEntry.place),
        Row(StockEntry.partner, StockEntry.other),
        Row(StockEntry.reference, StockEntry.at),
        Row(StockEntry.reason),
        LINES,
        Row(Shown("cost", _("Change of value"), _cost), StockEntry.day),
    ],
    tabs=[
        Tab(_("Photo and note"), Row(StockEntry.photo), Row(StockEntry.note)),
        Tab(
            _("Moves"),
            MovedEntry.moves,
            columns=[Move.product, Move.lot, Move.source, Move.destination, Move.quantity, Move.at],
        ),
        Tab(
            _("Where it belongs"),
            Row(StockEntry.transfer, StockEntry.reverses),
            Row(Shown("reversed", _("Reversed by"), _reversed_by, _reversal)),
            Row(StockEntry.maker, StockEntry.inspector),
            Row(StockEntry.poster, StockEntry.posted_at),
        ),
    ],
    editable=lambda entry: entry.state in (EntryState.DRAFT, EntryState.INSPECTED),
    possible={"delete": lambda _ctx, entry: entry.state in (EntryState.DRAFT, EntryState.INSPECTED)},
    defaults=_first,
    carries=[StockEntry.kind, StockEntry.place],
    anew=[StockEntry.at, StockEntry.photo],
    documents=[EntryPaper(_("Print"))],
    title_of=lambda entry: entry.title(),
)

__all__ = ["ENTRIES", "kinds", "usual_place"]

"""Where a lot came from and went to, and what the moves of a document cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from sqlalchemy import select

from hanse import BusinessError, Context, Given, Parameter, Reading, Report, ReportColumn, ReportRow, _, link_id
from hanse.i18n import Label
from hanse.models import Kind
from hanse_inventory.models import EntryKind, EntryState, Location, Lot, Stock, StockEntry
from hanse_inventory.permissions import Inventory
from hanse_inventory.screens.reports.spans import each_costs
from hanse_inventory.tracing import Step, steps, valued
from hanse_products.measures import symbol_of

ZERO = Decimal(0)


def _read_trace(ctx: Context, given: Given) -> Reading:
    key = given.record("lot")
    lot = next(iter(ctx.visible(Lot, Lot.id == key)), None) if key is not None else None
    if lot is None:
        raise BusinessError(_("Choose a lot."))
    found = steps(ctx, lot.id)
    rows = [
        *_part(_("Came from"), [one for one in found if one.came]),
        *_part(_("Went from place to place"), [one for one in found if not one.came and not one.went]),
        *_part(_("Went to"), [one for one in found if one.went]),
        *_left(ctx, lot),
    ]
    return Reading(
        [
            ReportColumn("at", _("Happened at"), Kind.MOMENT, small="sub"),
            ReportColumn("document", _("Document"), small="title"),
            ReportColumn("kind", _("Kind")),
            ReportColumn("source", _("From")),
            ReportColumn("destination", _("To"), small="sub"),
            ReportColumn("partner", _("Partner"), small="sub"),
            ReportColumn("reference", _("Reference")),
            ReportColumn("quantity", _("Quantity"), Kind.QUANTITY, small="end"),
        ],
        rows,
        note=f"{lot.product.display_name()} · {lot.name} · {symbol_of(lot.product.unit.symbol)}",
    )


def _part(heading: Label, some: Iterable[Step]) -> Iterator[ReportRow]:
    chosen = list(some)
    if not chosen:
        return
    total = sum((one.quantity for one in chosen), ZERO)
    yield ReportRow([None, heading, *[None] * 5, total], strong=True)
    for one in chosen:
        yield ReportRow(
            [
                one.at,
                one.number,
                EntryKind(one.kind).label,
                one.source,
                one.destination,
                one.partner_name,
                one.reference,
                one.quantity,
            ],
            (f"/inventory/entry/{one.entry}", {}),
        )


def _left(ctx: Context, lot: Lot) -> Iterator[ReportRow]:
    """Say where the lot is now."""
    query = (
        select(Location.name, Stock.quantity)
        .join(Location, Location.id == link_id(Stock.location))
        .where(link_id(Stock.lot) == lot.id, Stock.quantity != 0)
        .order_by(Location.name)
    )
    rows = list(ctx.session.execute(query))
    total = sum((quantity for _name, quantity in rows), ZERO)
    yield ReportRow([None, _("Is there now"), *[None] * 5, total], strong=True)
    for name, quantity in rows:
        yield ReportRow([None, name, *[None] * 5, quantity])


def _read_document(ctx: Context, given: Given) -> Reading:
    key = given.record("entry")
    entry = next(iter(ctx.visible(StockEntry, StockEntry.id == key)), None) if key is not None else None
    if entry is None:
        raise BusinessError(_("Choose a stock document."))
    if entry.state not in (EntryState.POSTED, EntryState.REVERSED):
        raise BusinessError(_("It is not posted yet: it has moved nothing."))
    found = valued(ctx, entry.id)
    money = Kind.MONEY
    columns = [
        ReportColumn("product", _("Product"), small="title"),
        ReportColumn("lot", _("Lot")),
        ReportColumn("source", _("From")),
        ReportColumn("destination", _("To")),
        ReportColumn("quantity", _("Quantity"), Kind.QUANTITY, small="sub"),
        ReportColumn("unit", _("Unit")),
        ReportColumn("store", _("Store"), small="sub"),
        ReportColumn("each", _("Unit cost"), Kind.RATE),
        ReportColumn("cost", _("Change of value"), money, small="end"),
        ReportColumn("difference", _("Difference"), money, small="sub"),
    ]
    rows = [
        ReportRow(
            [
                one.product_name,
                one.lot_name,
                one.source,
                one.destination,
                one.quantity or None,
                symbol_of(one.symbol),
                one.store_name,
                each_costs(abs(one.cost or ZERO), one.quantity),
                one.cost,
                one.difference,
            ],
            (f"/products/product/{one.product}", {}),
        )
        for one in found
    ]
    costs = sum((one.cost or ZERO for one in found), ZERO)
    differences = sum((one.difference or ZERO for one in found), ZERO)
    return Reading(
        columns,
        rows,
        totals=[_("Total"), *[None] * 7, costs, differences or None],
        note=f"{entry.kind.label} {entry.number}",
    )


TRACE = Report(
    "trace",
    title=_("Where a lot came from and went to"),
    menu="inventory",
    icon="git-branch",
    order=76,
    permission="inventory.lot.read",
    parameters=[Parameter("lot", _("Lot"), target=Lot, required=True)],
    read=_read_trace,
    about={Lot: lambda lot: {"lot": str(lot.id)}},
)
DOCUMENT = Report(
    "document-costs",
    title=_("Costs of a stock document"),
    icon="coins",
    permission=Inventory.COSTS,
    parameters=[Parameter("entry", _("Stock document"), target=StockEntry, required=True)],
    read=_read_document,
    about={StockEntry: lambda entry: {"entry": str(entry.id)} if entry.posted_at is not None else None},
)

__all__ = ["DOCUMENT", "TRACE"]

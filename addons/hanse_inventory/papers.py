"""Receipt notes, issue slips, transfer notes and count sheets on paper.  None of them says what anything costs."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import select

from hanse import Context, _, link_id
from hanse.files import FileStore
from hanse.i18n import Label, format_day, format_decimal, format_moment
from hanse.paper import Letterhead, PaperKind, register_paper
from hanse.paper.reading import letterhead
from hanse_contacts.homes import home_country
from hanse_inventory.models import (
    EntryKind,
    EntryState,
    StockCount,
    StockCountLine,
    StockEntry,
    StockEntryLine,
    Transfer,
    TransferLine,
)
from hanse_inventory.places import places
from hanse_products.measures import symbol_of
from hanse_products.models import Product, Unit
from hanse_products.packs import packings

if TYPE_CHECKING:  # drawing is imported by who draws
    from hanse.documents.letters import Letter, Part

Record = TypeVar("Record")
Line = StockEntryLine | TransferLine | StockCountLine
_ENTRY, _TRANSFER, _COUNT = (
    register_paper(PaperKind(f"inventory.{name}", label, "hanse_inventory"))
    for name, label in (
        ("entry", _("Stock documents")),
        ("transfer", _("Transfer notes")),
        ("count", _("Count sheets")),
    )
)
_TITLES: Mapping[EntryKind, Label] = {
    EntryKind.RECEIPT: _("Goods receipt note"),
    EntryKind.ISSUE: _("Issue slip"),
    EntryKind.DELIVERY: _("Delivery note"),
    EntryKind.WASTE: _("Waste report"),
}
#: Kinds whose paper goes to the partner.
_TO_PARTNER = (EntryKind.DELIVERY, EntryKind.SUPPLIER_RETURN)


def print_entries(ctx: Context, entries: Sequence[StockEntry], files: FileStore) -> bytes:
    """Give stock documents as one PDF/A, each on pages of its own.

    :raises DocumentError: fonts or Pango are missing
    """
    units = _Units(ctx, [line for one in entries for line in one.lines])
    return _printed(ctx, files, _ENTRY, entries, lambda one, head: _entry(ctx, one, units, head))


def print_transfers(ctx: Context, transfers: Sequence[Transfer], files: FileStore) -> bytes:
    """Give transfer notes as one PDF/A."""
    units = _Units(ctx, [line for one in transfers for line in one.lines])
    return _printed(ctx, files, _TRANSFER, transfers, lambda one, head: _transfer(ctx, one, units, head))


def print_sheets(ctx: Context, counts: Sequence[StockCount], files: FileStore) -> bytes:
    """Give sheets to count on as one PDF/A: what may be there, and room to write how much is."""
    units = _Units(ctx, [line for one in counts for line in one.lines])
    return _printed(ctx, files, _COUNT, counts, lambda one, head: _sheet(ctx, one, units, head))


def _printed(
    ctx: Context,
    files: FileStore,
    kind: PaperKind,
    records: Iterable[Record],
    write: Callable[[Record, Letterhead], Letter],
) -> bytes:
    from hanse.documents.letters import print_letters

    head = letterhead(ctx, files, kind)
    out = io.BytesIO()
    language = ctx.company.locale.replace("_", "-")
    letters = (write(one, head) for one in records)
    print_letters(out, letters, title=ctx.company.name, language=language, created=ctx.now)
    return out.getvalue()


def _measure(line: Line) -> tuple[int | None, int | None]:
    """Give the unit and the pack that a line names; those of counts name neither."""
    return (None, None) if isinstance(line, StockCountLine) else (line.unit_id, line.pack_id)


class _Units:
    """Names of products, units and packs of many lines, read once."""

    def __init__(self, ctx: Context, lines: Sequence[Line]) -> None:
        query = select(Product.id, Product.code, Product.name, Product.specification, Unit.symbol).join(
            Unit, Unit.id == link_id(Product.unit)
        )
        rows = ctx.session.execute(query.where(Product.id.in_({one.product_id for one in lines})))
        self.products: dict[int, tuple[str, str, str]] = {
            row[0]: (row[1] or "", " ".join(filter(None, (row[2], row[3]))), symbol_of(row[4])) for row in rows
        }
        measures = [_measure(one) for one in lines]
        units = {unit for unit, _pack in measures if unit is not None}
        named = select(Unit.id, Unit.symbol).where(Unit.id.in_(units))
        self.units: dict[int, str] = dict(ctx.session.execute(named).all())
        self.packs = packings(ctx, {pack for _unit, pack in measures if pack is not None})

    def of(self, line: Line) -> str:
        """Say in what a line is counted."""
        unit, pack = _measure(line)
        if pack is not None and pack in self.packs:
            return self.packs[pack].name
        return symbol_of(self.units[unit]) if unit in self.units else self.products[line.product_id][2]


# --- stock documents --------------------------------------------------------------------------------------------------


def _entry(ctx: Context, entry: StockEntry, units: _Units, head: Letterhead) -> Letter:
    from hanse.documents.letters import Letter

    title = str(_TITLES.get(entry.kind, entry.kind.label))
    number = entry.number if entry.state is not EntryState.DRAFT else f"{entry.number} {_('(draft)')}"
    facts: list[tuple[Label, Label | None]] = [
        (_("Number"), number),
        (_("Date"), format_day(entry.day or ctx.today)),
        (_("Place"), entry.place.name),
        (_("Reference"), entry.reference),
        (_("Reason"), entry.reason.name if entry.reason is not None else None),
    ]
    if entry.partner is not None and entry.kind not in _TO_PARTNER:
        facts.insert(2, (_("Partner"), entry.partner.name))
    return Letter(
        title,
        _to(ctx, entry),
        [_entry_lines(entry, units), *_note(entry.note), *_signatures(_("Handed over by"), _("Received by"))],
        [(str(label), str(value)) for label, value in facts if value],
        head,
        f"{title} {entry.number}",
    )


def _to(ctx: Context, entry: StockEntry) -> list[str]:
    if entry.partner is None or entry.kind not in _TO_PARTNER:
        return []
    address = entry.partner.default_address()
    return [entry.partner.name, *(address.on_letter(home_country(ctx)) if address is not None else ())]


def _entry_lines(entry: StockEntry, units: _Units) -> Part:
    heads = (_("Product"), _("Code"), _("Lot"), _("Expires on"), _("Quantity"), _("Rejected"), _("Unit"), _("Remark"))
    rows: list[list[str]] = []
    for line in entry.lines:
        code, name, _symbol = units.products[line.product_id]
        lot = line.lot.name if line.lot is not None else line.new_lot or ""
        expires = line.expires_on or (line.lot.expires_on if line.lot is not None else None)
        rows.append(
            [
                name,
                code,
                lot,
                format_day(expires) if expires is not None else "",
                format_decimal(line.quantity),
                format_decimal(line.rejected) if line.rejected else "",
                units.of(line),
                line.note or "",
            ]
        )
    return _grid(heads, rows, figures=(4, 5), needed=(0, 4, 6))


def _grid(
    heads: Sequence[Label], rows: Sequence[Sequence[str]], *, figures: Sequence[int], needed: Sequence[int]
) -> Part:
    """Make a table without the columns that would be empty."""
    from hanse.documents.letters import Grid
    from hanse.documents.tables import Column, Row

    shown = [at for at in range(len(heads)) if at in needed or any(row[at] for row in rows)]
    columns = [Column(str(heads[at]), figures=at in figures) for at in shown]
    return Grid(columns, [Row([row[at] for at in shown]) for row in rows])


def _note(note: str | None) -> list[Part]:
    from hanse.documents.letters import Words

    return [Words(note, before=6.0)] if note else []


def _signatures(*labels: Label) -> list[Part]:
    """Leave room for names and dates."""
    from hanse.documents.letters import SMALL, Words

    room = [str(_("%(who)s: ____________________", who=one)) for one in labels]
    return [Words("        ".join(room), SMALL, before=14.0)]


# --- transfers --------------------------------------------------------------------------------------------------------


def _transfer(ctx: Context, transfer: Transfer, units: _Units, head: Letterhead) -> Letter:
    from hanse.documents.letters import Letter

    title = str(_("Transfer note"))
    heads = (_("Product"), _("Code"), _("Lot"), _("Quantity"), _("Shipped"), _("Received"), _("Unit"))
    rows: list[list[str]] = []
    for line in transfer.lines:
        code, name, symbol = units.products[line.product_id]
        begun = bool(line.shipped)
        rows.append(
            [
                name,
                code,
                line.lot.name if line.lot is not None else "",
                format_decimal(line.base if begun else line.quantity),
                _figure(line.shipped),
                _figure(line.received),
                symbol if begun else units.of(line),
            ]
        )
    facts: list[tuple[Label, Label | None]] = [
        (_("Number"), transfer.number),
        (_("State"), transfer.state.label),
        (_("From"), transfer.source.name),
        (_("To"), transfer.destination.name),
        (_("Needed on"), format_day(transfer.needed_on) if transfer.needed_on is not None else None),
    ]
    address = transfer.destination.address
    return Letter(
        title,
        [transfer.destination.name, *(address.splitlines() if address else ())],
        [
            _grid(heads, rows, figures=(3, 4, 5), needed=(0, 3, 6)),
            *_note(transfer.note),
            *_signatures(_("Handed over by"), _("Driver"), _("Received by")),
        ],
        [(str(label), str(value)) for label, value in facts if value],
        head,
        f"{title} {transfer.number}",
    )


def _figure(quantity: Decimal) -> str:
    return format_decimal(quantity) if quantity else ""


# --- count sheets -----------------------------------------------------------------------------------------------------


def _sheet(ctx: Context, count: StockCount, units: _Units, head: Letterhead) -> Letter:
    from hanse.documents.letters import Letter, Words

    title = str(_("Count sheet"))
    known = places(ctx)
    again = any(one.again for one in count.lines)
    rows = [_sheet_row(one, units, known[one.location_id].name) for one in count.lines if one.again or not again]
    heads = (_("Product"), _("Code"), _("Place"), _("Lot"), _("Expires on"), _("Unit"), _("Counted"))
    facts: list[tuple[Label, Label | None]] = [
        (_("Number"), count.number),
        (_("Place"), count.place.name),
        (_("Category"), count.category.name if count.category is not None else None),
        (_("Planned on"), format_day(count.planned_on) if count.planned_on is not None else None),
        (_("Begun at"), format_moment(count.frozen_at, ctx.company.zone) if count.frozen_at is not None else None),
    ]
    parts = (
        [_grid(heads, rows, figures=(6,), needed=(0, 5, 6))]
        if rows
        else [Words(str(_("Nothing is on the sheet yet.")))]
    )
    return Letter(
        title,
        [],
        [*parts, *_note(count.note), *_signatures(_("Counted by"), _("Date"))],
        [(str(label), str(value)) for label, value in facts if value],
        head,
        f"{title} {count.number}",
    )


def _sheet_row(line: StockCountLine, units: _Units, place: str) -> list[str]:
    code, name, symbol = units.products[line.product_id]
    lot = line.lot
    expires = lot.expires_on if lot is not None else None
    return [
        name,
        code,
        place,
        lot.name if lot is not None else "",
        format_day(expires) if expires is not None else "",
        symbol,
        "____________",
    ]


__all__ = ["print_entries", "print_sheets", "print_transfers"]

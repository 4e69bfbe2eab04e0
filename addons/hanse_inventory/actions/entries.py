"""Write stock documents, and have receipts inspected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hanse import BusinessError, Context, Records, _, action, sequence
from hanse.actions.generic import check_rights, save
from hanse_inventory.drafts import complete
from hanse_inventory.models import EntryKind, EntryState, StockEntry
from hanse_inventory.permissions import Inventory
from hanse_inventory.reserving import free

#: How documents of each kind are numbered.
NUMBERS = {
    kind: sequence(f"inventory.{kind.value}", title=title, pattern=f"{letters}{{year}}{{month}}-{{number:4}}")
    for kind, letters, title in (
        (EntryKind.RECEIPT, "GR", _("Receipts")),
        (EntryKind.ISSUE, "GI", _("Issues")),
        (EntryKind.DELIVERY, "DN", _("Deliveries")),
        (EntryKind.MOVE, "MV", _("Moves within stores")),
        (EntryKind.WASTE, "WS", _("Waste")),
        (EntryKind.SUPPLIER_RETURN, "RS", _("Returns to suppliers")),
        (EntryKind.CUSTOMER_RETURN, "RC", _("Returns from customers")),
        (EntryKind.OPENING, "OS", _("Opening stock")),
        (EntryKind.SHIPMENT, "TS", _("Shipments of transfers")),
        (EntryKind.ARRIVAL, "TA", _("Arrivals of transfers")),
        (EntryKind.LOSS, "TL", _("Losses in transit")),
        (EntryKind.SURPLUS, "CS", _("Count surpluses")),
        (EntryKind.SHORTAGE, "CM", _("Count shortages")),
        (EntryKind.REPRICE, "RP", _("Changes of price")),
    )
}
#: What a stored document and its lines keep unless somebody says otherwise; links by their ids.
_FIELDS = ("kind", "at", "reference", "note", "photo")
_LINKS = ("place", "other", "partner", "reason")
_LINE_FIELDS = ("new_lot", "expires_on", "quantity", "rejected", "price", "note")
_LINE_LINKS = ("product", "lot", "unit", "pack", "place", "origin", "transfer_line")


@action(
    StockEntry,
    name="create",
    label=_("New stock document"),
    permission="inventory.entry.create",
    creates=True,
    hidden=True,
    fills=("number", "maker"),
)
def create_entries(ctx: Context, entries: Records[StockEntry], *, values: list[Mapping[str, Any]]) -> list[int]:
    """Write drafts, each with its number.

    :raises BusinessError: what is missing or wrong, all at once, by line and field
    """
    check_rights(ctx, StockEntry, values)
    for place, value in enumerate(values):
        if not EntryKind(value.get("kind") or EntryKind.RECEIPT).written:
            where = "kind" if len(values) == 1 else f"{place}.kind"
            raise BusinessError(_("Transfers and counts write these themselves."), field=where)
    return insert_entries(ctx, complete(ctx, values))


def insert_entries(ctx: Context, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert completed drafts and number them, those of each kind in their order; called inside actions."""
    for kind in dict.fromkeys(row["kind"] for row in rows):
        own = [row for row in rows if row["kind"] is kind]
        days = [row["at"].astimezone(ctx.company.zone).date() if row.get("at") else ctx.today for row in own]
        for row, number in zip(own, ctx.numbers_on(NUMBERS[kind].key, days), strict=True):
            row["number"] = number
    return ctx.insert(StockEntry, rows)


@action(StockEntry, name="update", label=_("Save"), permission="inventory.entry.update", hidden=True)
def update_entries(ctx: Context, entries: Records[StockEntry], *, values: Mapping[str, Any]) -> None:
    """Change drafts; an inspected receipt is a draft again, and what was set aside is free again.

    :raises BusinessError: it is posted, or what it would become is wrong
    """
    check_rights(ctx, StockEntry, [values], records=entries.ids)
    for entry in list(entries):
        if entry.state in (EntryState.POSTED, EntryState.REVERSED):
            raise BusinessError(
                _("A posted stock document cannot be changed or deleted. Reverse it instead."), record=entry.id
            )
        stored = {line.id: _line_values(line) | {"id": line.id} for line in entry.lines}
        lines = [{**stored.get(line.get("id") or 0, {}), **line} for line in values.get("lines", stored.values())]
        (row,) = complete(ctx, [{**header_values(entry), **values, "lines": lines}])
        row.pop("maker")
        row |= {"state": EntryState.DRAFT, "inspector": None}
        save(ctx, Records(ctx.session, StockEntry, ids=[entry.id]), row)
    free(ctx, entries.ids)
    entries.forget()


@action(
    StockEntry,
    name="inspect",
    label=_("Inspected"),
    permission=Inventory.INSPECT,
    moves=(EntryState.DRAFT, EntryState.INSPECTED),
    icon="clipboard-check",
    done=_("%(count)s receipts inspected"),
    offered=lambda entry: entry.kind is EntryKind.RECEIPT and entry.state is EntryState.DRAFT,
)
def inspect_entries(ctx: Context, entries: Records[StockEntry]) -> None:
    """Confirm what of receipts is accepted and what is rejected.

    :raises BusinessError: one is no receipt
    """
    for entry in list(entries):
        if entry.kind is not EntryKind.RECEIPT:
            raise BusinessError(_("Only receipts are inspected."), record=entry.id)
    ctx.update(entries, {"inspector": ctx.user.id})


def header_values(entry: StockEntry) -> dict[str, Any]:
    """Give what a person wrote about a document, but its lines."""
    return {name: getattr(entry, name) for name in _FIELDS} | {name: getattr(entry, f"{name}_id") for name in _LINKS}


def _line_values(line: Any) -> dict[str, Any]:
    return {name: getattr(line, name) for name in _LINE_FIELDS} | {
        name: getattr(line, f"{name}_id") for name in _LINE_LINKS
    }


__all__ = ["NUMBERS", "create_entries", "header_values", "insert_entries", "inspect_entries", "update_entries"]

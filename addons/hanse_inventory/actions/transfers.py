"""Transfers: write, approve, ship, receive, settle what did not arrive, close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from hanse import BusinessError, Context, Records, _, action
from hanse.actions.generic import check_rights, save
from hanse_inventory.actions.entries import insert_entries
from hanse_inventory.actions.posting import post_entries
from hanse_inventory.lines import Lines
from hanse_inventory.models import EntryKind, Fate, Transfer, TransferLine, TransferState, Usage
from hanse_inventory.permissions import Inventory
from hanse_inventory.places import outside

ZERO = Decimal(0)
_OPEN = (TransferState.SHIPPED, TransferState.PART_RECEIVED)
_LINE_FIELDS = ("product_id", "lot_id", "unit_id", "pack_id")


class _Drafts(Lines):
    """Completes transfers."""

    def complete(self, given: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
        value = dict(given)
        self.prefix = prefix
        source, destination = (self.inside(value.get(name), name) for name in ("source", "destination"))
        if source is not None and destination is not None and source.store == destination.store:
            message = _("Within a store goods are moved by a stock document. Choose a place in another store.")
            self.wrong(message, "destination")
        lines = [dict(line) for line in value.get("lines") or ()]
        if not lines:
            self.wrong(_("A transfer has at least one line."), "lines")
        for at, line in enumerate(lines):
            product = self.measured(TransferLine, line, at)
            if product is not None:
                self.check_lot(line, product, f"lines.{at}.")
        value["lines"] = lines
        return value


def _completed(ctx: Context, values: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    drafts = _Drafts(ctx, values)
    rows = [drafts.complete(one, "" if len(values) == 1 else f"{place}.") for place, one in enumerate(values)]
    drafts.refuse()
    return rows


@action(
    Transfer,
    name="create",
    label=_("New transfer"),
    permission="inventory.transfer.create",
    creates=True,
    hidden=True,
    fills=("maker",),
)
def create_transfers(ctx: Context, transfers: Records[Transfer], *, values: list[Mapping[str, Any]]) -> list[int]:
    """Write drafts.

    :raises BusinessError: what is missing or wrong, all at once, by line and field
    """
    check_rights(ctx, Transfer, values)
    return ctx.insert(Transfer, [row | {"maker": ctx.user.id} for row in _completed(ctx, values)])


@action(Transfer, name="update", label=_("Save"), permission="inventory.transfer.update", hidden=True)
def update_transfers(ctx: Context, transfers: Records[Transfer], *, values: Mapping[str, Any]) -> None:
    """Change transfers before anything is shipped; a changed one must be approved again.

    :raises BusinessError: something is shipped already, or what it would become is wrong
    """
    check_rights(ctx, Transfer, [values], records=transfers.ids)
    for one in list(transfers):
        if one.state not in (TransferState.DRAFT, TransferState.APPROVED):
            raise BusinessError(_("What is shipped cannot be changed any more."), record=one.id)
        stored = {line.id: _written(line) | {"id": line.id} for line in one.lines}
        lines = [{**stored.get(line.get("id") or 0, {}), **line} for line in values.get("lines", stored.values())]
        head = {"source": one.source_id, "destination": one.destination_id}
        (row,) = _completed(ctx, [{**head, **values, "lines": lines}])
        row |= {"state": TransferState.DRAFT, "approver": None}
        save(ctx, Records(ctx.session, Transfer, ids=[one.id]), row)
    transfers.forget()


def _written(line: TransferLine) -> dict[str, Any]:
    links = {name.removesuffix("_id"): getattr(line, name) for name in _LINE_FIELDS}
    return links | {"quantity": line.quantity, "note": line.note}


@action(
    Transfer,
    name="approve",
    label=_("Approve"),
    permission=Inventory.APPROVE,
    moves=(TransferState.DRAFT, TransferState.APPROVED),
    icon="check",
    primary=True,
    done=_("%(count)s transfers approved"),
)
def approve_transfers(ctx: Context, transfers: Records[Transfer]) -> None:
    """Agree that goods are sent."""
    ctx.update(transfers, {"approver": ctx.user.id})


@action(
    Transfer,
    name="cancel",
    label=_("Cancel"),
    permission="inventory.transfer.update",
    moves=((TransferState.DRAFT, TransferState.APPROVED), TransferState.CANCELLED),
    icon="x",
    confirm=_("Cancel this transfer? Nothing of it is shipped yet."),
    done=_("%(count)s transfers cancelled"),
)
def cancel_transfers(ctx: Context, transfers: Records[Transfer]) -> None:
    """Give up transfers of which nothing is shipped."""


@action(
    Transfer,
    name="prepare_shipment",
    label=_("Prepare shipment"),
    permission=Inventory.POST,
    icon="file-export",
    done=_("%(count)s shipments are drafts now"),
    offered=lambda transfer: transfer.state is TransferState.APPROVED,
)
def prepare_shipments(ctx: Context, transfers: Records[Transfer]) -> list[int]:
    """Write for each transfer the stock document that sends its goods, to be changed where something is missing.

    :raises BusinessError: it is not approved, or sent already
    """
    rows: list[dict[str, Any]] = []
    for one in list(transfers):
        if one.state is not TransferState.APPROVED:
            raise BusinessError(_("%(number)s is not approved.", number=one.number), record=one.id)
        rows.append(_entry(ctx, one, EntryKind.SHIPMENT, one.source_id, [(line, line.base) for line in one.lines]))
    return insert_entries(ctx, rows)


@action(
    Transfer,
    name="ship",
    label=_("Ship"),
    permission=Inventory.POST,
    icon="truck",
    primary=True,
    done=_("%(count)s transfers shipped"),
    offered=lambda transfer: transfer.state is TransferState.APPROVED,
)
def ship_transfers(ctx: Context, transfers: Records[Transfer]) -> list[int]:
    """Send all that transfers name, at once.

    :raises BusinessError: less is there than is to be sent; then prepare the shipment and send what there is
    """
    made: list[int] = ctx.run(prepare_shipments, transfers).result
    ctx.run(post_entries, made)
    transfers.forget()
    return made


@action(
    Transfer,
    name="prepare_arrival",
    label=_("Prepare receipt"),
    permission=Inventory.POST,
    icon="file-import",
    done=_("%(count)s arrivals are drafts now"),
    offered=lambda transfer: transfer.state in _OPEN,
)
def prepare_arrivals(ctx: Context, transfers: Records[Transfer]) -> list[int]:
    """Write for each transfer the stock document that receives what is on its way, to be changed by who counts it.

    :raises BusinessError: nothing of it is on its way
    """
    rows: list[dict[str, Any]] = []
    for one in list(transfers):
        lines = [(line, line.in_transit) for line in one.lines if line.in_transit > 0]
        if one.state not in _OPEN or not lines:
            raise BusinessError(_("Nothing of %(number)s is on its way.", number=one.number), record=one.id)
        rows.append(_entry(ctx, one, EntryKind.ARRIVAL, one.destination_id, lines))
    return insert_entries(ctx, rows)


@action(
    Transfer,
    name="receive",
    label=_("Receive"),
    permission=Inventory.POST,
    icon="inbox",
    primary=True,
    done=_("%(count)s transfers received"),
    offered=lambda transfer: transfer.state in _OPEN,
)
def receive_transfers(ctx: Context, transfers: Records[Transfer]) -> list[int]:
    """Receive all that is on its way, at once.

    :raises BusinessError: nothing of it is on its way
    """
    made: list[int] = ctx.run(prepare_arrivals, transfers).result
    ctx.run(post_entries, made)
    transfers.forget()
    return made


@action(
    Transfer,
    name="settle",
    label=_("Settle what did not arrive"),
    permission=Inventory.SETTLE,
    icon="help-circle",
    labels={"fate": _("What became of it"), "lines": _("Lines")},
    done=_("%(count)s transfers settled"),
    offered=lambda transfer: transfer.state in _OPEN,
)
def settle_transfers(
    ctx: Context, transfers: Records[Transfer], *, fate: Fate, lines: Mapping[int, Decimal] | None = None
) -> list[int]:
    """Say what became of goods that did not arrive or were rejected.

    What was lost leaves to the count differences, what was damaged to the waste; what was never shipped, or comes back,
    is in the store of the sender again.

    :param lines: quantities by id of the transfer's line, in the unit of the product; None: all that is open
    :raises BusinessError: so much is not open
    """
    made: list[int] = []
    for one in list(transfers):
        open_lines = {line.id: line for line in one.lines if line.unsettled > 0}
        wanted = {key: line.unsettled for key, line in open_lines.items()}
        if lines is not None:
            wanted = {int(key): Decimal(quantity) for key, quantity in lines.items()}
        for key, quantity in wanted.items():
            line = open_lines.get(key)
            if line is None or not ZERO < quantity <= line.unsettled:
                raise BusinessError(_("So much of %(number)s is not open.", number=one.number), record=one.id)
        if one.state not in _OPEN or not wanted:
            raise BusinessError(_("Nothing of %(number)s is on its way.", number=one.number), record=one.id)
        chosen = [(open_lines[key], quantity) for key, quantity in wanted.items()]
        made += insert_entries(ctx, [_settling(ctx, one, fate, chosen)])
    ctx.run(post_entries, made)
    transfers.forget()
    return made


def _settling(
    ctx: Context, transfer: Transfer, fate: Fate, lines: Sequence[tuple[TransferLine, Decimal]]
) -> dict[str, Any]:
    if fate in (Fate.SHORT, Fate.RETURNED):
        row = _entry(ctx, transfer, EntryKind.ARRIVAL, transfer.source_id, lines)
    else:
        row = _entry(ctx, transfer, EntryKind.LOSS, outside(ctx, Usage.TRANSIT).id, lines)
        row["other"] = outside(ctx, Usage.DIFFERENCE if fate is Fate.LOST else Usage.WASTE).id
    return row | {"note": str(fate.label)}


@action(
    Transfer,
    name="close",
    label=_("Close"),
    permission="inventory.transfer.update",
    moves=(TransferState.RECEIVED, TransferState.CLOSED),
    icon="lock",
    done=_("%(count)s transfers closed"),
)
def close_transfers(ctx: Context, transfers: Records[Transfer]) -> None:
    """Close transfers of which every piece is accounted for."""


def _entry(
    ctx: Context, transfer: Transfer, kind: EntryKind, place: int, lines: Sequence[tuple[TransferLine, Decimal]]
) -> dict[str, Any]:
    rows = [
        {
            "number": number,
            "product": line.product_id,
            "lot": line.lot_id,
            "quantity": quantity,
            "base": quantity,
            "transfer_line": line.id,
        }
        for number, (line, quantity) in enumerate(lines, start=1)
    ]
    return {
        "kind": kind,
        "place": place,
        "other": outside(ctx, Usage.TRANSIT).id,
        "transfer": transfer.id,
        "reference": transfer.number,
        "maker": ctx.user.id,
        "lines": rows,
    }


__all__ = [
    "approve_transfers",
    "cancel_transfers",
    "close_transfers",
    "create_transfers",
    "prepare_arrivals",
    "prepare_shipments",
    "receive_transfers",
    "settle_transfers",
    "ship_transfers",
    "update_transfers",
]

"""What goods cost turns out later: a bill that differs from the order, freight, duty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from hanse import BusinessError, Choice, Context, NotFound, Records, _, action
from hanse_inventory.actions.entries import insert_entries
from hanse_inventory.costing import rounded
from hanse_inventory.ledger import NewMove, hold, post
from hanse_inventory.models import EntryKind, EntryState, Move, StockEntry, StockEntryLine, Usage
from hanse_inventory.permissions import Inventory
from hanse_inventory.places import outside, place

ZERO = Decimal(0)
_EXACT = Decimal("1e-8")


class SharedBy(Choice):
    """By what costs are shared out over what came."""

    VALUE = "value", _("Value")
    QUANTITY = "quantity", _("Quantity")
    EQUALLY = "equally", _("Equally for each line")


@action(
    StockEntry,
    name="add_costs",
    label=_("Add landed costs"),
    permission=Inventory.REPRICE,
    icon="coins",
    labels={"amount": _("Amount"), "by": _("Shared out by"), "reference": _("Reference")},
    done=_("Costs added to %(count)s receipts"),
    offered=lambda entry: entry.kind is EntryKind.RECEIPT and entry.state is EntryState.POSTED,
)
def add_costs(
    ctx: Context,
    entries: Records[StockEntry],
    *,
    amount: Decimal,
    by: SharedBy = SharedBy.VALUE,
    reference: str | None = None,
) -> list[int]:
    """Share freight, duty or insurance out over all that receipts brought; what has left since does not get dearer.

    :raises BusinessError: one is no posted receipt; there is nothing to share it out by
    """
    for entry in list(entries):
        if entry.kind is not EntryKind.RECEIPT or entry.state is not EntryState.POSTED:
            raise BusinessError(_("Costs are added to posted receipts."), record=entry.id)
    moves = list(ctx.all(Move, Move.entry_id.in_(entries.ids), Move.quantity > 0, order_by=[Move.id]))
    weights = [_weight(one, by) for one in moves]
    whole = sum(weights, ZERO)
    if not whole:
        raise BusinessError(_("There is nothing to share the costs out by. Choose another way."), field="by")
    shares: dict[int, Decimal] = {}
    told, so_far = ZERO, ZERO
    for one, weight in zip(moves, weights, strict=True):
        so_far += weight
        share = rounded(amount * so_far / whole, ctx.company.places) - told
        told += share
        shares[one.line_id] = shares.get(one.line_id, ZERO) + share
    made: list[int] = ctx.run(reprice, values=[{"lines": shares, "reference": reference}]).result
    return made


def _weight(move: Move, by: SharedBy) -> Decimal:
    if by is SharedBy.VALUE:
        return move.worth or ZERO
    return move.quantity if by is SharedBy.QUANTITY else Decimal(1)


@action(StockEntry, name="reprice", label=_("Change prices"), permission=Inventory.REPRICE, creates=True, hidden=True)
def reprice(ctx: Context, entries: Records[StockEntry], *, values: Sequence[Mapping[str, Any]]) -> list[int]:
    """Add to what posted lines brought, or take off; give the documents that do.

    What of it is still there is worth more or less; the rest is a difference of price.

    :param values: for each document ``lines``, amounts by id of the line that brought the goods; ``at``, ``partner``,
        ``reference`` if there are any
    """
    made: list[int] = []
    for value in values:
        lines = {int(key): Decimal(amount) for key, amount in value["lines"].items() if amount}
        if lines:
            made.append(_reprice(ctx, value, lines))
    return made


def _reprice(ctx: Context, value: Mapping[str, Any], lines: Mapping[int, Decimal]) -> int:
    moves = list(ctx.all(Move, Move.line_id.in_(lines), Move.quantity > 0, order_by=[Move.id]))
    stored = {line.id: line for line in ctx.all(StockEntryLine, StockEntryLine.id.in_(lines))}
    entries = {one.entry_id for one in moves}
    if lines.keys() - {one.line_id for one in moves} or entries - set(
        ctx.visible(StockEntry, StockEntry.id.in_(entries)).ids
    ):
        raise NotFound(_("Choose lines of receipts that are posted."))
    standing = hold(ctx, {(one.product_id, one.destination_store_id) for one in moves if one.destination_store_id})
    at: datetime = value.get("at") or max(
        [ctx.now, *(one.last_at for one in standing.values() if one.last_at is not None)]
    )
    rows = [
        {
            "number": number,
            "product": stored[key].product_id,
            "quantity": stored[key].base,
            "base": stored[key].base,
            "price": None,
            "origin": key,
        }
        for number, key in enumerate(lines, start=1)
    ]
    first = moves[0]
    received = ctx.all(StockEntry, StockEntry.id == first.entry_id).one()
    head = {"partner": value.get("partner") or received.partner_id, "reference": value.get("reference")}
    (entry,) = insert_entries(
        ctx,
        [
            head
            | {
                "kind": EntryKind.REPRICE,
                "place": first.destination_id,
                "other": outside(ctx, Usage.SUPPLIER).id,
                "at": at,
                "maker": ctx.user.id,
                "lines": rows,
            }
        ],
    )
    own = {line.origin_id: line.id for line in ctx.all(StockEntryLine, StockEntryLine.entry_id == entry)}
    post(ctx, _moves(ctx, moves, lines, own, entry, at), standing)
    day = at.astimezone(ctx.company.zone).date()
    posted: dict[str, Any] = {"day": day, "poster": ctx.user.id, "posted_at": ctx.now, "state": EntryState.POSTED}
    ctx.update([entry], StockEntry, posted)
    return entry


def _moves(
    ctx: Context,
    moves: Sequence[Move],
    lines: Mapping[int, Decimal],
    own: Mapping[int | None, int],
    entry: int,
    at: datetime,
) -> list[NewMove]:
    """Give a move of no quantity for each that brought goods, with its share of the amount of its line."""
    came: dict[int, Decimal] = {}
    for one in moves:
        came[one.line_id] = came.get(one.line_id, ZERO) + one.quantity
    told: dict[int, tuple[Decimal, Decimal]] = {}
    found: list[NewMove] = []
    for one in moves:
        quantity, before = told.get(one.line_id, (ZERO, ZERO))
        quantity += one.quantity
        until = (lines[one.line_id] * quantity / came[one.line_id]).quantize(_EXACT, ROUND_HALF_EVEN)
        told[one.line_id] = quantity, until
        found.append(
            NewMove(
                product=one.product_id,
                source=place(ctx, one.source_id),
                destination=place(ctx, one.destination_id),
                quantity=ZERO,
                at=at,
                entry=entry,
                line=own[one.line_id],
                worth=until - before,
                origin=one.id,
            )
        )
    return found


__all__ = ["SharedBy", "add_costs", "reprice"]

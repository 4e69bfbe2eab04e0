"""What shipments, arrivals and losses are to their transfers: what is on its way, and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import text

from hanse import Context
from hanse.actions.write import Each
from hanse_inventory.models import (
    EntryKind,
    StockEntry,
    StockEntryLine,
    Transfer,
    TransferLine,
    TransferState,
)
from hanse_inventory.places import places

ZERO = Decimal(0)


@dataclass(slots=True)
class OnWay:
    """What is left in transit of one move there.

    :ivar move: its id, whose value these goods have
    """

    move: int
    lot: int | None
    left: Decimal


_ON_WAY = text("""
    SELECT l.transfer_line_id, m.id, m.lot_id, m.quantity - coalesce((
        SELECT sum(o.quantity) FROM inventory_move o
        WHERE o.company_id = m.company_id AND o.product_id = m.product_id AND o.origin_id = m.id
          AND o.source_id = m.destination_id), 0)
    FROM inventory_entry_line l
    JOIN inventory_move m ON m.company_id = l.company_id AND m.line_id = l.id
    JOIN inventory_location t ON t.company_id = m.company_id AND t.id = m.destination_id AND t.usage = 'transit'
    WHERE l.company_id = :company AND l.transfer_line_id = ANY(:lines) ORDER BY m.at, m.id
""")


def on_way(ctx: Context, lines: Collection[int]) -> dict[int, list[OnWay]]:
    """Give what is in transit of lines of transfers, move by move in the order of time."""
    found: dict[int, list[OnWay]] = {}
    rows = ctx.session.execute(_ON_WAY, {"company": ctx.company.id, "lines": sorted(set(lines))})
    for line, move, lot, left in rows:
        if left > 0:
            found.setdefault(line, []).append(OnWay(move, lot, left))
    return found


@dataclass(frozen=True, slots=True)
class Followed:
    """A line of a stock document that was posted, or taken back (``sign`` -1).

    :ivar accepted: what has moved, in the unit of the product
    :ivar rejected: what was refused at the door
    """

    entry: StockEntry
    line: StockEntryLine
    accepted: Decimal
    rejected: Decimal
    sign: int = 1


def follow(ctx: Context, followed: Iterable[Followed]) -> None:
    """Tell transfers what became of their goods; their states follow."""
    moved = [one for one in followed if one.line.transfer_line_id is not None]
    if not moved:
        return
    changed: dict[int, dict[str, Decimal]] = {}
    for one in moved:
        assert one.line.transfer_line_id is not None
        sums = changed.setdefault(one.line.transfer_line_id, {})
        for name, quantity in _told(ctx, one).items():
            sums[name] = sums.get(name, ZERO) + one.sign * quantity
    lines = list(ctx.all(TransferLine, TransferLine.id.in_(changed), order_by=[TransferLine.id]))
    names = ("shipped", "received", "rejected", "lost", "returned")
    for line in lines:
        own = changed[line.id]
        settled = own.get("lost", ZERO) + own.get("returned", ZERO)
        if settled > 0:  # what is settled was rejected first
            own["rejected"] = own.get("rejected", ZERO) - min(line.rejected, settled)
    values = {name: Each([getattr(one, name) + changed[one.id].get(name, ZERO) for one in lines]) for name in names}
    ctx.update([one.id for one in lines], TransferLine, values)
    _move_on(ctx, sorted({one.transfer_id for one in lines}))


def _told(ctx: Context, one: Followed) -> dict[str, Decimal]:
    """Give which of a transfer line's quantities a posted line adds to."""
    kind = one.entry.kind
    if kind is EntryKind.SHIPMENT:
        return {"shipped": one.accepted}
    if kind is EntryKind.LOSS:
        return {"lost": one.accepted}
    back = places(ctx)[one.entry.place_id].store == _source_store(ctx, one.entry)
    return {"returned": one.accepted} if back else {"received": one.accepted, "rejected": one.rejected}


def _source_store(ctx: Context, entry: StockEntry) -> int | None:
    assert entry.transfer is not None
    return places(ctx)[entry.transfer.source_id].store


def _move_on(ctx: Context, transfers: Sequence[int]) -> None:
    """Set the states of transfers by what became of their goods."""
    lines: dict[int, list[TransferLine]] = {}
    query = ctx.all(TransferLine, TransferLine.transfer_id.in_(transfers))
    for line in query:
        lines.setdefault(line.transfer_id, []).append(line)
    states = [_state(lines[one]) for one in transfers]
    ctx.update(list(transfers), Transfer, {"state": Each(states)})


def _state(lines: Sequence[TransferLine]) -> TransferState:
    if not any(one.shipped for one in lines):
        return TransferState.APPROVED
    if not any(one.unsettled for one in lines):
        return TransferState.RECEIVED
    arrived = any(one.received or one.rejected or one.lost or one.returned for one in lines)
    return TransferState.PART_RECEIVED if arrived else TransferState.SHIPPED


__all__ = ["Followed", "OnWay", "follow", "on_way"]

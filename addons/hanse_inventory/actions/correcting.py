"""Moves that put the stock right: differences of counts, and what keeps a count right when something comes late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from hanse import Context, _
from hanse_inventory.actions.entries import insert_entries
from hanse_inventory.counting import anchors
from hanse_inventory.ledger import NewMove
from hanse_inventory.models import EntryKind, EntryState, StockEntry, StockEntryLine, Usage
from hanse_inventory.places import outside, place
from hanse_inventory.standing import Slot

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Correction:
    """That there is more of something at a moment than the books say (negative: less)."""

    slot: Slot
    quantity: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class Corrected:
    """Documents made for corrections, and their moves, which are still to be posted."""

    entries: dict[EntryKind, int]
    moves: list[NewMove]


def correct(ctx: Context, corrections: Sequence[Correction], **head: Any) -> Corrected:
    """Write the documents of corrections, posted: one for what is more, one for what is less.

    :param head: what the documents have besides, such as ``reference`` and ``place``
    """
    outer = outside(ctx, Usage.DIFFERENCE)
    entries: dict[EntryKind, int] = {}
    moves: list[NewMove] = []
    for kind in (EntryKind.SURPLUS, EntryKind.SHORTAGE):
        own = [one for one in corrections if one.quantity and (one.quantity > 0) is kind.enters]
        if not own:
            continue
        entry = _insert(ctx, kind, own, outer.id, head)
        entries[kind] = entry
        lines = ctx.all(StockEntryLine, StockEntryLine.entry_id == entry, order_by=[StockEntryLine.number])
        for one, line in zip(own, lines.ids, strict=True):
            here = place(ctx, one.slot[1])
            source, destination = (outer, here) if kind.enters else (here, outer)
            moves.append(
                NewMove(
                    product=one.slot[0],
                    source=source,
                    destination=destination,
                    quantity=abs(one.quantity),
                    at=one.at,
                    entry=entry,
                    line=line,
                    lot=one.slot[2],
                )
            )
    return Corrected(entries, moves)


def finish(ctx: Context, corrected: Corrected) -> None:
    """Mark the documents of corrections as posted, once their moves are."""
    for entry in corrected.entries.values():
        at = max(one.at for one in corrected.moves if one.entry == entry)
        values: dict[str, Any] = {
            "at": at,
            "day": at.astimezone(ctx.company.zone).date(),
            "poster": ctx.user.id,
            "posted_at": ctx.now,
            "state": EntryState.POSTED,
        }
        ctx.update([entry], StockEntry, values)


def _insert(ctx: Context, kind: EntryKind, own: Sequence[Correction], outer: int, head: dict[str, Any]) -> int:
    lines = [
        {
            "number": number,
            "product": one.slot[0],
            "lot": one.slot[2],
            "place": one.slot[1],
            "quantity": abs(one.quantity),
            "base": abs(one.quantity),
        }
        for number, one in enumerate(own, start=1)
    ]
    row = {
        "kind": kind,
        "place": own[0].slot[1],
        "other": outer,
        "at": max(one.at for one in own),
        "maker": ctx.user.id,
        "lines": lines,
    }
    (entry,) = insert_entries(ctx, [row | head])
    return entry


def anchored(ctx: Context, moves: Sequence[NewMove]) -> Corrected:
    """Keep counts right that were posted of a later moment than moves that come now.

    What was counted was there, whoever enters what had happened before: the difference that the count found changes.
    """
    changes: dict[tuple[Slot, datetime], Decimal] = {}
    for one in moves:
        for end, quantity in ((one.source, -one.quantity), (one.destination, one.quantity)):
            if end.usage.inside and quantity:
                key = ((one.product, end.id, one.lot), one.at)
                changes[key] = changes.get(key, ZERO) + quantity
    keys = list(changes)
    sums: dict[tuple[Slot, datetime], Decimal] = {}
    for key, anchor in zip(keys, anchors(ctx, keys), strict=True):
        if anchor is not None:
            place_ = (anchor.slot, anchor.at)
            sums[place_] = sums.get(place_, ZERO) - changes[key]
    corrections = [Correction(slot, quantity, at) for (slot, at), quantity in sums.items() if quantity]
    return correct(ctx, corrections, note=str(_("Entered late: what had been counted stays.")))


__all__ = ["Corrected", "Correction", "anchored", "correct", "finish"]

"""Moves that put the stock right: differences of counts, and what keeps a count right when something comes late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from hanse import BusinessError, Context, Records, _, action, link_id
from hanse.actions.values import WrongValue, convert
from hanse_inventory.actions.entries import insert_entries
from hanse_inventory.counting import anchors
from hanse_inventory.ledger import NewMove, hold, post
from hanse_inventory.lines import key_of
from hanse_inventory.models import (
    EntryKind,
    EntryState,
    Location,
    Lot,
    StockedProduct,
    StockEntry,
    StockEntryLine,
    Tracking,
    Usage,
)
from hanse_inventory.permissions import Inventory
from hanse_inventory.places import outside, place
from hanse_inventory.standing import Slot
from hanse_products.models import ProductKind

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


@action(
    StockEntry,
    name="adjust",
    label=_("Put right"),
    permission=Inventory.ADJUST,
    creates=True,
    hidden=True,
)
def adjust_stock(ctx: Context, entries: Records[StockEntry], *, changes: list[Mapping[str, Any]]) -> list[int]:
    """Put the stock right without a count; give the documents that do.

    :param changes: each with ``product``, ``place``, ``lot`` where there are lots, ``quantity`` in the unit of the
        product (negative: so much is missing), and ``at``, if it is not of now
    :raises BusinessError: less is there than is missing, a lot is another product's, a day is closed
    """
    rows = [_read(ctx, at, one) for at, one in enumerate(changes)]
    _check_places(ctx, [slot[1] for slot, _quantity, _at in rows])
    _check_lots(ctx, [slot for slot, _quantity, _at in rows])
    keys = {(slot[0], place(ctx, slot[1]).store or 0) for slot, _quantity, _at in rows}
    standing = hold(ctx, keys)
    now = max([ctx.now, *(one.last_at for one in standing.values() if one.last_at is not None)])
    corrected = correct(ctx, [Correction(slot, quantity, at or now) for slot, quantity, at in rows])
    later = anchored(ctx, corrected.moves)
    post(ctx, [*corrected.moves, *later.moves], standing)
    finish(ctx, corrected)
    finish(ctx, later)
    return list(corrected.entries.values())


def _read(ctx: Context, at: int, given: Mapping[str, Any]) -> tuple[Slot, Decimal, datetime | None]:
    where = f"changes.{at}."
    try:
        quantity = convert(StockEntryLine.__fields__["quantity"], given.get("quantity"))
        moment: datetime | None = convert(StockEntry.__fields__["at"], given.get("at"))
    except WrongValue as error:
        raise BusinessError(error.message, field=where + "quantity") from error
    if not quantity:
        raise BusinessError(_("Say by how much it differs."), field=where + "quantity")
    if given.get("product") is None or given.get("place") is None:
        raise BusinessError(_("Choose a product and a place."), field=where + "product")
    here = place(ctx, key_of(given["place"]))
    if not here.usage.inside:
        raise BusinessError(_("Choose a warehouse or store, or a place in one."), field=where + "place")
    lot = given.get("lot")
    return (key_of(given["product"]), here.id, None if lot is None else key_of(lot)), quantity, moment


def _check_places(ctx: Context, locations: Sequence[int]) -> None:
    """Refuse places that this person does not see."""
    seen = set(ctx.visible(Location, Location.id.in_(locations)).ids)
    for at, location in enumerate(locations):
        if location not in seen:
            raise BusinessError(_("Choose a warehouse or store, or a place in one."), field=f"changes.{at}.place")


def _check_lots(ctx: Context, slots: Sequence[Slot]) -> None:
    """Refuse products that are not kept in stock, lots where there are none, and none where there are."""
    products = {slot[0] for slot in slots}
    query = select(StockedProduct.id, StockedProduct.tracking, StockedProduct.kind)
    known = {row[0]: row for row in ctx.session.execute(query.where(StockedProduct.id.in_(products)))}
    lots = select(Lot.id, link_id(Lot.product)).where(Lot.id.in_([slot[2] for slot in slots if slot[2] is not None]))
    of: dict[int, int] = dict(ctx.session.execute(lots).all())
    for at, (product, _location, lot) in enumerate(slots):
        where = f"changes.{at}."
        if product not in known or known[product][2] is not ProductKind.GOODS:
            raise BusinessError(_("Choose a product that is kept in stock."), field=where + "product")
        if (known[product][1] is Tracking.NONE) is not (lot is None):
            raise BusinessError(_("Say which lot it is."), field=where + "lot")
        if lot is not None and of.get(lot) != product:
            raise BusinessError(_("This is a lot of another product. Choose one of this product."), field=where + "lot")


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


__all__ = ["Corrected", "Correction", "adjust_stock", "anchored", "correct", "finish"]

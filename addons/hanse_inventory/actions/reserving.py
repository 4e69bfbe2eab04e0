"""Set stock aside for documents that are still drafts, and free it again."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from hanse import BusinessError, Context, Records, _, action
from hanse_inventory.allocating import Available
from hanse_inventory.ledger import hold
from hanse_inventory.models import EntryState, Reservation, StockEntry, StockEntryLine
from hanse_inventory.permissions import Inventory
from hanse_inventory.places import below, place
from hanse_inventory.reserving import free, of_others

ZERO = Decimal(0)


def _may_wait(entry: StockEntry) -> bool:
    return entry.kind.fresh_only and entry.state is EntryState.DRAFT


@action(
    StockEntry,
    name="reserve",
    label=_("Set aside"),
    permission=Inventory.RESERVE,
    icon="bookmark",
    done=_("Stock is set aside for %(count)s documents"),
    offered=_may_wait,
)
def reserve_entries(ctx: Context, entries: Records[StockEntry]) -> dict[int, Decimal]:
    """Set aside what documents will take, as much of it as is free: the lots that they would get, usable on their day.

    :return: what is missing, by id of the line, in the unit of the product
    :raises BusinessError: nothing is free, or the document takes nothing
    """
    chosen = list(entries)
    for one in chosen:
        if not _may_wait(one):
            raise BusinessError(_("Stock is set aside for drafts of what leaves."), record=one.id)
    lines = list(ctx.all(StockEntryLine, StockEntryLine.entry_id.in_(entries.ids), order_by=[StockEntryLine.id]))
    of = {one.id: one for one in chosen}
    hold(ctx, {(line.product_id, place(ctx, of[line.entry_id].place_id).store or 0) for line in lines})
    free(ctx, entries.ids)
    missing, rows = _share(ctx, chosen, lines)
    if not rows:
        raise BusinessError(_("Nothing of it is free."), record=chosen[0].id)
    ctx.insert(Reservation, rows)
    return missing


def _share(
    ctx: Context, entries: Sequence[StockEntry], lines: Sequence[StockEntryLine]
) -> tuple[dict[int, Decimal], list[dict[str, Any]]]:
    of = {one.id: one for one in entries}
    at = {line.id: [one.id for one in below(ctx, line.place_id or of[line.entry_id].place_id)] for line in lines}
    products = {line.product_id for line in lines}
    set_aside = of_others(ctx, products, list(of))
    available = Available(ctx, products, {location for some in at.values() for location in some}, set_aside)
    missing: dict[int, Decimal] = {}
    rows: list[dict[str, Any]] = []
    for line in lines:
        entry = of[line.entry_id]
        day = entry.at.astimezone(ctx.company.zone).date() if entry.at is not None else ctx.today
        taken = available.take(line.product_id, at[line.id], line.base, need_day=day, lot=line.lot_id)
        rest = line.base - sum((part.quantity for part in taken), ZERO)
        if rest:
            missing[line.id] = rest
        rows += [
            {
                "line": line.id,
                "product": line.product_id,
                "location": part.location,
                "lot": part.lot,
                "quantity": part.quantity,
                "need_day": day,
                "holder": entry.number,
            }
            for part in taken
        ]
    return missing, rows


@action(
    StockEntry,
    name="free",
    label=_("Free again"),
    permission=Inventory.RESERVE,
    icon="arrow-back-up",
    done=_("Nothing is set aside for %(count)s documents any more"),
    offered=_may_wait,
)
def free_entries(ctx: Context, entries: Records[StockEntry]) -> None:
    """Give back what is set aside for documents."""
    free(ctx, entries.ids)


__all__ = ["free_entries", "reserve_entries"]

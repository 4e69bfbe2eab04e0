"""Work out again what the stock is worth."""

from __future__ import annotations

from collections.abc import Sequence

from hanse import Context, Records, _, action
from hanse_inventory.models import StockEntry
from hanse_inventory.permissions import Inventory
from hanse_inventory.valuing import cost_again


@action(
    StockEntry,
    name="cost_again",
    label=_("Work out costs again"),
    permission=Inventory.REPRICE,
    creates=True,
    hidden=True,
)
def cost_entries_again(ctx: Context, entries: Records[StockEntry], *, keys: Sequence[tuple[int, int]]) -> list[int]:
    """Work out again, from the first move on, what products are worth in stores; what differs is put right.

    :param keys: ids of products and stores
    """
    cost_again(ctx, {(int(product), int(store)) for product, store in keys})
    return []


__all__ = ["cost_entries_again"]

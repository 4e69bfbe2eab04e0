"""What stands against merging products that are in stock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select

from hanse import BusinessError, Context, Records, _, link_id
from hanse.actions import Action
from hanse_inventory.models import Stock
from hanse_products.models import Product


def refused(
    ctx: Context, action: Action[Any], records: Records[Any], params: Mapping[str, Any]
) -> Iterator[BusinessError]:
    """Refuse to merge what is still in stock: its moves stay what they are, so its stock would be lost to sight."""
    if action.model is not Product or action.verb != "merge":
        return
    losers = [one for one in records.ids if one != params["survivor"]]
    query = select(link_id(Stock.product)).where(
        Stock.company_id == ctx.company.id, Stock.product_id.in_(losers), Stock.quantity != 0
    )
    for product in sorted(set(ctx.session.scalars(query))):
        message = _("There is stock of it. Issue it, and receive it as the product that stays; then merge them.")
        yield BusinessError(message, record=product)


__all__ = ["refused"]

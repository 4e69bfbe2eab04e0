"""Which method values the stock of a category: its own, else that of the nearest above, else the company's."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from hanse import Context, link_id
from hanse_products.models import Category, Costing, ProductsSettings


def costing_of(ctx: Context, categories: Iterable[int | None]) -> dict[int | None, Costing]:
    """Give the costing method for each category by id, for products without one under None; two statements at most."""
    wanted = set(categories)
    usual = ctx.settings(ProductsSettings).costing
    tree: dict[int, tuple[int | None, Costing | None]] = {}
    if wanted - {None}:
        query = select(Category.id, link_id(Category.parent), Category.costing)
        tree = {row[0]: (row[1], row[2]) for row in ctx.session.execute(query)}
    return {one: _nearest(tree, one) or usual for one in wanted}


def _nearest(tree: dict[int, tuple[int | None, Costing | None]], category: int | None) -> Costing | None:
    current = category
    while current in tree:
        current, own = tree[current]
        if own is not None:
            return own
    return None

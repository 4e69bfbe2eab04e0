"""What a category has from those above it, where it says nothing itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from hanse import Context, link_id
from hanse_products.models import Category


def nearest(ctx: Context, column: Any, categories: Iterable[int | None]) -> dict[int | None, Any]:
    """Give a column of each category by id: its own value, else that of the nearest above, else None.

    Products without a category stand under None.  One statement, none where there is no category.
    """
    wanted = set(categories)
    tree: dict[int | None, tuple[int | None, Any]] = {}
    if wanted - {None}:
        query = select(Category.id, link_id(Category.parent), column)
        tree = {row[0]: (row[1], row[2]) for row in ctx.session.execute(query)}
    return {one: _found(tree, one) for one in wanted}


def _found(tree: dict[int | None, tuple[int | None, Any]], category: int | None) -> Any:
    while category in tree:
        category, own = tree[category]
        if own is not None:
            return own
    return None


__all__ = ["nearest"]

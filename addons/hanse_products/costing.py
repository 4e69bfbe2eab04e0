"""Which method values the stock of a category: its own, else that of the nearest above, else the company's."""

from __future__ import annotations

from collections.abc import Iterable

from hanse import Context
from hanse_products.models import Category, Costing, ProductsSettings
from hanse_products.tree import nearest


def costing_of(ctx: Context, categories: Iterable[int | None]) -> dict[int | None, Costing]:
    """Give the costing method for each category by id, for products without one under None; two statements at most."""
    usual = ctx.settings(ProductsSettings).costing
    return {one: own or usual for one, own in nearest(ctx, Category.costing, categories).items()}

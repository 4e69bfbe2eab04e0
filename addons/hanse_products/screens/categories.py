"""Categories of products."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from hanse import (
    Computed,
    Context,
    Row,
    Screen,
    Shown,
    Tab,
    _,
    link_id,
)
from hanse.i18n import Label
from hanse.models import Kind, Model
from hanse_products.costing import costing_of
from hanse_products.models import (
    Category,
    Product,
)


def _products_in(_model: type[Model]) -> Any:
    """Count the products in use that are of this very category."""
    counted = select(func.count()).where(link_id(Product.category) == Category.id, Product.active)
    return counted.correlate(Category).scalar_subquery()


def _valued_by(ctx: Context, category: Category) -> Label | None:
    return costing_of(ctx, [category.id])[category.id].label


CATEGORIES = Screen(
    Category,
    title=_("Categories"),
    singular=_("Category"),
    menu="products",
    icon="sitemap",
    order=20,
    list=[
        Category.name,
        Category.code,
        Category.parent,
        Category.costing,
        Computed("products", _("Products"), Kind.NUMBER, _products_in),
        Category.note,
    ],
    filters=[Category.parent],
    order_by=[Category.name],
    form=[
        Row(Category.name, Category.code),
        Row(Category.parent, Category.costing),
        Row(Shown("valued_by", _("Valued by"), _valued_by)),
        Row(Category.note),
    ],
    tabs=[Tab(_("Categories below"), Category.children, columns=[Category.name, Category.code])],
)

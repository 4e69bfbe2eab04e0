"""Turnover by product and by product category, each leading to the documents with a line of it."""

from __future__ import annotations

from hanse import _
from hanse_invoicing.turnover import By, Turnover, register_breakdown

_ADDON, _SEES = "hanse_products_invoicing", "products.product.read"
_PRODUCT = "LEFT JOIN products_product x ON x.id = l.product_id"


def _narrow_product(one: Turnover) -> dict[str, str]:
    return {"f-lines.product": str(one.key)}


def _narrow_category(one: Turnover) -> dict[str, str]:
    return {"f-lines.product.category": str(one.key)}


PRODUCT = register_breakdown(
    By(
        "product",
        _("Product"),
        "l.product_id",
        "nullif(concat_ws(' ', x.code, x.name), '')",
        _PRODUCT,
        narrow=_narrow_product,
        addon=_ADDON,
        permission=_SEES,
    )
)
CATEGORY = register_breakdown(
    By(
        "category",
        _("Category"),
        "x.category_id",
        "c.name",
        f"{_PRODUCT} LEFT JOIN products_category c ON c.id = x.category_id",
        narrow=_narrow_category,
        addon=_ADDON,
        permission=_SEES,
    )
)

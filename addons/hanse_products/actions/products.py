"""Make and change products: barcodes are kept with the number under which a scan finds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hanse import Context, Records, _, action
from hanse.actions.generic import check_rights, save
from hanse.security.permissions import verb
from hanse_products import variants
from hanse_products.barcodes import with_keys
from hanse_products.models import Product


@action(Product, name="create", label=_("New"), permission=verb(Product, "create"), creates=True, hidden=True)
def create(ctx: Context, products: Records[Product], *, values: list[Mapping[str, Any]]) -> list[int]:
    """Make products from values, packs and barcodes nested; give their ids.

    :raises BusinessError: a value is missing or wrong, or a link leads where the person may not look
    """
    check_rights(ctx, Product, values)
    return ctx.insert(Product, with_keys(ctx, values))


@action(Product, name="update", label=_("Save"), permission=verb(Product, "update"), hidden=True)
def update(ctx: Context, products: Records[Product], *, values: Mapping[str, Any]) -> None:
    """Change products, and make their packs, barcodes and options what ``values`` say.

    Variants follow their product in what they had from it.
    """
    check_rights(ctx, Product, [values], records=products.ids)
    (row,) = with_keys(ctx, [values])
    old = variants.before(ctx, products.ids, row)
    save(ctx, products, row)
    variants.pass_on(ctx, old)

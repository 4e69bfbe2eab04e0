"""Look up what a scanner has read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hanse import Context, Records, _, action
from hanse.security.permissions import verb
from hanse_products.looking import find
from hanse_products.models import Product


@action(
    Product,
    name="look_up",
    label=_("Look up a barcode"),
    permission=verb(Product, "read"),
    reads=True,
    hidden=True,
    asks=True,
)
def look_up(ctx: Context, products: Records[Product], *, text: str) -> Mapping[str, Any]:
    """Say which product, pack, lot, day and quantity a scanned text means.

    :param text: as the scanner sent it: a GTIN, a GS1 element string, a Digital Link address, an own code, or the
        code of a product
    :raises Unreadable: it claims to be a code of GS1 and breaks its rules
    :raises BusinessError: no product has it
    """
    return find(ctx, text).as_mapping()

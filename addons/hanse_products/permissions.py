"""What may be allowed to whom, beyond seeing and changing."""

from __future__ import annotations

from hanse import Permissions, _, permission


class Products(Permissions):
    """Permissions of the products addon."""

    MAKE_VARIANTS = permission("product.make_variants", _("Make variants of products"))
    SET_PRICES = permission("product.set_prices", _("Set sales prices on products"))

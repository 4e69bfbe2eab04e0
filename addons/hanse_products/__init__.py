"""Products: what is bought, kept and sold, with units, packs, barcodes, variants and prices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hanse import Addon, BusinessError, Context, Records, _, hook
from hanse.actions import Action
from hanse.i18n import Label

ADDON = Addon(
    "hanse_products",
    key="products",
    title=_("Products"),
    needs=["hanse_contacts"],
    description=_("What is bought, kept and sold: categories, units, packs, barcodes, variants, prices."),
)


@hook
def validate(
    ctx: Context, action: Action[Any], records: Records[Any], params: Mapping[str, Any]
) -> Iterable[BusinessError] | None:
    """Judge what is given for products, units, categories and prices."""
    if action.addon != "hanse_products" or action.verb not in ("create", "update"):
        return None
    from hanse_products import validation  # models may be used only once all are built

    return validation.refused(ctx, action, records, params["values"])


@hook
def roles() -> Iterable[tuple[str, Label, Sequence[tuple[str, str]]]]:
    """Bring the role of those who look after products."""
    return [
        ("product_manager", _("Product manager"), [("products.*", "company"), ("contacts.partner.read", "company")])
    ]


@hook
def demo(ctx: Context) -> None:
    """Load Northwind's products."""
    from hanse_products.demo import load_northwind

    load_northwind(ctx)

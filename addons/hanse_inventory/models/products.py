"""What the stock needs to know of products."""

from __future__ import annotations

from decimal import Decimal

from hanse import Check, Choice, Mapped, Trigger, _, choice, number, rate
from hanse_inventory.permissions import Inventory
from hanse_products.models import Product


class Tracking(Choice):
    """How closely a product is followed."""

    NONE = "none", _("Quantities only")
    LOT = "lot", _("By lot")
    SERIAL = "serial", _("By serial number")


_MOVED = _(
    "Stock of this product has moved: with another unit, kind or tracking its quantities would mean something else. "
    "Archive it, and make a new one."
)


class StockedProduct(Product, extends=True):
    """A product in the stock."""

    tracking: Mapped[Tracking] = choice(
        _("Tracked"), default=Tracking.NONE, help=_("By lot: what came together, with its expiry. Serial: each one.")
    )
    shelf_life: Mapped[int | None] = number(
        _("Shelf life"), unit=_("days"), help=_("A new lot expires so many days after it came, unless it says when.")
    )
    life_to_issue: Mapped[int | None] = number(
        _("Usable until before expiry"),
        unit=_("days"),
        help=_("So many days before it expires a lot is no longer issued; it can still be wasted or returned."),
    )
    warn_before: Mapped[int | None] = number(
        _("Warn before expiry"), unit=_("days"), help=_("A lot counts as expiring so many days before.")
    )
    expected_cost: Mapped[Decimal | None] = rate(
        _("Expected cost"),
        per_company=True,
        read=Inventory.COSTS,
        help=_("Of one unit, in the company's currency: what it costs as long as nothing better is known."),
    )

    __rules__ = [
        Trigger(
            "stock_moved",
            "BEFORE UPDATE",
            "IF EXISTS (SELECT FROM inventory_cost c WHERE c.product_id = OLD.id AND c.last_at IS NOT NULL) THEN "
            "RAISE EXCEPTION 'hanse:stock_moved %', OLD.id USING ERRCODE = 'HA001', TABLE = 'products_product'; "
            "END IF; RETURN NEW;",
            (("stock_moved", _MOVED),),
            only="OLD.unit_id IS DISTINCT FROM NEW.unit_id OR OLD.kind IS DISTINCT FROM NEW.kind "
            "OR OLD.tracking IS DISTINCT FROM NEW.tracking",
        ),
        Check("shelf_life", "shelf_life BETWEEN 0 AND 36500", _("A shelf life is 0 to 36,500 days.")),
        Check("life_to_issue", "life_to_issue BETWEEN 0 AND 36500", _("Days before expiry are 0 to 36,500.")),
        Check("warn_before", "warn_before BETWEEN 0 AND 36500", _("Days before expiry are 0 to 36,500.")),
    ]


__all__ = ["StockedProduct", "Tracking"]

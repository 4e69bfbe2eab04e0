"""What the addon adds to menus and roles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from hanse import Context, _, hook
from hanse.i18n import Label
from hanse.web.menu import MenuItem
from hanse_inventory.permissions import Inventory

#: Lists of one kind of stock document that have a place of their own in the menu: values of kinds, title, icon.
_LISTS: Sequence[tuple[str, Label, str]] = (
    ("receipt", _("Receipts"), "inbox"),
    ("issue", _("Issues"), "send"),
    ("delivery", _("Deliveries"), "truck"),
    ("waste", _("Waste"), "trash"),
    ("supplier_return,customer_return", _("Returns"), "arrow-back-up"),
)

_PRODUCTS = ("product", "category", "unit", "pack")
_MODELS = ("entry", "transfer", "count", "lot", "location", "waste_reason", "stock", "move")


@hook
def menu(ctx: Context) -> Iterable[MenuItem] | None:
    """Give what is there, and the kinds of stock documents that people write every day, lists of their own."""
    items: list[MenuItem] = []
    if ctx.may("inventory.stock.read"):
        items.append(
            MenuItem(_("On hand"), "/inventory/stock?f-there=1", "inventory", "package", 10, "hanse_inventory")
        )
    if ctx.may("inventory.entry.read"):
        items += [
            MenuItem(title, f"/inventory/entry?f-kind={kinds}", "inventory", icon, 20 + place, "hanse_inventory")
            for place, (kinds, title, icon) in enumerate(_LISTS)
        ]
    return items


@hook
def roles() -> Iterable[tuple[str, Label, Sequence[tuple[str, str]]]]:
    """Bring the roles of those who keep stores, of those who only count, and of those who answer for the stock."""
    see = [*((f"products.{model}.read", "company") for model in _PRODUCTS), ("contacts.partner.read", "company")]
    write = [
        *(f"inventory.{model}.{verb}" for model in ("entry", "transfer") for verb in ("create", "update", "delete")),
        *(
            f"inventory.{model}.{verb}"
            for model in ("entry", "transfer", "lot", "count")
            for verb in ("read", "export")
        ),
        *(f"inventory.{model}.read" for model in ("location", "waste_reason", "stock", "move")),
        "inventory.lot.update",
        str(Inventory.POST),
        str(Inventory.INSPECT),
        str(Inventory.RESERVE),
        str(Inventory.COUNT),
    ]
    count = ("inventory.count.read", "inventory.location.read", "inventory.lot.read", str(Inventory.COUNT))
    return [
        ("storekeeper", _("Storekeeper"), [*((one, "company") for one in write), *see]),
        (
            "stock_counter",
            _("Stock counter"),
            [*((one, "company") for one in count), ("products.product.read", "company")],
        ),
        ("inventory_manager", _("Inventory manager"), [("inventory.*", "company"), *see]),
    ]


@hook
def role_additions() -> Mapping[str, Sequence[tuple[str, str]]]:
    """Let the chief accountant read the stock and what it is worth, and clerks read what moved."""
    read = [*((f"inventory.{model}.read", "company") for model in _MODELS), (str(Inventory.COSTS), "company")]
    return {
        "chief_accountant": read,
        "accounting_clerk": read,
        "product_manager": [("inventory.stock.read", "company"), ("inventory.location.read", "company")],
    }


__all__ = ["menu", "role_additions", "roles"]

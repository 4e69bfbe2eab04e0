"""What people see of products."""

from hanse import _, menu_section

menu_section("products", _("Products"), order=15, icon="package")

from hanse_products.screens.categories import CATEGORIES  # noqa: E402  the menu is named first
from hanse_products.screens.packs import PACKS  # noqa: E402
from hanse_products.screens.prices import PRICES  # noqa: E402
from hanse_products.screens.products import PRODUCTS  # noqa: E402
from hanse_products.screens.scanning import scan  # noqa: E402
from hanse_products.screens.units import UNIT_GROUPS, UNITS  # noqa: E402
from hanse_products.screens.variants import ATTRIBUTE_VALUES, ATTRIBUTES  # noqa: E402

__all__ = [
    "ATTRIBUTES",
    "ATTRIBUTE_VALUES",
    "CATEGORIES",
    "PACKS",
    "PRICES",
    "PRODUCTS",
    "UNITS",
    "UNIT_GROUPS",
    "scan",
]

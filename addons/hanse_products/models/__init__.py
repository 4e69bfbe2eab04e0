"""What is kept of products.  All companies of a database share them; prices and costing are each company's own."""

from hanse_products.models.categories import Category, Costing
from hanse_products.models.packs import Barcode, BarcodeKind, Pack
from hanse_products.models.prices import Price
from hanse_products.models.products import Product, ProductKind
from hanse_products.models.settings import ProductsSettings
from hanse_products.models.units import Unit, UnitGroup
from hanse_products.models.variants import Attribute, AttributeValue, Option, Trait

__all__ = [
    "Attribute",
    "AttributeValue",
    "Barcode",
    "BarcodeKind",
    "Category",
    "Costing",
    "Option",
    "Pack",
    "Price",
    "Product",
    "ProductKind",
    "ProductsSettings",
    "Trait",
    "Unit",
    "UnitGroup",
]

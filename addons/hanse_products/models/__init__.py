"""What is kept of products.  All companies of a database share them; prices and costing are each company's own."""

from hanse_products.models.categories import Category, Costing
from hanse_products.models.packs import Barcode, BarcodeKind, Pack
from hanse_products.models.prices import Price
from hanse_products.models.products import Product, ProductKind
from hanse_products.models.settings import ProductsSettings
from hanse_products.models.units import Unit, UnitGroup

__all__ = [
    "Barcode",
    "BarcodeKind",
    "Category",
    "Costing",
    "Pack",
    "Price",
    "Product",
    "ProductKind",
    "ProductsSettings",
    "Unit",
    "UnitGroup",
]

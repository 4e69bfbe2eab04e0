"""What people see of products, their categories, units and prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, select

from hanse import (
    Board,
    Button,
    Computed,
    Context,
    Filter,
    Lines,
    Offers,
    Row,
    Screen,
    Shown,
    Tab,
    Told,
    Words,
    _,
    link_id,
    menu_section,
)
from hanse.i18n import Label
from hanse.models import Kind, Model
from hanse.screens.formats import find_by_widget, write_widget
from hanse_products.costing import costing_of
from hanse_products.gs1 import gtin14, is_gtin
from hanse_products.measures import name_of, names_called, symbol_of, symbols_called
from hanse_products.models import (
    Barcode,
    Category,
    Pack,
    Price,
    Product,
    ProductKind,
    ProductsSettings,
    Unit,
    UnitGroup,
)
from hanse_products.packs import packings, packings_of
from hanse_products.quantities import equation
from hanse_products.scanning import scan

write_widget("unit_name", name_of)
write_widget("unit_symbol", symbol_of)
find_by_widget("unit_name", names_called)
find_by_widget("unit_symbol", symbols_called)
menu_section("products", _("Products"), order=15, icon="package")


# --- products ---------------------------------------------------------------------------------------------------------


def _described(ctx: Context, ids: Sequence[int], _values: Mapping[str, str]) -> dict[int, dict[str, str]]:
    """Tell products apart: by code, specification and unit."""
    query = (
        select(Product.id, Product.code, Product.specification, Unit.symbol)
        .join(Unit, Unit.id == link_id(Product.unit))
        .where(Product.id.in_(ids))
    )
    return {
        record: {"hint": " · ".join(filter(None, (code, specification, symbol_of(symbol))))}
        for record, code, specification, symbol in ctx.session.execute(query)
    }


def _usual(ctx: Context) -> dict[str, Any]:
    return {"unit": ctx.settings(ProductsSettings).unit_id}


def _packed(ctx: Context, product: Product) -> Label | None:
    """Say what every pack of a product holds: ``1 pack = 10 pcs · 1 case = 120 pcs``."""
    return " · ".join(one.told() for one in packings_of(ctx, [product.id]).get(product.id, ())) or None


def _scanned(ctx: Context, word: str) -> Select[Any] | None:
    """Find by barcode: a word with a digit in it may be one."""
    if len(word) < 4 or not any(one.isdigit() for one in word):
        return None
    keys = {word, gtin14(word)} if is_gtin(word) else {word}
    return select(link_id(Barcode.product)).where(Barcode.key.in_(sorted(keys)))


PRODUCTS = Screen(
    Product,
    title=_("Products"),
    singular=_("Product"),
    menu="products",
    icon="package",
    order=10,
    shortcut="i",
    defaults=_usual,
    carries=[Product.kind, Product.category, Product.unit],
    list=[
        Product.name,
        Product.code,
        Product.specification,
        Product.category,
        Product.unit,
        Product.list_price,
        Product.supplier,
        Product.kind,
    ],
    filters=[
        Product.kind,
        Product.category,
        Product.supplier,
        Filter(_("Sold"), lambda ctx: Product.sold.is_(True), name="sold"),
        Filter(_("Bought"), lambda ctx: Product.bought.is_(True) & Product.discontinued.is_(False), name="bought"),
        Filter(_("Discontinued"), lambda ctx: Product.discontinued.is_(True), name="discontinued"),
    ],
    segments=Product.kind,
    order_by=[Product.name],
    tones={ProductKind.GOODS: "info", ProductKind.CONSUMABLE: "warn", ProductKind.SERVICE: "accent"},
    board=Board(by=Product.category, card=[Product.name, Product.code, Product.specification, Product.supplier]),
    form=[
        Row(Product.name, Product.code),
        Row(Product.specification, Product.kind),
        Row(Product.category, Product.unit),
        Row(Product.list_price, Product.supplier),
        Row(Shown("packed", _("Packs"), _packed)),
        Row(Product.sold, Product.bought, Product.discontinued),
    ],
    tabs=[
        Tab(
            _("Packs"),
            Lines(
                Product.packs,
                columns=[Pack.name, Pack.contents, Pack.unit, Pack.supplier],
                widths={"name": "l", "contents": "m"},
                small=["name", "contents", "unit"],
            ),
        ),
        Tab(
            _("Barcodes"),
            Lines(Product.barcodes, columns=[Barcode.code, Barcode.kind, Barcode.pack], widths={"kind": "l"}),
        ),
        Tab(
            _("Prices"),
            Product.prices,
            columns=[
                Price.amount,
                Price.currency,
                Price.unit,
                Price.min_quantity,
                Price.valid_from,
                Price.valid_until,
            ],
        ),
        Tab(_("Notes"), Product.note),
    ],
    offers=Offers(describe=_described),
    finds=_scanned,
    buttons=[Button("scan")],
)


# --- packs ------------------------------------------------------------------------------------------------------------

#: The cell of a product's barcode that names a pack.
_OF_BARCODE = "products.product.pack"


def _contents(ctx: Context, rows: Sequence[Sequence[Any]]) -> list[Words]:
    """Say what packs hold: ``1 case = 24 pcs``."""
    known = packings_of(ctx, {row[0] for row in rows})
    by_what = {(one.product, one.name, one.supplier): one for packs in known.values() for one in packs}
    return [Words(by_what[tuple(row)].told()) for row in rows]


def _own_packs(_ctx: Context, _words: str, values: dict[str, str]) -> ColumnElement[bool] | None:
    """Offer barcodes of a product only its own packs; a product that is not there yet has none."""
    if values.get("for") != _OF_BARCODE:
        return None
    return Pack.product_id == int(values["of"]) if values.get("of", "").isdigit() else false()


def _packs_told(ctx: Context, ids: Sequence[int], _values: Mapping[str, str]) -> dict[int, dict[str, str]]:
    return {key: {"hint": one.told()} for key, one in packings(ctx, ids).items()}


PACKS = Screen(
    Pack,
    title=_("Packs"),
    singular=_("Pack"),
    menu="products",
    icon="layout-list",
    order=25,
    list=[
        Pack.product,
        Pack.name,
        Told("told", _("Contents"), (Pack.product, Pack.name, Pack.supplier), _contents),
        Pack.supplier,
    ],
    filters=[Pack.product, Pack.supplier],
    order_by=[Pack.product, Pack.contents],
    sums=[],
    form=[Row(Pack.product, Pack.name), Row(Pack.contents, Pack.unit), Row(Pack.supplier)],
    readonly=True,
    complete=_own_packs,
    offers=Offers(describe=_packs_told),
    leads_to=lambda pack: f"/products/product/{pack.product_id}",
)


# --- categories -------------------------------------------------------------------------------------------------------


def _products_in(_model: type[Model]) -> Any:
    """Count the products in use that are of this very category."""
    counted = select(func.count()).where(link_id(Product.category) == Category.id, Product.active)
    return counted.correlate(Category).scalar_subquery()


def _valued_by(ctx: Context, category: Category) -> Label | None:
    return costing_of(ctx, [category.id])[category.id].label


CATEGORIES = Screen(
    Category,
    title=_("Categories"),
    singular=_("Category"),
    menu="products",
    icon="sitemap",
    order=20,
    list=[
        Category.name,
        Category.code,
        Category.parent,
        Category.costing,
        Computed("products", _("Products"), Kind.NUMBER, _products_in),
        Category.note,
    ],
    filters=[Category.parent],
    order_by=[Category.name],
    form=[
        Row(Category.name, Category.code),
        Row(Category.parent, Category.costing),
        Row(Shown("valued_by", _("Valued by"), _valued_by)),
        Row(Category.note),
    ],
    tabs=[Tab(_("Categories below"), Category.children, columns=[Category.name, Category.code])],
)


# --- prices -----------------------------------------------------------------------------------------------------------


def _of_company(ctx: Context) -> dict[str, Any]:
    return {"currency": ctx.company.currency_id}


PRICES = Screen(
    Price,
    title=_("Prices"),
    singular=_("Price"),
    menu="products",
    icon="cash",
    order=30,
    defaults=_of_company,
    carries=[Price.currency, Price.valid_from, Price.valid_until],
    list=[
        Price.product,
        Price.amount,
        Price.currency,
        Price.unit,
        Price.min_quantity,
        Price.valid_from,
        Price.valid_until,
    ],
    filters=[
        Price.product,
        Price.currency,
        Filter(
            _("Valid today"),
            lambda ctx: (
                (Price.valid_from.is_(None) | (Price.valid_from <= ctx.today))
                & (Price.valid_until.is_(None) | (Price.valid_until >= ctx.today))
            ),
            name="today",
        ),
    ],
    sums=[],
    form=[
        Row(Price.product),
        Row(Price.amount, Price.currency),
        Row(Price.unit, Price.min_quantity),
        Row(Price.valid_from, Price.valid_until),
    ],
    title_of=lambda price: price.product.display_name(),
)


# --- units ------------------------------------------------------------------------------------------------------------


def _sizes(ctx: Context, rows: Sequence[Sequence[Any]]) -> list[Words]:
    """Say how large units are: ``1 g = 1/1000 kg``."""
    groups = sorted({group for _symbol, _numerator, _denominator, group in rows})
    query = select(link_id(Unit.group), func.min(Unit.symbol)).where(
        link_id(Unit.group).in_(groups), Unit.numerator == Unit.denominator
    )
    bases = dict(ctx.session.execute(query.group_by(link_id(Unit.group))).all())
    return [
        Words(size_of(symbol, numerator, denominator, bases.get(group)))
        for symbol, numerator, denominator, group in rows
    ]


def size_of(symbol: str, numerator: int, denominator: int, base: str | None) -> str:
    """Say how large a unit is; the base unit of a group needs no words."""
    if numerator == denominator or base is None:
        return ""
    return equation((1, symbol_of(symbol)), (Fraction(numerator, denominator), symbol_of(base)))


def _units_told(ctx: Context, ids: Sequence[int], _values: Mapping[str, str]) -> dict[int, dict[str, str]]:
    query = (
        select(Unit.id, Unit.symbol, UnitGroup.name)
        .join(UnitGroup, UnitGroup.id == link_id(Unit.group))
        .where(Unit.id.in_(ids))
    )
    return {
        record: {"hint": f"{symbol_of(symbol)} · {name_of(group)}"}
        for record, symbol, group in ctx.session.execute(query)
    }


UNITS = Screen(
    Unit,
    title=_("Units"),
    singular=_("Unit"),
    menu="products",
    icon="scale",
    order=80,
    list=[
        Unit.name,
        Unit.symbol,
        Unit.group,
        Told("size", _("Size"), (Unit.symbol, Unit.numerator, Unit.denominator, Unit.group), _sizes),
        Unit.step,
        Unit.code,
    ],
    filters=[Unit.group],
    order_by=[Unit.group, Unit.name],
    sums=[],
    form=[
        Row(Unit.name, Unit.symbol),
        Row(Unit.group, Unit.code),
        Row(Unit.numerator, Unit.denominator, title=_("Size")),
        Row(Unit.step),
    ],
    offers=Offers(describe=_units_told),
)

UNIT_GROUPS = Screen(
    UnitGroup,
    title=_("Unit groups"),
    singular=_("Unit group"),
    menu="products",
    icon="stack-2",
    order=90,
    list=[UnitGroup.name],
    form=[Row(UnitGroup.name)],
    tabs=[Tab(_("Units"), UnitGroup.units, columns=[Unit.name, Unit.symbol, Unit.numerator, Unit.denominator])],
)

__all__ = ["CATEGORIES", "PACKS", "PRICES", "PRODUCTS", "UNITS", "UNIT_GROUPS", "scan"]

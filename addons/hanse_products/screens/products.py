"""Products: list, board, form, and what choices say of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, select

from hanse import (
    Board,
    Button,
    Context,
    Filter,
    Lines,
    Offers,
    Row,
    Screen,
    Shown,
    Tab,
    _,
    link_id,
)
from hanse.i18n import Label
from hanse_products.gs1 import gtin14, is_gtin
from hanse_products.labels import SHEETS, LabelDocument
from hanse_products.measures import symbol_of
from hanse_products.models import (
    Barcode,
    Option,
    Pack,
    Price,
    Product,
    ProductKind,
    Unit,
)
from hanse_products.packs import packings_of
from hanse_products.setup import usual_unit


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
    return {"unit": usual_unit(ctx)}


def _packed(ctx: Context, product: Product) -> Label | None:
    """Say what every pack of a product holds: ``1 pack = 10 pcs · 1 case = 120 pcs``."""
    return " · ".join(one.told() for one in packings_of(ctx, [product.id]).get(product.id, ())) or None


def _scanned(ctx: Context, word: str) -> Select[Any] | None:
    """Find by barcode: a word with a digit in it may be one."""
    if len(word) < 4 or not any(one.isdigit() for one in word):
        return None
    keys = {word, gtin14(word)} if is_gtin(word) else {word}
    return select(link_id(Barcode.product)).where(Barcode.key.in_(sorted(keys)))


def _template(_ctx: Context, product: Product) -> Label | None:
    return product.template.display_name() if product.template is not None else None


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
        Product.picture,
        Product.name,
        Product.code,
        Product.specification,
        Product.category,
        Product.unit,
        Product.list_price,
        Product.supplier,
    ],
    filters=[
        Product.kind,
        Product.category,
        Product.supplier,
        Filter(_("Sold"), lambda ctx: Product.sold.is_(True), name="sold"),
        Filter(_("Bought"), lambda ctx: Product.bought.is_(True) & Product.discontinued.is_(False), name="bought"),
        Product.template,
        Filter(_("Without variants"), lambda ctx: Product.has_variants.is_(False), name="single"),
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
        Row(
            Shown("variant_of", _("Variant of"), _template, leads_to=lambda _ctx, one: (Product, one.template_id)),
            Shown("packed", _("Packs"), _packed),
        ),
        Row(Product.sold, Product.bought, Product.discontinued),
        Row(Product.picture),
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
        Tab(_("Options"), Lines(Product.options, columns=[Option.value])),
        Tab(
            _("Variants"),
            Product.variants,
            columns=[Product.name, Product.code, Product.specification, Product.list_price, Product.active],
        ),
        Tab(_("Notes"), Product.note),
    ],
    offers=Offers(describe=_described),
    finds=_scanned,
    buttons=[Button("scan")],
    documents=[LabelDocument(sheet) for sheet in SHEETS],
)

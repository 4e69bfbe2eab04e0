"""Products on electronic invoices: how ours are identified, and which of ours a line that came in means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select

from hanse import Context, link_id
from hanse_invoicing.electronic.articles import Article
from hanse_invoicing.electronic.content import PIECE, Line
from hanse_invoicing.models import InvoiceLine
from hanse_products.gs1 import gtin14, is_gtin
from hanse_products.models import Barcode, BarcodeKind, Pack, Product
from hanse_products_invoicing.models import ProductLine
from hanse_products_invoicing.units import LineUnit, Sold, line_units, symbols_coded

#: Codes of units that mean a piece.
_PIECES = (PIECE, "H87", "EA")


def tell(ctx: Context, lines: Sequence[InvoiceLine]) -> dict[int, Article]:
    """Give code, GTIN and unit of the products on lines that we have written; of a pack its own GTIN."""
    with_product = [(line.id, ProductLine.of(line).product_id, line.unit or "") for line in lines]
    sold = [(key, Sold(product, unit)) for key, product, unit in with_product if product is not None]
    if not sold:
        return {}
    products = {one.product for _key, one in sold}
    codes = dict(ctx.session.execute(select(Product.id, Product.code).where(Product.id.in_(products))).all())
    gtins = _gtins(ctx, products)
    units = line_units(ctx, [one for _key, one in sold])
    return {
        key: Article(codes[one.product], *_identified(one, unit, gtins))
        for (key, one), unit in zip(sold, units, strict=True)
    }


def _identified(sold: Sold, unit: LineUnit | None, gtins: Mapping[tuple[int, int | None], str]) -> tuple[str, str]:
    """Give GTIN and code of the unit; in a unit that is neither the product's nor a pack it is no trade item."""
    if unit is None:
        return "", ""
    is_item = unit.own or unit.pack is not None
    return gtins.get((sold.product, unit.pack), "") if is_item else "", unit.code


def _gtins(ctx: Context, products: Iterable[int]) -> dict[tuple[int, int | None], str]:
    """Give the first GTIN of products and of their packs."""
    query = select(link_id(Barcode.product), link_id(Barcode.pack), Barcode.code).where(
        link_id(Barcode.product).in_(sorted(products)), Barcode.kind == BarcodeKind.GTIN
    )
    found: dict[tuple[int, int | None], str] = {}
    for product, pack, code in ctx.session.execute(query.order_by(Barcode.id)):
        found.setdefault((product, pack), code)
    return found


def recognize(ctx: Context, lines: Sequence[Line], seller: int) -> list[dict[str, Any]]:
    """Give product and unit of lines that came in, as far as they are known.

    A product is known by its GTIN, by our own code where the seller names it, and by the seller's code where that is
    the code of a product whose main supplier the seller is.  A seller's code alone may be anybody's.
    """
    scanned = _by_gtin(ctx, {gtin14(line.gtin) for line in lines if is_gtin(line.gtin)})
    coded = _by_code(ctx, {code for line in lines for code in (line.code, line.buyer_code) if code})
    means = [_meant(line, seller, scanned, coded) for line in lines]
    there = [(line, one) for line, one in zip(lines, means, strict=True) if one is not None]
    symbols = iter(symbols_coded(ctx, [(one.product, _code(line)) for line, one in there]))
    units = iter([_unit(line, one, next(symbols)) for line, one in there])
    return [
        {} if one is None else {"product": one.product} | ({"unit": unit} if (unit := next(units)) else {})
        for one in means
    ]


@dataclass(frozen=True, slots=True)
class _Meant:
    """A product that a line means.

    :ivar pack: name of the pack whose GTIN stands on the line
    :ivar supplier: id of the main supplier
    """

    product: int
    pack: str = ""
    supplier: int | None = None


def _meant(line: Line, seller: int, scanned: Mapping[str, _Meant], coded: Mapping[str, _Meant]) -> _Meant | None:
    by_gtin = scanned.get(gtin14(line.gtin)) if is_gtin(line.gtin) else None
    ours, theirs = coded.get(line.buyer_code), coded.get(line.code)
    return by_gtin or ours or (theirs if theirs is not None and theirs.supplier == seller else None)


def _by_gtin(ctx: Context, keys: set[str]) -> dict[str, _Meant]:
    query = (
        select(Barcode.key, link_id(Barcode.product), Pack.name)
        .join(Product, Product.id == link_id(Barcode.product))
        .outerjoin(Pack, Pack.id == link_id(Barcode.pack))
        .where(Barcode.key.in_(sorted(keys)), *_bought())
    )
    rows = ctx.session.execute(query) if keys else ()
    return {key: _Meant(product, pack or "") for key, product, pack in rows}


def _by_code(ctx: Context, codes: set[str]) -> dict[str, _Meant]:
    query = select(Product.code, Product.id, link_id(Product.supplier)).where(
        Product.code.in_(sorted(codes)), *_bought()
    )
    rows = ctx.session.execute(query) if codes else ()
    return {code: _Meant(product, supplier=supplier) for code, product, supplier in rows}


def _bought() -> tuple[ColumnElement[bool], ...]:
    """Give the conditions that a product may stand on a line of a bill."""
    return Product.active.is_(True), Product.has_variants.is_(False)


def _code(line: Line) -> str:
    """Give the code of a line's unit; three codes mean a piece."""
    return PIECE if line.unit in _PIECES else line.unit


def _unit(line: Line, one: _Meant, symbol: str) -> str:
    """Give the text of a line's unit: of a pack that is counted its name."""
    return one.pack if one.pack and (line.unit in _PIECES or not symbol) else symbol

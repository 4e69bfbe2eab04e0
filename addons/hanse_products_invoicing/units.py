"""What the unit on a line means for its product: the unit is a text there, as people write it and print it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import select

from hanse import Context, link_id
from hanse.i18n import speaking
from hanse_products.measures import name_of, symbol_of
from hanse_products.models import Product, Unit
from hanse_products.packs import Packing, packings_of


@dataclass(frozen=True, slots=True)
class Sold:
    """A product and the text of the unit in which it is sold.

    :ivar text: empty: the unit of the product
    """

    product: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class LineUnit:
    """What one of the unit on a line is.

    :ivar text: as it stands on the line; of the product's own unit its symbol in the company's language
    :ivar unit: id of a unit
    :ivar size: how many of that: 24 for a case of 24
    :ivar code: of UN/ECE recommendation 20; empty: there is none
    :ivar pack: id of the pack that it is
    :ivar own: it is the unit in which the product is kept
    """

    text: str
    unit: int
    size: Fraction = Fraction(1)
    code: str = ""
    pack: int | None = None
    own: bool = False


@dataclass(frozen=True, slots=True)
class _Unit:
    """A unit with all that it is called."""

    id: int
    group: int
    code: str
    symbol: str
    names: frozenset[str]


def line_units(ctx: Context, lines: Sequence[Sold]) -> list[LineUnit | None]:
    """Say what the units of lines mean, in three statements at most; None where nobody knows.

    A text is the product's own unit, the name of one of its packs, or another unit of the same group: by symbol or
    name, as they are stored or as the company reads them.  Letters are compared as they stand.
    """
    products = {line.product for line in lines}
    own = _own_units(ctx, products)
    units = _units(ctx, own.values())
    packs = packings_of(ctx, products) if any(line.text for line in lines) else {}
    return [
        _meant(line, units[own[line.product]], units.values(), packs.get(line.product, ()))
        if line.product in own
        else None
        for line in lines
    ]


def _own_units(ctx: Context, products: Iterable[int]) -> dict[int, int]:
    """Give the units in which products are kept."""
    query = select(Product.id, link_id(Product.unit)).where(Product.id.in_(sorted(products)))
    return {product: unit for product, unit in ctx.session.execute(query)}


def _units(ctx: Context, wanted: Iterable[int]) -> dict[int, _Unit]:
    """Read units with all others of their groups."""
    groups = select(link_id(Unit.group)).where(Unit.id.in_(sorted(set(wanted))))
    query = select(Unit.id, link_id(Unit.group), Unit.code, Unit.symbol, Unit.name).order_by(Unit.id)
    found: dict[int, _Unit] = {}
    with speaking(ctx.company.locale):
        for key, group, code, symbol, name in ctx.session.execute(query.where(link_id(Unit.group).in_(groups))):
            said = symbol_of(symbol)
            found[key] = _Unit(key, group, code or "", said, frozenset((symbol, said, name, name_of(name))))
    return found


def _meant(line: Sold, own: _Unit, units: Iterable[_Unit], packs: Sequence[Packing]) -> LineUnit | None:
    text = line.text
    if not text or text in own.names:
        return LineUnit(text or own.symbol, own.id, code=own.code, own=True)
    pack = _pack(text, packs)
    if pack is not None:
        return LineUnit(text, own.id, pack.contents, pack=pack.id)
    other = next((one for one in units if one.group == own.group and text in one.names), None)
    return None if other is None else LineUnit(text, other.id, code=other.code)


def _pack(text: str, packs: Sequence[Packing]) -> Packing | None:
    """Give the pack of a name: that for everybody, else one of suppliers if all of them hold the same."""
    named = [one for one in packs if one.name == text]
    everybody = [one for one in named if one.supplier is None]
    return (everybody or named)[0] if everybody or len({one.contents for one in named}) == 1 else None


def symbols_coded(ctx: Context, lines: Sequence[tuple[int, str]]) -> list[str]:
    """Give the symbols of units by product and code, in two statements; empty where the product has no such unit.

    Of several units of one code the product's own counts.
    """
    own = _own_units(ctx, {product for product, _code in lines})
    units = _units(ctx, own.values())
    found: list[str] = []
    for product, code in lines:
        mine = units.get(own.get(product, 0))
        same = [one for one in units.values() if mine is not None and one.group == mine.group and one.code == code]
        found.append((mine if mine in same else same[0]).symbol if mine is not None and same and code else "")
    return found


__all__ = ["LineUnit", "Sold", "line_units", "symbols_coded"]

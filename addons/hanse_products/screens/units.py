"""Units and their groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from sqlalchemy import func, select

from hanse import (
    Context,
    Offers,
    Row,
    Screen,
    Tab,
    Told,
    Words,
    _,
    link_id,
)
from hanse.screens.formats import find_by_widget, write_widget
from hanse_products.measures import name_of, names_called, symbol_of, symbols_called
from hanse_products.models import (
    Unit,
    UnitGroup,
)
from hanse_products.quantities import equation

write_widget("unit_name", name_of)
write_widget("unit_symbol", symbol_of)
find_by_widget("unit_name", names_called)
find_by_widget("unit_symbol", symbols_called)


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

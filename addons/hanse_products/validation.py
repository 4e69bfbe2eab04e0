"""What stands against making or changing what products are kept by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from hanse import BusinessError, Context, Model, Records, _, link_id
from hanse.actions import Action
from hanse.life.references import references_to, uses
from hanse.sequences.fields import ahead_of_rule
from hanse_products.models import Category, Price, Product, Unit
from hanse_products.quantities import NoConversion, measures

Values = Mapping[str, Any]
Judge = Callable[[Context, Sequence[Values], Sequence[int]], Iterator[BusinessError]]


def refused(
    ctx: Context, action: Action[Any], records: Records[Any], values: Sequence[Values] | Values
) -> Iterator[BusinessError]:
    """Say what is wrong with values for new or changed records; a few statements, however many there are."""
    judge = _JUDGES.get(action.model)
    if judge is None:
        return
    rows: Sequence[Values] = [values] if isinstance(values, Mapping) else values
    yield from judge(ctx, rows, () if action.creates else records.ids)


def at(rows: Sequence[Values], index: int, name: str) -> str:
    """Name a field of one of several rows as errors do."""
    return f"{index}.{name}" if len(rows) > 1 else name


def identity(value: Any) -> int | None:
    """Give the id of what a link is given; what is none the kernel refuses."""
    if isinstance(value, Model):
        return value.id
    return value if isinstance(value, int) and not isinstance(value, bool) else None


# --- products ---------------------------------------------------------------------------------------------------------


def _products(ctx: Context, rows: Sequence[Values], changed: Sequence[int]) -> Iterator[BusinessError]:
    for index, row in enumerate(rows):
        price = row.get("list_price")
        if isinstance(price, Decimal) and price < 0:
            yield BusinessError(_("A price is not negative."), field=at(rows, index, "list_price"))
    code = Product.__fields__["code"]
    typed = [row.get("code") for row in rows]
    if changed and any(typed):
        kept = set(ctx.session.scalars(select(Product.code).where(Product.id.in_(changed))))
        typed = [None if one in kept else one for one in typed]
    for index in ahead_of_rule(ctx, code, typed, 0 if changed else len(rows)):
        message = _(
            "Codes such as %(code)s are given automatically. Leave it empty, or choose another form (K-001).",
            code=typed[index],
        )
        yield BusinessError(message, field=at(rows, index, "code"))
    if changed:
        yield from _changed_unit(ctx, rows[0], changed)


def _changed_unit(ctx: Context, row: Values, products: Sequence[int]) -> Iterator[BusinessError]:
    """Refuse a unit into which prices that are there cannot be converted."""
    unit = identity(row.get("unit"))
    if unit is None:
        return
    query = select(Price.unit_id).where(Price.product_id.in_(products), Price.unit_id.is_not(None)).distinct()
    priced = list(ctx.session.scalars(query))
    known = measures(ctx, [unit, *(one for one in priced if one is not None)])
    for other in known.values():
        if unit in known and other.group != known[unit].group:
            message = _(
                "There are prices per %(unit)s, which cannot be converted into this unit. Change them first.",
                unit=other.shown,
            )
            yield BusinessError(message, field="unit")
            return


# --- units ------------------------------------------------------------------------------------------------------------


def _units(ctx: Context, rows: Sequence[Values], changed: Sequence[int]) -> Iterator[BusinessError]:
    """Refuse to change the size of a unit that is used: what was entered in it would mean something else."""
    if not changed:
        return
    size = [name for name in ("group", "numerator", "denominator") if name in rows[0]]
    columns = [link_id(Unit.group) if name == "group" else getattr(Unit, name) for name in size]
    if not size:
        return
    stored = ctx.session.execute(select(Unit.id, *columns).where(Unit.id.in_(changed)))
    wanted = tuple(identity(rows[0][name]) for name in size)
    different = [row[0] for row in stored if tuple(row[1:]) != wanted]
    used = uses(ctx, Unit, different, references_to(Unit))
    if used:
        message = _(
            "The size of this unit cannot be changed, as it is used: %(uses)s. Archive it and make another.",
            uses="; ".join(str(one.text) for one in used),
        )
        yield BusinessError(message, field=next((name for name in size if name != "group"), size[0]))


# --- categories -------------------------------------------------------------------------------------------------------


def _categories(ctx: Context, rows: Sequence[Values], changed: Sequence[int]) -> Iterator[BusinessError]:
    """Say kindly what the trigger refuses in any case: a category below itself."""
    parent = identity(rows[0].get("parent")) if changed else None
    if parent is None:
        return
    tree = (
        select(Category.id, link_id(Category.parent).label("parent")).where(Category.id == parent).cte(recursive=True)
    )
    above = select(Category.id, link_id(Category.parent)).join(tree, Category.id == tree.c.parent)
    up = set(ctx.session.scalars(select(tree.union(above).c.id)))
    for record in changed:
        if record in up:
            message = _("A category cannot be part of itself, nor of one below it.")
            yield BusinessError(message, field="parent", record=record)


# --- prices -----------------------------------------------------------------------------------------------------------


def _prices(ctx: Context, rows: Sequence[Values], changed: Sequence[int]) -> Iterator[BusinessError]:
    """Refuse prices per a unit that is none of the product's."""
    pairs = _priced(ctx, rows, changed)
    products = {product for _index, product, _unit in pairs}
    units = dict(
        ctx.session.execute(select(Product.id, link_id(Product.unit)).where(Product.id.in_(products))).all()
        if products
        else ()
    )
    known = measures(ctx, [*units.values(), *(unit for _index, _product, unit in pairs)])
    for index, product, unit in pairs:
        own, other = known.get(units.get(product, 0)), known.get(unit)
        if own is not None and other is not None and own.group != other.group:
            yield NoConversion(other, own, field=at(rows, index, "unit"))


def _priced(ctx: Context, rows: Sequence[Values], changed: Sequence[int]) -> list[tuple[int, int, int]]:
    """Give for each price with a unit of its own its place, its product and the unit."""
    if not changed:
        given = [(index, identity(row.get("product")), identity(row.get("unit"))) for index, row in enumerate(rows)]
    elif "product" in rows[0] or "unit" in rows[0]:
        stored = ctx.session.execute(select(Price.product_id, Price.unit_id).where(Price.id.in_(changed)))
        given = [
            (0, identity(rows[0].get("product", product)), identity(rows[0].get("unit", unit)))
            for product, unit in stored
        ]
    else:
        return []
    return [(index, product, unit) for index, product, unit in given if product is not None and unit is not None]


_JUDGES: dict[type[Model], Judge] = {Product: _products, Unit: _units, Category: _categories, Price: _prices}

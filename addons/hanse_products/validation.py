"""What stands against making or changing what products are kept by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import select, union

from hanse import BusinessError, Context, Model, Records, _, link_id
from hanse.actions import Action
from hanse.actions.values import WrongValue, convert
from hanse.life.references import references_to, uses
from hanse.sequences.fields import ahead_of_rule
from hanse_products import barcodes
from hanse_products.models import Category, Pack, Price, Product, Unit
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
        if _is_negative(row.get("list_price")):
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
    if changed and rows[0].get("options"):
        yield from _options_of_variants(ctx, changed)
    yield from barcodes.refused(ctx, rows, changed)
    yield from _packs(ctx, rows, changed)
    if changed:
        yield from _changed_unit(ctx, rows[0], changed)


def _is_negative(price: Any) -> bool:
    """Tell whether a price is below zero, however it is given; what is no amount at all the kernel refuses."""
    try:
        amount = convert(Product.__fields__["list_price"], price)
    except WrongValue:
        return False
    return amount is not None and amount < 0


def _options_of_variants(ctx: Context, products: Sequence[int]) -> Iterator[BusinessError]:
    """Refuse options of what is a variant itself."""
    query = select(Product.id).where(Product.id.in_(products), link_id(Product.template).is_not(None))
    for record in ctx.session.scalars(query):
        message = _("This is a variant already. Give the options to the product that it is a variant of.")
        yield BusinessError(message, field="options", record=record)


def _packs(ctx: Context, rows: Sequence[Values], changed: Sequence[int]) -> Iterator[BusinessError]:
    """Refuse packs whose contents are in a unit of another group than the product."""
    pairs = [
        (f"{index}." * (len(rows) > 1) + f"packs.{number}.unit", number, row, identity(line.get("unit")))
        for index, row in enumerate(rows)
        for number, line in enumerate(cast("Sequence[Values]", row.get("packs") or ()))
    ]
    pairs = [pair for pair in pairs if pair[3] is not None]
    if not pairs:
        return
    stored = (
        ctx.session.scalar(select(link_id(Product.unit)).where(Product.id.in_(changed)).limit(1)) if changed else None
    )
    own = [identity(row.get("unit")) or stored for _place, _number, row, _unit in pairs]
    known = measures(ctx, [one for one in (*own, *(pair[3] for pair in pairs)) if one is not None])
    for (place, number, _row, unit), product in zip(pairs, own, strict=True):
        one, other = known.get(unit or 0), known.get(product or 0)
        if one is not None and other is not None and one.group != other.group:
            message = NoConversion(one, other).message
            yield BusinessError(_("Line %(line)s: %(message)s", line=number + 1, message=message), field=place)


def _changed_unit(ctx: Context, row: Values, products: Sequence[int]) -> Iterator[BusinessError]:
    """Refuse a unit in which prices and packs that are there would mean something else, or nothing."""
    unit = identity(row.get("unit"))
    different = select(Product.id).where(Product.id.in_(products), link_id(Product.unit) != (unit or 0))
    changing = list(ctx.session.scalars(different)) if unit is not None else []
    if unit is None or not changing:
        return
    used = _units_of(ctx, row, changing)
    known = measures(ctx, [unit, *(one for one in used if one is not None)])
    foreign = [one for one in known.values() if unit in known and one.group != known[unit].group]
    if None in used:
        message = _(
            "There are prices or packs in the unit of the product: they would mean something else. "
            "Give them a unit of their own first."
        )
        yield BusinessError(message, field="unit")
    elif foreign:
        message = _(
            "There are prices or packs in %(unit)s, which cannot be converted into this unit. Change them first.",
            unit=foreign[0].shown,
        )
        yield BusinessError(message, field="unit")


def _units_of(ctx: Context, row: Values, products: Sequence[int]) -> set[int | None]:
    """Give the units of prices and packs of products, None for that of the product; packs that come along count."""
    prices = select(Price.unit_id).where(Price.product_id.in_(products))
    if "packs" not in row:
        return set(ctx.session.scalars(union(prices, select(Pack.unit_id).where(Pack.product_id.in_(products)))))
    lines = cast("Sequence[Values]", row["packs"] or ())
    return {*ctx.session.scalars(prices), *(identity(line.get("unit")) for line in lines if line.get("id"))}


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

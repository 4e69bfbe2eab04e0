"""Which variants a product has by its options, and what passes on from it to them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from hanse import BusinessError, Context, _, link_id
from hanse.actions import find_action
from hanse.actions.write import Each
from hanse_products.models import AttributeValue, Option, Product

#: More variants of one product are refused: somebody has chosen values that are no variants.
MOST = 1_000
#: What a variant takes over from its product, and goes on taking over until it differs.
PASSED = ("picture", "specification", "kind", "category", "unit", "supplier", "sold", "bought", "discontinued")


@dataclass(frozen=True, slots=True)
class Value:
    """A value of an attribute, as variants are made of it."""

    id: int
    attribute: int
    name: str
    code: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A variant that is there."""

    id: int
    active: bool
    dropped: bool


Combination = tuple[Value, ...]


def key_of(combination: Iterable[Value]) -> str:
    """Give the key under which a combination exists once: ``3-17``."""
    return "-".join(map(str, sorted(value.id for value in combination)))


def combinations(options: Sequence[Value]) -> dict[str, Combination]:
    """Give every combination of options, one value of each attribute, by key; in the order of attributes and values."""
    groups = [tuple(group) for _attribute, group in itertools.groupby(options, key=lambda value: value.attribute)]
    return {key_of(one): one for one in itertools.product(*groups)} if groups else {}


def how_many(options: Sequence[Value]) -> int:
    """Count the combinations without making them."""
    groups = itertools.groupby(options, key=lambda value: value.attribute)
    return math.prod(sum(1 for _one in group) for _attribute, group in groups) if options else 0


def make(ctx: Context, products: Sequence[int]) -> list[int]:
    """Make the variants of products what their options say; give the ids of the new ones.  Called inside an action.

    Each combination that is missing is added, one whose option was taken away is archived, and comes back with the
    option; what somebody has archived by hand stays archived.  Done again it changes nothing.  Some ten statements,
    however many variants there are.

    :raises BusinessError: a product would have more than 1,000
    """
    options = _options(ctx, products)
    kept = _kept(ctx, products)
    wanted = {product: _wanted(product, options.get(product, ())) for product in products}
    missing = {
        product: [one for key, one in wanted[product].items() if key not in kept.get(product, {})]
        for product in products
    }
    made = _add(ctx, {product: ones for product, ones in missing.items() if ones})
    gone = [
        one.id
        for product, variants in kept.items()
        for key, one in variants.items()
        if key not in wanted[product] and one.active
    ]
    back = [
        one.id
        for product, variants in kept.items()
        for key, one in variants.items()
        if key in wanted[product] and one.dropped
    ]
    _switch(ctx, "archive", gone, dropped=True)
    _switch(ctx, "restore", back, dropped=False)
    having = [product for product in products if wanted[product] or kept.get(product)]
    ctx.update(having, Product, {"has_variants": True})
    return made


def _wanted(product: int, options: Sequence[Value]) -> dict[str, Combination]:
    count = how_many(options)
    if count > MOST:
        message = _(
            "That would be %(count)s variants; at most %(most)s are made. Take options away.", count=count, most=MOST
        )
        raise BusinessError(message, record=product)
    return combinations(options)


def _options(ctx: Context, products: Sequence[int]) -> dict[int, list[Value]]:
    attribute = link_id(AttributeValue.attribute)
    query = (
        select(Option.product_id, AttributeValue.id, attribute, AttributeValue.name, AttributeValue.code)
        .join(AttributeValue, AttributeValue.id == link_id(Option.value))
        .where(Option.product_id.in_(products))
        .order_by(Option.product_id, attribute, AttributeValue.id)
    )
    found: dict[int, list[Value]] = {}
    for product, value, of, name, code in ctx.session.execute(query):
        found.setdefault(product, []).append(Value(value, of, name, code))
    return found


def _kept(ctx: Context, products: Sequence[int]) -> dict[int, dict[str, Kept]]:
    query = select(link_id(Product.template), Product.variant_key, Product.id, Product.active, Product.dropped).where(
        link_id(Product.template).in_(products)
    )
    found: dict[int, dict[str, Kept]] = {}
    for template, key, variant, active, dropped in ctx.session.execute(query.order_by(Product.id)):
        found.setdefault(template, {})[str(key)] = Kept(variant, active, dropped)
    return found


def _switch(ctx: Context, verb: str, variants: Sequence[int], *, dropped: bool) -> None:
    """Archive or restore variants by the action that does it for people, so that rules of other addons hold."""
    if not variants:
        return
    found = find_action(f"products.product.{verb}")
    assert found is not None
    active = [
        one
        for one, on in ctx.session.execute(select(Product.id, Product.active).where(Product.id.in_(variants)))
        if on == (verb == "archive")
    ]
    if active:
        ctx.run(found, active)
    ctx.update(variants, Product, {"dropped": dropped})


def _add(ctx: Context, missing: Mapping[int, Sequence[Combination]]) -> list[int]:
    if not missing:
        return []
    names: tuple[str, ...] = ("name", "code", *PASSED)
    columns = [link_id(getattr(Product, name)) if name in _LINKS else getattr(Product, name) for name in names]
    query = select(Product.id, *columns).where(Product.id.in_(list(missing)))
    templates: dict[int, dict[str, Any]] = {
        row[0]: dict(zip(names, row[1:], strict=True)) for row in ctx.session.execute(query)
    }
    rows = [_row(template, templates[template], one) for template, ones in missing.items() for one in ones]
    codes = [row["code"] for row in rows if row["code"]]
    taken = set(ctx.session.scalars(select(Product.code).where(Product.code.in_(codes)))) if codes else set[str]()
    return ctx.insert(Product, [row | {"code": None} if row["code"] in taken else row for row in rows])


_LINKS = ("category", "unit", "supplier")


def _row(template: int, values: Mapping[str, Any], combination: Combination) -> dict[str, Any]:
    """Give the values of a new variant: its name and code say its values behind those of the product."""
    codes = [value.code for value in combination]
    code = "-".join([values["code"], *(one or "" for one in codes)])
    return {
        **{name: values[name] for name in PASSED},
        "name": variant_name(values["name"], (value.name for value in combination)),
        "code": code if all(codes) and len(code) <= _LONGEST_CODE else None,
        "template": template,
        "variant_key": key_of(combination),
        "traits": [{"value": value.id} for value in combination],
    }


_LONGEST_CODE, _LONGEST_NAME = 40, 200


def variant_name(name: str, values: Iterable[str]) -> str:
    """Name a variant: ``T-shirt (red, XL)``."""
    inside = ", ".join(values)
    return f"{name[: max(1, _LONGEST_NAME - len(inside) - 3)]} ({inside})"[:_LONGEST_NAME]


# --- what passes on ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Before:
    """What products and their variants held before a change.

    :ivar products: id → field → value
    :ivar variants: id → (product, field → value)
    """

    products: Mapping[int, Mapping[str, Any]]
    variants: Mapping[int, tuple[int, Mapping[str, Any]]]


def before(ctx: Context, products: Sequence[int], values: Mapping[str, Any]) -> Before | None:
    """Remember what may pass on from products to their variants; None where nothing of it changes."""
    names = [name for name in (*PASSED, "name") if name in values]
    with_variants = select(Product.id).where(Product.id.in_(products), Product.has_variants)
    ids = list(ctx.session.scalars(with_variants)) if names else []
    if not ids:
        return None
    columns = [link_id(getattr(Product, name)) if name in _LINKS else getattr(Product, name) for name in names]
    query = select(Product.id, Product.template_id, *columns)
    rows = ctx.session.execute(
        query.where(Product.id.in_(ids) | link_id(Product.template).in_(ids)).order_by(Product.id)
    )
    held = [(row[0], row[1], dict(zip(names, row[2:], strict=True))) for row in rows]
    return Before(
        {record: fields for record, template, fields in held if template is None},
        {record: (template, fields) for record, template, fields in held if template is not None},
    )


def pass_on(ctx: Context, old: Before | None) -> None:
    """Change variants with their product where they held what it held; one of its own stays.

    One statement to read, and two for each field that has changed.
    """
    if old is None or not old.variants:
        return
    names = list(next(iter(old.products.values())))
    columns = [link_id(getattr(Product, name)) if name in _LINKS else getattr(Product, name) for name in names]
    query = select(Product.id, *columns).where(Product.id.in_(list(old.products)))
    now = {row[0]: dict(zip(names, row[1:], strict=True)) for row in ctx.session.execute(query)}
    for name in names:
        fresh = {
            variant: _followed(name, fields[name], old.products[product][name], now[product][name])
            for variant, (product, fields) in old.variants.items()
            if old.products[product][name] != now[product][name]
        }
        following = {variant: value for variant, value in fresh.items() if value != old.variants[variant][1][name]}
        if following:
            ctx.update(list(following), Product, {name: Each(list(following.values()))})


def _followed(name: str, held: Any, before: Any, now: Any) -> Any:
    """Give what a variant holds after its product has changed."""
    if name != "name":
        return now if held == before else held
    rest = held.removeprefix(before)
    return f"{now}{rest}"[:_LONGEST_NAME] if rest != held and rest.startswith(" (") else held


__all__ = ["MOST", "PASSED", "before", "combinations", "how_many", "key_of", "make", "pass_on", "variant_name"]

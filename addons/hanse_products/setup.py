"""What a company begins with: the usual units, once for all companies, and pieces as its usual one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from hanse import Context, Model
from hanse.actions import find_action
from hanse.settings.changing import change_settings
from hanse_products.measures import PIECE, STANDARD, english
from hanse_products.models import ProductsSettings, Unit, UnitGroup


def set_up(ctx: Context) -> None:
    """Add the groups that are not there with their units, and count by the piece unless the company said otherwise.

    What somebody has changed or archived since stays as it is.
    """
    there = set(ctx.session.scalars(select(UnitGroup.name)))
    missing = [(english(group), units) for group, units in STANDARD if english(group) not in there]
    if missing:
        groups = create(ctx, UnitGroup, [{"name": group} for group, _units in missing])
        rows: list[dict[str, Any]] = [
            {
                "name": english(one.name),
                "symbol": english(one.symbol),
                "code": one.code,
                "group": group,
                "numerator": one.ratio.numerator,
                "denominator": one.ratio.denominator,
                "step": one.step,
            }
            for group, (_name, units) in zip(groups, missing, strict=True)
            for one in units
        ]
        create(ctx, Unit, rows)
    if ctx.settings(ProductsSettings).unit is None and (piece := piece_id(ctx)) is not None:
        change_settings(ctx, ProductsSettings, {"unit": piece})


def piece_id(ctx: Context) -> int | None:
    """Give the unit that pieces are counted in, if somebody has not renamed it."""
    return ctx.session.scalar(select(Unit.id).where(Unit.symbol == PIECE).order_by(Unit.id).limit(1))


def create(ctx: Context, model: type[Model], values: list[Mapping[str, Any]] | list[dict[str, Any]]) -> list[int]:
    """Make records by the action that makes them; give their ids."""
    found = find_action(f"products.{model.__tablename__.removeprefix('products_')}.create")
    assert found is not None
    return list(ctx.run(found, values=values).done)

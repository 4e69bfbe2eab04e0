"""What the addon begins with: the unit by which products are counted, and records made for the demonstration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from hanse import Context, Model
from hanse.actions import find_action
from hanse_products.measures import PIECE
from hanse_products.models import ProductsSettings, Unit


def usual_unit(ctx: Context) -> int | None:
    """Give the unit of new products: that of the settings, else pieces; None where somebody has archived these."""
    chosen = ctx.settings(ProductsSettings).unit_id
    if chosen is not None:
        return chosen
    piece = select(Unit.id).where(Unit.symbol == PIECE, Unit.active).order_by(Unit.id)
    return ctx.session.scalar(piece.limit(1))


def create(ctx: Context, model: type[Model], values: list[dict[str, Any]] | list[Mapping[str, Any]]) -> list[int]:
    """Make records by the action that makes them; give their ids."""
    found = find_action(f"products.{model.__tablename__.removeprefix('products_')}.create")
    assert found is not None
    return list(ctx.run(found, values=values).done)


__all__ = ["create", "usual_unit"]

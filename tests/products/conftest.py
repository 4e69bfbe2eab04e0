"""Builders for products, units and prices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest
from catalogue import act

from hanse import Context, Model
from hanse.i18n import speaking
from hanse_products.models import Product, Unit

M = TypeVar("M", bound=Model)
Make = Callable[..., Any]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Speak English, whatever the pages asked for in another test spoke."""
    with speaking("en"):
        yield


@pytest.fixture
def make(ctx: Context) -> Make:
    """Make one record as a person would, and read it: ``make(Category, name="Tea")``."""

    def made(model: type[M], **values: Any) -> M:
        return ctx.all(model, model.id == act(ctx, model, "create", values=[values]).id).one()

    return made


@pytest.fixture
def change(ctx: Context) -> Make:
    """Change one record as a person would, and read it again."""

    def changed(record: M, **values: Any) -> M:
        act(ctx, type(record), "update", record, values=values)
        return ctx.all(type(record), type(record).id == record.id).one()

    return changed


@pytest.fixture
def unit(ctx: Context) -> Callable[[str], Unit]:
    """Give a unit that comes with Hanse, by its symbol."""
    return lambda symbol: ctx.all(Unit, Unit.symbol == symbol).one()


@pytest.fixture
def product(make: Make, unit: Callable[[str], Unit]) -> Callable[..., Product]:
    """Make a product that is counted in a unit: ``product("Tea", "kg")``."""

    def made(name: str = "Tea", symbol: str = "pcs", **values: Any) -> Product:
        found: Product = make(Product, name=name, unit=unit(symbol), **values)
        return found

    return made

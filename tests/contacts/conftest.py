"""Builders for partners."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from hanse.directory.models import Country
from hanse.i18n import speaking
from hanse_contacts import actions
from hanse_contacts.models import Partner


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Speak English, whatever the pages asked for in another test spoke."""
    with speaking("en"):
        yield


@pytest.fixture
def create(ctx) -> Callable[..., Partner]:
    """Make one partner as a person would, and read it again."""

    def make(**values: Any) -> Partner:
        outcome = ctx.run(actions.create, values=[{"name": "Someone", **values}])
        return ctx.visible(Partner, Partner.id == outcome.id).one()

    return make


@pytest.fixture
def update(ctx) -> Callable[..., Partner]:
    """Change one partner as a person would, and read it again."""

    def change(partner: Partner, **values: Any) -> Partner:
        ctx.run(actions.update, [partner], values=values)
        return ctx.visible(Partner, Partner.id == partner.id).one()

    return change


@pytest.fixture
def country(ctx) -> Callable[[str], int]:
    """Give the id of a country by its code."""
    return lambda code: ctx.all(Country, Country.code == code).one().id


@pytest.fixture
def address(country) -> Callable[..., Mapping[str, Any]]:
    """Give values of an address in a country."""
    return lambda code, **values: {"country": country(code), **values}

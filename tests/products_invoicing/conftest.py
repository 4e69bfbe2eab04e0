"""A shop for tests, rolled back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from shop import Shop, Trade

from hanse import Context
from hanse.i18n import speaking


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Speak English, whatever the pages asked for in another test spoke."""
    with speaking("en"):
        yield


@pytest.fixture
def shop(ctx: Context) -> Shop:
    """The trading company in 2025 with products, rolled back after the test."""
    return Shop(Trade(ctx).open())

"""A warehouse for tests, rolled back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from warehouse import Warehouse

from hanse import Context
from hanse.i18n import speaking


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Speak English, whatever the pages asked for in another test spoke."""
    with speaking("en"):
        yield


@pytest.fixture
def shop(ctx: Context) -> Warehouse:
    """The company with its first warehouse."""
    return Warehouse(ctx)

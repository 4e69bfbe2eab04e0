"""A company with fixed assets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from asset_house import House

from hanse import Context
from hanse.i18n import speaking


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with speaking("en"):
        yield


@pytest.fixture
def house(ctx: Context) -> House:
    """Books of 2025, rolled back after the test."""
    return House(ctx)

"""A trading company for tests, rolled back."""

from __future__ import annotations

import pytest
from trade import Trade

from hanse.actions import Context


@pytest.fixture
def trade(ctx: Context) -> Trade:
    """The company in 2025, rolled back after the test."""
    return Trade(ctx).open()

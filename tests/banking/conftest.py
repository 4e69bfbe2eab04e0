"""Books with a bank account, rolled back after the test."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "finance"))

from banking_house import Bank
from bookkeeping import Ledger

from hanse.actions import Context
from hanse.i18n import speaking


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Speak English, whatever the pages asked for in another test spoke."""
    with speaking("en"):
        yield


@pytest.fixture
def bank(ctx: Context) -> Bank:
    """A bank account of account 1002."""
    return Bank(Ledger(ctx).open())

"""Books for tests: rolled back, or in a database of their own."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager

import pytest
from bookkeeping import Ledger
from sqlalchemy import create_engine
from sqlalchemy.engine import Connection

from hanse.actions import Context
from hanse.testing import TrialDatabase
from hanse.testing.people import open_for_admin


@pytest.fixture
def ledger(ctx: Context) -> Ledger:
    """The books of 2025, rolled back after the test."""
    return Ledger(ctx).open()


@pytest.fixture
def on_disk(own_database: TrialDatabase) -> Callable[[], AbstractContextManager[Ledger]]:
    """Books of 2025 in a database of their own: ``with on_disk() as ledger`` is a transaction that commits."""

    @contextmanager
    def transaction() -> Generator[Ledger]:
        with own_database.session() as session, session.begin():
            yield Ledger(open_for_admin(session))

    with transaction() as ledger:
        ledger.open()
    return transaction


@pytest.fixture
def as_owner(own_database: TrialDatabase) -> Callable[[], AbstractContextManager[Connection]]:
    """Reach the test's own database as the role that owns the tables."""

    @contextmanager
    def connect() -> Generator[Connection]:
        engine = create_engine(own_database.owner_url)
        try:
            with engine.begin() as connection:
                yield connection
        finally:
            engine.dispose()

    return connect

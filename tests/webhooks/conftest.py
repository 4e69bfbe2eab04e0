"""A library with a receiver on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from office import Office, Receiver, receiving

from hanse.testing.databases import Databases
from hanse.testing.people import switch_on


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def office(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """The library is on, and webhooks may lead to this machine."""
    monkeypatch.setenv("HANSE_WEBHOOK_NETWORKS", "127.0.0.0/8 ::1")
    with databases.copy() as database:
        office = Office(database, tmp_path)
        with office.transaction() as ctx:
            switch_on(ctx, ("sample_library", "sample_reviews", "sample_fines"))
        yield office

"""The application with somebody at its door."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from porch import Porch

from hanse.files import FolderStore
from hanse.testing.browser import Site
from hanse.testing.databases import Databases


@pytest.fixture
def porch(databases: Databases, tmp_path: Path) -> Iterator[Porch]:
    """A door on a database of this test."""
    with databases.copy() as database:
        yield Porch(Site(database, tmp_path), FolderStore(tmp_path / "files"))

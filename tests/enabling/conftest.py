"""The application on a database with the sample library switched on, and finance never set up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hanse.testing.browser import Browser, Site
from hanse.testing.databases import Databases
from hanse.testing.people import switch_on

LIBRARY = ("sample_library", "sample_reviews", "sample_fines")


@pytest.fixture
def site(databases: Databases, tmp_path: Path) -> Iterator[Site]:
    """The application on a database of this test."""
    with databases.copy() as database:
        site = Site(database, tmp_path)
        with site.transaction() as ctx:
            switch_on(ctx, LIBRARY)
        yield site


@pytest.fixture
def browser(site: Site) -> Browser:
    """A browser in which the administrator is signed in."""
    return site.browser()

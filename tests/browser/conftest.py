"""One running Hanse and one browser for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from hanse.testing.databases import Databases

pytest.register_assert_rewrite("house")  # its checks say what they compared

from house import House, open_house  # noqa: E402


@pytest.fixture(scope="package")
def house(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The application with the demonstration, and a process that does its jobs."""
    yield from open_house(databases, tmp_path_factory.mktemp("house"), jobs=True)


@pytest.fixture(scope="session")
def chrome(chromium: Browser) -> Browser:
    """Debian's Chromium."""
    return chromium

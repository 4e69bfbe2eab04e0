"""One running Hanse and one browser for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from hanse.testing.databases import Databases

pytest.register_assert_rewrite("house")  # its checks say what they compared

from house import House, Visitor, open_house, serving  # noqa: E402


@pytest.fixture(scope="package")
def house(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The application with the demonstration, and a process that does its jobs."""
    yield from open_house(databases, tmp_path_factory.mktemp("house"), jobs=True)


@pytest.fixture(scope="session")
def chrome(chromium: Browser) -> Browser:
    """Debian's Chromium."""
    return chromium


@pytest.fixture(params=[("en", 1280), ("en", 390)], ids=lambda one: f"{one[0]}-{one[1]}")
def newcomer(
    request: pytest.FixtureRequest, databases: Databases, chrome: Browser, tmp_path: Path
) -> Iterator[Visitor]:
    """The administrator, on a wide page and on a phone, in a company that has nothing yet."""
    locale, width = request.param
    with databases.copy() as database, serving(database, tmp_path) as house:
        visitor = Visitor(chrome, house, width=width, locale=locale)
        visitor.sign_in("admin")
        yield visitor
        assert visitor.complaints == []
        visitor.close()

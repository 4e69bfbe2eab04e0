"""What tests of the kernel start from: the sample library, and guards against what tests must not do."""

from __future__ import annotations

import io
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image
from sample_library.models import Book

from hanse.actions import Context, find_action
from hanse.documents.fonts import font_directory
from hanse.i18n import speaking
from hanse.testing.people import open_for_admin, switch_on

LIBRARY = ("sample_library", "sample_reviews", "sample_fines")
LONGEST_SLEEP = 0.2
TESTS = Path(__file__).parent


class Library:
    """A branch of the sample library, and short ways to fill it."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx

    def create(self, name: str, /, *rows: dict[str, Any], **values: Any) -> Any:
        """Create records of the sample model ``name`` (``book``), and give the first."""
        action = find_action(f"library.{name}.create")
        assert action is not None
        outcome = self.ctx.run(action, values=list(rows) or [values])
        return self.ctx.session.get_one(action.model, outcome.done[0])

    def book(self, title: str = "Momo", **values: Any) -> Any:
        return self.create("book", title=title, **values)

    def reader(self, name: str = "Ann", **values: Any) -> Any:
        return self.create("reader", name=name, **values)

    def loan(self, **values: Any) -> Any:
        title = values.pop("title", "Momo")
        if "book" not in values:
            there = self.ctx.all(Book, Book.title == title)
            values["book"] = there.first() if there else self.book(title)
        values.setdefault("reader", self.reader())
        return self.create("loan", **values)


@pytest.fixture
def library(ctx: Context) -> Library:
    """The company of the template with the library, reviews and fines on, for its administrator."""
    switch_on(ctx, LIBRARY)
    return Library(open_for_admin(ctx.session))


@pytest.fixture
def verb() -> Callable[[str], Any]:
    """Find an action by name."""

    def find(name: str) -> Any:
        found = find_action(name)
        assert found is not None, name
        return found

    return find


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    """Let sockets reach this machine only."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and str(address[0]) not in ("127.0.0.1", "::1", "localhost", "0.0.0.0"):
            raise RuntimeError(f"a test must not reach the network: {address}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture(autouse=True)
def no_sleep(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse that a test itself sleeps; waiting for another process is marked ``slow``."""
    if request.node.get_closest_marker("slow"):
        return
    sleep = time.sleep

    def guarded(seconds: float) -> None:
        caller = sys._getframe(1).f_code.co_filename
        if seconds > LONGEST_SLEEP and Path(caller).is_relative_to(TESTS):
            raise RuntimeError(f"a test must not sleep for {seconds} s: wait for what it waits for, or mark it slow")
        sleep(seconds)

    monkeypatch.setattr(time, "sleep", guarded)


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """Let every test begin in English, whatever the requests of others have spoken."""
    with speaking("en"):
        yield


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Debian's Chromium without a window, one for all tests: Playwright allows only one at a time."""
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        yield browser
        browser.close()


# --- documents -----------------------------------------------------------------------------------------------------


@pytest.fixture
def documents_home(tmp_path_factory, monkeypatch) -> None:
    """Keep the fonts of the installation, but no form rendered earlier."""
    monkeypatch.setenv("HANSE_FONTS", str(font_directory()))
    monkeypatch.setenv("HANSE_HOME", str(tmp_path_factory.mktemp("state")))


@pytest.fixture
def text_of() -> Callable[[bytes], list[str]]:
    """Return the text of each page, as a viewer copies it."""

    def texts(pdf: bytes) -> list[str]:
        with pypdfium2.PdfDocument(pdf) as document:
            return [page.get_textpage().get_text_bounded() for page in document]

    return texts


@pytest.fixture
def picture_of() -> Callable[..., Image.Image]:
    """Return a page as a picture of 100 dots an inch."""

    def picture(pdf: bytes, page: int = 0, dpi: int = 100) -> Image.Image:
        with pypdfium2.PdfDocument(io.BytesIO(pdf)) as document:
            return document[page].render(scale=dpi / 72).to_pil().convert("RGB")

    return picture


@pytest.fixture
def outline_of() -> Callable[[bytes], list[tuple[int, str, int]]]:
    """Return the outline as (depth, title, page)."""

    def entries(pdf: bytes) -> Iterator[tuple[int, str, int]]:
        with pypdfium2.PdfDocument(pdf) as document:
            for entry in document.get_toc():
                yield entry.level, entry.get_title(), entry.get_dest().get_index()

    return lambda pdf: list(entries(pdf))

"""The real application for a real browser: served on this machine, over a database with a shortened demonstration."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
import waitress
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from sqlalchemy import select

import hanse_cn.demo
from hanse import demo
from hanse.actions import find_action, open_context
from hanse.actions.context import identify
from hanse.app import make_app
from hanse.config import Settings
from hanse.directory.founding import SYSTEM, found_company
from hanse.directory.models import Company, Country, User
from hanse.security import sessions
from hanse.testing import databases
from hanse.testing.databases import Databases, TrialDatabase
from hanse.web.request import LOCALE_COOKIE, SESSION_COOKIE
from hanse_contacts.demo import load_northwind
from hanse_finance.ledger import read_case
from hanse_products.demo import load_northwind as load_products

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
COMPANY = demo.COMPANY
#: The company that the template of the tests has.
OTHER = databases.COMPANY
PASSWORD = "seven-Bridges-of-Koenigsberg"
#: The demonstration's year, shortened to so many vouchers of its first month; no red one is among them.
VOUCHERS = 60
#: Milliseconds until something that does not appear fails a test.
PATIENCE = 10_000
Scheme = Literal["light", "dark"]
OURS = (
    "hanse_contacts",
    "hanse_products",
    "hanse_inventory",
    "hanse_finance",
    "hanse_cn",
    "hanse_invoicing",
    "hanse_products_finance",
    "hanse_inventory_finance",
    "hanse_products_invoicing",
    "hanse_invoicing_cn",
    "hanse_assets",
    "hanse_banking",
)

needs_browser = pytest.mark.skipif(
    not (CHROMIUM.exists() and (ROOT / "core/hanse/web/static/vendor/icons.svg").exists()),
    reason="needs Debian's chromium (apt-get install chromium), and the assets of the set-up",
)


@dataclasses.dataclass(frozen=True)
class House:
    """A running Hanse."""

    address: str
    database: TrialDatabase


def _shortened(path: Path) -> Any:
    case = read_case(path)
    return replace(case, entries=[entry for entry in case.entries if entry.kind not in ("红字", "reversal")][:VOUCHERS])


def fill(database: TrialDatabase) -> None:
    """Load the demonstration beside the company of the template, and give everybody the same password."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hanse_cn.demo, "read_case", _shortened)
        with database.session() as session, session.begin():
            system = identify(session, SYSTEM)
            assert system is not None
            country = session.scalar(select(Country.id).where(Country.code == "CN"))
            values = {"name": COMPANY, "legal_name": COMPANY, "currency": "CNY", "country_id": country}
            ctx = found_company(session, system, values, addons=OURS)
            load_northwind(ctx)
            load_products(ctx)
            hanse_cn.demo.load_trading_company(ctx)
    with database.session() as session, session.begin():
        system = identify(session, SYSTEM)
        assert system is not None
        company = session.scalars(select(Company.id).where(Company.name == COMPANY)).one()
        ctx = open_context(session, system, company, via="test")
        set_password = find_action("core.user.set_password")
        assert set_password is not None
        ctx.run(set_password, ctx.all(User, User.service.is_(False)).ids, password=PASSWORD)


@contextmanager
def serving(database: TrialDatabase, home: Path, *, jobs: bool = False) -> Generator[House]:
    """Serve the application on a free port of this machine; with ``jobs`` a process does what it puts off."""
    settings = replace(
        Settings.load(environ={}), database_url=database.url, home=home, default_locale="en", session_hours=12
    )
    make_server: Any = waitress.create_server  # type: ignore[attr-defined]  # it has no types
    server = make_server(make_app(settings, database), host="127.0.0.1", port=0, threads=6, ident=None)
    thread = threading.Thread(target=server.run, name="house", daemon=True)
    thread.start()
    worker = _start_worker(settings) if jobs else None
    try:
        yield House(f"http://127.0.0.1:{server.effective_port}", database)
    finally:
        server.close()
        server.task_dispatcher.shutdown()
        if worker is not None:
            worker.terminate()
            worker.wait(20)


def _start_worker(settings: Settings) -> subprocess.Popen[bytes]:
    path = os.pathsep.join([str(ROOT / "core"), str(ROOT / "addons")])
    environment = os.environ | settings.as_environment() | {"PYTHONPATH": path, "HANSE_ADDONS": " ".join(OURS)}
    quiet = "ignore:pkg_resources is deprecated"
    return subprocess.Popen([sys.executable, "-W", quiet, "-m", "hanse.jobs"], env=environment)


@contextmanager
def chromium() -> Generator[Browser]:
    """Debian's Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


#: Kinds of pages whose contrast was measured: address without numbers, width, theme, open dialogs.
_measured: set[tuple[str, int, str, int]] = set()


class Visitor:
    """Somebody at a screen: a browser context, its page, and what the page complained about."""

    def __init__(self, browser: Browser, house: House, *, width: int, locale: str, scheme: Scheme = "light") -> None:
        self.house, self.locale = house, locale
        self.context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": 844 if width < 600 else 800},
            base_url=house.address,
            locale=locale.replace("_", "-"),
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        self._set_cookie(LOCALE_COOKIE, locale)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.complaints: list[str] = []
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(f"{self.page.url}: {error}"))

    def _set_cookie(self, name: str, value: str) -> None:
        self.context.add_cookies([{"name": name, "value": value, "url": self.house.address}])

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not _is_refusal(message.text):
            self.complaints.append(f"{self.page.url}: {message.text}")

    def sign_in(self, login: str) -> None:
        """Begin a session without the form, which only one test has to fill in."""
        now = sessions.utc_now()
        with self.house.database.session() as session, session.begin():
            user = identify(session, login)
            assert user is not None, login
            token = sessions.open_session(session, user.id, now=now, hours=1, address="127.0.0.1", agent="test")
        self._set_cookie(SESSION_COOKIE, token)

    def press(self, name: str) -> None:
        """Press the button of the top bar with this name, wherever the width of the page puts it."""
        bar = self.page.locator(".hz-top")
        button = (
            bar.locator("button, a").filter(has_text=re.compile(f"^{re.escape(name)}\\s*\\w?$")).filter(visible=True)
        )
        if not button.count():
            bar.locator(".hz-menu > summary").filter(visible=True).last.click()
        button.first.click()

    def look(self, theme: str = "light") -> None:
        """Fail unless the page fits the screen, is accessible, and complained about nothing.

        Contrast, which takes the longest, is measured once for each kind of page: it does not depend on the language.
        """
        page = self.page
        wide, screen = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide <= screen, f"{page.url} is {wide} pixels wide, the screen {screen}"
        heading = page.locator(".hz-top h1")
        if heading.count():
            assert page.title().startswith(heading.inner_text().strip()), f"{page.url}: the tab says {page.title()}"
        kind = (re.sub(r"\d+", "0", page.url.partition("?")[0]), screen, theme, page.locator("dialog[open]").count())
        rules = {} if kind not in _measured else {"rules": {"color-contrast": {"enabled": False}}}
        found = Axe().run(page, options=rules).response["violations"]
        faults = [
            (
                one["id"],
                [(node["html"][:200], node["any"][0]["message"] if node["any"] else "") for node in one["nodes"]][:3],
            )
            for one in found
        ]
        assert not faults, f"{page.url}: {faults}"
        assert not self.complaints, self.complaints
        _measured.add(kind)

    def close(self) -> None:
        """Close the browser context."""
        self.context.close()


def _is_refusal(text: str) -> bool:
    """Tell whether the browser only reports that a form was refused, which the page says too."""
    return "Failed to load resource: the server responded with a status of 4" in text


def pages_of(page: Page) -> list[str]:
    """Give the addresses of the menu."""
    found: Sequence[str] = page.eval_on_selector_all(".hz-nav a", "all => all.map(one => one.getAttribute('href'))")
    return list(found)


def open_house(cluster: Databases, home: Path, *, jobs: bool = False) -> Iterator[House]:
    """Fill a database and serve it, as the fixtures of this folder do."""
    with cluster.copy() as database:
        fill(database)
        with serving(database, home, jobs=jobs) as house:
            yield house

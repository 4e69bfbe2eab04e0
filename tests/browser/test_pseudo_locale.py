"""What translators may rely on: in a language of ⟦bracketed⟧ messages, only data stands outside of brackets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from sqlalchemy import String, select

import hanse.i18n
import hanse.web.request
from hanse.actions import actions_of
from hanse.directory.models import Company
from hanse.models.base import metadata
from hanse.screens import Screen, all_screens
from hanse.setup.places import CHECKOUT
from hanse.setup.translations import collect, read
from hanse.testing.browser import Browser, Site
from hanse.testing.databases import Databases
from hanse.testing.people import open_for_admin
from hanse.web.request import LOCALE_COOKIE
from house import COMPANY, fill

PSEUDO = "en_ZZ"
SPOKEN = ("aria-label", "title", "placeholder", "alt", "data-confirm", "data-one", "data-many", "data-label", "label")
SILENT = ("script", "style", "kbd", "code", "noscript")
#: Names that are the same in every language, parts of a rule of numbering, and numbers made by it.
NAMES = re.compile(
    r"\b(Hanse|English|XLSX|CSV|PDF|UTC|MB|hledger|Ledger|Beancount)\b"
    r"|\b[A-Z]{2,4}(?=\{)|\{[a-z_]+(:\d+)?\}|\b[A-Z]{1,4}(\d{4,8}-)?\d{3,5}\b"
)
#: A unit, and codes of dimensions, that are written like a value of a choice.
ALIKE = {"in", "customer", "supplier"}
#: Time zones, and what a permission or a model is called in programs.
IDENTIFIER = re.compile(r"[A-Z][\w+-]*(/[\w+-]+)+|[a-z_]+(\.[a-z_*]+)+|\*\.[a-z]+")
#: Installed for other tests, in no catalogue.
SAMPLES = ("sample_library", "sample_reviews", "sample_fines", "sample_bridge")


class Words(HTMLParser):
    """Collects what people read or hear of a page, and the words that its scripts will say."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._silent: list[str] = []
        self._words = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.found |= {text for name in SPOKEN if (text := given.get(name))}
        if tag == "input" and given.get("type") in ("submit", "button"):
            self.found.add(given.get("value") or "")
        if tag in SILENT:
            self._silent.append(tag)
            self._words = given.get("id") == "hz-words"

    def handle_endtag(self, tag: str) -> None:
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()
            self._words = False

    def handle_data(self, data: str) -> None:
        if self._words:
            self.found |= {text for name, text in json.loads(data).items() if name not in ("icons", "decimal", "group")}
        elif not self._silent:
            self.found.add(data.strip())


@pytest.fixture(scope="module")
def bracketed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A language made of the catalogues: every message in brackets, so what no catalogue has stands without."""
    folder = tmp_path_factory.mktemp("pseudo")
    place = folder / PSEUDO / "LC_MESSAGES"
    place.mkdir(parents=True)
    domains = []
    for path in sorted((CHECKOUT / "i18n" / "zh_CN" / "LC_MESSAGES").glob("*.po")):
        domains.append(path.stem)
        with (place / f"{path.stem}.mo").open("wb") as file:
            write_mo(file, _bracket(read(path)))
    with pytest.MonkeyPatch.context() as patch:
        for domain in domains:
            patch.setitem(hanse.i18n._directories, domain, folder)
        for module in (hanse.i18n, hanse.web.request):
            patch.setattr(module, "LOCALES", ("en", "zh_CN", PSEUDO))
        hanse.i18n._catalogue.cache_clear()
        yield
    hanse.i18n._catalogue.cache_clear()


def _bracket(catalogue: Catalog) -> Catalog:
    pseudo = Catalog(locale="en", charset="utf-8", fuzzy=False)
    for message in catalogue:
        forms = message.id if isinstance(message.id, (tuple, list)) else (message.id,)
        for form in forms:
            if form:
                pseudo.add(form, f"⟦{form}⟧")
    return pseudo


@pytest.fixture(scope="module")
def site(databases: Databases, bracketed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with databases.copy() as database:
        fill(database)
        yield Site(database, tmp_path_factory.mktemp("pseudo-home"))


@pytest.fixture(scope="module")
def reader(site: Site) -> Browser:
    """The administrator's browser, in the company of the demonstration."""
    browser = site.browser()
    browser.app.set_cookie(LOCALE_COOKIE, PSEUDO)
    with site.database.session() as session:
        company = session.scalars(select(Company.id).where(Company.name == COMPANY)).one()
    browser.post("/company", {"company": str(company)})
    return browser


@pytest.fixture(scope="module")
def stored(site: Site) -> re.Pattern[str]:
    """Everything with Latin letters that the database holds as text, and what the sample addons say."""
    texts = {
        str(message.id)
        for name in SAMPLES
        for message in collect(name, CHECKOUT / "tests" / "samples" / name)
        if message.id
    }
    with site.database.session() as session, session.begin():
        open_for_admin(session).bind()
        for table in metadata.tables.values():
            columns = [column for column in table.c if isinstance(column.type, String)]
            for column in columns:
                texts |= {
                    text
                    for (text,) in session.execute(select(column).distinct())
                    if text and re.search("[A-Za-z]{2}", text)
                }
    choices = {
        member.value
        for screen in all_screens()
        for one in screen.model.__fields__.values()
        for member in one.choices or ()
        if re.search("[a-z]", member.value)  # codes in capitals are data elsewhere, as AE is a country
    }
    ordered = sorted(texts - (choices - ALIKE), key=len, reverse=True)
    return re.compile(r"(?<!\w)(" + "|".join(map(re.escape, ordered)) + r")(?!\w)")


def outside(html: str, stored: re.Pattern[str]) -> set[str]:
    """Give what people read outside brackets that is no data."""
    reader = Words()
    reader.feed(html)
    return {
        text
        for text in reader.found
        if not IDENTIFIER.fullmatch(text)
        and re.search("[A-Za-z]{2}", NAMES.sub("", stored.sub("", without_messages(text))))
    }


def without_messages(text: str) -> str:
    """Take messages away, also those inside others."""
    while "⟦" in text and (shorter := re.sub("⟦[^⟦⟧]*⟧", "", text)) != text:
        text = shorter
    return text


def first_record(answer: Any) -> str | None:
    found = re.search(r'data-id="(\d+)"', answer.text)
    return found[1] if found else None


def pages_of_screen(reader: Browser, screen: Screen) -> Iterator[tuple[str, str]]:
    """Give the pages that a screen has: list, empty and refused form, a record, and what its actions ask."""
    listed = reader.get(screen.path, status="*")
    if listed.status_int != 200:
        return
    yield screen.path, listed.text
    yield f"{screen.path}?q=", reader.get(f"{screen.path}?q=no+such+thing").text
    new = reader.get(f"{screen.path}/new", status="*")
    yield f"{screen.path}/new", new.text
    if new.status_int == 200:
        yield (
            f"{screen.path}/new, refused",
            reader.post(f"{screen.path}/new", {"lines-order": "0", "lines-0-summary": "1"}, status="*").text,
        )
    record = first_record(listed)
    if record:
        yield f"{screen.path}/{record}", reader.get(f"{screen.path}/{record}").text
        for action in actions_of(screen.model):
            if action.params and not action.creates and not action.hidden:
                address = f"{screen.path}/{record}/do/{action.verb}"
                yield address, reader.get(address, status="*").text


def test_every_page_speaks_only_through_the_catalogues(reader: Browser, stored: re.Pattern[str]) -> None:
    menu = reader.get("/").text
    own = set(re.findall(r'href="(/[a-z]+/[a-z_-]+)"', menu)) | {
        "/",
        "/me",
        "/setup",
        "/core/permissions",
        "/core/addons",
        "/core/jobs",
    }
    faults: dict[str, list[str]] = {}
    for path in sorted(own):
        faults[path] = sorted(outside(reader.get(path, status="*").text, stored))
    for screen in all_screens():
        for path, html in pages_of_screen(reader, screen):
            faults[path] = sorted(outside(html, stored))
    assert len(faults) > 80
    said = [f"{path}: {text}" for path, texts in faults.items() for text in texts]
    assert not said, "\n".join(said)


@pytest.mark.parametrize(
    "path",
    [
        "/no/such/page",
        "/finance/voucher/999999",
        "/core/user/1/do/nonsense",
        "/finance/account-ledger?account=1",
        "/finance/trial-balance?period=2025-01&levels=1&balances=columns",
    ],
)
def test_errors_and_reports_speak_only_through_the_catalogues(
    reader: Browser, stored: re.Pattern[str], path: str
) -> None:
    assert outside(reader.get(path, status="*").text, stored) == set()


def test_signing_in_speaks_only_through_the_catalogues(site: Site, stored: re.Pattern[str]) -> None:
    stranger = site.browser(login=None)
    stranger.app.set_cookie(LOCALE_COOKIE, PSEUDO)
    page = stranger.get("/login")
    assert "⟦Sign in⟧" in page.text
    assert outside(page.text, stored) == set()
    form = page.forms[0]
    form["login"], form["password"] = "admin", "wrong"
    assert outside(form.submit(status="*").text, stored) == set()


def test_the_palette_speaks_only_through_the_catalogues(reader: Browser, stored: re.Pattern[str]) -> None:
    found = reader.get("/palette?q=1001").json + reader.get("/palette?q=New").json
    assert found
    assert [
        one for one in found if re.search("[A-Za-z]{2}", stored.sub("", without_messages(one["title"] + one["hint"])))
    ] == []

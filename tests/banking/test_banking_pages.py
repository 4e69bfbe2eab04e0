"""What the pages of banks may be relied on for: a file is read, both sides are matched, the table is printed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from banking_house import Bank
from bookkeeping import Ledger
from webtest import Upload

from hanse.testing.browser import Browser, Site
from hanse.testing.databases import Databases
from hanse.testing.people import Person, open_for_person
from hanse_banking.models import BankMatch, BankStatement

EVERYTHING = (("banking.*", "company"), ("finance.*", "company"), ("core.currency.read", "company"))
PAGE = "/banking/reconcile"
FILE = "交易日期,收入,支出,余额,对方户名\n2025-03-10,100,,1100,Lübeck\n2025-03-12,,40,1060,Power\n".encode()


@pytest.fixture
def site(databases: Databases, tmp_path: Path) -> Iterator[Site]:
    """The application with a bank account, one who reconciles and one who only reads."""
    with databases.copy() as database:
        site = Site(database, tmp_path)
        with site.transaction() as ctx:
            bank = Bank(Ledger(ctx).open())
            bank.entry("100")
            bank.entry("-15", on="2025-03-12")
            bank.entry("-25", on="2025-03-12")
            open_for_person(ctx, Person("reconciler", EVERYTHING, None, ()))
            reads = tuple((f"banking.{one}.read", "company") for one in ("account", "line", "match"))
            open_for_person(ctx, Person("reader", reads, None, ()))
        yield site


@pytest.fixture
def browser(site: Site) -> Browser:
    return site.browser("reconciler")


def read(browser: Browser, content: bytes = FILE) -> str:
    form = {"do": "read", "file": Upload("march.csv", content)}
    return browser.post(PAGE, form).follow().text


def matches(site: Site) -> int:
    with site.transaction() as ctx:
        return len(ctx.all(BankMatch))


def test_a_file_is_read_and_kept_and_what_is_certain_accepted(site: Site, browser: Browser) -> None:
    page = read(browser)
    assert "Lübeck" in page
    assert "Accept all 1 certain ones" in page
    with site.transaction() as ctx:
        (statement,) = list(ctx.all(BankStatement))
        assert (statement.source.name, statement.source.size) == ("march.csv", len(FILE))
        assert str(statement.closing.normalize()) == "1.06E+3"
    browser.post(PAGE, {"do": "accept"})
    assert matches(site) == 1
    page = browser.get(PAGE).text
    value = page.partition('name="proposal" value="')[2].partition('"')[0]
    browser.post(PAGE, {"do": "take", "proposal": value})
    assert matches(site) == 2
    assert browser.get(PAGE).text.count("Nothing is open here.") == 2


def test_the_same_file_and_nonsense_are_told_on_the_page(browser: Browser) -> None:
    read(browser)
    assert "This file was read already." in read(browser)
    assert "no statement" in read(browser, b"nonsense")


def test_what_is_chosen_is_matched_and_undone(site: Site, browser: Browser) -> None:
    read(browser)
    page = browser.get(PAGE).text
    line = page.partition('name="line" value="')[2].partition('"')[0]
    entry = page.partition('name="entry" value="')[2].partition('"')[0]
    browser.post(PAGE, {"do": "match", "line": line, "entry": entry})
    assert matches(site) == 1
    match = browser.get(PAGE).text.partition('name="match" value="')[2].partition('"')[0]
    browser.post(PAGE, {"do": "undo", "match": match})
    assert matches(site) == 0


def test_headings_nobody_knows_lead_to_the_page_that_asks(browser: Browser) -> None:
    table = b"Wann,Wieviel\n2025-03-10,100\n"
    answer = browser.post(PAGE, {"do": "read", "file": Upload("bank.csv", table)})
    assert "/banking/columns" in answer.location
    assert browser.post("/banking/columns", {"day": "Wann"}, expect_errors=True).status_int == 422
    assert browser.post("/banking/columns", {"day": "Wann", "amount": "Wieviel"}).status_int == 303
    assert "1 lines read" in read(browser, table)


def test_the_adjustment_table_is_shown_and_printed(browser: Browser) -> None:
    read(browser)
    page = browser.get("/banking/adjustment?period=2025-03").text
    for said in ("Adjusted balance of the bank", "received by the bank", "Lübeck", "Difference from before"):
        assert said in page
    printed = browser.post("/banking/adjustment/-/export.pdf?period=2025-03", {})
    assert printed.body.startswith(b"%PDF-")


def test_who_only_reads_sees_and_changes_nothing(site: Site) -> None:
    read(site.browser("reconciler"))
    reader = site.browser("reader")
    page = reader.get(PAGE).text
    assert "Lübeck" in page
    assert 'value="accept"' not in page
    reader.post(PAGE, {"do": "accept"})
    assert matches(site) == 0


def test_a_page_costs_few_statements(site: Site, browser: Browser) -> None:
    read(browser)
    browser.get(PAGE)
    with site.statements() as said:
        browser.get(PAGE)
    assert len(said) <= 30
    for path in ("/banking/account", "/banking/statement", "/banking/line", "/banking/match", "/banking/rule"):
        assert browser.get(path).status_int == 200


def test_scripts_and_styles_of_an_addon_are_sent(browser: Browser) -> None:
    page = browser.get(PAGE).text
    for ending in ("reconcile.css", "reconcile.js"):
        address = next(part for part in page.split('"') if part.endswith(ending))
        assert browser.get(address).status_int == 200

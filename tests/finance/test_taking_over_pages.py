"""What the pages of taking over may be relied on for: cells, the trial check, one account by customer, a file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from balance_lists import U8, workbook
from bookkeeping import Ledger, act
from openpyxl import load_workbook  # type: ignore[import-untyped]

from hanse.testing.browser import Browser, Site
from hanse.testing.databases import Databases
from hanse.testing.people import Person, open_for_person
from hanse_finance.models import Account, DimensionSet, OpeningLine
from hanse_finance.takeover.reading import read_balances
from hanse_finance.takeover.sheet import find_opening

EVERYTHING = (("finance.*", "company"), ("core.currency.read", "company"), ("core.user.read", "company"))
PAGE = "/finance/opening"


@pytest.fixture
def site(databases: Databases, tmp_path: Path) -> Iterator[Site]:
    """The application with the year 2025, one who enters, one who opens, and one who only reads."""
    with databases.copy() as database:
        site = Site(database, tmp_path)
        with site.transaction() as ctx:
            ledger = Ledger(ctx).open()
            ledger.dimension("customer", "C1", "C2")
            ledger.require("1122", "customer")
            for name in ("maker", "auditor"):
                open_for_person(ctx, Person(name, EVERYTHING, None, ()))
            open_for_person(ctx, Person("reader", (("finance.opening.read", "company"),), None, ()))
        yield site


@pytest.fixture
def maker(site: Site) -> Browser:
    return site.browser("maker")


@pytest.fixture
def auditor(site: Site) -> Browser:
    return site.browser("auditor")


def account(site: Site, code: str) -> int:
    with site.transaction() as ctx:
        return Ledger(ctx).account(code)


def begin(browser: Browser, period: str = "2025-01") -> None:
    assert browser.post(PAGE, {"action": "begin", "period": period}).status_int == 303


def cells(site: Site, prefix: str = "b", **amounts: str) -> dict[str, str]:
    return {f"{prefix}-{account(site, code.lstrip('_'))}": amount for code, amount in amounts.items()}


def lines(site: Site) -> dict[tuple[str, str | None], Decimal]:
    with site.transaction() as ctx:
        return {
            (one.account.code, one.details.name if one.details else None): one.balance for one in ctx.all(OpeningLine)
        }


def test_what_is_typed_is_kept_on_the_side_of_the_account(site: Site, maker: Browser) -> None:
    begin(maker)
    typed = cells(site, _1001="1,234.50", _2202="1,000", _3001="300", _1002="-65.50")
    assert maker.post(PAGE, {"action": "save", **typed}).status_int == 303
    assert lines(site) == {
        ("1001", None): Decimal("1234.50"),
        ("1002", None): Decimal("-65.50"),
        ("2202", None): Decimal(-1000),
        ("3001", None): Decimal(-300),
    }
    page = maker.get(PAGE).text
    assert 'value="1,234.50"' in page
    assert 'value="300.00"' in page


def test_nothing_typed_is_lost_when_a_cell_is_wrong(site: Site, maker: Browser) -> None:
    begin(maker)
    typed = cells(site, _1001="1,23", _3001="7.77")
    answer = maker.post(PAGE, {"action": "save", **typed}, status=422)
    assert "“1,23” is no amount" in answer.text
    assert 'value="7.77"' in answer.text
    assert lines(site) == {}
    too_fine = maker.post(PAGE, {"action": "save", **cells(site, _1001="1.234", _3001="7.77")}, status=422)
    assert "has more than 2 decimals" in too_fine.text
    assert 'value="7.77"' in too_fine.text


def test_the_check_answers_while_one_types(site: Site, maker: Browser) -> None:
    begin(maker)
    answer = maker.post("/finance/opening-check", cells(site, _1001="100", _3001="90"))
    assert "10.00" in answer.text
    answer = maker.post("/finance/opening-check", cells(site, _1001="100", _3001="100"))
    assert answer.text.count("Balanced") == 2
    assert lines(site) == {}


def test_an_account_is_entered_by_customer(site: Site, maker: Browser) -> None:
    begin(maker)
    receivables = account(site, "1122")
    with site.transaction() as ctx:
        sets = [ctx.all(DimensionSet, DimensionSet.name == name).one().id for name in ("C1", "C2")]
    path = f"/finance/opening-account?account={receivables}"
    typed = {
        "lines-order": "0,1",
        "lines-0-details": str(sets[0]),
        "lines-0-balance": "70",
        "lines-1-details": str(sets[1]),
        "lines-1-balance": "-20.00",
    }
    assert maker.post(path, typed).status_int == 303
    assert lines(site) == {("1122", "C1"): Decimal(70), ("1122", "C2"): Decimal(-20)}
    assert "50.00" in maker.get(PAGE).text
    refused = maker.post(path, {"lines-order": "0", "lines-0-details": "", "lines-0-balance": "5"}, status=422)
    assert "asks for dimensions" in refused.text
    assert maker.post(path, {"lines-order": ""}).status_int == 303
    assert lines(site) == {}


def test_another_person_opens_the_books_and_takes_that_back(site: Site, maker: Browser, auditor: Browser) -> None:
    begin(maker)
    maker.post(PAGE, {"action": "save", **cells(site, _1001="100", _3001="100")})
    maker.post(PAGE, {"action": "open"})
    assert "somebody else must open the books" in maker.get(PAGE).text
    auditor.post(PAGE, {"action": "open"})
    page = auditor.get(PAGE).text
    assert "opened the books on" in page
    assert "2025-00 记-1" in page
    assert f'name="b-{account(site, "1001")}"' not in page
    assert f'name="b-{account(site, "1001")}"' not in maker.get(PAGE).text
    auditor.post(PAGE, {"action": "take_back", "reason": "wrong bank"})
    assert f'name="b-{account(site, "1001")}"' in maker.get(PAGE).text


def test_who_only_reads_changes_nothing(site: Site, maker: Browser) -> None:
    begin(maker)
    reader = site.browser("reader")
    assert f'name="b-{account(site, "1001")}"' not in reader.get(PAGE).text
    reader.post(PAGE, {"action": "save", **cells(site, _1001="100")}, status=422)
    assert lines(site) == {}
    reader.get("/finance/opening-file", status=404)


def test_a_file_is_read_looked_at_and_entered(site: Site, maker: Browser) -> None:
    begin(maker)
    rows = [row for row in U8 if row[0] not in ("1122", "2202")]
    answer = maker.post(PAGE, {"action": "upload"}, upload_files=[("file", "年末.xlsx", workbook(rows).read())])
    assert (answer.status_int, answer.location.endswith("/finance/opening-file")) == (303, True)
    page = maker.get("/finance/opening-file").text
    assert "工行存款" in page
    maker.post("/finance/opening-file", {"action": "enter"})
    assert lines(site) == {}
    maker.post("/finance/opening-file", {"action": "complete"})
    assert maker.post("/finance/opening-file", {"action": "enter"}).location.endswith(PAGE)
    assert lines(site) == {
        ("1001", None): Decimal(2000),
        ("100201", None): Decimal(30000),
        ("100202", None): Decimal(10000),
        ("3001", None): Decimal(-50000),
    }


def test_the_template_is_read_as_it_was_written(site: Site, maker: Browser) -> None:
    begin(maker, "2025-03")
    maker.post(PAGE, {"action": "save", **cells(site, _1001="100", _3001="100"), **cells(site, "d", _1001="30")})
    answer = maker.get("/finance/opening-template")
    book = load_workbook(io.BytesIO(answer.body))
    assert [cell.value for cell in book.active[1]][:4] == ["Account code", "Account name", "Side", "Opening balance"]
    found = read_balances(io.BytesIO(answer.body), {"customer": "customer"})
    assert found.faults == []
    by_code = {one.code: one for one in found.lines}
    assert by_code["1001"].balance("opening", 1) == 100
    assert by_code["1001"].moved("total") == (30, 0)
    assert by_code["3001"].balance("opening", -1) == -100
    assert "customer" in found.roles.get("dimension:customer", "")


def test_the_sheet_costs_the_same_whatever_the_chart(site: Site, maker: Browser) -> None:
    begin(maker)
    maker.get(PAGE)
    with site.statements() as few:
        maker.get(PAGE)
    with site.transaction() as ctx:
        rows = [{"code": f"9{number:03}", "name": "x", "type": "asset", "side": "D"} for number in range(200)]
        ctx.run(act("finance.account.create"), values=rows)
        opening = find_opening(ctx)
        assert opening is not None
        ids = {one.code: one.id for one in ctx.all(Account, Account.code.startswith("9"))}
        entered = [{"account": key, "balance": "1"} for key in ids.values()]
        ctx.run(act("finance.opening.enter"), [opening.id], lines=entered)
    with site.statements() as many:
        maker.get(PAGE)
    assert len(many) == len(few)

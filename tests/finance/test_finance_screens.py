"""What the pages of finance may be relied on for: entering vouchers, the way to the books, reports and their files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from bookkeeping import Ledger, act
from openpyxl import load_workbook
from sqlalchemy import select

from hanse.directory.models import Currency
from hanse.testing.browser import Browser, Site
from hanse.testing.databases import Databases
from hanse.testing.people import Person, open_for_person
from hanse_finance.models import Account, Dimension, DimensionSet, Period, PeriodState, Voucher, VoucherState
from hanse_finance.screens.books import running

EVERYTHING = (("finance.*", "company"), ("core.currency.read", "company"), ("core.user.read", "company"))


@pytest.fixture
def site(databases: Databases, tmp_path: Path) -> Iterator[Site]:
    """The application with the books of 2025 open, a maker, an auditor, and somebody who may only write."""
    with databases.copy() as database:
        site = Site(database, tmp_path)
        with site.transaction() as ctx:
            Ledger(ctx).open()
            for name in ("maker", "auditor"):
                open_for_person(ctx, Person(name, EVERYTHING, None, ()))
            verbs = (
                "voucher.read",
                "voucher.create",
                "voucher.update",
                "account.read",
                "voucher_word.read",
                "dimension_set.read",
            )
            open_for_person(ctx, Person("clerk", tuple((f"finance.{verb}", "company") for verb in verbs), None, ()))
        yield site


@pytest.fixture
def maker(site: Site) -> Browser:
    """The browser of whoever writes vouchers."""
    return site.browser("maker")


@pytest.fixture
def auditor(site: Site) -> Browser:
    """The browser of whoever audits them."""
    return site.browser("auditor")


def ids(site: Site) -> dict[str, int]:
    """Give the ids of the accounts by code."""
    with site.transaction() as ctx:
        accounts = ctx.all(Account)
        return dict(zip(accounts[Account.code], accounts.ids, strict=True))


def enter(
    site: Site,
    browser: Browser,
    lines: Sequence[tuple[str, str, str, str]],
    *,
    on: str = "2025-03-10",
    status: int = 303,
    action: str = "save",
) -> Any:
    """Fill in the form of a voucher and send it; a line is summary, account code, debit, credit."""
    known = ids(site)
    page = browser.get("/finance/voucher/new").forms["record-form"]
    page["day"] = on
    for at, (summary, account, debit, credit) in enumerate(lines):
        page[f"lines-{at}-summary"], page[f"lines-{at}-debit"], page[f"lines-{at}-credit"] = summary, debit, credit
        page[f"lines-{at}-account"] = str(known[account])
    page["lines-order"] = ",".join(str(at) for at in range(len(lines)))
    return page.submit("action", value=action, status=status)


SALE = (("Sold", "1122", "113", ""), ("", "5001", "", "100"), ("", "2202", "", "13"))


def press(browser: Browser, address: str, verb: str, **fields: str) -> Any:
    """Press a button of a record and follow where it leads."""
    return browser.post(f"{address}/do/{verb}", fields, status=303).follow()


def posted(
    site: Site,
    maker: Browser,
    auditor: Browser,
    lines: Sequence[tuple[str, str, str, str]] = SALE,
    *,
    on: str = "2025-03-10",
) -> str:
    """Enter a voucher, audit and post it; give its address."""
    address = enter(site, maker, lines, on=on).location
    path = "/finance/voucher/" + address.rpartition("/")[2]
    press(auditor, path, "audit")
    press(auditor, path, "post")
    return path


def table(answer: Any) -> list[list[str]]:
    return [[cell.get_text(strip=True) for cell in row.select("td.hz-cell")] for row in answer.html.select("tr.hz-row")]


def totals(answer: Any) -> list[str]:
    return [cell.get_text(strip=True) for cell in answer.html.select("tfoot td")]


def voucher_of(site: Site, path: str) -> Mapping[str, Any]:
    with site.transaction() as ctx:
        found = ctx.session.get_one(Voucher, int(path.rpartition("/")[2]))
        lines = [(line.summary, line.account.code, line.debit, line.credit) for line in found.lines]
        return {"state": found.state, "day": found.day, "lines": lines, "number": found.number, "total": found.total}


def complete(browser: Browser, model: str, **query: str) -> list[dict[str, Any]]:
    """Ask for autocompletion."""
    return json.loads(browser.get(f"/finance/{model}/-/complete", params=query).text)


# --- entering ---------------------------------------------------------------------------------------------------------


def test_a_voucher_is_entered_with_its_lines(site: Site, maker: Browser) -> None:
    answer = enter(site, maker, SALE)

    found = voucher_of(site, answer.location)
    assert (found["state"], found["day"], found["number"], found["total"]) == (
        VoucherState.DRAFT,
        date(2025, 3, 10),
        None,
        Decimal(113),
    )
    assert found["lines"] == [
        ("Sold", "1122", Decimal(113), None),
        ("Sold", "5001", None, Decimal(100)),
        ("Sold", "2202", None, Decimal(13)),
    ]
    assert answer.follow().html.select_one(".hz-sheet__head h2").get_text(strip=True) == "2025-03 记-1"


def test_a_new_voucher_begins_on_an_open_day_with_the_first_word(site: Site, maker: Browser) -> None:
    form = maker.get("/finance/voucher/new").forms["record-form"]

    assert form["day"].value == "2025-12-31"
    with site.transaction() as ctx:
        assert ctx.session.scalar(select(Period.state).where(Period.code == "2025-12")) is PeriodState.OPEN
    assert form["word"].value.isdigit()
    assert maker.get("/finance/voucher/new").html.select_one("[autofocus]")["name"] == "lines-0-summary"


def test_an_unbalanced_voucher_is_refused_and_everything_typed_stays(site: Site, maker: Browser) -> None:
    answer = enter(site, maker, [("Rent", "6001", "1,000.00", ""), ("Bank", "1002", "", "999.99")], status=422)

    assert "Debit 1,000 and credit 999.99 differ by 0.01." in answer.html.select_one("[data-errors]").get_text()
    form = answer.forms["record-form"]
    known = ids(site)
    assert [
        form[f"lines-{at}-{name}"].value for at in (0, 1) for name in ("summary", "account", "debit", "credit")
    ] == [
        "Rent",
        str(known["6001"]),
        "1,000.00",
        "",
        "Bank",
        str(known["1002"]),
        "",
        "999.99",
    ]
    assert form["day"].value == "2025-03-10"
    assert answer.html.select_one("[name=lines-0-account] + input")["value"] == "6001 Rent"
    assert table(maker.get("/finance/voucher")) == []


def test_a_day_outside_the_books_is_said_beside_the_date(site: Site, maker: Browser) -> None:
    answer = enter(site, maker, SALE, on="2019-01-01", status=422)

    assert "Open the year first" in answer.html.select_one("#f-day-error").get_text()


def test_one_may_go_on_to_the_next_voucher_of_the_same_day(site: Site, maker: Browser) -> None:
    following = enter(site, maker, SALE, on="2025-02-07", action="another").follow()

    assert following.request.path == "/finance/voucher/new"
    assert following.forms["record-form"]["day"].value == "2025-02-07"
    assert len(table(maker.get("/finance/voucher"))) == 1


def test_a_saved_draft_can_be_changed(site: Site, maker: Browser) -> None:
    path = enter(site, maker, SALE).location
    form = maker.get(path).forms["record-form"]
    form["lines-0-debit"], form["lines-1-credit"], form["lines-order"] = "213", "200", "0,1,2"
    form.submit("action", value="save", status=303)

    assert voucher_of(site, path)["total"] == Decimal(213)


# --- the way to the books ---------------------------------------------------------------------------------------------


def test_the_maker_is_told_that_somebody_else_must_audit(site: Site, maker: Browser) -> None:
    path = enter(site, maker, SALE).location
    page = press(maker, path, "audit")

    assert "You made this voucher yourself; somebody else must audit it." in page.text
    assert voucher_of(site, path)["state"] is VoucherState.DRAFT


def test_a_voucher_is_audited_posted_and_reversed_in_red(site: Site, maker: Browser, auditor: Browser) -> None:
    path = enter(site, maker, SALE).location
    path = "/finance/voucher/" + path.rpartition("/")[2]
    draft = maker.get("/finance/voucher")
    audited = press(auditor, path, "audit")
    done = press(auditor, path, "post")
    after = press(auditor, path, "reverse", on="2025-04-02")

    assert draft.html.select_one("tr.hz-row td a")["class"] == ["hz-text-muted"]
    assert maker.get("/finance/voucher?f-state=posted").html.select_one("tr.hz-row td a").get("class") is None
    assert audited.forms["record-form"].fields.get("day") is None
    assert "Reverse in red" in {button.get_text(strip=True) for button in done.html.select(".hz-top button")}
    link = after.html.select_one("[data-field=reversed_by] a")
    assert link.get_text(strip=True) == "2025-04 记-1"
    red = maker.get(link["href"])
    assert red.html.select_one("[data-field=reverses] a")["href"] == path
    assert [line[2:] for line in voucher_of(site, link["href"])["lines"]] == [
        (Decimal(-113), None),
        (None, Decimal(-100)),
        (None, Decimal(-13)),
    ]
    assert (
        "This voucher is reversed already." in auditor.post(f"{path}/do/reverse", {"on": "2025-04-02"}, status=422).text
    )
    assert len(table(maker.get("/finance/voucher"))) == 2


def test_only_what_a_state_allows_is_offered(site: Site, maker: Browser, auditor: Browser) -> None:
    def offered(path: str) -> set[str]:
        page = auditor.get(path)
        shown = [one.get_text(strip=True) for one in page.html.select(".hz-top button, .hz-top summary, .hz-top a")]
        return {"Audit", "Undo audit", "Post", "Reverse in red", "Void", "Restore", "Delete", "Save"} & set(shown)

    path = "/finance/voucher/" + enter(site, maker, SALE).location.rpartition("/")[2]
    assert offered(path) == {"Audit", "Void", "Delete", "Save"}
    press(auditor, path, "audit")
    assert offered(path) == {"Undo audit", "Post"}
    press(auditor, path, "post")
    assert offered(path) == {"Reverse in red"}
    press(auditor, path, "reverse")
    assert offered(path) == set()


def test_the_list_is_searched_by_summary_and_filtered_by_state_and_period(
    site: Site, maker: Browser, auditor: Browser
) -> None:
    posted(site, maker, auditor, [("Rent of March", "6001", "10", ""), ("", "1002", "", "10")])
    enter(site, maker, [("Rent of April", "6001", "10", ""), ("", "1002", "", "10")], on="2025-04-10")

    assert [row[2] for row in table(maker.get("/finance/voucher"))] == ["Rent of April", "Rent of March"]
    assert [row[2] for row in table(maker.get("/finance/voucher?q=march"))] == ["Rent of March"]
    assert [row[2] for row in table(maker.get("/finance/voucher?f-state=draft"))] == ["Rent of April"]
    for words in ("记-1", "记1", "1 april"):
        assert [row[2] for row in table(maker.get(f"/finance/voucher?q={quote(words)}&f-state=draft"))] == [
            "Rent of April"
        ]
    assert [row[2] for row in table(maker.get("/finance/voucher?q=1"))] == ["Rent of April", "Rent of March"]
    assert not table(maker.get(f"/finance/voucher?q={quote('转-1')}"))
    assert not table(maker.get(f"/finance/voucher?q={quote('记-11')}"))
    with site.transaction() as ctx:
        period = ctx.session.scalars(select(Period.id).where(Period.code == "2025-03")).one()
    assert [row[0] for row in table(maker.get(f"/finance/voucher?f-period={period}"))] == ["记-1"]


# --- choosing accounts and dimensions ---------------------------------------------------------------------------------


def test_a_line_chooses_among_accounts_that_take_postings(site: Site, maker: Browser) -> None:
    with site.transaction() as ctx:
        values = [
            {"code": "60", "name": "Costs", "type": "expense", "side": "D", "postable": False},
            {"code": "6099", "name": "Gone", "type": "expense", "side": "D"},
        ]
        _sum, gone = ctx.run(act("finance.account.create"), values=values).done
        ctx.run(act("finance.account.archive"), [gone])

    asked = {"for": "finance.voucher.account"}
    assert [one["code"] for one in complete(maker, "account", q="60", **asked)] == ["6001"]
    assert [one["code"] for one in complete(maker, "account", q="rent", **asked)] == ["6001"]
    assert complete(maker, "account", q="001", **asked) == []
    assert [one["code"] for one in complete(maker, "account", q="60")] == ["60", "6001"]


def test_choosing_an_account_says_what_its_lines_ask_for(site: Site, maker: Browser) -> None:
    with site.transaction() as ctx:
        ledger = Ledger(ctx)
        ledger.dimension("customer", "C001")
        ledger.require("1122", "customer")
        ctx.run(
            act("finance.account.update"),
            [ledger.account("1002")],
            values={"currency": ctx.session.scalars(select(Currency.id).where(Currency.code == "USD")).one()},
        )

    one = complete(maker, "account", q="1122", **{"for": "finance.voucher.account"})[0]
    assert one["hint"] == "customer"
    assert one["set"]["details"] == {"id": "", "name": "", "off": False}
    bank = complete(maker, "account", q="1002", **{"for": "finance.voucher.account"})[0]
    assert (bank["hint"], bank["set"]["details"]["off"], bank["set"]["foreign_currency"]["name"]) == (
        "USD",
        True,
        "USD",
    )


def test_only_values_that_suit_the_account_are_offered(site: Site, maker: Browser) -> None:
    with site.transaction() as ctx:
        ledger = Ledger(ctx)
        ledger.dimension("customer", "C001", "C002")
        ledger.dimension("project", "P1")
        ledger.require("1122", "customer")

    account = str(ids(site)["1122"])
    assert [one["name"] for one in complete(maker, "dimension_set", account=account)] == ["C001", "C002"]
    assert [one["name"] for one in complete(maker, "dimension_set", q="c002", account=account)] == ["C002"]
    assert complete(maker, "dimension_set", account=str(ids(site)["1001"])) == []
    assert complete(maker, "dimension_set", account="") == []


def test_a_combination_of_dimensions_is_made_when_it_is_first_used(site: Site, maker: Browser) -> None:
    with site.transaction() as ctx:
        ledger = Ledger(ctx)
        ledger.dimension("customer", "C001", "C002")
        ledger.dimension("project", "P1", "P2")
        ledger.require("1122", "customer", "project")
    known = ids(site)
    (choice,) = complete(maker, "dimension_set", q="C002 P1", account=str(known["1122"]))
    assert choice["name"] == "C002 / P1"

    form = maker.get("/finance/voucher/new").forms["record-form"]
    form["day"] = "2025-03-01"
    for at, (code, side) in enumerate((("1122", "debit"), ("5001", "credit"))):
        form[f"lines-{at}-summary"], form[f"lines-{at}-account"], form[f"lines-{at}-{side}"] = (
            "Sold",
            str(known[code]),
            "10",
        )
    form["lines-0-details"], form["lines-order"] = choice["id"], "0,1"
    form["lines-1-credit"] = "11"
    refused = form.submit("action", value="save", status=422)
    assert refused.html.select_one("[name=lines-0-details] + input")["value"] == "C002 / P1"
    again = refused.forms["record-form"]
    again["lines-1-credit"], again["lines-order"] = "10", "0,1"
    again.submit("action", value="save", status=303)

    with site.transaction() as ctx:
        assert "C002 / P1" in ctx.session.scalars(select(DimensionSet.name)).all()


def test_a_combination_that_somebody_made_up_is_refused(site: Site, maker: Browser) -> None:
    known = ids(site)
    form = maker.get("/finance/voucher/new").forms["record-form"]
    with site.transaction() as ctx:
        Ledger(ctx).dimension("customer", "C001")
        Ledger(ctx).require("1122", "customer")
    form = maker.get("/finance/voucher/new").forms["record-form"]
    form["lines-0-summary"], form["lines-0-account"], form["lines-0-debit"], form["lines-0-details"] = (
        "x",
        str(known["1122"]),
        "1",
        "99,x",
    )
    form["lines-order"] = "0"
    answer = form.submit("action", value="save", status=422)

    assert "Choose one from the list." in answer.text


# --- reports ----------------------------------------------------------------------------------------------------------


def test_the_trial_balance_shows_what_was_posted_and_nothing_else(site: Site, maker: Browser, auditor: Browser) -> None:
    posted(site, maker, auditor, on="2025-02-10")
    posted(site, maker, auditor, [("Paid", "1002", "60", ""), ("", "1122", "", "60")])
    enter(site, maker, SALE)
    answer = maker.get("/finance/trial-balance?period=2025-03")

    assert table(answer) == [
        ["1002", "Bank", "Nil", "", "60.00", "", "Dr", "60.00"],
        ["1122", "Receivables", "Dr", "113.00", "", "60.00", "Dr", "53.00"],
        ["2202", "Payables", "Cr", "13.00", "", "", "Cr", "13.00"],
        ["5001", "Sales", "Cr", "100.00", "", "", "Cr", "100.00"],
    ]
    assert totals(answer) == ["", "Total", "Nil", "", "60.00", "60.00", "Nil", ""]
    assert "Debit and credit agree" in answer.text
    account = ids(site)["1122"]
    assert answer.html.select("tr.hz-row")[1]["data-url"] == f"/finance/account-ledger?account={account}&period=2025-03"


def test_a_reversal_lowers_its_own_side(site: Site, maker: Browser, auditor: Browser) -> None:
    path = posted(site, maker, auditor)
    page = press(auditor, path, "reverse", on="2025-03-20")
    red = page.html.select_one("[data-field=reversed_by] a")["href"]
    press(maker, red, "audit")
    press(maker, red, "post")

    rows = table(maker.get("/finance/trial-balance?period=2025-03&zero=1"))
    (receivables,) = [row for row in rows if row[0] == "1122"]
    assert receivables == ["1122", "Receivables", "Nil", "", "", "", "Nil", ""]


def test_the_trial_balance_of_several_months_begins_with_the_first(
    site: Site, maker: Browser, auditor: Browser
) -> None:
    for day in ("2025-01-10", "2025-02-10", "2025-03-10"):
        posted(site, maker, auditor, [("Rent", "6001", "10", ""), ("", "1002", "", "10")], on=day)

    def rent(query: str) -> list[str]:
        return table(maker.get(f"/finance/trial-balance?balances=signed&{query}"))[1][2:]

    assert rent("period=2025-02&to=2025-03") == ["10.00", "20.00", "", "30.00"]
    assert rent("period=2025") == ["0.00", "30.00", "", "30.00"]
    assert rent("period=2025-03&year=1") == ["20.00", "10.00", "", "30.00", "", "30.00"]
    assert rent("period=2025-03&to=2025-01") == ["20.00", "10.00", "", "30.00"]
    assert table(maker.get("/finance/trial-balance?balances=columns&period=2025-03"))[0][2:] == [
        "",
        "20.00",
        "",
        "10.00",
        "",
        "30.00",
    ]
    sums = totals(maker.get("/finance/trial-balance?balances=columns&period=2025-03"))
    assert sums == ["", "Total", "20.00", "20.00", "10.00", "10.00", "30.00", "30.00"]


def test_accounts_above_add_up_those_below_them(site: Site, maker: Browser, auditor: Browser) -> None:
    with site.transaction() as ctx:
        ledger = Ledger(ctx)
        top = ctx.run(
            act("finance.account.create"),
            values=[{"code": "10", "name": "Money", "type": "asset", "side": "D", "postable": False}],
        ).id
        ctx.run(act("finance.account.update"), [ledger.account("1001"), ledger.account("1002")], values={"parent": top})
    posted(site, maker, auditor, [("x", "1001", "10", ""), ("", "1002", "5", ""), ("", "3001", "", "15")])
    answer = maker.get("/finance/trial-balance?period=2025-03&levels=1&balances=signed")

    assert [(row[0], row[3]) for row in table(answer)] == [
        ("10", "15.00"),
        ("1001", "10.00"),
        ("1002", "5.00"),
        ("3001", ""),
    ]
    assert totals(answer)[3:5] == ["15.00", "15.00"]
    both = table(maker.get(f"/finance/account-ledger?account={top}&period=2025-03"))
    assert [row[3] for row in both[1:3]] == ["1001 Cash", "1002 Bank"]
    assert table(maker.get("/finance/account"))[0][:2] == ["10", "Money"]
    names = maker.get("/finance/account").html.select("tr.hz-row td:nth-child(3)")
    assert [name.get_text() for name in names[:2]] == ["Money", "\N{EM SPACE}Cash"]


def test_a_ledger_runs_from_the_opening_to_the_sums_of_each_month(site: Site, maker: Browser, auditor: Browser) -> None:
    posted(site, maker, auditor, [("A", "1002", "100", ""), ("", "3001", "", "100")], on="2025-01-05")
    path = posted(site, maker, auditor, [("B", "6001", "30", ""), ("", "1002", "", "30")], on="2025-02-05")
    answer = maker.get(f"/finance/account-ledger?account={ids(site)['1002']}&period=2025-02&to=2025-03")

    assert table(answer) == [
        ["", "", "Opening balance", "", "", "Dr", "100.00"],
        ["Feb 5, 2025", "记-1", "B", "", "30.00", "Dr", "70.00"],
        ["", "", "Total of the month", "0.00", "30.00", "Dr", "70.00"],
        ["", "", "Total of the year so far", "100.00", "30.00", "Dr", "70.00"],
    ]
    assert answer.html.select("tr.hz-row")[1]["data-url"] == path


def test_pages_of_a_ledger_add_up_to_the_whole(
    site: Site, maker: Browser, auditor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    amounts = [
        ("2025-01-05", 3),
        ("2025-01-06", 4),
        ("2025-02-05", 5),
        ("2025-02-05", 6),
        ("2025-02-07", 7),
        ("2025-04-07", 8),
        ("2025-04-08", 9),
    ]
    with site.transaction() as ctx:
        ledger = Ledger(ctx)
        for day, amount in amounts:
            ledger.posted([("1002", str(amount)), ("3001", f"-{amount}")], on=day)
    whole = maker.get(f"/finance/account-ledger?account={ids(site)['1002']}&period=2025")
    monkeypatch.setattr(running, "PAGE", 2)
    url, pages = f"/finance/account-ledger?account={ids(site)['1002']}&period=2025", []
    while url:
        answer = maker.get(url)
        pages.append(table(answer))
        link = answer.html.select_one("a[rel=next]")
        url = link["href"] if link else ""

    assert len(pages) == 4
    assert [row for page in pages for row in page if "Brought forward" not in row[2]] == table(whole)[1:]
    assert [page[0][-1] for page in pages] == ["", "7.00", "18.00", "33.00"]
    assert table(whole)[-1][-1] == f"{sum(amount for _day, amount in amounts)}.00"


def test_foreign_amounts_stand_beside_those_of_the_books(site: Site, maker: Browser) -> None:
    with site.transaction() as ctx:
        ledger = Ledger(ctx)
        foreign = {
            "foreign_currency": ledger.currency("USD"),
            "foreign_amount": Decimal(10),
            "foreign_rate": Decimal("7.2"),
        }
        ledger.posted([("1002", "72", foreign), ("3001", "-72")])
    rows = table(maker.get(f"/finance/account-ledger?account={ids(site)['1002']}&period=2025-03"))

    assert rows[1][3:5] == ["USD\N{NO-BREAK SPACE}10.00", "72.00"]


def test_a_ledger_without_an_account_goes_through_all_of_them(site: Site, maker: Browser, auditor: Browser) -> None:
    assert maker.get("/finance/account-ledger?period=2025-03").html.select("tr.hz-row") == []
    posted(site, maker, auditor)
    seen, url = [], "/finance/account-ledger?period=2025-03"
    while url:
        answer = maker.get(url)
        seen += [row[3] for row in table(answer) if row[2] == "Sold"]
        link = answer.html.select_one("a[rel=next]")
        url = link["href"] if link else ""
    assert seen == ["1122 Receivables", "2202 Payables", "5001 Sales"]
    assert (
        "There is no such page."
        in maker.get(f"/finance/account-ledger?account={ids(site)['1002']}&at=9:x", status=422).text
    )


def test_reports_are_for_those_who_may_read_them(site: Site) -> None:
    clerk = site.browser("clerk")

    assert "/finance/trial-balance" not in clerk.get("/").text
    for path in ("/finance/trial-balance", "/finance/account-ledger", "/finance/trial-balance/-/export.csv"):
        clerk.get(path, status=404)


def test_a_report_is_taken_along_as_a_file(site: Site, maker: Browser, auditor: Browser) -> None:
    posted(site, maker, auditor)
    text = maker.get("/finance/trial-balance/-/export.csv?period=2025-03").body.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    sheet = load_workbook(io.BytesIO(maker.get("/finance/trial-balance/-/export.xlsx?period=2025-03").body)).active

    assert rows[0] == [
        "Code",
        "Account",
        "Opening Side",
        "Opening Amount",
        "This period Debit",
        "This period Credit",
        "Closing Side",
        "Closing Amount",
    ]
    assert rows[1] == ["1122", "Receivables", "Nil", "", "113", "", "Dr", "113"]
    assert rows[-1][4:6] == ["113", "113"]
    assert [cell.value for cell in sheet[2]][4] == 113
    ledger = maker.get(f"/finance/account-ledger/-/export.csv?account={ids(site)['1122']}&period=2025-03").body.decode(
        "utf-8-sig"
    )
    assert [row[2] for row in csv.reader(io.StringIO(ledger))][1:4] == ["Opening balance", "Sold", "Total of the month"]


# --- periods and settings ---------------------------------------------------------------------------------------------


def test_periods_are_closed_and_reopened_on_their_pages(site: Site, auditor: Browser, maker: Browser) -> None:
    with site.transaction() as ctx:
        january = ctx.session.scalars(select(Period.id).where(Period.code == "2025-01")).one()
    closed = press(auditor, f"/finance/period/{january}", "close")
    refused = enter(site, maker, SALE, on="2025-01-10", status=422)
    again = press(auditor, f"/finance/period/{january}", "reopen", reason="Forgot rent")

    assert "1 periods closed" in closed.text
    assert "Period 2025-01 is closed" in refused.html.select_one("#f-day-error").get_text()
    assert "Reopened: Forgot rent" in again.text


def test_a_year_is_opened_with_twelve_periods(site: Site, maker: Browser) -> None:
    form = maker.get("/finance/fiscal_year/new").forms["record-form"]
    assert (form["start"].value, form["name"].value) == ("2026-01-01", "2026")
    page = form.submit("action", value="save", status=303).follow()

    assert len(page.html.select("tbody tr[data-line]")) == 12
    assert len(table(maker.get("/finance/period"))) == 24


def test_settings_are_lists_and_forms(site: Site, maker: Browser) -> None:
    with site.transaction() as ctx:
        Ledger(ctx).dimension("project", "P1")
        dimension = ctx.session.scalars(select(Dimension.id)).one()
    for name, rows in (
        ("dimension", 1),
        ("dimension_value", 1),
        ("voucher_word", 1),
        ("exchange_rate", 0),
        ("fiscal_year", 1),
    ):
        assert len(table(maker.get(f"/finance/{name}"))) == rows
        maker.get(f"/finance/{name}/new")
    assert "P1" in maker.get(f"/finance/dimension/{dimension}").text


# --- cost -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/finance/voucher", 12),
        ("/finance/voucher/new", 14),
        ("/finance/voucher/{voucher}", 24),
        ("/finance/account", 12),
        ("/finance/trial-balance?period=2025-03", 14),
        ("/finance/account-ledger?account={account}&period=2025-03", 18),
    ],
)
def test_a_page_takes_few_statements_however_much_there_is(site: Site, maker: Browser, path: str, most: int) -> None:
    with site.transaction() as ctx:
        ledger = Ledger(ctx)
        made = [ledger.posted([("1002", str(amount)), ("3001", f"-{amount}")]).id for amount in range(1, 12)]
    address = path.format(voucher=made[-1], account=ids(site)["1002"])
    maker.get(address)
    with site.statements() as sent:
        maker.get(address)

    assert len(sent) <= most, "\n".join(sent)

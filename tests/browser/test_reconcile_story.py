"""What a keyboard may be relied on for at the page of banks: sums run along, Enter matches, nothing is too wide."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from hanse import StoredFile
from hanse.actions import Context, find_action
from hanse.testing.databases import Databases
from hanse.testing.people import open_for_admin
from hanse_banking.actions.statements import as_values
from hanse_banking.models import BankMatch
from hanse_banking.reading import FoundLine, FoundStatement
from hanse_finance.models import Account, Voucher
from house import PASSWORD, Visitor, needs_browser, serving

PAGE = "/banking/reconcile"
LINES = (
    *(("2025-03-03", "12800", "青岛海港贸易有限公司", "货款"), ("2025-03-05", "-350.50", "电力公司", "电费")),
    *(("2025-03-12", "-25", "", "手续费"), ("2025-03-20", "9000", "Lübeck Shipping", "Invoice 77")),
)
ENTRIES = (("2025-03-03", "12800"), ("2025-03-06", "-350.50"), ("2025-03-19", "4000"), ("2025-03-20", "5000"))


def _act(ctx: Context, name: str, *records: Any, **params: Any) -> Any:
    found = find_action(name)
    assert found is not None
    return ctx.run(found, *records, **params)


def _fill(ctx: Context) -> None:
    chart = (("1002", "银行存款", "asset", "D"), ("6001", "主营业务收入", "income", "C"))
    rows = [{"code": code, "name": name, "type": kind, "side": side} for code, name, kind, side in chart]
    bank, sales = _act(ctx, "finance.account.create", values=rows).done
    _act(ctx, "finance.voucher_word.create", values=[{"code": "记", "name": "记账凭证"}])
    _act(ctx, "finance.fiscal_year.create", values=[{"start": date(2025, 1, 1)}])
    for day, amount in ENTRIES:
        size, into = abs(Decimal(amount)), not amount.startswith("-")
        sides = ("debit", "credit") if into else ("credit", "debit")
        lines = [{"summary": "收到货款" if into else "付款", "account": bank, sides[0]: size}]
        lines.append({"account": sales, sides[1]: size})
        values = {"day": date.fromisoformat(day), "lines": lines, "source": f"test:{day}", "document": "test"}
        _act(ctx, "finance.voucher.enter", values=[values], maker=ctx.user.id)
    currency = ctx.company.currency_id
    values = {"name": "工商银行 基本户", "account": bank, "currency": currency, "number": "6222"}
    account = _act(ctx, "banking.account.create", values=[values]).id
    found = FoundStatement(
        tuple(
            FoundLine(place, date.fromisoformat(day), Decimal(amount), counterparty=who, purpose=what)
            for place, (day, amount, who, what) in enumerate(LINES, start=1)
        ),
        opening=Decimal(0),
        end=date(2025, 3, 31),
    )
    stored = StoredFile.of("a" * 64, 1, "march.csv")
    _act(ctx, "banking.account.read", [account], stored=stored, statements=[as_values(found)])
    assert len(ctx.all(Account)) == 2
    assert len(ctx.all(Voucher)) == len(ENTRIES)
    _act(ctx, "core.user.set_password", [ctx.user.id], password=PASSWORD)


@pytest.fixture
def visit(databases: Databases, tmp_path: Path, chrome: Browser) -> Iterator[Any]:
    with databases.copy() as database:
        with database.session() as session, session.begin():
            _fill(open_for_admin(session))
        with serving(database, tmp_path) as house:
            yield lambda **more: Visitor(chrome, house, **more)


def _matches(visitor: Visitor) -> int:
    with visitor.house.database.session() as session, session.begin():
        return len(open_for_admin(session).all(BankMatch))


@needs_browser
def test_a_month_is_matched_from_the_keyboard(visit: Any) -> None:
    visitor = visit(width=1280, locale="en")
    visitor.sign_in("admin")
    page = visitor.page
    page.goto(visitor.house.address + PAGE)
    line, entry = (page.locator(f"input[name={side}]") for side in ("line", "entry"))
    line.nth(0).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    assert line.nth(1).is_checked()
    assert page.locator("[data-difference]").inner_text() == "-350.50"
    assert page.locator("[data-match]").is_disabled()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    assert entry.nth(1).is_checked()
    assert page.locator("[data-difference]").inner_text() == "0.00"
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelectorAll('input[name=line]').length === 3")
    assert _matches(visitor) == 1
    visitor.close()


@needs_browser
@pytest.mark.parametrize(
    ("width", "locale", "theme"), [(1280, "zh_CN", "light"), (390, "zh_CN", "dark"), (390, "en", "light")]
)
def test_nothing_is_wider_than_the_page(visit: Any, width: int, locale: str, theme: str) -> None:
    visitor = visit(width=width, locale=locale, scheme=theme)
    visitor.sign_in("admin")
    for path in (PAGE, "/banking/adjustment?period=2025-03", "/banking/account", "/banking/rule/new"):
        visitor.page.goto(visitor.house.address + path)
        visitor.look(theme)
        if pictures := os.environ.get("PICTURES_OF_BANKS"):
            name = path.strip("/").partition("?")[0].replace("/", "-")
            visitor.page.screenshot(path=f"{pictures}/{name}-{width}-{locale}.png")
    visitor.close()

"""What pages of quantities look like: nothing is too wide, on paper neither, in both languages and themes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from hanse.actions import Context, find_action
from hanse.testing.databases import Databases
from hanse.testing.people import open_for_admin
from house import PASSWORD, Visitor, needs_browser, serving

CHART = (
    ("1002", "银行存款", "Bank", "asset", "D", None),
    ("1405", "库存商品", "Goods", "asset", "D", "件"),
    ("1403", "原材料", "Raw materials", "asset", "D", "千克"),
    ("6001", "主营业务收入", "Sales", "income", "C", None),
)
#: day, account, amount (positive: received), quantity, place of the goods among the dimension's values
MOVES = (
    ("2025-01-08", "1405", "128000", "1600", 0),
    ("2025-02-11", "1405", "-41600", "520", 0),
    ("2025-02-14", "1405", "96250.50", "350", 1),
    ("2025-03-03", "1403", "23456.78", "1250.125", None),
    ("2025-03-05", "1405", "84000", "1000", 0),
    ("2025-03-12", "1405", "-33280", "416", 0),
    ("2025-03-19", "1405", "-27500", "100", 1),
    ("2025-03-28", "1403", "-9382.71", "500.05", None),
)
PAGES = (
    "/finance/quantity-ledger?period=2025-03",
    "/finance/quantity-ledger?period=2025-03&divided=1",
    "/finance/quantity-balances?period=2025-03&divided=1&year=1",
    "/finance/quantity-balances?period=2025-03",
    "/finance/closing?period=2025-01",
)


def _act(ctx: Context, name: str, *records: Any, **params: Any) -> Any:
    found = find_action(name)
    assert found is not None
    return ctx.run(found, *records, **params)


def _fill(ctx: Context) -> int:
    """Keep books of goods; give the last voucher, which has files and says fewer documents."""
    names = ("code", "name", "name_en", "type", "side", "unit")
    ids = _act(ctx, "finance.account.create", values=[dict(zip(names, row, strict=True)) for row in CHART]).done
    accounts = dict(zip([row[0] for row in CHART], ids, strict=True))
    _act(ctx, "finance.voucher_word.create", values=[{"code": "记", "name": "记账凭证"}])
    _act(ctx, "finance.fiscal_year.create", values=[{"start": date(2025, 1, 1)}])
    kinds = _act(ctx, "finance.dimension.create", values=[{"code": "goods", "name": "存货"}]).id
    goods = [{"dimension": kinds, "code": code, "name": name} for code, name in (("A01", "白瓷杯"), ("B02", "铸铁锅"))]
    values = _act(ctx, "finance.dimension_value.create", values=goods).done
    sets = _act(ctx, "finance.dimension_set.combine", combinations=[[one] for one in values]).done
    _act(ctx, "finance.account.update", [accounts["1405"]], values={"dimensions": [{"dimension": kinds}]})
    for number, (day, code, amount, quantity, place) in enumerate(MOVES):
        size, into = abs(Decimal(amount)), not amount.startswith("-")
        sides = ("debit", "credit") if into else ("credit", "debit")
        line = {"summary": "采购入库" if into else "销售出库", "account": accounts[code], sides[0]: size}
        line |= {"quantity": Decimal(quantity), "details": None if place is None else sets[place]}
        lines = [line, {"account": accounts["1002"], sides[1]: size}]
        row = {"day": date.fromisoformat(day), "lines": lines, "source": f"test:{number}", "document": "test"}
        _act(ctx, "finance.voucher.enter", values=[row], maker=ctx.user.id)
    lines = [
        {"summary": "办公用品", "account": accounts["6001"], "debit": 5},
        {"account": accounts["1002"], "credit": 5},
    ]
    draft = _act(ctx, "finance.voucher.create", values=[{"day": date(2025, 4, 1), "lines": lines, "attachments": 1}]).id
    kept = {"media_type": "application/pdf", "size": 4, "key": "a" * 64}
    _act(ctx, "finance.voucher.attach", [draft], files=[{"name": f"发票{one}.pdf", **kept} for one in (1, 2)])
    _act(ctx, "core.user.set_password", [ctx.user.id], password=PASSWORD)
    return int(draft)


@pytest.fixture
def visit(databases: Databases, tmp_path: Path, chrome: Browser) -> Iterator[Any]:
    with databases.copy() as database:
        with database.session() as session, session.begin():
            draft = _fill(open_for_admin(session))
        with serving(database, tmp_path) as house:
            yield lambda **more: (Visitor(chrome, house, **more), draft)


@needs_browser
@pytest.mark.parametrize(
    ("width", "locale", "theme"),
    [(1280, "zh_CN", "light"), (1280, "en", "dark"), (390, "zh_CN", "dark"), (390, "en", "light")],
)
def test_nothing_is_wider_than_the_page(visit: Any, width: int, locale: str, theme: str) -> None:
    visitor, draft = visit(width=width, locale=locale, scheme=theme)
    visitor.sign_in("admin")
    for number, path in enumerate((*PAGES, f"/finance/voucher/{draft}")):
        visitor.page.goto(visitor.house.address + path)
        visitor.look(theme)
        if pictures := os.environ.get("PICTURES_OF_QUANTITIES"):
            visitor.page.screenshot(path=f"{pictures}/{number}-{width}-{locale}.png")
    assert visitor.complaints == []
    visitor.close()


@needs_browser
def test_on_a_phone_receipts_and_issues_are_told_apart(visit: Any) -> None:
    visitor, _draft = visit(width=390, locale="en")
    visitor.sign_in("admin")
    visitor.page.goto(visitor.house.address + PAGES[0])
    shown = visitor.page.locator("tr.hz-row td[data-label]").evaluate_all("all => all.map(one => one.dataset.label)")
    assert set(shown) == {"Receipts · Quantity", "Receipts · Amount", "Issues · Quantity", "Issues · Amount"}
    visitor.close()

"""An accountant's end of the month at the screen: revalue, transfer, post, close, print, reopen, close again."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pikepdf
import pytest
from playwright.sync_api import Browser, expect

from hanse.testing.databases import Databases
from house import House, Visitor, fill, needs_browser, serving

pytestmark = [needs_browser, pytest.mark.slow]

PERIOD = "2025-01"
WORDS = {
    "en": {
        "revalue": "Revalue",
        "transfer": "Transfer profit and loss",
        "post": "Audit and post %s closing vouchers",
        "assign": "Assign cash flow",
        "close": "Close period",
        "confirm": "Close period",
        "reopen": "Reopen period",
        "closed": "Closed",
        "open": "Open",
        "against": "stand against closing the period",
        "balance": "Balance sheet",
        "print": "Print the official form",
        "bank": "Cash and bank",
    },
    "zh_CN": {
        "revalue": "期末调汇",
        "transfer": "结转损益",
        "post": "审核并记账 %s 张结账凭证",
        "assign": "分配现金流量",
        "close": "结账",
        "confirm": "结账",
        "reopen": "反结账",
        "closed": "已结账",
        "open": "未结账",
        "against": "暂不能结账",
        "balance": "资产负债表",
        "print": "打印报表",
        "bank": "货币资金",
    },
}


@dataclass
class Office:
    """The chief, who closes, and the auditor, who posts."""

    chief: Visitor
    auditor: Visitor
    say: dict[str, str]

    def go(self, who: Visitor) -> None:
        who.page.goto(f"/finance/closing?period={PERIOD}")

    def press(self, who: Visitor, name: str) -> None:
        who.page.locator(".hz-page").get_by_role("button", name=name, exact=True).first.click()
        who.page.wait_for_load_state("networkidle")


@pytest.fixture(params=[("en", 1280), ("zh_CN", 390)], ids=lambda one: f"{one[0]}-{one[1]}")
def office(request: pytest.FixtureRequest, databases: Databases, chrome: Browser, tmp_path: Path) -> Iterator[Office]:
    locale, width = request.param
    with databases.copy() as database:
        fill(database)
        with serving(database, tmp_path) as house:
            people = [_visitor(chrome, house, login, locale, width) for login in ("chief", "auditor")]
            yield Office(*people, WORDS[locale])
            for one in people:
                assert one.complaints == []
                one.close()


def _visitor(chrome: Browser, house: House, login: str, locale: str, width: int) -> Visitor:
    visitor = Visitor(chrome, house, width=width, locale=locale)
    visitor.sign_in(login)
    return visitor


def hashes(visitor: Visitor) -> list[str]:
    return visitor.page.locator("code").all_inner_texts()


def test_a_month_is_closed_printed_reopened_and_closed_again(office: Office) -> None:
    chief, auditor, say = office.chief, office.auditor, office.say
    office.go(chief)
    chief.look()
    expect(chief.page.get_by_role("status").first).to_contain_text(say["against"])
    for step, count in (("revalue", "1"), ("transfer", "2")):
        office.press(chief, say[step])
        office.go(auditor)
        office.press(auditor, say["post"] % count)
        office.go(chief)
    office.press(chief, say["assign"])
    chief.look()
    close(office)
    expect(chief.page.locator(".hz-page .hz-tag").first).to_have_text(say["closed"])
    chief.look("dark")
    first = hashes(chief)
    assert len(first) == 4
    assert all(re.fullmatch("[0-9a-f]{64}", one) for one in first)
    check_statements(office)
    office.go(chief)
    chief.page.fill("#closing-reason", "one more look")
    office.press(chief, say["reopen"])
    expect(chief.page.locator(".hz-page .hz-tag").first).to_have_text(say["open"])
    close(office)
    assert hashes(chief) == first + first
    assert chief.page.locator(".hz-finding[data-tone=warn]").count() == 0


def close(office: Office) -> None:
    page = office.chief.page
    office.go(office.chief)
    page.locator(".hz-page").get_by_role("button", name=office.say["close"], exact=True).click()
    page.locator("dialog[open]").get_by_role("button", name=office.say["confirm"], exact=True).click()
    page.wait_for_load_state("networkidle")


def check_statements(office: Office) -> None:
    """Go from the balance sheet to a line, an account and a voucher; and get the form on paper."""
    page, say = office.chief.page, office.say
    page.goto(f"/finance/balance-sheet?period={PERIOD}")
    office.chief.look()
    page.get_by_role("link", name=say["bank"], exact=True).click()
    page.wait_for_url("**/finance/statement-line**")
    office.chief.look()
    page.locator("#hz-list tr.hz-row a").first.click()
    page.wait_for_url("**/finance/account-ledger**")
    answer = office.chief.context.request.get(f"/finance/statements-pdf?period={PERIOD}")
    assert answer.status == 200
    with pikepdf.open(io.BytesIO(answer.body())) as document:
        assert len(document.pages) == 3
    for path in ("/finance/income-statement", "/finance/cash-flow", "/finance/cash_flow"):
        page.goto(f"{path}?period={PERIOD}" if "-" in path else path)
        office.chief.look()

"""An accountant's month at the screen: enter, audit, post, reconcile, revalue, transfer, close, print, reopen."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import pikepdf
import pytest
from keys import BANK, save_new, write_voucher
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from hanse.actions import open_context
from hanse.actions.context import identify
from hanse.directory.models import Company
from hanse.testing.databases import Databases
from hanse_finance.models import Account, Voucher, VoucherKind, VoucherLine
from house import COMPANY, House, Visitor, fill, needs_browser, serving

pytestmark = [needs_browser, pytest.mark.slow]

PERIOD = "2025-01"
DRAWN, FEE = Decimal("1234.5"), Decimal("12.5")
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
        "audit": "Audit",
        "book": "Post",
        "posted": "Posted",
        "read": "Read a statement",
        "stated": "Balance of the bank statement",
        "adjusted": ("Adjusted balance of the bank", "Adjusted balance of the books"),
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
        "audit": "审核",
        "book": "记账",
        "posted": "已记账",
        "read": "读入对账单",
        "stated": "银行对账单余额",
        "adjusted": ("调节后银行余额", "调节后账面余额"),
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


def test_a_month_is_kept_reconciled_closed_printed_reopened_and_closed_again(office: Office, tmp_path: Path) -> None:
    chief, auditor, say = office.chief, office.auditor, office.say
    enter(office)
    reconcile(office, tmp_path / "january.csv")
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


def enter(office: Office) -> None:
    """Write a voucher by the keyboard; another one audits and posts it."""
    page, second = office.chief.page, office.auditor.page
    write_voucher(page, "提取备用金", str(DRAWN), day=date(2025, 1, 31))
    second.goto(save_new(page))
    office.auditor.press(office.say["audit"])
    second.wait_for_load_state()
    office.auditor.press(office.say["book"])
    second.locator("#hz-confirm [value=yes]").click()
    expect(second.locator(".hz-states [aria-current]")).to_have_text(office.say["posted"])


def reconcile(office: Office, path: Path) -> None:
    """Read what the bank says of the month, match it, and see that both sides come to the same balance."""
    page, say = office.chief.page, office.say
    page.goto("/banking/account/new")
    page.fill("#f-name", "工商银行")
    page.fill("#f-account", BANK.partition(" ")[0])
    page.get_by_role("option", name=BANK).click()
    page.keyboard.press("Control+s")
    page.wait_for_url(re.compile(r"/banking/account/\d+$"))
    closing = write_statement(office, path)
    page.goto("/banking/reconcile")
    office.chief.press(say["read"])
    page.set_input_files("#statement-file", path)
    page.locator("dialog[open] [value=read]").click()
    page.wait_for_load_state("networkidle")
    office.chief.look()
    page.locator("button[value=accept]").click()
    page.wait_for_load_state("networkidle")
    while (proposals := page.locator("button[value=take]")).count():
        proposals.first.click()
        page.wait_for_load_state("networkidle")
    office.chief.look("dark")
    assert page.locator("input[name=line]").count() == 1, "the fee, which is not in the books"
    assert page.locator("input[name=entry]").count() == 1, "the cash of the last day, which is not in the bank"
    page.goto(f"/banking/adjustment?period={PERIOD}")
    office.chief.look()
    shown = {row[1].strip(): row[2].strip() for row in table(page)}
    assert shown[say["stated"]] == f"{closing:,.2f}"
    assert shown[say["adjusted"][0]] == shown[say["adjusted"][1]] == f"{closing - DRAWN:,.2f}"


def write_statement(office: Office, path: Path) -> Decimal:
    """Write what the bank's website would give: all that the books have of the month but the last, and a fee.

    :returns: the closing balance
    """
    with office.chief.house.database.session() as session, session.begin():
        chief = identify(session, "chief")
        assert chief is not None
        open_context(
            session, chief, session.scalars(select(Company.id).where(Company.name == COMPANY)).one(), via="test"
        )
        query = (
            select(VoucherLine.day, VoucherLine.base, VoucherLine.summary, Voucher.kind)
            .join(Account, Account.id == VoucherLine.account_id)
            .join(Voucher, Voucher.id == VoucherLine.voucher_id)
            .where(Account.code == BANK.partition(" ")[0])
            .order_by(VoucherLine.day, VoucherLine.id)
        )
        found = session.execute(query).all()
    balance = sum((row.base for row in found if row.kind is VoucherKind.OPENING), Decimal(0))
    moved = [(row.day, row.base, row.summary) for row in found if row.kind is not VoucherKind.OPENING]
    assert moved[-1][:2] == (date(2025, 1, 31), -DRAWN)
    with path.open("w", encoding="gb18030", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["交易日期", "借方发生额", "贷方发生额", "余额", "摘要", "流水号"])
        for number, (day, amount, summary) in enumerate([*moved[:-1], (date(2025, 1, 31), -FEE, "手续费")], start=1):
            balance += amount
            both = ("", amount) if amount > 0 else (-amount, "")
            writer.writerow([day.isoformat(), *both, balance, summary, f"L{number:05}"])
    return balance


def table(page: Page) -> list[list[str]]:
    """Give the rows of a report."""
    rows: list[list[str]] = page.eval_on_selector_all(
        "#hz-list tr.hz-row", "all => all.map(row => [...row.cells].map(cell => cell.innerText))"
    )
    return rows


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

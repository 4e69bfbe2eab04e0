"""Vouchers as somebody at a keyboard writes them."""

from __future__ import annotations

import re
from datetime import date

from playwright.sync_api import Page

CASH, BANK = "1001 库存现金", "100201 银行存款-工商银行"


def choose_by_keys(page: Page, line: int, account: str) -> None:
    """Type a code into the cell of the account, which has the focus, and take what is offered."""
    assert page.evaluate("document.activeElement.id") == f"lines-{line}-account"
    page.keyboard.type(account.partition(" ")[0])
    page.get_by_role("option", name=account).wait_for()
    page.keyboard.press("Enter")
    assert page.input_value(f"#lines-{line}-account") == account


def go_to(page: Page, cell: str) -> None:
    """Press Enter until a cell has the focus."""
    for _ in range(8):
        if page.evaluate("document.activeElement.id") == cell:
            return
        page.keyboard.press("Enter")
    raise AssertionError(f"Enter never comes to {cell}")


def write_voucher(page: Page, summary: str, amount: str, day: date | None = None) -> None:
    """Write cash drawn from the bank, by the keyboard alone; the second amount is the one that balances."""
    page.goto("/finance/voucher/new")
    if day is not None:
        page.fill("#f-day", day.isoformat())
        page.focus("#lines-0-summary")
    assert page.evaluate("document.activeElement.id") == "lines-0-summary"
    page.keyboard.type(summary)
    page.keyboard.press("Enter")
    choose_by_keys(page, 0, CASH)
    go_to(page, "lines-0-debit")
    page.keyboard.type(amount)
    go_to(page, "lines-1-summary")
    page.keyboard.type("//")
    assert page.input_value("#lines-1-summary") == summary
    page.keyboard.press("Enter")
    choose_by_keys(page, 1, BANK)
    go_to(page, "lines-1-credit")
    page.keyboard.press("=")


def save_new(page: Page) -> str:
    """Save by the keyboard; give the address of the new record."""
    page.keyboard.press("Control+s")
    page.wait_for_url(re.compile(r"/finance/voucher/\d+$"))
    return page.url

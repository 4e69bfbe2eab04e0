"""Rows copied from a spreadsheet become lines of a voucher; what nobody knows stays and is marked."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

from house import House, Visitor, needs_browser

pytestmark = needs_browser

PASTE = """([selector, text]) => {
    const data = new DataTransfer();
    data.setData("text/plain", text);
    const cell = document.querySelector(selector);
    cell.focus();
    cell.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


def paste(page: Page, selector: str, text: str) -> None:
    page.evaluate(PASTE, [selector, text])


def chief(chrome: Browser, house: House) -> Visitor:
    visitor = Visitor(chrome, house, width=1280, locale="en")
    visitor.sign_in("chief")
    visitor.page.goto("/finance/voucher/new")
    return visitor


def test_a_voucher_is_pasted_and_saved(chrome, house):
    visitor = chief(chrome, house)
    page = visitor.page
    rows = ["Summary\tAccount\tDebit\tCredit", "Pasted\t1001\t1,234.50\t"]
    rows += [f'"Pasted\tat ""home"""\t100201\t\t{amount}' for amount in ("1000", "200", "30", "4.50")]
    paste(page, "#lines-0-summary", "\r\n".join(rows) + "\r\n")
    expect(page.locator("#lines-4-credit")).to_have_value("4.50")
    expect(page.locator("[data-difference]")).to_have_text("Balanced")
    assert page.input_value("#lines-0-account") == "1001 库存现金"
    assert page.input_value("#lines-1-summary") == 'Pasted\tat "home"'
    assert page.input_value("#lines-1-credit") == "1,000.00"
    page.keyboard.press("Control+s")
    page.wait_for_url(re.compile(r"/finance/voucher/\d+"))
    assert page.locator("[data-lines] tbody tr[data-line]").count() >= 5
    visitor.close()


def test_rows_without_headings_begin_at_the_cell_and_the_unknown_stays(chrome, house):
    visitor = chief(chrome, house)
    page = visitor.page
    paste(page, "#lines-0-summary", "One\t1001\nTwo\tno such account\n")
    expect(page.locator("#lines-1-account")).to_have_value("no such account")
    expect(page.locator("#lines-1-account")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#lines-0-account")).to_have_value("1001 库存现金")
    paste(page, "#lines-0-summary", "just one cell")
    assert page.input_value("#lines-0-summary") == "One", "a single cell is the browser's own business"
    visitor.close()

"""Quantities that books open with: entered by hand or read from a file, posted, and taken back."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import pytest
from bookkeeping import Ledger, act
from openpyxl import Workbook
from test_quantity_books import BALANCE, read, table
from test_taking_over import Sheet, faults

from hanse.errors import BusinessError
from hanse_finance import books
from hanse_finance.screens.books import QUANTITY_BALANCES
from hanse_finance.screens.opening_sheet import write_template
from hanse_finance.takeover.planning import plan_balances
from hanse_finance.takeover.reading import read_balances
from hanse_finance.takeover.sheet import read_sheet


@pytest.fixture
def stock(ledger: Ledger) -> Ledger:
    """Books with goods in pieces, sales by weight, and an account for the profit."""
    rows = [
        {"code": "1405", "name": "Goods", "type": "asset", "side": "D", "unit": "pcs"},
        {"code": "5002", "name": "Sales by weight", "type": "income", "side": "C", "unit": "kg"},
        {"code": "3103", "name": "Profit", "type": "equity", "side": "C"},
    ]
    ledger.maker.run(act("finance.account.create"), values=rows)
    return ledger


def test_books_open_with_a_quantity(stock):
    stock.open(2026)
    sheet = Sheet(stock)
    sheet.enter(sheet.line("1405", "300", quantity="40"), sheet.line("3001", "-300"))
    sheet.open()
    asked = {"account": stock.account("1405")}
    for period in ("2025-01", "2026-05"):
        assert table(read(stock, period=period, **asked), *BALANCE)[0] == ("Dr", "40", "7.5", "300")
    assert books.differences(stock.maker) == []
    sheet.take_back()
    assert read(stock, period="2025-01", **asked).rows is not None
    assert table(read(stock, QUANTITY_BALANCES, period="2025-01", zero=1), "closing_quantity") == [(None,), (None,)]
    assert books.differences(stock.maker) == []


def test_a_quantity_without_an_amount_opens_too(stock):
    sheet = Sheet(stock)
    sheet.enter(sheet.line("1405", "0", quantity="3"), sheet.line("1001", "5"), sheet.line("3001", "-5"))
    sheet.open()
    assert table(read(stock, period="2025-01", account=stock.account("1405")), *BALANCE)[0] == ("Dr", "3", None, None)


def test_quantities_of_the_year_to_date_stand_in_the_months_before_and_leave_with_the_transfer(stock):
    sheet = Sheet(stock, "2025-07", "3103")
    # since January: 90 pieces bought for 900, 50 of them sold at a cost of 500, 4 kg sold for 800; transferred
    sheet.enter(
        sheet.line("1405", "700", debit="900", credit="500", quantity="70", debit_quantity="90", credit_quantity="50"),
        sheet.line("5002", "0", debit="800", credit="800", debit_quantity="4", credit_quantity="4"),
        sheet.line("1001", "400", debit="800", credit="900"),
        sheet.line("6001", "0", debit="500", credit="500"),
        sheet.line("3001", "-800"),
        sheet.line("3103", "-300", debit="500", credit="800"),
    )
    assert sheet.check().is_good
    sheet.open()
    reading = read(stock, QUANTITY_BALANCES, period="2025")
    assert table(reading, "code", "opening_quantity", "debit_quantity", "credit_quantity", "closing_quantity") == [
        ("1405", "30", "90", "50", "70"),
        ("5002", None, "4", "4", None),
    ]
    assert books.differences(stock.maker) == []


@pytest.mark.parametrize(
    ("code", "more", "field", "message"),
    [
        ("1001", {"quantity": "3"}, "0.quantity", "1001 Cash counts in no unit"),
        ("1405", {"quantity": "a few"}, "0.quantity", "number"),
        ("1405", {"debit_quantity": "3"}, "0.debit", "begin with the year"),
    ],
)
def test_what_cannot_be_counted_is_refused_in_its_place(stock, code, more, field, message):
    sheet = Sheet(stock)
    with pytest.raises(BusinessError) as refused:
        sheet.enter(sheet.line(code, "100", **more))
    assert [(place, message in said) for place, said in faults(refused)] == [(field, True)]


def test_the_check_says_which_account_opens_without_its_quantity(stock):
    sheet = Sheet(stock)
    sheet.enter(sheet.line("1405", "300"), sheet.line("3001", "-300"))
    assert [str(one.message) for one in sheet.check().findings] == [
        "1405 Goods counts in pcs, but opens without a quantity."
    ]
    sheet.open()
    assert stock.trial("2025-01")["1405"] == ("300", "0", "0", "300"), "it is a warning"


def file(*rows: list[Any]) -> io.BytesIO:
    book, target = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(target)
    return io.BytesIO(target.getvalue())


@pytest.mark.parametrize(
    "heads",
    [
        ["科目编码", "科目名称", "期初余额方向", "期初数量", "期初余额"],
        ["Account code", "Account name", "Side", "Opening quantity", "Opening balance"],
    ],
)
def test_quantities_are_read_from_files_where_the_account_counts(stock, heads):
    sheet = Sheet(stock)
    found = read_balances(file(heads, ["1405", "Goods", "借", 40, 300], ["1001", "Cash", "借", 0, 20]), {})
    plan = plan_balances(stock.maker, sheet.record, found, "opening")
    assert [(line["balance"], line.get("quantity")) for line in plan.lines] == [(300, 40), (20, None)]


def test_the_template_takes_quantities_out_and_in(stock):
    sheet = Sheet(stock, "2025-03")
    sheet.enter(
        sheet.line("1405", "300", debit="300", quantity="40", debit_quantity="40"),
        sheet.line("3001", "-300", credit="300"),
    )
    target = io.BytesIO()
    write_template(read_sheet(stock.maker, sheet.record), {}, {}, {}, target)
    found = read_balances(io.BytesIO(target.getvalue()), {})
    plan = plan_balances(stock.maker, sheet.record, found, "opening")
    (goods,) = (line for line in plan.lines if line["account"] == stock.account("1405"))
    assert (goods["quantity"], goods["debit_quantity"], goods["credit_quantity"]) == (Decimal(40), Decimal(40), 0)

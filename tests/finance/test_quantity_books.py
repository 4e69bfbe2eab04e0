"""What quantity books may be relied on for: receipts, issues and stock of accounts that count in a unit.

Figures of a month: added up by hand in the test; of many vouchers: by hledger, and by a dictionary written here.
"""

from __future__ import annotations

import csv
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from bookkeeping import Ledger, act
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from hanse.errors import BusinessError
from hanse.screens import Given, Reading, Report
from hanse_finance import books
from hanse_finance.archive.ledgers import on_paper
from hanse_finance.archive.parts import Request
from hanse_finance.reports import span_of
from hanse_finance.screens.books import QUANTITY_BALANCES, QUANTITY_LEDGER, running
from hanse_finance.screens.books.quantity import Balance, unit_price

ZERO = Decimal(0)
HLEDGER = shutil.which("hledger")


@pytest.fixture
def stock(ledger: Ledger) -> Ledger:
    """Books with goods in pieces and material in kilograms."""
    goods = [
        {"code": "1405", "name": "Goods", "type": "asset", "side": "D", "unit": "pcs"},
        {"code": "1403", "name": "Material", "type": "asset", "side": "D", "unit": "kg"},
    ]
    ledger.maker.run(act("finance.account.create"), values=goods)
    return ledger


def moved(stock: Ledger, amount: str, quantity: str, on: str, *, account: str = "1405", **more: Any) -> None:
    """Receive, or issue where the amount is negative; a quantity below zero with a positive amount is a red issue."""
    other = amount.removeprefix("-") if amount.startswith("-") else f"-{amount}"
    line = (account, amount, {"quantity": Decimal(quantity), **more})
    stock.posted((line, ("1002", other)), on=on)


def read(stock: Ledger, report: Report = QUANTITY_LEDGER, *, whole: bool = True, **values: object) -> Reading:
    given = {one.name: one.default(stock.maker) if one.default else "" for one in report.parameters}
    return report.read(stock.maker, Given(given | {name: str(value) for name, value in values.items()}, whole))


def table(reading: Reading, *names: str) -> list[tuple[Any, ...]]:
    """Give some columns of the rows, amounts as they would be typed."""
    columns = [column.name for column in reading.columns]
    return [tuple(_plain(row.values[columns.index(name)]) for name in names) for row in reading.rows]


def _plain(value: Any) -> Any:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else None if value is None else str(value)


MOVES = ("debit_quantity", "debit_price", "debit", "credit_quantity", "credit_price", "credit")
BALANCE = ("side", "balance_quantity", "balance_price", "balance")


def test_a_month_of_receipts_and_issues_with_stock_after_each(stock):
    moved(stock, "1000", "100", "2025-02-20")
    moved(stock, "600", "50", "2025-03-05")
    moved(stock, "-800", "75", "2025-03-20")
    reading = read(stock, account=stock.account("1405"), period="2025-03")
    assert table(reading, *MOVES, *BALANCE) == [
        (None, None, None, None, None, None, "Dr", "100", "10", "1000"),
        ("50", "12", "600", None, None, None, "Dr", "150", "10.6667", "1600"),
        (None, None, None, "75", "10.6667", "800", "Dr", "75", "10.6667", "800"),
        ("50", "12", "600", "75", "10.6667", "800", "Dr", "75", "10.6667", "800"),
        ("150", "10.6667", "1600", "75", "10.6667", "800", "Dr", "75", "10.6667", "800"),
    ]


def test_a_red_voucher_lowers_the_quantity_of_its_own_side(stock):
    moved(stock, "600", "50", "2025-03-05")
    (voucher,) = stock.maker.session.scalars(text("SELECT id FROM finance_voucher"))
    red = stock.reverse(stock.read(voucher), on=date(2025, 3, 6))
    stock.post(stock.do("audit", red) and stock.read(red.id))
    last = table(read(stock, account=stock.account("1405"), period="2025-03"), *MOVES[:3], *BALANCE)
    assert last[2] == ("-50", "12", "-600", "Nil", None, None, None)
    assert last[3] == (None, None, None, "Nil", None, None, None)


def test_what_is_not_posted_counts_if_it_is_asked_for(stock):
    moved(stock, "600", "50", "2025-03-05")
    stock.voucher((("1405", "-120", {"quantity": Decimal(10)}), ("1002", "120")), on="2025-03-06")
    asked = {"account": stock.account("1405"), "period": "2025-03"}
    assert table(read(stock, **asked), *BALANCE)[-1] == ("Dr", "50", "12", "600")
    assert table(read(stock, unposted=1, **asked), *BALANCE)[-1] == ("Dr", "40", "12", "480")
    assert table(read(stock, unposted=1, period="2025-04", account=asked["account"]), *BALANCE)[0][1] == "40"


def test_years_open_with_the_quantity_of_the_year_before_whichever_is_posted_first(stock):
    moved(stock, "1000", "100", "2025-03-05")
    stock.open(2026)
    moved(stock, "-100", "10", "2025-12-31")
    asked = {"account": stock.account("1405"), "period": "2026-01"}
    assert table(read(stock, **asked), *BALANCE)[0] == ("Dr", "90", "10", "900")
    assert books.differences(stock.maker) == []


def test_accounts_that_count_in_no_unit_have_no_quantity_ledger(stock):
    with pytest.raises(BusinessError, match="counts in a unit"):
        read(stock, account=stock.account("1001"), period="2025-03")


def test_every_account_in_its_unit_has_a_part_and_those_without_figures_are_left_out(stock):
    moved(stock, "600", "50", "2025-03-05")
    moved(stock, "90", "4.5", "2025-03-05", account="1403")
    parts = [row.part for row in read(stock, period="2025-03").rows if row.part]
    assert parts == ["1403 Material (kg)", "1405 Goods (pcs)"]
    assert [row.part for row in read(stock, period="2025-02").rows if row.part] == []
    assert [row.part for row in read(stock, period="2025-02", zero=1).rows if row.part] == parts


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_pages_of_any_size_say_what_the_whole_ledger_says(stock, monkeypatch, size):
    monkeypatch.setattr(running, "PAGE", size)
    for number in range(1, 8):
        moved(stock, f"{number}0", str(number), f"2025-03-{1 + number * 3:02}")
        moved(stock, "-7", "0.5", f"2025-03-{1 + number * 3:02}")
    stock.voucher((("1405", "-120", {"quantity": Decimal(10)}), ("1002", "120")), on="2025-03-11")
    asked = {"account": stock.account("1405"), "period": "2025-03"}
    lines = [row.values for row in read(stock, **asked).rows if row.to]
    found, at = [], ""
    while True:
        page = read(stock, whole=False, at=at, **asked)
        found += [row.values for row in page.rows if row.to]
        if page.after is None:
            break
        at = page.after["at"]
    assert found == lines
    assert len(found) == 14


def test_divided_by_dimensions_each_has_its_own_stock_and_the_rest_its_part(stock):
    moved(stock, "300", "10", "2025-02-01")
    sets = stock.dimension("item", "Cup", "Pot")
    stock.require("1405", "item")
    moved(stock, "100", "20", "2025-03-01", details=sets["Cup"])
    moved(stock, "900", "30", "2025-03-02", details=sets["Pot"])
    moved(stock, "-25", "5", "2025-03-03", details=sets["Cup"])
    rows = read(stock, QUANTITY_BALANCES, period="2025-03", divided=1)
    names = ("name", "opening_quantity", "debit_quantity", "credit_quantity", "closing_quantity", "closing")
    assert table(rows, *names) == [
        ("Goods", "10", None, None, "10", "300"),
        ("Goods · Cup", None, "20", "5", "15", "75"),
        ("Goods · Pot", None, "30", None, "30", "900"),
    ]
    cup = rows.rows[1].to
    page = read(stock, whole=False, **cup[1])
    assert page.rows[0].part == "1405 Goods (pcs) · Cup"
    assert table(page, *BALANCE)[1:3] == [("Dr", "20", "5", "100"), ("Dr", "15", "5", "75")]
    rest = read(stock, whole=False, **rows.rows[0].to[1])
    assert table(rest, *BALANCE) == [("Dr", "10", "30", "300")] * 3


def test_balances_say_what_the_ledgers_say_and_sum_amounts_alone(stock):
    moved(stock, "600", "50", "2025-02-05")
    moved(stock, "-120", "10", "2025-03-05")
    moved(stock, "90", "4.5", "2025-03-06", account="1403")
    reading = read(stock, QUANTITY_BALANCES, period="2025-03", year=1)
    names = ("code", "unit", "opening_quantity", "debit_quantity", "credit_quantity", "year_debit_quantity", "closing")
    assert table(reading, *names) == [
        ("1403", "kg", None, "4.5", None, "4.5", "90"),
        ("1405", "pcs", "50", None, "10", "50", "480"),
    ]
    totals = dict(zip([column.name for column in reading.columns], reading.totals, strict=True))
    assert (totals["opening"], totals["debit"], totals["credit"], totals["closing"]) == (600, 90, 120, 570)
    assert totals["closing_quantity"] is None


def test_profit_transfers_empty_the_quantity_as_well(stock):
    sales = [{"code": "5002", "name": "Sales by weight", "type": "income", "side": "C", "unit": "kg"}]
    profit = [{"code": "3103", "name": "Profit of the year", "type": "equity", "side": "C"}]
    stock.maker.run(act("finance.account.create"), values=[*sales, *profit])
    stock.posted((("1002", "50"), ("5002", "-50", {"quantity": Decimal(4)})), on="2025-12-05")
    made = stock.maker.run(act("finance.period.transfer_profit"), [stock.period("2025-12").id]).result
    stock.auditor.run(act("finance.voucher.audit_post"), made)
    reading = read(stock, account=stock.account("5002"), period="2025-12")
    assert table(reading, *MOVES, *BALANCE)[1:3] == [
        (None, None, None, "4", "12.5", "50", "Cr", "4", "12.5", "50"),
        ("4", "12.5", "50", None, None, None, "Nil", None, None, None),
    ]


@pytest.mark.parametrize(
    ("amount", "quantity", "shown"),
    [
        ("30", "4", ("Dr", "4", "7.50", "30")),
        ("-30", "-4", ("Cr", "4", "7.50", "30")),
        ("10", "3", ("Dr", "3", "3.3333", "10")),
        ("-30", "4", ("Cr", "-4", "-7.50", "30")),
        ("0", "4", ("Dr", "4", "None", "None")),
        ("5", "0", ("Dr", "None", "None", "5")),
        ("0", "0", ("Nil", "None", "None", "None")),
    ],
)
def test_a_balance_stands_on_the_side_of_its_amount(amount, quantity, shown):
    assert tuple(str(part) for part in Balance.of(Decimal(quantity), Decimal(amount))) == shown


# --- laws

MOVE = st.tuples(
    st.sampled_from(["1403", "1405"]),
    st.integers(-900, 900).filter(bool),
    st.decimals(min_value="0.01", max_value="99", places=2),
    st.integers(1, 12),
    st.sampled_from([None, "A", "B"]),
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(MOVE, min_size=1, max_size=8), reverses=st.booleans())
def test_quantities_are_what_the_lines_add_up_to_whatever_is_posted(stock, moves, reverses):
    savepoint = stock.maker.session.begin_nested()
    sets: dict[str, int] = stock.dimension("lot", "A", "B")
    stock.require("1405", "lot")
    stock.open(2026)
    expected: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
    amounts: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
    for account, amount, quantity, month, lot in moves:
        details = {"details": sets[lot or "A"]} if account == "1405" else {}
        moved(stock, str(amount), str(quantity), f"2025-{month:02}-11", account=account, **details)
        sign = 1 if amount > 0 else -1
        expected[account, month] += sign * quantity
        amounts[account, month] += amount
    if reverses:
        (last,) = stock.maker.session.scalars(text("SELECT max(id) FROM finance_voucher"))
        red = stock.reverse(stock.read(last), on=date(2026, 2, 1))
        stock.do("audit", red)
        stock.post(stock.read(red.id))
    assert books.differences(stock.maker) == []
    _agrees(stock, expected, amounts)
    stored = _stored(stock)
    books.rebuild(stock.maker)
    assert _stored(stock) == stored
    savepoint.rollback()
    stock.maker.session.expire_all()


def _agrees(stock: Ledger, quantities: dict[tuple[str, int], Decimal], amounts: dict[tuple[str, int], Decimal]) -> None:
    """The ledger at the end of every month holds what was moved until then, divided or not."""
    for account in ("1403", "1405"):
        for month in (1, 6, 12):
            held = [
                sum((moved for (code, on), moved in found.items() if code == account and on <= month), ZERO)
                for found in (quantities, amounts)
            ]
            for divided in ({}, {"divided": 1}):
                reading = read(stock, QUANTITY_BALANCES, period=f"2025-{month:02}", zero=1, **divided)
                assert list(_closing(reading, account)) == held


def _closing(reading: Reading, account: str) -> tuple[Decimal, Decimal]:
    names = [column.name for column in reading.columns]
    quantity = amount = ZERO
    for row in reading.rows:
        one = dict(zip(names, row.values, strict=True))
        if one["code"] == account:
            sign = -1 if str(one["closing_side"]) == "Cr" else 1
            quantity += sign * (one["closing_quantity"] or ZERO)
            amount += sign * (one["closing"] or ZERO)
    return quantity, amount


def _stored(stock: Ledger) -> Sequence[Any]:
    query = (
        "SELECT year_id, number, account_id, details_id, debit_quantity, credit_quantity "
        "FROM finance_dimension_balance UNION ALL "
        "SELECT year_id, number, account_id, NULL, debit_quantity, credit_quantity FROM finance_balance "
        "ORDER BY 1, 2, 3, 4"
    )
    return stock.maker.session.execute(text(query)).all()


@pytest.mark.parametrize(
    ("amount", "quantity", "price"),
    [("1", "3", "0.3333"), ("2", "3", "0.6667"), ("1.0001", "2", "0.5001"), ("5", "2", "2.50"), ("1", "8", "0.1250")],
)
def test_unit_prices_are_rounded_half_up_to_four_places(amount, quantity, price):
    assert str(unit_price(Decimal(amount), Decimal(quantity))) == price


@pytest.mark.skipif(HLEDGER is None, reason="hledger is not installed")
def test_stock_at_the_end_of_each_month_is_what_hledger_counts(stock, tmp_path):
    """hledger adds up the same receipts and issues, written as commodities of their own."""
    chance = Random(20250331)
    written: list[str] = []
    for _number in range(30):
        account, unit = chance.choice((("1403", "kg"), ("1405", "pcs")))
        day, sign = date(2025, chance.randint(1, 6), chance.randint(1, 28)), chance.choice((1, -1))
        amount, quantity = sign * chance.randint(1, 9000), sign * Decimal(chance.randint(1, 900)) / 4
        moved(stock, str(amount), str(abs(quantity)), day.isoformat(), account=account)
        written.append(f"{day} move\n  (count:{account})  {quantity} {unit}\n  ({account})  {amount} CNY\n")
    journal = tmp_path / "stock.journal"
    journal.write_text("\n".join(written), encoding="utf-8")
    for month in range(1, 7):
        for account in ("1403", "1405"):
            counted = [_hledger(journal, f"{prefix}{account}", month) for prefix in ("^count:", "^")]
            reading = read(stock, QUANTITY_BALANCES, period=f"2025-{month:02}", zero=1)
            assert list(_closing(reading, account)) == counted


def _hledger(journal: Path, account: str, month: int) -> Decimal:
    assert HLEDGER is not None
    command = [HLEDGER, "-f", str(journal), "bal", account, "-e", f"2025-{month + 1:02}-01", "-O", "csv", "-N"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rows = list(csv.reader(said.splitlines()))[1:]
    return Decimal(rows[0][1].split()[0]) if rows and rows[0][1] != "0" else ZERO


def test_an_archive_holds_the_quantity_ledger_where_accounts_count(stock):
    def files() -> list[str]:
        wanted = Request(stock.maker, span_of(stock.maker, "2025"), None)
        return [one.path for one in on_paper(wanted)]

    assert "ledgers/quantity-ledger.pdf" in files()
    units = [stock.account("1405"), stock.account("1403")]
    stock.maker.run(act("finance.account.update"), units, values={"unit": None})
    assert "ledgers/quantity-ledger.pdf" not in files()

"""What may be relied on when balance lists of 用友 and 金蝶 are read."""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "finance"))
from balance_lists import KIS, KIS_MERGED, U8, U8_CUSTOMERS, U8_SUPPLIERS, workbook
from bookkeeping import Ledger, act

from hanse.actions import Context
from hanse.database.session import Database
from hanse.errors import BusinessError, SetupError
from hanse.testing import TrialDatabase
from hanse.testing.people import open_for_admin
from hanse_cn.charts import load_chart
from hanse_finance.models import Account, DimensionValue, VoucherKind
from hanse_finance.takeover.command import add_command
from hanse_finance.takeover.headings import role_of
from hanse_finance.takeover.planning import Plan, plan_balances
from hanse_finance.takeover.reading import amount_of, read_balances
from hanse_finance.takeover.sheet import find_opening


@pytest.fixture
def books(ctx: Context) -> Ledger:
    """A company with the small business chart and the year 2025."""
    load_chart(ctx, "small_business")
    ledger = Ledger(ctx)
    ledger.maker.run(act("finance.voucher_word.create"), values=[{"code": "记", "name": "记账凭证"}])
    ledger.maker.run(act("finance.fiscal_year.create"), values=[{"start": date(2025, 1, 1)}])
    return ledger


def begin(books: Ledger, period: str = "2025-01") -> int:
    return int(books.maker.run(act("finance.opening.begin"), period=period, profit=books.account("3103")).id)


def plan(books: Ledger, file: io.BytesIO, use: str = "") -> Plan:
    opening = find_opening(books.maker)
    assert opening is not None
    return plan_balances(books.maker, opening, read_balances(file, {}), use)


def take(books: Ledger, file: io.BytesIO) -> Plan:
    """Read a file, add what is missing, and enter it."""
    opening = find_opening(books.maker)
    assert opening is not None
    first = plan(books, file)
    books.maker.run(
        act("finance.opening.complete_chart"),
        [opening.id],
        accounts=[
            {"code": one.code, "name": one.name, "parent": one.parent, "type": one.type, "side": one.side}
            for one in first.accounts
        ],
        values=[{"dimension": one.dimension, "code": one.code, "name": one.name} for one in first.values],
    )
    found = plan(books, file)
    assert found.faults == []
    assert found.is_complete
    books.maker.run(act("finance.opening.replace"), [opening.id], lines=found.lines)
    return first


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("科目编码", "code"),
        ("科目代码", "code"),
        ("科目名称", "name"),
        ("期初余额 借方", "opening_debit"),
        ("期初借方", "opening_debit"),
        ("期初贷方余额", "opening_credit"),
        ("本期发生额 借方", "moved_debit"),
        ("本期借方发生额", "moved_debit"),
        ("借方", "moved_debit"),
        ("本年累计发生额 贷方", "total_credit"),
        ("贷方累计", "total_credit"),
        ("累计发生借方", "total_debit"),
        ("期末余额（贷方）", "closing_credit"),
        ("期末余额 借方 原币", "foreign_closing_debit"),
        ("期末余额", "closing"),
        ("年初余额", "year"),
        ("原币余额", "foreign_opening"),
        ("方向", "side"),
        ("币别", "currency"),
        ("客户", "dimension:customer"),
        ("客户编码", "dimension_code:customer"),
        ("部门名称", "dimension:department"),
        ("期初数量", "quantity_opening"),
        ("期末结存 数量", "quantity_closing"),
        ("本期收入 数量", "quantity_moved_debit"),
        ("本期发出数量", "quantity_moved_credit"),
        ("本年累计借方数量", "quantity_total_debit"),
        ("期初单价", None),
        ("备注", None),
        ("opening balance", "opening"),
        ("Debit, year to date", "total_debit"),
        ("Movement debit", "moved_debit"),
    ],
)
def test_headings_are_known_as_programs_write_them(text: str, role: str | None) -> None:
    assert role_of(text) == role


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1,234.56", "1234.56"),
        ("￥12", "12"),
        ("(3.5)", "-3.5"),
        ("12-", "-12"),
        ("", "0"),
        ("—", "0"),
        ("-0.5", "-0.5"),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, amount: str) -> None:
    assert amount_of(text) == Decimal(amount)


@pytest.mark.parametrize("text", ["1,23", "zwölf", "1.2.3", "１２a"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        amount_of(text)


def test_a_list_of_u8_opens_the_year_after_it(books: Ledger) -> None:
    begin(books)
    first = take(books, workbook(U8))
    assert [(one.code, one.name, one.parent) for one in first.accounts] == [
        ("100201", "工行存款", "1002"),
        ("100202", "招行存款", "1002"),
    ]
    told = [str(note) for note in first.notes]
    assert any(note.startswith("The books open with the closing balances") for note in told)
    assert [note.split(" is left out")[0] for note in told if "left out" in note] == [
        "1122 Accounts receivable (15,000)",
        "2202 Accounts payable (-7,000)",
    ]
    take(books, workbook(U8_CUSTOMERS))
    take(books, workbook(U8_SUPPLIERS))
    opening = find_opening(books.maker)
    assert opening is not None
    books.auditor.run(act("finance.opening.open"), [opening.id])
    assert books.trial("2025-01") == {
        "1001": ("2000", "0", "0", "2000"),
        "100201": ("30000", "0", "0", "30000"),
        "100202": ("10000", "0", "0", "10000"),
        "1122": ("15000", "0", "0", "15000"),
        "2202": ("-7000", "0", "0", "-7000"),
        "3001": ("-50000", "0", "0", "-50000"),
    }
    parent = books.maker.all(Account, Account.code == "1002").one()
    child = books.maker.all(Account, Account.code == "100201").one()
    assert (parent.postable, child.parent_id, child.type, child.cash) == (False, parent.id, parent.type, True)
    assert {one.code for one in books.maker.all(DimensionValue)} >= {"C001", "C002", "S001"}


def test_a_list_of_kis_opens_the_books_in_july(books: Ledger) -> None:
    begin(books, "2025-07")
    first = take(books, workbook(KIS, KIS_MERGED))
    assert [(one.code, one.name, one.parent) for one in first.accounts] == [
        ("1002.01", "工商银行", "1002"),
        ("5602.01", "办公费", "5602"),
        ("5602.02", "差旅费", "5602"),
    ]
    opening = find_opening(books.maker)
    assert opening is not None
    made = books.auditor.run(act("finance.opening.open"), [opening.id]).result
    assert [books.read(key).kind for key in made] == [
        VoucherKind.OPENING,
        VoucherKind.OPENING,
        VoucherKind.CLOSING,
    ]
    assert books.trial("2025") == {
        "1001": ("800", "600", "450", "950"),
        "1002.01": ("7200", "4800", "2500", "9500"),
        "3001": ("-8000", "0", "0", "-8000"),
        "3103": ("0", "2500", "4950", "-2450"),
        "5001": ("0", "4950", "4950", "0"),
        "5602.01": ("0", "1500", "1500", "0"),
        "5602.02": ("0", "1000", "1000", "0"),
    }
    assert books.trial("2025-07")["1002.01"] == ("9500", "0", "0", "9500")
    assert books.differences() == []


def test_a_list_of_the_first_month_opens_with_its_opening_balances(books: Ledger) -> None:
    begin(books, "2025-06")
    found = plan(books, workbook(KIS, KIS_MERGED))
    assert found.use == "opening"
    amounts = {
        books_code(books, line["account"]): (line["balance"], line["debit"], line["credit"]) for line in found.lines
    }
    assert amounts["1001"] == (900, 500, 400)
    assert amounts["3103"] == (-1900, 2100, 4000)


def books_code(books: Ledger, account: int) -> str:
    return books.maker.all(Account, Account.id == account).one().code


def test_a_list_of_other_months_is_refused(books: Ledger) -> None:
    begin(books)
    (fault,) = plan(books, workbook(KIS, KIS_MERGED)).faults
    assert str(fault.message).startswith("The file is of 2025-06 to 2025-06, but the books begin with 2025-01.")


def test_a_csv_in_gbk_with_sides_is_read(books: Ledger) -> None:
    begin(books, "2025-03")
    text = (
        "科目编码,科目名称,方向,期初余额,借方累计,贷方累计,外币,原币余额,客户\r\n"
        "1001,库存现金,借,100.00,150.00,50.00,,,\r\n"
        "1002,银行存款,借,710.00,710.00,,美元,100.00,\r\n"
        "1122,应收账款,借,-30.00,,30.00,,,上海甲公司\r\n"
        "3001,实收资本,贷,780.00,,780.00,,,\r\n"
    )
    file = io.BytesIO(text.encode("gb18030"))
    dollar = books.currency("USD")
    take(books, file)
    opening = find_opening(books.maker)
    assert opening is not None
    found = plan(books, file).lines
    assert [(one["balance"], one.get("currency"), one.get("foreign_balance")) for one in found] == [
        (100, None, None),
        (710, dollar, 100),
        (-30, None, None),
        (-780, None, None),
    ]
    books.auditor.run(act("finance.opening.open"), [opening.id])
    assert books.trial("2025-02")["1122"] == ("0", "0", "30", "-30")


def test_what_is_wrong_is_said_with_row_and_column(books: Ledger) -> None:
    begin(books)
    rows = [list(row) for row in U8]
    rows[3][6] = "zwei"
    rows.insert(5, ["100201", "工行存款", "", "", "", "", "1.00", ""])
    rows.append(["", "暂估", "", "", "", "", "5.00", ""])
    take_accounts = plan(books, workbook(rows)).accounts
    assert [one.code for one in take_accounts] == ["100201", "100202"]
    rows[4][6] = "100.001"
    found = plan(books, workbook(rows[:5]))
    assert [(one.row, one.column) for one in found.faults] == [(4, "期末借方"), (5, "期末借方")]
    (last,) = [one for one in plan(books, workbook(rows)).faults if one.row == len(rows)]
    assert "no account in this row" in str(last.message)


def test_a_row_in_another_currency_needs_both_amounts(books: Ledger) -> None:
    begin(books, "2025-07")
    rows = [*KIS[:4], ("1002", "银行存款", "美元", 100, "", "", "", "", "", 100, "")]
    (fault,) = plan(books, workbook(rows, KIS_MERGED)).faults
    assert (fault.row, fault.column) == (5, "币别")
    heads = ("科目编码", "科目名称", "币别", "期末余额借方原币", "期末余额借方本位币", "期末余额贷方本位币")
    (line,) = plan(books, workbook([heads, ("1002", "银行存款", "美元", 100, 710, "")])).lines
    assert (line["balance"], line["foreign_balance"], line["currency"]) == (710, 100, books.currency("USD"))


def test_the_same_account_twice_is_refused(books: Ledger) -> None:
    begin(books)
    rows = [*U8[:4], ("1001", "库存现金", "", "", "", "", "1.00", "")]
    (fault,) = plan(books, workbook(rows)).faults
    assert (fault.row, fault.column, str(fault.message)) == (5, "科目编码", "The account stands in row 4 already.")


def test_an_account_of_no_standard_must_be_added_by_hand(books: Ledger) -> None:
    begin(books)
    found = plan(
        books,
        workbook([*U8[:4], ("9001", "备查", "", "", "", "", "1.00", ""), ("1604", "在建工程", *[""] * 4, "2", "")]),
    )
    assert [(one.code, one.type) for one in found.accounts if one.type is None] == [("9001", None)]


def test_a_file_without_heads_is_refused(books: Ledger) -> None:
    begin(books)
    with pytest.raises(BusinessError, match="No heads were found"):
        plan(books, workbook([("甲", "乙"), (1, 2)]))


def test_no_account_is_added_below_one_with_vouchers(books: Ledger) -> None:
    books.posted([("1002", "5"), ("3001", "-5")], on="2025-01-05")
    opening = begin(books)
    with pytest.raises(BusinessError, match="has vouchers already"):
        books.maker.run(
            act("finance.opening.complete_chart"),
            [opening],
            accounts=[{"code": "100201", "name": "x", "parent": "1002", "type": "asset", "side": "D"}],
            values=[],
        )


def run_command(database: TrialDatabase, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    """Run ``hanse finance take-over`` on a database."""

    @contextmanager
    def opened() -> Iterator[Database]:
        connected = Database(database.url)
        try:
            yield connected
        finally:
            connected.close()

    monkeypatch.setattr("hanse.cli.session.open_database", opened)
    parser = argparse.ArgumentParser()
    add_command(parser.add_subparsers())
    chosen = parser.parse_args(["take-over", *arguments])
    chosen.work(chosen)


def test_the_command_checks_and_opens(
    own_database: TrialDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with own_database.session() as session, session.begin():
        ctx = open_for_admin(session)
        name = ctx.company.name
        load_chart(ctx, "small_business")
        ctx.run(act("finance.voucher_word.create"), values=[{"code": "记", "name": "记账凭证"}])
        ctx.run(act("finance.fiscal_year.create"), values=[{"start": date(2025, 1, 1)}])
    paths = []
    for place, rows in enumerate((U8, U8_CUSTOMERS, U8_SUPPLIERS)):
        paths.append(tmp_path / f"{place}.xlsx")
        paths[-1].write_bytes(workbook(rows).read())
    call = [*map(str, paths), "--company", name, "--period", "2025-01", "--json"]
    with pytest.raises(SetupError):
        run_command(own_database, monkeypatch, *call)
    assert json.loads(capsys.readouterr().out)["missing"] == [
        "account 100201 工行存款",
        "account 100202 招行存款",
        "C001 上海甲公司",
        "C002 杭州乙公司",
        "S001 苏州丙厂",
    ]
    run_command(own_database, monkeypatch, *call, "--create", "--check")
    checked = json.loads(capsys.readouterr().out)
    assert (checked["opened"], checked["problems"]) == (False, [])
    assert checked["sums"][0] == {
        "what": "Opening balances",
        "left": "57000.00",
        "right": "57000.00",
        "difference": "0",
    }
    with own_database.session() as session, session.begin():
        assert find_opening(open_for_admin(session)) is None
    run_command(own_database, monkeypatch, *call, "--create")
    done = json.loads(capsys.readouterr().out)
    assert (done["opened"], done["vouchers"]) == (True, ["2025-00 记-1"])
    with own_database.session() as session, session.begin():
        assert Ledger(open_for_admin(session)).trial("2025-01")["1122"] == ("15000", "0", "0", "15000")
    with pytest.raises(SetupError):
        run_command(own_database, monkeypatch, *call)
    assert "cannot be changed" in capsys.readouterr().out

"""What may be relied on when books are taken over."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from bookkeeping import Ledger, act
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import null, select

from hanse.database.session import HanseSession
from hanse.directory.founding import currency_id
from hanse.errors import BusinessError, Errors
from hanse.testing import TrialDatabase
from hanse.testing.people import open_for_admin
from hanse_finance import books, reports
from hanse_finance.actions.reversal import first_open_day
from hanse_finance.models import (
    Account,
    Balance,
    DimensionBalance,
    FiscalYear,
    Opening,
    OpeningLine,
    OpeningState,
    Period,
    PeriodState,
    Reversal,
    Voucher,
    VoucherKind,
    VoucherState,
)
from hanse_finance.takeover.checking import check
from hanse_finance.takeover.sheet import find_opening, read_sheet


class Sheet:
    """The sheet of a company's books: the ledger's maker fills it, the auditor opens the books."""

    def __init__(self, ledger: Ledger, period: str = "2025-01", profit: str | None = None) -> None:
        self.ledger = ledger
        account = ledger.account(profit) if profit else None
        self.id = ledger.maker.run(act("finance.opening.begin"), period=period, profit=account).id

    @property
    def record(self) -> Opening:
        found = find_opening(self.ledger.maker)
        assert found is not None
        return found

    def line(self, code: str, balance: str = "0", debit: str = "0", credit: str = "0", **more: Any) -> dict[str, Any]:
        return {"account": self.ledger.account(code), "balance": balance, "debit": debit, "credit": credit} | more

    def enter(self, *lines: Mapping[str, Any]) -> int:
        return int(self.ledger.maker.run(act("finance.opening.enter"), [self.id], lines=list(lines)).result)

    def fill(self, **balances: str) -> None:
        self.enter(*(self.line(code.lstrip("_"), amount) for code, amount in balances.items()))

    def open(self, by: Any = None) -> list[int]:
        return list((by or self.ledger.auditor).run(act("finance.opening.open"), [self.id]).result)

    def take_back(self, by: Any = None) -> None:
        (by or self.ledger.auditor).run(act("finance.opening.take_back"), [self.id], reason="wrong")

    def check(self) -> Any:
        return check(read_sheet(self.ledger.maker, self.record))


def faults(refused: pytest.ExceptionInfo[BusinessError]) -> list[tuple[str | None, str]]:
    """Give field and message of everything that was refused."""
    error = refused.value
    several = list(error.errors) if isinstance(error, Errors) else [error]
    return [(one.field, str(one.message)) for one in several]


def foreign_sums(ledger: Ledger) -> dict[tuple[str, str], Decimal]:
    """Add up the foreign amounts of posted lines by account and currency."""
    found: dict[tuple[str, str], Decimal] = {}
    for voucher in ledger.maker.all(Voucher, Voucher.state == VoucherState.POSTED):
        for line in voucher.lines:
            if line.foreign_currency is not None and line.foreign_amount is not None:
                key = line.account.code, line.foreign_currency.code
                found[key] = found.get(key, Decimal(0)) + line.foreign_amount
    return found


def test_books_open_with_what_was_entered(ledger: Ledger) -> None:
    sheet = Sheet(ledger)
    sheet.fill(_1001="300.50", _1002="1000", _2202="-250.5", _3001="-1050")
    (voucher,) = (ledger.read(key) for key in sheet.open())
    assert ledger.trial("2025-01") == {
        "1001": ("300.5", "0", "0", "300.5"),
        "1002": ("1000", "0", "0", "1000"),
        "2202": ("-250.5", "0", "0", "-250.5"),
        "3001": ("-1050", "0", "0", "-1050"),
    }
    assert (voucher.kind, voucher.day, voucher.period.code) == (VoucherKind.OPENING, date(2024, 12, 31), "2025-00")
    assert (voucher.maker_id, voucher.auditor_id) == (ledger.maker.user.id, ledger.auditor.user.id)
    assert ledger.period("2025-00").state is PeriodState.CLOSED
    assert sheet.record.state is OpeningState.OPENED
    assert ledger.differences() == []


def test_the_opening_is_carried_into_years_that_are_there_and_that_come(ledger: Ledger) -> None:
    ledger.open(2026)
    sheet = Sheet(ledger)
    sheet.fill(_1001="100", _3001="-100")
    sheet.open()
    ledger.open(2027)
    for period in ("2026-01", "2027-05"):
        assert ledger.trial(period) == {"1001": ("100", "0", "0", "100"), "3001": ("-100", "0", "0", "-100")}
    before = ledger.differences()
    books.rebuild(ledger.maker)
    assert before == ledger.differences() == []


def test_a_year_is_refused_before_books_that_were_taken_over(ledger: Ledger) -> None:
    Sheet(ledger)
    with pytest.raises(BusinessError, match="taken over in 2025-00"):
        ledger.open(2024)


def test_taking_over_is_refused_where_a_year_lies_before(ledger: Ledger) -> None:
    ledger.open(2026)
    with pytest.raises(BusinessError, match="2025 lies before 2026"):
        Sheet(ledger, "2026-01")


def test_taking_over_begins_once(ledger: Ledger) -> None:
    Sheet(ledger)
    with pytest.raises(BusinessError, match="being taken over already"):
        Sheet(ledger)


def test_giving_up_leaves_nothing(ledger: Ledger) -> None:
    sheet = Sheet(ledger)
    sheet.fill(_1001="1")
    ledger.maker.run(act("finance.opening.abandon"), [sheet.id])
    assert find_opening(ledger.maker) is None
    assert not ledger.maker.all(OpeningLine).ids
    assert not ledger.maker.all(Period, Period.number == 0).ids
    Sheet(ledger)


@pytest.mark.parametrize("verb", ["create", "record"])
def test_no_other_voucher_stands_in_the_opening_period(ledger: Ledger, verb: str) -> None:
    Sheet(ledger)
    values = {"day": date(2024, 12, 31), "lines": ledger.lines([("1001", "1"), ("3001", "-1")]), "source": "x"}
    if verb == "create":
        del values["source"]
    with pytest.raises(BusinessError, match="nothing but opening balances") as refused:
        ledger.maker.run(act(f"finance.voucher.{verb}"), values=[values])
    assert faults(refused)[0][0] == "day"


def test_the_day_of_a_new_voucher_is_never_in_the_opening_period(ledger: Ledger) -> None:
    Sheet(ledger)
    ctx = SimpleNamespace(today=date(2024, 12, 30), session=ledger.maker.session, company=ledger.maker.company)
    assert first_open_day(ctx) == date(2025, 1, 1)  # type: ignore[arg-type]


def test_who_entered_balances_does_not_open_the_books(ledger: Ledger) -> None:
    sheet = Sheet(ledger)
    sheet.fill(_1001="100", _3001="-100")
    with pytest.raises(BusinessError, match="somebody else must open"):
        sheet.open(by=ledger.maker)
    ledger.auditor.run(act("finance.opening.enter"), [sheet.id], lines=[sheet.line("1001", "100")])  # as it is
    sheet.open()


def test_books_that_differ_are_not_opened(ledger: Ledger) -> None:
    sheet = Sheet(ledger)
    sheet.fill(_1001="100", _3001="-90")
    with pytest.raises(Errors) as refused:
        sheet.open()
    assert [message for _field, message in faults(refused)] == [
        "Opening balances: 100 and 90 differ by 10.",
        "Accounting equation: 100 and 90 differ by 10.",
    ]
    assert not ledger.maker.all(Voucher).ids


def test_the_check_says_which_account_may_be_wrong(ledger: Ledger) -> None:
    sheet = Sheet(ledger)
    sheet.fill(_1001="-50", _1002="200", _3001="-250", _1122="63", _2202="-36")
    found = [str(finding.message) for finding in sheet.check().findings]
    assert "1001 Cash has a balance on the unusual side." in found
    sheet.fill(_1001="0", _1002="200", _3001="-250", _1122="0", _2202="0")
    sheet.fill(_1122="25", _2202="25")  # payables on the wrong side
    found = [str(finding.message) for finding in sheet.check().findings]
    assert found == ["2202 Payables has a balance on the unusual side."]
    sheet.fill(_1002="250")
    assert "1122 Receivables is half the difference: is it on the wrong side?" in [
        str(finding.message) for finding in sheet.check().findings
    ]
    sheet.fill(_1122="0", _2202="0", _1002="196", _3001="-250", _1001="0")
    assert "The difference 54 is divisible by 9: are two digits exchanged?" in [
        str(finding.message) for finding in sheet.check().findings
    ]


def test_everything_wrong_with_a_line_is_said_with_its_place(ledger: Ledger) -> None:
    ledger.maker.run(
        act("finance.account.create"),
        values=[{"code": "1002-1", "name": "ICBC", "type": "asset", "side": "D", "parent": ledger.account("1002")}],
    )
    ledger.dimension("customer", "C1")
    ledger.require("1122", "customer")
    sheet = Sheet(ledger)
    with pytest.raises(Errors) as refused:
        sheet.enter(
            sheet.line("1001", "1"),
            sheet.line("1002", "1"),
            sheet.line("1122", "1"),
            {"account": 10**9, "balance": "1"},
            sheet.line("2202", "1.234"),
            sheet.line("3001", "0", debit="5"),
            sheet.line("5001", "twelve"),
            sheet.line("1001", "2"),
            sheet.line("6001", "1", foreign_balance="3"),
        )
    places = dict(faults(refused))
    assert set(places) == {
        "1.account",
        "2.details",
        "3.account",
        "4.balance",
        "5.debit",
        "6.balance",
        "7.account",
        "8.foreign_balance",
    }
    assert "has accounts below it" in places["1.account"]
    assert "asks for dimensions" in places["2.details"]
    assert "entered twice" in places["7.account"]
    assert not ledger.maker.all(OpeningLine).ids


def test_opened_books_take_no_more_balances(ledger: Ledger) -> None:
    sheet = Sheet(ledger)
    sheet.fill(_1001="100", _3001="-100")
    sheet.open()
    with pytest.raises(BusinessError, match="cannot be changed"):
        sheet.fill(_1001="5")
    with pytest.raises(BusinessError, match="cannot be changed"):
        sheet.open()
    with pytest.raises(BusinessError, match="what was posted stays"):
        ledger.maker.run(act("finance.opening.abandon"), [sheet.id])


def test_what_was_opened_is_taken_back_in_red_and_opened_again(ledger: Ledger) -> None:
    sheet = Sheet(ledger)
    sheet.fill(_1001="100", _3001="-100")
    (voucher,) = sheet.open()
    with pytest.raises(BusinessError, match="somebody else"):
        sheet.take_back(by=ledger.maker)
    sheet.take_back()
    assert ledger.trial("2025-01") == {}
    red = ledger.maker.all(Reversal, Reversal.original_id == voucher).one().voucher
    assert (red.kind, red.day, red.state) == (VoucherKind.REVERSAL, date(2024, 12, 31), VoucherState.POSTED)
    sheet.fill(_1001="120", _3001="-120")
    sheet.open()
    assert ledger.trial("2025-01")["1001"] == ("120", "0", "0", "120")
    assert ledger.differences() == []


def test_an_opening_stays_once_something_else_is_posted(ledger: Ledger) -> None:
    sheet = Sheet(ledger)
    sheet.fill(_1001="100", _3001="-100")
    sheet.open()
    ledger.posted()
    with pytest.raises(BusinessError, match="1 vouchers are posted since"):
        sheet.take_back()


def test_periods_wait_for_the_opening_and_stay_closed_after_it(ledger: Ledger) -> None:
    sheet = Sheet(ledger, "2025-03")
    with pytest.raises(BusinessError, match="still being entered"):
        ledger.close("2025-01")
    sheet.fill(_1001="100", _3001="-100")
    sheet.open()
    assert [ledger.period(f"2025-0{number}").state for number in range(4)] == [PeriodState.CLOSED] * 3 + [
        PeriodState.OPEN
    ]
    for code in ("2025-02", "2025-00"):
        with pytest.raises(BusinessError, match="begin with 2025-03"):
            ledger.maker.run(act("finance.period.reopen"), [ledger.period(code)], reason="r")
    ledger.close("2025-03")
    assert ledger.period("2025-03").state is PeriodState.CLOSED


def test_books_do_not_open_over_vouchers_of_the_months_before(ledger: Ledger) -> None:
    ledger.posted(on="2025-02-10")
    sheet = Sheet(ledger, "2025-03")
    sheet.fill(_1001="100", _3001="-100")
    with pytest.raises(BusinessError, match="1 vouchers stand in 2025-02"):
        sheet.open()


def test_dimensions_and_currencies_open_each_for_itself(ledger: Ledger) -> None:
    customers = ledger.dimension("customer", "C1", "C2")
    ledger.require("1122", "customer")
    dollar = currency_id(ledger.maker.session, "USD")
    sheet = Sheet(ledger)
    sheet.enter(
        sheet.line("1122", "70", details=customers["C1"]),
        sheet.line("1122", "-20", details=customers["C2"]),
        sheet.line("1002", "71", currency=dollar, foreign_balance="10"),
        sheet.line("1002", "29"),
        sheet.line("3001", "-150"),
    )
    sheet.open()
    assert ledger.trial("2025-01")["1122"] == ("50", "0", "0", "50")
    rows = ledger.maker.session.execute(
        select(DimensionBalance.__table__.c.details_id, DimensionBalance.__table__.c.debit).where(
            DimensionBalance.__table__.c.number == 0
        )
    )
    assert dict(rows.all()) == {customers["C1"]: Decimal(70), customers["C2"]: Decimal(-20)}
    assert foreign_sums(ledger) == {("1002", "USD"): Decimal(10)}
    assert ledger.differences() == []


def test_an_account_in_a_currency_is_entered_in_it(ledger: Ledger) -> None:
    dollar = currency_id(ledger.maker.session, "USD")
    ledger.maker.run(act("finance.account.update"), [ledger.account("1002")], values={"currency": dollar})
    sheet = Sheet(ledger)
    with pytest.raises(BusinessError, match="kept in a foreign currency") as refused:
        sheet.fill(_1002="71")
    assert faults(refused)[0][0] == "0.currency"


def statement(ledger: Ledger, period: str) -> dict[str, Decimal]:
    """Add up income and expenses of a period or year without what was transferred, debit positive."""
    span = reports.span_of(ledger.maker, period)
    found: dict[str, Decimal] = {}
    for voucher in ledger.maker.all(
        Voucher, Voucher.state == VoucherState.POSTED, Voucher.kind != VoucherKind.CLOSING, Voucher.day >= span.start
    ):
        for line in voucher.lines:
            if line.account.code[0] in "56":
                found[line.account.code] = found.get(line.account.code, Decimal(0)) + line.base
    return found


def test_books_taken_over_in_july_equal_those_kept_since_january(ledger: Ledger) -> None:
    ledger.maker.run(
        act("finance.account.create"), values=[{"code": "3103", "name": "Profit", "type": "equity", "side": "C"}]
    )
    sheet = Sheet(ledger, "2025-07", "3103")
    # since January: 500 of sales, 200 of rent, transferred; receivables 500, of which 300 were paid
    sheet.enter(
        sheet.line("1001", "900", debit="300", credit="200"),
        sheet.line("1122", "200", debit="500", credit="300"),
        sheet.line("3001", "-800"),
        sheet.line("3103", "-300", debit="200", credit="500"),
        sheet.line("5001", "0", debit="500", credit="500"),
        sheet.line("6001", "0", debit="200", credit="200"),
    )
    assert sheet.check().is_good
    made = [ledger.read(key) for key in sheet.open()]
    assert [(voucher.period.code, voucher.kind) for voucher in made] == [
        ("2025-00", VoucherKind.OPENING),
        ("2025-06", VoucherKind.OPENING),
        ("2025-06", VoucherKind.CLOSING),
    ]
    assert ledger.trial("2025") == {
        "1001": ("800", "300", "200", "900"),
        "1122": ("0", "500", "300", "200"),
        "3001": ("-800", "0", "0", "-800"),
        "3103": ("0", "200", "500", "-300"),
        "5001": ("0", "500", "500", "0"),
        "6001": ("0", "200", "200", "0"),
    }
    assert ledger.trial("2025-07") == {
        "1001": ("900", "0", "0", "900"),
        "1122": ("200", "0", "0", "200"),
        "3001": ("-800", "0", "0", "-800"),
        "3103": ("-300", "0", "0", "-300"),
    }
    assert statement(ledger, "2025") == {"5001": Decimal(-500), "6001": Decimal(200)}
    assert ledger.differences() == []


def test_results_that_nobody_transferred_open_as_they_are(ledger: Ledger) -> None:
    sheet = Sheet(ledger, "2025-02")
    sheet.enter(
        sheet.line("1001", "80", debit="100", credit="20"),
        sheet.line("5001", "-90", debit="10", credit="100"),
        sheet.line("6001", "10", debit="10"),
    )
    assert sheet.check().is_good
    kinds = [ledger.read(key).kind for key in sheet.open()]
    assert kinds == [VoucherKind.OPENING]
    assert ledger.trial("2025-01")["5001"] == ("0", "10", "100", "-90")


def test_transfers_need_the_profit_account(ledger: Ledger) -> None:
    sheet = Sheet(ledger, "2025-02")
    sheet.enter(sheet.line("5001", debit="10", credit="10"))
    with pytest.raises(BusinessError, match="Choose the profit account"):
        sheet.open()


# --- the same company, taken over and played through ----------------------------------------------------------------

CODES = ("1001", "1122", "2202", "3001", "5001", "6001")
PROFIT = "3103"
CENTS = st.integers(1, 10**7).map(lambda cents: Decimal(cents) / 100)
MOVES = st.lists(
    st.tuples(st.sampled_from(CODES), st.sampled_from(CODES), CENTS, st.integers(1, 9), st.sampled_from(["C1", "C2"])),
    min_size=1,
    max_size=12,
)


def prepared(ledger: Ledger) -> dict[str, int]:
    """Make chart, year and customers; give the customers' combinations."""
    ledger.open(2025)
    if not ledger.maker.all(Account, Account.code == PROFIT).ids:
        values = [{"code": PROFIT, "name": "Profit", "type": "equity", "side": "C"}]
        ledger.maker.run(act("finance.account.create"), values=values)
    customers = ledger.dimension("customer", "C1", "C2")
    ledger.require("1122", "customer")
    return customers


def book(ledger: Ledger, customers: Mapping[str, int], month: int, moves: Sequence[Any]) -> None:
    """Post the moves of a month, and transfer income and expenses."""
    result: dict[str, Decimal] = {}
    for debit, credit, amount, _month, customer in moves:
        lines = []
        for code, side in ((debit, "debit"), (credit, "credit")):
            details = {"details": customers[customer]} if code == "1122" else {}
            lines.append({"summary": "s", "account": ledger.account(code), side: amount, **details})
            if code in ("5001", "6001"):
                result[code] = result.get(code, Decimal(0)) + (amount if side == "debit" else -amount)
        _record(ledger, month, lines, VoucherKind.NORMAL)
    for code, balance in result.items():
        if not balance:
            continue
        own, other = ("credit", "debit") if code == "6001" else ("debit", "credit")
        amount = balance if code == "6001" else -balance
        lines = [
            {"summary": "t", "account": ledger.account(code), own: amount},
            {"summary": "t", "account": ledger.account(PROFIT), other: amount},
        ]
        _record(ledger, month, lines, VoucherKind.CLOSING)


def _record(ledger: Ledger, month: int, lines: Sequence[Mapping[str, Any]], kind: VoucherKind) -> None:
    values = {"day": date(2025, month, 5), "kind": kind, "lines": list(lines)}
    ledger.auditor.run(act("finance.voucher.enter"), values=[values], maker=ledger.maker.user.id)


def figures(ledger: Ledger, period: str) -> dict[tuple[str, int | None, str], tuple[Decimal, ...]]:
    """Give opening, movement and movement of the year of each account, combination and currency, up to a period."""
    span = reports.span_of(ledger.maker, period)
    found: dict[tuple[str, int | None, str], list[Decimal]] = {}
    for table, details in ((Balance.__table__, null()), (DimensionBalance.__table__, DimensionBalance.details_id)):
        rows = ledger.maker.session.execute(
            select(Account.code, details, table.c.currency_id, table.c.number, table.c.base_debit, table.c.base_credit)
            .select_from(table.join(Account.__table__, Account.id == table.c.account_id))
            .where(table.c.year_id == span.year, table.c.number <= span.last)
        )
        for code, set_, currency, number, debit, credit in rows:
            row = found.setdefault((code, set_, str(currency)), [Decimal(0)] * 5)
            if number < span.first:
                row[0] += debit - credit
            else:
                row[1] += debit
                row[2] += credit
            if number:
                row[3] += debit
                row[4] += credit
    return {key: tuple(row) for key, row in found.items() if any(row)}


def sheet_of(ledger: Ledger, period: str) -> list[dict[str, Any]]:
    """Say what a period opens with, as somebody reads it off the books kept elsewhere."""
    first = reports.span_of(ledger.maker, period).first
    found: dict[tuple[int, int | None], list[Decimal]] = {}
    for table in (Balance.__table__, DimensionBalance.__table__):
        details = table.c.details_id if "details_id" in table.c else null()
        by_set = Account.code == "1122" if "details_id" in table.c else Account.code != "1122"
        rows = ledger.maker.session.execute(
            select(table.c.account_id, details, table.c.number, table.c.base_debit, table.c.base_credit)
            .select_from(table.join(Account.__table__, Account.id == table.c.account_id))
            .where(table.c.number < first, by_set)
        )
        for account, set_, number, debit, credit in rows:
            row = found.setdefault((account, set_), [Decimal(0)] * 3)
            row[0] += debit - credit
            row[1] += debit if number else 0
            row[2] += credit if number else 0
    return [
        {"account": account, "details": set_, "balance": row[0], "debit": row[1], "credit": row[2]}
        for (account, set_), row in found.items()
    ]


@pytest.mark.parametrize("first", [1, 4])
def test_taken_over_books_equal_those_played_through(database: TrialDatabase, first: int) -> None:
    codes = [f"2025-{month:02}" for month in range(first, 10)]

    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    @given(before=MOVES, moves=MOVES)
    def equal(before: Sequence[Any], moves: Sequence[Any]) -> None:
        with rolled_back(database) as session:
            ledger = Ledger(open_for_admin(session))
            customers = prepared(ledger)
            by_month = {month: [one for one in moves if one[3] == month] for month in range(1, 10)}
            opening = [one for one in before if not {"5001", "6001"} & {one[0], one[1]}]
            outer = session.begin_nested()
            book(ledger, customers, 1, [])
            for one in opening:  # what older years left behind, as the played through company had it
                _older(ledger, customers, one)
            for month in range(1, first):
                book(ledger, customers, month, by_month[month])
            lines = sheet_of(ledger, codes[0])
            for month in range(first, 10):
                book(ledger, customers, month, by_month[month])
            played = {code: figures(ledger, code) for code in codes}
            results = statement(ledger, "2025")
            outer.rollback()
            ledger = Ledger(open_for_admin(session))
            sheet = Sheet(ledger, codes[0], PROFIT)
            sheet.enter(*lines)
            if any(line["balance"] or line["debit"] for line in lines):
                sheet.open()
            for month in range(first, 10):
                book(ledger, customers, month, by_month[month])
            assert {code: figures(ledger, code) for code in codes} == played
            if not any(one[0] == "5001" or one[1] == "6001" for one in moves):
                assert statement(ledger, "2025") == results
            assert ledger.differences() == []

    equal()


def _older(ledger: Ledger, customers: Mapping[str, int], move: Any) -> None:
    """Let a balance be there at the beginning of the year: what was posted in the year before."""
    debit, credit, amount, _month, customer = move
    if not ledger.maker.all(FiscalYear, FiscalYear.name == "2024").ids:
        ledger.maker.run(act("finance.fiscal_year.create"), values=[{"start": date(2024, 1, 1)}])
    lines = []
    for code, side in ((debit, "debit"), (credit, "credit")):
        details = {"details": customers[customer]} if code == "1122" else {}
        lines.append({"summary": "s", "account": ledger.account(code), side: amount, **details})
    values = {"day": date(2024, 5, 5), "lines": lines}
    ledger.auditor.run(act("finance.voucher.enter"), values=[values], maker=ledger.maker.user.id)


@contextmanager
def rolled_back(database: TrialDatabase) -> Generator[HanseSession]:
    """Give a session whatever is done in which is taken back."""
    connection = database.engine.connect()
    outer = connection.begin()
    session = HanseSession(connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
    try:
        yield session
    finally:
        session.close()
        outer.rollback()
        connection.close()


def test_random_sheets_open_and_are_kept_as_they_are(database: TrialDatabase) -> None:
    amounts = st.integers(-(10**7), 10**7).map(lambda cents: Decimal(cents) / 100)
    row = st.tuples(st.sampled_from(["1001", "1122", "2202"]), st.sampled_from(["C1", "C2"]), amounts, CENTS, CENTS)

    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
    @given(rows=st.lists(row, min_size=1, max_size=8, unique_by=lambda one: one[:2]), first=st.integers(1, 12))
    def opened(rows: Sequence[Any], first: int) -> None:
        with rolled_back(database) as session:
            ledger = Ledger(open_for_admin(session))
            customers = prepared(ledger)
            sheet = Sheet(ledger, f"2025-{first:02}")
            sums: dict[str, list[Decimal]] = {}
            lines = []
            for code, customer, balance, debit, credit in rows:
                if code != "1122" and code in sums:
                    continue
                moved = (debit, credit) if first > 1 else (Decimal(0), Decimal(0))
                details = {"details": customers[customer]} if code == "1122" else {}
                lines.append(sheet.line(code, str(balance), str(moved[0]), str(moved[1]), **details))
                total = sums.setdefault(code, [Decimal(0)] * 3)
                sums[code] = [one + more for one, more in zip(total, (balance, *moved), strict=True)]
            rest = [sum((one[place] for one in sums.values()), Decimal(0)) for place in range(3)]
            lines.append(sheet.line("3001", str(-rest[0]), str(rest[2]), str(rest[1])))
            sums["3001"] = [-rest[0], rest[2], rest[1]]
            sheet.enter(*lines)
            if not any(any(one) for one in sums.values()):
                return
            sheet.open()
            assert ledger.differences() == []
            rows_ = reports.trial_balance(ledger.maker, reports.span_of(ledger.maker, f"2025-{first:02}"))
            assert {one.code: one.opening for one in rows_ if one.opening} == {
                code: one[0] for code, one in sums.items() if one[0]
            }
            year = reports.trial_balance(ledger.maker, reports.span_of(ledger.maker, "2025"))
            assert {one.code: (one.debit, one.credit) for one in year if one.debit or one.credit} == {
                code: (one[1], one[2]) for code, one in sums.items() if one[1] or one[2]
            }

    opened()

"""Closing, whatever the books: revaluation, transfer, statements, reopening; without the accounts of a country.

The invariants are those every bookkeeping has: assets are liabilities and equity, income and expense are empty after
the transfer, what a step wrote leaves it nothing to do, revaluations add up to what the rate made of the balance.
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from bookkeeping import Ledger, act
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hanse import BusinessError
from hanse.settings.changing import change_settings
from hanse_finance import books
from hanse_finance.closing.checks import Level, check_period
from hanse_finance.closing.revaluation import differences, positions
from hanse_finance.closing.sealing import changed, digests
from hanse_finance.models import FinanceSettings, Period, ProfitVouchers, Transfers, Voucher, VoucherKind
from hanse_finance.statements.definition import Sheet
from hanse_finance.statements.formula import FormulaError, parse
from hanse_finance.statements.working import disagreements, work_out

MORE = (
    ("1003", "Bank in dollars", "asset", "D"),
    ("1123", "Receivables in euros", "asset", "D"),
    ("3103", "Profit of the year", "equity", "C"),
    ("3104", "Retained earnings", "equity", "C"),
    ("5301", "Exchange gains", "income", "C"),
    ("6603", "Exchange losses", "expense", "D"),
)


@pytest.fixture
def closing(ledger: Ledger) -> Ledger:
    """Books with accounts for profit and exchange differences."""
    rows = [{"code": code, "name": name, "type": kind, "side": side} for code, name, kind, side in MORE]
    ledger.maker.run(act("finance.account.create"), values=rows)
    return ledger


def rate(ledger: Ledger, code: str, on: str, value: str) -> None:
    ledger.maker.run(
        act("finance.exchange_rate.create"),
        values=[
            {
                "currency": ledger.currency(code),
                "quote": ledger.maker.company.currency_id,
                "day": date.fromisoformat(on),
                "rate": Decimal(value),
            }
        ],
    )


def foreign(ledger: Ledger, code: str, amount: str) -> dict[str, Any]:
    return {"foreign_currency": ledger.currency(code), "foreign_amount": Decimal(amount)}


def step(ledger: Ledger, verb: str, code: str) -> list[Voucher]:
    """Run a step, and have its vouchers audited and posted by the other person."""
    made = ledger.maker.run(act(f"finance.period.{verb}"), [ledger.period(code).id]).result
    ledger.auditor.run(act("finance.voucher.audit_post"), made)
    return [ledger.read(one) for one in made]


def written(voucher: Voucher) -> list[tuple[str, str, str]]:
    """Give account, side and amount of each line."""
    return [
        (line.account.code, "D" if line.debit is not None else "C", f"{(line.debit or line.credit or 0):.2f}")
        for line in voucher.lines
    ]


# --- revaluation ------------------------------------------------------------------------------------------------------


def test_foreign_balances_take_the_rate_of_the_last_day(closing):
    rate(closing, "USD", "2025-03-31", "7.2")
    closing.posted((("1003", "700", foreign(closing, "USD", "100")), ("3001", "-700")))
    (voucher,) = step(closing, "revalue", "2025-03")
    assert voucher.kind is VoucherKind.REVALUATION
    assert written(voucher) == [("1003", "D", "20.00"), ("5301", "C", "20.00")]
    rate(closing, "USD", "2025-04-30", "6.95")
    (voucher,) = step(closing, "revalue", "2025-04")
    assert written(voucher) == [("1003", "D", "-25.00"), ("6603", "D", "25.00")]
    with pytest.raises(BusinessError, match="nothing is left"):
        step(closing, "revalue", "2025-04")


def test_a_later_invoice_adds_only_its_difference(closing):
    rate(closing, "USD", "2025-03-31", "7.2")
    closing.posted((("1003", "700", foreign(closing, "USD", "100")), ("3001", "-700")))
    step(closing, "revalue", "2025-03")
    closing.posted((("1003", "71", foreign(closing, "USD", "10")), ("5001", "-71")), on="2025-03-30")
    (voucher,) = step(closing, "revalue", "2025-03")
    assert written(voucher) == [("1003", "D", "1.00"), ("5301", "C", "1.00")]


def test_details_are_revalued_each_by_itself_and_currencies_in_vouchers_of_their_own(closing):
    sets = closing.dimension("customer", "A", "B")
    closing.require("1123", "customer")
    rate(closing, "USD", "2025-03-31", "7")
    rate(closing, "EUR", "2025-03-31", "8")
    closing.posted((("1123", "10", {"details": sets["A"]} | foreign(closing, "EUR", "1.29")), ("5001", "-10")))
    closing.posted((("1123", "20", {"details": sets["B"]} | foreign(closing, "EUR", "2.43")), ("5001", "-20")))
    closing.posted((("1003", "60", foreign(closing, "USD", "10")), ("5001", "-60")))
    made = step(closing, "revalue", "2025-03")
    found = {line.details_id: line.base for one in made for line in one.lines if line.account.code == "1123"}
    assert found == {sets["A"]: Decimal("0.32"), sets["B"]: Decimal("-0.56")}
    assert sorted(len(one.lines) for one in made) == [2, 3]


def test_what_is_left_of_an_empty_foreign_balance_is_cleared(closing):
    closing.posted((("1003", "700", foreign(closing, "USD", "100")), ("3001", "-700")))
    closing.posted((("1002", "690"), ("1003", "-690", foreign(closing, "USD", "100"))))
    (voucher,) = step(closing, "revalue", "2025-03")
    assert written(voucher) == [("1003", "D", "-10.00"), ("6603", "D", "10.00")]


def test_lines_written_in_the_currency_itself_keep_their_amount(closing):
    """Imported ledgers write lines in any currency, with a base amount."""
    usd = closing.currency("USD")
    rate(closing, "USD", "2025-03-31", "7.5")
    values = {
        "day": date(2025, 3, 10),
        "source": "import:1",
        "lines": [
            {"summary": "x", "account": closing.account("1003"), "debit": Decimal(100), "currency": usd, "base": 700},
            {"summary": "x", "account": closing.account("3001"), "credit": Decimal(700), "base": -700},
        ],
    }
    made = closing.maker.run(act("finance.voucher.record"), values=[values]).done
    closing.auditor.run(act("finance.voucher.audit_post"), made)
    before = closing.trial()
    (voucher,) = step(closing, "revalue", "2025-03")
    line = voucher.lines[0]
    assert (line.currency_id, line.debit, line.base) == (usd, 0, 50)
    assert closing.trial()["1003"] == before["1003"] == ("0", "100", "0", "100")
    assert closing.differences() == []


def test_a_missing_rate_and_unposted_vouchers_are_told(closing):
    closing.posted((("1003", "700", foreign(closing, "USD", "100")), ("3001", "-700")))
    with pytest.raises(BusinessError, match="USD on or before"):
        step(closing, "revalue", "2025-03")
    closing.voucher()
    with pytest.raises(BusinessError, match="1 vouchers up to 2025-03"):
        step(closing, "revalue", "2025-03")


def test_accounts_that_are_no_money_are_not_revalued(closing):
    rate(closing, "USD", "2025-03-31", "7.2")
    closing.posted((("1003", "700", foreign(closing, "USD", "100")), ("3001", "-700")))
    closing.maker.run(act("finance.account.update"), [closing.account("1003")], values={"revalued": False})
    assert differences(closing.maker, closing.period("2025-03")) == []


amounts = st.decimals(min_value="0.01", max_value="99999.99", places=2)
rates = st.decimals(min_value="0.0001", max_value="20", places=4)


@given(
    moves=st.lists(st.tuples(st.integers(1, 12), amounts, rates, st.booleans()), min_size=1, max_size=8),
    ends=st.lists(rates, min_size=12, max_size=12),
)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_all_revaluations_of_a_year_are_last_less_first(closing, moves, ends):
    """The sum of exchange differences is what the last rate makes of the balance, less what it was booked at."""
    with closing.maker.session.begin_nested() as savepoint:
        booked, held = Decimal(0), Decimal(0)
        for month in range(1, 13):
            for when, amount, at, out in moves:
                if when == month:
                    sign = -1 if out else 1
                    base = max((amount * at).quantize(Decimal("0.01"), ROUND_HALF_UP), Decimal("0.01"))
                    line = ("1003", f"{sign * base:f}", foreign(closing, "USD", f"{amount:f}"))
                    closing.posted((line, ("3001", f"{-sign * base:f}")), on=f"2025-{month:02}-03")
                    booked, held = booked + sign * base, held + sign * amount
            last = closing.period(f"2025-{month:02}").end
            rate(closing, "USD", last.isoformat(), f"{ends[month - 1]:f}")
            if differences(closing.maker, closing.period(f"2025-{month:02}")):
                step(closing, "revalue", f"2025-{month:02}")
            assert differences(closing.maker, closing.period(f"2025-{month:02}")) == []
        (position,) = positions(closing.maker, closing.period("2025-12"))
        final = (held * ends[-1]).quantize(Decimal("0.01"), ROUND_HALF_UP)
        assert (position.amount, position.base) == (held, final)
        trial = closing.trial("2025")
        gains = sum(-Decimal(trial[code][3]) for code in ("5301", "6603") if code in trial)
        assert gains == final - booked
        assert closing.differences() == []
        savepoint.rollback()
    closing.maker.session.expire_all()
    forget(closing)


# --- profit and loss --------------------------------------------------------------------------------------------------


def monthly(ledger: Ledger, **more: Any) -> None:
    change_settings(ledger.maker, FinanceSettings, {"transfers": Transfers.MONTHLY} | more)
    forget(ledger)


def forget(ledger: Ledger) -> None:
    """Have both read settings again."""
    ledger.maker.kept.clear()
    ledger.auditor.kept.clear()


def test_the_own_side_keeps_what_was_earned_and_red_what_was_taken_back(closing):
    monthly(closing)
    closing.posted((("1001", "100"), ("5001", "-100")))
    closing.reverse(closing.posted((("1001", "30"), ("5001", "-30"))), on=date(2025, 3, 20))
    (red,) = [one for one in closing.maker.all(Voucher, Voucher.kind == VoucherKind.REVERSAL)]
    closing.post(closing.audit(red))
    closing.posted((("6001", "40"), ("1001", "-40")))
    income, expense = step(closing, "transfer_profit", "2025-03")
    assert written(income) == [("5001", "D", "100.00"), ("3103", "C", "100.00")]
    assert written(expense) == [("3103", "D", "40.00"), ("6001", "C", "40.00")]
    trial = closing.trial()
    assert trial["5001"] == ("0", "100", "100", "0")
    assert trial["6001"] == ("0", "40", "40", "0")
    assert work_out(closing.maker, "2025-03")[Sheet.INCOME].amount("period", 3) == 60


def test_an_unusual_balance_is_transferred_in_red(closing):
    monthly(closing)
    closing.posted((("5001", "25"), ("1001", "-25")))
    (voucher,) = step(closing, "transfer_profit", "2025-03")
    assert written(voucher) == [("5001", "D", "-25.00"), ("3103", "C", "-25.00")]


def test_one_voucher_where_the_company_wants_one(closing):
    monthly(closing, profit_vouchers=ProfitVouchers.ONE)
    closing.posted((("1001", "100"), ("5001", "-100")))
    closing.posted((("6001", "140"), ("1001", "-140")))
    (voucher,) = step(closing, "transfer_profit", "2025-03")
    assert written(voucher) == [("3103", "D", "40.00"), ("5001", "D", "100.00"), ("6001", "C", "140.00")]


def test_dimensions_are_emptied_each_by_itself(closing):
    monthly(closing)
    sets = closing.dimension("department", "Sales", "Office")
    closing.require("6001", "department")
    closing.posted((("6001", "10", {"details": sets["Sales"]}), ("1001", "-10")))
    closing.posted((("6001", "7", {"details": sets["Office"]}), ("1001", "-7")))
    (voucher,) = step(closing, "transfer_profit", "2025-03")
    assert {line.details_id: line.base for line in voucher.lines if line.account.code == "6001"} == {
        sets["Sales"]: -10,
        sets["Office"]: -7,
    }
    assert closing.differences() == []


def test_the_account_for_profit_may_be_named_and_is_asked_for(ledger):
    monthly(ledger)
    ledger.posted()
    with pytest.raises(BusinessError, match="Profit of the year"):
        step(ledger, "transfer_profit", "2025-03")
    monthly(ledger, profit_account=ledger.account("3001"))
    (voucher,) = step(ledger, "transfer_profit", "2025-03")
    assert written(voucher) == [("5001", "D", "100.00"), ("3001", "C", "100.00")]


def due(ledger: Ledger, code: str) -> set[str | None]:
    """Give the actions that checks ask for."""
    return {one.verb for result in check_period(ledger.maker, ledger.period(code)) for one in result.findings}


moves = st.lists(
    st.tuples(
        st.sampled_from(["1001", "1002", "1122", "2202", "3001", "5001", "6001"]),
        st.sampled_from(["1001", "1002", "1122", "2202", "3001", "5001", "6001"]),
        st.decimals(min_value="-9999.99", max_value="9999.99", places=2).filter(bool),
        st.integers(0, 11),
    ),
    min_size=1,
    max_size=14,
)


@given(moves=moves, monthly_transfer=st.booleans())
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_year_closes_and_its_statements_agree(closing, moves, monthly_transfer):
    """I3, I5, I6, I10, I11, I12: openings follow, the equation holds, profit is empty, hashes stay."""
    ctx = closing.maker
    with ctx.session.begin_nested() as savepoint:
        if monthly_transfer:
            monthly(closing)
        for debit, credit, amount, month in moves:
            if debit != credit:
                values = ((debit, f"{abs(amount):f}"), (credit, f"{-abs(amount):f}"))
                red = amount < 0 and debit != credit
                on = f"2025-{month + 1:02}-05"
                voucher = closing.posted(values, on=on)
                if red:
                    closing.post(closing.audit(closing.reverse(voucher, on=date(2025, month + 1, 20))))
        earned = spent = Decimal(0)
        for month in range(1, 13):
            code = f"2025-{month:02}"
            before = work_out(ctx, code)
            income = before[Sheet.INCOME]
            earned, spent = earned + income.amount("period", 1), spent + income.amount("period", 2)
            for verb in ("transfer_profit", "transfer_year"):
                if f"finance.period.{verb}" in due(closing, code):
                    step(closing, verb, code)
            after = work_out(ctx, code)
            assert after[Sheet.INCOME].amount("period", 3) == income.amount("period", 3)
            assert after[Sheet.INCOME].amount("year", 3) == earned - spent
            assert disagreements(ctx, after) == []
            assert after[Sheet.BALANCE].amount("end", 2) == before[Sheet.BALANCE].amount("end", 2)
            errors = [one for one in check_period(ctx, closing.period(code)) if one.level is Level.ERROR]
            assert errors == []
            closing.close(code)
        assert closing.trial("2025").get("3103", ("0",) * 4)[3] == "0"
        hashes = {one.report: one.digest for one in digests(ctx, closing.period("2025-12"))}
        ctx.run(act("finance.period.reopen"), [closing.period("2025-12").id], reason="again")
        closing.close("2025-12")
        assert {one.report: one.digest for one in digests(ctx, closing.period("2025-12"))} == hashes
        assert changed(ctx) == []
        assert books.differences(ctx) == []
        savepoint.rollback()
    ctx.session.expire_all()
    forget(closing)


# --- checks and closing -----------------------------------------------------------------------------------------------


def test_closing_says_everything_that_stands_against_it_at_once(closing):
    monthly(closing)
    closing.posted((("1003", "700", foreign(closing, "USD", "100")), ("5001", "-700")), on="2025-01-05")
    closing.voucher(on="2025-01-06")
    with pytest.raises(BusinessError) as refused:
        closing.close("2025-01")
    said = str(refused.value)
    assert "1 vouchers of 2025-01 are not posted yet" in said
    assert "Income and expense accounts still have balances" in said
    assert "There is no exchange rate of USD" in said
    assert closing.period("2025-01").state.value == "open"


def test_the_next_year_is_opened_after_the_last_period(closing):
    closing.close(*(f"2025-{month:02}" for month in range(1, 13)))
    assert closing.period("2026-01").state.value == "open"
    assert len(closing.maker.all(Period, Period.code.like("2026%"))) == 12


def test_cash_below_zero_warns_and_does_not_forbid(closing):
    closing.maker.run(act("finance.account.update"), [closing.account("1001")], values={"cash": True})
    closing.posted((("1002", "5"), ("1001", "-5")), on="2025-01-05")
    found = {one.check.code: one for one in check_period(closing.maker, closing.period("2025-01"))}
    assert found["C9"].level is Level.WARNING
    assert "1001 Cash" in str(found["C9"].findings[0].message)
    closing.close("2025-01")


def test_an_account_counts_for_what_it_is_reported_as(closing):
    closing.posted((("1122", "5"), ("5001", "-5")))
    sheet = work_out(closing.maker, "2025-03")
    key = closing.account("1122")
    assert key in sheet[Sheet.BALANCE].accounts("end", 1)
    closing.maker.run(act("finance.account.update"), [key], values={"reported_as": "9999"})
    chart = work_out(closing.maker, "2025-03").chart
    assert chart.nodes[key].reported[-1] == "9999"


def test_formulas_are_read_whole_or_refused():
    one, two, three = parse("DD:1122,2203 - C:1231[a,b] + L15")
    assert (one.sign, one.function, one.accounts.codes) == (1, "DD", ("1122", "2203"))
    assert (two.sign, two.function, two.accounts.words) == (-1, "C", ("a", "b"))
    assert (three.sign, three.line) == (1, 15)
    assert parse("") == ()
    for wrong in ("D", "PL:1", "L1 L2", "Z:1", "D:1 +", "L1++L2", "D:[a]", "D:1[", "1122"):
        with pytest.raises(FormulaError):
            parse(wrong)


def test_rates_are_never_taken_from_the_future(closing):
    rate(closing, "USD", "2025-04-01", "9")
    closing.posted((("1003", "700", foreign(closing, "USD", "100")), ("3001", "-700")))
    with pytest.raises(BusinessError, match="no exchange rate"):
        step(closing, "revalue", "2025-03")

"""What the books may rely on about years and periods: what closing asks for, and what is brought forward."""

from __future__ import annotations

from datetime import date

import pytest
from bookkeeping import act
from sqlalchemy import text

from hanse.errors import BusinessError
from hanse_finance import books
from hanse_finance.closing.checks import Level, check_period
from hanse_finance.models import FiscalYear, Period, PeriodState

STEP = [("1001", "100"), ("5001", "-100")]


def test_a_year_has_twelve_months_without_a_gap(ledger):
    ledger.open(2024)
    periods = list(ledger.maker.all(Period, Period.code.like("2024-%"), order_by=[Period.number]))
    assert [period.code for period in periods] == [f"2024-{month:02}" for month in range(1, 13)]
    assert (periods[1].end, periods[11].end) == (date(2024, 2, 29), date(2024, 12, 31))


def test_a_fiscal_year_may_begin_in_any_month(ledger):
    ledger.maker.run(act("finance.fiscal_year.create"), values=[{"start": date(2026, 4, 1)}])
    year = ledger.maker.all(FiscalYear, FiscalYear.name == "2026").one()
    assert (year.end, year.periods[0].code, year.periods[11].code) == (date(2027, 3, 31), "2026-04", "2027-03")


@pytest.mark.parametrize(
    ("start", "why"),
    [(date(2025, 6, 1), "overlap"), (date(2024, 7, 1), "overlap"), (date(2026, 1, 2), "first of a month")],
)
def test_years_do_not_overlap_and_begin_on_the_first(ledger, start, why):
    with pytest.raises(BusinessError, match=why):
        ledger.maker.run(act("finance.fiscal_year.create"), values=[{"start": start}])


def test_a_period_is_closed_after_those_before_it(ledger):
    ledger.posted(STEP, on="2025-02-10")
    with pytest.raises(BusinessError, match="2025-01 is still open"):
        ledger.close("2025-02")
    ledger.close("2025-01", "2025-02")
    assert ledger.period("2025-02").state is PeriodState.CLOSED


@pytest.mark.parametrize("how", ["voucher", "audited"])
def test_a_period_with_unposted_vouchers_is_not_closed(ledger, how):
    voucher = getattr(ledger, how)(STEP, on="2025-01-10")
    with pytest.raises(BusinessError, match="1 vouchers of 2025-01 are not posted"):
        ledger.close("2025-01")
    if how == "voucher":
        ledger.do("void", voucher, by=ledger.maker)
        ledger.close("2025-01")


def test_a_period_whose_balances_are_wrong_is_not_closed(ledger):
    ledger.posted(STEP, on="2025-01-10")
    ledger.maker.session.execute(
        text("UPDATE finance_balance SET debit = debit + 1, base_debit = base_debit + 1 WHERE debit > 0")
    )
    with pytest.raises(BusinessError, match="Balances differ"):
        ledger.close("2025-01")


def test_nothing_is_written_posted_or_moved_into_a_closed_period(ledger):
    february = ledger.voucher(STEP, on="2025-02-01")
    ledger.close("2025-01")
    with pytest.raises(BusinessError, match="2025-01 is closed"):
        ledger.voucher(STEP, on="2025-01-31")
    with pytest.raises(BusinessError, match="2025-01 is closed"):
        ledger.do("update", february, by=ledger.maker, values={"day": date(2025, 1, 31)})
    with pytest.raises(BusinessError, match="2025-01 is closed"):
        ledger.reverse(ledger.posted(STEP, on="2025-02-02"), on=date(2025, 1, 31))


def test_what_was_audited_before_its_period_was_closed_is_not_posted(ledger):
    voucher = ledger.audited(STEP, on="2025-01-10")
    ledger.maker.session.execute(text("UPDATE finance_period SET state = 'closed' WHERE code = '2025-01'"))
    with pytest.raises(BusinessError, match="2025-01 is closed"):
        ledger.do("post", voucher)


def test_only_the_latest_closed_period_is_reopened_and_the_reason_stays(ledger):
    ledger.close("2025-01", "2025-02")
    reopen = act("finance.period.reopen")
    with pytest.raises(BusinessError, match="2025-02 is closed too"):
        ledger.maker.run(reopen, [ledger.period("2025-01")], reason="forgot one")
    with pytest.raises(BusinessError, match="missing"):
        ledger.maker.run(reopen, [ledger.period("2025-02")])
    ledger.maker.run(reopen, [ledger.period("2025-02")], reason="forgot one")
    assert ledger.period("2025-02").state is PeriodState.OPEN
    assert ledger.maker.session.scalar(text("SELECT body FROM core_comment WHERE model = 'finance.period'")).endswith(
        "forgot one"
    )
    ledger.posted(STEP, on="2025-02-20")


def test_the_closing_of_a_period_is_the_opening_of_the_next(ledger):
    ledger.posted(STEP, on="2025-01-31")
    ledger.posted([("6001", "30"), ("1001", "-30")], on="2025-02-01")
    assert ledger.trial("2025-01")["1001"] == ("0", "100", "0", "100")
    assert ledger.trial("2025-02")["1001"] == ("100", "0", "30", "70")
    assert ledger.trial("2025-12")["1001"] == ("70", "0", "0", "70")
    assert ledger.trial("2025")["1001"] == ("0", "100", "30", "70")


def test_a_new_year_begins_with_the_balances_of_the_one_before(ledger):
    ledger.posted(STEP, on="2025-12-31")
    ledger.open(2026, 2027)
    assert (
        ledger.trial("2026-01")
        == ledger.trial("2027-05")
        == {"1001": ("100", "0", "0", "100"), "5001": ("-100", "0", "0", "-100")}
    )
    assert ledger.differences() == []


def test_posting_back_into_an_earlier_year_is_brought_forward_into_all_later_ones(ledger):
    ledger.open(2026, 2027)
    ledger.posted(STEP, on="2025-06-30")
    ledger.posted(STEP, on="2026-06-30")
    assert [ledger.trial(period)["1001"] for period in ("2025-12", "2026-01", "2026-12", "2027-01")] == [
        ("100", "0", "0", "100"),
        ("100", "0", "0", "100"),
        ("200", "0", "0", "200"),
        ("200", "0", "0", "200"),
    ]
    assert ledger.differences() == []


def test_a_year_opened_before_the_others_is_brought_forward_too(ledger):
    ledger.posted(STEP, on="2025-06-30")
    ledger.open(2024)
    ledger.posted(STEP, on="2024-06-30")
    assert ledger.trial("2025-07")["1001"] == ("200", "0", "0", "200")
    assert ledger.trial("2024-07")["1001"] == ("100", "0", "0", "100")
    assert ledger.differences() == []


def test_numbers_begin_with_one_in_each_period_and_word(ledger):
    other = ledger.maker.run(
        act("finance.voucher_word.create"), values=[{"code": "收", "name": "收款凭证", "position": 2}]
    ).id
    numbers = [
        ledger.posted(STEP, on=on, **more).number
        for on, more in [
            ("2025-01-01", {}),
            ("2025-01-02", {}),
            ("2025-01-03", {"word": other}),
            ("2025-02-01", {}),
            ("2025-02-02", {"word": other}),
        ]
    ]
    assert numbers == [1, 2, 1, 1, 1]


def test_periods_closed_together_are_looked_at_as_if_those_before_were_closed(ledger, monkeypatch):
    """A check of any addon sees what it would see if they were closed one by one."""
    from hanse_finance.closing import checks

    seen: dict[str, list[str]] = {}

    def look(ctx, period):
        closed = ctx.all(Period, Period.state == PeriodState.CLOSED, order_by=[Period.start])
        seen[period.code] = closed[Period.code]
        return ()

    monkeypatch.setattr(checks, "_checks", [*checks._checks, checks.Check("C99", "Seen", "hanse_finance", look)])
    ledger.posted(STEP, on="2025-02-10")
    ledger.close("2025-01", "2025-02", "2025-03")
    assert seen == {"2025-01": [], "2025-02": ["2025-01"], "2025-03": ["2025-01", "2025-02"]}
    assert [ledger.period(f"2025-0{month}").state for month in (1, 2, 3)] == [PeriodState.CLOSED] * 3


def test_of_periods_closed_together_none_is_if_one_cannot_be(ledger):
    ledger.voucher(STEP, on="2025-02-10")
    with pytest.raises(BusinessError, match="1 vouchers of 2025-02 are not posted"):
        ledger.close("2025-01", "2025-02")
    ledger.maker.session.expire_all()
    assert ledger.period("2025-01").state is PeriodState.OPEN


# --- C4, cheap on the page and thorough when a period is closed

_ONE_OF = "UPDATE finance_balance SET {} WHERE id = (SELECT max(id) FROM finance_balance WHERE {})"


@pytest.mark.parametrize(
    ("what", "where", "on_the_page"),
    [
        ("debit = debit + 1", "number = 6 AND debit <> 0", True),
        ("base_credit = base_credit + 1", "number = 6 AND credit <> 0", True),
        ("debit_quantity = debit_quantity + 1", "number = 6", True),
        ("debit = debit + 1", "number = 0", True),
        ("debit = debit + 1", "number = 3", False),
    ],
)
def test_what_the_page_compares_is_the_period_and_what_was_brought_forward(ledger, what, where, on_the_page):
    ledger.posted(STEP, on="2025-03-10")
    ledger.posted(STEP, on="2025-06-10")
    ledger.voucher(STEP, on="2025-06-11")
    ledger.open(2026)
    ledger.posted(STEP, on="2026-03-10")
    ledger.posted(STEP, on="2026-06-10")
    later, session = ledger.period("2026-06"), ledger.maker.session
    assert (books.differences_in(ledger.maker, later), books.differences(ledger.maker)) == ([], [])
    session.execute(text(_ONE_OF.format(what, f"{where} AND year_id = {later.year_id}")))
    assert len(books.differences_in(ledger.maker, later)) == (1 if on_the_page else 0)
    assert len(books.differences(ledger.maker)) == 1


def test_what_only_the_thorough_check_finds_forbids_to_close(ledger):
    ledger.posted(STEP, on="2025-01-10")
    ledger.posted(STEP, on="2025-02-10")
    ledger.maker.session.execute(text("UPDATE finance_balance SET debit = debit + 1 WHERE number = 2 AND debit > 0"))
    january = ledger.period("2025-01")
    looked = {one.check.code: one.level for one in check_period(ledger.maker, january)}
    proved = {one.check.code: one.level for one in check_period(ledger.maker, january, thoroughly=True)}
    assert (looked["C4"], proved["C4"]) == (Level.OK, Level.ERROR)
    with pytest.raises(BusinessError, match="Balances differ"):
        ledger.close("2025-01")

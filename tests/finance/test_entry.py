"""What people may rely on when they write a voucher: each mistake is named with its line and field, all at once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from bookkeeping import act

from hanse.errors import BusinessError
from hanse_finance.models import Voucher

PAIR = [("1001", "100"), ("5001", "-100")]


def refused(ledger, lines=(), *, on="2025-03-10", **more) -> dict[str | None, str]:
    """Try to write a voucher; give what is wrong by field.  Nothing is stored."""
    with pytest.raises(BusinessError) as error:
        ledger.voucher(lines or PAIR, on=on, **more)
    assert len(ledger.maker.all(Voucher)) == 0
    return {one.field: str(one) for one in error.value.each()}


def test_debit_and_credit_that_differ_are_refused_with_both_sums(ledger):
    assert refused(ledger, [("1001", "100"), ("5001", "-99.99")]) == {
        "lines": "Debit 100 and credit 99.99 differ by 0.01."
    }


def test_everything_that_is_wrong_is_told_at_once(ledger):
    told = refused(
        ledger, [("1001", "1.234"), ("5001", "-1", {"account": None}), ("1002", "1", {"credit": Decimal(1)})]
    )
    assert set(told) == {"lines.0.debit", "lines.1.account", "lines.2.debit"}
    assert "1.234 has more than 2 decimals" in told["lines.0.debit"]
    assert "not both" in told["lines.2.debit"]


@pytest.mark.parametrize("on", ["2024-12-31", "2026-01-01", "1999-01-01"])
def test_a_day_outside_every_year_is_refused(ledger, on):
    assert refused(ledger, on=on) == {"day": refused(ledger, on=on)["day"]}
    assert "no fiscal year" in refused(ledger, on=on)["day"]


@pytest.mark.parametrize("day", [None, "yesterday", 20250310, True])
def test_a_day_that_is_none_is_refused(ledger, day):
    assert list(refused(ledger, day=day)) == ["day"]


def test_a_closed_period_is_refused(ledger):
    ledger.close("2025-01")
    assert "2025-01 is closed" in refused(ledger, on="2025-01-31")["day"]


def test_an_account_with_accounts_below_it_and_one_out_of_use_are_refused(ledger):
    ledger.maker.run(act("finance.account.update"), [ledger.account("1001")], values={"postable": False})
    assert "1001 Cash has accounts below it" in refused(ledger)["lines.0.account"]
    ledger.maker.run(act("finance.account.archive"), [ledger.account("5001")])
    assert "“5001 Sales” is archived" in refused(ledger)["lines.1.account"]


@pytest.mark.parametrize("account", [0, 10**9])
def test_an_unknown_account_is_refused(ledger, account):
    assert "choose" in next(iter(refused(ledger, [("1001", "1"), ("5001", "-1", {"account": account})]).values()))


def test_an_account_of_another_company_is_refused(ledger):
    from hanse.directory.founding import found_company
    from hanse_finance.models import Account

    session = ledger.maker.session
    theirs = found_company(
        session, ledger.maker.user, {"name": "Other", "currency": "CNY"}, addons=["hanse_contacts", "hanse_finance"]
    )
    account = theirs.run(
        act("finance.account.create"), values=[{"code": "X", "name": "X", "type": "asset", "side": "D"}]
    ).id
    assert theirs.all(Account, Account.id == account)
    ledger.maker.bind()
    assert "choose" in next(iter(refused(ledger, [("1001", "1"), ("5001", "-1", {"account": account})]).values()))


def test_an_unknown_currency_and_a_missing_rate_are_refused(ledger):
    lines = ledger.lines([("1001", "10"), ("5001", "-10")])
    record = act("finance.voucher.record")
    for currency, why in (
        (ledger.currency("USD"), "Line 1: there is no exchange rate on or before"),
        (10**9, "no exchange rate"),
    ):
        with pytest.raises(BusinessError, match=why):
            ledger.maker.run(
                record, values=[{"day": date(2025, 3, 10), "lines": [{**line, "currency": currency} for line in lines]}]
            )
    assert len(ledger.maker.all(Voucher)) == 0


def test_the_latest_rate_on_or_before_the_day_gives_the_base_amount(ledger):
    dollars, yuan = ledger.currency("USD"), ledger.currency("CNY")
    rates = [
        {"currency": dollars, "quote": yuan, "day": date(2025, 3, day), "rate": rate}
        for day, rate in ((1, "7.0"), (10, "7.12345"), (11, "9"))
    ]
    ledger.maker.run(act("finance.exchange_rate.create"), values=rates)
    lines = [{**line, "currency": dollars} for line in ledger.lines([("1002", "33.33"), ("1001", "-33.33")])]
    made = ledger.maker.run(act("finance.voucher.record"), values=[{"day": date(2025, 3, 10), "lines": lines}]).id
    assert [line.base for line in ledger.read(made).lines] == [Decimal("237.42"), Decimal("-237.42")]


@pytest.mark.parametrize(
    "lines", [[("1001", "0"), ("5001", "-0")], [("1001", "100")], [("1001", "0"), ("5001", "-1"), ("6001", "1")]]
)
def test_lines_without_an_amount_and_single_lines_are_refused(ledger, lines):
    assert refused(ledger, lines)


def test_a_voucher_has_a_limit_of_lines(ledger):
    line = ledger.lines([("1001", "0.01")])[0]
    with pytest.raises(BusinessError, match="at most 2000 lines"):
        ledger.maker.run(
            act("finance.voucher.create"),
            values=[{"day": date(2025, 3, 10), "lines": [dict(line) for _line in range(2001)]}],
        )


@pytest.mark.parametrize(
    "amount",
    [Decimal("NaN"), Decimal("Infinity"), Decimal("1e400"), Decimal(10) ** 20, "abc", "1e99999", 1.5, True, "9" * 5000],
)
def test_amounts_that_are_no_numbers_or_too_large_are_refused(ledger, amount):
    assert list(refused(ledger, [("1001", "1", {"debit": amount}), ("5001", "-1")])) == ["lines.0.debit"]


def test_amounts_may_be_given_as_text(ledger):
    assert ledger.voucher([("1001", "1", {"debit": "12.50"}), ("5001", "-12.5")]).total == Decimal("12.5")


def test_red_amounts_are_kept_on_their_side(ledger):
    voucher = ledger.posted([("1001", "1", {"debit": Decimal(-30)}), ("5001", "-1", {"credit": Decimal(-30)})])
    assert [(line.debit, line.credit, line.base) for line in voucher.lines] == [(-30, None, -30), (None, -30, 30)]
    assert ledger.trial() == {"1001": ("0", "-30", "0", "-30"), "5001": ("0", "0", "-30", "30")}


def test_the_summary_is_carried_down_and_the_first_is_the_vouchers(ledger):
    voucher = ledger.voucher([("1001", "1", {"summary": "Sale"}), ("5001", "-1", {"summary": None})])
    assert (voucher.summary, [line.summary for line in voucher.lines]) == ("Sale", ["Sale", "Sale"])


def test_several_vouchers_name_the_one_that_is_wrong(ledger):
    good, bad = (
        {"day": date(2025, 3, 10), "lines": ledger.lines(lines)} for lines in (PAIR, [("1001", "1"), ("5001", "-2")])
    )
    with pytest.raises(BusinessError) as error:
        ledger.maker.run(act("finance.voucher.create"), values=[good, bad])
    assert error.value.field == "1.lines"
    assert len(ledger.maker.all(Voucher)) == 0


# --- dimensions


def test_an_account_asks_for_its_dimensions_and_for_no_others(ledger):
    customers, projects = ledger.dimension("customer", "C1", "C2"), ledger.dimension("project", "P1")
    ledger.require("1122", "customer")
    for account, details in (("1122", None), ("1122", projects["P1"]), ("1001", customers["C1"])):
        assert (
            "dimensions" in refused(ledger, [(account, "1", {"details": details}), ("5001", "-1")])["lines.0.details"]
        )
    ledger.posted(
        [("1122", "10", {"details": customers["C1"]}), ("1122", "5", {"details": customers["C2"]}), ("5001", "-15")]
    )
    ledger.posted([("1122", "-4", {"details": customers["C1"]}), ("1001", "4")])
    from hanse_finance.models import DimensionBalance

    balances = {(one.details_id, one.debit, one.credit) for one in ledger.maker.all(DimensionBalance)}
    assert balances == {(customers["C1"], 10, 4), (customers["C2"], 5, 0)}
    assert ledger.trial()["1122"] == ("0", "15", "4", "11")
    assert ledger.differences() == []


def test_each_combination_of_values_exists_once_whatever_its_order(ledger):
    ledger.dimension("customer", "C1"), ledger.dimension("project", "P1")
    pair = [ledger.value("C1"), ledger.value("P1")]
    combine = act("finance.dimension_set.combine")
    made = ledger.maker.run(combine, combinations=[pair, pair[::-1]]).result
    assert made[0] == made[1] == ledger.maker.run(combine, combinations=[pair]).result[0]


def test_a_combination_has_one_value_of_a_dimension_and_only_values_there_are(ledger):
    ledger.dimension("customer", "C1", "C2")
    combine = act("finance.dimension_set.combine")
    with pytest.raises(BusinessError, match="already"):
        ledger.maker.run(combine, combinations=[[ledger.value("C1"), ledger.value("C2")]])
    with pytest.raises(BusinessError, match="is not there"):
        ledger.maker.run(combine, combinations=[[10**9]])


# --- the foreign triple


def test_an_account_kept_in_a_currency_asks_for_the_amount_in_it(ledger):
    dollars, euros = ledger.currency("USD"), ledger.currency("EUR")
    ledger.maker.run(act("finance.account.update"), [ledger.account("1002")], values={"currency": dollars})
    assert "foreign" in refused(ledger, [("1002", "72"), ("5001", "-72")])["lines.0.foreign_amount"]
    wrong = {"foreign_currency": euros, "foreign_amount": Decimal(10)}
    assert "foreign" in refused(ledger, [("1002", "72", wrong), ("5001", "-72")])["lines.0.foreign_amount"]
    right = {"foreign_currency": dollars, "foreign_amount": Decimal(10), "foreign_rate": Decimal("7.2")}
    voucher = ledger.posted([("1002", "72", right), ("5001", "-72")])
    assert (voucher.lines[0].foreign_amount, voucher.lines[0].base) == (10, 72)


def test_a_foreign_amount_has_the_sign_of_its_line(ledger):
    foreign = {"foreign_currency": ledger.currency("USD"), "foreign_amount": Decimal(10)}
    voucher = ledger.voucher([("1001", "72"), ("1002", "-72", foreign)])
    assert voucher.lines[1].foreign_amount == -10


@pytest.mark.parametrize("half", ["foreign_currency", "foreign_amount"])
def test_a_foreign_amount_needs_its_currency_and_the_other_way_round(ledger, half):
    given = {"foreign_currency": ledger.currency("USD"), "foreign_amount": Decimal(10)}
    assert list(refused(ledger, [("1002", "72", {half: given[half]}), ("5001", "-72")])) == ["lines.0.foreign_amount"]

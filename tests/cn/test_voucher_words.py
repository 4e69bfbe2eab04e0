"""What companies with several voucher words may rely on: a voucher stands in the series of the cash it moves."""

from __future__ import annotations

import pytest

from hanse import BusinessError
from hanse.actions import find_action, open_context
from hanse.actions.context import identify
from hanse.directory.founding import found_company
from hanse_finance.models import Account, Voucher, VoucherKind, VoucherState, VoucherWord

CASH, BANK, SALES, RENT = "1001", "1002", "5001", "5602"


def company(session, words):
    system = identify(session, "system")
    answers = {"fiscal_year_start": (2025, 1), "voucher_words": words, "chart": "small_business"}
    return found_company(session, system, {"name": "新公司", "currency": "CNY"}, answers=answers)


def audited(ctx, word, debit, credit, kind=VoucherKind.NORMAL):
    """Record a voucher as the founder, and have the administrator audit it."""
    codes = {code: ctx.all(Account, Account.code == code).ids[0] for code in (debit, credit)}
    lines = [{"summary": "x", "account": codes[debit], "debit": 5}, {"account": codes[credit], "credit": 5}]
    series = ctx.all(VoucherWord, VoucherWord.code == word).ids[0]
    record, audit = (find_action(f"finance.voucher.{verb}") for verb in ("record", "audit"))
    values = {"day": "2025-01-31", "word": series, "kind": kind, "lines": lines}
    voucher = ctx.run(record, values=[values]).id
    auditor = open_context(ctx.session, identify(ctx.session, "admin"), ctx.company.id, via="test")
    auditor.run(audit, [voucher])
    return ctx.all(Voucher, Voucher.id == voucher).one().state


@pytest.mark.parametrize(
    ("words", "word", "debit", "credit"),
    [
        ("three", "收", BANK, SALES),
        ("three", "付", RENT, CASH),
        ("three", "付", CASH, BANK),
        ("three", "转", RENT, SALES),
        ("five", "现收", CASH, SALES),
        ("five", "银付", RENT, BANK),
        ("ji", "记", BANK, SALES),
        ("ji", "记", RENT, SALES),
    ],
)
def test_a_voucher_in_its_series_is_audited(session, words, word, debit, credit):
    assert audited(company(session, words), word, debit, credit) is VoucherState.AUDITED


@pytest.mark.parametrize(
    ("words", "word", "debit", "credit"),
    [
        ("three", "收", RENT, BANK),
        ("three", "付", BANK, SALES),
        ("three", "转", BANK, SALES),
        ("five", "现收", BANK, SALES),
        ("five", "银付", RENT, CASH),
    ],
)
def test_a_voucher_in_another_series_is_refused(session, words, word, debit, credit):
    with pytest.raises(BusinessError, match=word):
        audited(company(session, words), word, debit, credit)


def test_books_that_name_no_cash_account_are_left_alone(session):
    ctx = company(session, "three")
    for code, account in zip(ctx.all(Account)[Account.code], ctx.all(Account).ids, strict=True):
        if code in ("1001", "1002", "1012"):
            update = find_action("finance.account.update")
            ctx.run(update, [account], values={"code": f"X{code}", "cash": False})

    assert audited(ctx, "收", RENT, "X1002") is VoucherState.AUDITED


def test_opening_balances_stand_in_any_series(session):
    ctx = company(session, "three")

    assert audited(ctx, "转", BANK, "3001", kind=VoucherKind.OPENING) is VoucherState.AUDITED

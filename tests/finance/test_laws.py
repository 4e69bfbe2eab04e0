"""Laws of every bookkeeping, on random vouchers with dimensions and foreign amounts.

I1 entries balance, I2 the trial balance sums to nothing, I4 dimensions make their account, I7 a reversal takes back
what its original did on every account, dimension and currency, I8 the order of posting does not matter, I9 nothing
that was posted goes away, I10 numbers are 1 to n.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from bookkeeping import Ledger, act
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from hanse_finance.models import Voucher, VoucherState

BALANCES = text(
    """
    SELECT a.code, 0, c.code, sum(b.debit), sum(b.credit), sum(b.base_debit), sum(b.base_credit)
    FROM finance_balance b JOIN finance_account a ON a.id = b.account_id JOIN core_currency c ON c.id = b.currency_id
    WHERE b.company_id = :company GROUP BY 1, 2, 3
    UNION ALL
    SELECT a.code, b.details_id, c.code, sum(b.debit), sum(b.credit), sum(b.base_debit), sum(b.base_credit)
    FROM finance_dimension_balance b
    JOIN finance_account a ON a.id = b.account_id JOIN core_currency c ON c.id = b.currency_id
    WHERE b.company_id = :company GROUP BY 1, 2, 3
    """
)
CENTS = st.integers(-(10**7), 10**7).filter(bool).map(lambda cents: Decimal(cents) / 100)
PLAIN = st.sampled_from(["1001", "1002", "2202", "3001", "5001", "6001"])
#: Who is debited (a customer or an account), who is credited, how much, the month, and how much of it was foreign.
ENTRY = st.tuples(
    st.sampled_from(["A", "B", "C"]) | PLAIN, PLAIN, CENTS, st.integers(1, 6), st.none() | st.integers(1, 10**6)
)
LAWS = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
Entry = tuple[str, str, Decimal, int, int | None]


@pytest.fixture
def sets(ledger: Ledger) -> dict[str, int]:
    """Customers, asked for by receivables."""
    found = ledger.dimension("customer", "A", "B", "C")
    ledger.require("1122", "customer")
    return found


@contextmanager
def undone(ledger: Ledger) -> Iterator[None]:
    """Do something that is rolled back."""
    savepoint = ledger.maker.session.begin_nested()
    try:
        yield
    finally:
        savepoint.rollback()
        ledger.maker.session.expire_all()


def write(ledger: Ledger, sets: dict[str, int], entry: Entry) -> Voucher:
    """Write and audit a voucher; a red amount stands on the same sides."""
    debited, credited, amount, month, foreign = entry
    code = "1122" if debited in sets else debited
    more: dict[str, Any] = {"details": sets[debited]} if debited in sets else {}
    if foreign is not None:
        more |= {"foreign_currency": ledger.currency("USD"), "foreign_amount": Decimal(foreign) / 100}
    lines = [
        {"summary": "x", "account": ledger.account(code), "debit": amount} | more,
        {"summary": "x", "account": ledger.account(credited), "credit": amount},
    ]
    values = {"day": date(2025, month, 5), "lines": lines}
    made = ledger.maker.run(act("finance.voucher.create"), values=[values]).id
    return ledger.audit(ledger.read(made))


def balances(ledger: Ledger) -> dict[tuple[Any, ...], tuple[Decimal, ...]]:
    rows = ledger.maker.session.execute(BALANCES, {"company": ledger.maker.company.id})
    return {tuple(row[:3]): tuple(row[3:]) for row in rows if any(row[3:])}


@given(entries=st.lists(ENTRY, min_size=1, max_size=6), order=st.randoms(use_true_random=False))
@LAWS
def test_the_order_of_posting_does_not_matter(ledger, sets, entries, order):
    found = []
    for shuffled in (False, True):
        with undone(ledger):
            vouchers = [write(ledger, sets, entry) for entry in entries]
            if shuffled:
                order.shuffle(vouchers)
            for voucher in vouchers:
                ledger.post(voucher)
            found.append(balances(ledger))
            assert ledger.differences() == []
    assert found[0] == found[1]


@given(entries=st.lists(ENTRY, min_size=1, max_size=5))
@LAWS
def test_a_reversal_takes_back_everything_and_nothing_goes_away(ledger, sets, entries):
    with undone(ledger):
        before = balances(ledger)
        for count, entry in enumerate(entries, start=1):
            voucher = ledger.post(write(ledger, sets, entry))
            red = ledger.reverse(voucher, on=date(2025, entry[3], 20))
            assert [(line.debit, line.credit, line.base, line.foreign_amount) for line in red.lines] == [
                tuple(
                    None if one is None else -one for one in (line.debit, line.credit, line.base, line.foreign_amount)
                )
                for line in voucher.lines
            ]
            ledger.post(ledger.audit(red))
            posted = ledger.maker.all(Voucher, Voucher.state == VoucherState.POSTED)
            assert len(posted) == 2 * count
        assert balances(ledger) == before, "on its own side, so that not even the turnovers are left"
        assert ledger.differences() == []


@given(entries=st.lists(ENTRY, min_size=1, max_size=6))
@LAWS
def test_entries_balance_dimensions_make_their_account_and_numbers_have_no_gap(ledger, sets, entries):
    with undone(ledger):
        vouchers = [ledger.post(write(ledger, sets, entry)) for entry in entries]
        assert all(sum(line.base for line in voucher.lines) == 0 for voucher in vouchers)
        found = balances(ledger)
        accounts = {key: row for key, row in found.items() if not key[1]}
        assert sum(row[2] - row[3] for row in accounts.values()) == 0
        own = [row for key, row in accounts.items() if key[0] == "1122"]
        parts = [row for key, row in found.items() if key[0] == "1122" and key[1]]
        assert [sum(column) for column in zip(*own, strict=True)] == [
            sum(column) for column in zip(*parts, strict=True)
        ]
        numbers: dict[int, list[int]] = {}
        for voucher in vouchers:
            numbers.setdefault(voucher.period_id, []).append(voucher.number or 0)
        assert all(sorted(taken) == list(range(1, len(taken) + 1)) for taken in numbers.values())

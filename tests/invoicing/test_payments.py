"""What settling may rely on: never more than is open, differences in the books, everything can be taken back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hanse import BusinessError
from hanse.screens.reports import Given
from hanse_finance.closing.checks import check_period
from hanse_finance.models import Period, Voucher
from hanse_invoicing import checks, items
from hanse_invoicing.models import Allocation, OpenItem, Payment, PaymentVoucher
from hanse_invoicing.screens import RECONCILIATION

D = Decimal


def settled(trade):
    """Give the lines of the vouchers that settlements have made."""
    found = trade.ctx.all(Voucher, Voucher.source.startswith("invoicing.allocation:"), order_by=[Voucher.id])
    return [trade.lines(one) for one in found]


def paid(trade):
    """Give the lines of the vouchers that payments have made."""
    made = trade.ctx.all(PaymentVoucher)[PaymentVoucher.voucher_id]
    return [trade.lines(one) for one in trade.ctx.all(Voucher, Voucher.id.in_(made), order_by=[Voucher.id])]


def test_a_payment_settles_what_it_names_and_the_rest_stays_open(trade):
    one, two = trade.posted([("1", "100")]), trade.posted([("1", "50")])
    (first,), (second,) = trade.items(one), trade.items(two)
    payment = trade.payment("150", (first, "113"), (second, "20"))
    assert trade.open_amounts(one) == ["0.00"]
    assert trade.open_amounts(two) == ["36.50"]
    assert trade.open_amounts(payment) == ["-17.00"]
    assert paid(trade) == [[("1002", None, "D 150.00"), ("1122", "Acme", "C 150.00")]]
    assert trade.differences() == []


def test_paying_a_supplier_debits_the_payable(trade):
    bill = trade.posted(kind="bill")
    (item,) = trade.items(bill)
    trade.payment(None, (item, "113"), partner=trade.mill, direction="out")
    assert trade.open_amounts(bill) == ["0.00"]
    assert paid(trade) == [[("2202", "Mill", "D 113.00"), ("1002", None, "C 113.00")]]


def test_nobody_settles_more_than_is_open(trade):
    (item,) = trade.items(trade.posted())
    with pytest.raises(BusinessError, match="only 113"):
        trade.payment("200", (item, "113.01"))
    with pytest.raises(BusinessError, match="more than is paid"):
        trade.payment("100", (item, "113"))
    with pytest.raises(DBAPIError, match="never_exceeded"), trade.ctx.session.begin_nested():
        trade.ctx.session.execute(text(f"UPDATE invoicing_open_item SET open = open + 1 WHERE id = {item.id}"))


def test_a_payment_settles_nothing_of_another_partner(trade):
    (item,) = trade.items(trade.posted(partner=trade.bolt))
    with pytest.raises(BusinessError, match="one partner"):
        trade.payment("100", (item, "100"))


def test_the_difference_of_two_rates_is_a_gain_or_a_loss(trade):
    usd = trade.currency("USD")
    trade.rate("USD", "2025-03-01", "7.20")
    trade.rate("USD", "2025-03-15", "7.10")
    invoice = trade.posted([("1", "100", {"tax": None})], currency=usd)
    (item,) = trade.items(invoice)
    trade.payment(None, (item, "100"), currency=usd)
    assert settled(trade) == [[("1122", "Acme", "C 10.00"), ("5603", None, "D 10.00")]]
    assert trade.open_amounts(invoice) == ["0.00"]
    assert trade.differences() == []
    assert (
        trade.moved().get(("1122", item.details.name, True), 0)
        + trade.moved().get(("1122", item.details.name, False), 0)
        == 0
    )


def test_a_discount_is_taken_in_time_only(trade):
    term = trade.run(
        "invoicing.term.create",
        values=[{"name": "2/10 net 30", "discount_percent": "2", "discount_days": 10, "parts": [{"days": 30}]}],
    ).id
    invoice = trade.posted([("1", "100")], term=term)
    (item,) = trade.items(invoice)
    assert (item.discount, item.discount_until.isoformat()) == (D("2.26"), "2025-03-20")
    with pytest.raises(BusinessError, match="no such discount"):
        trade.payment("110.74", (item, "110.74", "2.26"), day="2025-03-21")
    trade.payment("110.74", (item, "110.74", "2.26"))
    assert trade.open_amounts(invoice) == ["0.00"]
    assert settled(trade) == [[("1122", "Acme", "C 2.26"), ("5603", None, "D 2.26")]]
    assert trade.differences() == []


def test_small_differences_are_written_off_up_to_a_limit(trade):
    (item,) = trade.items(trade.posted())
    with pytest.raises(BusinessError, match="At most 1"):
        trade.payment("111", (item, "111", "0", "2"))
    trade.payment("112.50", (item, "112.50", "0", "0.50"))
    assert trade.ctx.all(OpenItem, OpenItem.open != 0).ids == []
    assert settled(trade) == [[("1122", "Acme", "C 0.50"), ("5711", None, "D 0.50")]]


def test_an_advance_stands_on_its_own_account_until_an_invoice_takes_it(trade):
    payment = trade.payment("100", advance=True)
    assert paid(trade) == [[("1002", None, "D 100.00"), ("2203", "Acme", "C 100.00")]]
    invoice = trade.posted([("1", "200")])
    (advance,), (item,) = trade.items(payment), trade.items(invoice)
    trade.act(OpenItem, "allocate", advance.id, item.id, on="2025-03-31")
    assert trade.open_amounts(invoice) == ["126.00"]
    assert settled(trade) == [[("1122", "Acme", "C 100.00"), ("2203", "Acme", "D 100.00")]]
    assert trade.differences() == []


def test_what_was_settled_can_be_taken_back_in_red(trade):
    payment = trade.payment("100", advance=True)
    invoice = trade.posted([("1", "200")])
    before = trade.moved()
    (advance,), (item,) = trade.items(payment), trade.items(invoice)
    trade.act(OpenItem, "allocate", advance.id, item.id, on="2025-03-31")
    assert trade.moved() != before
    trade.act(OpenItem, "unallocate", item.id, on="2025-04-01")
    assert trade.moved() == before
    assert (trade.open_amounts(invoice), trade.open_amounts(payment)) == (["226.00"], ["-100.00"])
    (settlement,) = trade.ctx.all(Allocation)
    assert settlement.taken_back.isoformat() == "2025-04-01"
    assert [str(one) for one in checks.compared(trade.ctx, date(2025, 3, 31))] == []
    with pytest.raises(BusinessError, match="Nothing of this is settled"):
        trade.act(OpenItem, "unallocate", item.id, on="2025-04-01")
    assert trade.differences() == []


def test_what_is_due_first_is_proposed_first(trade):
    late = trade.posted([("1", "100", {"tax": None})], on="2025-03-09")
    early = trade.posted([("1", "100", {"tax": None})], on="2025-03-01")
    values = {"partner": trade.acme, "day": "2025-03-20", "bank": trade.account("1002"), "amount": "150"}
    made = trade.act(Payment, "create", values=[values]).id
    trade.act(Payment, "propose", made)
    payment = trade.ctx.all(Payment, Payment.id == made).one()
    assert [(line.item_id, line.amount) for line in payment.lines] == [
        (trade.items(early)[0].id, D(100)),
        (trade.items(late)[0].id, D(50)),
    ]


def test_what_was_entered_by_hand_is_taken_over_once(trade):
    (item,) = trade.items(trade.posted())
    values = {
        "day": "2025-01-01",
        "lines": [
            {"summary": "brought in", "account": trade.account("1122"), "details": item.details_id, "debit": "70"},
            {"summary": "brought in", "account": trade.account("3001"), "credit": "70"},
        ],
    }
    voucher = trade.run("finance.voucher.create", values=[values]).id
    trade.run("finance.voucher.audit_post", voucher, by=trade.other)
    assert len(checks.compared(trade.ctx, trade.ctx.all(Period, Period.code == "2025-03").one().end)) == 1
    made = trade.act(OpenItem, "take_over").result
    taken = trade.ctx.all(OpenItem, OpenItem.id.in_(made)).one()
    assert (taken.open, taken.partner_id, taken.document) == (D(70), trade.acme, "记-1")
    assert trade.act(OpenItem, "take_over").result == []
    assert trade.differences() == []


def test_closing_says_what_differs(trade):
    (item,) = trade.items(trade.posted())
    period = trade.ctx.all(Period, Period.code == "2025-03").one()
    (found,) = [one for one in check_period(trade.ctx, period) if one.check.addon == "hanse_invoicing"]
    assert found.findings == []
    trade.ctx.session.execute(text(f"UPDATE invoicing_open_item SET open = 5 WHERE id = {item.id}"))
    (found,) = [one for one in check_period(trade.ctx, period) if one.check.addon == "hanse_invoicing"]
    assert "stored 5/113.00, allocations leave 113.00/113.00" in str(found.findings[0].message)
    items.rebuild(trade.ctx)
    assert items.differences(trade.ctx) == []


def test_what_open_items_do_not_know_forbids_to_close(trade):
    """Requirement C7: subsidiary ledgers are reconciled with their control accounts before a period is closed."""
    trade.act(Period, "close", *_periods(trade, "2025-01", "2025-02"))
    (item,) = trade.items(trade.posted([("1", "100", {"tax": None})]))
    for debit, credit, details in (("1122", "3001", item.details_id), ("5001", "3103", None)):
        lines = [
            {"summary": "by hand", "account": trade.account(debit), "details": details, "debit": "100"},
            {"summary": "by hand", "account": trade.account(credit), "credit": "100"},
        ]
        made = trade.run("finance.voucher.create", values=[{"day": "2025-03-12", "lines": lines}]).id
        trade.run("finance.voucher.audit_post", made, by=trade.other)
    (march,) = _periods(trade, "2025-03")
    with pytest.raises(BusinessError, match="open items make 100"):
        trade.act(Period, "close", march)
    (result,) = [
        one
        for one in check_period(trade.ctx, trade.ctx.all(Period, Period.id == march).one())
        if one.check.addon == "hanse_invoicing"
    ]
    (found,) = result.findings
    path, asked = found.to
    assert path == "/invoicing/reconciliation"
    reading = RECONCILIATION.read(trade.ctx, Given(dict(asked)))
    head, entry = reading.rows
    assert (head.values[1].split()[-1], *head.values[-3:]) == ("Acme", D(100), D(200), D(100))
    assert (entry.values[4], entry.values[-1], head.strong) == ("by hand", D(100), True)
    assert trade.ctx.all(Voucher, Voucher.summary == "by hand", order_by=[Voucher.id]).ids[0] == int(
        entry.to[0].rpartition("/")[2]
    )
    trade.act(OpenItem, "take_over")
    assert RECONCILIATION.read(trade.ctx, Given(dict(asked))).rows == []
    trade.act(Period, "close", march)


def _periods(trade, *codes):
    return trade.ctx.all(Period, Period.code.in_(codes), order_by=[Period.start]).ids


amounts = st.decimals(min_value="0.01", max_value=1000, places=2)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(amounts, st.booleans()), min_size=1, max_size=3),
    st.lists(st.tuples(amounts, st.booleans()), min_size=1, max_size=3),
    st.booleans(),
)
def test_open_items_are_always_what_stands_on_the_accounts(trade, sold, paid, foreign):
    """Random invoices and payments in two rates, settled, half of it taken back, settled again."""
    usd = trade.currency("USD") if foreign else trade.ctx.company.currency_id
    savepoint = trade.ctx.session.begin_nested()
    trade.rate("USD", "2025-03-01", "7.1234")
    trade.rate("USD", "2025-03-15", "6.9876")
    for amount, late in sold:
        trade.posted([("1", str(amount))], on="2025-03-16" if late else "2025-03-02", currency=usd)
    for amount, advance in paid:
        trade.payment(str(amount), advance=advance, currency=usd)
    every = trade.ctx.all(OpenItem).ids
    trade.act(OpenItem, "allocate", *every, on="2025-03-20")
    assert trade.differences() == []
    for row in list(trade.ctx.all(Allocation))[::2]:
        if trade.ctx.all(Allocation, Allocation.id == row.id, Allocation.taken_back.is_(None)).ids:
            trade.act(OpenItem, "unallocate", row.debit_id, on="2025-04-01")
    assert trade.differences() == []
    trade.act(OpenItem, "allocate", *every, on="2025-04-02")
    signs = {one.open > 0 for one in trade.ctx.all(OpenItem, OpenItem.open != 0)}
    assert len(signs) <= 1
    assert trade.differences() == []
    savepoint.rollback()
    trade.ctx.session.expire_all()

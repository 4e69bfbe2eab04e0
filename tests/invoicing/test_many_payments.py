"""What posting many payments at once may be relied on for: it does what posting them one by one does, in few
statements.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hanse import BusinessError
from hanse.actions import find_action
from hanse.errors import Errors
from hanse.testing.counting import statements
from hanse_finance.models import Voucher
from hanse_invoicing.models import Allocation, OpenItem, Payment, PaymentState, PaymentVoucher

D = Decimal


def draft(trade, *settles, day="2025-03-20", partner=None, **more) -> int:
    """Write a payment that settles items with amounts, or (item, amount, discount)."""
    rows = [dict(zip(("item", "amount", "discount"), one, strict=False)) for one in settles]
    values = {"partner": partner or trade.acme, "day": day, "bank": trade.account("1002"), "lines": rows, **more}
    return trade.act(Payment, "create", values=[values]).id


def standing(trade):
    """Tell all that payments have made, by what it says and not by ids."""
    documents = {one.id: one.document for one in trade.ctx.all(OpenItem)}
    items = sorted((one.document, one.open, one.open_base, one.day) for one in trade.ctx.all(OpenItem))
    allocations = sorted(
        (
            *(documents.get(key, "") for key in (one.debit_id, one.credit_id)),
            one.kind.value,
            one.day,
            one.amount,
            one.debit_base,
            one.credit_base,
            one.voucher is not None,
        )
        for one in trade.ctx.all(Allocation)
    )
    vouchers = sorted((one.day, one.summary, sorted(map(str, trade.lines(one)))) for one in trade.ctx.all(Voucher))
    links = len(trade.ctx.all(PaymentVoucher))
    payments = sorted(
        (one.number, one.state, one.rate, one.base, one.account_id, one.details_id) for one in trade.ctx.all(Payment)
    )
    return items, allocations, vouchers, links, payments


paid = st.lists(
    st.tuples(
        st.integers(0, 3),  # the invoice
        st.sampled_from(["0.10", "0.25", "0.50", "1"]),  # the share of what is open
        st.sampled_from(["2025-03-01", "2025-03-09", "2025-03-20", "2025-04-02"]),
        st.booleans(),  # something stays as an advance
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(paid, st.sets(st.integers(0, 3)))
def test_together_is_as_one_by_one(trade, wanted, foreign):
    ctx = trade.ctx
    whole = ctx.session.begin_nested()
    usd = trade.currency("USD")
    for day, rate in (("2025-02-20", "7.1234"), ("2025-03-05", "6.9876"), ("2025-03-31", "7.2001")):
        trade.rate("USD", day, rate)
    invoices = [
        trade.posted(
            [("1", f"{100 * (at + 1)}.37")],
            on=f"2025-03-0{2 * at + 1}",
            partner=trade.bolt if at == 2 else trade.acme,
            currency=usd if at in foreign else None,
        )
        for at in range(4)
    ]
    left = {at: trade.items(one)[0].open for at, one in enumerate(invoices)}
    drafts = []
    for at, share, day, more in wanted:
        amount = (left[at] * D(share)).quantize(D("0.01"))
        left[at] -= amount
        if not amount:
            continue
        (item,) = trade.items(invoices[at])
        extra = {"amount": amount + 10} if more else {}
        drafts.append(
            draft(
                trade,
                (item.id, amount),
                day=day,
                partner=item.partner_id,
                currency=item.currency_id,
                **extra,
            )
        )
    apart = ctx.session.begin_nested()
    for one in trade.ctx.all(Payment, Payment.id.in_(drafts), order_by=[Payment.day, Payment.id]).ids:
        trade.act(Payment, "post", one)
    expected = standing(trade)
    assert trade.differences() == []
    apart.rollback()
    ctx.session.expire_all()
    trade.act(Payment, "post", *drafts)
    assert standing(trade) == expected
    assert trade.differences() == []
    whole.rollback()
    ctx.session.expire_all()


def test_only_the_first_of_two_payments_takes_the_discount(trade):
    term = trade.run(
        "invoicing.term.create",
        values=[{"name": "2/10 net 30", "discount_percent": "2", "discount_days": 10, "parts": [{"days": 30}]}],
    ).id
    (item,) = trade.items(trade.posted([("1", "100")], term=term))
    both = [draft(trade, (item.id, "50")), draft(trade, (item.id, "60.74", "2.26"))]
    with pytest.raises(BusinessError, match="no such discount"):
        trade.act(Payment, "post", *both)
    trade.act(Payment, "post", draft(trade, (item.id, "110.74", "2.26")))
    assert trade.items(trade.invoice(item.invoice_id))[0].open == 0


def test_two_payments_never_settle_more_than_is_open_and_the_error_says_which(trade):
    (item,) = trade.items(trade.posted())
    both = [draft(trade, (item.id, "100")), draft(trade, (item.id, "13.01"))]
    with pytest.raises(BusinessError, match="only 13 is open, not 13.01"):
        trade.act(Payment, "post", *both)
    trade.ctx.session.expire_all()
    assert {one.state for one in trade.ctx.all(Payment, Payment.id.in_(both))} == {PaymentState.DRAFT}


def test_what_somebody_s_payment_settles_is_theirs(trade):
    """Two people wrote payments of one day, and both settle at a loss by exchange rates."""
    usd = trade.currency("USD")
    trade.rate("USD", "2025-03-01", "7.20")
    trade.rate("USD", "2025-03-15", "7.10")
    made = []
    for ctx in (trade.ctx, trade.other):
        (item,) = trade.items(trade.posted([("1", "100", {"tax": None})], currency=usd))
        values = {"partner": trade.acme, "day": "2025-03-20", "bank": trade.account("1002"), "currency": usd}
        lines = [{"item": item.id, "amount": "100"}]
        made += ctx.run(find_action("invoicing.payment.create"), values=[values | {"lines": lines}]).done
    trade.act(Payment, "post", *made)
    settled = trade.ctx.all(Voucher, Voucher.source.startswith("invoicing.allocation:"), order_by=[Voucher.id])
    assert [one.maker.id for one in settled] == [trade.ctx.user.id, trade.other.user.id]


def test_an_error_of_one_voucher_names_its_payment(trade):
    one, late = draft(trade, amount="10"), draft(trade, amount="10", day="2031-01-01")
    with pytest.raises((BusinessError, Errors)) as caught:
        trade.act(Payment, "post", one, late)
    assert {error.record for error in caught.value.each()} == {late}


def test_many_payments_take_no_more_statements_than_few(trade):
    def posting(count: int) -> int:
        chosen = []
        for _each in range(count):
            (item,) = trade.items(trade.posted())
            chosen.append(draft(trade, (item.id, "113")))
        with statements(trade.ctx) as sent:
            trade.act(Payment, "post", *chosen)
        return len(sent)

    posting(1)
    few, many = posting(2), posting(20)
    assert many <= few + 3, (few, many)

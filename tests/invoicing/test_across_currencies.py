"""What settling across currencies may rely on: once all is settled, nothing is left in any currency nor in the books.

The examples are IAS 21, paragraphs 28 and 29: a difference between the rate at which a monetary item was recorded, or
reported at the last period's end, and the rate at which it is settled, is profit or loss of the period; what a period's
end has recognised and what the settlement recognises together are the difference of the last rate and the first.
hledger works the examples out by itself, from costs and an amount that is left out.
"""

from __future__ import annotations

import csv
import shutil
import subprocess
from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from hanse import BusinessError
from hanse_finance.models import Period, Voucher
from hanse_invoicing.models import Allocation, OpenItem, Payment
from hanse_invoicing.standing import Ledger, ageing, left, moved

D = Decimal
#: Losses, and under the standard of small businesses gains (小企业会计准则).
EXCHANGE = ("5603", "5301")
HLEDGER = shutil.which("hledger")
_KEPT = text(
    """
    SELECT a.code, coalesce(s.name, ''), coalesce(f.code, o.code),
           sum(CASE WHEN l.foreign_currency_id IS NULL THEN coalesce(l.debit, -l.credit) ELSE l.foreign_amount END),
           sum(l.base)
    FROM finance_voucher_line l JOIN finance_account a ON a.id = l.account_id
    LEFT JOIN finance_dimension_set s ON s.id = l.details_id
    LEFT JOIN core_currency f ON f.id = l.foreign_currency_id JOIN core_currency o ON o.id = l.currency_id
    JOIN finance_voucher v ON v.id = l.voucher_id AND v.state = 'posted'
    WHERE l.company_id = :company GROUP BY 1, 2, 3
    """
)


@pytest.fixture
def rates(trade):
    """Give the company rates of dollars and euros at three days."""
    for code, day, rate in (
        ("USD", "2025-03-01", "7.20"),
        ("USD", "2025-03-20", "7.15"),
        ("USD", "2025-03-31", "7.30"),
        ("USD", "2025-04-15", "7.10"),
        ("EUR", "2025-03-01", "7.80"),
        ("EUR", "2025-03-20", "7.90"),
        ("EUR", "2025-03-31", "7.85"),
        ("EUR", "2025-04-15", "8.00"),
    ):
        trade.rate(code, day, rate)
    return trade


def kept(trade):
    """Give what stands on each account by detail and currency: amount and base, without what is zero in both."""
    rows = trade.ctx.session.execute(_KEPT, {"company": trade.ctx.company.id})
    return {(code, name.split()[-1] if name else "", currency): (a, b) for code, name, currency, a, b in rows if a or b}


def base_of(trade, *heads):
    """Give what stands in the books on accounts whose codes begin so."""
    return sum((base for (code, _n, _c), (_a, base) in kept(trade).items() if code.startswith(heads)), D(0))


def sold(trade, amount, code, **more):
    return trade.posted([("1", amount, {"tax": None})], currency=trade.currency(code), on="2025-03-10", **more)


def settlements(trade):
    found = trade.ctx.all(Voucher, Voucher.source.startswith("invoicing.allocation:"), order_by=[Voucher.id])
    return [[(*line[:2], line[2], one.base) for line, one in zip(trade.lines(v), v.lines, strict=True)] for v in found]


def revalue(trade, code):
    """Revalue a period and post what comes of it."""
    (period,) = trade.ctx.all(Period, Period.code == code).ids
    trade.run("finance.period.revalue", period)
    drafts = trade.ctx.all(Voucher, Voucher.state == "draft").ids
    if drafts:
        trade.run("finance.voucher.audit_post", *drafts, by=trade.other)


def hledger(journal, tmp_path):
    """Let hledger work out balances at cost in the company's currency."""
    path = tmp_path / "books.journal"
    path.write_text(journal, encoding="utf-8")
    command = ["hledger", "-f", str(path), "balance", "--flat", "-B", "--layout=bare", "-N", "-O", "csv"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {row["account"]: D(row["balance"]) for row in csv.DictReader(told.splitlines())}


def test_an_invoice_in_dollars_is_paid_in_the_company_currency(rates):
    invoice = sold(rates, "100", "USD")
    (item,) = rates.items(invoice)
    payment = rates.payment("712", (item, "712"))
    assert rates.open_amounts(invoice) == ["0.42"]  # 712 at 7.15 are 99.58
    assert rates.open_amounts(payment) == ["0.00"]
    assert settlements(rates) == [
        [
            ("1122", "Acme", "C 716.98", D("-716.98")),
            ("1122", "Acme", "C -712.00", D("712.00")),
            ("5603", None, "D 4.98", D("4.98")),
        ]
    ]
    assert kept(rates)["1122", "Acme", "USD"] == (D("0.42"), D("3.02"))
    assert ("1122", "Acme", "CNY") not in kept(rates)
    assert rates.differences() == []


def test_an_agreed_amount_settles_the_whole_invoice(rates):
    (item,) = rates.items(sold(rates, "100", "USD"))
    values = {"partner": rates.acme, "day": "2025-03-20", "bank": rates.account("1002")}
    made = rates.act(
        Payment, "create", values=[values | {"lines": [{"item": item.id, "amount": "712", "settled": "100"}]}]
    )
    rates.act(Payment, "post", made.id)
    assert [left(rates.ctx, Ledger.RECEIVABLE, date(2025, 12, 31), rates.acme), base_of(rates, "1122")] == [[], 0]
    assert base_of(rates, *EXCHANGE) == D(8)
    assert base_of(rates, "1002") == D(712)
    told = [
        (one.currency, one.kind, one.amount)
        for one in moved(rates.ctx, Ledger.RECEIVABLE, date(2025, 12, 31), rates.acme)
    ]
    assert sorted(told) == [
        ("CNY", "document", D(-712)),
        ("CNY", "match", D(712)),
        ("USD", "document", D(100)),
        ("USD", "match", D(-100)),
    ]


@pytest.mark.skipif(HLEDGER is None, reason="hledger is not installed")
def test_euros_are_paid_in_dollars_as_hledger_has_it(rates, tmp_path):
    (item,) = rates.items(sold(rates, "1000", "EUR"))
    usd = rates.currency("USD")
    values = {"partner": rates.acme, "day": "2025-04-15", "bank": rates.account("1002"), "currency": usd}
    line = {"item": item.id, "amount": "1100", "settled": "1000"}
    rates.act(Payment, "post", rates.act(Payment, "create", values=[values | {"lines": [line]}]).id)
    told = hledger(
        """
        2025-03-10 invoice at 7.80
            receivable  1000 EUR @ 7.80 CNY
            income
        2025-04-15 payment at 7.10
            bank  1100 USD @ 7.10 CNY
            receivable  -1000 EUR @ 7.80 CNY
            exchange
        """.replace("\n        ", "\n"),
        tmp_path,
    )
    assert base_of(rates, "1122") == told.get("receivable", 0)
    assert base_of(rates, "1002") == told["bank"] == D(7810)
    assert base_of(rates, *EXCHANGE) == told["exchange"] == D(-10)
    assert rates.differences() == []


def test_what_the_end_of_the_month_has_booked_is_part_of_the_difference(rates):
    (item,) = rates.items(sold(rates, "100", "USD"))
    revalue(rates, "2025-03")
    assert base_of(rates, "1122") == D(730)  # 720, and 10 not realised yet
    assert base_of(rates, *EXCHANGE) == D(-10)
    rates.payment("100", (item, "100"), currency=rates.currency("USD"), day="2025-04-15")
    assert base_of(rates, "1122") == 0
    assert base_of(rates, *EXCHANGE) == D(10)  # 720 − 710: the last amount less the first
    with pytest.raises(BusinessError, match="nothing is left"):
        revalue(rates, "2025-04")
    assert rates.differences() == []


def test_a_part_leaves_the_rest_to_the_next_revaluation(rates):
    (item,) = rates.items(sold(rates, "100", "USD"))
    revalue(rates, "2025-03")
    rates.payment("40", (item, "40"), currency=rates.currency("USD"), day="2025-04-15")
    revalue(rates, "2025-04")
    assert base_of(rates, "1122") == D(60) * D("7.10")
    assert base_of(rates, *EXCHANGE) == D(10)
    rates.ctx.session.expire_all()
    rates.payment("60", (item, "60"), currency=rates.currency("USD"), day="2025-05-10")
    assert [base_of(rates, "1122"), base_of(rates, *EXCHANGE)] == [0, D(10)]


def test_taking_a_settlement_back_takes_its_difference_back(rates):
    invoice = sold(rates, "100", "USD")
    (item,) = rates.items(invoice)
    payment = rates.payment("720", day="2025-04-15")
    revalue(rates, "2025-03")
    (own,) = rates.items(payment)
    before = kept(rates)
    rates.act(OpenItem, "allocate_across", item.id, own.id, on="2025-04-15", debit_amount="100", credit_amount="720")
    assert base_of(rates, "1122") == 0
    assert kept(rates) != before
    rates.act(OpenItem, "unallocate", item.id, on="2025-04-20")
    assert kept(rates) == before
    assert [rates.open_amounts(invoice), rates.open_amounts(payment)] == [["100.00"], ["-720.00"]]
    assert rates.differences() == []


def test_a_discount_is_in_the_currency_of_the_invoice(rates):
    values = [{"name": "2/10", "discount_percent": "2", "discount_days": 10, "parts": [{"days": 30}]}]
    term = rates.run("invoicing.term.create", values=values).id
    (item,) = rates.items(sold(rates, "100", "USD", term=term))
    values = {"partner": rates.acme, "day": "2025-03-20", "bank": rates.account("1002"), "amount": "1000"}
    made = rates.act(Payment, "create", values=[values]).id
    rates.act(Payment, "propose", made)
    (payment,) = rates.ctx.all(Payment, Payment.id == made)
    (line,) = payment.lines
    assert (line.amount, line.settled, line.discount) == (D("700.70"), D(98), D(2))  # 98 at 7.15
    rates.act(Payment, "post", made)
    assert rates.ctx.all(OpenItem, OpenItem.id == item.id).one().open == 0
    assert kept(rates)["1122", "Acme", "CNY"] == (D("-299.30"), D("-299.30"))
    assert rates.differences() == []


def test_at_the_rates_of_the_day_the_smaller_one_is_settled_whole(rates):
    invoice = sold(rates, "100", "EUR")
    rates.payment("50", currency=rates.currency("USD"), day="2025-03-20")
    rates.act(OpenItem, "allocate_across", *rates.ctx.all(OpenItem).ids, on="2025-03-20")
    # 50 × 7.15 / 7.90
    assert rates.open_amounts(invoice) == [str(D(100) - D("45.25"))]
    (one,) = rates.ctx.all(Allocation)
    assert [(one.amount, one.credit_amount), rates.differences()] == [(D("45.25"), D(50)), []]


def test_two_currencies_need_two_amounts(rates):
    (item,) = rates.items(sold(rates, "100", "EUR"))
    (own,) = rates.items(rates.payment("50", currency=rates.currency("USD"), day="2025-03-20"))
    with pytest.raises(BusinessError, match="both amounts"):
        rates.act(OpenItem, "allocate_across", item.id, own.id, debit_amount="5")
    with pytest.raises(BusinessError, match="only 50"):
        rates.act(OpenItem, "allocate_across", item.id, own.id, debit_amount="5", credit_amount="51")
    with pytest.raises(BusinessError, match="one partner in one currency"):
        rates.act(OpenItem, "allocate", item.id, own.id)


def test_ageing_of_an_earlier_day_knows_what_was_settled_then(rates):
    (item,) = rates.items(sold(rates, "100", "USD"))
    (own,) = rates.items(rates.payment("720", day="2025-03-20"))
    rates.act(OpenItem, "allocate_across", item.id, own.id, on="2025-04-10", debit_amount="100", credit_amount="720")
    rates.act(OpenItem, "unallocate", item.id, on="2025-05-02")

    def totals(day):
        return [[one.total, *one.buckets] for one in ageing(rates.ctx, Ledger.RECEIVABLE, date.fromisoformat(day))]

    assert totals("2025-03-15") == [[720, 0, 720, 0, 0, 0, 0]]
    assert totals("2025-03-31") == []
    assert totals("2025-05-01") == []
    assert totals("2025-05-10") == [[0, 0, 0, -720, 720, 0, 0]]  # 51 and 61 days


amounts = st.decimals("0.05", "900", places=2)
codes = st.sampled_from(["CNY", "USD", "EUR"])


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    invoices=st.lists(st.tuples(amounts, codes, st.booleans()), min_size=1, max_size=4),
    payments=st.lists(st.tuples(amounts, codes, st.booleans()), min_size=1, max_size=4),
    agreed=st.decimals("0.2", "9", places=3),
    revalued=st.booleans(),
    undone=st.booleans(),
)
def test_once_all_is_settled_nothing_is_left(rates, invoices, payments, agreed, revalued, undone):
    """Random invoices and payments, revalued in between, settled in part at any price, taken back, settled whole."""
    trade = rates
    savepoint = trade.ctx.session.begin_nested()
    for amount, code, _late in invoices:
        sold(trade, str(amount), code)
    for amount, code, late in payments:
        trade.payment(str(amount), currency=trade.currency(code), day="2025-04-15" if late else "2025-03-20")
    if revalued:
        with suppress(BusinessError):  # where there is nothing foreign
            revalue(trade, "2025-03")
    every = trade.ctx.all(OpenItem).ids
    trade.act(OpenItem, "allocate", *every, on="2025-04-15") if _pairs(trade) else None
    for debit, credit in _across(trade):
        part = min(debit.open, D("0.05"))
        other = min(-credit.open, max(D("0.01"), (part * agreed).quantize(D("0.01"))))
        trade.act(
            OpenItem, "allocate_across", debit.id, credit.id, on="2025-04-16", debit_amount=part, credit_amount=other
        )
    assert trade.differences() == []
    if undone:
        settled = trade.ctx.all(Allocation, Allocation.taken_back.is_(None), order_by=[Allocation.id])
        for one in list(settled)[:1]:
            trade.act(OpenItem, "unallocate", one.debit_id, on="2025-04-20")
        assert trade.differences() == []
    _settle_all(trade)
    assert trade.differences() == []
    assert {key: both for key, both in kept(trade).items() if key[0] == "1122"} == {}
    savepoint.rollback()
    trade.ctx.session.expire_all()


def _open(trade):
    trade.ctx.session.expire_all()
    return list(trade.ctx.all(OpenItem, OpenItem.open != 0, order_by=[OpenItem.id]))


def _pairs(trade):
    there = _open(trade)
    signs = {(one.currency_id, one.open > 0) for one in there}
    return any((currency, not debit) in signs for currency, debit in signs)


def _across(trade):
    there = _open(trade)
    pairs = [(one, other) for one in there for other in there if one.open > 0 > other.open]
    return [pair for pair in pairs if pair[0].currency_id != pair[1].currency_id][:1]


def _settle_all(trade):
    """Pay or refund what is left, each item in the next currency, at a price that nobody has agreed."""
    after = {"CNY": "USD", "USD": "EUR", "EUR": "CNY"}
    for one in _open(trade):
        code = after[one.currency.code]
        paid = {"direction": "in"} if one.open > 0 else {"direction": "out", "ledger": "receivable"}
        values = {"partner": trade.acme, "day": "2025-05-10", "bank": trade.account("1002"), **paid}
        line = {"item": one.id, "amount": "3.33", "settled": str(abs(one.open))}
        made = trade.act(Payment, "create", values=[values | {"currency": trade.currency(code), "lines": [line]}]).id
        trade.act(Payment, "post", made)

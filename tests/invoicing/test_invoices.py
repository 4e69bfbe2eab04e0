"""What invoices may rely on: amounts, one voucher each, numbers at posting, nothing changed afterwards."""

from __future__ import annotations

import csv
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hanse import BusinessError
from hanse.life.trail import trail_of
from hanse.testing.counting import statements
from hanse_finance.models import Account, Voucher
from hanse_invoicing.models import Invoice, InvoiceState, OpenItem

DATA = Path(__file__).parents[1] / "data" / "northwind"


def test_an_invoice_debits_the_customer_and_credits_income_and_tax(trade):
    invoice = trade.posted([("2", "100"), ("1", "50.55", {"discount": "10"})])
    assert (invoice.net, invoice.tax, invoice.gross) == (Decimal("245.50"), Decimal("31.92"), Decimal("277.42"))
    assert trade.lines(trade.voucher(invoice)) == [
        ("1122", "Acme", "D 277.42"),
        ("5001", None, "C 245.50"),
        ("2221", None, "C 31.92"),
    ]
    assert invoice.number == "INV2025-00001"
    assert trade.open_amounts(invoice) == ["277.42"]


def drafts(trade, count: int, *, last: str = "2025-03-31") -> list[int]:
    """Write invoices of two customers and three days; the first one on the last day."""
    days = (last, "2025-03-10", "2025-03-20")
    values = [
        {
            "kind": "invoice",
            "partner": (trade.acme, trade.bolt)[place % 2],
            "day": days[place % 3],
            "lines": [{"description": "goods", "quantity": 1, "price": place + 1, "tax": trade.vat}] * 2,
        }
        for place in range(count)
    ]
    return list(trade.act(Invoice, "create", values=values).done)


def test_many_invoices_take_no_more_statements_than_few(trade):
    trade.posted()  # what is read once for a company is there
    few, many = drafts(trade, 3), drafts(trade, 30)
    sent: list[int] = []
    for ids in (few, many):
        with statements(trade.ctx) as noted:
            trade.act(Invoice, "post", *ids)
        sent.append(len(noted))
    assert sent[1] <= sent[0]
    assert {one.state for one in trade.ctx.all(Invoice, Invoice.id.in_(many))} == {InvoiceState.POSTED}
    with statements(trade.ctx) as noted:
        drafts(trade, 3)
    with statements(trade.ctx) as more:
        drafts(trade, 30)
    assert len(more) <= len(noted)


def test_numbers_follow_the_dates_of_a_batch(trade):
    ids = drafts(trade, 6)
    trade.act(Invoice, "post", *ids)
    found = sorted(trade.ctx.all(Invoice, Invoice.id.in_(ids)), key=lambda one: one.number)
    assert [f"{one.day:%d}" for one in found] == ["10", "10", "20", "20", "31", "31"]
    assert [one.number[-5:] for one in found] == [f"{number:05}" for number in range(1, 7)]
    assert [trade.open_amounts(one) for one in found] == [[str(one.gross)] for one in found]


def test_of_many_the_message_names_the_one_that_is_refused_and_none_is_posted(trade):
    ids = drafts(trade, 4, last="2026-02-02")[1:]
    with pytest.raises(BusinessError, match="^Bolt Customer invoice, Feb 2, 2026: Feb 2, 2026 lies in no") as refused:
        trade.act(Invoice, "post", *ids)
    assert refused.value.record == ids[2]
    assert {one.state for one in trade.ctx.all(Invoice, Invoice.id.in_(ids))} == {InvoiceState.DRAFT}


def test_a_bill_credits_the_supplier(trade):
    bill = trade.posted([("10", "8")], kind="bill", their_number="00123456")
    assert trade.lines(trade.voucher(bill)) == [
        ("1405", None, "D 80.00"),
        ("2221", None, "D 10.40"),
        ("2202", "Mill", "C 90.40"),
    ]
    assert trade.open_amounts(bill) == ["-90.40"]


@pytest.mark.parametrize("kind", ["invoice", "bill"])
def test_a_credit_note_leaves_nothing_on_any_account_side_or_dimension(trade, kind):
    invoice = trade.posted([("3", "33.33"), ("1", "0.05")], kind=kind, tax_included=True)
    assert trade.moved()
    credit = trade.credited(invoice)
    assert trade.moved() == {}
    assert trade.open_amounts(invoice) == trade.open_amounts(credit) == ["0.00"]
    assert [side for _account, _who, side in trade.lines(trade.voucher(credit)) if " -" not in side] == []
    assert trade.differences() == []


def test_the_voucher_has_the_maker_of_the_document_and_who_posted_it_as_auditor(trade):
    draft = trade.draft()
    trade.run("invoicing.invoice.post", draft.id, by=trade.other)
    voucher = trade.voucher(trade.invoice(draft.id))
    assert (voucher.maker_id, voucher.auditor_id) == (trade.ctx.user.id, trade.other.user.id)
    assert voucher.document.endswith("INV2025-00001")


def test_invoice_and_voucher_lead_to_each_other(trade):
    invoice = trade.posted()
    voucher = trade.voucher(invoice)
    assert [(node.model, node.record) for node in trail_of(trade.ctx, Invoice, invoice.id).behind] == [
        (Voucher, voucher.id)
    ]
    assert [(node.model, node.record) for node in trail_of(trade.ctx, Voucher, voucher.id).before] == [
        (Invoice, invoice.id)
    ]


def test_numbers_follow_dates_and_have_no_gaps(trade):
    late, early = trade.draft(on="2025-03-20"), trade.draft(on="2025-03-02")
    trade.act(Invoice, "post", late.id, early.id)
    assert [trade.invoice(one.id).number for one in (early, late)] == ["INV2025-00001", "INV2025-00002"]


@pytest.mark.parametrize(
    "change",
    ["gross = gross + 1, net = net + 1", "day = day + 1", "state = 'draft', number = NULL", "number = 'X'"],
)
def test_the_database_refuses_to_change_a_posted_invoice(trade, change):
    invoice = trade.posted()
    with pytest.raises(DBAPIError, match="posted_is_final"), trade.ctx.session.begin_nested():
        trade.ctx.session.execute(text(f"UPDATE invoicing_invoice SET {change} WHERE id = {invoice.id}"))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE invoicing_invoice_line SET price = 1 WHERE invoice_id = {0}",
        "DELETE FROM invoicing_invoice_line WHERE invoice_id = {0}",
    ],
)
def test_the_database_refuses_to_change_a_posted_line(trade, statement):
    invoice = trade.posted()
    with pytest.raises(DBAPIError, match="line_is_final"), trade.ctx.session.begin_nested():
        trade.ctx.session.execute(text(statement.format(invoice.id)))


def test_the_number_of_the_tax_invoice_may_be_noted_later(trade):
    invoice = trade.posted()
    trade.act(Invoice, "update", invoice.id, values={"their_number": "25442000000012345678"})
    assert trade.invoice(invoice.id).their_number == "25442000000012345678"
    with pytest.raises(BusinessError, match="credit note"):
        trade.act(Invoice, "update", invoice.id, values={"day": "2025-03-11"})


def test_a_bill_is_not_entered_twice(trade):
    trade.draft(kind="bill", their_number="12345678", series="4403")
    trade.draft(kind="bill", their_number="12345678", series="4404")
    other = trade.partner("Quarry", is_supplier=True)
    trade.draft(kind="bill", their_number="12345678", series="4403", partner=other)
    with pytest.raises(BusinessError, match="already"):
        trade.draft(kind="bill", their_number="12345678", series="4403")


def test_a_tax_holds_only_between_its_days(trade):
    old = trade.tax("S17", "sale", "17", "销项税额", valid_until="2018-04-30")
    with pytest.raises(BusinessError, match="S17") as caught:
        trade.draft([("1", "1", {"tax": old})])
    assert caught.value.field == "lines.0.tax"
    with pytest.raises(BusinessError, match="not for this kind"):
        trade.draft([("1", "1", {"tax": trade.input})])


def test_a_draft_is_worked_out_anew_when_it_changes(trade):
    draft = trade.draft([("1", "100"), ("1", "50")])
    first, second = draft.lines
    trade.act(Invoice, "update", draft.id, values={"lines": [{"id": first.id, "price": "200"}, {"id": second.id}]})
    assert trade.invoice(draft.id).gross == Decimal("282.50")
    trade.act(Invoice, "update", draft.id, values={"tax_included": True})
    assert trade.invoice(draft.id).gross == Decimal("250.00")


def test_terms_make_parts_that_add_up_in_both_currencies(trade):
    trade.rate("USD", "2025-03-01", "7.1234")
    term = trade.run(
        "invoicing.term.create",
        values=[
            {
                "name": "thirds",
                "parts": [{"percent": "33.33", "days": 10}, {"percent": "33.33", "days": 20}, {"days": 30}],
            }
        ],
    ).id
    invoice = trade.posted([("1", "100.01", {"tax": None})], term=term, currency=trade.currency("USD"))
    found = trade.items(invoice)
    assert [one.amount for one in found] == [Decimal("33.33"), Decimal("33.33"), Decimal("33.35")]
    assert sum(one.base for one in found) == invoice.base_gross == Decimal("712.41")
    assert [one.due.isoformat() for one in found] == ["2025-03-20", "2025-03-30", "2025-04-09"]
    assert invoice.due.isoformat() == "2025-04-09"
    assert trade.differences() == []


def test_northwind_s_orders_as_invoices_come_to_the_published_totals(trade):
    """Its orders of August 1996, each an invoice without tax, half up on each line: the published sums."""
    with (DATA / "orders.csv").open(newline="") as file:
        chosen = {row["order_id"] for row in csv.DictReader(file) if row["order_date"].startswith("1996-08")}
    with (DATA / "order_nets.csv").open(newline="") as file:
        expected = {row["order_id"]: Decimal(row["line_half_up"]) for row in csv.DictReader(file)}
    lines = defaultdict(list)
    with (DATA / "order_details.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            percent = Decimal(row["discount"]) * 100
            lines[row["order_id"]].append((row["quantity"], row["unit_price"], {"discount": percent, "tax": None}))
    made = {order: trade.draft(lines[order], on="2025-03-05", reference=order) for order in sorted(chosen)}
    trade.act(Invoice, "post", *(one.id for one in made.values()))
    posted = {order: trade.invoice(one.id) for order, one in made.items()}
    assert {order: one.gross for order, one in posted.items()} == {order: expected[order] for order in chosen}
    assert len(posted) == 25
    assert all(one.state is InvoiceState.POSTED for one in posted.values())
    assert sum(one.open for one in trade.ctx.all(OpenItem)) == sum(expected[order] for order in chosen)
    assert trade.differences() == []


def test_a_value_is_made_for_a_partner_that_came_after_the_dimension(trade):
    newcomer = trade.partner("Newcomer", is_customer=True)
    invoice = trade.posted(partner=newcomer)
    assert trade.lines(trade.voucher(invoice))[0][1] == "Newcomer"


def test_a_partner_s_own_account_comes_before_that_of_the_settings(trade):
    other = trade.account("1221", below=True)
    trade.run("contacts.partner.update", trade.bolt, values={"receivable_account": other})
    invoice = trade.posted(partner=trade.bolt)
    assert trade.voucher(invoice).lines[0].account_id == other
    assert trade.ctx.all(Account, Account.id == invoice.account_id).one().code.startswith("1221")

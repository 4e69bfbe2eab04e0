"""What payment runs may rely on: what is due is collected once, confirmed by somebody else, paid per supplier."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from hanse import BusinessError
from hanse.life.trail import trail_of
from hanse_contacts.models import Partner
from hanse_invoicing.models import OpenItem, Payment, PaymentRun, RunState
from hanse_invoicing.transfers import NAMESPACE, order_of, pain001, table

D = Decimal
NOW = datetime(2025, 3, 31, 8, 0, tzinfo=UTC)
#: The IBAN that the standard's registry gives as its example for Germany.
IBAN = "DE89370400440532013000"


@pytest.fixture
def supplied(trade):
    """Three bills: two of Mill due in March, one of Quarry in May with a discount until April 9."""
    trade.act(Partner, "update", trade.mill, values={"bank_accounts": [{"account_number": IBAN, "bic": "COBADEFFXXX"}]})
    trade.quarry = trade.partner(
        "Quarry", is_supplier=True, bank_accounts=[{"account_number": "6222 0210 0101 1234567", "bank": "工商银行"}]
    )
    values = {"name": "2/30", "discount_percent": "2", "discount_days": 30, "parts": [{"days": 60}]}
    term = trade.run("invoicing.term.create", values=[values]).id
    trade.posted([("1", "100")], kind="bill", on="2025-03-05", their_number="A-1")
    trade.posted([("1", "10")], kind="bill", on="2025-03-06", their_number="A-2")
    trade.posted([("1", "1000")], kind="bill", on="2025-03-10", partner=trade.quarry, term=term, their_number="Q-7")
    return trade


def proposed(trade, **more):
    values = {"day": "2025-03-31", "due_until": "2025-03-31", "bank": trade.account("1002"), "our_account": IBAN}
    values |= {"currency": trade.ctx.company.currency_id, **more}
    made = trade.act(PaymentRun, "create", values=[values]).id
    trade.act(PaymentRun, "propose", made)
    return read(trade, made)


def read(trade, key):
    return trade.ctx.all(PaymentRun, PaymentRun.id == key).one()


def confirmed(trade, run):
    trade.act(PaymentRun, "confirm", run.id, by=trade.other)
    return read(trade, run.id)


def test_a_run_proposes_what_is_due_and_what_would_lose_its_discount(supplied):
    run = proposed(supplied)
    assert [(line.item.document, line.amount, line.discount) for line in run.lines] == [
        ("BILL2025-00001", D(113), D(0)),
        ("BILL2025-00002", D("11.30"), D(0)),
        ("BILL2025-00003", D("1107.40"), D("22.60")),
    ]
    assert run.total == D("1231.70")
    assert [line.bank_account.account_number[:4] for line in run.lines] == ["DE89", "DE89", "6222"]
    with pytest.raises(BusinessError, match="No bill is due"):
        proposed(supplied)


def test_somebody_else_confirms_and_the_database_says_so_too(supplied):
    run = proposed(supplied)
    with pytest.raises(BusinessError, match="somebody else"):
        supplied.act(PaymentRun, "confirm", run.id)
    with pytest.raises(BusinessError, match="confirmed first"):
        order_of(supplied.ctx, run)
    run = confirmed(supplied, run)
    assert run.state is RunState.CONFIRMED
    with pytest.raises(BusinessError, match="confirmed already"):
        supplied.act(PaymentRun, "update", run.id, values={"our_account": "1"})


def test_paying_makes_one_payment_per_supplier_and_settles_the_bills(supplied):
    run = confirmed(supplied, proposed(supplied))
    made = supplied.act(PaymentRun, "pay", run.id, by=supplied.other).result
    payments = supplied.ctx.all(Payment, Payment.id.in_(made), order_by=[Payment.id])
    assert [(one.partner.name, one.amount, one.maker_id) for one in payments] == [
        ("Mill", D("124.30"), supplied.ctx.user.id),
        ("Quarry", D("1107.40"), supplied.ctx.user.id),
    ]
    assert supplied.ctx.all(OpenItem, OpenItem.open != 0).ids == []
    assert read(supplied, run.id).state is RunState.PAID
    assert [node.record for node in trail_of(supplied.ctx, PaymentRun, run.id).behind if node.model is Payment] == made
    assert supplied.differences() == []


def test_what_was_settled_meanwhile_is_not_paid_again(supplied):
    run = confirmed(supplied, proposed(supplied))
    item = run.lines[0].item
    supplied.payment(None, (item, "113"), partner=supplied.mill, direction="out")
    with pytest.raises(BusinessError, match="BILL2025-00001"):
        supplied.act(PaymentRun, "pay", run.id, by=supplied.other)


def test_the_file_for_the_bank_says_what_is_paid(supplied):
    """Element names and their order: ISO 20022 message definition pain.001.001.09."""
    order = order_of(supplied.ctx, confirmed(supplied, proposed(supplied)))
    root = ElementTree.fromstring(pain001(order, NOW))  # noqa: S314  it is our own
    names = {"p": NAMESPACE}
    assert root.tag == f"{{{NAMESPACE}}}Document"

    def said(path):
        return [one.text for one in root.findall(f".//p:{path.replace('/', '/p:')}", names)]

    assert said("GrpHdr/NbOfTxs") == said("PmtInf/NbOfTxs") == ["2"]
    assert said("GrpHdr/CtrlSum") == said("PmtInf/CtrlSum") == ["1231.70"]
    assert said("InstdAmt") == ["124.30", "1107.40"]
    assert said("CdtrAcct/Id/IBAN") == [IBAN]
    assert said("CdtrAcct/Id/Othr/Id") == ["622202100101" + "1234567"]
    assert said("Ustrd") == ["A-1 A-2", "Q-7"]
    assert said("ReqdExctnDt/Dt") == ["2025-03-31"]
    group = root.find(".//p:PmtInf", names)
    assert [one.tag.rpartition("}")[2] for one in group][:8] == [
        "PmtInfId",
        "PmtMtd",
        "NbOfTxs",
        "CtrlSum",
        "ReqdExctnDt",
        "Dbtr",
        "DbtrAcct",
        "DbtrAgt",
    ]


def test_the_table_for_online_banking_is_no_formula(supplied):
    supplied.act(Partner, "update", supplied.quarry, values={"name": "=1+1"})
    order = order_of(supplied.ctx, confirmed(supplied, proposed(supplied)))
    content = table(order)
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows[0][2:6] == ["收款账号", "收款户名", "收款银行", "金额"]
    assert rows[2][3:6] == ["'=1+1", "工商银行", "1107.40"]
    assert sum(D(row[5]) for row in rows[1:]) == order.total


def test_a_supplier_without_a_bank_account_is_named(supplied):
    supplied.act(Partner, "update", supplied.mill, values={"bank_accounts": []})
    run = confirmed(supplied, proposed(supplied))
    with pytest.raises(BusinessError, match="Mill has no bank account"):
        order_of(supplied.ctx, run)

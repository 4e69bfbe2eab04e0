"""What taking in electronic invoices may rely on: the fields of the file, its checks, a draft that comes to the same.

Field names: the public element list of the 电子凭证会计数据标准 (einv) and the XML of the tax bureau.
"""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pikepdf
import pytest

from hanse import BusinessError
from hanse.directory.models import Company
from hanse.settings.changing import change_settings
from hanse_cn.models import ChinaSettings, Taxpayer
from hanse_contacts.models import Partner
from hanse_finance.setup import action
from hanse_invoicing.electronic.receiving import xml_of
from hanse_invoicing.models import Invoice, InvoiceKind, Tax
from hanse_invoicing_cn.fapiao import read
from hanse_invoicing_cn.models import FapiaoInvoice, FapiaoKind

D = Decimal
LINE = """<IssuItemInformation><ItemName>*纸制品*复印纸</ItemName><SpecMod>A4 70g</SpecMod><MeaUnits>箱</MeaUnits>
<Quantity>{quantity}</Quantity><UnPrice>{price}</UnPrice><Amount>{amount}</Amount><TaxRate>{rate}</TaxRate>
<ComTaxAm>{tax}</ComTaxAm></IssuItemInformation>"""
PAPER = {"quantity": "10", "price": "88.4955752212", "amount": "884.96", "rate": "0.13", "tax": "115.04"}
WHOLE = """<?xml version="1.0" encoding="UTF-8"?>
<EInvoice><Header><InherentLabel><GeneralOrSpecialVAT><LabelName>{kind}</LabelName></GeneralOrSpecialVAT></InherentLabel>
</Header><EInvoiceData><SellerInformation><SellerIdNum>91110000600037341L</SellerIdNum><SellerName>北京纸业有限公司</SellerName>
</SellerInformation>
<BuyerInformation><BuyerIdNum>{buyer}</BuyerIdNum><BuyerName>我方</BuyerName></BuyerInformation>
<BasicInformation><TotalAmWithoutTax>{net}</TotalAmWithoutTax><TotalTaxAm>{tax}</TotalTaxAm>
<TotalTax-includedAmount>{gross}</TotalTax-includedAmount>
<RequestTime>2025-03-08 10:11:12</RequestTime></BasicInformation>
{lines}</EInvoiceData>
<TaxSupervisionInfo><InvoiceNumber>25112000000012345678</InvoiceNumber></TaxSupervisionInfo></EInvoice>"""


def xml(*lines, kind="增值税专用发票", buyer="", net="884.96", tax="115.04", gross="1000.00"):
    return WHOLE.format(
        kind=kind, buyer=buyer, net=net, tax=tax, gross=gross, lines="".join(LINE.format(**one) for one in lines)
    )


def taken(trade, text):
    change_settings(trade.ctx, ChinaSettings, {"taxpayer": Taxpayer.GENERAL})
    trade.ctx.kept.clear()
    if not trade.ctx.all(Tax, Tax.code == "P13"):
        trade.act(Tax, "delete", trade.input)
        trade.act(Tax, "load_chinese")
    return trade.invoice(trade.act(Invoice, "take_in", xml=text).result[0])


def test_every_field_is_read():
    found = read(xml(PAPER, buyer="91440300MA5ABCDE1X"))
    assert (found.number, found.day, found.special) == ("25112000000012345678", date(2025, 3, 8), True)
    assert (found.seller, found.seller_id, found.buyer_id) == (
        "北京纸业有限公司",
        "91110000600037341L",
        "91440300MA5ABCDE1X",
    )
    assert (found.net, found.tax, found.gross) == (D("884.96"), D("115.04"), D("1000.00"))
    (line,) = found.lines
    assert (line.name, line.specification, line.unit) == ("*纸制品*复印纸", "A4 70g", "箱")
    assert (line.quantity, line.amount, line.percent, line.tax) == (D(10), D("884.96"), D(13), D("115.04"))
    assert list(found.faults()) == []


def test_names_count_without_their_namespace():
    """The XBRL form writes einv:InvoiceNumber and has no lines."""
    text = """<xbrl xmlns:einv="http://xbrl.mof.gov.cn/taxonomy/2023-05-15/einv"><einv:InvoiceNumber>251</einv:InvoiceNumber>
    <einv:SellerName>甲</einv:SellerName><einv:TotalAmWithoutTax>100</einv:TotalAmWithoutTax><einv:TotalTaxAm>6</einv:TotalTaxAm>
    <einv:TotalTax-includedAmount>106</einv:TotalTax-includedAmount><einv:RequestTime>2025-03-08</einv:RequestTime></xbrl>"""
    found = read(text)
    assert (found.number, found.seller, found.gross, found.lines) == ("251", "甲", D(106), [])


def test_a_special_invoice_becomes_a_bill_that_comes_to_the_same(trade):
    bill = taken(trade, xml(PAPER))
    assert (bill.kind, bill.net, bill.tax, bill.gross) == (InvoiceKind.BILL, D("884.96"), D("115.04"), D("1000.00"))
    assert (bill.their_number, bill.day, bill.partner.name) == (
        "25112000000012345678",
        date(2025, 3, 8),
        "北京纸业有限公司",
    )
    assert bill.partner.tax_id == "91110000600037341L"
    assert FapiaoInvoice.of(bill).fapiao_kind is FapiaoKind.ELECTRONIC_SPECIAL
    (line,) = bill.lines
    assert (line.quantity, line.unit, line.tax.code) == (D(10), "箱", "P13")
    assert trade.post(bill).gross == D(1000)
    assert trade.differences() == []


def test_the_tax_of_an_ordinary_invoice_is_cost(trade):
    bill = taken(trade, xml(PAPER, kind="普通发票"))
    assert (bill.net, bill.tax) == (D("1000.00"), D(0))


def test_a_red_invoice_becomes_a_credit_note(trade):
    red = PAPER | {"quantity": "-10", "amount": "-884.96", "tax": "-115.04"}
    credit = taken(trade, xml(red, net="-884.96", tax="-115.04", gross="-1000.00"))
    assert (credit.kind, credit.gross, credit.lines[0].quantity) == (InvoiceKind.BILL_CREDIT, D("1000.00"), D(10))


def test_nothing_is_entered_twice(trade):
    taken(trade, xml(PAPER))
    known = len(trade.ctx.all(Partner))
    with pytest.raises(BusinessError, match="already"):
        taken(trade, xml(PAPER))
    assert len(trade.ctx.all(Partner)) == known


def test_an_invoice_for_somebody_else_is_refused(trade):
    values = {"tax_id": "91440300708461136T"}
    trade.ctx.run(
        action("core.company.update"), trade.ctx.all(Company, Company.id == trade.ctx.company.id), values=values
    )
    with pytest.raises(BusinessError, match="not for this company"):
        taken(trade, xml(PAPER, buyer="91110000600037341L"))


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"gross": "1000.01"}, "the total with tax"),
        ({"net": "884.97", "gross": "1000.01"}, "the net total"),
        ({"tax": "115.03", "gross": "999.99"}, "the total of tax"),
    ],
)
def test_an_invoice_that_does_not_add_up_is_refused(trade, changes, where):
    with pytest.raises(BusinessError, match=f"add up: {where}"):
        taken(trade, xml(PAPER, **changes))


def test_tax_may_be_a_cent_off_on_a_line_and_no_more():
    assert list(read(xml(PAPER | {"tax": "115.05"}, tax="115.05", gross="1000.01")).faults()) == []
    (fault,) = read(xml(PAPER | {"tax": "115.06"}, tax="115.06", gross="1000.02")).faults()
    assert (str(fault[0]), *fault[1:]) == ("the tax of line 1", D("115.06"), D("115.04"))


@pytest.mark.parametrize(
    "text",
    [
        "no xml",
        "<a/>",
        "",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><EInvoice>&b;</EInvoice>",
        "<EInvoice><InvoiceNumber>1</InvoiceNumber></EInvoice>",
    ],
)
def test_what_is_no_invoice_is_refused(text):
    with pytest.raises(BusinessError, match="no XML"):
        read(text)


def test_a_pdf_gives_the_xml_it_carries():
    with pikepdf.new() as document:
        document.add_blank_page()
        document.attachments["invoice.xml"] = pikepdf.AttachedFileSpec(document, xml(PAPER).encode())
        out = io.BytesIO()
        document.save(out)
        bare = io.BytesIO()
        del document.attachments["invoice.xml"]
        document.save(bare)
    assert read(xml_of(out.getvalue())).gross == D(1000)
    with pytest.raises(BusinessError, match="carries no XML"):
        xml_of(bare.getvalue())
    with pytest.raises(BusinessError, match="damaged"):
        xml_of(b"%PDF-1.7 nothing")


def test_only_the_uploader_s_own_file_is_kept(trade):
    with pytest.raises(BusinessError, match="original"):
        trade.act(Invoice, "take_in", xml=xml(PAPER), original="0" * 64)

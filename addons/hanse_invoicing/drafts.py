"""From what somebody typed to a whole draft: amounts of lines and document, terms, due days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from hanse import BusinessError, Context, Errors, Model, _
from hanse.actions.values import WrongValue, convert
from hanse.directory.models import Currency
from hanse.models import link_id
from hanse_contacts.models import Partner
from hanse_finance.entry import key_of
from hanse_invoicing.accounts import Accounts
from hanse_invoicing.amounts import ZERO, Part, Priced, instalments, line_amounts
from hanse_invoicing.completing import completed
from hanse_invoicing.models import (
    Invoice,
    InvoiceKind,
    InvoiceLine,
    InvoicingPartner,
    InvoicingSettings,
    Tax,
    TaxRounding,
    TaxUse,
    Term,
    TermPart,
)

_NUMBERS = ("quantity", "price", "discount")


class Drafts:
    """Completes drafts; reads taxes, currencies and terms once for all of them."""

    def __init__(self, ctx: Context, values: Sequence[Mapping[str, Any]]) -> None:
        self.ctx = ctx
        self.errors: list[BusinessError] = []
        self.accounts = Accounts(ctx)
        self.per_document = ctx.settings(InvoicingSettings).tax_rounding is TaxRounding.DOCUMENT
        lines = [line for value in values for line in value.get("lines") or ()]
        self.taxes = {one.id: one for one in ctx.all(Tax, Tax.id.in_(_ids(line.get("tax") for line in lines)))}
        wanted = _ids(value.get("currency") for value in values)
        query = select(Currency.id, Currency.places).where(Currency.id.in_(wanted))
        self.places = {ctx.company.currency_id: ctx.company.places} | dict(ctx.session.execute(query).all())
        self.partners = self._read_partners(_ids(value.get("partner") for value in values))
        usual = {term for both in self.partners.values() for term in both}
        self.terms = Terms(ctx, _ids([*(value.get("term") for value in values), *usual]))

    def _read_partners(self, partners: set[int]) -> dict[int, tuple[int | None, int | None]]:
        """Give the terms of partners, as customer and as supplier."""
        query = select(
            Partner.id, link_id(InvoicingPartner.customer_term), link_id(InvoicingPartner.supplier_term)
        ).where(Partner.id.in_(partners))
        return {key: (customer, supplier) for key, customer, supplier in self.ctx.session.execute(query)}

    def complete(self, given: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
        """Give a draft's row with its lines; what is wrong stands in ``errors``, ``field`` says where."""
        value = dict(given)
        self._prefix = prefix
        value["kind"] = kind = self._converted(Invoice, "kind", value.get("kind") or InvoiceKind.INVOICE, "kind")
        value["day"] = day = self._converted(Invoice, "day", value.get("day") or self.ctx.today, "day")
        value["currency"] = value.get("currency") or self.ctx.company.currency_id
        if value.get("partner") is None or key_of(value["partner"]) not in self.partners:
            self._wrong(_("Choose a partner."), "partner")
        lines = [dict(line) for line in value.get("lines") or ()]
        if not lines:
            self._wrong(_("An invoice has at least one line."), "lines")
        if self.errors or kind is None or day is None:
            return value
        priced = [self._line(line, place, kind, day) for place, line in enumerate(lines)]
        if self.errors:
            return value
        places = self.places.get(key_of(value["currency"]), 2)
        included = bool(value.get("tax_included"))
        amounts = line_amounts(priced, places, included=included, per_document=self.per_document)
        own = key_of(value["currency"]) == self.ctx.company.currency_id
        for line, one in zip(lines, amounts, strict=True):
            line |= {"net": one.net, "tax_amount": one.tax, "gross": one.gross}
            line |= {"base_net": one.net, "base_tax": one.tax} if own else {"base_net": ZERO, "base_tax": ZERO}
        value["lines"] = lines
        value["net"] = sum((one.net for one in amounts), ZERO)
        value["tax"] = sum((one.tax for one in amounts), ZERO)
        value["gross"] = value["net"] + value["tax"]
        if value["gross"] < 0:
            self._wrong(_("The total is below zero: write a credit note instead."), "lines")
        self._due(value, kind, day, places)
        return value

    def _line(self, line: dict[str, Any], place: int, kind: InvoiceKind, day: date) -> Priced:
        where = f"lines.{place}."
        line["number"] = place + 1
        for name, usual in zip(_NUMBERS, (Decimal(1), ZERO, ZERO), strict=True):
            stated = line.get(name)
            line[name] = self._converted(InvoiceLine, name, usual if stated is None else stated, where + name) or ZERO
        if not ZERO <= line["discount"] <= 100:
            self._wrong(_("A percentage lies between 0 and 100."), where + "discount")
        tax = None if line.get("tax") is None else self.taxes.get(key_of(line["tax"]))
        if line.get("tax") is not None:
            self._check_tax(tax, kind, day, where + "tax")
        line["percent"] = None if tax is None else tax.percent
        if line.get("account") is None:
            line["account"] = self.accounts.line_account(sells=kind.sells)
        return Priced(line["quantity"], line["price"], line["discount"], line["percent"])

    def _check_tax(self, tax: Tax | None, kind: InvoiceKind, day: date, where: str) -> None:
        if tax is None:
            self._wrong(_("Choose a tax of this company."), where)
        elif (tax.use is TaxUse.SALE) is not kind.sells:
            self._wrong(_("“%(tax)s” is not for this kind of document.", tax=tax.name), where)
        elif not tax.holds_on(day):
            self._wrong(_("“%(tax)s” does not hold on %(day)s.", tax=tax.name, day=day), where)

    def _due(self, value: dict[str, Any], kind: InvoiceKind, day: date, places: int) -> None:
        term = value.get("term")
        if term is None:
            customer, supplier = self.partners[key_of(value["partner"])]
            term = value["term"] = customer if kind.sells else supplier
        parts = self.terms.parts(None if term is None else key_of(term))
        value["due"] = max(due for due, _amount in instalments(value["gross"], day, parts, places))

    def _converted(self, model: type[Model], name: str, given: Any, place: str) -> Any:
        try:
            return convert(model.__fields__[name], given)
        except WrongValue as error:
            self._wrong(error.message, place)
            return None

    def _wrong(self, message: Any, place: str) -> None:
        self.errors.append(BusinessError(message, field=self._prefix + place))

    def refuse(self) -> None:
        """Raise what is wrong, if anything is.

        :raises BusinessError: all at once, by document, line and field
        """
        if self.errors:
            raise self.errors[0] if len(self.errors) == 1 else Errors(self.errors)


def complete(ctx: Context, values: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Complete drafts for insertion, after what other addons know of their lines.

    :raises BusinessError: what is missing or wrong, all at once
    """
    values = completed(ctx, values)
    drafts = Drafts(ctx, values)
    rows = [
        drafts.complete(value, "" if len(values) == 1 else f"{place}.") | {"maker": ctx.user.id}
        for place, value in enumerate(values)
    ]
    drafts.refuse()
    return rows


class Terms:
    """Payment terms, read at once for many documents."""

    def __init__(self, ctx: Context, wanted: Iterable[int]) -> None:
        chosen = sorted(set(wanted))
        self._terms: dict[int, Term] = {}
        self._parts: dict[int, list[Part]] = {}
        if chosen:
            self._terms = {one.id: one for one in ctx.all(Term, Term.id.in_(chosen))}
            for part in ctx.all(TermPart, TermPart.term_id.in_(chosen), order_by=[TermPart.id]):
                self._parts.setdefault(part.term_id, []).append(part.as_part())

    def parts(self, term: int | None) -> list[Part]:
        """Give the parts of payment terms; none without terms: all is due at once."""
        return [] if term is None else self._parts.get(term, [])

    def get(self, term: int | None) -> Term | None:
        """Give payment terms by their id."""
        return None if term is None else self._terms.get(term)


def _ids(values: Iterable[Any]) -> set[int]:
    return {key_of(value) for value in values if value is not None}

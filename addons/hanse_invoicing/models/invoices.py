"""Invoices, bills and their credit notes."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, select
from typing_extensions import override

from hanse import (
    Check,
    Choice,
    Index,
    Mapped,
    Model,
    Scope,
    Trigger,
    Unique,
    _,
    choice,
    flag,
    link,
    moment,
    money,
    rate,
    text,
)
from hanse.directory.models import Currency, User
from hanse.i18n import Label
from hanse.models import kinds
from hanse_contacts.models import Partner
from hanse_finance.models import Account, DimensionSet, Voucher
from hanse_invoicing.models.taxes import Tax
from hanse_invoicing.models.terms import Term


class InvoiceKind(Choice):
    """What a document is, and so on which sides its voucher stands."""

    INVOICE = "invoice", _("Customer invoice")
    CREDIT_NOTE = "credit_note", _("Credit note to a customer")
    BILL = "bill", _("Supplier bill")
    BILL_CREDIT = "bill_credit", _("Credit note from a supplier")

    @property
    def sells(self) -> bool:
        """Whether it is for a customer."""
        return self in (InvoiceKind.INVOICE, InvoiceKind.CREDIT_NOTE)

    @property
    def is_credit(self) -> bool:
        """Whether it takes back: in red on the same sides."""
        return self in (InvoiceKind.CREDIT_NOTE, InvoiceKind.BILL_CREDIT)

    @property
    def sign(self) -> int:
        """Which way it moves what is open, debit positive."""
        return 1 if self.sells is not self.is_credit else -1

    @property
    def credit(self) -> InvoiceKind:
        """The kind that takes it back."""
        return InvoiceKind.CREDIT_NOTE if self.sells else InvoiceKind.BILL_CREDIT


class InvoiceState(Choice):
    """How far a document has come."""

    DRAFT = "draft", _("Draft")
    POSTED = "posted", _("Posted")


_PROTECTED = (
    *("kind", "state", "number", "partner_id", "day", "currency_id", "rate", "tax_included", "account_id"),
    *("details_id", "corrects_id", "maker_id", "poster_id", "posted_at", "net", "tax", "gross", "base_gross"),
)
_SAME = " AND ".join(f"OLD.{name} IS NOT DISTINCT FROM NEW.{name}" for name in _PROTECTED)
_FINAL = _("A posted invoice cannot be changed or deleted. Take it back by a credit note.")


class Invoice(Model):
    """An invoice, a bill, or a credit note of either; its amounts are positive, its kind says the side.

    Posted, it never changes but for what the other side's document says of itself.
    """

    __tablename__ = "invoicing_invoice"
    __display__ = ("number",)
    __scope__ = Scope(owner="maker")
    kind: Mapped[InvoiceKind] = choice(_("Kind"), default=InvoiceKind.INVOICE)
    state: Mapped[InvoiceState] = choice(_("State"), default=InvoiceState.DRAFT, readonly=True)
    number: Mapped[str | None] = text(
        _("Number"), max_length=60, readonly=True, search=True, help=_("Given at posting, without gaps.")
    )
    partner: Mapped[Partner] = link(_("Partner"))
    day: Mapped[date] = kinds.day(_("Date"))
    term: Mapped[Term | None] = link(
        _("Payment terms"), index=False, help=_("Empty: those of the partner, else due on the day itself.")
    )
    due: Mapped[date | None] = kinds.day(_("Due"), readonly=True, help=_("The last day on which a part is due."))
    currency: Mapped[Currency] = link(_("Currency"), index=False)
    rate: Mapped[Decimal | None] = kinds.rate(
        _("Exchange rate"), help=_("Company currency for one unit. Empty: the latest on or before the date.")
    )
    tax_included: Mapped[bool] = flag(_("Prices include tax"))
    series: Mapped[str | None] = text(
        _("Invoice code"),
        max_length=20,
        help=_("The series printed beside the number: 发票代码 on older Chinese forms."),
    )
    their_number: Mapped[str | None] = text(
        _("Invoice number"), max_length=40, search=True, help=_("As the tax invoice or the supplier's paper has it.")
    )
    their_day: Mapped[date | None] = kinds.day(_("Invoice date"), help=_("As printed on the tax invoice."))
    reference: Mapped[str | None] = text(_("Reference"), search=True, help=_("Order or contract of the other side."))
    note: Mapped[str | None] = kinds.note(_("Note"), help=_("Printed below the lines."))
    account: Mapped[Account | None] = link(
        _("Receivable or payable account"), index=False, help=_("Empty: that of the partner, else of the settings.")
    )
    details: Mapped[DimensionSet | None] = link(_("Dimensions"), index=False, readonly=True)
    corrects: Mapped[Invoice | None] = link(_("Takes back"), flow=True, readonly=True)
    maker: Mapped[User] = link(_("Made by"), readonly=True, index=False)
    poster: Mapped[User | None] = link(_("Posted by"), readonly=True, index=False)
    posted_at: Mapped[datetime | None] = moment(_("Posted at"), readonly=True)
    net: Mapped[Decimal] = money(_("Net"), currency="currency", readonly=True, default=Decimal(0))
    tax: Mapped[Decimal] = money(_("Tax amount"), currency="currency", readonly=True, default=Decimal(0))
    gross: Mapped[Decimal] = money(_("Total with tax"), currency="currency", readonly=True, default=Decimal(0))
    base_gross: Mapped[Decimal] = money(_("Base amount"), readonly=True, default=Decimal(0))
    lines: Mapped[list[InvoiceLine]] = kinds.lines(_("Lines"), owned=True, order_by="number")

    __rules__ = [
        Unique("kind", "number", error=_("There is a document with this number already.")),
        Unique(
            "partner",
            "series",
            "their_number",
            where="kind IN ('bill', 'bill_credit') AND their_number IS NOT NULL",
            nulls_equal=True,
            error=_("There is a bill of this supplier with this invoice number already."),
        ),
        Index("day"),
        Check(
            "posted",
            "(state = 'posted') = (number IS NOT NULL) AND (state <> 'posted' OR poster_id IS NOT NULL)",
            error=_("A posted invoice has a number and somebody who posted it."),
        ),
        Check("sum", "gross = net + tax", error=_("Net and tax make the total.")),
        Check("rate", "rate > 0", error=_("A rate is above zero.")),
        Trigger(
            "posted_is_final",
            "BEFORE UPDATE OR DELETE",
            f"IF TG_OP = 'UPDATE' AND {_SAME} THEN RETURN NEW; END IF; "
            "RAISE EXCEPTION 'hanse:posted_is_final' USING ERRCODE = 'HA001', TABLE = 'invoicing_invoice';",
            errors=(("posted_is_final", _FINAL),),
            only="OLD.state = 'posted'",
        ),
    ]

    @classmethod
    @override
    def frozen_rows(cls) -> ColumnElement[bool]:
        return cls.state == InvoiceState.POSTED

    @override
    def may_be_deleted(self) -> bool:
        return super().may_be_deleted() and self.state is InvoiceState.DRAFT

    def title(self) -> Label:
        """Say kind and number, or that it is a draft."""
        return f"{self.kind.label} {self.number or _('(draft)')}"

    if TYPE_CHECKING:
        partner_id: Mapped[int]
        term_id: Mapped[int | None]
        currency_id: Mapped[int]
        account_id: Mapped[int | None]
        details_id: Mapped[int | None]
        corrects_id: Mapped[int | None]
        maker_id: Mapped[int]
        poster_id: Mapped[int | None]


def _line_is_final(verb: str, *rows: str) -> Trigger:
    """Refuse that lines of a posted document come, change or go; looks once a statement, however many they are."""
    found = "".join(
        f"IF EXISTS (SELECT FROM {one} l JOIN invoicing_invoice i "
        "ON i.id = l.invoice_id AND i.company_id = l.company_id WHERE i.state = 'posted') THEN "
        "RAISE EXCEPTION 'hanse:line_is_final' USING ERRCODE = 'HA001', TABLE = 'invoicing_invoice_line'; END IF; "
        for one in rows
    )
    name, when = f"line_is_final_{verb}", f"AFTER {verb.upper()}"
    return Trigger(name, when, f"{found}RETURN NULL;", (("line_is_final", _FINAL),), statement=True)


class InvoiceLine(Model):
    """A line: what for, how much of it, at which price and tax.  Rounded tax is stored and never computed again."""

    __tablename__ = "invoicing_invoice_line"
    __display__ = ("description",)
    invoice: Mapped[Invoice] = link(_("Invoice"), ondelete="CASCADE")
    number: Mapped[int] = kinds.number(_("Line"), readonly=True)
    description: Mapped[str] = text(_("Description"), max_length=400)
    quantity: Mapped[Decimal] = kinds.quantity(_("Quantity"), default=Decimal(1))
    unit: Mapped[str | None] = text(_("Unit"), max_length=20)
    price: Mapped[Decimal] = rate(_("Price"))
    discount: Mapped[Decimal] = rate(_("Discount"), unit="%", default=Decimal(0))
    tax: Mapped[Tax | None] = link(_("Tax"), index=False)
    account: Mapped[Account | None] = link(_("Account"), index=False)
    details: Mapped[DimensionSet | None] = link(_("Dimensions"), index=False)
    percent: Mapped[Decimal | None] = rate(_("Tax rate"), unit="%", readonly=True)
    net: Mapped[Decimal] = money(_("Net"), currency="invoice.currency", readonly=True, default=Decimal(0))
    tax_amount: Mapped[Decimal] = money(_("Tax amount"), currency="invoice.currency", readonly=True, default=Decimal(0))
    gross: Mapped[Decimal] = money(_("Total with tax"), currency="invoice.currency", readonly=True, default=Decimal(0))
    base_net: Mapped[Decimal] = money(_("Base net"), readonly=True, default=Decimal(0))
    base_tax: Mapped[Decimal] = money(_("Base tax"), readonly=True, default=Decimal(0))

    __rules__ = [
        Check("discount", "discount BETWEEN 0 AND 100", error=_("A percentage lies between 0 and 100.")),
        Check("sum", "gross = net + tax_amount", error=_("Net and tax make the total.")),
        _line_is_final("insert", "fresh"),
        _line_is_final("update", "stale", "fresh"),
        _line_is_final("delete", "stale"),
    ]

    @classmethod
    @override
    def frozen_rows(cls) -> ColumnElement[bool]:
        return cls.invoice_id.in_(select(Invoice.id).where(Invoice.state == InvoiceState.POSTED))

    if TYPE_CHECKING:
        invoice_id: Mapped[int]
        tax_id: Mapped[int | None]
        account_id: Mapped[int | None]
        details_id: Mapped[int | None]


class InvoiceVoucher(Model):
    """That an invoice made a voucher."""

    __tablename__ = "invoicing_invoice_voucher"
    __general__ = False
    __display__ = ()
    __trail__ = ("invoice", "voucher")
    invoice: Mapped[Invoice] = link(_("Invoice"), index=False)
    voucher: Mapped[Voucher] = link(_("Voucher"), index=False)

    __rules__ = [
        Unique("invoice", error=_("The invoice has a voucher already.")),
        Unique("voucher", error=_("The voucher belongs to another document.")),
    ]

    if TYPE_CHECKING:
        invoice_id: Mapped[int]
        voucher_id: Mapped[int]

"""Money in and out, and what it settles."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement
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
    text,
)
from hanse.directory.models import Currency, User
from hanse.i18n import Label
from hanse.models import kinds
from hanse_contacts.models import BankAccount, Partner
from hanse_finance.models import Account, DimensionSet, Voucher

if TYPE_CHECKING:
    from hanse_invoicing.models.items import PaymentLine
    from hanse_invoicing.models.runs import PaymentRun


class Direction(Choice):
    """Which way money goes."""

    IN = "in", _("Received")
    OUT = "out", _("Paid out")

    @property
    def sign(self) -> int:
        """Which way it moves what is open, debit positive."""
        return -1 if self is Direction.IN else 1


class Ledger(Choice):
    """Whether somebody is met as customer or as supplier."""

    RECEIVABLE = "receivable", _("Receivables")
    PAYABLE = "payable", _("Payables")


class PaymentState(Choice):
    """How far a payment has come."""

    DRAFT = "draft", _("Draft")
    POSTED = "posted", _("Posted")


_PROTECTED = (
    *(
        "direction",
        "ledger",
        "state",
        "number",
        "partner_id",
        "day",
        "bank_id",
        "currency_id",
        "rate",
        "amount",
        "base",
    ),
    *("advance", "account_id", "details_id", "maker_id", "poster_id", "posted_at"),
)
_SAME = " AND ".join(f"OLD.{name} IS NOT DISTINCT FROM NEW.{name}" for name in _PROTECTED)


class Payment(Model):
    """Money received from a partner or paid to one."""

    __tablename__ = "invoicing_payment"
    __display__ = ("number",)
    __scope__ = Scope(owner="maker")
    direction: Mapped[Direction] = choice(_("Direction"), default=Direction.IN)
    ledger: Mapped[Ledger | None] = choice(
        _("Settles"), help=_("Empty: receivables when money comes in, payables when it goes out.")
    )
    state: Mapped[PaymentState] = choice(_("State"), default=PaymentState.DRAFT, readonly=True)
    number: Mapped[str | None] = text(
        _("Number"), max_length=60, readonly=True, search=True, help=_("Given at posting, without gaps.")
    )
    partner: Mapped[Partner] = link(_("Partner"))
    day: Mapped[date] = kinds.day(_("Date"))
    bank: Mapped[Account] = link(_("Cash or bank"), index=False)
    currency: Mapped[Currency] = link(_("Currency"), index=False)
    rate: Mapped[Decimal | None] = kinds.rate(
        _("Exchange rate"), help=_("Company currency for one unit. Empty: the latest on or before the date.")
    )
    amount: Mapped[Decimal] = money(
        _("Amount"), currency="currency", default=Decimal(0), help=_("Empty: what the lines settle.")
    )
    base: Mapped[Decimal] = money(_("Base amount"), readonly=True, default=Decimal(0))
    advance: Mapped[bool] = flag(
        _("Advance"), help=_("Paid before there is an invoice: it stands on the account for advances.")
    )
    account: Mapped[Account | None] = link(
        _("Receivable or payable account"), index=False, help=_("Empty: that of the partner, else of the settings.")
    )
    details: Mapped[DimensionSet | None] = link(_("Dimensions"), index=False, readonly=True)
    bank_account: Mapped[BankAccount | None] = link(_("Partner's bank account"), index=False)
    reference: Mapped[str | None] = text(_("Reference"), search=True, help=_("As the bank's statement has it."))
    run: Mapped[PaymentRun | None] = link(_("Payment run"), flow=True, readonly=True)
    maker: Mapped[User] = link(_("Made by"), readonly=True, index=False)
    poster: Mapped[User | None] = link(_("Posted by"), readonly=True, index=False)
    posted_at: Mapped[datetime | None] = moment(_("Posted at"), readonly=True)
    lines: Mapped[list[PaymentLine]] = kinds.lines(_("Settled items"), owned=True)

    __rules__ = [
        Unique("direction", "number", error=_("There is a payment with this number already.")),
        Index("day"),
        Check("amount", "amount > 0", error=_("A payment is above zero.")),
        Check("rate", "rate > 0", error=_("A rate is above zero.")),
        Check(
            "posted",
            "(state = 'posted') = (number IS NOT NULL) AND (state <> 'posted' OR poster_id IS NOT NULL)",
            error=_("A posted payment has a number and somebody who posted it."),
        ),
        Trigger(
            "posted_is_final",
            "BEFORE UPDATE OR DELETE",
            f"IF TG_OP = 'UPDATE' AND {_SAME} THEN RETURN NEW; END IF; "
            "RAISE EXCEPTION 'hanse:posted_is_final' USING ERRCODE = 'HA001', TABLE = 'invoicing_payment';",
            errors=(("posted_is_final", _("A posted payment cannot be changed or deleted.")),),
            only="OLD.state = 'posted'",
        ),
    ]

    @classmethod
    @override
    def frozen_rows(cls) -> ColumnElement[bool]:
        return cls.state == PaymentState.POSTED

    @override
    def may_be_deleted(self) -> bool:
        return super().may_be_deleted() and self.state is PaymentState.DRAFT

    def title(self) -> Label:
        """Say direction and number, or that it is a draft."""
        kind = _("Money received") if self.direction is Direction.IN else _("Money paid")
        return f"{kind} {self.number or _('(draft)')}"

    def settles(self) -> Ledger:
        """Say whether it settles receivables or payables."""
        return self.ledger or (Ledger.RECEIVABLE if self.direction is Direction.IN else Ledger.PAYABLE)

    if TYPE_CHECKING:
        partner_id: Mapped[int]
        bank_id: Mapped[int]
        currency_id: Mapped[int]
        account_id: Mapped[int | None]
        details_id: Mapped[int | None]
        bank_account_id: Mapped[int | None]
        run_id: Mapped[int | None]
        maker_id: Mapped[int]
        poster_id: Mapped[int | None]


class PaymentVoucher(Model):
    """That a payment made a voucher."""

    __tablename__ = "invoicing_payment_voucher"
    __general__ = False
    __display__ = ()
    __trail__ = ("payment", "voucher")
    payment: Mapped[Payment] = link(_("Payment"), index=False)
    voucher: Mapped[Voucher] = link(_("Voucher"), index=False)

    __rules__ = [
        Unique("payment", error=_("The payment has a voucher already.")),
        Unique("voucher", error=_("The voucher belongs to another document.")),
    ]

    if TYPE_CHECKING:
        payment_id: Mapped[int]
        voucher_id: Mapped[int]

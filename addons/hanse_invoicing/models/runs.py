"""Payment runs: what is due is collected, confirmed by somebody else, and paid in one go."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from typing_extensions import override

from hanse import Check, Choice, Mapped, Model, Scope, Unique, _, choice, lines, link, money, number, text
from hanse.directory.models import Currency, User
from hanse.models import kinds
from hanse_contacts.models import BankAccount
from hanse_finance.models import Account
from hanse_invoicing.models.items import OpenItem


class RunState(Choice):
    """How far a payment run has come."""

    DRAFT = "draft", _("Draft")
    CONFIRMED = "confirmed", _("Confirmed")
    PAID = "paid", _("Paid")


class PaymentRun(Model):
    """Bills that shall be paid together from one account on one day: a request until somebody confirms it."""

    __tablename__ = "invoicing_payment_run"
    __display__ = ("number",)
    __scope__ = Scope(owner="maker")
    number: Mapped[str] = number(_("Number"), rule="RUN{year}-{number:4}", dated="day", search=True)
    state: Mapped[RunState] = choice(_("State"), default=RunState.DRAFT, readonly=True)
    day: Mapped[date] = kinds.day(_("To be paid on"))
    due_until: Mapped[date] = kinds.day(
        _("Due until"), help=_("Bills that are due later are proposed only where a discount would be lost.")
    )
    bank: Mapped[Account] = link(_("Cash or bank"), index=False)
    currency: Mapped[Currency] = link(_("Currency"), index=False)
    our_account: Mapped[str | None] = text(
        _("Our account number or IBAN"), max_length=40, help=_("Stands in the file for the bank.")
    )
    our_bic: Mapped[str | None] = text(_("Our BIC (SWIFT)"), max_length=11)
    total: Mapped[Decimal] = money(_("Total"), currency="currency", readonly=True, default=Decimal(0))
    maker: Mapped[User] = link(_("Made by"), readonly=True, index=False)
    confirmer: Mapped[User | None] = link(_("Confirmed by"), readonly=True, index=False)
    lines: Mapped[list[RunLine]] = lines(_("Bills"), owned=True)

    __rules__ = [
        Check(
            "confirmed",
            "(state = 'draft') = (confirmer_id IS NULL) AND confirmer_id <> maker_id",
            error=_("Somebody else than the maker confirms a payment run."),
        )
    ]

    @override
    def may_be_deleted(self) -> bool:
        return super().may_be_deleted() and self.state is RunState.DRAFT

    if TYPE_CHECKING:
        bank_id: Mapped[int]
        currency_id: Mapped[int]
        maker_id: Mapped[int]
        confirmer_id: Mapped[int | None]


class RunLine(Model):
    """A bill that shall be paid, and to which account."""

    __tablename__ = "invoicing_run_line"
    __display__ = ()
    run: Mapped[PaymentRun] = link(_("Payment run"), ondelete="CASCADE")
    item: Mapped[OpenItem] = link(_("Open item"))
    amount: Mapped[Decimal] = money(_("Amount"), currency="run.currency")
    discount: Mapped[Decimal] = money(_("Early-payment discount"), currency="run.currency", default=Decimal(0))
    bank_account: Mapped[BankAccount | None] = link(_("Partner's bank account"), index=False)

    __rules__ = [
        Unique("run", "item", error=_("The run pays this item already.")),
        Check("amounts", "amount > 0 AND discount >= 0", error=_("Enter amounts above zero.")),
    ]

    if TYPE_CHECKING:
        run_id: Mapped[int]
        item_id: Mapped[int]
        bank_account_id: Mapped[int | None]

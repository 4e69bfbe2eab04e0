"""Vouchers that are written again and again: templates, by hand or on their day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from hanse import Check, Choice, Index, Mapped, Model, Scope, Unique, _, archivable, choice, link, money, text
from hanse.directory.models import Currency, User
from hanse.models import kinds
from hanse_finance.models.accounts import Account, DimensionSet
from hanse_finance.models.cash_items import CashItem
from hanse_finance.models.vouchers import VoucherWord


class Rhythm(Choice):
    """How often a voucher is written by itself."""

    NEVER = "never", _("By hand only")
    MONTHLY = "monthly", _("Every month")
    QUARTERLY = "quarterly", _("Every quarter")
    YEARLY = "yearly", _("Every year")


class VoucherTemplate(Model):
    """A voucher to begin others with, and to write by itself on its day."""

    __tablename__ = "finance_voucher_template"
    __scope__ = Scope(owner="maker")
    name: Mapped[str] = text(_("Name"), search=True)
    word: Mapped[VoucherWord | None] = link(_("Word"), index=False)
    rhythm: Mapped[Rhythm] = choice(_("Written"), default=Rhythm.NEVER)
    next_day: Mapped[date | None] = kinds.day(_("Next on"), help=_("On the last day of a month it stays the last day."))
    maker: Mapped[User] = link(_("Made by"), readonly=True, index=False)
    active: Mapped[bool] = archivable(mergeable=False)
    lines: Mapped[list[TemplateLine]] = kinds.lines(_("Lines"), owned=True, order_by="number")

    __rules__ = [
        Unique("name", error=_("There is a template with this name already.")),
        Index("next_day", where="rhythm <> 'never' AND active"),
        Check(
            "rhythm",
            "rhythm = 'never' OR next_day IS NOT NULL",
            error=_("Say on which day the voucher is written next."),
        ),
    ]

    if TYPE_CHECKING:
        maker_id: Mapped[int]
        word_id: Mapped[int | None]


class TemplateLine(Model):
    """A line of a template; amounts may be left open."""

    __tablename__ = "finance_template_line"
    __display__ = ("summary",)
    template: Mapped[VoucherTemplate] = link(_("Template"), ondelete="CASCADE")
    number: Mapped[int] = kinds.number(_("Line"), default=1)
    summary: Mapped[str | None] = text(_("Summary"))
    account: Mapped[Account] = link(_("Account"), index=False)
    details: Mapped[DimensionSet | None] = link(_("Dimensions"), index=False)
    foreign_currency: Mapped[Currency | None] = link(_("Foreign currency"), index=False)
    foreign_amount: Mapped[Decimal | None] = money(_("Foreign amount"), currency="foreign_currency")
    cash_item: Mapped[CashItem | None] = link(_("Cash flow item"), index=False)
    debit: Mapped[Decimal | None] = money(_("Debit"))
    credit: Mapped[Decimal | None] = money(_("Credit"))

    if TYPE_CHECKING:
        template_id: Mapped[int]
        account_id: Mapped[int]
        details_id: Mapped[int | None]
        foreign_currency_id: Mapped[int | None]
        cash_item_id: Mapped[int | None]

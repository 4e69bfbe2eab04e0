"""Taxes on invoices, as dated rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, or_

from hanse import Check, Choice, Mapped, Model, Unique, _, archivable, choice, day, link, rate, text
from hanse_finance.models import Account


class TaxUse(Choice):
    """On which documents a tax stands."""

    SALE = "sale", _("Sales (output)")
    PURCHASE = "purchase", _("Purchases (input)")


class Tax(Model):
    """A tax at one rate.  A new rate is a new row: what documents were posted with stays."""

    __tablename__ = "invoicing_tax"
    __display__ = ("name",)
    code: Mapped[str] = text(_("Code"), max_length=40, search=True)
    name: Mapped[str] = text(_("Name"), search=True)
    use: Mapped[TaxUse] = choice(_("For"))
    percent: Mapped[Decimal] = rate(_("Rate"), unit="%")
    account: Mapped[Account | None] = link(
        _("Account"), help=_("Output tax is credited to it, input tax debited. Needed where the rate is above zero.")
    )
    valid_from: Mapped[date | None] = day(_("Valid from"))
    valid_until: Mapped[date | None] = day(_("Valid until"), help=_("The last day on which it holds."))
    active: Mapped[bool] = archivable(mergeable=False)

    __rules__ = [
        Unique("code", error=_("There is a tax with this code already.")),
        Check("percent", "percent >= 0 AND percent <= 100", error=_("A percentage lies between 0 and 100.")),
        Check("days", "valid_until >= valid_from", error=_("It ends after it has begun: correct one of the days.")),
    ]

    if TYPE_CHECKING:
        account_id: Mapped[int | None]

    @classmethod
    def holds(cls, on: date) -> ColumnElement[bool]:
        """Give the condition that a tax is in force on a day."""
        return or_(cls.valid_from.is_(None), cls.valid_from <= on) & or_(
            cls.valid_until.is_(None), cls.valid_until >= on
        )

    def holds_on(self, on: date) -> bool:
        """Tell whether it is in force on a day."""
        return (self.valid_from or on) <= on <= (self.valid_until or on)

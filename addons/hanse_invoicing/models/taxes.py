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


class TaxCategory(Choice):
    """How something is taxed, as electronic invoices name it (UNTDID 5305 as EN 16931 uses it)."""

    STANDARD = "S", _("Taxed at a rate")
    ZERO = "Z", _("Taxed at a rate of zero")
    EXEMPT = "E", _("Exempt from tax")
    REVERSE = "AE", _("Reverse charge")
    WITHIN = "K", _("Delivery within the European Union")
    EXPORT = "G", _("Export outside the European Union")
    OUTSIDE = "O", _("Not subject to tax")


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
    category: Mapped[TaxCategory | None] = choice(
        _("Category"), help=_("On electronic invoices. Empty: taxed at its rate, even if that is zero.")
    )
    reason: Mapped[str | None] = text(
        _("Reason of exemption"),
        max_length=200,
        help=_("As it stands on electronic invoices: the law by which it is exempt."),
    )
    valid_from: Mapped[date | None] = day(_("Valid from"))
    valid_until: Mapped[date | None] = day(_("Valid until"), help=_("The last day on which it holds."))
    active: Mapped[bool] = archivable(mergeable=False)

    __rules__ = [
        Unique("code", error=_("There is a tax with this code already.")),
        Check("percent", "percent >= 0 AND percent <= 100", error=_("A percentage lies between 0 and 100.")),
        Check(
            "category",
            "category IS NULL OR (category = 'S') = (percent > 0)",
            error=_("Only what is taxed at a rate has one above zero."),
        ),
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

"""Payment terms: in which parts and by when a document is to be paid."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from hanse import Check, Mapped, Model, Unique, _, archivable, flag, lines, link, money, rate, text
from hanse.models import kinds
from hanse_invoicing.amounts import Part


class Term(Model):
    """Payment terms."""

    __tablename__ = "invoicing_term"
    name: Mapped[str] = text(_("Name"), search=True, help=_("As it stands on invoices: 30 days net."))
    discount_percent: Mapped[Decimal | None] = rate(
        _("Early-payment discount"), unit="%", help=_("Of the gross amount, for whoever pays in time.")
    )
    discount_days: Mapped[int | None] = kinds.number(_("Discount within"), unit=_("days"))
    active: Mapped[bool] = archivable()
    parts: Mapped[list[TermPart]] = lines(_("Parts"), owned=True)

    __rules__ = [
        Unique("name", error=_("There are payment terms with this name already.")),
        Check(
            "discount",
            "num_nonnulls(discount_percent, discount_days) IN (0, 2) "
            "AND coalesce(discount_percent, 1) BETWEEN 0 AND 100 AND coalesce(discount_days, 0) >= 0",
            error=_("A discount has a percentage up to 100 and days within which it is taken."),
        ),
    ]


class TermPart(Model):
    """A part of what is to be paid; the last one takes what is left."""

    __tablename__ = "invoicing_term_part"
    __display__ = ()
    term: Mapped[Term] = link(_("Terms"), ondelete="CASCADE")
    percent: Mapped[Decimal | None] = rate(_("Percentage"), unit="%", help=_("Empty, as the amount: what is left."))
    fixed: Mapped[Decimal | None] = money(_("Amount"))
    days: Mapped[int] = kinds.number(_("Days"), default=0)
    end_of_month: Mapped[bool] = flag(_("From the end of the month"))

    __rules__ = [
        Check(
            "one_share",
            "num_nonnulls(percent, fixed) <= 1 AND coalesce(percent, 1) BETWEEN 0 AND 100 AND coalesce(fixed, 1) >= 0",
            error=_("A part is a percentage up to 100, an amount, or what is left."),
        ),
        Check("days", "days BETWEEN 0 AND 3650", error=_("Days are counted from 0 to 3650.")),
    ]

    if TYPE_CHECKING:
        term_id: Mapped[int]

    def as_part(self) -> Part:
        """Give it as arithmetic takes it."""
        return Part(self.days, self.percent, self.fixed, self.end_of_month)

"""Fiscal years and their periods."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from hanse import Check, Choice, Mapped, Model, Unique, _, choice, lines, link, text
from hanse.models import kinds


class FiscalYear(Model):
    """A year of the books."""

    __tablename__ = "finance_fiscal_year"
    __general__ = False
    name: Mapped[str] = text(_("Name"), max_length=20, search=True)
    start: Mapped[date] = kinds.day(_("First day"))
    end: Mapped[date] = kinds.day(_("Last day"))
    periods: Mapped[list[Period]] = lines(_("Periods"), owned=True, order_by="number")

    __rules__ = [
        Unique("name", error=_("There is a year with this name already.")),
        Unique("start", error=_("There is a year that begins on this day already.")),
        Check("days", 'start < "end"', error=_("A year ends after it begins.")),
    ]


class PeriodState(Choice):
    """Whether vouchers may still be posted into a period."""

    OPEN = "open", _("Open")
    CLOSED = "closed", _("Closed")


class Period(Model):
    """A period of a fiscal year, numbered from 1; number 0 is the opening period of books that were taken over."""

    __tablename__ = "finance_period"
    __display__ = ("code",)
    year: Mapped[FiscalYear] = link(_("Year"), ondelete="CASCADE")
    number: Mapped[int] = kinds.number(_("Number"))
    code: Mapped[str] = text(_("Period"), max_length=20, search=True)
    start: Mapped[date] = kinds.day(_("First day"))
    end: Mapped[date] = kinds.day(_("Last day"))
    state: Mapped[PeriodState] = choice(_("State"), default=PeriodState.OPEN, readonly=True)

    __rules__ = [
        Unique("code", error=_("There is a period with this code already.")),
        Unique("year", "number", error=_("The year has a period with this number already.")),
        Unique("start", error=_("There is a period that begins on this day already.")),
        Check("days", 'start <= "end"', error=_("A period ends no earlier than it begins.")),
    ]

    if TYPE_CHECKING:
        year_id: Mapped[int]

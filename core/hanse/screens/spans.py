"""Days taken together by month, quarter or year, as groups of lists and members of pivots are."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Date, func
from sqlalchemy import cast as sql_cast

from hanse.i18n import Label, _, current_locale, format_day
from hanse.models import Kind

if TYPE_CHECKING:
    from hanse.actions import Context

DAY, MONTH, QUARTER, YEAR = "day", "month", "quarter", "year"
#: How days and moments are put together; the first is meant when nothing is said.
SPANS: dict[str, Label] = {MONTH: _("by month"), QUARTER: _("by quarter"), YEAR: _("by year"), DAY: _("by day")}
#: Kinds of fields that have days.
DAYS = frozenset({Kind.DAY, Kind.MOMENT})
_MONTHS = {MONTH: 1, QUARTER: 3, YEAR: 12}


def first_day_sql(ctx: Context, kind: Kind, column: Any, span: str) -> Any:
    """Write the first day of the span that a day or a moment lies in; days begin where the company is."""
    local = func.timezone(ctx.company.time_zone, column) if kind is Kind.MOMENT else column
    return sql_cast(local if span == DAY else func.date_trunc(span, local), Date)


def last_day(first: date, span: str) -> date:
    """Give the last day of the span that begins with ``first``.

    :raises ValueError: it lies behind the last year there is
    """
    if span == DAY:
        return first
    later = first.month - 1 + _MONTHS[span]
    return date(first.year + later // 12, later % 12 + 1, 1) - timedelta(days=1)


def say(first: date, span: str) -> Label:
    """Say a span to people: ``January 2026``, ``Q1 2026``."""
    if span == YEAR:
        return str(first.year)
    if span == QUARTER:
        return _("Q%(quarter)s %(year)s", quarter=(first.month + 2) // 3, year=str(first.year))
    if span == MONTH:
        from babel.dates import format_skeleton

        return format_skeleton("yMMMM", first, locale=current_locale())
    return format_day(first)


def say_briefly(first: date, span: str) -> str:
    """Say a span in the head of a column, so that it sorts as it reads: ``2026-01``, ``2026 Q1``."""
    if span == QUARTER:
        return str(_("%(year)s Q%(quarter)s", year=str(first.year), quarter=str((first.month + 2) // 3)))
    return f"{first.year}-{first.month:02}" if span == MONTH else str(say(first, span))


__all__ = ["DAYS", "SPANS", "first_day_sql", "last_day", "say", "say_briefly"]

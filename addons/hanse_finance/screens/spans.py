"""Periods to choose for a report: a month, several, or a whole year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, select

from hanse import BusinessError, Context, _, link_id
from hanse.i18n import Label
from hanse.screens import Given, Parameter
from hanse_finance.models import Balance, FiscalYear, Period
from hanse_finance.reports import Span, span_of


def _codes(ctx: Context) -> list[tuple[str, str]]:
    """Give year and code of every period, the latest first."""
    query = (
        select(FiscalYear.name, Period.code)
        .join(FiscalYear, FiscalYear.id == link_id(Period.year))
        .where(Period.company_id == ctx.company.id, Period.number > 0)
        .order_by(Period.start.desc())
    )
    return list(ctx.session.execute(query))


def spans(ctx: Context) -> Sequence[tuple[str, Label]]:
    """Give every period, each year before its own."""
    choices: list[tuple[str, Label]] = []
    for year, code in _codes(ctx):
        whole: tuple[str, Label] = (year, _("%(year)s, whole year", year=year))
        if whole[0] not in {value for value, _label in choices}:
            choices.append(whole)
        choices.append((code, code))
    return choices


def span_ends(ctx: Context) -> Sequence[tuple[str, Label]]:
    """Give the periods that a span may end with, and that it may be one period only."""
    return [("", "–"), *((code, code) for _year, code in _codes(ctx))]


def latest(ctx: Context) -> str:
    """Give the latest period that anything was posted into; else the one today lies in; empty if there is none."""
    posted = (
        select(Period.code)
        .join(Balance, and_(link_id(Balance.year) == link_id(Period.year), Balance.number == Period.number))
        .where(Period.company_id == ctx.company.id, Balance.company_id == ctx.company.id, Period.number > 0)
        .order_by(Period.start.desc())
        .limit(1)
    )
    now = (
        select(Period.code)
        .where(Period.company_id == ctx.company.id, Period.start <= ctx.today, Period.number > 0)
        .order_by(Period.start.desc())
        .limit(1)
    )
    return ctx.session.scalar(posted) or ctx.session.scalar(now) or ""


PARAMETERS = (
    Parameter("period", _("Period"), choices=spans, default=latest),
    Parameter("to", _("to"), choices=span_ends),
)


@dataclass(frozen=True, slots=True)
class PeriodOfDay:
    """The period that a day lies in; ``year`` is an id."""

    year: int
    number: int
    start: date
    end: date
    code: str


def period_on(ctx: Context, day: date) -> PeriodOfDay:
    """Give the period that a day lies in; of a day behind the last period that one.

    :raises BusinessError: the books begin later, or there is no period yet
    """
    query = (
        select(link_id(Period.year), Period.number, Period.start, Period.end, Period.code)
        .where(Period.company_id == ctx.company.id, Period.start <= day)
        .order_by(Period.start.desc())
        .limit(1)
    )
    row = ctx.session.execute(query).first()
    if row is None:
        raise BusinessError(_("The books begin after %(day)s.", day=day))
    return PeriodOfDay(*row)


def period_codes(ctx: Context, span: Span) -> dict[int, str]:
    """Give the codes of the periods of the span's year, up to its end, by their numbers."""
    query = (
        select(Period.number, Period.code)
        .where(Period.company_id == ctx.company.id, link_id(Period.year) == span.year, Period.number <= span.last)
        .order_by(Period.number)
    )
    return {number: code for number, code in ctx.session.execute(query)}


def chosen_span(ctx: Context, given: Given) -> Span:
    """Give the periods that were chosen; an end that lies before the beginning, or in another year, does not count.

    :raises BusinessError: the company has no period yet
    """
    if not given.text("period"):
        raise BusinessError(_("There is no period yet. Open a fiscal year first."))
    first = span_of(ctx, given.text("period"))
    if not given.text("to"):
        return first
    last = span_of(ctx, given.text("to"))
    if last.year != first.year or last.last <= first.last:
        return first
    return Span(first.year, first.first, last.last, first.start, last.end, f"{first.label} – {last.label}")

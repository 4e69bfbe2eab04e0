"""Open years, close and reopen periods."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from hanse import BusinessError, Context, Errors, Records, _, action
from hanse_finance.books import bring_forward, halt_posting
from hanse_finance.closing.checks import Level, check_period, next_year_start
from hanse_finance.closing.sealing import seal
from hanse_finance.models import FiscalYear, Period, PeriodState
from hanse_finance.permissions import Finance


def months_from(start: date) -> list[tuple[date, date]]:
    """Give the first and last days of the twelve months from ``start``, which is the first of a month."""
    months: list[tuple[date, date]] = []
    first = start
    for _month in range(12):
        last = first.replace(day=monthrange(first.year, first.month)[1])
        months.append((first, last))
        first = last + timedelta(days=1)
    return months


@action(FiscalYear, name="create", label=_("Open a year"), permission=Finance.CLOSE, creates=True, hidden=True)
def open_year(ctx: Context, years: Records[FiscalYear], *, values: list[Mapping[str, Any]]) -> list[int]:
    """Open fiscal years with twelve monthly periods each, and bring the balances of the year before forward.

    :param values: ``start`` is needed; ``name`` is by default the calendar year the year begins in
    :raises BusinessError: the year does not begin on the first of a month, or overlaps another
    """
    made: list[int] = []
    halt_posting(ctx)  # or what is posted meanwhile would not be brought forward
    for value in sorted(values, key=lambda one: one["start"]):
        start: date = value["start"]
        if start.day != 1:
            raise BusinessError(_("A fiscal year begins on the first of a month."), field="start")
        months = months_from(start)
        _refuse_overlap(ctx, start, months[-1][1])
        (year,) = ctx.insert(
            FiscalYear,
            [
                {
                    "name": value.get("name") or str(start.year),
                    "start": start,
                    "end": months[-1][1],
                    "periods": [
                        {"number": number, "code": f"{first:%Y-%m}", "start": first, "end": last}
                        for number, (first, last) in enumerate(months, start=1)
                    ],
                }
            ],
        )
        bring_forward(ctx, year)
        made.append(year)
    return made


def _refuse_overlap(ctx: Context, start: date, end: date) -> None:
    other = ctx.session.scalar(
        select(FiscalYear.name)
        .where(FiscalYear.company_id == ctx.company.id, FiscalYear.start <= end, FiscalYear.end >= start)
        .limit(1)
    )
    if other is not None:
        raise BusinessError(_("The year would overlap with %(year)s.", year=other), field="start")
    opening = ctx.session.scalar(
        select(Period.code).where(Period.company_id == ctx.company.id, Period.number == 0, Period.start >= start)
    )
    if opening is not None:
        message = _("The books were taken over in %(period)s; no year lies before.", period=opening)
        raise BusinessError(message, field="start")


@action(
    Period,
    name="close",
    label=_("Close period"),
    permission=Finance.CLOSE,
    moves=(PeriodState.OPEN, PeriodState.CLOSED),
    icon="lock",
    confirm=_("Close the period? Nothing can be posted into it afterwards."),
    done=_("%(count)s periods closed"),
)
def close_period(ctx: Context, periods: Records[Period]) -> None:
    """Close periods, the earliest first, and keep what their reports say.  After the last of a year the next is opened.

    Each is closed before the next is looked at, so that the checks of a period see those before it closed.

    :raises BusinessError: an earlier period is open, or a check found an error; all of them at once
    """
    for period in sorted(periods, key=lambda one: one.start):
        _refuse_errors(ctx, period)
        seal(ctx, period)
        ctx.update([period.id], Period, {"state": PeriodState.CLOSED})
        if next_year_start(ctx, period):
            ctx.run(open_year, values=[{"start": period.end + timedelta(days=1)}])


def _refuse_errors(ctx: Context, period: Period) -> None:
    errors = [
        BusinessError(finding.message, record=period.id)
        for result in check_period(ctx, period, thoroughly=True)
        for finding in result.findings
        if finding.level is Level.ERROR
    ]
    if errors:
        raise errors[0] if len(errors) == 1 else Errors(errors)


@action(
    Period,
    name="reopen",
    label=_("Reopen period"),
    permission=Finance.CLOSE,
    moves=(PeriodState.CLOSED, PeriodState.OPEN),
    icon="lock-open",
    labels={"reason": _("Reason")},
    done=_("%(count)s periods reopened"),
)
def reopen_period(ctx: Context, periods: Records[Period], *, reason: str) -> None:
    """Reopen the latest closed period; the reason stays with it.

    :raises BusinessError: a later period is closed
    """
    for period in periods:
        later = ctx.session.scalar(
            select(Period.code)
            .where(
                Period.company_id == ctx.company.id,
                Period.start > period.start,
                Period.state == PeriodState.CLOSED,
                Period.id.not_in(periods.ids),
            )
            .limit(1)
        )
        if later is not None:
            raise BusinessError(
                _("%(later)s is closed too. Reopen the later periods first.", later=later), record=period.id
            )
        ctx.comment(period, _("Reopened: %(reason)s", reason=reason))

"""Years, periods, voucher words and exchange rates."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select

from hanse import Button, Context, Row, Screen, Tab, _
from hanse.i18n import format_day
from hanse_finance.models import ExchangeRate, FiscalYear, Period, PeriodState, VoucherWord


def _next_year(ctx: Context) -> dict[str, Any]:
    """Offer the year after the last one."""
    last = ctx.session.scalar(select(func.max(FiscalYear.end)).where(FiscalYear.company_id == ctx.company.id))
    start = last + timedelta(days=1) if last is not None else date(ctx.today.year, 1, 1)
    return {"start": start, "name": str(start.year)}


#: What is not done with the opening period, which has number 0.
_NOT_OF_OPENINGS = (
    "close",
    "reopen",
    "revalue",
    "transfer_profit",
    "transfer_year",
    "assign_cash",
    "renumber",
)

PERIODS = Screen(
    Period,
    title=_("Periods"),
    singular=_("Period"),
    menu="finance",
    icon="calendar",
    order=50,
    shortcut="p",
    list=[Period.code, Period.year, Period.start, Period.end, Period.state],
    filters=[Period.state, Period.year],
    form=[Row(Period.code, Period.year), Row(Period.start, Period.end), Row(Period.state)],
    order_by=[Period.start.desc()],
    readonly=True,
    buttons=[Button("closing", of_record=True)],
    tones={PeriodState.OPEN: "ok"},
    possible={
        **{verb: lambda _ctx, period: period.number > 0 for verb in _NOT_OF_OPENINGS},
        "archive_books": lambda _ctx, period: period.state is PeriodState.CLOSED,
    },
)

FISCAL_YEARS = Screen(
    FiscalYear,
    title=_("Fiscal years"),
    singular=_("Fiscal year"),
    menu="finance",
    icon="calendar-event",
    order=60,
    list=[FiscalYear.name, FiscalYear.start, FiscalYear.end],
    form=[Row(FiscalYear.start, FiscalYear.name)],
    tabs=[Tab(_("Periods"), FiscalYear.periods, columns=[Period.code, Period.start, Period.end, Period.state])],
    order_by=[FiscalYear.start.desc()],
    editable=lambda year: False,
    defaults=_next_year,
    possible={"archive_books": lambda _ctx, year: all(one.state is PeriodState.CLOSED for one in year.periods)},
)

WORDS = Screen(
    VoucherWord,
    title=_("Voucher words"),
    singular=_("Voucher word"),
    menu="finance_settings",
    icon="writing",
    order=30,
    list=[VoucherWord.code, VoucherWord.name, VoucherWord.position],
    form=[Row(VoucherWord.code, VoucherWord.name), Row(VoucherWord.position)],
    order_by=[VoucherWord.position],
)

RATES = Screen(
    ExchangeRate,
    title=_("Exchange rates"),
    singular=_("Exchange rate"),
    menu="finance_settings",
    icon="switch-horizontal",
    order=40,
    list=[ExchangeRate.day, ExchangeRate.currency, ExchangeRate.rate, ExchangeRate.quote, ExchangeRate.source],
    filters=[ExchangeRate.currency, ExchangeRate.day],
    form=[
        Row(ExchangeRate.day, ExchangeRate.currency),
        Row(ExchangeRate.rate, ExchangeRate.quote),
        Row(ExchangeRate.source),
    ],
    defaults=lambda ctx: {"day": ctx.today, "quote": ctx.company.currency_id},
    title_of=lambda rate: f"{rate.currency.code} {format_day(rate.day)}",
    order_by=[ExchangeRate.day.desc()],
)

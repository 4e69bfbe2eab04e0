"""Turnover as a report: what was invoiced, by month, partner, country, article, tax, account, or what addons add."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select

from hanse import Context, Given, Parameter, Reading, Report, ReportColumn, ReportRow, _
from hanse.i18n import Label
from hanse.models import Kind
from hanse.screens.reports import Target
from hanse_invoicing.models import Invoice, InvoiceKind
from hanse_invoicing.permissions import Invoicing
from hanse_invoicing.turnover import MONTH, By, Query, Turnover, breakdowns, turnover

_SALES, _PURCHASES = "sales", "purchases"
_SIDES: Sequence[tuple[str, Label]] = ((_SALES, _("Sales")), (_PURCHASES, _("Purchases")))


def _latest_year(ctx: Context) -> int:
    """Give the year of the latest document, else today's."""
    latest: date | None = ctx.session.scalar(select(func.max(Invoice.day)).where(Invoice.company_id == ctx.company.id))
    return min(latest, ctx.today).year if latest else ctx.today.year


def _first(ctx: Context) -> str:
    return date(_latest_year(ctx), 1, 1).isoformat()


def _last(ctx: Context) -> str:
    return min(date(_latest_year(ctx), 12, 31), ctx.today).isoformat()


def _read(ctx: Context, given: Given) -> Reading:
    sells = given.text("side") != _PURCHASES
    by = next((one for one in breakdowns(ctx) if one.value == given.text("by")), MONTH)
    first, last = given.day("from") or date.min, given.day("until") or ctx.today
    found = turnover(ctx, by, first, last, sells=sells)
    kinds = ",".join(kind.value for kind in InvoiceKind if kind.sells is sells)
    asked = {"f-kind": kinds, "f-state": "posted", "f-day": first.isoformat(), "f-day-to": last.isoformat()}
    rows = [ReportRow([_name(by, one), *_figures(one)], _documents(by, one, asked)) for one in found]
    sums = [sum(figures) for figures in zip(*(_figures(one)[3:] for one in found), strict=True)] or [0, 0, 0]
    money = Kind.MONEY
    return Reading(
        [
            ReportColumn("name", by.label, small="title"),
            ReportColumn("documents", _("Invoices") if sells else _("Bills"), Kind.NUMBER, small="sub"),
            ReportColumn("credits", _("Credit notes"), Kind.NUMBER, small="sub"),
            ReportColumn("quantity", _("Quantity"), Kind.QUANTITY, small="sub"),
            ReportColumn("net", _("Net"), money, small="end"),
            ReportColumn("tax", _("Tax amount"), money, small="sub"),
            ReportColumn("gross", _("Total with tax"), money, small="sub"),
        ],
        rows,
        totals=[_("Total"), None, None, None, *sums],
        note=_("%(currency)s, credit notes taken off", currency=ctx.company.currency),
    )


def _documents(by: By, one: Turnover, asked: Query) -> Target | None:
    """Give the list of the documents of a group."""
    if by.narrow is None or one.key is None:
        return None
    return "/invoicing/invoice", {**asked, **by.narrow(one)}


def _name(by: By, one: Turnover) -> Label:
    if one.name is None:
        return _("(none)")
    return by.said(one.name) if by.said is not None else one.name


def _figures(one: Turnover) -> list[Any]:
    return [one.documents or None, one.credits or None, one.quantity, one.net, one.tax, one.gross]


TURNOVER = Report(
    "turnover",
    title=_("Turnover"),
    menu="invoicing",
    icon="chart-bar",
    order=55,
    permission=Invoicing.REPORT,
    parameters=[
        Parameter("side", _("Side"), choices=lambda _ctx: _SIDES, default=lambda _ctx: _SALES),
        Parameter(
            "by",
            _("by"),
            choices=lambda ctx: [(one.value, one.label) for one in breakdowns(ctx)],
            default=lambda _ctx: MONTH.value,
        ),
        Parameter("from", _("From"), kind=Kind.DAY, default=_first),
        Parameter("until", _("to"), kind=Kind.DAY, default=_last),
    ],
    read=_read,
)

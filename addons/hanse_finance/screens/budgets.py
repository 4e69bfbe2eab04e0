"""Budgets, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import select, text

from hanse import Context, Row, Screen, _, link_id
from hanse.models import Kind
from hanse.screens import Given, Reading, Report, ReportColumn, ReportRow
from hanse_finance.chart import Chart
from hanse_finance.models import BudgetLine, DimensionSet, Side
from hanse_finance.permissions import Finance
from hanse_finance.reports import Span
from hanse_finance.screens.books import ACCOUNT_LEDGER
from hanse_finance.screens.spans import PARAMETERS, chosen_span
from hanse_finance.statements.figures import Figures, Stretch

ZERO = Decimal(0)

BUDGET_LINES = Screen(
    BudgetLine,
    title=_("Budget lines"),
    singular=_("Budget line"),
    menu="finance_statements",
    icon="target",
    order=60,
    list=[BudgetLine.year, BudgetLine.account, BudgetLine.details, BudgetLine.month_1, BudgetLine.month_12],
    filters=[BudgetLine.year, BudgetLine.account, BudgetLine.details],
    form=[
        Row(BudgetLine.year, BudgetLine.account),
        Row(BudgetLine.details),
        Row(BudgetLine.month_1, BudgetLine.month_2, BudgetLine.month_3),
        Row(BudgetLine.month_4, BudgetLine.month_5, BudgetLine.month_6),
        Row(BudgetLine.month_7, BudgetLine.month_8, BudgetLine.month_9),
        Row(BudgetLine.month_10, BudgetLine.month_11, BudgetLine.month_12),
    ],
    search=False,
    anew=[BudgetLine.account],
)

# What moved for a combination of dimensions; transfers are told by the accounts they empty.
_DETAILS = text(
    """
    SELECT b.account_id, b.details_id, sum(b.base_debit - b.base_credit) FROM finance_dimension_balance b
    WHERE b.company_id = :company AND b.year_id = :year AND b.number BETWEEN :first AND :last
      AND b.details_id = ANY(CAST(:details AS bigint[]))
    GROUP BY b.account_id, b.details_id
    """
)
_TRANSFERRED = text(
    """
    SELECT l.account_id, l.details_id, sum(l.base) FROM finance_voucher v
    JOIN finance_period p ON p.id = v.period_id AND p.company_id = v.company_id
    JOIN finance_voucher_line l ON l.voucher_id = v.id AND l.company_id = v.company_id
    WHERE v.company_id = :company AND p.year_id = :year AND p.number BETWEEN :first AND :last
      AND v.kind IN ('closing', 'year_end') AND v.state = 'posted'
      AND l.details_id = ANY(CAST(:details AS bigint[]))
    GROUP BY l.account_id, l.details_id
    """
)


def _read(ctx: Context, given: Given) -> Reading:
    span = chosen_span(ctx, given)
    query = select(BudgetLine).where(BudgetLine.company_id == ctx.company.id, link_id(BudgetLine.year) == span.year)
    lines = list(ctx.session.scalars(query))
    chart = Chart.read(ctx)
    moved = _moved(ctx, chart, span, [line.details_id for line in lines if line.details_id is not None])
    names = dict(
        ctx.session.execute(
            select(DimensionSet.id, DimensionSet.name).where(
                DimensionSet.id.in_([line.details_id for line in lines if line.details_id is not None])
            )
        ).all()
    )
    rows = [
        _row(chart, moved, span, line, names.get(line.details_id or 0))
        for line in sorted(lines, key=lambda one: (chart.nodes[one.account_id].code, one.details_id or 0))
    ]
    return Reading(_COLUMNS, rows, note=span.label)


_COLUMNS = [
    ReportColumn("code", _("Code"), small="lead"),
    ReportColumn("account", _("Account"), small="title"),
    ReportColumn("details", _("Dimensions")),
    ReportColumn("planned", _("Budget"), Kind.MONEY, small="sub"),
    ReportColumn("actual", _("Actual"), Kind.MONEY, small="end"),
    ReportColumn("difference", _("Difference"), Kind.MONEY),
    ReportColumn("share", _("Used"), small="sub"),
]


def _moved(ctx: Context, chart: Chart, span: Span, details: Sequence[int]) -> dict[tuple[int, int | None], Decimal]:
    """Give debit less credit of the span by account, and by account and combination; transfers are left out."""
    stretch = Stretch(span.year, span.first, span.last)
    figures = Figures.read(ctx, chart, stretch, detailed=(), cash=False)
    found: dict[tuple[int, int | None], Decimal] = {
        (key, None): amount - figures.transferred.get(key, ZERO) for key, amount in figures.moved.items()
    }
    asked: dict[str, Any] = {
        "company": ctx.company.id,
        "year": span.year,
        "first": span.first,
        "last": span.last,
        "details": list(details),
    }
    for sign, statement in ((1, _DETAILS), (-1, _TRANSFERRED)):
        for account, combination, amount in ctx.session.execute(statement, asked):
            found[account, combination] = found.get((account, combination), ZERO) + sign * amount
    return found


def _row(
    chart: Chart, moved: dict[tuple[int, int | None], Decimal], span: Span, line: BudgetLine, details: str | None
) -> ReportRow:
    account = chart.nodes[line.account_id]
    debit = sum((moved.get((one, line.details_id), ZERO) for one in chart.family(account.id)), ZERO)
    actual = debit if line.account.side is Side.DEBIT else -debit
    planned = line.planned(span.first, span.last)
    share = f"{actual / planned * 100:.0f} %" if planned else None
    to = ACCOUNT_LEDGER.to(account=account.id, period=span.label)
    return ReportRow([account.code, account.name, details, planned, actual, planned - actual, share], to)


BUDGET = Report(
    "budget",
    title=_("Budget and actual"),
    menu="finance_statements",
    icon="target",
    order=50,
    permission=Finance.REPORT,
    parameters=[*PARAMETERS],
    read=_read,
)

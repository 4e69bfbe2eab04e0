"""The general ledger (总账): each account month by month, out of the balances alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hanse import Context, _
from hanse.i18n import Label
from hanse.models import Kind
from hanse.screens import Given, Reading, Report, ReportColumn, ReportRow
from hanse.screens.reports import Target
from hanse_finance.chart import Chart, Node
from hanse_finance.figures import Asked, by_month
from hanse_finance.permissions import Finance
from hanse_finance.reports import Span
from hanse_finance.screens.books.choosing import (
    FROM_ACCOUNT,
    FROM_LEVEL,
    TO_ACCOUNT,
    TO_LEVEL,
    UNPOSTED,
    ZERO_ROWS,
    chosen_range,
    in_levels,
    note_of,
)
from hanse_finance.screens.books.running import OF_MONTH, OF_YEAR, Section, Vector
from hanse_finance.screens.books.three_columns import ACCOUNT_LEDGER, section_of
from hanse_finance.screens.sides import side_and_amount
from hanse_finance.screens.spans import PARAMETERS, chosen_span, period_codes

_COLUMNS = [
    ReportColumn("code", _("Code"), small="lead", told=True),
    ReportColumn("name", _("Account"), small="title", told=True),
    ReportColumn("period", _("Period"), small="sub"),
    ReportColumn("summary", _("Summary"), small="title"),
    ReportColumn("debit", _("Debit"), Kind.MONEY, small="sub"),
    ReportColumn("credit", _("Credit"), Kind.MONEY, small="sub"),
    ReportColumn("side", _("Side"), small="end"),
    ReportColumn("balance", _("Balance"), Kind.MONEY, small="end"),
]


def _read(ctx: Context, given: Given) -> Reading:
    chart, span = Chart.read(ctx), chosen_span(ctx, given)
    unposted, zero = given.flag("unposted"), given.flag("zero")
    moved = by_month(ctx, Asked(span, unposted=unposted))
    nodes = in_levels(chosen_range(ctx, given, chart), given)
    sections = [(node, section_of(node, chart.family(node.id), moved, span, unposted=unposted)) for node in nodes]
    shown = [(node, one) for node, one in sections if zero or one.has_figures(span)]
    writer = _Writer(span, period_codes(ctx, span), {"unposted": "1"} if unposted else {}, empty_months=zero)
    return Reading(
        _COLUMNS,
        (row for node, section in shown for row in writer.rows(node, section)),
        note=note_of(span, unposted=unposted),
    )


class _Writer:
    def __init__(self, span: Span, codes: dict[int, str], query: dict[str, str], *, empty_months: bool) -> None:
        self.span, self.codes, self.query, self.empty_months = span, codes, query, empty_months

    def rows(self, node: Node, section: Section) -> Iterator[ReportRow]:
        """Give an account: what it opens with, and for each month its sums and those of the year so far."""
        first = self.span.first
        opening = _("Brought forward from last year") if first == 1 else _("Opening balance")
        codes = [code for number, code in self.codes.items() if first <= number <= self.span.last]
        so_far = section.until(first, opening=True)
        whole = ACCOUNT_LEDGER.to(account=node.id, period=codes[0], to=codes[-1] if len(codes) > 1 else None)
        yield self._row(node, codes[0], opening, None, so_far, whole, part=node.title)
        for number, code in self.codes.items():
            if number < first or not (self.empty_months or number in section.months):
                continue
            so_far, year = section.until(number + 1, opening=True), section.until(number + 1, opening=False)
            to = ACCOUNT_LEDGER.to(account=node.id, period=code, **self.query)
            yield self._row(node, code, OF_MONTH, section.month(number), so_far, to)
            yield self._row(node, code, OF_YEAR, year, so_far, to)

    @staticmethod
    def _row(
        node: Node, code: str, label: Label, sides: Vector | None, so_far: Vector, to: Target, *, part: Label = ""
    ) -> ReportRow:
        shown: list[Any] = [None, None] if sides is None else list(sides)
        values = [node.code, node.name, code, label, *shown, *side_and_amount(so_far[0] - so_far[1])]
        return ReportRow(values, to, strong=bool(part), part=part)


GENERAL_LEDGER = Report(
    "general-ledger",
    title=_("General ledger"),
    menu="books",
    icon="books",
    order=30,
    permission=Finance.REPORT,
    parameters=[FROM_ACCOUNT, TO_ACCOUNT, *PARAMETERS, FROM_LEVEL, TO_LEVEL, UNPOSTED, ZERO_ROWS],
    read=_read,
)

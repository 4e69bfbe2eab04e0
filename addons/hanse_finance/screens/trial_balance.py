"""The trial balance (科目余额表): opening, movements and closing of every account, and of the accounts above them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from hanse import Context, _, link_id
from hanse.directory.models import Currency
from hanse.i18n import Label
from hanse.models import Kind
from hanse.screens import Given, Parameter, Reading, Report, ReportColumn, ReportRow
from hanse_finance.chart import Chart, Node
from hanse_finance.figures import ZERO, Asked, Figures, by_span
from hanse_finance.models import Balance, FiscalYear, Period
from hanse_finance.permissions import Finance
from hanse_finance.reports import Span
from hanse_finance.screens.books import ACCOUNT_LEDGER
from hanse_finance.screens.books.choosing import (
    FROM_ACCOUNT,
    FROM_LEVEL,
    TO_ACCOUNT,
    TO_LOWEST_LEVEL,
    UNPOSTED,
    ZERO_ROWS,
    chosen_range,
    in_levels,
    note_of,
)
from hanse_finance.screens.sides import side_and_amount, side_columns
from hanse_finance.screens.spans import PARAMETERS, chosen_span

_INDENT = "\N{EM SPACE}"
_MONEY = Kind.MONEY


def _currencies(ctx: Context) -> Sequence[tuple[str, Label]]:
    """Give the company's currency for all together, and the others that lines were written in."""
    codes = ctx.session.scalars(
        select(Currency.code)
        .where(
            Currency.id.in_(select(link_id(Balance.currency)).where(Balance.company_id == ctx.company.id)),
            Currency.id != ctx.company.currency_id,
        )
        .order_by(Currency.code)
    ).all()
    own: Label = ctx.company.currency
    return [("", own), *((code, _("%(currency)s lines", currency=code)) for code in codes)]


def _styles(_ctx: Context) -> Sequence[tuple[str, Label]]:
    return [("side", _("side and amount")), ("columns", _("debit and credit columns")), ("signed", _("signed amounts"))]


def _read(ctx: Context, given: Given) -> Reading:
    span, unposted, chart = chosen_span(ctx, given), given.flag("unposted"), Chart.read(ctx)
    own = _figures(ctx, chart, span, given)
    bounded = given.record("account") is not None or given.record("through") is not None
    if bounded:
        wanted = {node.id for node in chosen_range(ctx, given, chart)}
        own = {account: figures for account, figures in own.items() if account in wanted}
    total = Figures()
    for figures in own.values():
        total.add(figures)
    lowest, sums = _summed(chart, own, given)
    shown = in_levels(chart.sorted(sums if given.flag("levels") else lowest), given)
    query = {"period": given.text("period"), "to": given.text("to") or None, "unposted": "1" if unposted else None}
    writer = _Writer(given, query)
    top = min((node.level for node in shown), default=1) if given.flag("levels") else None
    return Reading(
        columns=writer.columns(),
        rows=[writer.row(one, sums[one.id], top, is_sum=one.id not in lowest) for one in shown],
        totals=["", _("Total"), *writer.totals(total, [sums[account] for account in lowest])],
        note=note_of(span, unposted=unposted) if bounded else _check(total),
    )


def _figures(ctx: Context, chart: Chart, span: Span, given: Given) -> dict[int, Figures]:
    """Read the figures of each account: in the company's currency, or of the lines in one currency."""
    code = given.text("currency")
    currency = ctx.session.scalar(select(Currency.id).where(Currency.code == code)) if code else None
    asked = Asked(span, currency=currency, unposted=given.flag("unposted"))
    found = {key[0]: own for key, own in by_span(ctx, asked, "account_id", original=currency is not None)}
    if given.flag("zero"):
        return {node.id: Figures() for node in chart.nodes.values() if node.leaf and currency is None} | found
    year = given.flag("year")
    return {key: own for key, own in found.items() if own.opening or own.debit or own.credit or (year and own.moved)}


def _summed(chart: Chart, own: Mapping[int, Figures], given: Given) -> tuple[Mapping[int, Figures], dict[int, Figures]]:
    """Give the lowest accounts that are shown, and these with all above them, each with what stands below it.

    Accounts below the last level that is wanted are added to the one above them on that level.
    """
    deepest = given.number("to_level") or chart.depth
    lowest: dict[int, Figures] = {}
    sums: dict[int, Figures] = {}
    for account, figures in own.items():
        path = chart.path(account)[:deepest]
        lowest.setdefault(path[-1].id, Figures()).add(figures)
        for node in path:
            sums.setdefault(node.id, Figures()).add(figures)
    if given.flag("levels"):
        return lowest, sums
    return lowest, lowest


def _check(total: Figures) -> Label:
    difference = total.debit - total.credit
    if difference or total.opening:
        return _("Debit and credit differ by %(difference)s.", difference=abs(difference or total.opening))
    return _("Debit and credit agree")


def _sum_of_sides(balances: Sequence[Decimal]) -> list[Decimal]:
    debit = sum((one for one in balances if one > 0), ZERO)
    return [debit, debit - sum(balances, ZERO)]


class _Writer:
    """Columns and rows in the style that was chosen."""

    def __init__(self, given: Given, span: Mapping[str, str | None]) -> None:
        self.style = given.text("balances") or "side"
        self.with_year = given.flag("year")
        self.span = span

    def columns(self) -> list[ReportColumn]:
        """Give the columns."""
        columns = [ReportColumn("code", _("Code"), small="lead"), ReportColumn("name", _("Account"), small="title")]
        columns += self._balance("opening", _("Opening"), small="none")
        columns += [
            ReportColumn("debit", _("Debit"), _MONEY, _("This period"), small="sub"),
            ReportColumn("credit", _("Credit"), _MONEY, _("This period"), small="sub"),
        ]
        if self.with_year:
            columns += [
                ReportColumn("year_debit", _("Debit"), _MONEY, _("Year to date")),
                ReportColumn("year_credit", _("Credit"), _MONEY, _("Year to date")),
            ]
        return columns + self._balance("closing", _("Closing"), small="end")

    def _balance(self, name: str, label: Label, *, small: str) -> list[ReportColumn]:
        if self.style == "signed":
            return [ReportColumn(name, label, _MONEY, small=small)]
        if self.style == "columns":
            return [
                ReportColumn(f"{name}_debit", _("Debit"), _MONEY, label, small),
                ReportColumn(f"{name}_credit", _("Credit"), _MONEY, label, small),
            ]
        return [
            ReportColumn(f"{name}_side", _("Side"), group=label, small=small),
            ReportColumn(name, _("Amount"), _MONEY, label, small),
        ]

    def row(self, node: Node, figures: Figures, top: int | None, *, is_sum: bool) -> ReportRow:
        """Give the row of an account; below ``top`` its name stands further in."""
        to = ACCOUNT_LEDGER.to(account=node.id, **self.span)
        name = node.name if top is None else _INDENT * (node.level - top) + node.name
        return ReportRow([node.code, name, *self.values(figures)], to, strong=is_sum)

    def values(self, figures: Figures) -> list[Any]:
        """Give the values behind code and name; nothing where nothing moved."""
        middle = [amount or None for amount in self._moved(figures)]
        return [*self._values(figures.opening), *middle, *self._values(figures.closing)]

    def totals(self, total: Figures, each: Sequence[Figures]) -> list[Any]:
        """Give the sums; those of balances in two columns are of debit and of credit balances, each for itself."""
        opening, closing = self._values(total.opening), self._values(total.closing)
        if self.style == "columns":
            opening = _sum_of_sides([one.opening for one in each])
            closing = _sum_of_sides([one.closing for one in each])
        return [*opening, *self._moved(total), *closing]

    def _moved(self, figures: Figures) -> list[Decimal]:
        year = [figures.year_debit, figures.year_credit] if self.with_year else []
        return [figures.debit, figures.credit, *year]

    def _values(self, balance: Decimal) -> Sequence[Any]:
        if self.style == "signed":
            return [balance]
        return side_columns(balance) if self.style == "columns" else side_and_amount(balance)


TRIAL_BALANCE = Report(
    "trial-balance",
    title=_("Trial balance"),
    menu="books",
    icon="scale",
    order=20,
    shortcut="t",
    permission=Finance.REPORT,
    parameters=[
        *PARAMETERS,
        Parameter("currency", _("Currency"), choices=_currencies),
        Parameter("balances", _("Balances"), choices=_styles, default=lambda ctx: "side"),
        FROM_ACCOUNT,
        TO_ACCOUNT,
        FROM_LEVEL,
        TO_LOWEST_LEVEL,
        Parameter("levels", _("All levels")),
        Parameter("year", _("Year to date")),
        UNPOSTED,
        ZERO_ROWS,
    ],
    read=_read,
    about={Period: lambda period: {"period": period.code}, FiscalYear: lambda year: {"period": year.name}},
)

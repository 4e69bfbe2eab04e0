"""The trial balance (科目余额表): opening, movements and closing of every account, and of the accounts above them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from hanse import Context, _, link_id
from hanse.directory.models import Currency
from hanse.i18n import Label, current_locale
from hanse.models import Kind
from hanse.screens import Given, Parameter, Reading, Report, ReportColumn, ReportRow
from hanse_finance.models import Account, Balance, FiscalYear, Period
from hanse_finance.permissions import Finance
from hanse_finance.reports import Span, TrialRow, trial_balance
from hanse_finance.screens.account_ledger import ACCOUNT_LEDGER
from hanse_finance.screens.sides import side_and_amount, side_columns
from hanse_finance.screens.spans import PARAMETERS, chosen_span

ZERO = Decimal(0)
_INDENT = "\N{EM SPACE}"
_MONEY = Kind.MONEY


@dataclass
class Figures:
    """Opening and movements of an account: of the span, and since the beginning of the year."""

    opening: Decimal = ZERO
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    year_debit: Decimal = ZERO
    year_credit: Decimal = ZERO

    @property
    def closing(self) -> Decimal:
        """Opening plus debit minus credit; debit is positive."""
        return self.opening + self.debit - self.credit

    def add(self, other: Figures) -> None:
        """Add the figures of another account."""
        self.opening += other.opening
        self.debit += other.debit
        self.credit += other.credit
        self.year_debit += other.year_debit
        self.year_credit += other.year_credit


@dataclass
class Place:
    """An account in the tree."""

    id: int
    code: str
    name: str
    parent: int | None
    figures: Figures = field(default_factory=Figures)


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
    span = chosen_span(ctx, given)
    rows = _figures(ctx, span, given)
    tree = _tree(ctx)
    total = Figures()
    for account, figures in rows.items():
        total.add(figures)
        _add_upwards(tree, account, figures, parents=given.flag("levels"))
    shown = sorted(_shown(tree, rows, parents=given.flag("levels")), key=lambda one: one[0])
    writer = _Writer(given, {"period": given.text("period"), "to": given.text("to") or None})
    return Reading(
        columns=writer.columns(),
        rows=[writer.row(place, len(path) - 1, is_sum=place.id not in rows) for path, place in shown],
        totals=["", _("Total"), *writer.totals(total, list(rows.values()))],
        note=_check(ctx, total),
    )


def _figures(ctx: Context, span: Span, given: Given) -> dict[int, Figures]:
    """Read the figures of each account: in the company's currency, or of the lines in one currency."""
    found: dict[int, Figures] = {}
    for row in _wanted(trial_balance(ctx, span, with_zero=given.flag("zero")), given.text("currency")):
        in_currency = bool(given.text("currency"))
        opening, debit, credit = (
            (row.opening, row.debit, row.credit) if in_currency else (row.base_opening, row.base_debit, row.base_credit)
        )
        found.setdefault(row.account_id, Figures()).add(Figures(opening, debit, credit))
    if given.flag("year"):
        for row in _wanted(
            trial_balance(ctx, replace(span, first=1), with_zero=given.flag("zero")), given.text("currency")
        ):
            debit, credit = (row.debit, row.credit) if given.text("currency") else (row.base_debit, row.base_credit)
            found.setdefault(row.account_id, Figures()).add(Figures(year_debit=debit, year_credit=credit))
    return found


def _wanted(rows: Iterable[TrialRow], currency: str) -> Iterable[TrialRow]:
    return (row for row in rows if not currency or row.currency == currency)


def _tree(ctx: Context) -> dict[int, Place]:
    """Read the chart of accounts; names in the reader's language."""
    english = current_locale() == "en"
    query = select(Account.id, Account.code, Account.name, Account.name_en, link_id(Account.parent)).where(
        Account.company_id == ctx.company.id
    )
    return {
        key: Place(key, code, (name_en if english else None) or name, parent)
        for key, code, name, name_en, parent in ctx.session.execute(query)
    }


def _add_upwards(tree: Mapping[int, Place], account: int, figures: Figures, *, parents: bool) -> None:
    """Add the figures of an account to its own place, and to every one above it."""
    for place in _path(tree, account) if parents else [tree[account]]:
        place.figures.add(figures)


def _path(tree: Mapping[int, Place], account: int) -> list[Place]:
    """Give an account and those above it, the highest first."""
    path = [tree[account]]
    while path[0].parent is not None and tree[path[0].parent] not in path:
        path.insert(0, tree[path[0].parent])
    return path


def _shown(tree: Mapping[int, Place], rows: Iterable[int], *, parents: bool) -> Iterable[tuple[tuple[str, ...], Place]]:
    """Give what is shown with the codes that it is sorted by."""
    if not parents:
        return [((tree[account].code,), tree[account]) for account in rows]
    found: dict[int, tuple[tuple[str, ...], Place]] = {}
    for account in rows:
        codes: tuple[str, ...] = ()
        for place in _path(tree, account):
            codes = (*codes, place.code)
            found[place.id] = (codes, place)
    return found.values()


def _check(ctx: Context, total: Figures) -> Label:
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

    def row(self, place: Place, depth: int, *, is_sum: bool) -> ReportRow:
        """Give the row of an account."""
        to = ACCOUNT_LEDGER.to(account=place.id, **self.span)
        return ReportRow([place.code, _INDENT * depth + place.name, *self.values(place.figures)], to, strong=is_sum)

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
    menu="finance",
    icon="scale",
    order=20,
    shortcut="t",
    permission=Finance.REPORT,
    parameters=[
        *PARAMETERS,
        Parameter("currency", _("Currency"), choices=_currencies),
        Parameter("balances", _("Balances"), choices=_styles, default=lambda ctx: "side"),
        Parameter("levels", _("All levels")),
        Parameter("year", _("Year to date")),
        Parameter("zero", _("Zero rows")),
    ],
    read=_read,
    about={Period: lambda period: {"period": period.code}, FiscalYear: lambda year: {"period": year.name}},
)

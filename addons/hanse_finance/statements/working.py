"""Work statements out: every line in every column, what each account adds to a line, and what does not agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import select

from hanse import Context, _
from hanse.i18n import Label
from hanse_finance.chart import Chart
from hanse_finance.models import AccountType, FiscalYear
from hanse_finance.reports import Span, plain, span_of
from hanse_finance.standards import Standard, standard_of
from hanse_finance.statements.definition import Sheet, Statement, StatementLine
from hanse_finance.statements.figures import ZERO, Figures, Stretch


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a statement.

    :ivar name: as it stands in files: end, year_start, period, year, before
    :ivar stretch: None where there is no such time, for the first year has no year before it
    """

    name: str
    label: Label
    stretch: Stretch | None


@dataclass
class Worked:
    """A statement with its amounts.

    :ivar amounts: by column and line number
    """

    statement: Statement
    columns: Sequence[Column]
    figures: Mapping[str, Figures]
    amounts: dict[str, dict[int, Decimal]] = field(default_factory=dict[str, dict[int, Decimal]])

    @property
    def shown(self) -> list[Column]:
        """The columns that have figures, in the order of the form."""
        there = [column for column in self.columns if column.stretch is not None]
        return sorted(there, key=lambda one: one.name != "year") if self.statement.year_first else there

    def amount(self, column: str, number: int) -> Decimal:
        """Give the amount of a line, with the sign it is printed with."""
        known = self.amounts.setdefault(column, {})
        if number not in known:
            known[number] = sum((amount for amount in self._terms(column, self.statement.line(number)).values()), ZERO)
        return known[number]

    def _terms(self, column: str, line: StatementLine) -> dict[int, Decimal]:
        """Give each term's amount by its place in the formula."""
        found: dict[int, Decimal] = {}
        figures = self.figures[column]
        for place, term in enumerate(line.terms):
            if term.line is not None:
                amount = self.amount(column, term.line)
            elif term.function in ("CI", "CO"):
                amount = figures.items(term.function, term.accounts.codes)
            else:
                amount = sum(figures.contributions(term.function, term.accounts).values(), ZERO)
            found[place] = term.sign * amount
        return found

    def accounts(self, column: str, number: int) -> dict[int, Decimal]:
        """Give what each account adds to a line, through the lines that it sums as well."""
        found: dict[int, Decimal] = {}
        for term in self.statement.line(number).terms:
            if term.line is not None:
                parts = self.accounts(column, term.line)
            elif term.function in ("CI", "CO"):
                parts = {}
            else:
                parts = self.figures[column].contributions(term.function, term.accounts)
            for key, amount in parts.items():
                found[key] = found.get(key, ZERO) + term.sign * amount
        return {key: amount for key, amount in found.items() if amount}

    def as_json(self, *names: str) -> dict[str, dict[str, str]]:
        """Give the lines by number: the official name and the amounts of some columns as decimal strings."""
        return {
            str(line.number): {"name": line.name} | {name: plain(self.amount(name, line.number)) for name in names}
            for line in self.statement.lines
            if line.number is not None
        }


@dataclass(frozen=True)
class Statements:
    """All statements of a company for one span."""

    standard: Standard
    span: Span
    chart: Chart
    sheets: Mapping[Sheet, Worked]

    def __getitem__(self, sheet: Sheet) -> Worked:
        return self.sheets[sheet]

    def as_json(self) -> dict[str, dict[str, dict[str, str]]]:
        """Give the statements as the command line prints them."""
        return {
            sheet.value: self.sheets[sheet].as_json(*_FILE_COLUMNS[sheet]) if sheet in self.sheets else {}
            for sheet in Sheet
        }


_FILE_COLUMNS = {Sheet.BALANCE: ("end", "year_start"), Sheet.INCOME: ("period", "year"), Sheet.CASH: ("period", "year")}


def work_out(
    ctx: Context, when: str | Span, *, sheets: Sequence[Sheet] = tuple(Sheet), compare: bool = False
) -> Statements:
    """Work out the statements of a period (``2025-03``), a year (``2025``), or several periods.

    :param compare: with a column for the same months of the year before
    :raises BusinessError: there is no such period
    """
    span = span_of(ctx, when) if isinstance(when, str) else when
    standard, chart = standard_of(ctx), Chart.read(ctx)
    known: dict[Stretch, Figures] = {}
    earlier = _year_before(ctx, span) if compare else None
    found: dict[Sheet, Worked] = {}
    for sheet in sheets:
        statement = standard.statements.get(sheet)
        if statement is None:
            continue
        columns = _columns(sheet, span, earlier, compare=compare)
        figures: dict[str, Figures] = {}
        for column in columns:
            stretch = column.stretch
            if stretch is None:
                figures[column.name] = Figures(chart)
                continue
            if stretch not in known:
                known[stretch] = Figures.read(ctx, chart, stretch, detailed=_detailed(standard, chart), cash=True)
            figures[column.name] = known[stretch]
        found[sheet] = Worked(statement, columns, figures)
    return Statements(standard, span, chart, found)


def _columns(sheet: Sheet, span: Span, earlier: int | None, *, compare: bool) -> list[Column]:
    start, whole = Stretch(span.year, 1, 0), Stretch(span.year, 1, span.last)
    if sheet is Sheet.BALANCE:
        columns = [Column("end", _("End"), whole), Column("year_start", _("Beginning of the year"), start)]
        before = Stretch(earlier, 1, span.last) if earlier is not None else None
    else:
        label = _("This period") if span.first == span.last else _("These periods")
        columns = [
            Column("period", label, Stretch(span.year, span.first, span.last)),
            Column("year", _("Year to date"), whole),
        ]
        before = Stretch(earlier, span.first, span.last) if earlier is not None else None
    return [*columns, Column("before", _("A year before"), before)] if compare else columns


def _year_before(ctx: Context, span: Span) -> int | None:
    own = select(FiscalYear.start).where(FiscalYear.id == span.year).scalar_subquery()
    return ctx.session.scalar(
        select(FiscalYear.id)
        .where(FiscalYear.company_id == ctx.company.id, FiscalYear.start < own)
        .order_by(FiscalYear.start.desc())
        .limit(1)
    )


def _detailed(standard: Standard, chart: Chart) -> list[int]:
    """Give the accounts that any statement reads detail by detail."""
    return sorted(
        {
            account.id
            for statement in standard.statements.values()
            for line in statement.lines
            for term in line.terms
            if term.function in ("DD", "CC")
            for account in chart.chosen(term.accounts)
        }
    )


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two figures of statements that should be one.

    :ivar accounts: accounts that no line shows, where that is why
    """

    what: Label
    left: Decimal
    right: Decimal
    accounts: tuple[str, ...] = ()


def disagreements(ctx: Context, worked: Statements) -> list[Disagreement]:
    """Say where a statement contradicts itself, or the books."""
    found: list[Disagreement] = []
    for sheet, one in worked.sheets.items():
        column = one.columns[0].name
        for left, right in one.statement.equal:
            amounts = one.amount(column, left), one.amount(column, right)
            if amounts[0] != amounts[1]:
                what = _(
                    "%(statement)s: %(left)s and %(right)s differ",
                    statement=one.statement.title,
                    left=one.statement.line(left).shown,
                    right=one.statement.line(right).shown,
                )
                unseen = tuple(unseen_accounts(worked)) if sheet is Sheet.BALANCE else ()
                found.append(Disagreement(what, *amounts, unseen))
    return found


def unseen_accounts(worked: Statements) -> list[str]:
    """Name the accounts with a balance that no line of the balance sheet shows."""
    sheet = worked.sheets[Sheet.BALANCE]
    seen = {
        account.id
        for line in sheet.statement.lines
        for term in line.terms
        if term.line is None and term.function != "PL"
        for account in worked.chart.chosen(term.accounts)
    }
    seen |= {account.id for account in worked.chart.of_types(AccountType.INCOME, AccountType.EXPENSE)}
    balances = sheet.figures["end"].closing
    return sorted(
        f"{account.code} {account.name}"
        for account in worked.chart.nodes.values()
        if account.id not in seen and balances.get(account.id)
    )

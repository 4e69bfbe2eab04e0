"""What a statement is made of: lines with formulas, read from a table that an addon brings as data."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from hanse.i18n import Label, current_locale
from hanse_finance.statements.formula import FormulaError, Term, parse


class Sheet(StrEnum):
    """The three statements."""

    BALANCE = "balance_sheet"
    INCOME = "income_statement"
    CASH = "cash_flow"


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A line of a statement.

    :ivar number: its official number; None: a heading
    :ivar indent: how far it is set in
    :ivar name: in the language of the standard
    :ivar name_en: in English
    """

    number: int | None
    indent: int
    formula: str
    name: str
    name_en: str

    @property
    def terms(self) -> tuple[Term, ...]:
        """The formula, read."""
        return parse(self.formula)

    @property
    def shown(self) -> str:
        """The name in the language of the moment."""
        return self.name_en if current_locale() == "en" else self.name


@dataclass(frozen=True)
class Statement:
    """A statement.

    :ivar form: what the form is called officially, such as 会小企01表
    :ivar equal: pairs of lines that must agree
    :ivar year_first: whether the year to date stands before the period
    :ivar left: the last line of the left half, where it is printed in two halves
    """

    sheet: Sheet
    title: Label
    form: str
    lines: tuple[StatementLine, ...]
    equal: tuple[tuple[int, int], ...] = ()
    left: int | None = None
    year_first: bool = False

    def line(self, number: int) -> StatementLine:
        """Give a line by its number.

        :raises KeyError: there is none
        """
        for line in self.lines:
            if line.number == number:
                return line
        raise KeyError(number)


def read_lines(rows: Iterable[str]) -> Mapping[Sheet, tuple[StatementLine, ...]]:
    """Read the lines of statements from CSV: statement, line, indent, formula, name_zh, name_en.

    :raises FormulaError: a formula cannot be read, a line refers to one that is not there, or to itself
    """
    found: dict[Sheet, list[StatementLine]] = {}
    for row in csv.DictReader(rows):
        number = int(row["line"]) if row["line"] else None
        line = StatementLine(number, int(row["indent"]), row["formula"], row["name_zh"], row["name_en"])
        found.setdefault(Sheet(row["statement"]), []).append(line)
    for sheet, lines in found.items():
        _check(sheet, lines)
    return {sheet: tuple(lines) for sheet, lines in found.items()}


def _check(sheet: Sheet, lines: Iterable[StatementLine]) -> None:
    wanted = {line.number: [term.line for term in line.terms if term.line is not None] for line in lines if line.number}
    done: set[int] = set()

    def visit(number: int, path: tuple[int, ...]) -> None:
        if number in path or number not in wanted:
            raise FormulaError(f"{sheet}: line {path[-1] if path else number} refers to {number}")
        if number not in done:
            for other in wanted[number]:
                visit(other, (*path, number))
            done.add(number)

    for number in wanted:
        visit(number, ())

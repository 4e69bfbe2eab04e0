"""Statements on paper: one page each, the balance sheet in two halves, as the official forms have it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from babel.dates import format_date, format_skeleton
from babel.numbers import get_currency_name

from hanse import Context, _
from hanse.files import FileStore
from hanse.i18n import current_locale, format_decimal
from hanse.paper.heads import STYLE
from hanse.paper.reading import letterhead
from hanse_finance.papers import STATEMENT_PAPER
from hanse_finance.reports import Span
from hanse_finance.statements.working import Column, Worked, work_out

_FOLDER = Path(__file__).parent
_TEMPLATE = "statements.html.jinja"


def print_all(ctx: Context, span: Span, files: FileStore) -> bytes:
    """Give the statements of a span as PDF/A, in the language of the reader.

    :raises DocumentError: fonts or Pango are missing
    """
    from hanse.documents.weasy import render, template_environment  # half a second that few processes need

    head = letterhead(ctx, files, STATEMENT_PAPER)
    worked = work_out(ctx, span)
    sheets = [_sheet(ctx, one, span) for one in worked.sheets.values()]
    words = {
        "unit": _("Unit: %(currency)s", currency=get_currency_name(ctx.company.currency, locale=current_locale())),
        "company": _("Company: %(name)s", name=head.name),
        "signatures": [_("Head of the company"), _("Chief accountant"), _("Reviewed by"), _("Prepared by")],
        "line": _("No."),
        "item": _("Item"),
    }
    template = template_environment(_FOLDER).get_template(_TEMPLATE)
    title = f"{ctx.company.name} {span.label}"
    html = template.render(
        sheets=sheets, words=words, title=title, lang=ctx.locale.replace("_", "-"), head=head, style=STYLE
    )
    return render(html, resources=head.resources(), variant="pdf/a-3u")


def _sheet(ctx: Context, one: Worked, span: Span) -> dict[str, Any]:
    columns = one.shown
    rows = [_row(one, columns, line) for line in one.statement.lines]
    halves: Sequence[Sequence[Any]] = [rows]
    if one.statement.left is not None:
        numbers = [line.number for line in one.statement.lines]
        at = numbers.index(one.statement.left) + 1
        halves = _levelled(rows[:at], rows[at:])
    balance = one.statement.left is not None
    return {
        "title": one.statement.title,
        "form": one.statement.form,
        "when": _day(span) if balance else _span(span),
        "columns": [column.label for column in columns],
        "rows": list(zip_longest(*halves)),
        "halves": len(halves),
        "wide": len(halves) > 1,
    }


def _day(span: Span) -> str:
    return format_date(span.end, "long", locale=current_locale())


def _span(span: Span) -> str:
    """Write the month, the year, or the months from and to."""
    locale = current_locale()
    months = [format_skeleton("yMMMM", day, locale=locale) for day in (span.start, span.end)]
    return f"{months[0]} – {months[1]}" if months[0] != months[1] else months[0]


def _row(one: Worked, columns: Sequence[Column], line: Any) -> dict[str, Any]:
    amounts = ["" if line.number is None else _amount(one.amount(column.name, line.number)) for column in columns]
    strong = line.number is None or (bool(line.terms) and all(term.line is not None for term in line.terms))
    return {"name": line.shown, "number": line.number, "indent": line.indent, "amounts": amounts, "strong": strong}


def _levelled(left: list[Any], right: list[Any]) -> tuple[list[Any], list[Any]]:
    """Put both totals on the last row: the shorter half has empty rows above its own."""
    short, long = sorted((left, right), key=len)
    gap: list[Any] = [None] * (len(long) - len(short))
    short[-1:-1] = gap
    return left, right


def _amount(value: Any) -> str:
    return format_decimal(value, 2) if value else ""

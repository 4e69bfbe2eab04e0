"""Balance sheet, income statement and cash flow statement, and what stands behind each line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from hanse import Button, Context, _, page
from hanse.i18n import Label
from hanse.models import Kind
from hanse.screens import Given, Parameter, Reading, Report, ReportColumn, ReportRow
from hanse_finance.models import Period
from hanse_finance.papers import STATEMENT_PAPER as STATEMENT_PAPER  # known once the screens are
from hanse_finance.permissions import Finance
from hanse_finance.screens.books import ACCOUNT_LEDGER
from hanse_finance.screens.spans import PARAMETERS, chosen_span, latest
from hanse_finance.standards import standard_of
from hanse_finance.statements.definition import Sheet, StatementLine
from hanse_finance.statements.working import Statements, Worked, disagreements, work_out

if TYPE_CHECKING:
    from pyramid.response import Response

    from hanse.web.request import WebRequest

ZERO = Decimal(0)
_INDENT = "\N{EM SPACE}"


def _read(sheet: Sheet) -> Callable[[Context, Given], Reading]:
    def read(ctx: Context, given: Given) -> Reading:
        span = chosen_span(ctx, given)
        worked = work_out(ctx, span, sheets=[sheet], compare=given.flag("compare"))
        if sheet not in worked.sheets:
            return Reading([ReportColumn("name", _("Item"), small="title")], [], note=_no_sheet(ctx))
        one = worked[sheet]
        shown = one.shown
        return Reading(
            [
                ReportColumn("name", _("Item"), small="title"),
                ReportColumn("number", _("No."), Kind.NUMBER, small="lead"),
                *(
                    ReportColumn(column.name, column.label, Kind.MONEY, small="end" if place == 0 else "sub")
                    for place, column in enumerate(shown)
                ),
            ],
            list(_rows(one, [column.name for column in shown], given)),
            note=_note(ctx, worked),
        )

    return read


def _no_sheet(ctx: Context) -> Label:
    return _("“%(standard)s” has no such statement.", standard=standard_of(ctx).label)


def _rows(one: Worked, columns: Sequence[str], given: Given) -> Iterator[ReportRow]:
    span = {"period": given.text("period"), "to": given.text("to") or None}
    for line in one.statement.lines:
        name = _INDENT * (2 * line.indent) + line.shown
        if line.number is None:
            yield ReportRow([name, None, *(None for _column in columns)], strong=True)
            continue
        amounts = [one.amount(column, line.number) for column in columns]
        to = STATEMENT_LINE.to(sheet=one.statement.sheet.value, line=line.number, **span) if line.terms else None
        yield ReportRow([name, line.number, *(amount or None for amount in amounts)], to, strong=_is_sum(line))


def _is_sum(line: StatementLine) -> bool:
    return bool(line.terms) and all(term.line is not None for term in line.terms)


def _note(ctx: Context, worked: Statements) -> Label:
    for one in disagreements(ctx, worked):
        if one.accounts:
            return _("%(what)s. In no line: %(accounts)s", what=one.what, accounts=", ".join(one.accounts[:4]))
        return one.what
    return worked.span.label


# --- what stands behind a line ----------------------------------------------------------------------------------------


def _lines(ctx: Context) -> Sequence[tuple[str, Label]]:
    """Give every line of every statement: its number and name."""
    found: dict[str, Label] = {}
    for statement in standard_of(ctx).statements.values():
        for line in statement.lines:
            if line.number is not None:
                found.setdefault(str(line.number), str(line.number))
    return list(found.items())


def _sheets(ctx: Context) -> Sequence[tuple[str, Label]]:
    return [(sheet.value, one.title) for sheet, one in standard_of(ctx).statements.items()]


def _read_line(ctx: Context, given: Given) -> Reading:
    span = chosen_span(ctx, given)
    sheet = Sheet(given.text("sheet"))
    worked = work_out(ctx, span, sheets=[sheet])
    one, number = worked[sheet], int(given.text("line"))
    line = one.statement.line(number)
    if any(term.function in ("CI", "CO") for term in line.terms):
        return _cash_reading(one, number, line, given)
    names = [column.name for column in one.shown]
    parts = {name: one.accounts(name, number) for name in names}
    keys = {key for found in parts.values() for key in found}
    accounts = sorted((worked.chart.nodes[key] for key in keys), key=lambda account: account.code)
    rows = [
        ReportRow(
            [account.code, account.name, *(parts[name].get(account.id) for name in names)],
            ACCOUNT_LEDGER.to(account=account.id, period=given.text("period"), to=given.text("to") or None),
        )
        for account in accounts
    ]
    return Reading(
        _part_columns(one),
        rows,
        totals=["", _("Total"), *(one.amount(name, number) for name in names)],
        note=_("%(line)s: %(formula)s", line=line.shown, formula=line.formula),
    )


def _part_columns(one: Worked) -> list[ReportColumn]:
    return [
        ReportColumn("code", _("Code"), small="lead"),
        ReportColumn("name", _("Account"), small="title"),
        *(
            ReportColumn(column.name, column.label, Kind.MONEY, small="end" if place == 0 else "sub")
            for place, column in enumerate(one.shown)
        ),
    ]


def _cash_reading(one: Worked, number: int, line: StatementLine, given: Given) -> Reading:
    """Lead from an item to the parts of lines that were assigned to it."""
    names = [column.name for column in one.shown]
    amounts = [one.amount(name, number) for name in names]
    to = ("/finance/cash-flow-parts", {"line": str(number), "period": given.text("period"), "to": given.text("to")})
    row = ReportRow([f"{number:02}", line.shown, *amounts], to)
    return Reading(_part_columns(one), [row], totals=["", _("Total"), *amounts], note=line.shown)


def _about(period: Period) -> Mapping[str, str]:
    return {"period": period.code}


_COMPARE = Parameter("compare", _("With the year before"))


def _report(name: str, sheet: Sheet, title: Label, icon: str, order: int, shortcut: str | None = None) -> Report:
    return Report(
        name,
        title=title,
        menu="finance_statements",
        icon=icon,
        order=order,
        shortcut=shortcut,
        permission=Finance.REPORT,
        parameters=[*PARAMETERS, _COMPARE],
        read=_read(sheet),
        buttons=[Button("statements-pdf")],
        about={Period: _about} if sheet is Sheet.BALANCE else {},
    )


STATEMENT_LINE = Report(
    "statement-line",
    title=_("Behind a line"),
    icon="list-search",
    permission=Finance.REPORT,
    parameters=[
        Parameter("sheet", _("Statement"), choices=_sheets, default=lambda ctx: Sheet.BALANCE.value),
        Parameter("line", _("Line"), choices=_lines, default=lambda ctx: "1"),
        *PARAMETERS,
    ],
    read=_read_line,
)
BALANCE_SHEET = _report("balance-sheet", Sheet.BALANCE, _("Balance sheet"), "scale", 10, "b")
INCOME_STATEMENT = _report("income-statement", Sheet.INCOME, _("Income statement"), "chart-bar", 20, "i")
CASH_FLOW = _report("cash-flow", Sheet.CASH, _("Cash flow statement"), "cash", 30)


@page("statements-pdf", title=_("Print the official form"), icon="printer", permission=Finance.REPORT)
def print_statements(request: WebRequest) -> Response:
    """Send the statements of a period as one PDF file, on their official forms."""
    from urllib.parse import quote

    from pyramid.response import Response

    from hanse_finance.statements.printing import print_all

    ctx = request.ctx
    period, to = (str(request.GET.get(name, "")) for name in ("period", "to"))
    span = chosen_span(ctx, Given({"period": period or latest(ctx), "to": to}))
    body = print_all(ctx, span, request.services.files)
    name = f"{ctx.company.name} {span.label} {_('statements')}"
    response = Response(body, content_type="application/pdf")
    response.headers["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(name)}.pdf"
    response.headers["Cache-Control"] = "private, no-store"
    return response

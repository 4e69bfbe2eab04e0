"""Reports: the bar of parameters, the table, and the same as CSV, XLSX or PDF."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from html import escape
from itertools import groupby, islice
from typing import Any

from markupsafe import Markup
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from hanse.errors import BusinessError, NotFound
from hanse.exchange import report_files
from hanse.exchange.report_jobs import print_report
from hanse.i18n import Label, _
from hanse.jobs import enqueue
from hanse.screens import screen_of
from hanse.screens.cells import NUMBERS
from hanse.screens.formats import TEMPLATE_KINDS
from hanse.screens.names import names_of
from hanse.screens.reports import Given, Parameter, Reading, Report, ReportColumn, ReportRow, Target
from hanse.web.page import page_of, render
from hanse.web.pages import page_behind
from hanse.web.request import WebRequest
from hanse.web.views.exports import send_file
from hanse.web.views.jobs import PATH as JOBS
from hanse.web.views.lists import page_buttons

Values = dict[str, Any]


def show_report(request: WebRequest, report: Report) -> Response:
    """Show a report."""
    _refuse_strangers(request, report)
    given, controls = _parameters(request, report)
    buttons = [page_behind(request.ctx, one, report) for one in report.buttons]
    page = page_of(
        request, report.title, actions=page_buttons(request, buttons, stands_out=True, query=_query(report, given))
    )
    listing: Values = {
        "url": request.to(report.path),
        "no_search": True,
        "parameters": controls,
        "rows": [],
        "columns": [],
        "empty_icon": report.icon,
        "exports": _exports(request, report, given),
    }
    missing = next((one for one in report.parameters if one.required and not given.text(one.name)), None)
    if missing is not None:
        listing |= {"empty_title": _("Choose first: %(what)s", what=missing.label), "exports": []}
        return render(request, "list.jinja2", page, list=listing)
    try:
        reading = report.read(request.ctx, given)
    except BusinessError as error:
        listing |= {"empty_title": str(error), "empty_icon": "alert-circle", "exports": []}
        return render(request, "list.jinja2", page, list=listing, status=error.status)
    return render(request, "list.jinja2", page, list=listing | _table(request, report, given, reading))


def _refuse_strangers(request: WebRequest, report: Report) -> None:
    if not report.is_for(request.ctx):
        raise NotFound(_("There is no such page, or it is not for you."))


# --- parameters -------------------------------------------------------------------------------------------------------


def _parameters(request: WebRequest, report: Report, *, whole: bool = False) -> tuple[Given, list[Values]]:
    """Read the parameters from the address, and draw their controls; ``at`` is the place of a page."""
    values: dict[str, str] = {"at": request.GET.get("at", "")[:200]}
    controls: list[Values] = []
    for one in report.parameters:
        control = _control(request, one)
        values[one.name] = control["value"]
        if control["kind"] != "choice" or len(control["choices"]) > 1:
            controls.append(control)
    return Given(values, whole), controls


def _control(request: WebRequest, one: Parameter) -> Values:
    ctx = request.ctx
    value = str(request.GET[one.name]) if one.name in request.GET else (one.default(ctx) if one.default else "")
    control: Values = {"name": one.name, "label": one.label, "value": value, "required": one.required}
    if one.choices is not None:
        choices = [{"value": key, "label": label} for key, label in one.choices(ctx)]
        if value not in {choice["value"] for choice in choices}:
            control["value"] = (one.default(ctx) if one.default else "") if choices else ""
        return control | {"kind": "choice", "choices": choices}
    if one.kind is not None:
        return control | {"kind": TEMPLATE_KINDS[one.kind]}
    if one.target is None:
        return control | {"kind": "flag"}
    screen = screen_of(one.target)
    known = names_of(ctx, one.target, [int(value)]) if value.isdigit() and int(value) < 2**63 else {}
    control["value"] = value if known else ""
    url = request.to(f"{screen.path}/-/complete", all="1") if screen else ""
    return control | {"kind": "link", "url": url, "text": next(iter(known.values()), "")}


def _query(report: Report, given: Given) -> list[tuple[str, str]]:
    return [(one.name, given.text(one.name)) for one in report.parameters if given.text(one.name)]


def _exports(request: WebRequest, report: Report, given: Given) -> list[Values]:
    def way(form: str, label: Label, icon: str, **how: Any) -> Values:
        url = request.to(f"{report.path}/-/export.{form}", _query(report, given))
        return {"label": label, "url": url, "icon": icon, **how}

    return [
        way("xlsx", _("Export as XLSX"), "file-spreadsheet", download=True),
        way("csv", _("Export as CSV"), "file-text", download=True),
        way("pdf", _("Print as PDF"), "printer", method="post"),  # it may begin a job
    ]


# --- the table --------------------------------------------------------------------------------------------------------


def _table(request: WebRequest, report: Report, given: Given, reading: Reading) -> Values:
    columns, rows = reading.columns, list(reading.rows)
    heads = [
        {"name": one.name, "label": one.label, "kind": TEMPLATE_KINDS[one.kind], "slot": one.small} for one in columns
    ]
    writers = [report_files.writer(request.ctx, one) for one in columns]
    found: Values = {
        "columns": heads,
        "rows": rows,
        "html": _rows(request, columns, writers, rows),
        "head_groups": _groups(columns),
        "pager": _pager(request, report, given, reading, len(rows)) if rows else None,
    }
    if reading.totals is not None and rows:
        found["sums"] = [
            None if value is None else _sum_cell(one, write, value)
            for one, write, value in zip(columns, writers, reading.totals, strict=True)
        ]
    return found


def _groups(columns: Sequence[ReportColumn]) -> list[Values]:
    if not any(one.group for one in columns):
        return []
    return [{"label": label, "span": len(list(group))} for label, group in groupby(columns, key=lambda one: one.group)]


def _sum_cell(column: ReportColumn, write: Callable[[Any], str], value: Any) -> Values:
    negative = isinstance(value, Decimal) and value < 0
    return {"kind": TEMPLATE_KINDS[column.kind], "text": write(value), "tone": "bad" if negative else ""}


def _rows(
    request: WebRequest,
    columns: Sequence[ReportColumn],
    writers: Sequence[Callable[[Any], str]],
    rows: Sequence[ReportRow],
) -> Markup:
    """Write the rows; a ledger has hundreds, so not by Jinja (see hanse.screens.cells)."""
    below = [str(column.label) for column in columns if column.small == "sub"]
    starts = [_start(column, grouped=below.count(str(column.label)) > 1) for column in columns]
    spot = next((at for at, column in enumerate(columns) if column.small == "title"), 0)
    parts: list[str] = []
    for row in rows:
        url = escape(_address(request, row.to)) if row.to else ""
        cells: list[str] = []
        for at, value in enumerate(row.values):
            text = "" if value is None else escape(writers[at](value))
            if text and isinstance(value, Decimal) and value < 0:
                text = f'<span class="hz-text-bad">{text}</span>'
            cells.append(
                f'{starts[at]}<a href="{url}">{text}</a></td>' if url and at == spot else f"{starts[at]}{text}</td>"
            )
        opened = f' data-url="{url}"' if url else ""
        parts.append(
            f'<tr class="hz-row{" hz-row--strong" if row.strong else ""}"{opened} tabindex="-1">{"".join(cells)}</tr>'
        )
    return Markup("".join(parts))  # noqa: S704  every datum in it went through escape()


def _start(column: ReportColumn, *, grouped: bool) -> str:
    """Open a cell; on a phone's card its label names the group too, where several groups have such a column."""
    kind = TEMPLATE_KINDS[column.kind]
    said = f"{column.group} · {column.label}" if grouped and column.group else str(column.label)
    label = f' data-label="{escape(said)}"' if column.small == "sub" and kind in NUMBERS else ""
    face = f"hz-cell hz-cell--{'title' if column.small == 'title' else kind}{' hz-num' if kind in NUMBERS else ''}"
    return f'<td class="{face}" data-slot="{column.small}"{label}>'


def _address(request: WebRequest, to: Target) -> str:
    return request.to(to[0], list(to[1].items()))


def _pager(request: WebRequest, report: Report, given: Given, reading: Reading, count: int) -> Values:
    text = _("%(count)s rows", count=f"{count:,}")
    query = [pair for pair in _query(report, given)]
    return {
        "text": _("%(rows)s · %(note)s", rows=text, note=reading.note) if reading.note else text,
        "prev_url": _page_url(request, report, query, reading.before),
        "next_url": _page_url(request, report, query, reading.after),
    }


def _page_url(
    request: WebRequest, report: Report, query: Sequence[tuple[str, str]], page: Mapping[str, str] | None
) -> str:
    if page is None:
        return ""
    return request.to(report.path, [*((name, value) for name, value in query if name not in page), *page.items()])


# --- files ------------------------------------------------------------------------------------------------------------


def export_report(request: WebRequest, report: Report, form: str) -> Response:
    """Send a report as a file; one that is long on paper is printed in the background."""
    _refuse_strangers(request, report)
    given, _controls = _parameters(request, report, whole=True)
    missing = next((one for one in report.parameters if one.required and not given.text(one.name)), None)
    if missing is not None:
        raise BusinessError(_("Choose first: %(what)s", what=missing.label))
    reading = report.read(request.ctx, given)
    rows = iter(report_files.every_row(reading))
    first = list(islice(rows, report_files.AT_ONCE + 1)) if form == "pdf" else []
    if len(first) > report_files.AT_ONCE:
        enqueue(request.ctx, print_report, report=f"{report.key}.{report.name}", values=dict(given.values))
        request.say(_("This is long: it is being printed, and the file will be among your jobs."))
        return HTTPSeeOther(request.to(JOBS))
    target = tempfile.SpooledTemporaryFile(2**20)  # noqa: SIM115  the answer closes it
    if form == "pdf":
        report_files.write_pdf(request.ctx, report, given, reading.columns, first, target, files=request.services.files)
    else:
        report_files.WRITERS[form](reading.columns, rows, target)
    return send_file(report.title, form, target, request.ctx.today)

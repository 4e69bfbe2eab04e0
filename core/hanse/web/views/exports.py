"""Lists as CSV and XLSX."""

from __future__ import annotations

import tempfile
from datetime import date
from typing import Any
from urllib.parse import quote

from pyramid.response import FileIter, Response

from hanse.errors import NotFound
from hanse.exchange.exporting import XLSX_ROWS, write_list
from hanse.exchange.sheets import TYPES
from hanse.i18n import Label, _
from hanse.screens import listing
from hanse.screens.reports import find_report
from hanse.security.permissions import verb
from hanse.web.request import WebRequest
from hanse.web.views.actions import selected
from hanse.web.views.found import screen_for
from hanse.web.views.lists import ask

_IN_MEMORY = 2**20


def export(request: WebRequest) -> Response:
    """Send the list, or a report, as a file; POST sends the selected rows only."""
    report = find_report(request.matchdict["key"], request.matchdict["model"])
    if report is not None and (request.matchdict["form"] != "pdf" or request.method == "POST"):
        from hanse.web.views.reports import export_report

        return export_report(request, report, request.matchdict["form"])
    screen, ctx = screen_for(request), request.ctx
    ctx.require(verb(screen.model, "export"))
    form = request.matchdict["form"]
    if form == "pdf":
        raise NotFound(_("There is no such page, or it is not for you."))
    ids = selected(request) if request.method == "POST" else None
    slots, statement = listing.every_row(ctx, screen, ask(request, screen), ids)
    target = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  the answer closes it
    if not write_list(ctx, form, statement, slots, target):
        request.say(
            _("An XLSX sheet holds %(most)s rows; the rest was left out. Export as CSV instead.", most=XLSX_ROWS),
            "warn",
        )
    return send_file(screen.title, form, target, ctx.today)


def send_file(title: Label, form: str, target: Any, day: date) -> Response:
    """Send what was written into ``target`` under a title and the day."""
    size = target.tell()
    target.seek(0)
    response = Response(app_iter=FileIter(target), content_length=size)
    response.headers["Content-Type"] = TYPES[form]
    name = f"{title} {day.isoformat()}.{form}"
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response

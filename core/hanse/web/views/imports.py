"""Imports in the browser: upload a file, say what its columns are, see what would happen, do it, undo it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import PurePosixPath
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from hanse.errors import BusinessError, Forbidden, NotFound
from hanse.exchange import importing, jobs, staging
from hanse.exchange.mapping import ColumnMap, restored
from hanse.exchange.models import Import, ImportState
from hanse.exchange.results import write_results_file, write_template
from hanse.exchange.targets import may_import
from hanse.i18n import _
from hanse.screens import Screen
from hanse.security.permissions import model_name
from hanse.web.request import WebRequest
from hanse.web.views.exports import send_file
from hanse.web.views.found import screen_for
from hanse.web.views.import_pages import draw_columns, draw_progress, draw_result, draw_start, proposed

_IN_MEMORY = 2**20
_BUSY = (ImportState.CHECKING, ImportState.RUNNING, ImportState.UNDOING)


def _screen(request: WebRequest) -> Screen:
    """Give the screen of the model that is imported into.

    :raises Forbidden: the person may not import there
    """
    screen = screen_for(request)
    if not may_import(request.ctx, screen.model):
        raise Forbidden(_("You may not import here. Ask whoever gives out roles."))
    return screen


def _found(request: WebRequest, screen: Screen) -> Import:
    found = importing.find_import(request.ctx, int(request.matchdict["id"]))
    if found.model != model_name(screen.model):
        raise NotFound(_("This import is not there, or not for you."))
    return found


def address(request: WebRequest, screen: Screen, batch: int) -> str:
    """Give the address of an import."""
    return request.to(f"{screen.path}/-/import/{batch}")


# --- uploading --------------------------------------------------------------------------------------------------------


def start(request: WebRequest) -> Response:
    """Ask for a file, and list earlier imports."""
    return draw_start(request, _screen(request))


def upload(request: WebRequest) -> Response:
    """Take a file and go on to its columns."""
    screen = _screen(request)
    given: Any = request.POST.get("file")
    try:
        if not getattr(given, "filename", None):
            raise BusinessError(_("Choose a file first."), field="file")
        with closing(given.file):
            batch = _take(request, screen, given)
    except BusinessError as error:
        return draw_start(request, screen, error=str(error))
    return HTTPSeeOther(address(request, screen, batch))


def _take(request: WebRequest, screen: Screen, given: Any) -> int:
    name = PurePosixPath(str(given.filename).replace("\\", "/")).name.replace("\0", "")
    _refuse_large(request, given.file, name)
    return staging.add_import(request.ctx, model_name(screen.model), given.file, name, request.services.files)


def _refuse_large(request: WebRequest, file: Any, name: str) -> None:
    file.seek(0, 2)
    most = request.settings.max_upload_mb
    if file.tell() > most * 2**20:
        raise BusinessError(_("%(name)s is larger than %(most)s MB.", name=name, most=most), field="file")


def template(request: WebRequest) -> Response:
    """Send a file to fill in."""
    screen, form = _screen(request), request.matchdict["form"]
    target = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  the answer closes it
    write_template(request.ctx, screen.model, form, target)
    return send_file(_("Template %(what)s", what=screen.title), form, target, request.ctx.today)


# --- one import -------------------------------------------------------------------------------------------------------


def show(request: WebRequest) -> Response:
    """Show where an import is: its columns, how far it is, or what became of it."""
    screen = _screen(request)
    found = _found(request, screen)
    if found.state in _BUSY:
        return draw_progress(request, screen, found)
    if found.state is ImportState.READ or "columns" in request.GET:
        return draw_columns(request, screen, found)
    return draw_result(request, screen, found)


def act(request: WebRequest) -> Response:
    """Do what a button of an import's page says."""
    screen = _screen(request)
    found = _found(request, screen)
    work = _WORK.get(str(request.POST.get("action", "")))
    if work is None:
        raise NotFound(_("There is no such action."))
    own = HTTPSeeOther(address(request, screen, found.id))
    try:
        with request.db.begin_nested():  # what is refused on the way leaves nothing half done
            return work(request, screen, found) or own
    except BusinessError as error:
        request.say(str(error), "bad")
        return own


def _read_again(request: WebRequest, screen: Screen, found: Import) -> Response | None:
    """Take another row for the headings."""
    row = str(request.POST.get("headings", ""))
    if not row.isdigit() or not 0 < int(row) < 1000:
        return draw_columns(request, screen, found, error=BusinessError(_("The row of the headings is a number.")))
    importing.lock_import(request.ctx, found.id, *importing.OPEN)
    with request.services.files.open(found.file_key) as file:
        staging.stage(request.ctx, found.id, file, int(row))
    return None


def _check(request: WebRequest, screen: Screen, found: Import) -> Response | None:
    """Take the columns as they are said, and see what would happen."""
    mapping = _mapping(request, found)
    try:
        importing.set_mapping(request.ctx, found.id, mapping)
    except BusinessError as error:
        return draw_columns(request, screen, found, mapping=mapping, error=error)
    jobs.start_check(request.ctx, found.id)
    return None


def _mapping(request: WebRequest, found: Import) -> ColumnMap:
    """Read the form of the columns."""
    post = request.POST
    columns = [str(post.get(f"column-{place}", "")) for place in range(len(found.headers))]
    keys = [str(place) for place in post.getall("match")]
    constants = {
        str(path): str(post.get(f"constant-text-{place}", "")).strip()
        for place in range(len(post.getall("constant-path")))
        if (path := post.getall("constant-path")[place])
    }
    earlier = restored(found.mapping) if found.mapping else proposed(request, found)
    return restored(
        {
            "columns": columns,
            "match": [columns[int(place)] for place in keys if place.isdigit() and int(place) < len(columns)],
            "constants": constants,
            "days": str(post.get("days", "")),
            "mark": str(post.get("mark", ".")),
            "mode": earlier.mode,
            "replace": {path: texts for path, texts in earlier.replace.items() if path in columns},
        }
    )


def _replace(request: WebRequest, _screen_: Screen, found: Import) -> Response | None:
    """Take other texts for what was not found, and check again."""
    stored = restored(found.mapping).stored()
    replace: dict[str, dict[str, str]] = {path: dict(texts) for path, texts in stored["replace"].items()}
    for place, (path, text) in enumerate(
        zip(request.POST.getall("replace-path"), request.POST.getall("replace-text"), strict=True)
    ):
        by = str(request.POST.get(f"replace-by-{place}", "")).strip()
        if by:
            replace.setdefault(str(path), {})[str(text)] = by
    importing.set_mapping(request.ctx, found.id, restored(stored | {"replace": replace}))
    jobs.start_check(request.ctx, found.id)
    return None


def _run(request: WebRequest, _screen_: Screen, found: Import) -> Response | None:
    """Do the import."""
    importing.set_mode(request.ctx, found.id, str(request.POST.get("mode", "")))
    jobs.start(request.ctx, found.id)
    return None


def _undo(request: WebRequest, _screen_: Screen, found: Import) -> Response | None:
    jobs.start_undo(request.ctx, found.id)
    return None


def _close(request: WebRequest, _screen_: Screen, found: Import) -> Response | None:
    """End an import whose job has failed: what its chunks have done stays, and can be undone."""
    importing.close(request.ctx, found.id)
    return None


def result_file(request: WebRequest) -> Response:
    """Send the rows of an import with what became of them."""
    screen = _screen(request)
    found = _found(request, screen)
    form, bad = request.matchdict["form"], request.matchdict["what"] == "refused"
    target = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  the answer closes it
    write_results_file(request.ctx, found.id, form, target, bad=bad)
    return send_file(_("Result of %(file)s", file=PurePosixPath(found.file_name).stem), form, target, request.ctx.today)


_WORK: Mapping[str, Any] = {
    "headings": _read_again,
    "check": _check,
    "replace": _replace,
    "run": _run,
    "undo": _undo,
    "close": _close,
}
__all__ = ["act", "result_file", "show", "start", "template", "upload"]

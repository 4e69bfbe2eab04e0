"""The pages of imports as their templates need them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyramid.response import Response
from sqlalchemy import select, text

from hanse.directory.models import User
from hanse.errors import BusinessError, NotFound
from hanse.exchange.headings import plain_words
from hanse.exchange.importing import own_or_visible, summary
from hanse.exchange.mapping import ALL, SKIP, ColumnMap, propose, restored, sides
from hanse.exchange.models import Import, ImportState, RowResult
from hanse.exchange.staging import first_rows
from hanse.exchange.targets import Target, Targets, files_of, importable, needed, targets_of
from hanse.i18n import Label, _, format_moment
from hanse.jobs import JobStatus, progress_of
from hanse.jobs.models import JobState
from hanse.models import Kind, link_id
from hanse.screens import Screen, screen_of
from hanse.screens.drawing import choices_of
from hanse.security.permissions import model_name, verb
from hanse.web.page import page_of, render
from hanse.web.request import WebRequest

Values = dict[str, Any]
#: Rows of the file that are shown beside its columns; errors and earlier imports that are listed.
_SAMPLES, _ERRORS, _EARLIER, _UNKNOWN = 5, 200, 12, 30
_TONES = {
    RowResult.CREATED: "ok",
    RowResult.UPDATED: "ok",
    RowResult.UNCHANGED: "",
    RowResult.HELD: "warn",
    RowResult.REFUSED: "bad",
    RowResult.UNDONE: "",
}
_STATE_TONES = {ImportState.DONE: "ok", ImportState.FAILED: "bad", ImportState.CHECKED: "info"}
_STEPS = (_("File"), _("Columns"), _("Check"), _("Import"))


def _shell(request: WebRequest, screen: Screen, step: int, actions: Sequence[Values], found: Import | None) -> Values:
    """Give the frame of an import's page, and its steps."""
    crumbs: list[Values] = [{"title": screen.title, "url": request.to(screen.path)}]
    title: Label = _("Import %(what)s", what=screen.title)
    if found is not None:
        crumbs.append({"title": _("Imports"), "url": request.to(f"{screen.path}/-/import")})
        title = found.file_name
    page = page_of(request, title, breadcrumbs=crumbs, actions=actions)
    page["steps"] = [
        {"title": name, "current": place == step, "done": place < step} for place, name in enumerate(_STEPS)
    ]
    return page


# --- the start --------------------------------------------------------------------------------------------------------


def draw_start(request: WebRequest, screen: Screen, *, error: str = "") -> Response:
    """Draw the form that takes a file, and what was imported earlier."""
    base = f"{screen.path}/-/import"
    actions = [{"label": _("Upload"), "submit": "record-form", "primary": True, "icon": "upload"}]
    form: Values = {
        "action": request.to(base),
        "field": {
            "name": "file",
            "label": _("File"),
            "kind": "file",
            "required": True,
            "accept": ".csv,.txt,.tsv,.xlsx",
            "error": error,
            "help": _(
                "CSV or XLSX up to %(most)s MB, with headings. Nothing changes before you have seen what would happen.",
                most=request.settings.max_upload_mb,
            ),
        },
        "templates": [
            {"label": _("Template as XLSX"), "url": request.to(f"{base}/template.xlsx")},
            {"label": _("Template as CSV"), "url": request.to(f"{base}/template.csv")},
        ],
        "earlier": _earlier(request, screen),
    }
    page = _shell(request, screen, 0, actions, None)
    return render(request, "import_start.jinja2", page, status=422 if error else 200, form=form)


def _earlier(request: WebRequest, screen: Screen) -> list[Values]:
    ctx = request.ctx
    query = (
        select(Import, User.name)
        .join(User, User.id == link_id(Import.user))
        .where(Import.model == model_name(screen.model), own_or_visible(ctx))
        .order_by(Import.id.desc())
        .limit(_EARLIER)
    )
    return [
        {
            "name": one.file_name,
            "url": request.to(f"{screen.path}/-/import/{one.id}"),
            "when": format_moment(one.at, ctx.company.zone),
            "who": who,
            "state": one.state.label,
            "tone": _STATE_TONES.get(one.state, ""),
            "summary": "" if one.state in (ImportState.READ, ImportState.CHECKED) else summary(one.counts),
        }
        for one, who in ctx.session.execute(query)
    ]


# --- the columns ------------------------------------------------------------------------------------------------------


def draw_columns(
    request: WebRequest,
    screen: Screen,
    found: Import,
    *,
    mapping: ColumnMap | None = None,
    error: BusinessError | None = None,
) -> Response:
    """Draw what the file's columns are taken for."""
    ctx = request.ctx
    targets = targets_of(ctx, screen.model)
    headings = [str(name) for name in found.headers]
    rows = [row.cells for row in first_rows(ctx, found.id, 200)]
    if mapping is None:
        mapping = restored(found.mapping) if found.mapping else proposed(request, found)
        if not found.mapping and mapping.mark == ".":
            mapping = restored(mapping.stored() | {"mark": sides(cell for row in rows for cell in row)})
    errors = _column_errors(error)
    values: Values = {
        "action": request.to(f"{screen.path}/-/import/{found.id}"),
        "columns": _columns(targets, files_of(ctx, screen.model), headings, rows, mapping, errors),
        "constants": _constants(targets, mapping),
        "errors": [{"field": place, "message": message} for place, message in errors.items()],
        "needed": ", ".join(str(one.label) for one in needed(screen.model)),
        "rows": f"{found.rows:,}",
        "headings": found.counts.get("headings", 1),
        "options": _options(mapping),
    }
    actions = [
        {
            "label": _("Check"),
            "submit": "record-form",
            "name": "action",
            "value": "check",
            "primary": True,
            "icon": "checks",
        }
    ]
    page = _shell(request, screen, 1, actions, found)
    return render(request, "import_columns.jinja2", page, status=422 if error else 200, form=values)


def proposed(request: WebRequest, found: Import) -> ColumnMap:
    """Propose how the columns of a file are understood that nobody has said anything of."""
    model = importable(found.model)
    headings = [str(name) for name in found.headers]
    return propose(request.ctx, model, targets_of(request.ctx, model), headings, found.fingerprint)


def _column_errors(error: BusinessError | None) -> dict[str, str]:
    """Give messages by the id of what they are about; those about nothing in particular are joined."""
    found: dict[str, str] = {}
    for one in error.each() if error is not None else ():
        place = one.field or ""
        found[place] = f"{found[place]} {one}" if place in found else str(one)
    return found


def _columns(
    targets: Targets,
    files: Targets,
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    mapping: ColumnMap,
    errors: Mapping[str, str],
) -> list[Values]:
    choices = [{"value": path, "label": one.label} for path, one in targets.items()]
    of_files = {plain_words(name) for one in files.values() for name in one.names()}
    result: list[Values] = []
    for place, heading in enumerate(headings):
        path = mapping.columns[place] if place < len(mapping.columns) else ""
        cells = [row[place] for row in rows if place < len(row) and row[place]]
        name = f"column-{place}"
        result.append(
            {
                "heading": heading,
                "samples": list(dict.fromkeys(cells))[:_SAMPLES],
                "place": place,
                "match": path in mapping.match and bool(path),
                "field": {
                    "name": name,
                    "kind": "choice",
                    "value": path,
                    "choices": choices,
                    "placeholder": _("(files are not imported; upload them)")
                    if plain_words(heading) in of_files
                    else _("(leave out)"),
                    "error": errors.get(name),
                },
            }
        )
    return result


def _constants(targets: Targets, mapping: ColumnMap) -> list[Values]:
    """Give the rows for values that are not in the file: those there are, and two empty ones."""
    choices = [{"value": path, "label": one.label} for path, one in targets.items()]
    given = [*mapping.constants.items(), ("", ""), ("", "")]
    return [
        {
            "path": {"name": "constant-path", "kind": "choice", "value": path, "choices": choices},
            "text": {"name": f"constant-text-{place}", "kind": "text", "value": value},
        }
        for place, (path, value) in enumerate(given)
    ]


def _options(mapping: ColumnMap) -> list[Values]:
    days = [
        {"value": "", "label": _("as they are clear: 2026-04-03, 2026年4月3日, 3 Apr 2026")},
        {"value": "dmy", "label": _("day first: 03/04/2026 is the 3rd of April")},
        {"value": "mdy", "label": _("month first: 03/04/2026 is the 4th of March")},
    ]
    marks = [{"value": ".", "label": "1,234.56"}, {"value": ",", "label": "1.234,56"}]
    return [
        {
            "name": "days",
            "label": _("Days"),
            "kind": "choice",
            "value": mapping.days,
            "choices": days,
            "required": True,
        },
        {
            "name": "mark",
            "label": _("Numbers"),
            "kind": "choice",
            "value": mapping.mark,
            "choices": marks,
            "required": True,
        },
    ]


# --- how far it is ----------------------------------------------------------------------------------------------------


def draw_progress(request: WebRequest, screen: Screen, found: Import) -> Response:
    """Draw how far a check, an import or an undoing is; its page is shown anew when it has ended."""
    job = _job(request, found)
    failed = found.job_id is None or (job is not None and job.state is JobState.DEAD)
    own = request.to(f"{screen.path}/-/import/{found.id}")
    values: Values = {
        "label": found.state.label,
        "url": request.to("/core/jobs", job=str(found.job_id)),
        "done": job.done if job else 0,
        "total": (job.total if job else None) or found.rows,
        "state": "failed" if failed else "running",
        "failed": failed,
        "message": job.message if job and failed else "",
        "again": [{"label": _("Go on"), "url": own, "method": "post", "name": "action", "value": "close"}],
    }
    step = 2 if found.state is ImportState.CHECKING else 3
    return render(request, "import_progress.jinja2", _shell(request, screen, step, [], found), progress_=values)


def _job(request: WebRequest, found: Import) -> JobStatus | None:
    try:
        return progress_of(request.ctx, found.job_id) if found.job_id else None
    except NotFound:  # somebody else's: its page says no more than that it runs
        return None


# --- what became of it ------------------------------------------------------------------------------------------------

_FAULTS = text(
    "SELECT error FROM core_import_row, jsonb_array_elements(errors) AS error WHERE batch_id = :batch "
    "AND errors <> '[]' ORDER BY number LIMIT :most"
)
_NOT_FOUND = text(
    "SELECT error->>'path', error->>'text', count(*) FROM core_import_row, jsonb_array_elements(errors) AS error "
    "WHERE batch_id = :batch AND (error->>'unknown')::boolean GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT :most"
)


def draw_result(request: WebRequest, screen: Screen, found: Import) -> Response:
    """Draw what became of the records, or would: counts, errors, texts that name nothing."""
    ctx = request.ctx
    counts = {one: int(str(found.counts.get(one.value, 0))) for one in RowResult}
    checked = found.state in (ImportState.CHECKED, ImportState.FAILED)
    faults = [_fault(dict(row[0])) for row in ctx.session.execute(_FAULTS, {"batch": found.id, "most": _ERRORS + 1})]
    base = f"{screen.path}/-/import/{found.id}"
    values: Values = {
        "action": request.to(base),
        "notice": _notice(found, counts),
        "tiles": [
            {"label": _tile_label(one, checked), "text": f"{count:,}", "tone": _TONES[one] if count else ""}
            for one, count in counts.items()
            if count or one in (RowResult.CREATED, RowResult.REFUSED)
        ],
        "faults": faults[:_ERRORS],
        "more": len(faults) > _ERRORS,
        "modes": _modes(found, counts) if checked else [],
        "unknown": _unknown(request, screen, found) if checked else [],
        "result_url": request.to(f"{base}/result.xlsx"),
    }
    page = _shell(request, screen, 2 if checked else 3, _result_actions(request, screen, found, counts), found)
    return render(request, "import_result.jinja2", page, result=values)


def _tile_label(one: RowResult, checked: bool) -> Label:
    return _("would be %(what)s", what=one.label) if checked and one is not RowResult.REFUSED else one.label


def _fault(error: Values) -> Values:
    message, field = str(error["message"]), str(error["field"])
    plain = message.removeprefix(f"{field}: ")
    return {"row": error["row"], "field": field, "text": error["text"], "message": plain[:1].upper() + plain[1:]}


def _notice(found: Import, counts: Mapping[RowResult, int]) -> Values:
    refused = counts[RowResult.REFUSED]
    if found.state is ImportState.CHECKED:
        if refused:
            return {"tone": "warn", "text": _("Nothing is changed yet. Some rows cannot be imported as they are.")}
        return {"tone": "info", "text": _("Nothing is changed yet. Every row can be imported.")}
    if found.state is ImportState.FAILED:
        return {"tone": "bad", "text": _("Nothing was imported, because not every row was right.")}
    if found.state is ImportState.UNDONE:
        stays = counts[RowResult.CREATED] + counts[RowResult.UPDATED]
        if stays:
            return {"tone": "warn", "text": _("Undone, except for %(count)s; the table says why.", count=stays)}
        return {"tone": "ok", "text": _("Undone: everything is as before the import.")}
    if refused:
        return {"tone": "warn", "text": _("Imported, except for the rows in the table.")}
    return {"tone": "ok", "text": _("Imported.")}


def _modes(found: Import, counts: Mapping[RowResult, int]) -> list[Values]:
    """Give the two ways to import, where there is a difference."""
    if not counts[RowResult.REFUSED]:
        return []
    mode = restored(found.mapping).mode
    good = sum(counts.values()) - counts[RowResult.REFUSED]
    return [
        {"value": ALL, "label": _("All or nothing: correct the file, then upload it again"), "chosen": mode == ALL},
        {
            "value": SKIP,
            "label": _("Import %(count)s, leave out the refused", count=f"{good:,}"),
            "chosen": mode == SKIP,
        },
    ]


def _unknown(request: WebRequest, screen: Screen, found: Import) -> list[Values]:
    """Give the texts that name no record, each with a control that says what it means."""
    targets = targets_of(request.ctx, screen.model)
    rows = request.ctx.session.execute(_NOT_FOUND, {"batch": found.id, "most": _UNKNOWN})
    return [
        {
            "path": path,
            "text": name,
            "label": targets[path].label,
            "count": count,
            "field": _meaning_control(request, screen, targets[path], place),
        }
        for place, (path, name, count) in enumerate(rows)
        if path in targets
    ]


def _meaning_control(request: WebRequest, screen: Screen, target: Target, place: int) -> Values:
    field: Values = {"name": f"replace-by-{place}", "kind": "text", "value": ""}
    if target.field.choices is not None:
        return field | {"kind": "choice", "choices": choices_of(target.field.choices)}
    linked = screen_of(target.field.target) if target.field.target is not None else None
    if target.field.kind is Kind.LINK and linked is not None and linked.addon in request.ctx.seen:
        url = request.to(f"{linked.path}/-/complete", [("for", f"{screen.name}.{target.path}")])
        field |= {"kind": "link", "url": url}
    return field


def _result_actions(
    request: WebRequest, screen: Screen, found: Import, counts: Mapping[RowResult, int]
) -> list[Values]:
    own = request.to(f"{screen.path}/-/import/{found.id}")
    actions: list[Values] = [
        {"label": _("Result as XLSX"), "url": f"{own}/result.xlsx", "icon": "download", "menu": True, "download": True},
        {"label": _("Result as CSV"), "url": f"{own}/result.csv", "icon": "download", "menu": True, "download": True},
    ]
    if counts[RowResult.REFUSED]:
        label = _("Refused rows as XLSX")
        actions.append(
            {"label": label, "url": f"{own}/refused.xlsx", "icon": "download", "menu": True, "download": True}
        )
    good = sum(counts.values()) - counts[RowResult.REFUSED]
    if found.state in (ImportState.CHECKED, ImportState.FAILED):
        actions.append({"label": _("Change the columns"), "url": f"{own}?columns=1", "icon": "columns-3"})
        if good:
            label = _("Import")
            actions.append(
                {
                    "label": label,
                    "submit": "record-form",
                    "name": "action",
                    "value": "run",
                    "primary": True,
                    "icon": "check",
                }
            )
    elif found.state is ImportState.DONE and (counts[RowResult.CREATED] or counts[RowResult.UPDATED]):
        question = _("Undo this import? What it made is deleted, what it changed becomes as before.")
        actions.append(
            {
                "label": _("Undo the import"),
                "url": own,
                "method": "post",
                "name": "action",
                "value": "undo",
                "icon": "arrow-back-up",
                "confirm": question,
                "danger": True,
            }
        )
    if found.state in (ImportState.DONE, ImportState.UNDONE) and request.ctx.may(verb(screen.model, "read")):
        actions.append({"label": _("To the list"), "url": request.to(screen.path), "primary": True})
    return actions


__all__ = ["draw_columns", "draw_progress", "draw_result", "draw_start", "proposed"]

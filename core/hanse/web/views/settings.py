"""The settings of the company: a section for each addon, found by their words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from hanse.actions import find_action
from hanse.actions.run import run
from hanse.errors import BusinessError, NotFound, Stale
from hanse.i18n import Label, _
from hanse.models import Settings
from hanse.screens import Screen, screen_of
from hanse.screens.drawing import Sheet, draw
from hanse.screens.forms import Cell, Draft, draft_of_record, read_form, shown_fields, typed_cells
from hanse.security.permissions import model_name, verb
from hanse.settings.changing import row_of
from hanse.settings.reading import section_of, settings_for
from hanse.web.page import page_of, render
from hanse.web.request import WebRequest

PATH = "/core/settings"
Values = dict[str, Any]


def settings(request: WebRequest) -> Response:
    """Show the section that ``section`` names, by default the first; save it with POST.

    :raises NotFound: nothing may be seen, or not this section
    """
    mine = settings_for(request.ctx)
    wanted = str(request.params.get("section", "")) or (model_name(mine[0]) if mine else "")
    model = next((one for one in mine if model_name(one) == wanted), None)
    if model is None:
        raise NotFound(_("There are no such settings, or they are not for you."))
    if request.method == "POST":
        return _save(request, mine, model)
    return _show(request, mine, model)


def _screen(model: type[Settings]) -> Screen:
    found = screen_of(model)
    assert found is not None  # register_screens() has given one to each
    return found


def _show(
    request: WebRequest,
    mine: list[type[Settings]],
    model: type[Settings],
    *,
    draft: Draft | None = None,
    errors: Mapping[str, str] | None = None,
    notice: Label = "",
) -> Response:
    ctx, screen, section = request.ctx, _screen(model), section_of(model)
    fixed = not ctx.may(verb(model, "update"))
    record = ctx.settings(model)
    if draft is None:
        draft = draft_of_record(ctx, record, [Cell.of(field) for field in shown_fields(ctx, screen)], ())
    sheet = Sheet(ctx, screen, request.to, record, draft, fixed, dict(errors or {}))
    drawn = draw(sheet)
    form: Values = {
        "sections": [{**one, "one": True} for one in drawn["sections"]],  # each with its help: one column reads best
        "action": request.to(PATH),
        "title": section.title,
        "subtitle": section.help,
        "readonly": fixed,
        "dirty": bool(errors or notice),
        "hidden": [{"name": "section", "value": model_name(model)}, {"name": "rev", "value": record.rev or 0}],
        "errors": [_error(sheet, name, text) for name, text in sheet.errors.items()],
        "notices": [{"tone": "warn", "text": notice}] if notice else [],
    }
    save = {"label": _("Save"), "submit": "record-form", "name": "action", "value": "save", "primary": True}
    actions = [] if fixed else [save | {"icon": "device-floppy"}]
    page = page_of(request, _("Settings"), actions=actions)
    word = str(request.GET.get("q", "")).strip()
    chosen = {"entries": _entries(request, mine, model, word), "word": word, "url": request.to(PATH)}
    status = 422 if errors or notice else 200
    return render(request, "settings.jinja2", page, status=status, form=form, dialogs=[], settings=chosen)


def _error(sheet: Sheet, name: str, text: str) -> Values:
    field = sheet.screen.model.__fields__.get(name)
    return {
        "field": f"f-{name}" if name in sheet.cells else None,
        "label": field.label if field else "",
        "message": text,
    }


def _entries(request: WebRequest, mine: list[type[Settings]], current: type[Settings], word: str) -> list[Values]:
    """Give the sections, and with a word those in which it is found, each with the fields it is found in."""
    entries: list[Values] = []
    for model in mine:
        section, name = section_of(model), model_name(model)
        fields = [
            {"label": field.label, "url": request.to(PATH, [("section", name), ("q", word)]) + f"#f-{field.name}"}
            for field in shown_fields(request.ctx, _screen(model))
            if word and word.lower() in f"{field.label} {field.help}".lower()
        ]
        if word and not fields and word.lower() not in f"{section.title} {section.help}".lower():
            continue
        url = request.to(PATH, section=name)
        entries.append(
            {"title": section.title, "icon": section.icon, "url": url, "current": model is current, "fields": fields}
        )
    return entries


def _save(request: WebRequest, mine: list[type[Settings]], model: type[Settings]) -> Response:
    ctx, screen = request.ctx, _screen(model)
    cells = typed_cells(ctx, screen)
    sent = read_form(ctx, request.POST, cells, ())
    if sent.errors:
        return _show(request, mine, model, draft=sent.draft, errors=sent.errors)
    action = find_action(verb(model, "update"))
    assert action is not None
    try:
        with request.db.begin_nested():
            run(ctx, action, [row_of(ctx, model)], revs=[_rev(request)], values=sent.values)
    except Stale:
        ctx.kept.pop(model, None)
        notice = _("Somebody else has changed these settings meanwhile. Save again to replace what they wrote.")
        return _show(request, mine, model, draft=sent.draft, notice=notice)
    except BusinessError as error:
        wrong = {one.field or "": str(one) for one in error.each()}
        return _show(request, mine, model, draft=sent.draft, errors=wrong)
    request.say(_("Saved."))
    return HTTPSeeOther(request.to(PATH, section=model_name(model)))


def _rev(request: WebRequest) -> int:
    """Give the version that the form was drawn from; what nobody had set before has the first."""
    seen = str(request.POST.get("rev", ""))
    return max(int(seen), 1) if seen.isascii() and seen.isdigit() and len(seen) < 10 else 1


__all__ = ["settings"]

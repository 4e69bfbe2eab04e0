"""How documents are numbered: all kinds of numbers, and one of them to change, with what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from hanse.actions import find_action
from hanse.addons import installed
from hanse.errors import BusinessError
from hanse.i18n import KERNEL, Label, _, format_day
from hanse.sequences.changing import overview, preview, sequence_for
from hanse.sequences.counters import Now
from hanse.sequences.declared import Numbering
from hanse.sequences.rules import Counting, NumberRule, Reset, RuleError
from hanse.sequences.taking import read_now
from hanse.web.page import page_of, render
from hanse.web.request import WebRequest

PATH = "/core/sequences"
Values = dict[str, Any]
_LARGEST = 10**15


def sequences(request: WebRequest) -> Response:
    """List the kinds of numbers; with ``key`` show one, and take it back filled in."""
    key = str(request.params.get("key", ""))
    if not key:
        return _list(request)
    numbering = sequence_for(request.ctx, key)
    if request.method == "POST":
        return _save(request, numbering)
    if "preview" in request.GET:
        return _part(request, numbering)
    return _form(request, numbering, _typed(read_now(request.ctx, numbering)))


def _list(request: WebRequest) -> Response:
    word = str(request.GET.get("q", "")).strip().lower()
    rows = [_row(request, now, following) for now, following in overview(request.ctx)]
    found = [row for row in rows if word in " ".join(str(cell["text"]) for cell in row["cells"]).lower()]
    columns = [
        {"name": "title", "label": _("Number"), "kind": "text"},
        {"name": "pattern", "label": _("Pattern"), "kind": "text"},
        {"name": "next", "label": _("Next number"), "kind": "text"},
        {"name": "reset", "label": _("Begins anew"), "kind": "text", "hide_small": True},
        {"name": "counting", "label": _("Counting"), "kind": "text", "hide_small": True},
        {"name": "addon", "label": _("Addon"), "kind": "text", "hide_small": True},
    ]
    listed = {
        "url": request.to(PATH),
        "search": word,
        "columns": columns,
        "rows": found,
        "layout": "table",
        "empty_title": _("Nothing found"),
        "empty_text": _("No number of an addon that you see is called so."),
        "empty_icon": "hash",
    }
    return render(request, "list.jinja2", page_of(request, _("Numbering"), count=str(len(found))), list=listed)


def _row(request: WebRequest, now: Now, following: str) -> Values:
    rule, numbering = now.rule, now.numbering
    url = request.to(PATH, key=numbering.key)
    words: list[Label] = [
        numbering.title,
        rule.pattern,
        following,
        "" if rule.by_id else rule.restarts.label,
        _("Number of the record") if rule.by_id else rule.counting.label,
        _addon(numbering),
    ]
    cells = [{"kind": "text", "text": str(word)} for word in words]
    cells[0]["url"] = url
    return {"id": numbering.key, "url": url, "cells": cells}


def _addon(numbering: Numbering) -> Label:
    return "Hanse" if numbering.addon == KERNEL else installed().addons[numbering.addon].title


# --- one --------------------------------------------------------------------------------------------------------------


def _typed(now: Now) -> dict[str, str]:
    rule = now.rule
    return {
        "pattern": rule.pattern,
        "start": str(rule.start),
        "step": str(rule.step),
        "reset": rule.restarts.value,
        "counting": rule.counting.value,
        "upcoming": "",
    }


def _sent(values: Any) -> dict[str, str]:
    return {name: str(values.get(name, "")).strip()[:200] for name in _NAMES}


_NAMES = ("pattern", "start", "step", "reset", "counting", "upcoming")


def _read(numbering: Numbering, sent: Mapping[str, str]) -> Values:
    """Turn what was typed into the parameters of the action.

    :raises RuleError: something is no number, or no choice
    """
    if numbering.rule.by_id:
        return {"pattern": sent["pattern"], "reset": Reset.NEVER, "counting": numbering.rule.counting}
    numbers: dict[str, int | None] = {}
    for name in ("start", "step", "upcoming"):
        text = sent[name]
        if (text and not (text.isascii() and text.isdigit() and int(text) < _LARGEST)) or not (
            text or name == "upcoming"
        ):
            raise RuleError(_("Write a whole number."), field=name)
        numbers[name] = int(text) if text else None
    reset = next((one for one in Reset if one.value == sent["reset"]), None)
    counting = next((one for one in Counting if one.value == sent["counting"]), None)
    if reset is None or counting is None:
        raise RuleError(_("Choose one from the list."), field="reset" if reset is None else "counting")
    return {"pattern": sent["pattern"], "reset": reset, "counting": counting, **numbers}


def _save(request: WebRequest, numbering: Numbering) -> Response:
    sent = _sent(request.POST)
    try:
        with request.db.begin_nested():
            if request.POST.get("action") == "restore":
                action, params = find_action("core.sequence.restore"), Values()
            else:
                action, params = find_action("core.sequence.change"), _read(numbering, sent)
            assert action is not None
            request.ctx.run(action, sequence=numbering.key, **params)
    except BusinessError as error:
        return _form(request, numbering, sent, error)
    request.say(_("Saved."))
    return HTTPSeeOther(request.to(PATH))


def _form(
    request: WebRequest, numbering: Numbering, typed: Mapping[str, str], error: BusinessError | None = None
) -> Response:
    wrong = {} if error is None else {one.field or "": str(one) for one in error.each()}
    known = set(_shown(numbering))
    form = {
        "action": request.to(PATH),
        "title": numbering.title,
        "subtitle": _addon(numbering),
        "hidden": [{"name": "key", "value": numbering.key}],
        "sections": [{"fields": _fields(numbering, typed, wrong), "one": True}],
        "errors": [
            {"field": f"f-{name}" if name in known else "", "label": "", "message": text}
            for name, text in wrong.items()
        ],
        "dirty": error is not None,
    }
    actions = [
        {"label": _("As the addon declares it"), "submit": "record-form", "name": "action", "value": "restore"},
        {"label": _("Save"), "submit": "record-form", "name": "action", "value": "save"}
        | {"primary": True, "icon": "device-floppy"},
    ]
    crumbs = [{"title": _("Numbering"), "url": request.to(PATH)}]
    shell = page_of(request, numbering.title, breadcrumbs=crumbs, actions=actions)
    shown = _preview(request, numbering, typed)
    return render(
        request,
        "sequence.jinja2",
        shell,
        status=200 if error is None else 422,
        form=form,
        dialogs=[],
        preview=shown | {"url": request.to(PATH, key=numbering.key, preview="1")},
    )


def _shown(numbering: Numbering) -> tuple[str, ...]:
    """Name the controls: records' own ids count by themselves, and what is counted apart has no single next number."""
    if numbering.rule.by_id:
        return ("pattern",)
    return _NAMES[:-1] if numbering.rule.given else _NAMES


def _fields(numbering: Numbering, typed: Mapping[str, str], wrong: Mapping[str, str]) -> list[Values]:
    number = "{id:5}" if numbering.rule.by_id else "{number:5}"
    parts = "".join(f", {{{name}}} ({label})" for name, label in numbering.rule.parts.items())
    described: dict[str, Values] = {
        "pattern": {
            "label": _("Pattern"),
            "kind": "text",
            "required": True,
            "maxlength": 80,
            "help": _(
                "%(number)s is the number with at least five digits. There are also {year}, {year:2}, {fiscal_year}, "
                "{month}, {day}%(parts)s; all else stands as it is.",
                number=number,
                parts=parts,
            ),
        },
        "reset": {
            "label": _("Begins anew"),
            "kind": "choice",
            "required": True,
            "choices": [{"value": one.value, "label": one.label} for one in Reset],
        },
        "counting": {
            "label": _("Counting"),
            "kind": "choice",
            "required": True,
            "choices": [{"value": one.value, "label": one.label} for one in Counting],
            "help": _(
                "Without gaps, whoever takes a number waits until the other who has just taken one is done. "
                "Fast numbers wait for nobody; what is given up leaves a gap, and they are not always in order."
            ),
        },
        "start": {"label": _("First number"), "kind": "number", "required": True},
        "step": {"label": _("Step"), "kind": "number", "required": True},
        "upcoming": {
            "label": _("Next number"),
            "kind": "number",
            "help": _("Empty: the sequence goes on where it is. It can skip numbers, never go back."),
        },
    }
    shown = _shown(numbering)
    return [
        {"name": name, "value": typed[name], "error": wrong.get(name, ""), **one}
        for name, one in described.items()
        if name in shown
    ]


def _preview(request: WebRequest, numbering: Numbering, typed: Mapping[str, str]) -> Values:
    """Show the next numbers, or what is wrong with the rule."""
    try:
        params = _read(numbering, typed)
        rule = NumberRule(
            params["pattern"],
            params.get("start") or 0,
            params.get("step") or 1,
            params["reset"],
            params["counting"],
            numbering.rule.parts,
        )
        found = preview(request.ctx, numbering, rule, params.get("upcoming"))
    except BusinessError as error:
        return {"error": str(error), "days": []}
    days = [
        {
            "title": _("Next numbers") if at == 0 else _("From %(day)s", day=format_day(date.fromisoformat(on))),
            "numbers": numbers,
        }
        for at, (on, numbers) in enumerate(found.items())
    ]
    return {"error": "", "days": days, "about": params["counting"] is Counting.FAST and not rule.by_id}


def _part(request: WebRequest, numbering: Numbering) -> Response:
    """Draw the preview anew for what is typed."""
    url = request.to(PATH, key=numbering.key, preview="1")
    shown = _preview(request, numbering, _sent(request.GET)) | {"url": url}
    return render(request, "sequence_preview.jinja2", {}, preview=shown)

"""Actions: buttons of a record, work on selected rows of a list, dialogs that ask for parameters; and printing."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from hanse.actions import Action, Outcome, find_action
from hanse.actions.params import plain_type
from hanse.actions.registry import Param
from hanse.errors import BusinessError, NotFound
from hanse.i18n import _
from hanse.models import Choice, Model
from hanse.screens import Screen, all_reports, screen_of
from hanse.screens.drawing import choices_of
from hanse.screens.names import names_of
from hanse.screens.printing import offered_documents
from hanse.security.permissions import model_name
from hanse.web.page import page_of, render
from hanse.web.pages import page_behind
from hanse.web.request import WebRequest
from hanse.web.views.found import record_for, screen_for
from hanse.web.views.lists import may_create, offered_actions

Values = dict[str, Any]
_MOST_SELECTED = 10_000
_FORM = "record-form"
#: What the address of a new record calls the one that is copied.
COPIED = "like"
#: Buttons of a record that stand beside each other.
_MOST_BUTTONS = 3
#: Of more documents than these none stands out, so all of them are under the three dots.
_MOST_DOCUMENTS = 2


def run_here(
    request: WebRequest, action: Action[Any], ids: Sequence[int] | None, *, partial: bool = False, **params: Any
) -> Outcome:
    """Do an action; run() is a savepoint, so a page can still be drawn when it is refused."""
    return request.ctx.run(action, list(ids) if ids is not None else None, partial=partial, **params)


# --- buttons ----------------------------------------------------------------------------------------------------------


def _possible(action: Action[Any], record: Model) -> bool:
    """Tell whether the state of a record allows an action."""
    if action.offered is not None and not action.offered(record):
        return False
    if action.moves is None:
        return not action.deletes or record.may_be_deleted()
    return getattr(record, action.state) in action.moves[0]


def _here(request: WebRequest, screen: Screen, record: Model) -> list[Action[Any]]:
    if not screen.model.__shared__ and record.company_id != request.ctx.company.id:
        return []
    wanted = screen.possible
    return [
        one
        for one in offered_actions(request.ctx, screen)
        if _possible(one, record) and (one.verb not in wanted or wanted[one.verb](request.ctx, record))
    ]


def form_actions(request: WebRequest, screen: Screen, record: Model | None, *, typed: bool) -> list[Values]:
    """Give the buttons of a record; on a form that can be changed they save first what was typed."""
    if record is None:
        return []
    entries: list[Values] = []
    for one in _here(request, screen, record):
        entry: Values = {
            "label": one.label,
            "icon": one.icon,
            "danger": one.deletes,
            "menu": one.deletes,
            "primary": one.primary and not typed,
        }
        if one.page is not None:
            entry |= {"url": request.to(f"{screen.path}/-/{one.page}", ids=str(record.id)), "menu": True}
        elif one.params:
            entry["dialog"] = f"ask-{one.verb}"
        elif typed and not one.deletes and not one.reads:
            entry |= {"submit": _FORM, "name": "action", "value": one.verb, "confirm": one.confirm}
        else:
            entry |= {
                "url": request.to(f"{screen.path}/{record.id}/do/{one.verb}"),
                "method": "post",
                "confirm": one.confirm,
            }
        entries.append(entry)
    if screen.anew is not None and may_create(request, screen):
        url = request.to(f"{screen.path}/new", [(COPIED, str(record.id))])
        entries.append({"label": _("Copy"), "url": url, "icon": "copy", "quiet": True, "menu": True})
    entries += _pages_about(request, screen, record)
    entries += _reports_about(request, record)
    documents = offered_documents(request.ctx, screen)
    entries += [
        {
            "label": one.label,
            "url": request.to(f"{screen.path}/{record.id}/print/{one.name}"),
            "icon": "printer",
            "quiet": True,
            "menu": len(documents) > _MOST_DOCUMENTS,
        }
        for one in documents
    ]
    return _folded(entries)


def _folded(entries: list[Values]) -> list[Values]:
    """Put what does not fit beside the others under the three dots: documents and reports first."""
    for quiet in (True, False):
        for entry in reversed(entries):
            if sum(not one.get("menu") for one in entries) > _MOST_BUTTONS and bool(entry.get("quiet")) is quiet:
                entry["menu"] = True
    return entries


def _pages_about(request: WebRequest, screen: Screen, record: Model) -> list[Values]:
    """Give the ways from a record to pages that belong to it."""
    offered = [one for one in screen.buttons if one.of_record and (one.offered is None or one.offered(record))]
    pages = [page_behind(request.ctx, one, screen) for one in offered]
    return [
        {"label": page.title, "url": request.to(page.path, record=str(record.id)), "icon": page.icon}
        for page in pages
        if page is not None
    ]


def _reports_about(request: WebRequest, record: Model) -> list[Values]:
    """Give the ways from a record to the reports about it."""
    return [
        {
            "label": report.title,
            "url": request.to(report.path, list(given.items())),
            "icon": report.icon,
            "quiet": True,
        }
        for report in all_reports()
        if type(record) in report.about and report.is_for(request.ctx)
        if (given := report.about[type(record)](record)) is not None
    ]


def dialogs_for(request: WebRequest, screen: Screen, record: Model) -> list[Values]:
    """Give the dialogs that ask for parameters."""
    return [
        {
            "id": f"ask-{one.verb}",
            "title": one.label,
            "action": request.to(f"{screen.path}/{record.id}/do/{one.verb}"),
            "confirm": one.confirm,
            "fields": param_fields(request, one, {}, {}),
            "danger": one.deletes,
        }
        for one in _here(request, screen, record)
        if one.params and one.page is None
    ]


def param_fields(
    request: WebRequest, action: Action[Any], given: Mapping[str, str], errors: Mapping[str, str]
) -> list[Values]:
    """Give the fields that ask for an action's parameters."""
    return [_param_field(request, action, param, given, errors) for param in action.params.values()]


def _param_field(
    request: WebRequest, action: Action[Any], param: Param, given: Mapping[str, str], errors: Mapping[str, str]
) -> Values:
    wanted = plain_type(param.annotation)
    optional = not param.required or type(None) in typing.get_args(param.annotation)
    kind = _param_kind(wanted, param.name)
    value = given.get(param.name, _first_value(request, param, wanted)) if kind != "password" else ""
    field: Values = {
        "name": param.name,
        "id": f"p-{action.verb}-{param.name}",
        "label": param.label,
        "value": value,
        "required": not optional,
        "error": errors.get(param.name, ""),
        "kind": kind,
        "stacked": True,
    }
    if isinstance(wanted, type) and issubclass(wanted, Choice):
        field["choices"] = choices_of(wanted)
    if isinstance(wanted, type) and issubclass(wanted, Model):
        target = screen_of(wanted)
        field["url"] = request.to(f"{target.path}/-/complete") if target else ""
        field["text"] = names_of(request.ctx, wanted, [int(value)]).get(int(value), "") if value.isdigit() else ""
    return field


def _first_value(request: WebRequest, param: Param, wanted: Any) -> str:
    if param.default is not None and not param.required:
        default = param.default
        if isinstance(default, bool):
            return "1" if default else ""
        return str(default.value if isinstance(default, Choice) else default)
    return request.ctx.today.isoformat() if wanted is date and param.required else ""


_PARAM_KINDS: tuple[tuple[type, str], ...] = (
    (Choice, "choice"),
    (bool, "flag"),
    (datetime, "datetime"),
    (date, "date"),
    (Decimal, "money"),
    (int, "number"),
    (Model, "link"),
)


def _param_kind(wanted: Any, name: str) -> str:
    if not isinstance(wanted, type) or isinstance(wanted, types.GenericAlias):
        return "text"
    for kind, shown in _PARAM_KINDS:
        if issubclass(wanted, kind):
            return shown
    if "password" in name:
        return "password"
    return "note" if name in ("reason", "note", "comment", "damage", "text") else "text"


# --- one record -------------------------------------------------------------------------------------------------------


def _action_for(request: WebRequest, screen: Screen) -> Action[Any]:
    action = find_action(f"{model_name(screen.model)}.{request.matchdict['verb']}")
    if action is None or action.hidden or action.creates:
        raise NotFound(_("There is no such action."))
    return action


def _given(request: WebRequest, action: Action[Any]) -> dict[str, str]:
    """Read parameters; a switch that is off sends nothing."""
    return {
        name: str(request.POST.get(name, ""))
        for name, param in action.params.items()
        if name in request.POST or plain_type(param.annotation) is bool
    }


def _filled(given: Mapping[str, str]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value != ""}


def ask_one(request: WebRequest) -> Response:
    """Ask for the parameters of an action on one record, on a page of its own."""
    screen = screen_for(request)
    record = record_for(request, screen)
    return _ask(request, screen, _action_for(request, screen), [record.id], {}, None)


def do_one(request: WebRequest) -> Response:
    """Do an action on one record."""
    screen = screen_for(request)
    action, record = _action_for(request, screen), int(request.matchdict["id"])
    given = _given(request, action)
    try:
        outcome = run_here(request, action, [record], **_filled(given))
    except BusinessError as error:
        if action.params:
            return _ask(request, screen, action, [record], given, error)
        request.say(str(error), "bad")
        return HTTPSeeOther(request.to(f"{screen.path}/{record}"))
    from hanse.web.views.forms import tell

    tell(request, action, outcome)
    stay = request.to(screen.path if action.deletes else f"{screen.path}/{record}")
    return HTTPSeeOther(_made(request, outcome) or stay)


def _made(request: WebRequest, outcome: Outcome) -> str | None:
    """Give the page of what an action made, if it says so by giving a record that has one."""
    made = outcome.result
    target = screen_of(type(made)) if isinstance(made, Model) else None
    return None if target is None else request.to(f"{target.path}/{made.id}")


def _ask(
    request: WebRequest,
    screen: Screen,
    action: Action[Any],
    ids: Sequence[int],
    given: Mapping[str, str],
    error: BusinessError | None,
) -> Response:
    errors = {one.field: str(one) for one in error.each() if one.field and one.field in action.params} if error else {}
    general = [{"message": str(one)} for one in error.each() if one.field not in action.params] if error else []
    one = len(ids) == 1 and "id" in request.matchdict
    form = {
        "action": request.to(
            f"{screen.path}/{ids[0]}/do/{action.verb}" if one else f"{screen.path}/-/do/{action.verb}"
        ),
        "title": action.label,
        "subtitle": _("%(count)s records", count=len(ids)) if not one else "",
        "sections": [{"fields": param_fields(request, action, given, errors), "one": True}],
        "hidden": [] if one else [{"name": "ids", "value": record} for record in ids],
        "errors": general,
    }
    crumbs = [{"title": screen.title, "url": request.to(screen.path)}]
    actions = [
        {"label": action.label, "submit": _FORM, "primary": True, "icon": action.icon, "confirm": action.confirm}
    ]
    page = page_of(request, action.label, breadcrumbs=crumbs, actions=actions)
    return render(request, "form.jinja2", page, status=422 if error else 200, form=form, dialogs=[])


# --- many records -----------------------------------------------------------------------------------------------------


def selected(request: WebRequest) -> list[int]:
    """Read the ids of the selected rows.

    :raises BusinessError: none, or too many
    """
    source = request.POST if request.method == "POST" else request.GET
    ids = [int(one) for one in cast("list[str]", source.getall("ids")) if one.isdigit() and len(one) < 19]
    if not ids:
        raise BusinessError(_("Select at least one row first."))
    if len(ids) > _MOST_SELECTED:
        raise BusinessError(_("Select at most %(most)s rows.", most=_MOST_SELECTED))
    return list(dict.fromkeys(ids))


def ask_many(request: WebRequest) -> Response:
    """Ask for the parameters of an action on the selected rows."""
    screen = screen_for(request)
    return _ask(request, screen, _action_for(request, screen), selected(request), {}, None)


def do_many(request: WebRequest) -> Response:
    """Do an action on the selected rows; what is refused is shown row by row, the rest is done."""
    screen = screen_for(request)
    action, ids = _action_for(request, screen), selected(request)
    given = _given(request, action)
    names = names_of(request.ctx, screen.model, ids)
    try:
        outcome = run_here(request, action, ids, partial=True, **_filled(given))
    except BusinessError as error:
        if action.params:
            return _ask(request, screen, action, ids, given, error)
        request.say(str(error), "bad")
        return HTTPSeeOther(_list_again(request, screen))
    if not outcome.refused:
        from hanse.web.views.forms import tell

        tell(request, action, outcome)
        return HTTPSeeOther(_made(request, outcome) or _list_again(request, screen))
    return _results(request, screen, action, outcome, names)


def _list_again(request: WebRequest, screen: Screen) -> str:
    """Give the list as the person left it."""
    referer = request.referer or ""
    start = f"{request.host_url}{request.to(screen.path)}"
    return referer if referer == start or referer.startswith(f"{start}?") else request.to(screen.path)


def _results(
    request: WebRequest, screen: Screen, action: Action[Any], outcome: Outcome, names: Mapping[int, str]
) -> Response:
    rows = [
        _result(request, screen, names, record, _("refused"), "bad", str(error))
        for record, error in outcome.refused.items()
    ]
    rows += [_result(request, screen, names, record, _("waits"), "warn", "") for record in outcome.held]
    rows += [_result(request, screen, names, record, _("done"), "ok", "") for record in outcome.done]
    columns = [
        {"name": "record", "label": screen.singular, "kind": "text"},
        {"name": "result", "label": _("Result"), "kind": "tag"},
        {"name": "reason", "label": _("Reason"), "kind": "text"},
    ]
    back = {"label": _("Back to the list"), "url": _list_again(request, screen), "primary": True}
    crumbs = [{"title": screen.title, "url": request.to(screen.path)}]
    title = _(
        "%(action)s: %(done)s done, %(refused)s refused",
        action=action.label,
        done=len(outcome.done),
        refused=len(outcome.refused),
    )
    page = page_of(request, title, breadcrumbs=crumbs, actions=[back])
    return render(
        request,
        "list.jinja2",
        page,
        list={"url": request.to(screen.path), "no_search": True, "columns": columns, "rows": rows},
    )


def _result(
    request: WebRequest, screen: Screen, names: Mapping[int, str], record: int, word: Any, tone: str, reason: str
) -> Values:
    cells = [
        {"kind": "title", "text": names.get(record, str(record)), "url": request.to(f"{screen.path}/{record}")},
        {"kind": "tag", "text": word, "tone": tone},
        {"kind": "text", "text": reason},
    ]
    return {"id": record, "url": request.to(f"{screen.path}/{record}"), "cells": cells}


# --- printing ---------------------------------------------------------------------------------------------------------


def print_one(request: WebRequest) -> Response:
    """Print one record."""
    screen = screen_for(request)
    return _print(request, screen, [int(request.matchdict["id"])])


def print_many(request: WebRequest) -> Response:
    """Print the selected rows."""
    screen = screen_for(request)
    return _print(request, screen, selected(request))


def _print(request: WebRequest, screen: Screen, ids: list[int]) -> Response:
    document = next(
        (one for one in offered_documents(request.ctx, screen) if one.name == request.matchdict["document"]), None
    )
    if document is None:
        raise NotFound(_("There is no such document."))
    return document.answer(request, screen.model, ids)

"""The page on which duplicates are merged: which goes on, whose values win, and what would be moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from hanse.actions import Action, find_action
from hanse.errors import BusinessError, NotFound
from hanse.i18n import _
from hanse.life.merging import choosable
from hanse.life.moving import read_values
from hanse.life.plans import collisions, contexts, merged_values
from hanse.life.preview import Line, preview
from hanse.models import Field, Kind
from hanse.screens import Screen
from hanse.screens.formats import field_formatter
from hanse.screens.names import names_of
from hanse.security.clauses import visible_clause
from hanse.security.permissions import verb
from hanse.web.page import page_of, render
from hanse.web.request import WebRequest
from hanse.web.views.actions import run_here
from hanse.web.views.forms import tell
from hanse.web.views.found import screen_for

Values = dict[str, Any]
#: Records beside each other on the page.
_MOST = 8


def _action(request: WebRequest, screen: Screen) -> Action[Any]:
    found = find_action(verb(screen.model, "merge"))
    if found is None or found.addon not in request.ctx.seen:
        raise NotFound(_("There is no such page, or it is not for you."))
    request.ctx.require(found.permission)
    return found


def show(request: WebRequest) -> Response:
    """Show the chosen records beside each other, and what merging them would do."""
    screen = screen_for(request)
    action = _action(request, screen)
    return _draw(request, screen, action, _Choice.read(request, screen, request.GET))


def do(request: WebRequest) -> Response:
    """Merge; what came ``ids`` only from a list is asked first."""
    screen = screen_for(request)
    action = _action(request, screen)
    choice = _Choice.read(request, screen, request.POST)
    if "survivor" not in request.POST:
        return HTTPSeeOther(request.to(f"{screen.path}/-/merge", [("ids", str(one)) for one in choice.ids]))
    try:
        outcome = run_here(request, action, choice.ids, survivor=choice.survivor, values=choice.taken)
    except BusinessError as error:
        return _draw(request, screen, action, choice, [str(one) for one in error.each()])
    tell(request, action, outcome)
    return HTTPSeeOther(request.to(f"{screen.path}/{choice.survivor}"))


class _Choice:
    """What is chosen on the page."""

    def __init__(self, ids: list[int], survivor: int, taken: dict[str, int]) -> None:
        self.ids = ids
        self.survivor = survivor
        self.taken = taken

    @classmethod
    def read(cls, request: WebRequest, screen: Screen, given: Any) -> _Choice:
        """Read the ids that are there for the person, and the choices made among them.

        :raises BusinessError: none, or too many
        """
        texts = [*cast("list[str]", given.getall("ids")), *cast("list[str]", given.getall("add"))]
        wanted = list(dict.fromkeys(int(one) for one in texts if one.isdigit() and len(one) < 19))
        model = screen.model
        within = (model.id.in_(wanted), visible_clause(request.ctx, model, verb(model, "merge")))
        there = set(request.ctx.visible(model, *within).ids)
        ids = [one for one in wanted if one in there]
        if not ids:
            raise BusinessError(_("Select at least one row first."))
        if len(ids) > _MOST:
            raise BusinessError(_("Merge at most %(most)s records at a time.", most=_MOST))
        asked = str(given.get("survivor", ""))
        survivor = int(asked) if asked.isdigit() and int(asked) in ids else min(ids)
        taken = {
            str(name).removeprefix("take-"): int(value)
            for name, value in given.items()
            if str(name).startswith("take-") and str(value).isdigit() and int(value) in ids
        }
        return cls(ids, survivor, taken)

    @property
    def losers(self) -> list[int]:
        """The records that are merged into the survivor."""
        return [one for one in self.ids if one != self.survivor]


def _draw(
    request: WebRequest, screen: Screen, action: Action[Any], choice: _Choice, errors: Sequence[str] = ()
) -> Response:
    ctx, model = request.ctx, screen.model
    names = names_of(ctx, model, choice.ids)
    found = list(errors)
    lines: list[Line] = []
    if choice.losers:
        if not found:
            found = [
                str(one)
                for each in contexts(ctx, model)
                for one in collisions(each, model, choice.survivor, choice.losers)
            ]
            ctx.bind()
        lines = preview(ctx, model, choice.survivor, choice.losers)
    values: Values = {
        "url": request.to(f"{screen.path}/-/merge"),
        "complete_url": request.to(f"{screen.path}/-/complete"),
        "ids": choice.ids,
        "survivor": choice.survivor,
        "records": [
            {"id": one, "name": names.get(one) or f"#{one}", "url": request.to(f"{screen.path}/{one}")}
            for one in choice.ids
        ],
        "fields": _fields(request, screen, choice),
        "lines": lines,
        "moved": sum(line.count + line.hidden for line in lines),
        "errors": found,
    }
    crumbs = [{"title": screen.title, "url": request.to(screen.path)}]
    actions: list[Values] = []
    if choice.losers and not (found and not errors):
        label = _("Merge %(count)s into one", count=len(choice.ids))
        actions = [{"label": label, "submit": "merge-form", "primary": True, "icon": action.icon}]
    page = page_of(request, action.label, breadcrumbs=crumbs, actions=actions)
    return render(request, "merge.jinja2", page, status=422 if errors else 200, merge=values)


def _fields(request: WebRequest, screen: Screen, choice: _Choice) -> list[Values]:
    """Give the fields in which the records differ, and what each of them holds."""
    ctx, model = request.ctx, screen.model
    fields = choosable(ctx, model)
    stored = read_values(ctx, model, choice.ids, fields)
    ordered = {one: stored[one] for one in (choice.survivor, *choice.losers)}
    winners = merged_values(fields, ordered, choice.survivor, choice.taken)
    rows: list[Values] = []
    for field in fields:
        values = [stored[one][field.name] for one in choice.ids]
        if len({str(value) for value in values}) < 2:
            continue
        texts = _texts(request, field, values)
        cells = [
            {"id": one, "text": text, "chosen": winners[field.name] == one}
            for one, text in zip(choice.ids, texts, strict=True)
        ]
        rows.append({"name": field.name, "label": field.label, "cells": cells})
    return rows


def _texts(request: WebRequest, field: Field, values: Sequence[Any]) -> list[str]:
    ctx = request.ctx
    if field.kind is Kind.LINK:
        assert field.target is not None
        names: Mapping[int, str] = names_of(ctx, field.target, [value for value in values if value])
        return ["" if value is None else names.get(value, str(value)) for value in values]
    if field.kind is Kind.FLAG:
        return [str(_("Yes") if value else _("No")) for value in values]
    write = field_formatter(ctx, field)
    return ["" if value is None else write(value) for value in values]

"""Which addons a company works with, and which of its departments see them: the matrix, and the plan to agree to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from hanse.actions import find_action
from hanse.addons import Addon, installed
from hanse.enabling.effects import effects_of
from hanse.enabling.planning import make_plan
from hanse.enabling.switches import Switches, Wish, read_switches
from hanse.enabling.wording import describe, listed, titles
from hanse.errors import BusinessError, Forbidden, Stale
from hanse.i18n import Label, _
from hanse.web.page import page_of, render
from hanse.web.request import WebRequest

Values = dict[str, Any]
PATH, ONE = "/core/addons", "/core/addon"
_ANSWER = "answer-"


def show(request: WebRequest) -> Response:
    """Show the matrix; a POST shows the plan of what was ticked, or does what was agreed to."""
    if request.method != "POST":
        return _show_matrix(request)
    step = str(request.POST.get("do", "plan"))
    if step == "apply":
        return _apply(request)
    wish = _stored_wish(request) if step == "others" else _ticked(request)
    return show_plan(request, wish)


# --- the matrix -------------------------------------------------------------------------------------------------------


def _show_matrix(request: WebRequest) -> Response:
    now = read_switches(request.ctx)
    matrix: Values = {
        "action": request.to(PATH),
        "was": json.dumps(_as_drawn(now)),
        "places": [{"id": place.id, "name": place.name, "depth": min(place.depth, 5)} for place in now.places],
        "rows": [_row(request, addon, now) for addon in installed().addons.values()],
    }
    actions: list[Values] = [
        {
            "label": _("See what will change"),
            "submit": "addon-form",
            "name": "do",
            "value": "plan",
            "primary": True,
            "icon": "list-check",
        }
    ]
    page = page_of(request, _("Addons"), actions=actions)
    return render(request, "addons.jinja2", page, matrix=matrix)


def _as_drawn(now: Switches) -> Values:
    """Keep what the boxes say before anybody ticks, so that only what is ticked changes, whatever others do."""
    shown: dict[int, list[str]] = {}
    for addon, place in sorted(now.shown):
        shown.setdefault(place, []).append(addon)
    return Wish(frozenset(now.on & set(installed().addons)), shown=_frozen(shown)).stored()


def _frozen(shown: Mapping[int, list[str]]) -> dict[int, frozenset[str]]:
    return {place: frozenset(addons) for place, addons in shown.items()}


def _row(request: WebRequest, addon: Addon, now: Switches) -> Values:
    own = now.departments_of(addon.name)
    covered = {place.id for place in now.places if place.id not in own and own & set(now.line_of(place.id))}
    on = addon.name in now.on
    return {
        "key": addon.key,
        "title": addon.title,
        "url": request.to(ONE, addon=addon.key),
        "description": addon.description,
        "needs": titles(addon.enabling_needs),
        "bridge": addon.bridge,
        "on": on,
        "shown": _shown_to(now, addon.name) if on else _("switched off"),
        "cells": []
        if addon.bridge
        else [
            {"place": place.id, "name": place.name, "value": place.id in own, "covered": place.id in covered}
            for place in now.places
        ],
    }


def _shown_to(now: Switches, addon: str) -> Label:
    """Say who sees an addon that is on, as far as switches decide it."""
    own = now.departments_of(addon)
    if own:
        return listed(place.name for place in now.places if place.id in own)
    narrowed = [need for need in installed().addons[addon].enabling_needs if now.departments_of(need)]
    if narrowed:
        return _("who sees %(addons)s", addons=titles(narrowed))
    return _("everybody")


def _ticked(request: WebRequest) -> Wish:
    """Read what was ticked and unticked since the matrix was drawn, as a wish about what is there now."""
    drawn = Wish.read(_json(request, "was"))
    now = read_switches(request.ctx)
    addons = [addon for addon in installed().addons.values() if not addon.bridge]
    ticked = {addon.name for addon in addons if request.POST.get(f"on-{addon.key}") == "1"}
    was = {addon.name for addon in addons} & drawn.on
    shown: dict[int, frozenset[str]] = {}
    for place in now.places:
        boxes = {addon.name for addon in addons if request.POST.get(f"see-{addon.key}-{place.id}") == "1"}
        before = set(drawn.shown.get(place.id, frozenset[str]())) & {addon.name for addon in addons}
        if boxes != before:
            there = {addon for addon, department in now.shown if department == place.id}
            shown[place.id] = frozenset((there | (boxes - before)) - (before - boxes))
    return Wish(frozenset(ticked - was), frozenset(was - ticked), shown)


def _json(request: WebRequest, name: str) -> object:
    try:
        found: object = json.loads(str(request.POST.get(name, "")) or "{}")
    except (ValueError, RecursionError):
        raise BusinessError(_("Say which addons are to be switched on or off."), field=name) from None
    return found


def _stored_wish(request: WebRequest) -> Wish:
    found = Wish.read(_json(request, "wish"))
    return Wish(found.on, found.off, found.shown, request.POST.get("do") == "others" or found.others)


# --- the plan ---------------------------------------------------------------------------------------------------------


def show_plan(request: WebRequest, wish: Wish, *, notice: Label = "", error: BusinessError | None = None) -> Response:
    """Show what a wish would change, to be agreed to.

    :param notice: why it is shown again
    :param error: what was wrong with an answer
    """
    plan = make_plan(read_switches(request.ctx), wish)
    effects = effects_of(request.ctx, plan)
    if plan.is_empty and not plan.against:
        request.say(notice or _("Nothing would change."))
        return HTTPSeeOther(request.to(PATH))
    fields = [
        {
            "name": f"{_ANSWER}{one.name}",
            "label": one.label,
            "kind": one.kind,
            "value": str(request.POST.get(f"{_ANSWER}{one.name}", one.default)),
            "help": one.help,
            "required": one.required and one.kind != "flag",
            "choices": [{"value": value, "label": label} for value, label in one.choices],
            "error": str(error) if error is not None and error.field == one.name else "",
        }
        for one in effects.questions
    ]
    values: Values = {
        "action": request.to(PATH),
        "back_url": request.to(PATH),
        "wish": json.dumps(wish.stored()),
        "basis": plan.basis,
        "notice": notice or (str(error) if error is not None and not any(one["error"] for one in fields) else ""),
        "parts": [
            {"title": part.title, "icon": part.icon, "tone": part.tone, "lines": part.lines}
            for part in describe(plan, effects)
        ],
        "fields": fields,
        "others": bool(plan.against) and not wish.others,
    }
    page = page_of(
        request,
        _("What will change"),
        breadcrumbs=[{"title": _("Addons"), "url": request.to(PATH)}],
        actions=_plan_actions(request, refused=bool(plan.against), others=values["others"]),
    )
    return render(request, "addon_plan.jinja2", page, plan=values, status=422 if notice or error else 200)


def _plan_actions(request: WebRequest, *, refused: bool, others: bool) -> list[Values]:
    back: Values = {"label": _("Back"), "url": request.to(PATH), "icon": "arrow-left", "quiet": True}
    step: Values = {"submit": "plan-form", "name": "do", "primary": True}
    if not refused:
        return [back, step | {"label": _("Change it so"), "value": "apply", "icon": "check"}]
    if others:
        return [back, step | {"label": _("Switch these off as well"), "value": "others", "icon": "list-check"}]
    return [back]


def _apply(request: WebRequest) -> Response:
    """Do what somebody agreed to, unless anything has changed since they read it."""
    wish, action = Wish.read(_json(request, "wish")), find_action("core.company.switch_addons")
    assert action is not None
    answers = {
        name.removeprefix(_ANSWER): str(value) for name, value in request.POST.items() if name.startswith(_ANSWER)
    }
    basis = str(request.POST.get("basis", ""))
    try:
        request.ctx.run(action, [request.ctx.company.id], wish=wish.stored(), basis=basis, answers=answers)
    except Forbidden:
        raise
    except Stale as error:
        return show_plan(request, wish, notice=error.message)
    except BusinessError as error:
        return show_plan(request, wish, error=error)
    request.say(_("Changed. Everybody sees it from their next page on."))
    return HTTPSeeOther(request.to(PATH))

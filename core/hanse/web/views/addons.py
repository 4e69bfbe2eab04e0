"""Which addons a company works with, and which of its departments see them."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from sqlalchemy import select

from hanse.actions import find_action
from hanse.addons import Addon, installed
from hanse.directory.models import Department, DepartmentAddon
from hanse.errors import BusinessError
from hanse.i18n import _
from hanse.models import link_id
from hanse.web.page import page_of, render
from hanse.web.request import WebRequest
from hanse.web.views.actions import run_here

PATH = "/core/addons"


def show(request: WebRequest) -> Response:
    """Show the table, or take it back filled in."""
    return _save(request) if request.method == "POST" else _show(request)


def _departments(request: WebRequest) -> list[tuple[int, str]]:
    ctx = request.ctx
    query = (
        select(Department.id, Department.name)
        .where(Department.company_id == ctx.company.id, Department.active)
        .order_by(Department.id)
    )
    return [(row[0], row[1]) for row in ctx.session.execute(query)]


def _rows(request: WebRequest) -> set[tuple[int, str]]:
    ctx = request.ctx
    query = select(link_id(DepartmentAddon.department), DepartmentAddon.addon).where(
        DepartmentAddon.company_id == ctx.company.id
    )
    return {(row[0], row[1]) for row in ctx.session.execute(query)}


def _show(request: WebRequest) -> Response:
    departments, seen = _departments(request), _rows(request)
    heads = ["", _("On"), *(name for _id, name in departments)]
    rows = [_row(request, addon, departments, seen) for addon in installed().addons.values()]
    matrix = {
        "action": request.to(PATH),
        "help": _(
            "“On” decides what the company works with. Tick departments to show an addon to them only; what no "
            "department has ticked is seen by everybody. Data stays when an addon is switched off."
        ),
        "groups": [
            {"title": _("Addons of %(company)s", company=request.ctx.company.name), "heads": heads, "rows": rows}
        ],
    }
    actions = [
        {
            "label": _("Save"),
            "submit": "record-form",
            "name": "action",
            "value": "save",
            "primary": True,
            "icon": "device-floppy",
        }
    ]
    return render(request, "matrix.jinja2", page_of(request, _("Addons"), actions=actions), matrix=matrix)


def _row(
    request: WebRequest, addon: Addon, departments: list[tuple[int, str]], seen: set[tuple[int, str]]
) -> dict[str, Any]:
    on = {
        "name": f"on-{addon.key}",
        "label": f"{addon.title}: {_('On')}",
        "kind": "check",
        "value": addon.name in request.ctx.enabled,
        "disabled": addon.bridge,
    }
    cells = [on]
    for id_, name in departments:
        cells.append(
            {
                "name": f"see-{addon.key}-{id_}",
                "label": f"{addon.title}: {name}",
                "kind": "check",
                "value": (id_, addon.name) in seen,
            }
        )
    hint = _("on by itself where all it joins are on") if addon.bridge else addon.description
    return {"label": addon.title, "hint": hint, "cells": cells}


def _save(request: WebRequest) -> Response:
    try:
        with request.db.begin_nested():
            _switch(request)
            _show_to_departments(request)
    except BusinessError as error:
        request.say(str(error), "bad")
        return HTTPSeeOther(request.to(PATH))
    request.say(_("Saved."))
    return HTTPSeeOther(request.to(PATH))


def _switch(request: WebRequest) -> None:
    """Switch on what others need first, and off what needs others first."""
    ctx = request.ctx
    on, off = find_action("core.company.enable_addon"), find_action("core.company.disable_addon")
    assert on is not None
    assert off is not None
    addons = [addon for addon in installed().addons.values() if not addon.bridge]
    wanted = {addon.name for addon in addons if request.POST.get(f"on-{addon.key}") == "1"}
    for addon in reversed(addons):
        if addon.name in ctx.enabled and addon.name not in wanted:
            request.ctx.run(off, [ctx.company.id], addon=addon.name)
    for addon in addons:
        if addon.name not in ctx.enabled and addon.name in wanted:
            request.ctx.run(on, [ctx.company.id], addon=addon.name)


def _show_to_departments(request: WebRequest) -> None:
    action = find_action("core.department.show_addons")
    assert action is not None
    before = _rows(request)
    for id_, _name in _departments(request):
        now = [name for name, addon in installed().addons.items() if request.POST.get(f"see-{addon.key}-{id_}") == "1"]
        if set(now) != {name for department, name in before if department == id_}:
            run_here(request, action, [id_], addons=now)

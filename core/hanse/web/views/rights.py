"""The rights of a role as a table: one row for each kind of record, one column for each verb, a scope in each cell."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from sqlalchemy import select

from hanse.actions import all_actions, find_action
from hanse.addons import installed
from hanse.directory.models import PermissionScope, Role, RolePermission
from hanse.directory.names import role_name
from hanse.errors import BusinessError, NotFound
from hanse.exchange.targets import create_of
from hanse.i18n import KERNEL, Label, _
from hanse.models import Model, declared_models
from hanse.models.fields import NOBODY
from hanse.screens import screen_of
from hanse.security.permissions import VERBS, labels, model_name, verb
from hanse.web.page import page_of, render
from hanse.web.request import WebRequest
from hanse.web.views.actions import run_here

PATH = "/core/permissions"
Held = dict[str, PermissionScope]


def show(request: WebRequest) -> Response:
    """Show the rights of the chosen role, or take them back changed."""
    stored = request.ctx.session.execute(select(Role.id, Role.name).order_by(Role.id))
    roles = [(id_, role_name(name)) for id_, name in stored]
    wanted = str(request.POST.get("role") or request.GET.get("role") or (roles[0][0] if roles else ""))
    chosen = next((id_ for id_, _name in roles if str(id_) == wanted), None)
    if chosen is None:
        raise NotFound(_("There is no such role."))
    return _save(request, chosen) if request.method == "POST" else _show(request, roles, chosen)


def _held(request: WebRequest, role: int) -> Held:
    """Give what a role holds; of two scopes for one permission the wider."""
    rows = request.ctx.session.execute(
        select(RolePermission.permission, RolePermission.scope).where(RolePermission.role.is_(role))
    )
    order = list(PermissionScope)
    held: Held = {}
    for name, scope in rows:
        if name not in held or order.index(scope) > order.index(held[name]):
            held[name] = scope
    return held


def _show(request: WebRequest, roles: list[tuple[int, str]], chosen: int) -> Response:
    held = _held(request, chosen)
    general = sorted(name for name in held if "*" in name)
    segments = [
        {"label": name, "url": request.to(PATH, role=str(id_)), "current": id_ == chosen} for id_, name in roles
    ]
    notice: Label = ""
    if general:
        listed = ", ".join(f"{name} ({held[name].label})" for name in general)
        notice = _(
            "Besides the table this role holds whole groups of rights: %(rights)s. They stand in the form of the role.",
            rights=listed,
        )
    matrix = {
        "action": request.to(PATH),
        "hidden": [{"name": "role", "value": chosen}],
        "segments": segments,
        "notice": notice,
        "help": _("How far each right reaches; an empty cell: not at all."),
        "groups": _groups(held),
    }
    actions = [
        {"label": _("Open the role"), "url": request.to(f"/core/role/{chosen}")},
        {
            "label": _("Save"),
            "submit": "record-form",
            "name": "action",
            "value": "save",
            "primary": True,
            "icon": "device-floppy",
        },
    ]
    return render(request, "matrix.jinja2", page_of(request, _("Permissions"), actions=actions), matrix=matrix)


def _shown_models() -> list[type[Model]]:
    return [model for model in declared_models if screen_of(model) is not None]


def _special() -> dict[str, Label]:
    """Give the permissions that are no general verb: those declared, and those that actions ask for."""
    found: dict[str, Label] = dict(labels)
    for one in all_actions():
        special = one.permission.rpartition(".")[2] not in VERBS
        if special and not one.inner and one.permission != NOBODY:
            found.setdefault(one.permission, one.label)
    return found


def _groups(held: Held) -> list[dict[str, Any]]:
    special = _special()
    groups: list[dict[str, Any]] = []
    for name, title in [(KERNEL, _("System")), *((name, addon.title) for name, addon in installed().addons.items())]:
        rows = [_model_row(model, held) for model in _shown_models() if model.__addon__ == name]
        if rows:
            groups.append({"title": title, "heads": ["", *VERBS.values()], "rows": rows})
        key = installed().key_of(name)
        more = [
            {"label": label, "hint": permission, "cells": [_cell(permission, label, held)]}
            for permission, label in sorted(special.items())
            if permission.partition(".")[0] == key
        ]
        if more:
            groups.append(
                {"title": _("%(addon)s: particular rights", addon=title), "heads": ["", _("Scope")], "rows": more}
            )
    return groups


def _model_row(model: type[Model], held: Held) -> dict[str, Any]:
    screen = screen_of(model)
    title = screen.title if screen is not None else model.__name__
    cells = [
        _cell(verb(model, name), f"{title}: {label}", held) if _exists(model, name) else {}
        for name, label in VERBS.items()
    ]
    return {"label": title, "hint": model_name(model), "cells": cells}


def _exists(model: type[Model], name: str) -> bool:
    if name == "import":
        return create_of(model) is not None
    return name in ("read", "export") or find_action(verb(model, name)) is not None


def _cell(permission: str, label: Label, held: Held) -> dict[str, Any]:
    scope = held.get(permission)
    choices = [{"value": one.value, "label": one.label} for one in PermissionScope]
    return {
        "name": permission,
        "label": label,
        "kind": "choice",
        "value": scope.value if scope else "",
        "choices": choices,
        "required": False,
    }


def _save(request: WebRequest, role: int) -> Response:
    """Write back what the table holds, and leave alone what it does not show."""
    shown = {cell["name"] for group in _groups({}) for row in group["rows"] for cell in row["cells"] if cell}
    kept = [(name, scope) for name, scope in _held(request, role).items() if name not in shown]
    scopes = {one.value: one for one in PermissionScope}
    given = [
        (name, scopes[str(request.POST.get(name))])
        for name in sorted(shown)
        if str(request.POST.get(name, "")) in scopes
    ]
    update = find_action("core.role.update")
    assert update is not None
    lines = [{"permission": name, "scope": scope} for name, scope in [*kept, *given]]
    try:
        run_here(request, update, [role], values={"permissions": lines})
    except BusinessError as error:
        request.say(str(error), "bad")
    else:
        request.say(_("Saved."))
    return HTTPSeeOther(request.to(PATH, role=str(role)))

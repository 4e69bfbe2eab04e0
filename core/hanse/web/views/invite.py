"""Inviting people: one or many, with the roles and departments that all of them get."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from sqlalchemy import select

from hanse.actions import find_action
from hanse.directory.models import Department, Role
from hanse.directory.names import role_name
from hanse.errors import BusinessError
from hanse.i18n import Label, _
from hanse.web.page import page_of, render
from hanse.web.request import WebRequest

Values = dict[str, Any]
PATH = "/core/invite"
MOST = 200
_LINE = re.compile(r"(?P<name>[^<>\t,;]*?)[\s,;<]*(?P<email>[^\s<>,;]+@[^\s<>,;]+)>?\s*")


@dataclass(frozen=True)
class Invited:
    """Somebody to be invited, as a line says it."""

    line: int
    name: str
    email: str


def show(request: WebRequest) -> Response:
    """Show the form; a POST invites."""
    given: Values = {"people": "", "role": [], "department": [], "locale": request.ctx.company.locale}
    if request.method != "POST":
        return _answer(request, given, [])
    given = {
        "people": str(request.POST.get("people", "")),
        "role": [str(one) for one in request.POST.getall("role")],
        "department": [str(one) for one in request.POST.getall("department")],
        "locale": str(request.POST.get("locale", "")),
    }
    try:
        people = read_people(given["people"])
    except BusinessError as error:
        return _answer(request, given, [("people", str(error))])
    savepoint = request.db.begin_nested()
    if errors := _invite(request, people, given):
        savepoint.rollback()
        return _answer(request, given, errors)
    savepoint.commit()
    request.say(_("%(count)s people are invited.", count=len(people)))
    return HTTPSeeOther(request.to("/core/user"))


def read_people(text: str) -> list[Invited]:
    """Read one person a line: ``Ann Example <ann@example.com>``, or name and address with a comma or tab between.

    :raises BusinessError: a line holds no address, two hold the same, or there are none or too many
    """
    found: list[Invited] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise BusinessError(
                _("Line %(line)s: write a name and an e-mail address, such as Ann <ann@example.com>.", line=number),
                field="people",
            )
        email = match["email"]
        if email.lower() in {one.email.lower() for one in found}:
            raise BusinessError(
                _("Line %(line)s: %(email)s stands there twice.", line=number, email=email), field="people"
            )
        found.append(Invited(number, match["name"].strip(" \"'") or email.partition("@")[0], email))
    if not 1 <= len(found) <= MOST:
        raise BusinessError(_("Write between 1 and %(most)s people, one a line.", most=MOST), field="people")
    return found


def _invite(request: WebRequest, people: list[Invited], given: Values) -> list[tuple[str, str]]:
    """Invite everybody or nobody; give what is wrong, by line."""
    action = find_action("core.user.invite")
    assert action is not None
    errors: list[tuple[str, str]] = []
    for one in people:
        try:
            request.ctx.run(
                action,
                name=one.name,
                email=one.email,
                roles=_ids(given["role"]),
                departments=_ids(given["department"]),
                locale=given["locale"],
            )
        except BusinessError as error:
            for part in error.each():
                if part.field in ("role", "roles"):
                    return [("role", str(part))]
                errors.append(("people", str(_("Line %(line)s: %(error)s", line=one.line, error=str(part)))))
    return errors


def _ids(given: list[str]) -> list[int]:
    return [int(one) for one in given if one.isascii() and one.isdigit() and len(one) < 19]


def _answer(request: WebRequest, given: Values, errors: list[tuple[str, str]]) -> Response:
    ctx = request.ctx
    roles = [
        (str(id_), role_name(name)) for id_, name in ctx.session.execute(select(Role.id, Role.name).order_by(Role.id))
    ]
    departments = [
        (str(one.id), one.name)
        for one in ctx.visible(Department, Department.active.is_(True), Department.company_id == ctx.company.id)
    ]
    values: Values = {
        "action": request.to(PATH),
        "people": {
            "name": "people",
            "label": _("Whom to invite"),
            "kind": "note",
            "rows": 5,
            "value": given["people"],
            "required": True,
            "help": _("One a line: Ann Example <ann@example.com>"),
            "error": _first(errors, "people"),
        },
        "locale": {
            "name": "locale",
            "label": _("Language"),
            "kind": "choice",
            "value": given["locale"],
            "required": True,
            "choices": [{"value": "zh_CN", "label": "中文"}, {"value": "en", "label": "English"}],
        },
        "groups": [
            _group("role", _("Roles"), roles, given["role"], _first(errors, "role")),
            _group("department", _("Departments"), departments, given["department"], ""),
        ],
        "errors": [{"field": f"f-{name}", "message": message} for name, message in errors],
    }
    crumbs = [{"title": _("Users"), "url": request.to("/core/user")}]
    actions = [{"label": _("Invite"), "submit": "record-form", "primary": True, "icon": "mail"}]
    page = page_of(request, _("Invite people"), breadcrumbs=crumbs, actions=actions)
    return render(request, "invite.jinja2", page, status=422 if errors else 200, invite=values)


def _first(errors: list[tuple[str, str]], field: str) -> str:
    return "\n".join(message for name, message in errors if name == field)


def _group(name: str, label: Label, options: list[tuple[str, str]], chosen: list[str], error: str) -> Values:
    return {
        "name": name,
        "label": label,
        "error": error,
        "options": [{"value": value, "label": text, "on": value in chosen} for value, text in options],
    }

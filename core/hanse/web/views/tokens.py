"""The page that makes a token and shows it once."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from hanse.actions import find_action
from hanse.api.actions import MOST_DAYS
from hanse.api.models import ApiToken
from hanse.api.tokens import digest, new_secret
from hanse.directory.models import User
from hanse.errors import BusinessError
from hanse.i18n import _
from hanse.screens import screen_of
from hanse.web.page import page_of, render
from hanse.web.request import WebRequest
from hanse.web.views.found import record_of

Values = dict[str, Any]


def new_token(request: WebRequest) -> Response:
    """Make a token for the company one works in, of one's own or with ``record`` of another user; it is shown once."""
    user = _user(request)
    given = {"name": "", "days": "365", "permissions": "*"}
    errors: dict[str, str] = {}
    secret = None
    if request.method == "POST":
        given = {name: str(request.POST.get(name, "")).strip() for name in given}
        secret = new_secret()
        try:
            _create(request, user, given, secret)
        except BusinessError as error:
            errors, secret = {one.field or "name": str(one) for one in error.each()}, None
    return _answer(request, user, given, errors, secret)


def _user(request: WebRequest) -> User | None:
    """Give the user for whom somebody makes a token; None: oneself.

    :raises NotFound: there is no such user, or not for this person
    """
    given = str(request.params.get("record", ""))
    if not given or given == str(request.ctx.user.id):
        return None
    request.ctx.require("core.user.update")
    screen = screen_of(User)
    assert screen is not None
    return User.of(record_of(request, screen, int(given) if given.isdigit() and len(given) < 19 else 0))


def _create(request: WebRequest, user: User | None, given: dict[str, str], secret: str) -> None:
    create = find_action("core.api_token.create")
    assert create is not None
    days = given["days"]
    if not days.isdigit() or len(days) > 5:
        raise BusinessError(_("A token lives between 1 and %(most)s days.", most=MOST_DAYS), field="days")
    if not given["name"]:
        raise BusinessError(_("%(field)s is missing.", field=ApiToken.__fields__["name"].label), field="name")
    permissions = given["permissions"].replace(",", " ").split()
    company = request.ctx.company.id
    values: Values = {"name": given["name"], "token": digest(secret), "days": int(days), "permissions": permissions}
    request.ctx.run(create, **values, company=company, user=user)


def _answer(
    request: WebRequest, user: User | None, given: dict[str, str], errors: dict[str, str], secret: str | None
) -> Response:
    fields: list[Values] = [
        {"name": "name", "label": _("What it is for"), "kind": "text", "required": True},
        {"name": "days", "label": _("Days it lives"), "kind": "text", "required": True},
        {
            "name": "permissions",
            "label": _("Permissions"),
            "kind": "text",
            "help": _("Bounds such as finance.* or *.read; * is all that its user may."),
        },
    ]
    shown = [field | {"value": given[str(field["name"])], "error": errors.get(str(field["name"]))} for field in fields]
    form: Values = {
        "action": request.to("/core/new-token"),
        "title": _("New token"),
        "subtitle": _("With a token a program acts as you, in this company, through the programming interface.")
        if user is None
        else _("With a token a program acts as %(name)s, in this company.", name=user.name),
        "hidden": [] if user is None else [{"name": "record", "value": user.id}],
        "sections": [{"fields": shown, "one": True}],
        "errors": [{"field": f"f-{name}", "message": message} for name, message in errors.items()],
        "notices": [],
    }
    if secret is not None:
        shown_once = {"name": "secret", "label": _("Token"), "kind": "text", "value": secret, "readonly": True}
        form["sections"] = [{"fields": [shown_once], "one": True}]
        form["notices"] = [{"tone": "ok", "text": _("Copy the token now: it is shown only this once.")}]
    actions = [] if secret else [{"label": _("Create"), "submit": "record-form", "primary": True, "icon": "key"}]
    crumbs = [{"title": _("Tokens"), "url": request.to("/core/api_token")}]
    if user is not None:
        crumbs = [
            {"title": _("Users"), "url": request.to("/core/user")},
            {"title": user.name, "url": request.to(f"/core/user/{user.id}")},
        ]
    shell = page_of(request, _("New token"), breadcrumbs=crumbs, actions=actions)
    return render(request, "form.jinja2", shell, status=422 if errors else 200, form=form, dialogs=[])

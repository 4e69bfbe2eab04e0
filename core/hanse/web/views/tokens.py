"""The page that makes a token and shows it once."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from hanse.actions import find_action
from hanse.api.actions import MOST_DAYS
from hanse.api.models import ApiToken
from hanse.api.tokens import digest, new_secret
from hanse.errors import BusinessError
from hanse.i18n import _
from hanse.web.page import page_of, render
from hanse.web.request import WebRequest

Values = dict[str, Any]


def new_token(request: WebRequest) -> Response:
    """Make a token of one's own for the company one works in; it is shown once."""
    given = {"name": "", "days": "365", "permissions": "*"}
    errors: dict[str, str] = {}
    secret = None
    if request.method == "POST":
        given = {name: str(request.POST.get(name, "")).strip() for name in given}
        secret = new_secret()
        try:
            _create(request, given, secret)
        except BusinessError as error:
            errors, secret = {one.field or "name": str(one) for one in error.each()}, None
    return _answer(request, given, errors, secret)


def _create(request: WebRequest, given: dict[str, str], secret: str) -> None:
    create = find_action("core.api_token.create")
    assert create is not None
    days = given["days"]
    if not days.isdigit() or len(days) > 5:
        raise BusinessError(_("A token lives between 1 and %(most)s days.", most=MOST_DAYS), field="days")
    if not given["name"]:
        raise BusinessError(_("%(field)s is missing.", field=ApiToken.__fields__["name"].label), field="name")
    permissions = given["permissions"].replace(",", " ").split()
    company = request.ctx.company.id
    request.ctx.run(
        create, name=given["name"], token=digest(secret), days=int(days), permissions=permissions, company=company
    )


def _answer(request: WebRequest, given: dict[str, str], errors: dict[str, str], secret: str | None) -> Response:
    fields: list[Values] = [
        {"name": "name", "label": _("What it is for"), "kind": "text", "required": True},
        {"name": "days", "label": _("Days it lives"), "kind": "text", "required": True},
        {
            "name": "permissions",
            "label": _("Permissions"),
            "kind": "text",
            "help": _("Bounds such as finance.* or *.read; * is all that you may."),
        },
    ]
    shown = [field | {"value": given[str(field["name"])], "error": errors.get(str(field["name"]))} for field in fields]
    form: Values = {
        "action": request.to("/core/new-token"),
        "title": _("New token"),
        "subtitle": _("With a token a program acts as you, in this company, through the programming interface."),
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
    shell = page_of(request, _("New token"), breadcrumbs=crumbs, actions=actions)
    return render(request, "form.jinja2", shell, status=422 if errors else 200, form=form, dialogs=[])

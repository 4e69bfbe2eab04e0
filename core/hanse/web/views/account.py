"""One's own account: the password, and where one is signed in."""

from __future__ import annotations

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from sqlalchemy import text

from hanse.actions import find_action, system_context
from hanse.errors import BusinessError
from hanse.i18n import _
from hanse.security import sessions
from hanse.security.passwords import verify_password
from hanse.web.page import page_of, render
from hanse.web.request import WebRequest


def show(request: WebRequest) -> Response:
    """Show the account."""
    return _answer(request, {})


def save(request: WebRequest) -> Response:
    """Change one's own password; every other browser must sign in again."""
    old, new, again = (str(request.POST.get(name, "")) for name in ("old", "password", "again"))
    stored = request.db.scalar(text("SELECT password FROM core_user WHERE id = :id"), {"id": request.user.id})
    errors: dict[str, str] = {}
    if not verify_password(stored, old):
        errors["old"] = str(_("This is not your present password."))
    elif new != again:
        errors["again"] = str(_("The two new passwords differ."))
    if errors:
        return _answer(request, errors)
    action = find_action("core.user.set_password")
    assert action is not None
    own = system_context(request.db, request.user, request.ctx.company.id, via="web")
    try:
        with request.db.begin_nested():
            own.run(action, [request.user.id], password=new)
    except BusinessError as error:
        return _answer(request, {"password": str(error)})
    token = request.logged_in
    sessions.close_sessions_of(request.db, [request.user.id], but=token.id)
    request.say(_("Your password is changed. Other browsers must sign in again."))
    return HTTPSeeOther(request.to("/me"))


def _answer(request: WebRequest, errors: dict[str, str]) -> Response:
    names = (
        ("old", _("Present password"), "current-password"),
        ("password", _("New password"), "new-password"),
        ("again", _("New password again"), "new-password"),
    )
    fields = [
        {
            "name": name,
            "label": label,
            "kind": "password",
            "required": True,
            "autocomplete": complete,
            "error": errors.get(name, ""),
        }
        for name, label, complete in names
    ]
    form = {
        "action": request.to("/me"),
        "title": request.user.name,
        "subtitle": request.user.login,
        "sections": [{"title": _("Change the password"), "fields": fields, "one": True}],
        "errors": [{"field": f"f-{name}", "message": message} for name, message in errors.items()],
    }
    actions = [{"label": _("Change the password"), "submit": "record-form", "primary": True}]
    page = page_of(request, _("My account"), actions=actions)
    return render(request, "form.jinja2", page, status=422 if errors else 200, form=form, dialogs=[])

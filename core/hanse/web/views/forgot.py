"""Doors that links open: a new password by mail, and an invitation."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from hanse.errors import BusinessError
from hanse.i18n import _
from hanse.security.guessing import ask_for_link
from hanse.signin.links import Door, find_door
from hanse.signin.models import LinkKind
from hanse.signin.reset import ask_for_reset, choose_password
from hanse.web.page import bare_page, render
from hanse.web.request import WebRequest
from hanse.web.views.entering import go_on
from hanse.web.views.login import refuse_password

Values = dict[str, Any]


# --- asking -----------------------------------------------------------------------------------------------------------


def ask(request: WebRequest) -> Response:
    """Ask for whom a new password is wanted."""
    return _asking(request, request.GET.get("login", ""))


def send(request: WebRequest) -> Response:
    """Have a link mailed to whoever is meant; the answer is the same whether somebody is or not."""
    asked = str(request.POST.get("login", "")).strip()
    if not asked:
        missing = BusinessError(_("%(field)s is missing.", field=_("User name or e-mail")), field="login")
        return _asking(request, "", missing)
    session = request.services.database.session()
    try:  # a transaction of its own, so that it counts whatever becomes of the page
        ask_for_link(session, asked, request.address, request.now)
        ask_for_reset(session, asked, address=request.address, agent=request.user_agent or "")
        session.commit()
    except BusinessError as error:
        return _asking(request, asked, error)
    finally:
        session.close()
    return _letter(
        request,
        _("Look into your mailbox"),
        [
            _("If this is an account with an e-mail address, a link is on its way there. It works for 30 minutes."),
            _("Nothing comes? Look among the spam, or ask an administrator whether your address is right."),
        ],
        [{"label": _("Back to sign-in"), "url": request.to("/login")}],
    )


def _asking(request: WebRequest, asked: str, error: BusinessError | None = None) -> Response:
    values: Values = {
        "title": _("Forgotten the password?"),
        "text": _("Type your user name or e-mail address; a link to choose a new one is mailed to you."),
        "action": request.to("/forgot"),
        "error": str(error) if error else "",
        "fields": [
            {
                "name": "login",
                "label": _("User name or e-mail"),
                "kind": "text",
                "value": asked,
                "required": True,
                "autocomplete": "username",
                "autofocus": True,
            }
        ],
        "submit": _("Send the link"),
        "links": [{"label": _("Back to sign-in"), "url": request.to("/login")}],
    }
    return door_page(request, values, error.status if error else 200)


# --- choosing ---------------------------------------------------------------------------------------------------------


def show_reset(request: WebRequest) -> Response:
    """Show where a new password is chosen; looking does not use the link up, as programs look into mail too."""
    return _show(request, LinkKind.RESET)


def reset(request: WebRequest) -> Response:
    """Take the new password."""
    return _choose(request, LinkKind.RESET)


def show_invitation(request: WebRequest) -> Response:
    """Show what an invitation is for."""
    return _show(request, LinkKind.INVITATION)


def accept_invitation(request: WebRequest) -> Response:
    """Take the first password of somebody who was invited."""
    return _choose(request, LinkKind.INVITATION)


def _show(request: WebRequest, kind: LinkKind) -> Response:
    token = str(request.GET.get("token", ""))
    door = find_door(request.db, token, kind, request.now)
    return _gone(request, kind) if door is None else _choosing(request, door, token)


def _choose(request: WebRequest, kind: LinkKind) -> Response:
    token = str(request.POST.get("token", ""))
    door = find_door(request.db, token, kind, request.now, using=True)
    if door is None:
        return _gone(request, kind)
    password, again = (str(request.POST.get(name, "")) for name in ("password", "again"))
    if password != again:
        different = BusinessError(_("The two passwords differ."), field="again")
        return _choosing(request, door, token, different)
    try:
        refuse_password(request, door.login)
        with request.db.begin_nested():
            choose_password(request.db, door, password, address=request.address)
    except BusinessError as error:
        return _choosing(request, door, token, error)
    return go_on(request, door.user, "", way="invitation" if kind is LinkKind.INVITATION else "mail")


def _choosing(request: WebRequest, door: Door, token: str, error: BusinessError | None = None) -> Response:
    invited = door.kind is LinkKind.INVITATION
    least = request.settings.password_length
    wrong = error.field if error else None
    fields: list[Values] = [
        {
            "name": "password",
            "label": _("New password") if not invited else _("Password"),
            "kind": "password",
            "required": True,
            "autocomplete": "new-password",
            "autofocus": True,
            "help": _("At least %(least)s characters; several words are easy to keep in mind.", least=least),
            "error": str(error) if error and wrong != "again" else "",
        },
        {
            "name": "again",
            "label": _("The same again"),
            "kind": "password",
            "required": True,
            "autocomplete": "new-password",
            "error": str(error) if error and wrong == "again" else "",
        },
    ]
    values: Values = {
        "title": _("Welcome, %(name)s", name=door.name) if invited else _("Choose a new password"),
        "text": _("Choose a password; you sign in as %(login)s.", login=door.login)
        if invited
        else _("For %(login)s. All browsers in which you are signed in must sign in again.", login=door.login),
        "action": request.to("/welcome" if invited else "/password"),
        "hidden": [{"name": "token", "value": token}],
        "login": door.login,
        "fields": fields,
        "submit": _("Begin") if invited else _("Set the password and sign in"),
    }
    return door_page(request, values, error.status if error else 200)


def _gone(request: WebRequest, kind: LinkKind) -> Response:
    if kind is LinkKind.INVITATION:
        text = _(
            "It was used already, is older than seven days, or was withdrawn. Ask whoever invited you for another."
        )
        links = [{"label": _("Sign in"), "url": request.to("/login")}]
    else:
        text = _("It was used already, is older than half an hour, or a newer one was sent.")
        links = [
            {"label": _("Ask for another link"), "url": request.to("/forgot"), "primary": True},
            {"label": _("Sign in"), "url": request.to("/login")},
        ]
    return _letter(request, _("This link opens nothing any more"), [text], links, status=410)


# --- pages ------------------------------------------------------------------------------------------------------------


def _letter(request: WebRequest, title: Any, lines: list[Any], links: list[Values], *, status: int = 200) -> Response:
    values: Values = {"title": title, "text": lines[0], "more": lines[1:], "links": links}
    return door_page(request, values, status)


def door_page(request: WebRequest, values: Values, status: int = 200) -> Response:
    """Show a small page in front of the door."""
    return render(request, "door.jinja2", bare_page(request, values["title"]), status=status, door=values)

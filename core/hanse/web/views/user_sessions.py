"""Where somebody else is signed in, for administrators."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from hanse.actions import find_action
from hanse.directory.models import User
from hanse.errors import NotFound
from hanse.i18n import _
from hanse.screens import screen_of
from hanse.signin.reading import sessions_of
from hanse.web.page import page_of, render
from hanse.web.request import WebRequest
from hanse.web.views.account import session_rows
from hanse.web.views.actions import run_here
from hanse.web.views.found import record_of

PATH = "/core/user-sessions"


def show(request: WebRequest) -> Response:
    """Show the sessions of a user; a POST ends one."""
    user = _user(request)
    here = request.to(PATH, record=str(user.id))
    if request.method == "POST":
        action, given = find_action("core.user.end_session"), str(request.POST.get("id", ""))
        assert action is not None
        run_here(request, action, [user.id], session=int(given) if given.isdigit() and len(given) < 19 else 0)
        request.say(_("The session is ended."))
        return HTTPSeeOther(here)
    found = sessions_of(request.db, user.id, request.now)
    values: dict[str, Any] = {
        "sessions": session_rows(request, found, request.logged_in.id),
        "end_url": here,
        "name": user.name,
    }
    crumbs: list[dict[str, Any]] = [
        {"title": _("Users"), "url": request.to("/core/user")},
        {"title": user.name, "url": request.to(f"/core/user/{user.id}")},
    ]
    everywhere = {
        "label": _("Sign out everywhere"),
        "url": request.to(f"/core/user/{user.id}/do/end_sessions"),
        "method": "post",
        "icon": "logout",
        "confirm": _("Every browser in which they are signed in must sign in again. Go on?"),
    }
    page = page_of(request, _("Sessions"), breadcrumbs=crumbs, actions=[everywhere] if found else [])
    return render(request, "user_sessions.jinja2", page, doors=values)


def _user(request: WebRequest) -> User:
    """Give the user whom the page is about.

    :raises NotFound: there is no such user, or not for this person
    """
    given = str(request.params.get("record", ""))
    screen = screen_of(User)
    assert screen is not None
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        raise NotFound(_("This record is not there, or not for you."))
    return User.of(record_of(request, screen, int(given)))

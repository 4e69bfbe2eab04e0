"""Signing in and out."""

from __future__ import annotations

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from hanse.errors import BusinessError
from hanse.i18n import _
from hanse.security import sessions
from hanse.security.guessing import WrongLogin, check_login
from hanse.signin.refusals import note_refusal
from hanse.web.page import bare_page, render
from hanse.web.request import SESSION_COOKIE, WebRequest
from hanse.web.tweens import set_cookie
from hanse.web.views.entering import enter, inside, origin


def show(request: WebRequest) -> Response:
    """Show the sign-in page; who is signed in already goes on."""
    if request.browser is not None:
        return HTTPSeeOther(inside(request, request.GET.get("next", "")))
    return form(request, login=request.GET.get("login", ""), wanted=request.GET.get("next", ""))


def log_in(request: WebRequest) -> Response:
    """Check name and password, and begin a session."""
    login, password = str(request.POST.get("login", "")), str(request.POST.get("password", ""))
    wanted = str(request.POST.get("next", ""))
    try:
        user = check(request, login, password)
    except BusinessError as error:
        return form(request, login=login, wanted=wanted, error=error)
    return enter(request, user, wanted, way="password")


def check(request: WebRequest, login: str, password: str) -> int:
    """Check a password in a transaction of its own, so that a failed attempt is remembered.

    :raises BusinessError: it is wrong, or somebody must wait
    """
    session = request.services.database.session()
    try:
        return check_login(session, login, password, address=request.address, now=request.now)
    except WrongLogin:
        note_refusal(session, login, origin(request))
        raise
    finally:
        session.commit()
        session.close()


def log_out(request: WebRequest) -> Response:
    """End the session."""
    if request.browser is not None:
        sessions.close_session(request.db, request.browser.id)
        request.state.browser = None
    response = HTTPSeeOther(request.to("/login"))
    set_cookie(request, response, SESSION_COOKIE, None)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def form(
    request: WebRequest, *, login: str = "", wanted: str = "", error: BusinessError | None = None, notice: str = ""
) -> Response:
    """Show the sign-in page."""
    values = {
        "action": request.to("/login"),
        "name": login,
        "error": str(error) if error else "",
        "notice": notice,
        "next": wanted,
        "reset_url": request.to("/forgot"),
    }
    status = error.status if error else 200
    return render(request, "login.jinja2", bare_page(request, _("Sign in")), status=status, login=values)

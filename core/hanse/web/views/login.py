"""Signing in and out."""

from __future__ import annotations

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from hanse.errors import BusinessError
from hanse.i18n import _
from hanse.security import sessions
from hanse.web.page import bare_page, render
from hanse.web.request import FORM_COOKIE, SESSION_COOKIE, WebRequest
from hanse.web.tweens import set_cookie


def show(request: WebRequest) -> Response:
    """Show the sign-in page; who is signed in already goes on."""
    if request.browser is not None:
        return HTTPSeeOther(_wanted(request, request.GET.get("next", "")))
    return _form(request, login=request.GET.get("login", ""), wanted=request.GET.get("next", ""))


def log_in(request: WebRequest) -> Response:
    """Check name and password, and begin a session."""
    login, password = str(request.POST.get("login", "")), str(request.POST.get("password", ""))
    wanted = str(request.POST.get("next", ""))
    try:
        user = _check(request, login, password)
    except BusinessError as error:
        return _form(request, login=login, wanted=wanted, error=error)
    token = _begin(request, user)
    response = HTTPSeeOther(_wanted(request, wanted))
    set_cookie(request, response, SESSION_COOKIE, token)
    set_cookie(request, response, FORM_COOKIE, None)
    return response


def _check(request: WebRequest, login: str, password: str) -> int:
    """Check in a transaction of its own, so that a failed attempt is remembered."""
    session = request.services.database.session()
    try:
        return sessions.check_login(session, login, password, address=request.address, now=request.now)
    finally:
        session.commit()
        session.close()


def _begin(request: WebRequest, user: int) -> str:
    if request.browser is not None:
        sessions.close_session(request.db, request.browser.id)
    return sessions.open_session(
        request.db,
        user,
        now=request.now,
        hours=request.settings.session_hours,
        address=request.address,
        agent=request.user_agent or "",
    )


def log_out(request: WebRequest) -> Response:
    """End the session."""
    if request.browser is not None:
        sessions.close_session(request.db, request.browser.id)
        request.state.browser = None
    response = HTTPSeeOther(request.to("/login"))
    set_cookie(request, response, SESSION_COOKIE, None)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def _form(request: WebRequest, *, login: str, wanted: str, error: BusinessError | None = None) -> Response:
    values = {"action": request.to("/login"), "name": login, "error": str(error) if error else "", "next": wanted}
    return render(
        request, "login.jinja2", bare_page(request, _("Sign in")), status=error.status if error else 200, login=values
    )


def _wanted(request: WebRequest, wanted: str) -> str:
    """Give the address to go on to: a page of ours, never another site."""
    inside = (
        wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and "\n" not in wanted and "\r" not in wanted
    )
    return request.to("/") if not inside else f"{request.base}{wanted}"

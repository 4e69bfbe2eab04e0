"""Signing in and out."""

from __future__ import annotations

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from sqlalchemy import text

from hanse.errors import BusinessError
from hanse.i18n import Label, _
from hanse.security.guessing import WrongLogin, check_login
from hanse.signin.oidc import Client
from hanse.signin.refusals import note_refusal
from hanse.web.page import bare_page, render
from hanse.web.request import SESSION_COOKIE, WebRequest
from hanse.web.tweens import set_cookie
from hanse.web.views.entering import go_on, inside, origin


def show(request: WebRequest) -> Response:
    """Show the sign-in page; who is signed in already goes on."""
    if request.browser is not None:
        return HTTPSeeOther(inside(request, request.GET.get("next", "")))
    left = request.services.providers.get(request.GET.get("left", ""))
    notice = _("You are signed out of Hanse.") if left is not None else ""
    return form(
        request,
        login=request.GET.get("login", ""),
        wanted=request.GET.get("next", ""),
        notice=notice,
        out=_way_out(request, left),
    )


def _way_out(request: WebRequest, left: Client | None) -> dict[str, str] | None:
    """Give the way out of the provider through which somebody came, if it offers one."""
    if left is None:
        return None
    try:
        url = left.way_out(f"{request.settings.site}/login")
    except BusinessError:
        return None
    return {"url": url, "label": left.provider.title} if url else None


def log_in(request: WebRequest) -> Response:
    """Check name and password, and begin a session."""
    login, password = str(request.POST.get("login", "")), str(request.POST.get("password", ""))
    wanted = str(request.POST.get("next", ""))
    try:
        user = check(request, login, password)
        refuse_password(request, login)
    except BusinessError as error:
        return form(request, login=login, wanted=wanted, error=error)
    return go_on(request, user, wanted, way="password")


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


def refuse_password(request: WebRequest, login: str) -> None:
    """Refuse a password, though it is right, where single sign-on is the only way in.

    :raises BusinessError: it is, for this login
    """
    allowed = {one.lower() for one in request.settings.password_only_for}
    if allowed and login.strip().lower() not in allowed:
        raise BusinessError(_("Passwords are not for you here: sign in with your provider."))


def log_out(request: WebRequest) -> Response:
    """End the session; who came from a provider is offered to sign out there too."""
    provider = None
    if request.browser is not None:
        ended = text("DELETE FROM core_session WHERE id = :id RETURNING provider")
        provider = request.db.scalar(ended, {"id": request.browser.id})
        request.state.browser = None
    known = provider if provider in request.services.providers else None
    response = HTTPSeeOther(request.to("/login", left=str(known)) if known else request.to("/login"))
    set_cookie(request, response, SESSION_COOKIE, None)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def form(
    request: WebRequest,
    *,
    login: str = "",
    wanted: str = "",
    error: BusinessError | None = None,
    notice: Label = "",
    out: dict[str, str] | None = None,
) -> Response:
    """Show the sign-in page."""
    onward = [("next", wanted)] if wanted else []
    providers = [
        {"label": one.provider.title, "url": request.to(f"/login/sso/{name}", onward)}
        for name, one in request.services.providers.items()
    ]
    values = {
        "action": request.to("/login"),
        "name": login,
        "error": str(error) if error else "",
        "notice": notice,
        "next": wanted,
        "out": out,
        "providers": providers,
        "reset_url": request.to("/forgot") if not request.settings.password_only_for else "",
    }
    status = error.status if error else 200
    return render(request, "login.jinja2", bare_page(request, _("Sign in")), status=status, login=values)

"""How somebody likes their pages: language, company, columns."""

from __future__ import annotations

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from hanse.errors import NotFound
from hanse.i18n import LOCALES, _
from hanse.security import sessions
from hanse.web.request import LOCALE_COOKIE, WebRequest
from hanse.web.tweens import set_cookie
from hanse.web.views.found import screen_for
from hanse.web.views.work import back_to

_YEAR = 365 * 24 * 3600


def choose_locale(request: WebRequest) -> Response:
    """Remember the language, in the browser and for the person."""
    locale = str(request.POST.get("locale", ""))
    if locale not in LOCALES:
        raise NotFound(_("Hanse does not speak this language."))
    if request.browser is not None:
        sessions.set_locale_of(request.db, request.user.id, locale)
    response = HTTPSeeOther(back_to(request))
    set_cookie(request, response, LOCALE_COOKIE, locale, seconds=_YEAR)
    return response


def choose_company(request: WebRequest) -> Response:
    """Go on in another company."""
    wanted = str(request.POST.get("company", ""))
    if not any(str(id_) == wanted for id_, _name in request.companies):
        raise NotFound(_("You have no role in this company."))
    sessions.choose_company(request.db, request.logged_in.id, int(wanted))
    return HTTPSeeOther(request.to("/"))


def save_columns(request: WebRequest) -> Response:
    """Remember the columns of a list."""
    screen = screen_for(request)
    known = {column.name for column in screen.all_columns()}
    chosen = [name for name in request.POST.getall("columns") if name in known]
    sessions.set_preference(request.db, request.user.id, f"columns:{screen.name}", chosen or None)
    pairs = [
        (str(name), str(value))
        for name, value in request.POST.items()
        if name not in ("columns", "csrf_token", "after", "before")
    ]
    return HTTPSeeOther(request.to(screen.path, pairs))

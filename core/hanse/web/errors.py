"""Errors, for people: what happened and what to do; the details go to the log under a reference."""

from __future__ import annotations

import logging
from typing import Any

from pyramid.config import Configurator
from pyramid.exceptions import PredicateMismatch
from pyramid.httpexceptions import HTTPException, HTTPNotFound, HTTPSeeOther
from pyramid.response import Response
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hanse.api.problems import of_error, problem
from hanse.errors import BusinessError, HanseError
from hanse.files import StoreAway
from hanse.i18n import Label, _
from hanse.web.page import bare_page, render
from hanse.web.request import NoCompany, NotLoggedIn, WebRequest
from hanse.web.tweens import WrongToken

log = logging.getLogger("hanse.web")
TITLES: dict[int, Label] = {
    400: _("That request cannot be understood"),
    403: _("Not allowed"),
    404: _("Not found"),
    405: _("Not possible here"),
    409: _("Somebody was faster"),
    422: _("That cannot be done"),
    429: _("Too many attempts"),
    500: _("Something went wrong"),
    503: _("The database cannot be reached"),
    507: _("The disk is full"),
}


def answer(
    request: WebRequest,
    status: int,
    text: Label,
    *,
    hint: Label = "",
    reference: str = "",
    actions: list[dict[str, Any]] | None = None,
    title: Label = "",
) -> Response:
    """Say what went wrong: as a page, or as JSON to scripts."""
    title = title or TITLES.get(status, _("Something went wrong"))
    if request.is_api:
        return problem(status, title, text, more={"reference": reference} if reference else None)
    if request.wants_json:
        return Response(json_body={"error": str(title), "message": str(text), "reference": reference}, status=status)
    offered = actions if actions is not None else [{"label": _("Home page"), "url": request.to("/"), "primary": True}]
    error = {"code": status, "title": title, "text": text, "hint": hint, "reference": reference, "actions": offered}
    return render(request, "error.jinja2", bare_page(request, title), status=status, error=error)


def show_hanse_error(error: HanseError, request: WebRequest) -> Response:
    """Answer an error of our own."""
    status = int(getattr(error, "status", 500))
    if status >= 500 and not isinstance(error, BusinessError):
        return show_fault(error, request)
    title = _("The file storage cannot be reached") if isinstance(error, StoreAway) else TITLES.get(status)
    if request.is_api and isinstance(error, BusinessError):
        return of_error(error, title or _("That cannot be done"))
    return answer(request, status, str(error), title=title or "")


def show_login(error: NotLoggedIn, request: WebRequest) -> Response:
    """Lead whoever is not signed in to the sign-in page, and back afterwards."""
    if request.is_api:
        return problem(401, _("Not signed in"), str(error), headers={"WWW-Authenticate": "Bearer"})
    if request.wants_json:
        return answer(request, 401, str(error))
    wanted = request.path_info + (f"?{request.query_string}" if request.query_string else "")
    target = request.to("/login", next=wanted) if request.method == "GET" and wanted != "/" else request.to("/login")
    if request.is_partial:
        return Response(status=200, headers={"HX-Redirect": target})
    return HTTPSeeOther(target)


def show_no_company(error: NoCompany, request: WebRequest) -> Response:
    """Offer to found a company, to those who may."""
    actions = [
        {"label": _("Sign out"), "url": request.to("/logout"), "method": "post"},
        {"label": _("Set up a company"), "url": request.to("/setup"), "primary": True},
    ]
    return answer(request, 403, str(error), actions=actions)


def show_wrong_token(_error: WrongToken, request: WebRequest) -> Response:
    """Explain that a form was too old."""
    text = _("This form was opened before you signed in again, or it came from another site. Nothing was changed.")
    return answer(request, 403, text, hint=_("Go back, reload the page and send the form again."))


def show_http_error(error: HTTPException, request: WebRequest) -> Response:
    """Answer Pyramid's own errors; what is no error passes."""
    if error.status_int < 400:
        return error
    if isinstance(error, PredicateMismatch):
        return answer(request, 405, _("This address does not take %(method)s.", method=request.method))
    if isinstance(error, HTTPNotFound):
        return answer(
            request,
            404,
            _("There is no such page, or it is not for you."),
            hint=_("If a colleague sent you the link, ask whether you work in the same company."),
        )
    return answer(request, error.status_int, error.explanation or error.title)


def show_no_database(error: Exception, request: WebRequest) -> Response:
    """Say that the database is away; it is often back in a moment."""
    log.error("The database does not answer: %s", error)
    return answer(request, 503, _("Nothing is lost. Wait a moment, then try again."))


def show_fault(error: BaseException, request: WebRequest) -> Response:
    """Answer a fault of ours: nothing of it to the person but a reference."""
    reference = request.number
    log.error("%s %s failed, reference %s", request.method, request.path_info, reference, exc_info=error)
    text = _(
        "It is not your fault, and nothing was changed. Try again; if it happens again, "
        "tell the administrator the reference."
    )
    return answer(request, 500, text, reference=reference)


def include(config: Configurator) -> None:
    """Register the views of errors."""
    config.add_exception_view(show_hanse_error, context=HanseError)
    config.add_exception_view(show_login, context=NotLoggedIn)
    config.add_exception_view(show_no_company, context=NoCompany)
    config.add_exception_view(show_wrong_token, context=WrongToken)
    config.add_exception_view(show_http_error, context=HTTPException)
    config.add_exception_view(show_no_database, context=OperationalError)
    config.add_exception_view(show_no_database, context=PoolTimeout)
    config.add_exception_view(show_fault, context=Exception)
    config.add_notfound_view(show_http_error)

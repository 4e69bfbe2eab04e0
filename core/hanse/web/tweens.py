"""What happens around every request: one transaction, the reader's language, headers that keep the browser strict."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from pyramid.response import Response
from sqlalchemy.exc import DBAPIError

from hanse.api.tokens import note_use
from hanse.database.session import is_transient
from hanse.i18n import set_locale
from hanse.security import sessions
from hanse.web.request import FORM_COOKIE, WebRequest
from hanse.web.watching import MACHINES

Handler = Callable[[WebRequest], Response]
log = logging.getLogger("hanse.web")

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FOR_EVER = "public, max-age=31536000, immutable"
_TRIES = 2


def headers_tween(handler: Handler, _registry: Any) -> Handler:
    """Put the security headers on every answer."""

    def tween(request: WebRequest) -> Response:
        response = handler(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.path_info.startswith("/static/"):
            if response.status_int == 200:
                response.headers["Cache-Control"] = _FOR_EVER
        elif "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
        if request.scheme == "https":
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response

    return tween


def transaction_tween(handler: Handler, _registry: Any) -> Handler:
    """Give each request one transaction: committed when it went well, tried once more after a deadlock."""

    def tween(request: WebRequest) -> Response:
        if request.path_info.startswith("/static/") or request.path_info in MACHINES:
            return handler(request)
        if request.method not in _SAFE:
            request.make_body_seekable()
        for attempt in range(1, _TRIES + 1):
            response = _attempt(handler, request, last=attempt == _TRIES)
            if response is not None:
                return response
        raise AssertionError("the last attempt always answers")

    return tween


def _attempt(handler: Handler, request: WebRequest, *, last: bool) -> Response | None:
    """Answer once; None: somebody stood in the way, try again."""
    request.start_again()
    set_locale(request.services.settings.default_locale)
    try:
        response = _in_language(handler, request)
        error = getattr(request, "exception", None)
        if error is not None:
            if not last and is_transient(error):
                return None
            _roll_back(request)
        elif response.status_int < 400:
            _keep(request)
        _leave_token(request, response)
        return response
    except DBAPIError as error:  # the commit itself
        if not last and is_transient(error):
            return None
        _roll_back(request)
        return request.invoke_exception_view()
    finally:
        _roll_back(request)


def _in_language(handler: Handler, request: WebRequest) -> Response:
    try:
        set_locale(request.language)
    except DBAPIError:
        log.warning("The database does not answer.")
    return handler(request)


def _keep(request: WebRequest) -> None:
    state = request.state
    if state.session is None:
        return
    if state.bearer is not None:
        note_use(state.session, state.bearer, request.now)
    if state.browser is not None:
        settings = request.settings
        sessions.note_use(
            state.session, state.browser, now=request.now, hours=settings.session_hours, days=settings.session_days
        )
    state.session.commit()


def _roll_back(request: WebRequest) -> None:
    if request.state.session is not None:
        request.state.session.close()


def _leave_token(request: WebRequest, response: Response) -> None:
    """Give a browser without a session the token that its forms carry."""
    token = request.state.form_token
    if token is not None and request.cookies.get(FORM_COOKIE) != token:
        set_cookie(request, response, FORM_COOKIE, token)


def set_cookie(
    request: WebRequest, response: Response, name: str, value: str | None, *, seconds: int | None = None
) -> None:
    """Set a cookie that scripts cannot read; None takes it away."""
    path = request.base or "/"
    if value is None:
        response.delete_cookie(name, path=path)
        return
    response.set_cookie(
        name, value, path=path, max_age=seconds, httponly=True, samesite="Lax", secure=request.scheme == "https"
    )


class WrongToken(Exception):
    """A form was sent that is not ours, or whose session has ended."""


def csrf_tween(handler: Handler, _registry: Any) -> Handler:
    """Refuse what changes something unless it comes from a page of ours.  Stands inside the transaction."""

    def tween(request: WebRequest) -> Response:
        # What a program sends in a header of its own no other site can make a browser send.
        if request.method in _SAFE or request.secret is not None:
            return handler(request)
        if not (_own_origin(request) and request.has_right_token()):
            raise WrongToken
        return handler(request)

    return tween


def _own_origin(request: WebRequest) -> bool:
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host

"""From proof to session: what happens once somebody has shown who they are, whichever way they came."""

from __future__ import annotations

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from hanse.security import sessions
from hanse.signin import devices
from hanse.signin.agents import device_name
from hanse.signin.events import Event, note_event, own_context
from hanse.web.request import DEVICE_COOKIE, FORM_COOKIE, SESSION_COOKIE, WebRequest
from hanse.web.tweens import set_cookie

_DAY = 24 * 3600
_DEVICE_DAYS = 365


def enter(request: WebRequest, user: int, wanted: str, *, way: str, trust: bool = False) -> Response:
    """Begin a session, under a token that nobody has seen before, and go on to the page that was wanted.

    :param way: how they came, for the audit
    :param trust: this device needs no second step for a while
    """
    response = HTTPSeeOther(inside(request, wanted))
    begin(request, response, user, way=way, trust=trust)
    return response


def begin(request: WebRequest, response: Response, user: int, *, way: str, trust: bool = False) -> None:
    """Begin a session and put its cookie on an answer; somebody who comes from a new device is told of it."""
    if request.browser is not None:
        sessions.close_session(request.db, request.browser.id)
        request.state.browser = None
    agent, address, now = request.user_agent or "", request.address, request.now
    token = sessions.open_session(
        request.db,
        user,
        now=now,
        hours=request.settings.session_hours,
        days=request.settings.session_days,
        address=address,
        agent=agent,
    )
    known = request.cookies.get(DEVICE_COOKIE) or devices.new_device_token()
    seen = devices.note_device(request.db, user, known, agent=agent, address=address, now=now)
    if trust:
        devices.trust_device(request.db, seen.id, now)
    if seen.unusual and (ctx := own_context(request.db, user)) is not None:
        devices.tell_of_device(ctx, user, seen.id, agent=agent, address=address)
    note_event(request.db, user, Event.SIGNED_IN, {"way": way, **origin(request)})
    set_cookie(request, response, SESSION_COOKIE, token)
    set_cookie(request, response, DEVICE_COOKIE, known, seconds=_DEVICE_DAYS * _DAY)
    set_cookie(request, response, FORM_COOKIE, None)


def renew(request: WebRequest, response: Response) -> None:
    """Give the session of this browser another token, as what it may do has changed."""
    token = sessions.renew_session(request.db, request.logged_in.id)
    set_cookie(request, response, SESSION_COOKIE, token)


def origin(request: WebRequest) -> dict[str, str]:
    """Say where a request comes from, for the audit."""
    return {"from_address": request.address, "device": str(device_name(request.user_agent))}


def inside(request: WebRequest, wanted: str) -> str:
    """Give the address to go on to: a page of ours, never another site."""
    ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and "\n" not in wanted and "\r" not in wanted
    return request.to("/") if not ours else f"{request.base}{wanted}"

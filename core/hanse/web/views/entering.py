"""From proof to session: what happens once somebody has shown who they are, whichever way they came."""

from __future__ import annotations

from dataclasses import dataclass

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from hanse.security import sessions
from hanse.signin import devices, second_factor
from hanse.signin.agents import device_name
from hanse.signin.events import Event, note_event, own_context
from hanse.signin.links import LIVES, make_link
from hanse.signin.models import LinkKind
from hanse.web.request import DEVICE_COOKIE, FORM_COOKIE, SESSION_COOKIE, STEP_COOKIE, WebRequest
from hanse.web.tweens import set_cookie

_DAY = 24 * 3600
_DEVICE_DAYS = 365


def go_on(request: WebRequest, user: int, wanted: str, *, way: str) -> Response:
    """Let somebody in who has shown who they are, or lead them to the second step, or to setting it up."""
    stands = second_factor.standing(request.db, user)
    trusted = stands.on and devices.is_trusted(request.db, user, request.cookies.get(DEVICE_COOKIE), request.now)
    if not (stands.on or stands.required) or trusted:
        return enter(request, user, wanted, way=way)
    token = make_link(request.db, user, LinkKind.STEP, request.now, {"way": way, "next": wanted})
    response = HTTPSeeOther(request.to("/login/code" if stands.on else "/login/enrol"))
    set_cookie(request, response, STEP_COOKIE, token, seconds=int(LIVES[LinkKind.STEP].total_seconds()))
    return response


def enter(request: WebRequest, user: int, wanted: str, *, way: str, trust: bool = False) -> Response:
    """Begin a session, under a token that nobody has seen before, and go on to the page that was wanted.

    :param way: how they came, for the audit
    :param trust: this device needs no second step for a while
    """
    response = HTTPSeeOther(inside(request, wanted))
    begin(request, user, way=way, trust=trust).put(request, response)
    return response


@dataclass(frozen=True)
class Entry:
    """A session that has begun, or has got another token, and the cookies that say so."""

    token: str
    device: str | None = None

    def put(self, request: WebRequest, response: Response) -> None:
        """Put the cookies on an answer."""
        set_cookie(request, response, SESSION_COOKIE, self.token)
        if self.device is not None:
            set_cookie(request, response, DEVICE_COOKIE, self.device, seconds=_DEVICE_DAYS * _DAY)
            set_cookie(request, response, FORM_COOKIE, None)
        if STEP_COOKIE in request.cookies:
            set_cookie(request, response, STEP_COOKIE, None)


def begin(request: WebRequest, user: int, *, way: str, trust: bool = False) -> Entry:
    """Begin a session, in which the rest of this request is; somebody who comes from a new device is told of it."""
    if request.browser is not None:
        sessions.close_session(request.db, request.browser.id)
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
    _go_on_in(request, token)
    return Entry(token, known)


def renew(request: WebRequest) -> Entry:
    """Give the session of this browser another token, as what it may do has changed."""
    token = sessions.renew_session(request.db, request.logged_in.id)
    _go_on_in(request, token)
    return Entry(token)


def _go_on_in(request: WebRequest, token: str) -> None:
    request.state.browser = sessions.find_session(request.db, token, request.now)
    request.state.looked, request.state.ctx = True, None


def origin(request: WebRequest) -> dict[str, str]:
    """Say where a request comes from, for the audit."""
    return {"from_address": request.address, "device": str(device_name(request.user_agent))}


def inside(request: WebRequest, wanted: str) -> str:
    """Give the address to go on to: a page of ours, never another site."""
    ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and "\n" not in wanted and "\r" not in wanted
    return request.to("/") if not ours else f"{request.base}{wanted}"

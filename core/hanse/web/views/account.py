"""One's own account: the password, where one is signed in, and what else comes in under one's name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from hanse.actions import find_action, system_context
from hanse.errors import BusinessError, NotFound
from hanse.i18n import _, format_moment
from hanse.security import sessions
from hanse.security.guessing import TooManyAttempts
from hanse.signin import devices, second_factor
from hanse.signin.agents import device_name
from hanse.signin.events import Event, note_event
from hanse.signin.identities import linked_to
from hanse.signin.notices import give_notice
from hanse.signin.reading import KnownDevice, OpenSession, OpenToken, devices_of, sessions_of, tokens_of
from hanse.web.page import page_of, render
from hanse.web.request import NoCompany, WebRequest
from hanse.web.views.entering import begin, origin
from hanse.web.views.login import check

Values = dict[str, Any]


def show(request: WebRequest) -> Response:
    """Show the account."""
    return _answer(request, {})


def save(request: WebRequest) -> Response:
    """Change one's own password; every other browser must sign in again."""
    old, new, again = (str(request.POST.get(name, "")) for name in ("old", "password", "again"))
    try:
        if new != again:
            raise BusinessError(_("The two new passwords differ."), field="again")
        prove(request, old, field="old")
        _change_password(request, new)
    except TooManyAttempts as error:
        return _answer(request, {"old": str(error)})
    except BusinessError as error:
        return _answer(request, {error.field or "password": str(error)})
    response = HTTPSeeOther(request.to("/me"))
    begin(request, request.user.id, way="password_change").put(request, response)
    return response


def prove(request: WebRequest, password: str, *, field: str = "old") -> None:
    """Ask who sits here for their password, before something that only they may do.

    :raises BusinessError: it is wrong, or was wrong too often
    """
    try:
        check(request, request.user.login, password)
    except TooManyAttempts:
        raise
    except BusinessError:
        raise BusinessError(_("This is not your present password."), field=field) from None


def _change_password(request: WebRequest, password: str) -> None:
    action = find_action("core.user.set_password")
    assert action is not None
    own = system_context(request.db, request.user, request.ctx.company.id, via="web")
    with request.db.begin_nested():
        own.run(action, [request.user.id], password=password)
    give_notice(own, request.user.id, "password", address=request.address)


# --- ending -----------------------------------------------------------------------------------------------------------


def end(request: WebRequest) -> Response:
    """End one of one's own sessions, or all but this one; forget a device."""
    what, chosen = str(request.POST.get("do", "")), _number(request.POST.get("id"))
    if what == "others":
        sessions.sign_out(request.db, [request.user.id], but=request.logged_in.id)
        note_event(request.db, request.user.id, Event.SESSIONS_ENDED, origin(request))
        request.say(_("Every other browser is signed out. You stay signed in here."))
    elif what == "session":
        _end_one(request, chosen)
    elif what == "device":
        if not devices.forget_device(request.db, request.user.id, chosen):
            raise NotFound(_("This device is known no more."))
        request.say(_("The device is forgotten; the next sign-in from it is told as a new one."))
    else:
        raise NotFound(_("There is no such action."))
    return HTTPSeeOther(request.to("/me"))


def _end_one(request: WebRequest, chosen: int) -> None:
    own = {one.id: one for one in sessions_of(request.db, request.user.id, request.now)}
    if chosen not in own:
        raise NotFound(_("This session has ended already."))
    sessions.close_session(request.db, chosen)
    gone = {"device": str(device_name(own[chosen].agent)), "from_address": own[chosen].address or ""}
    note_event(request.db, request.user.id, Event.SESSIONS_ENDED, gone)
    request.say(_("The session is ended."))


def _number(given: object) -> int:
    text = str(given or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


# --- the page ---------------------------------------------------------------------------------------------------------


def _answer(request: WebRequest, errors: Mapping[str, str]) -> Response:
    page = page_of(request, _("My account"))
    return render(request, "account.jinja2", page, status=422 if errors else 200, account=_account(request, errors))


def _account(request: WebRequest, errors: Mapping[str, str]) -> Values:
    user, now = request.user.id, request.now
    stands = second_factor.standing(request.db, user)
    return {
        "name": request.user.name,
        "login": request.user.login,
        "action": request.to("/me"),
        "end_url": request.to("/me/sessions"),
        "password": _password_fields(request, errors),
        "sessions": session_rows(request, sessions_of(request.db, user, now), request.logged_in.id),
        "devices": [_device_row(request, one) for one in devices_of(request.db, user)],
        "tokens": [_token_row(request, one) for one in tokens_of(request.db, user, now)],
        "factor": {
            "on": stands.on,
            "required": stands.required,
            "codes": stands.codes,
            "url": request.to("/me/second-factor"),
        },
        "providers": _provider_rows(request),
        "unlink_url": request.to("/me/unlink"),
        "settings_url": request.to("/core/notification-settings"),
    }


def _password_fields(request: WebRequest, errors: Mapping[str, str]) -> list[Values]:
    least = _("At least %(least)s characters.", least=request.settings.password_length)
    names = (
        ("old", _("Present password"), "current-password", ""),
        ("password", _("New password"), "new-password", least),
        ("again", _("New password again"), "new-password", ""),
    )
    return [
        {
            "name": name,
            "label": label,
            "kind": "password",
            "required": True,
            "autocomplete": complete,
            "help": words,
            "error": errors.get(name, ""),
        }
        for name, label, complete, words in names
    ]


def zone_of(request: WebRequest) -> ZoneInfo:
    """Give the time zone to write moments in, also for somebody who works in no company."""
    try:
        return request.ctx.company.zone
    except NoCompany:
        return ZoneInfo(request.settings.time_zone)


def session_rows(request: WebRequest, found: Sequence[OpenSession], this: int | None) -> list[Values]:
    """Give sessions as pages show them, the one that looks first."""
    zone = zone_of(request)
    rows = [
        {
            "id": one.id,
            "name": device_name(one.agent),
            "address": one.address or "–",
            "begun": format_moment(one.created, zone),
            "seen": format_moment(one.seen, zone),
            "this": one.id == this,
        }
        for one in found
    ]
    return sorted(rows, key=lambda row: not row["this"])


def _provider_rows(request: WebRequest) -> list[Values]:
    """Give every provider, and whether one's account is linked with one there; asks nothing where there is none."""
    if not request.services.providers:
        return []
    zone, there = zone_of(request), {one.provider: one for one in linked_to(request.db, request.user.id)}
    rows: list[Values] = []
    for name, client in request.services.providers.items():
        found = there.get(name)
        row: Values = {"name": client.provider.title, "url": request.to(f"/me/sso/{name}"), "id": None}
        if found is not None:
            seen = format_moment(found.seen, zone) if found.seen else ""
            row |= {
                "id": found.id,
                "email": found.email or "",
                "since": format_moment(found.linked, zone),
                "seen": seen,
            }
        rows.append(row)
    return rows


def _device_row(request: WebRequest, one: KnownDevice) -> Values:
    zone = zone_of(request)
    trusted = one.trusted_until is not None and one.trusted_until > request.now
    return {
        "id": one.id,
        "name": device_name(one.agent),
        "address": one.address or "–",
        "begun": format_moment(one.created, zone),
        "seen": format_moment(one.seen, zone),
        "trusted": format_moment(one.trusted_until, zone) if trusted and one.trusted_until else "",
    }


def _token_row(request: WebRequest, one: OpenToken) -> Values:
    zone = zone_of(request)
    return {
        "name": one.name,
        "url": request.to(f"/core/api_token/{one.id}"),
        "begun": format_moment(one.created, zone),
        "seen": format_moment(one.seen, zone) if one.seen else "",
        "ends": format_moment(one.expires, zone),
    }

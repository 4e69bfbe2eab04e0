"""The second step of signing in: a code, or setting up the app where it is required."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from hanse.errors import BusinessError, NotFound
from hanse.i18n import _
from hanse.security.guessing import TooManyAttempts
from hanse.signin import second_factor
from hanse.signin.devices import TRUSTED_DAYS
from hanse.signin.events import Event, note_event, own_context
from hanse.signin.links import Door, close_door, find_door
from hanse.signin.models import LinkKind
from hanse.signin.notices import give_notice
from hanse.signin.vault import Vault
from hanse.web.request import STEP_COOKIE, WebRequest
from hanse.web.views.entering import begin, enter, inside, origin
from hanse.web.views.forgot import door_page

Values = dict[str, Any]


def _door(request: WebRequest, *, using: bool = False) -> Door | None:
    return find_door(request.db, request.cookies.get(STEP_COOKIE, ""), LinkKind.STEP, request.now, using=using)


def _again(request: WebRequest) -> Response:
    """Lead back to the first step, as too much time has passed."""
    return HTTPSeeOther(request.to("/login"))


# --- a code -----------------------------------------------------------------------------------------------------------


def ask_code(request: WebRequest) -> Response:
    """Ask for a code."""
    door = _door(request)
    return _again(request) if door is None else _asking(request)


def take_code(request: WebRequest) -> Response:
    """Take a code, and let somebody in."""
    door = _door(request, using=True)
    if door is None:
        return _again(request)
    try:
        by_recovery = _check(request, door.user, str(request.POST.get("code", "")))
    except BusinessError as error:
        return _asking(request, error)
    close_door(request.db, door)
    if by_recovery:
        note_event(request.db, door.user, Event.CODE_USED, origin(request))
        if (ctx := own_context(request.db, door.user)) is not None:
            give_notice(ctx, door.user, "code_used", address=request.address)
    way, wanted = str(door.content.get("way", "")), str(door.content.get("next", ""))
    trust = request.POST.get("trust") == "1"
    return enter(request, door.user, wanted, way=f"{way}+{'recovery' if by_recovery else 'code'}", trust=trust)


def _check(request: WebRequest, user: int, code: str) -> bool:
    """Check a code in a transaction of its own, so that a failed attempt counts and a used code stays used.

    :raises BusinessError: it is wrong, or somebody must wait
    """
    session = request.services.database.session()
    vault = Vault.of(request.settings)
    try:
        return second_factor.check(session, user, vault, code, address=request.address, now=request.now)
    except TooManyAttempts:
        raise
    except BusinessError:
        note_event(session, user, Event.FACTOR_REFUSED, origin(request))
        raise
    finally:
        session.commit()
        session.close()


def _asking(request: WebRequest, error: BusinessError | None = None) -> Response:
    fields: list[Values] = [
        {
            "name": "code",
            "label": _("Verification code"),
            "kind": "text",
            "required": True,
            "autocomplete": "one-time-code",
            "autofocus": True,
            "help": _("Six digits of your authenticator app. Is it lost? Type one of your recovery codes."),
        },
        {
            "name": "trust",
            "label": _("No second step on this device for %(days)s days", days=TRUSTED_DAYS),
            "kind": "flag",
        },
    ]
    values: Values = {
        "title": _("Second step"),
        "text": _("One more step shows that it is you."),
        "action": request.to("/login/code"),
        "error": str(error) if error else "",
        "fields": fields,
        "submit": _("Sign in"),
        "links": [{"label": _("Back to sign-in"), "url": request.to("/login")}],
    }
    return door_page(request, values, error.status if error else 200)


# --- setting up, where it is required ---------------------------------------------------------------------------------


def show_enrolment(request: WebRequest) -> Response:
    """Show the QR code of a new app."""
    door = _door(request)
    return _again(request) if door is None else _enrolling(request, door)


def enrol(request: WebRequest) -> Response:
    """Take the first code of a new app; let somebody in and show the recovery codes."""
    door = _door(request, using=True)
    if door is None:
        return _again(request)
    try:
        with request.db.begin_nested():
            codes = set_up(request, door.user, str(request.POST.get("code", "")))
    except BusinessError as error:
        return _enrolling(request, door, error)
    close_door(request.db, door)
    way, wanted = str(door.content.get("way", "")), str(door.content.get("next", ""))
    entry = begin(request, door.user, way=f"{way}+code")
    response = codes_page(request, codes, inside(request, wanted))
    entry.put(request, response)
    return response


def qr(request: WebRequest) -> Response:
    """Draw the QR code for whoever is at this step."""
    door = _door(request)
    if door is None:
        raise NotFound(_("This picture is no longer there."))
    return qr_picture(request, door.user, door.login)


def set_up(request: WebRequest, user: int, code: str) -> list[str]:
    """Let a new app count; give the recovery codes.

    :raises BusinessError: the code is wrong, or wrong too often
    """
    codes = second_factor.confirm(request.db, user, Vault.of(request.settings), code, request.now)
    note_event(request.db, user, Event.FACTOR_SET, origin(request))
    if (ctx := own_context(request.db, user)) is not None:
        give_notice(ctx, user, "factor_set", address=request.address)
    return codes


def qr_picture(request: WebRequest, user: int, login: str) -> Response:
    """Draw the QR code of an app that is not confirmed yet."""
    secret = second_factor.begin(request.db, user, Vault.of(request.settings), request.now)
    return Response(body=second_factor.qr_code(secret, login), content_type="image/svg+xml", charset="utf-8")


def _enrolling(request: WebRequest, door: Door, error: BusinessError | None = None) -> Response:
    values = enrolment(request, door.user, request.to("/login/enrol"), request.to("/login/enrol/qr.svg"), error)
    values |= {
        "text": _("Your company asks for a second step besides the password. Set up an authenticator app now."),
        "links": [{"label": _("Back to sign-in"), "url": request.to("/login")}],
    }
    return door_page(request, values, error.status if error else 200)


def enrolment(request: WebRequest, user: int, action: str, picture: str, error: BusinessError | None) -> Values:
    """Give what the page says on which an app is set up."""
    secret = second_factor.begin(request.db, user, Vault.of(request.settings), request.now)
    return {
        "title": _("Set up two-factor sign-in"),
        "text": _("Scan this with an authenticator app on your phone, then type the code it shows."),
        "picture": {"url": picture, "alt": _("QR code for your authenticator app")},
        "facts": [
            {
                "label": _("Or type this key"),
                "text": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
                "code": True,
            }
        ],
        "action": action,
        "error": str(error) if error else "",
        "fields": [
            {
                "name": "code",
                "label": _("Verification code"),
                "kind": "text",
                "required": True,
                "autocomplete": "one-time-code",
                "autofocus": True,
            }
        ],
        "submit": _("Switch on"),
    }


def codes_page(request: WebRequest, codes: list[str], onward: str) -> Response:
    """Show recovery codes, this once."""
    values: Values = {
        "title": _("Your recovery codes"),
        "text": _(
            "Each signs you in once if your phone is lost. Print them or write them down: they are shown only now."
        ),
        "codes": codes,
        "printable": True,
        "download": {
            "action": request.to("/me/recovery-codes.txt"),
            "codes": "\n".join(codes),
        },
        "links": [{"label": _("I have kept them"), "url": onward, "primary": True}],
    }
    return door_page(request, values)

"""One's own second factor: set up, removed, recovery codes renewed; each only by whoever knows the password."""

from __future__ import annotations

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from hanse.errors import BusinessError, NotFound
from hanse.i18n import _
from hanse.signin import second_factor
from hanse.signin.events import Event, note_event, own_context
from hanse.signin.notices import give_notice
from hanse.signin.vault import Vault
from hanse.web.request import WebRequest
from hanse.web.views.account import Values, prove
from hanse.web.views.entering import origin, renew
from hanse.web.views.forgot import door_page
from hanse.web.views.second_step import codes_page, enrolment, qr_picture, set_up

PATH, PICTURE = "/me/second-factor", "/me/second-factor/qr.svg"
_MOST_CODES = 2000


def show(request: WebRequest) -> Response:
    """Show what can be done."""
    return _answer(request)


def save(request: WebRequest) -> Response:
    """Set up, remove, or renew the recovery codes."""
    what = str(request.POST.get("do", "confirm"))
    if what not in ("confirm", "remove", "codes"):
        raise NotFound(_("There is no such action."))
    try:
        prove(request, str(request.POST.get("password", "")), field="password")
        return _DO[what](request)
    except BusinessError as error:
        return _answer(request, error)


def _confirm(request: WebRequest) -> Response:
    with request.db.begin_nested():
        codes = set_up(request, request.user.id, str(request.POST.get("code", "")))
    return _codes(request, codes)


def _remove(request: WebRequest) -> Response:
    if second_factor.standing(request.db, request.user.id).required:
        raise BusinessError(_("Your company or one of your roles asks for it, so it cannot be switched off."))
    second_factor.remove(request.db, request.user.id)
    note_event(request.db, request.user.id, Event.FACTOR_GONE, origin(request))
    _tell(request, "factor_removed")
    request.say(_("Two-factor sign-in is off."))
    response = HTTPSeeOther(request.to("/me"))
    renew(request).put(request, response)
    return response


def _renew_codes(request: WebRequest) -> Response:
    if not second_factor.standing(request.db, request.user.id).on:
        raise BusinessError(_("Set up an authenticator app first."))
    codes = second_factor.renew_codes(request.db, request.user.id, Vault.of(request.settings), request.now)
    note_event(request.db, request.user.id, Event.CODES_RENEWED, origin(request))
    _tell(request, "codes_renewed")
    return _codes(request, codes)


def _tell(request: WebRequest, notice: str) -> None:
    if (ctx := own_context(request.db, request.user.id)) is not None:
        give_notice(ctx, request.user.id, notice, address=request.address)


_DO = {"confirm": _confirm, "remove": _remove, "codes": _renew_codes}


def _codes(request: WebRequest, codes: list[str]) -> Response:
    entry = renew(request)
    response = codes_page(request, codes, request.to("/me"))
    entry.put(request, response)
    return response


def qr(request: WebRequest) -> Response:
    """Draw the QR code of one's own new app."""
    return qr_picture(request, request.user.id, request.user.login)


def download(request: WebRequest) -> Response:
    """Give back the recovery codes that the page has just shown, as a file; nothing is read from the database."""
    codes = str(request.POST.get("codes", ""))[:_MOST_CODES]
    words = [f"Hanse · {request.user.login}", str(_("Recovery codes; each works once.")), "", *codes.split(), ""]
    answer = Response(body="\r\n".join(words).encode(), content_type="text/plain", charset="utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="hanse-recovery-codes.txt"'
    return answer


def _answer(request: WebRequest, error: BusinessError | None = None) -> Response:
    stands = second_factor.standing(request.db, request.user.id)
    status = error.status if error else 200
    proof: Values = {
        "name": "password",
        "label": _("Your password"),
        "kind": "password",
        "required": True,
        "autocomplete": "current-password",
    }
    back = {"label": _("Back to my account"), "url": request.to("/me")}
    if not stands.on:
        values = enrolment(request, request.user.id, request.to(PATH), request.to(PICTURE), error)
        values |= {"fields": [*values["fields"], proof], "links": [back], "login": request.user.login}
        return door_page(request, values, status)
    wanted = str(request.params.get("do", "codes"))
    renewing = wanted != "remove"
    values = {
        "title": _("Renew recovery codes") if renewing else _("Switch two-factor sign-in off"),
        "text": _("Ten new codes are made; the older ones open nothing any more.")
        if renewing
        else _("From then on the password alone opens your account."),
        "action": request.to(PATH),
        "hidden": [{"name": "do", "value": "codes" if renewing else "remove"}],
        "login": request.user.login,
        "error": str(error) if error else "",
        "fields": [proof],
        "submit": _("Renew") if renewing else _("Switch off"),
        "links": [back],
    }
    return door_page(request, values, status)

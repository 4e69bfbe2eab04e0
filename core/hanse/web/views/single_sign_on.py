"""Single sign-on: out to a provider, back from it, and linking one's account with one there."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from sqlalchemy import text

from hanse.errors import BusinessError, NotFound
from hanse.i18n import _
from hanse.signin.identities import find_user, link, unlink
from hanse.signin.oidc import Attempt, Client, SignOnError
from hanse.signin.vault import Vault
from hanse.web.request import SSO_COOKIE, WebRequest
from hanse.web.tweens import set_cookie
from hanse.web.views.account import prove
from hanse.web.views.entering import enter, go_on, origin
from hanse.web.views.forgot import door_page

_SECONDS = 600
Values = dict[str, Any]


def _client(request: WebRequest) -> Client:
    found = request.services.providers.get(request.matchdict["provider"])
    if found is None:
        raise NotFound(_("There is no such provider."))
    return found


def _back(request: WebRequest, client: Client) -> str:
    """Give our address to which the provider sends the browser; of the settings, never of the request."""
    return f"{request.settings.site}/login/sso/{client.provider.name}/back"


# --- signing in -------------------------------------------------------------------------------------------------------


def go(request: WebRequest) -> Response:
    """Send the browser to the provider."""
    client = _client(request)
    attempt = Attempt.begin(client.provider.name, str(request.GET.get("next", "")))
    try:
        response = HTTPSeeOther(client.address(attempt, _back(request, client)))
    except SignOnError as error:
        return _failed(request, error)
    _carry(request, response, attempt)
    return response


def come_back(request: WebRequest) -> Response:
    """Take the answer of the provider, and let somebody in or link their account."""
    client = _client(request)
    try:
        attempt = _carried(request)
        given = {name: str(value) for name, value in request.GET.items()}
        claims = client.claims(attempt, given, _back(request, client))
        if attempt.link is not None:
            response = _link(request, client, attempt, claims)
        else:
            user = find_user(request.db, client.provider, claims, origin(request), request.now)
            response = _let_in(request, client, user, attempt.wanted)
    except SignOnError as error:
        response = _failed(request, error)
    set_cookie(request, response, SSO_COOKIE, None)
    return response


def _let_in(request: WebRequest, client: Client, user: int, wanted: str) -> Response:
    way = f"sso:{client.provider.name}"
    if client.provider.second_factor:
        return go_on(request, user, wanted, way=way)
    response = enter(request, user, wanted, way=way)
    request.db.execute(
        text("UPDATE core_session SET provider = :name WHERE id = :id"),
        {"name": client.provider.name, "id": request.logged_in.id},
    )
    return response


def _carry(request: WebRequest, response: Response, attempt: Attempt) -> None:
    sealed = Vault.of(request.settings).seal(json.dumps(asdict(attempt)))
    set_cookie(request, response, SSO_COOKIE, sealed, seconds=_SECONDS)


def _carried(request: WebRequest) -> Attempt:
    """Read what the browser carries since it left.

    :raises SignOnError: it carries nothing, or has for too long
    """
    try:
        text_ = Vault.of(request.settings).unseal(request.cookies.get(SSO_COOKIE, ""), seconds=_SECONDS)
        return Attempt(**json.loads(text_))
    except (ValueError, TypeError):
        raise SignOnError(
            _("This attempt to sign in took too long, or was begun in another browser. Begin again.")
        ) from None


def _failed(request: WebRequest, error: BusinessError) -> Response:
    """Say why; nothing that was done meanwhile is kept, as the answer is no good one."""
    back = {"label": _("Back to sign-in"), "url": request.to("/login"), "primary": True}
    values: Values = {"title": _("You are not signed in"), "text": str(error), "links": [back]}
    return door_page(request, values, error.status)


# --- linking ----------------------------------------------------------------------------------------------------------


def begin_link(request: WebRequest) -> Response:
    """Lead somebody who knows the password to the provider with whose account theirs is to be linked."""
    client = _client(request)
    attempt = Attempt.begin(client.provider.name, "", request.user.id)
    try:
        prove(request, str(request.POST.get("password", "")), field="password")
        address = client.address(attempt, _back(request, client))
    except BusinessError as error:
        return ask_link(request, error)
    values: Values = {
        "title": _("Go on to %(provider)s", provider=client.provider.title),
        "text": _("Sign in there with the account that is to open your account here."),
        "links": [
            {"label": _("Go on to %(provider)s", provider=client.provider.title), "url": address, "primary": True},
            {"label": _("Back to my account"), "url": request.to("/me")},
        ],
    }
    response = door_page(request, values)
    _carry(request, response, attempt)
    return response


def ask_link(request: WebRequest, error: BusinessError | None = None) -> Response:
    """Ask for the password before an account is linked: whoever sits here must not open a door for later."""
    client = _client(request)
    values: Values = {
        "title": _("Link with %(provider)s", provider=client.provider.title),
        "text": _("From then on you can sign in with %(provider)s.", provider=client.provider.title),
        "action": request.to(f"/me/sso/{client.provider.name}"),
        "login": request.user.login,
        "error": str(error) if error else "",
        "fields": [
            {
                "name": "password",
                "label": _("Your password"),
                "kind": "password",
                "required": True,
                "autocomplete": "current-password",
            }
        ],
        "submit": _("Go on"),
        "links": [{"label": _("Back to my account"), "url": request.to("/me")}],
    }
    return door_page(request, values, error.status if error else 200)


def _link(request: WebRequest, client: Client, attempt: Attempt, claims: Any) -> Response:
    if request.browser is None or request.user.id != attempt.link:
        raise SignOnError(_("You are signed in as somebody else by now. Begin again."))
    link(request.db, request.user.id, client.provider, claims, origin(request), request.now)
    request.say(_("You can now sign in with %(provider)s.", provider=client.provider.title))
    return HTTPSeeOther(request.to("/me"))


def cut_link(request: WebRequest) -> Response:
    """Let an account elsewhere open nothing here any more."""
    given = str(request.POST.get("id", ""))
    identity = int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0
    if not unlink(request.db, request.user.id, identity, origin(request)):
        raise NotFound(_("This link is no longer there."))
    request.say(_("Unlinked."))
    return HTTPSeeOther(request.to("/me"))

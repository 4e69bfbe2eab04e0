"""The tokens somebody has, and a page that makes another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.api.models import ApiToken
from hanse.i18n import _
from hanse.screens import Button, Row, Screen
from hanse.web.pages import page

if TYPE_CHECKING:
    from pyramid.response import Response

    from hanse.web.request import WebRequest

TOKENS = Screen(
    ApiToken,
    title=_("Tokens"),
    singular=_("Token"),
    menu="system",
    icon="key",
    order=70,
    readonly=True,
    search=False,
    list=[ApiToken.name, ApiToken.user, ApiToken.company, ApiToken.expires, ApiToken.seen],
    form=[
        Row(ApiToken.name, ApiToken.user),
        Row(ApiToken.company, ApiToken.permissions),
        Row(ApiToken.created, ApiToken.expires, ApiToken.seen),
    ],
    possible={"delete": lambda _ctx, _token: True},
    buttons=[Button("new-token")],
)


@page("new-token", title=_("New token"), icon="key", permission="core.api_token.create")
def new_token(request: WebRequest) -> Response:
    """Make a token."""
    from hanse.web.views import tokens  # Pyramid is loaded by the web only

    return tokens.new_token(request)

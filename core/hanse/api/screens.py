"""The tokens somebody has, and a page that makes another."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func

from hanse.api.models import ApiToken
from hanse.i18n import _
from hanse.models import Kind, Model
from hanse.screens import Button, Computed, Filter, Row, Screen
from hanse.web.pages import page

if TYPE_CHECKING:
    from pyramid.response import Response

    from hanse.web.request import WebRequest

#: So long before a token ends, lists say so.
WARNED = timedelta(days=14)


def _expires(model: type[Model]) -> Any:
    return model.__table__.c.expires


def _tone(model: type[Model]) -> Any:
    """Say how the end of a token looks: red once it is past, yellow for two weeks before."""
    ends = _expires(model)
    return case((ends <= func.now(), "bad"), (ends <= func.now() + WARNED, "warn"))


TOKENS = Screen(
    ApiToken,
    title=_("Tokens"),
    singular=_("Token"),
    menu="system",
    icon="key",
    order=70,
    readonly=True,
    search=False,
    list=[
        ApiToken.name,
        ApiToken.user,
        ApiToken.company,
        Computed("ends", _("Ends"), Kind.MOMENT, _expires, tone=_tone),
        ApiToken.seen,
    ],
    optional=[ApiToken.created, ApiToken.expires],
    filters=[
        ApiToken.user,
        Filter(_("End soon"), lambda ctx: ApiToken.expires < ctx.now + WARNED, name="soon"),
    ],
    form=[
        Row(ApiToken.name, ApiToken.user),
        Row(ApiToken.company, ApiToken.permissions),
        Row(ApiToken.created, ApiToken.expires, ApiToken.seen),
    ],
    possible={"delete": lambda _ctx, _token: True},
    buttons=[Button("api"), Button("new-token")],
)


@page("api", title=_("Programming interface"), icon="book", permission="core.api_token.read")
def api(request: WebRequest) -> Response:
    """Show what programs can do."""
    from hanse.web.views import api_docs  # Pyramid is loaded by the web only

    return api_docs.show(request)


@page("new-token", title=_("New token"), icon="key", permission="core.api_token.create")
def new_token(request: WebRequest) -> Response:
    """Make a token."""
    from hanse.web.views import tokens  # Pyramid is loaded by the web only

    return tokens.new_token(request)

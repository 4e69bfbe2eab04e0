"""Pages about the doors of others: their sessions, and inviting people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.i18n import _
from hanse.signin.actions import SEE_SESSIONS
from hanse.signin.invitations import INVITE
from hanse.web.pages import page

if TYPE_CHECKING:
    from pyramid.response import Response

    from hanse.web.request import WebRequest


@page("user-sessions", title=_("Sessions"), icon="device-desktop", permission=SEE_SESSIONS)
def user_sessions(request: WebRequest) -> Response:
    """Show where somebody is signed in, and end it."""
    from hanse.web.views import user_sessions as view  # Pyramid is loaded by the web only

    return view.show(request)


@page("invite", title=_("Invite people"), icon="mail", permission=INVITE)
def invite(request: WebRequest) -> Response:
    """Invite people."""
    from hanse.web.views import invite as view  # Pyramid is loaded by the web only

    return view.show(request)

"""The page on which a company's settings stand, a section for each addon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.i18n import _
from hanse.settings.reading import settings_for
from hanse.web.pages import page

if TYPE_CHECKING:
    from pyramid.response import Response

    from hanse.web.request import WebRequest


@page(
    "settings", title=_("Settings"), menu="system", icon="settings", order=5, shown=lambda ctx: bool(settings_for(ctx))
)
def settings(request: WebRequest) -> Response:
    """Show a section of the settings, or take it back filled in."""
    from hanse.web.views import settings as views  # Pyramid is loaded by the web only

    return views.settings(request)

"""The page that looks for words everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.i18n import _
from hanse.web.pages import page

if TYPE_CHECKING:
    from pyramid.response import Response

    from hanse.web.request import WebRequest


@page("search", title=_("Search"))
def search(request: WebRequest) -> Response:
    """Show what is found everywhere."""
    from hanse.web.views import search as views  # Pyramid is loaded by the web only

    return views.search(request)

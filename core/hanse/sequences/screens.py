"""The page on which a company's numbers are seen and changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.i18n import _
from hanse.web.pages import page

if TYPE_CHECKING:
    from pyramid.response import Response

    from hanse.web.request import WebRequest


@page("sequences", title=_("Numbering"), menu="system", icon="hash", order=64, permission="core.sequence.update")
def sequences(request: WebRequest) -> Response:
    """List the kinds of numbers, or show and change one."""
    from hanse.web.views import sequences as views  # Pyramid is loaded by the web only

    return views.sequences(request)

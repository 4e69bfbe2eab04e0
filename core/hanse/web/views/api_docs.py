"""The page that shows people what programs can do."""

from __future__ import annotations

from pyramid.response import Response

from hanse.api.models import ApiToken
from hanse.api.views import BASE
from hanse.i18n import _
from hanse.screens import screen_of
from hanse.web.page import page_of, render
from hanse.web.request import WebRequest


def show(request: WebRequest) -> Response:
    """Draw the description of the API as far as it is there for the reader."""
    tokens = screen_of(ApiToken)
    assert tokens is not None
    crumbs = [{"title": tokens.title, "url": request.to(tokens.path)}]
    shell = page_of(request, _("Programming interface"), breadcrumbs=crumbs)
    return render(request, "api.jinja2", shell, description=request.to(f"{BASE}/openapi.json"))

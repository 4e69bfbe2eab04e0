"""One search for everything, as a page: what is found, model by model."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from hanse.i18n import _
from hanse.screens.finding import FoundIn, find_everywhere
from hanse.web.page import page_of, render
from hanse.web.request import WebRequest

PATH = "/core/search"
#: Words beyond this are not what people look for.
LONGEST = 100
_EACH = 8


def search(request: WebRequest) -> Response:
    """Show what is found, the models with the best matches first."""
    words = str(request.GET.get("q", "")).strip()[:LONGEST]
    groups = [_group(request, words, one) for one in find_everywhere(request.ctx, words, _EACH)]
    page = page_of(request, _("Search"))
    return render(request, "search.jinja2", page, words=words, groups=groups, search_url=request.to(PATH))


def _group(request: WebRequest, words: str, one: FoundIn) -> dict[str, Any]:
    screen = one.screen
    return {
        "title": screen.title,
        "icon": screen.icon,
        "all_url": request.to(screen.path, q=words) if one.more else "",
        "entries": [{"title": record.title, "url": request.to(f"{screen.path}/{record.id}")} for record in one.records],
    }

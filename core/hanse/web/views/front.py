"""The command palette, and whether we live."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response
from sqlalchemy import text

from hanse.i18n import _
from hanse.saved.reading import OPEN, every_view
from hanse.screens import all_screens, screen_named
from hanse.screens.finding import find_everywhere
from hanse.security.permissions import verb
from hanse.web.request import WebRequest
from hanse.web.views.lists import may_create

_EACH = 4


def health(request: WebRequest) -> Response:
    """Tell whether the application and its database answer."""
    with request.services.database.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    return Response(body=b"ok\n", content_type="text/plain")


def palette(request: WebRequest) -> Response:
    """Find records of every searchable model, and new ones to make."""
    words = request.GET.get("q", "").strip()[:100]
    if not words:
        return Response(json_body=[])
    return Response(json_body=[*_commands(request, words), *_views(request, words), *_records(request, words)])


def _commands(request: WebRequest, words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for screen in all_screens():
        title = str(_("New: %(what)s", what=screen.singular))
        if (
            screen.menu
            and words.lower() in title.lower()
            and screen.addon in request.ctx.seen
            and may_create(request, screen)
        ):
            found.append({"title": title, "hint": "", "url": request.to(f"{screen.path}/new"), "icon": "plus"})
    return found[:_EACH]


def _views(request: WebRequest, words: str) -> list[dict[str, Any]]:
    """Find saved views of lists that the person sees."""
    found: list[dict[str, Any]] = []
    for view, name, model in every_view(request.ctx, words, most=_EACH):
        screen = screen_named(model)
        if screen is not None and screen.addon in request.ctx.seen and request.ctx.may(verb(screen.model, "read")):
            url = request.to(screen.path, [(OPEN, str(view))])
            found.append({"title": name, "hint": str(screen.title), "url": url, "icon": "bookmark"})
    return found


def _records(request: WebRequest, words: str) -> list[dict[str, Any]]:
    """Give a few records of each model, the best matches first, and the way to everything."""
    found = find_everywhere(request.ctx, words, _EACH)
    entries = [
        {
            "title": record.title,
            "hint": str(one.screen.singular),
            "url": request.to(f"{one.screen.path}/{record.id}"),
            "icon": one.screen.icon,
        }
        for one in found
        for record in one.records
    ]
    everything = {"title": str(_("Everything that matches “%(words)s”", words=words)), "hint": "", "icon": "search"}
    return [*entries, everything | {"url": request.to("/core/search", q=words)}]

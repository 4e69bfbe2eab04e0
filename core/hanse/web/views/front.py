"""The command palette, and whether we live."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from pyramid.response import Response
from sqlalchemy import literal, select, text, union_all

from hanse.i18n import _
from hanse.life.archive import in_use
from hanse.screens import Screen, all_screens, filtering
from hanse.screens.names import text_columns, written_name
from hanse.security.clauses import visible_clause
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
    screens = [one for one in all_screens() if _is_searched(request, one)]
    return Response(json_body=[*_commands(request, words), *_records(request, screens, words)])


def _is_searched(request: WebRequest, screen: Screen) -> bool:
    ctx = request.ctx
    there = {screen.addon, screen.model.__addon__} <= ctx.seen and ctx.may(verb(screen.model, "read"))
    return there and screen.search and filtering.searchable(screen)


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


def _records(request: WebRequest, screens: list[Screen], words: str) -> list[dict[str, Any]]:
    """Ask all models in one statement, a few records of each."""
    if not screens:
        return []
    parts = [_part(request, screen, place, words) for place, screen in enumerate(screens)]
    rows: Any = request.ctx.session.connection().execute(union_all(*parts))
    found: list[dict[str, Any]] = []
    for place, record, names in cast("Iterable[tuple[int, int, list[str]]]", rows):
        screen = screens[place]
        title = written_name(screen.model, names) or str(record)
        found.append(
            {
                "title": title,
                "hint": str(screen.singular),
                "url": request.to(f"{screen.path}/{record}"),
                "icon": screen.icon,
            }
        )
    return found


def _part(request: WebRequest, screen: Screen, place: int, words: str) -> Any:
    table = screen.model.__table__
    query = select(literal(place), table.c.id, text_columns(screen.model)).where(
        visible_clause(request.ctx, screen.model),
        in_use(screen.model),
        filtering.sought(request.ctx, screen, words),
    )
    inner = query.limit(_EACH).subquery()
    return select(*inner.c)

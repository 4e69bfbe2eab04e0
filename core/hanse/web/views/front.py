"""The first page, the command palette, and whether we live."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

from pyramid.response import Response
from sqlalchemy import String, func, literal, select, text, union_all
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import array

from hanse.i18n import _, format_moment
from hanse.screens import Screen, all_screens, filtering, screen_named
from hanse.screens.names import name_columns, written_name
from hanse.security.clauses import visible_clause
from hanse.security.permissions import verb
from hanse.web.menu import menu_groups
from hanse.web.page import page_of, render
from hanse.web.request import WebRequest
from hanse.web.views.lists import may_create

_EACH = 4


def health(request: WebRequest) -> Response:
    """Tell whether the application and its database answer."""
    with request.services.database.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    return Response(body=b"ok\n", content_type="text/plain")


def home(request: WebRequest) -> Response:
    """Show the doors to what this person works with."""
    cards = [
        {
            "title": section.title,
            "entries": [{"title": item.title, "icon": item.icon, "url": request.to(item.path)} for item in items],
        }
        for section, items in menu_groups(request.ctx)
    ]
    page = page_of(request, _("Home page"))
    return render(request, "home.jinja2", page, home={"cards": cards, "recent": recent(request)})


def recent(request: WebRequest) -> list[dict[str, Any]]:
    """Give the records this person changed last, as far as they may still see them."""
    ctx = request.ctx
    rows = ctx.session.execute(_RECENT, {"user": ctx.user.id, "company": ctx.company.id})
    by_model: dict[str, list[int]] = {}
    order: list[tuple[str, int, datetime]] = [(model, record, at) for model, record, at in rows]
    for model, record, _at in order:
        by_model.setdefault(model, []).append(record)
    names: dict[tuple[str, int], str] = {}
    for model, ids in by_model.items():
        screen = screen_named(model)
        if screen is not None and {screen.addon, screen.model.__addon__} <= ctx.seen:
            query = select(screen.model.id, *name_columns(screen.model)).where(
                screen.model.id.in_(ids), visible_clause(ctx, screen.model)
            )
            for record, *values in ctx.session.execute(query):
                names[model, record] = written_name(screen.model, values) or str(record)
    return [
        _recent_entry(request, model, record, at, names[model, record])
        for model, record, at in order
        if (model, record) in names
    ][:_MOST_RECENT]


def _recent_entry(request: WebRequest, model: str, record: int, at: datetime, name: str) -> dict[str, Any]:
    screen = screen_named(model)
    assert screen is not None
    when = format_moment(at, request.ctx.company.zone)
    return {
        "title": name,
        "hint": when,
        "kind": screen.singular,
        "icon": screen.icon,
        "url": request.to(f"{screen.path}/{record}"),
    }


_MOST_RECENT = 8
#: Only the newest entries are looked through: who has not worked for long has nothing recent.
_RECENT = text(
    "SELECT model, record, max(at) AS at FROM "
    "(SELECT model, record, at, user_id FROM core_audit WHERE company_id = :company "
    "ORDER BY id DESC LIMIT 2000) AS latest WHERE user_id = :user GROUP BY model, record ORDER BY max(at) DESC LIMIT 16"
)


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
        visible_clause(request.ctx, screen.model), filtering.sought(request.ctx, screen, words)
    )
    inner = query.limit(_EACH).subquery()
    return select(*inner.c)

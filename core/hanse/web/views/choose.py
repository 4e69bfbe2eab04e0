"""Autocompletion of links."""

from __future__ import annotations

from pyramid.response import Response
from sqlalchemy import or_, select

from hanse.database.search import matches
from hanse.models import Kind
from hanse.screens import Screen, filtering
from hanse.screens.names import joined_name, name_columns
from hanse.security.clauses import visible_clause
from hanse.web.request import WebRequest
from hanse.web.views.found import screen_for

MOST = 12


def complete(request: WebRequest) -> Response:
    """Give records whose name matches ``q``, as JSON; ``all`` offers also what forms do not."""
    screen, ctx = screen_for(request), request.ctx
    words = request.GET.get("q", "").strip()
    values = {str(name): str(value) for name, value in request.GET.items()}
    table = screen.model.__table__
    where = [visible_clause(ctx, screen.model)]
    if words:
        where.append(_matching(request, screen, words))
    active = screen.model.__fields__.get("active")
    if active is not None and active.kind is Kind.FLAG and "all" not in values:
        where.append(table.c.active)
    if screen.complete is not None and "all" not in values:
        narrowed = screen.complete(ctx, words, values)
        if narrowed is not None:
            where.append(narrowed)
    names = name_columns(screen.model)
    query = select(table.c.id, *names).where(*where).order_by(*names[:1], table.c.id).limit(MOST)
    found = [_entry(screen, tuple(row)) for row in ctx.session.execute(query)]
    return Response(json_body=found)


def _matching(request: WebRequest, screen: Screen, words: str) -> object:
    if filtering.searchable(screen):
        return matches(screen.model, words, request.ctx.companies)
    return or_(*(column.ilike(f"%{words}%") for column in name_columns(screen.model) if column.type.python_type is str))


def _entry(screen: Screen, row: tuple[object, ...]) -> dict[str, object]:
    """Give a record as the combobox shows it: where two fields name it, the first is a code."""
    record, *names = row
    if len(names) == 2 and names[0]:
        return {"id": record, "code": str(names[0]), "name": str(names[1] or "")}
    return {"id": record, "name": joined_name(names) or str(record)}

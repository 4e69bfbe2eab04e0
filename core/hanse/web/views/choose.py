"""Autocompletion of links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from pyramid.response import Response
from sqlalchemy import ColumnElement, or_, select

from hanse.i18n import Text
from hanse.life.archive import in_use
from hanse.screens import Screen, filtering
from hanse.screens.finding import complete_names
from hanse.screens.formats import values_meant
from hanse.screens.names import joined_name, name_columns, written_values
from hanse.security.clauses import company_clause, visible_clause
from hanse.web.request import WebRequest
from hanse.web.views.found import screen_for

if TYPE_CHECKING:
    from hanse.actions import Context

MOST = 12
Entry = dict[str, Any]


def complete(request: WebRequest) -> Response:
    """Give records whose name matches ``q``, as JSON; ``all`` offers also what forms do not."""
    screen, ctx = screen_for(request), request.ctx
    words = request.GET.get("q", "").strip()
    values = {str(name): str(value) for name, value in request.GET.items()}
    where = [visible_clause(ctx, screen.model)]
    if "all" not in values:
        # No link leads into another company, nor a new one to what is archived.
        where += [company_clause(ctx, screen.model), in_use(screen.model)]
    if "all" not in values:
        where += screen.narrowed(ctx, words, values)
    found = [_entry(screen, row) for row in _rows(ctx, screen, words, where, values)]
    return Response(json_body=_with_offers(ctx, screen, words, values, found))


def _rows(
    ctx: Context, screen: Screen, words: str, where: list[ColumnElement[bool]], values: Mapping[str, str]
) -> list[tuple[object, ...]]:
    """Give id and names of the records that are offered, the best first."""
    meant = _meant(screen, words)
    if words and not meant and filtering.searchable(screen):
        return complete_names(ctx, screen, words, MOST, where)
    names = name_columns(screen.model)
    if words:
        where = [*where, _matching(ctx, screen, words, meant)]
    wanted = screen.offers.order if screen.offers is not None else None
    first = wanted(ctx, values) if wanted is not None and not words else ()
    query = select(screen.model.__table__.c.id, *names).where(*where)
    query = query.order_by(*first, *names[:1], screen.model.id).limit(MOST)
    return [tuple(row) for row in ctx.session.execute(query)]


def _with_offers(ctx: Context, screen: Screen, words: str, values: dict[str, str], found: list[Entry]) -> list[Entry]:
    """Say of the records what the screen, and those who extend it, know besides names; add what else it offers."""
    offers = screen.offers
    said = screen.described(ctx, [cast("int", one["id"]) for one in found], values)
    found = [one | _plain(said[cast("int", one["id"])]) for one in found]
    if offers is not None and offers.more is not None and len(found) < MOST:
        found += [_plain(one) for one in offers.more(ctx, words, values)][: MOST - len(found)]
    return found


def _plain(entry: Mapping[str, Any]) -> Entry:
    """Write labels in the reader's language."""
    return {name: str(value) if isinstance(value, Text) else value for name, value in entry.items()}


def _meant(screen: Screen, words: str) -> list[ColumnElement[bool]]:
    """Give what words mean in fields that are written otherwise than stored."""
    return [
        screen.model.__table__.c[field.column].in_(found)
        for field in screen.model.__fields__.values()
        if (found := values_meant(field, words))
    ]


def _matching(ctx: Context, screen: Screen, words: str, meant: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    if filtering.searchable(screen):
        return or_(filtering.sought(ctx, screen, words), *meant)
    return or_(
        *meant,
        *(
            column.icontains(words, autoescape=True)
            for column in name_columns(screen.model)
            if column.type.python_type is str
        ),
    )


def _entry(screen: Screen, row: tuple[object, ...]) -> Entry:
    """Give a record as the combobox shows it: where two fields name it, the first is a code."""
    record, *stored = row
    names = written_values(screen.model, stored)
    if len(names) == 2 and names[0]:
        return {"id": record, "code": str(names[0]), "name": str(names[1] or "")}
    return {"id": record, "name": joined_name(names) or str(record)}

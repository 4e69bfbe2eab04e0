"""One page of a collection: filtered, sorted, and the cursor to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, func, select

from hanse.database.search import sort_key
from hanse.errors import BusinessError, Forbidden
from hanse.i18n import _
from hanse.models import Kind, Model
from hanse.screens.listing import Key, beyond, decode, encode, key_order
from hanse.security.clauses import readable, visible_clause

if TYPE_CHECKING:
    from hanse.actions import Context

_UNSORTED = frozenset({Kind.LINES, Kind.NOTE, Kind.FILE, Kind.STRUCTURE})


@dataclass(frozen=True)
class Page:
    """Ids of a page.

    :ivar after: cursor to the next page; None: this is the last one
    """

    ids: list[int]
    after: str | None


def sort_keys(ctx: Context, model: type[Model], text: str) -> list[Key]:
    """Read ``sort=-day,name``; always ended by the id, so that no two records stand at the same place.

    :raises BusinessError: a field is none, or has no order; ``field`` is ``sort``
    """
    keys: list[Key] = []
    last_descends = False
    for one in (part.strip() for part in text.split(",") if part.strip()):
        name, last_descends = one.removeprefix("-"), one.startswith("-")
        if name == "id":
            break
        field = model.__fields__.get(name)
        if field is None or field.kind in _UNSORTED or field.per_company:
            raise BusinessError(_("Nothing can be sorted by “%(name)s”.", name=name), field="sort")
        if not readable(ctx, field):
            raise Forbidden(_("You may not see %(field)s.", field=field.label), field="sort")
        column: Any = model.__table__.c[field.column]
        is_text = field.kind is Kind.TEXT
        kind = Kind.NUMBER if field.kind is Kind.LINK else field.kind
        expression = sort_key(column) if is_text else column
        keys.append(Key(expression, column, kind, last_descends, bool(column.nullable), is_text))
    own = model.__table__.c.id
    return [*keys, Key(own, own, Kind.NUMBER, last_descends, False)]


def read_page(
    ctx: Context, model: type[Model], where: Sequence[ColumnElement[bool]], keys: list[Key], *, after: str, limit: int
) -> Page:
    """Read the ids of one page in one statement.

    :raises BusinessError: the cursor is none of this order; ``field`` is ``after``
    """
    query = select(model.id, *(key.value for key in keys)).where(visible_clause(ctx, model), *where)
    if after:
        cursor = decode(after, keys)
        if cursor is None:
            raise BusinessError(_("This cursor does not go with this order. Begin again without it."), field="after")
        query = query.where(beyond(keys, cursor[0], backwards=False))
    rows = ctx.session.execute(query.order_by(*key_order(keys, backwards=False)).limit(limit + 1)).all()
    shown = rows[:limit]
    more = encode(list(shown[-1][1:]), 0) if len(rows) > limit else None
    return Page([row[0] for row in shown], more)


def count(ctx: Context, model: type[Model], where: Sequence[ColumnElement[bool]]) -> int:
    """Count the records of a collection."""
    return ctx.session.scalar(select(func.count()).select_from(model).where(visible_clause(ctx, model), *where)) or 0

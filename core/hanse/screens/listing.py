"""A page of a list in one statement: columns, joined names, keyset; and its count in another."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Table,
    and_,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
)

from hanse.database.search import sort_key
from hanse.models import Field, Kind, Model
from hanse.screens.filtering import Asked
from hanse.screens.groups import Grouping
from hanse.screens.names import name_columns
from hanse.screens.screen import Column, Screen, SortKey
from hanse.security.clauses import sees_all, visible_clause

if TYPE_CHECKING:
    from hanse.actions import Context

PAGE = 80
#: More rows than this are not counted.
MOST = 10_000
_DECODERS: dict[Kind, Callable[[str], Any]] = {
    Kind.MONEY: Decimal,
    Kind.QUANTITY: Decimal,
    Kind.RATE: Decimal,
    Kind.DAY: date.fromisoformat,
    Kind.MOMENT: datetime.fromisoformat,
}


@dataclass(frozen=True)
class Slot:
    """Where the values of a column stand in a row of the result.

    :ivar places: index of the values that name it; one for anything but a link
    :ivar record: for a link, where its id stands
    :ivar currency: where code and decimals of its currency stand
    :ivar tone: where it says how the value looks
    :ivar needs: for a told column, where the values stand that it words
    """

    column: Column
    places: tuple[int, ...]
    record: int | None = None
    currency: tuple[int, int] | None = None
    tone: int | None = None
    needs: tuple[int, ...] = ()


@dataclass(frozen=True)
class Key:
    """A part of the order: what is sorted by, what the cursor keeps, and how."""

    expression: Any
    value: Any
    kind: Kind
    descending: bool
    nullable: bool
    sorted_text: bool = False

    def bound(self, value: Any) -> Any:
        """Give a kept value as it is compared."""
        return sort_key(value) if self.sorted_text else value


@lru_cache(maxsize=1024)
def _alias(table: Table, name: str) -> FromClause:
    """Give a table under another name; the same one to all lists, since making its columns takes long."""
    return table.alias(name)


@lru_cache(maxsize=1024)
def _written(write: Callable[[type[Model]], Any], model: type[Model]) -> Any:
    """Give what an addon writes for a column, asking it once."""
    return write(model)


class Query:
    """The statement of a list: built column by column, each joined table once."""

    def __init__(self, ctx: Context, screen: Screen) -> None:
        self.ctx = ctx
        self.screen = screen
        self.table: FromClause = screen.model.__table__
        self.source: FromClause = self.table
        self.selected: list[Any] = [self.table.c.id]
        self._joined: dict[tuple[tuple[str, ...], bool], FromClause] = {}

    def add(self, column: Column) -> Slot:
        """Select what a column shows."""
        if column.expression is not None:
            place = self._select(_written(column.expression, self.screen.model))
            tone = self._select(_written(column.tone, self.screen.model)) if column.tone else None
            return Slot(column, (place,), tone=tone)
        if column.tell is not None:
            needs = tuple(self._select(self._value(field, self.table)) for field in column.needs)
            return Slot(column, (self._select(literal_column("NULL")),), needs=needs)
        assert column.field is not None
        field = column.field
        if field.kind is Kind.LINK:
            return self._add_link(column, field, column.links)
        place = self._select(self._value(field, self._follow(column.links)))
        return Slot(column, (place,), currency=self._currency(field, column.links))

    def value_of(self, column: Column) -> Any:
        """Give the SQL of a field's column without selecting it, joined along its links; for a link the id."""
        assert column.field is not None
        return self._value(column.field, self._follow(column.links))

    def currency_of(self, column: Column) -> tuple[Any, Any] | None:
        """Give the SQL for code and decimals of a column's currency; None: it is no money, or the company's."""
        assert column.field is not None
        target = self._currency_record(column.field, column.links)
        return None if target is None else (target.c.code, target.c.places)

    def currency_id_of(self, column: Column) -> Any | None:
        """Give the SQL for the id of the currency that a column of money is in; None: the company's."""
        assert column.field is not None
        path = self._currency_path(column.field, column.links)
        return None if path is None else self._value(path[-1], self._follow(path[:-1]))

    def linked_names(self, field: Field) -> list[Any]:
        """Give the SQL of what names the record a link of this model leads to."""
        assert field.target is not None
        return name_columns(field.target, self._named((), field))

    def flag(self, field: Field) -> int:
        """Select a field of the record itself, and say where it stands."""
        return self._select(self.table.c[field.column])

    def _value(self, field: Field, source: FromClause) -> Any:
        return getattr(field.model, field.column) if field.per_company else source.c[field.column]

    def _add_link(self, column: Column, field: Field, links: tuple[Field, ...]) -> Slot:
        assert field.target is not None
        record = self._select(self._value(field, self._follow(links)))
        target = self._named(links, field)
        places = tuple(self._select(one) for one in name_columns(field.target, target))
        return Slot(column, places, record)

    def _currency(self, field: Field, links: tuple[Field, ...]) -> tuple[int, int] | None:
        target = self._currency_record(field, links)
        return None if target is None else (self._select(target.c.code), self._select(target.c.places))

    def _currency_record(self, field: Field, links: tuple[Field, ...]) -> FromClause | None:
        path = self._currency_path(field, links)
        return None if path is None else self._named(path[:-1], path[-1])

    def _currency_path(self, field: Field, links: tuple[Field, ...]) -> tuple[Field, ...] | None:
        """Give the links that lead to the currency of an amount; None: it is none, or in the company's."""
        if field.kind is not Kind.MONEY or field.currency is None:
            return None
        path, model = links, field.model
        for name in field.currency.split("."):
            link = model.__fields__[name]
            assert link.target is not None
            path, model = (*path, link), link.target
        return path

    def _follow(self, links: tuple[Field, ...]) -> FromClause:
        """Join the records along a chain of links, as far as the person sees them: their fields are shown."""
        source, path = self.table, tuple[str, ...]()
        for link in links:
            path = (*path, link.name)
            assert link.target is not None
            source = self._join(source, link, path, hidden=not sees_all(self.ctx, link.target))
        return source

    def _named(self, links: tuple[Field, ...], last: Field) -> FromClause:
        """Join the record that a link at the end of a chain leads to, for its name: that belongs to the link."""
        path = (*(link.name for link in links), last.name)
        return self._join(self._follow(links), last, path, hidden=False)

    def _join(self, source: FromClause, link: Field, path: tuple[str, ...], *, hidden: bool) -> FromClause:
        """Join what a link leads to once.

        :param hidden: whether records that the person does not see are left out
        """
        there = self._joined.get((path, hidden))
        if there is None:
            assert link.target is not None
            there = _alias(link.target.__table__, "_".join(path) + ("_seen" if hidden else ""))
            condition = self._value(link, source) == there.c.id
            if hidden:
                seen = select(link.target.id).where(visible_clause(self.ctx, link.target)).correlate(None)
                condition = and_(condition, there.c.id.in_(seen))
            self.source = self.source.outerjoin(there, condition)
            self._joined[path, hidden] = there
        return there

    def _select(self, expression: Any) -> int:
        for place, there in enumerate(self.selected):
            if there is expression:
                return place
        self.selected.append(expression)
        return len(self.selected) - 1

    def keys(self, wanted: Sequence[SortKey]) -> list[Key]:
        """Give the order of the list, ended by the id so that no two rows are equal."""
        keys = [key for one in wanted if (key := self._key(one)) is not None] or self._usual()
        return [*keys, Key(self.table.c.id, self.table.c.id, Kind.NUMBER, keys[-1].descending if keys else True, False)]

    def _usual(self) -> list[Key]:
        name = self.screen.model.__fields__.get("name")
        key = (
            self._key(SortKey("name"))
            if name is not None and name.kind is Kind.TEXT and self.screen.model.__shared__
            else None
        )
        return [key] if key is not None else []

    def _key(self, one: SortKey) -> Key | None:
        if one.name == "id":
            return None
        column = next((column for column in self.screen.all_columns() if column.name == one.name), None)
        field = column.field if column else self.screen.model.__fields__.get(one.name)
        if field is None or field.per_company:
            return None
        links = column.links if column else ()
        if field.kind is Kind.LINK:
            assert field.target is not None
            value, nullable = name_columns(field.target, self._named(links, field))[0], True
        else:
            value = self._follow(links).c[field.column]
            nullable = bool(links) or bool(field.model.__table__.c[field.column].nullable)
        is_text = field.kind in (Kind.TEXT, Kind.LINK)
        return Key(
            sort_key(value) if is_text else value,
            value,
            Kind.TEXT if is_text else field.kind,
            one.descending,
            nullable,
            is_text,
        )


def key_order(keys: Sequence[Key], *, backwards: bool) -> list[Any]:
    """Write ORDER BY; what is empty stands last whichever way is sorted."""
    parts: list[Any] = []
    for key in keys:
        ordered = key.expression.desc() if key.descending != backwards else key.expression.asc()
        if key.nullable and key.descending:
            ordered = ordered.nulls_first() if backwards else ordered.nulls_last()
        parts.append(ordered)
    return parts


def beyond(keys: Sequence[Key], values: Sequence[Any], *, backwards: bool) -> ColumnElement[bool]:
    """Write the condition for the rows behind a cursor, or before it."""
    ways = {key.descending for key in keys}
    if len(ways) == 1 and not any(key.nullable for key in keys):
        own = tuple_(*(key.expression for key in keys))
        other = tuple_(*(key.bound(value) for key, value in zip(keys, values, strict=True)))
        return own < other if ways.pop() != backwards else own > other
    steps: list[ColumnElement[bool]] = []
    for at, key in enumerate(keys):
        equal = [
            one.expression.is_(None) if value is None else one.expression == one.bound(value)
            for one, value in zip(keys[:at], values, strict=False)
        ]
        steps.append(and_(*equal, _after(key, values[at], backwards=backwards)))
    return or_(*steps)


def _after(key: Key, value: Any, *, backwards: bool) -> ColumnElement[bool]:
    if value is None:
        return cast("ColumnElement[bool]", key.expression.is_not(None)) if backwards else false()
    further = key.expression < key.bound(value) if key.descending != backwards else key.expression > key.bound(value)
    return or_(further, key.expression.is_(None)) if key.nullable and not backwards else further


# --- cursors ----------------------------------------------------------------------------------------------------------


def encode(values: Sequence[Any], at: int) -> str:
    """Write a place in a list for an address: the values it is sorted by, and how many rows stand before it."""
    plain = [value if value is None or isinstance(value, (int, bool)) else str(value) for value in values]
    packed = json.dumps([at, *plain], ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode(text: str, keys: Sequence[Key]) -> tuple[list[Any], int] | None:
    """Read a place written by :func:`encode`; None when it does not fit this order, or was tampered with."""
    try:
        at, *plain = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if len(plain) != len(keys) or not isinstance(at, int):
            return None
        return [_decoded(key, value) for key, value in zip(keys, plain, strict=True)], at
    except (ValueError, TypeError, binascii.Error, InvalidOperation):
        return None


def _decoded(key: Key, value: Any) -> Any:
    if value is None:
        if not key.nullable:
            raise ValueError(value)
        return None
    if key.kind is Kind.FLAG:
        return bool(value)
    if key.kind is Kind.NUMBER and not isinstance(value, str):
        return int(value)
    return _DECODERS.get(key.kind, str)(str(value))


# --- pages ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Page:
    """Rows of a list and the way to its neighbours.

    :ivar first: how many rows stand before the first one
    :ivar in_use: where a row says whether its record is in use, of models that archive
    """

    slots: list[Slot]
    rows: list[Sequence[Any]]
    first: int
    after: str | None
    before: str | None
    in_use: int | None = None


def read_page(
    ctx: Context,
    screen: Screen,
    asked: Asked,
    *,
    after: str = "",
    before: str = "",
    size: int = PAGE,
    within: Sequence[ColumnElement[bool]] = (),
) -> Page:
    """Read one page in one statement.

    :param within: further conditions: a group, a column of a board
    """
    query = Query(ctx, screen)
    slots = [query.add(column) for column in asked.columns]
    archive = screen.model.__archive__
    in_use = query.flag(archive) if archive is not None else None
    keys = query.keys(asked.sort)
    width = len(query.selected)
    cursor = decode(after or before, keys) if after or before else None
    backwards = bool(before) and cursor is not None
    statement = select(*query.selected, *(key.value for key in keys)).select_from(query.source)
    statement = statement.where(visible_clause(ctx, screen.model), *asked.conditions, *within)
    if cursor is not None:
        statement = statement.where(beyond(keys, cursor[0], backwards=backwards))
    statement = statement.order_by(*key_order(keys, backwards=backwards)).limit(size + 1)
    found: list[Any] = list(ctx.session.connection().execute(statement))
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    at = cursor[1] if cursor else 0
    first = max(0, at - len(found)) if backwards else at
    has_next, has_previous = (True, more) if backwards else (more, cursor is not None)
    return Page(
        slots,
        found,
        first,
        encode(found[-1][width:], first + len(found)) if has_next and found else None,
        encode(found[0][width:], first) if has_previous and found else None,
        in_use,
    )


def read_pieces(
    ctx: Context, screen: Screen, asked: Asked, parts: Sequence[ColumnElement[bool]], *, size: int
) -> list[Page]:
    """Read the first rows of several parts of a list, as the columns of a board are, in one statement."""
    query = Query(ctx, screen)
    slots = [query.add(column) for column in asked.columns]
    keys = query.keys(asked.sort)
    width = len(query.selected)
    everything = [*query.selected, *(key.value for key in keys)]
    names = [f"v{at}" for at in range(len(everything))]
    pieces: list[Select[Any]] = []
    for place, part in enumerate(parts):
        piece: Select[Any] = cast(
            "Any",
            select(
                literal(place).label("place"),
                func.row_number().over(order_by=key_order(keys, backwards=False)).label("at"),
                *(one.label(name) for one, name in zip(everything, names, strict=True)),
            ),
        )
        piece = piece.select_from(query.source).where(visible_clause(ctx, screen.model), *asked.conditions, part)
        inner = piece.order_by(*key_order(keys, backwards=False)).limit(size + 1).subquery()
        pieces.append(select(*inner.c))
    found: dict[int, list[Any]] = {}
    if pieces:
        rows: Any = ctx.session.connection().execute(union_all(*pieces).order_by("place", "at"))
        for place, _at, *row in rows:
            found.setdefault(place, []).append(row)
    pages: list[Page] = []
    for place in range(len(parts)):
        rows, more = found.get(place, [])[:size], len(found.get(place, [])) > size
        pages.append(Page(slots, rows, 0, encode(rows[-1][width:], len(rows)) if more else None, None))
    return pages


def count(ctx: Context, screen: Screen, asked: Asked) -> int:
    """Count the rows of a list, up to one more than :data:`MOST`."""
    inner = (
        select(cast("ColumnElement[int]", literal_column("1")))
        .select_from(screen.model.__table__)
        .where(visible_clause(ctx, screen.model), *asked.conditions)
        .limit(MOST + 1)
        .subquery()
    )
    return ctx.session.connection().execute(select(func.count()).select_from(inner)).scalar_one()


def every_row(
    ctx: Context, screen: Screen, asked: Asked, ids: Sequence[int] | None = None
) -> tuple[list[Slot], Select[Any]]:
    """Give the statement for all rows of a list in its order, as export needs it."""
    query = Query(ctx, screen)
    slots = [query.add(column) for column in with_groups(screen, asked)]
    groups = [one for grouping in asked.groups for one in group_order(query, grouping)]
    keys = query.keys(asked.sort)
    statement: Select[Any] = cast("Any", select(*query.selected).select_from(query.source))
    statement = statement.where(visible_clause(ctx, screen.model), *asked.conditions)
    if ids is not None:
        statement = statement.where(screen.model.__table__.c.id.in_(ids))
    return slots, statement.order_by(*groups, *key_order(keys, backwards=False))


def with_groups(screen: Screen, asked: Asked) -> list[Column]:
    """Give the columns of a list with those it is grouped by, which a file shows first where the list does not."""
    shown = {column.name for column in asked.columns}
    every = {column.name: column for column in screen.all_columns()}
    more = [every[one.field.name] for one in asked.groups if one.field.name not in shown and one.field.name in every]
    return [*dict.fromkeys(more), *asked.columns]


def group_order(query: Query, grouping: Grouping) -> list[Any]:
    """Write ORDER BY for the groups of a list, what is empty last."""
    value = query.table.c[grouping.field.column]
    names = query.linked_names(grouping.field) if grouping.field.kind is Kind.LINK else []
    return [one.asc().nulls_last() for one in grouping.order(query.ctx, value, names)]


__all__ = [
    "MOST",
    "PAGE",
    "Key",
    "Page",
    "Query",
    "Slot",
    "count",
    "decode",
    "encode",
    "every_row",
    "read_page",
    "read_pieces",
]

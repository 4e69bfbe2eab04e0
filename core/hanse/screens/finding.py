"""One search for everything: the best matches of every model that a person sees, in two statements for all of them.

First the searching functions name candidates, best first, since only they may use the indexes (hanse.database.search);
then visible() says which of them are there for the person.  Where it leaves too few of many, the records that the
person does see are looked through themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, String, func, literal, select, union_all
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import ARRAY, array

from hanse.database.pinyin import sounds
from hanse.database.search import best_ids, content_matches, has_key, key_column, searched_fields
from hanse.directory.models import PermissionScope
from hanse.life.archive import in_use
from hanse.models import Model
from hanse.screens import filtering
from hanse.screens.names import name_columns, text_columns, written_name
from hanse.screens.screen import Screen, all_screens
from hanse.security.by_rights import by_rights
from hanse.security.clauses import visible_clause
from hanse.security.permissions import verb

if TYPE_CHECKING:
    from hanse.actions import Context

#: How well a record matches: a number or name as typed, its beginning, that of a word in it, a part, something else.
EXACT, PREFIX, WORD, PART, OTHER = range(5)
#: Candidates of each degree, for each record that is wanted.
_SPARE = 4


@dataclass(frozen=True)
class Found:
    """A record that was found."""

    id: int
    title: str
    degree: int


@dataclass(frozen=True)
class FoundIn:
    """What was found of a model, best first.

    :ivar more: there is more than these
    """

    screen: Screen
    records: tuple[Found, ...]
    more: bool


@by_rights
def searched_screens(ctx: Context) -> tuple[Screen, ...]:
    """Give the screens whose records somebody may look for by words."""
    return tuple(
        one
        for one in all_screens()
        if one.search
        and {one.addon, one.model.__addon__} <= ctx.seen
        and ctx.may(verb(one.model, "read"))
        and filtering.searchable(one)
    )


def find_everywhere(ctx: Context, words: str, each: int, screens: Sequence[Screen] | None = None) -> list[FoundIn]:
    """Find at most ``each`` records of every model the person sees; the models with the best matches first."""
    words = " ".join(words.split())
    if not words:
        return []
    asked = searched_screens(ctx) if screens is None else screens
    wanted = each * _SPARE
    ids = candidates(ctx, asked, words, wanted)
    asked = [one for one in asked if ids[one.name] or one.finds or one.seeks]
    conditions = {one.name: _condition(ctx, one, words, ids[one.name]) for one in asked}
    rows = _read(ctx, asked, conditions, wanted)
    again = [one for one in asked if len(ids[one.name]) >= wanted and len(rows[one.name]) <= each]
    if again:
        rows |= _read(ctx, again, {one.name: _themselves(ctx, one.model, words) for one in again}, wanted)
    found = [_ranked(one, rows[one.name], words, each) for one in asked if rows[one.name]]
    return sorted(found, key=lambda one: one.records[0].degree)


def candidates(ctx: Context, screens: Sequence[Screen], words: str, most: int) -> dict[str, list[int]]:
    """Name records of many models that match, at most ``most`` of each degree, in one statement."""
    searched = [(one.model, _reach(ctx, one.model)) for one in screens if _by_text(one, words)]
    found = best_ids(ctx.session, searched, words, most)
    return {one.name: found.get(one.model, []) for one in screens}


def _themselves(ctx: Context, model: type[Model], words: str) -> ColumnElement[bool]:
    return content_matches(model, words, filtering.hidden_text(ctx, model))


def complete_names(
    ctx: Context, screen: Screen, words: str, most: int, where: Sequence[ColumnElement[bool]] = ()
) -> list[tuple[Any, ...]]:
    """Give id and names of the records that words mean best, within ``where``, at most ``most``.

    The screen's records are searched (:func:`hanse.screens.filtering.searchable`).
    """
    model, words = screen.model, " ".join(words.split())
    wanted = most * 2
    ids = candidates(ctx, [screen], words, wanted)[screen.name]
    rows = _named(ctx, model, [_condition(ctx, screen, words, ids), *where], wanted)
    if len(ids) >= wanted and len(rows) < most:
        rows = _named(ctx, model, [_themselves(ctx, model, words), *where], wanted)
    rows.sort(
        key=lambda row: (
            degree_of(words, [str(one) for one in row[2:] if one is not None], row[1] or ""),
            *map(str, row[2:]),
        )
    )
    return [(row[0], *row[2:]) for row in rows[:most]]


def _named(ctx: Context, model: type[Model], where: Sequence[ColumnElement[bool]], most: int) -> list[Any]:
    key = key_column(model) if has_key(model) else literal("")
    query = select(model.__table__.c.id, key.label("key"), *name_columns(model))
    return list(ctx.session.connection().execute(query.where(visible_clause(ctx, model), *where).limit(most * 3)))


def _by_text(screen: Screen, words: str) -> bool:
    """Tell whether all that the words can mean stands in searched text, or is one word's own meaning besides."""
    return screen.seeks is None and has_key(screen.model) and (screen.finds is None or " " not in words)


def _reach(ctx: Context, model: type[Model]) -> tuple[int, ...]:
    everywhere = PermissionScope.COMPANIES in ctx.grants.scopes(verb(model, "read"))
    return ctx.companies if everywhere else (ctx.company.id,)


def _condition(ctx: Context, screen: Screen, words: str, ids: Sequence[int]) -> ColumnElement[bool]:
    if not _by_text(screen, words):
        return filtering.sought(ctx, screen, words)
    named = filtering.named_ids(ctx, screen.model, words, ids)
    meant = screen.finds(ctx, words) if screen.finds is not None else None
    return screen.model.id.in_(named if meant is None else named.union(meant))


def _read(
    ctx: Context, screens: Sequence[Screen], conditions: Mapping[str, ColumnElement[bool]], most: int
) -> dict[str, list[Any]]:
    """Read names and keys of the records that are there for the person, in one statement."""
    found: dict[str, list[Any]] = {one.name: [] for one in screens}
    parts: list[Any] = []
    for one in screens:
        model = one.model
        key = key_column(model) if has_key(model) else literal("")
        query = select(
            literal(one.name), model.__table__.c.id, text_columns(model), _values(ctx, model), key.label("key")
        )
        there = (visible_clause(ctx, model), in_use(model), conditions[one.name])
        inner = query.where(*there).limit(most * 3).subquery()
        parts.append(select(*inner.c))
    if parts:
        rows: Any = ctx.session.connection().execute(union_all(*parts))
        for name, *values in rows:
            found[name].append(values)
    return found


def _values(ctx: Context, model: type[Model]) -> Any:
    """Give the searched fields that the person may read, by which a record is judged besides its name: its number."""
    hidden = filtering.hidden_text(ctx, model)
    fields = searched_fields(model.__table__, without=hidden)
    return sql_cast(array([func.coalesce(model.__table__.c[one.column], "") for one in fields]), ARRAY(String))


def _ranked(screen: Screen, rows: Sequence[Any], words: str, each: int) -> FoundIn:
    records = [
        Found(record, written_name(screen.model, names) or str(record), degree_of(words, [*names, *more], key or ""))
        for record, names, more, key in rows
    ]
    records.sort(key=lambda one: (one.degree, len(one.title), one.title))
    return FoundIn(screen, tuple(records[:each]), len(records) > each)


def degree_of(words: str, names: Sequence[str], key: str) -> int:
    """Say how well a record matches by its names and numbers, and by the key of how they are read."""
    wanted = " ".join(words.lower().split())
    values = [value.lower() for value in names if value]
    heard = [one.strip("% ") for one in sounds(wanted.replace(" ", ""))] if key else []
    if wanted in values:
        return EXACT
    if any(value.startswith(wanted) for value in values) or any(f" {one} " in key for one in heard):
        return PREFIX
    if any(f" {wanted}" in f" {value}" for value in values) or any(f" {one}" in key for one in heard):
        return WORD
    return PART if any(wanted in value for value in values) or any(one in key for one in heard) else OTHER


__all__ = ["Found", "FoundIn", "candidates", "degree_of", "find_everywhere", "searched_screens"]

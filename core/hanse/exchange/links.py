"""Links out of a file: records named by code, name or id, for a whole batch at once, as far as one may see."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, func, or_, select, true

from hanse.i18n import LOCALES, Label, Text, _, speaking
from hanse.life.archive import archive_column
from hanse.models import Field, Kind, Model, display_fields
from hanse.screens.formats import values_meant, widget_writer
from hanse.screens.names import name_columns, written_name
from hanse.security.clauses import company_clause, visible_clause

if TYPE_CHECKING:
    from hanse.actions import Context

#: As many candidates are named; and of as many records close names are looked for.
_NAMED, _COMPARED = 5, 2_000
_ID = re.compile(r"(?:id:|#)?(\d{1,18})")


@dataclass(frozen=True, slots=True)
class Nobody:
    """A text that names no record, or several.

    :ivar several: the ids it may mean
    """

    message: Text
    several: tuple[int, ...] = ()


Meaning = int | Nobody


class Links:
    """Remembers what texts mean, for one import."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self._known: dict[type[Model], dict[str, Meaning]] = {}

    def meaning(self, field: Field, texts: Collection[str]) -> Mapping[str, Meaning]:
        """Give for each text the id of the record it names, or why it names none."""
        assert field.target is not None
        known = self._known.setdefault(field.target, {})
        fresh = {text for text in texts if text not in known}
        if fresh:
            known |= self._look_up(field.target, field.label, fresh)
        return known

    def forget_unknown(self, model: type[Model]) -> None:
        """Ask again for what was not there, because records have been made since."""
        known = self._known.get(model, {})
        self._known[model] = {text: one for text, one in known.items() if isinstance(one, int)}

    def _look_up(self, target: type[Model], label: Label, texts: set[str]) -> dict[str, Meaning]:
        hits = _hits(self.ctx, target, texts)
        rest = texts - hits.keys()
        if rest:
            hits |= _hits(self.ctx, target, rest, folded=True)
        rest = {text for text in rest - hits.keys() if _ID.fullmatch(text)}
        if rest:
            hits |= self._by_id(target, rest)
        several = {record for found in hits.values() if len(found) > 1 for record in sorted(found)[:_NAMED]}
        names = self._names(target, target.id.in_(sorted(several))) if several else {}
        result: dict[str, Meaning] = {}
        near: dict[int, str] | None = None
        for text in texts:
            found = hits.get(text, set())
            if len(found) == 1:
                result[text] = next(iter(found))
            elif found:
                result[text] = _ambiguous(label, text, found, names)
            else:
                near = self._near(target) if near is None else near
                result[text] = _missing(label, text, near.values())
        return result

    def _by_id(self, target: type[Model], texts: Iterable[str]) -> dict[str, set[int]]:
        wanted = {text: int(found[1]) for text in texts if (found := _ID.fullmatch(text))}
        query = select(target.id).where(target.id.in_(sorted(set(wanted.values()))), _there(self.ctx, target))
        there = set(self.ctx.session.scalars(query))
        return {text: {record} for text, record in wanted.items() if record in there}

    def _names(self, target: type[Model], where: ColumnElement[bool]) -> dict[int, str]:
        query = select(target.id, *name_columns(target)).where(where, _there(self.ctx, target)).limit(_COMPARED)
        return {row[0]: written_name(target, row[1:]) for row in self.ctx.session.execute(query)}

    def _near(self, target: type[Model]) -> dict[int, str]:
        """Give names to propose, where there are not too many to compare."""
        names = self._names(target, target.id.is_not(None))
        return names if len(names) < _COMPARED else {}


def _there(ctx: Context, target: type[Model]) -> ColumnElement[bool]:
    return visible_clause(ctx, target) & company_clause(ctx, target)


def _fields(target: type[Model]) -> list[Field]:
    """Give the fields a record is known by: those that name it, and those that the search box looks into."""
    names = dict.fromkeys((*display_fields(target), *(one.name for one in target.__fields__.values() if one.search)))
    every = [target.__fields__[name] for name in names]
    return [
        one for one in every if one.python_type is str and one.kind in (Kind.TEXT, Kind.NUMBER) and not one.per_company
    ]


def _hits(ctx: Context, target: type[Model], texts: set[str], *, folded: bool = False) -> dict[str, set[int]]:
    """Find the records that texts name, all in one statement; ``folded``: whatever the case, and by joined names."""
    table = target.__table__
    fields = _fields(target)
    wanted: dict[str, set[str]] = {}
    for text in texts:
        for one in (_folded(text),) if folded else (text, *_stored(fields, text)):
            wanted.setdefault(one, set()).add(text)
    columns: list[ColumnElement[Any]] = [table.c[one.column] for one in fields]
    if folded:
        joined = [*name_columns(target)]
        if len(joined) > 1:
            columns.append(func.concat_ws(" ", *joined))
        columns = [func.lower(column) for column in columns]
    if not columns:
        return {}
    values = sorted(wanted)
    live: Any = archive_column(target) if target.__archive__ is not None else true()
    query = select(table.c.id, live, *columns).where(or_(*(one.in_(values) for one in columns)), _there(ctx, target))
    hits: dict[str, set[int]] = {}
    archived: dict[str, set[int]] = {}
    for record, in_use, *found in ctx.session.execute(query):
        for value in found:
            for text in wanted.get(value, ()):
                (hits if in_use else archived).setdefault(text, set()).add(record)
    return archived | hits


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def _stored(fields: Iterable[Field], text: str) -> set[str]:
    """Give stored values that are written as ``text`` in some language: 德国 is stored as Germany."""
    found: set[str] = set()
    for field in fields:
        write = widget_writer(field)
        for locale in LOCALES if write is not None else ():
            with speaking(locale):
                meant = values_meant(field, text)
                found |= {one for one in meant if write is not None and write(one).casefold() == text.casefold()}
    return found


def _ambiguous(label: Label, text: str, found: set[int], names: Mapping[int, str]) -> Nobody:
    shown = ", ".join(f"{names.get(one, '')} (id:{one})" for one in sorted(found)[:_NAMED])
    message = _(
        "%(field)s: “%(text)s” may be %(candidates)s. Write the code, or the id as shown.",
        field=label,
        text=text,
        candidates=shown,
    )
    return Nobody(message, tuple(sorted(found)))


def _missing(label: Label, text: str, names: Iterable[str]) -> Nobody:
    near = get_close_matches(text, list(names), _NAMED, 0.5)
    if not near:
        return Nobody(
            _(
                "%(field)s: there is no “%(text)s”, or not for you. Add it first, or correct the cell.",
                field=label,
                text=text,
            )
        )
    return Nobody(
        _(
            "%(field)s: there is no “%(text)s”. Is it one of these: %(candidates)s?",
            field=label,
            text=text,
            candidates=", ".join(near),
        )
    )


__all__ = ["Links", "Meaning", "Nobody"]

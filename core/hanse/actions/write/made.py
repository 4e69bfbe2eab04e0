"""Records that are inserted together with their lines, by the column: as they are written, and as the audit notes them.

A column is written out as JSON at once.  A dictionary for each record, and the JSON of that, would take five times as
long; it is made only of a record that is asked for or changes again in its run.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from itertools import repeat
from json.encoder import encode_basestring
from types import NoneType
from typing import Any

from hanse.actions.write.statements import dumps
from hanse.models import Field, Kind, Model

Rows = Sequence[Mapping[str, Any]]
Columns = dict[str, list[Any]]
#: What the audit says instead of what a field holds that nobody may see.
HIDDEN = ["•••", "•••"]


@dataclass
class Level:
    """The rows for one table: the records themselves, or all their lines of one field.

    :ivar of: the lines field, and the rows that own these; None for records
    :ivar owner: for each row the place of its owner there, in ascending order
    :ivar given: columns that are not in the rows
    """

    model: type[Model]
    rows: Rows
    of: tuple[Field, Level] | None = None
    owner: list[int] = field(default_factory=list[int])
    path: str = ""
    given: Columns = field(default_factory=dict[str, list[Any]])
    ids: list[int] = field(default_factory=list[int])
    columns: Columns = field(default_factory=dict[str, list[Any]])

    def noted(self) -> Iterator[tuple[str, list[Any]]]:
        """Give the columns that the audit tells of, by field."""
        return ((name, values) for name, values in self.columns.items() if name not in self.given)


def levels(level: Level) -> Iterator[Level]:
    """Give the rows of a table and those nested in them, owners before their lines."""
    yield level
    for name, one in level.model.__fields__.items():
        if one.kind is not Kind.LINES or not one.owned:
            continue
        owner = [place for place, row in enumerate(level.rows) for _line in row.get(name) or ()]
        if owner:
            assert one.target is not None
            lines = [line for row in level.rows for line in row.get(name) or ()]
            yield from levels(Level(one.target, lines, (one, level), owner, name))


class Made:
    """Records that one statement has inserted, with the lines they own.

    What the audit notes of a field is [None, value]; it notes no empty fields, and no flags that are off.
    """

    def __init__(self, inserted: Sequence[Level]) -> None:
        self._levels = inserted

    @property
    def ids(self) -> list[int]:
        """The ids of the records, in the order of their rows."""
        return self._levels[0].ids

    @cached_property
    def _places(self) -> dict[int, int]:
        return {record: place for place, record in enumerate(self.ids)}

    def changes(self, record: int) -> dict[str, Any]:
        """Give what the audit notes of one record, by field; lines with their ids."""
        return self._changes(self._levels[0], self._places[record])

    def _changes(self, level: Level, place: int) -> dict[str, Any]:
        changes: dict[str, Any] = {
            name: [None, values[place]] for name, values in level.noted() if _is_noted(values[place])
        }
        for below in self._levels:
            if below.of is not None and below.of[1] is level:
                own = range(bisect_left(below.owner, place), bisect_right(below.owner, place))
                if own:
                    changes[below.of[0].name] = [{**self._changes(below, one), "id": below.ids[one]} for one in own]
        return changes

    def documents(self, hidden: Collection[str] = ()) -> list[str]:
        """Write what the audit notes of each record as JSON.

        :param hidden: fields of the records of which it is noted only that they have a value
        """
        tables = {id(level): _Objects(len(level.ids)) for level in self._levels}
        for level in reversed(self._levels):
            table = tables[id(level)]
            for name, values in level.noted():
                table.add(name, values, hidden=level.of is None and name in hidden)
            if level.of is not None:
                table.add_to_all('"id":%s', map(str, level.ids))
                lines, above = level.of
                tables[id(above)].add_lists(lines.name, level.owner, table.written())
        return tables[id(self._levels[0])].written()


def _is_noted(value: Any) -> bool:
    return value is not None and value is not False


class _Objects:
    """Objects in JSON, one for each row, written by the column.

    What every row has stands in one pattern for all of them, with its value if it is the same; what some rows lack
    comes in pieces.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._patterns: list[str] = []
        self._texts: list[Iterable[str]] = []
        self._pieces: list[list[str]] = []

    def add(self, name: str, values: Sequence[Any], *, hidden: bool = False) -> None:
        """Add what is noted of a column."""
        kinds = set(map(type, values))
        start = f"{encode_basestring(name)}:"
        if hidden:
            self._pieces.append([f",{start}{dumps(HIDDEN)}" if _is_noted(value) else "" for value in values])
        elif NoneType not in kinds and not (bool in kinds and False in values):
            write = _writer(kinds)
            if kinds == {bool} or (write is encode_basestring and values.count(values[0]) == len(values)):
                self._patterns.append(f"{start}[null,{write(values[0])}]".replace("%", "%%"))
            else:
                self.add_to_all(f"{start}[null,%s]", map(write, values))
        elif kinds != {NoneType}:
            write = _writer(kinds - {NoneType})
            self._pieces.append(
                ["" if value is None or value is False else f",{start}[null,{write(value)}]" for value in values]
            )

    def add_to_all(self, pattern: str, texts: Iterable[str]) -> None:
        """Add what every row has, in a pattern for its text."""
        self._patterns.append(pattern)
        self._texts.append(texts)

    def add_lists(self, name: str, owner: Sequence[int], objects: Iterable[str]) -> None:
        """Add lines, for each of which ``owner`` says the place of its row, as a list under the name of their field."""
        own: list[list[str]] = [[] for _row in range(self._count)]
        for place, written in zip(owner, objects, strict=True):
            own[place].append(written)
        start = f",{encode_basestring(name)}:"
        self._pieces.append([f"{start}[{','.join(lines)}]" if lines else "" for lines in own])

    def written(self) -> list[str]:
        """Give the object of each row."""
        columns = [*self._texts, *self._pieces]
        rows = zip(*columns, strict=True) if columns else repeat((), self._count)
        if not self._patterns:
            return ["{" + "".join(row)[1:] + "}" for row in rows]
        pattern = "{" + ",".join(self._patterns) + "%s" * len(self._pieces) + "}"
        return [pattern % row for row in rows]


def _text(value: Any) -> str:
    return f'"{value}"'


#: How the values of a column are written where all of them are of one type.
_WRITERS: dict[type, Callable[[Any], str]] = {
    int: str,
    bool: lambda _on: "true",  # one that is off is not noted
    Decimal: _text,
    date: _text,
    datetime: _text,
}


def _writer(kinds: Collection[type]) -> Callable[[Any], str]:
    if all(issubclass(kind, str) for kind in kinds):
        return encode_basestring
    return _WRITERS.get(next(iter(kinds)), dumps) if len(kinds) == 1 else dumps

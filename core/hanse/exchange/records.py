"""Rows of a file as records: cells read, lines gathered, links found; what is wrong is noted, never raised."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hanse.actions.values import WrongValue
from hanse.exchange.cells import Reader, reader_for
from hanse.exchange.links import Links, Nobody
from hanse.exchange.mapping import ColumnMap
from hanse.exchange.models import RowResult
from hanse.exchange.targets import Target, Targets
from hanse.i18n import Label, Text, _
from hanse.models import Field, Kind, Model

if TYPE_CHECKING:
    from hanse.actions import Context

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the file."""

    number: int
    cells: Sequence[str]


@dataclass(slots=True)
class Fault:
    """What is wrong with a cell, or with the row as a whole.

    :ivar path: of the target; empty: the whole row
    :ivar unknown: the text names no record or no choice; a person may say once what it means
    """

    message: Label
    path: str = ""
    label: Label = ""
    text: str = ""
    row: int = 0
    unknown: bool = False

    def stored(self) -> Values:
        """Give it as JSON holds it, in the language of the moment."""
        return {
            "row": self.row,
            "path": self.path,
            "field": str(self.label),
            "text": self.text,
            "message": str(self.message),
            "unknown": self.unknown,
        }


@dataclass(slots=True)
class Wanted:
    """A link that is still a text."""

    holder: Values
    target: Target
    text: str
    row: int


@dataclass(slots=True)
class Draft:
    """A record as a file describes it.

    :ivar line_rows: for each lines field, the numbers of the rows its lines come from
    :ivar record: id of the record it is, once that is known
    """

    number: int
    values: Values = field(default_factory=dict[str, Any])
    line_rows: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    wanted: list[Wanted] = field(default_factory=list[Wanted])
    faults: list[Fault] = field(default_factory=list[Fault])
    result: RowResult | None = None
    record: int | None = None
    stamp: int | None = None
    entry: int | None = None
    before: Values | None = None

    def refuse(self, fault: Fault) -> None:
        """Note what is wrong."""
        fault.row = fault.row or self.number
        self.faults.append(fault)
        self.result = RowResult.REFUSED


@dataclass(frozen=True, slots=True)
class _Column:
    place: int
    target: Target
    read: Reader
    replace: dict[str, str]


class Records:
    """Reads rows into drafts, by one mapping."""

    def __init__(self, ctx: Context, model: type[Model], targets: Targets, mapping: ColumnMap, width: int) -> None:
        self.model = model
        self.links = Links(ctx)
        self._width = width
        columns = [
            _Column(place, targets[path], reader_for(ctx, targets[path].field, mapping), _replaced(mapping, path))
            for place, path in enumerate(mapping.columns)
            if path
        ]
        self._own = [one for one in columns if one.target.lines is None]
        self._lines: dict[str, list[_Column]] = {}
        for one in columns:
            if one.target.lines is not None:
                self._lines.setdefault(one.target.lines.name, []).append(one)
        self._constants = [
            (targets[path], reader_for(ctx, targets[path].field, mapping), text)
            for path, text in mapping.constants.items()
        ]

    def read(self, rows: Sequence[Row]) -> Draft:
        """Read the rows of one record."""
        draft = Draft(rows[0].number)
        for target, read, text in self._constants:
            if target.lines is None:
                self._put(draft, draft.values, target, read, text, draft.number)
        for at, row in enumerate(rows):
            if len(row.cells) > self._width:
                message = _(
                    "This row has %(cells)s cells, but there are %(headings)s headings. Is there a separator in a "
                    "text without quotation marks?",
                    cells=len(row.cells),
                    headings=self._width,
                )
                draft.refuse(Fault(message, row=row.number))
            if at == 0:
                self._read_cells(draft, draft.values, self._own, row)
            else:
                self._compare(draft, rows[0], row)
            self._read_lines(draft, row)
        return draft

    def _read_cells(self, draft: Draft, holder: Values, columns: Sequence[_Column], row: Row) -> None:
        for column in columns:
            text = row.cells[column.place] if column.place < len(row.cells) else ""
            if text:
                text = column.replace.get(text, text)
                self._put(draft, holder, column.target, column.read, text, row.number)

    def _put(self, draft: Draft, holder: Values, target: Target, read: Reader, text: str, row: int) -> None:
        try:
            value = read(text)
        except WrongValue as error:
            unknown = target.field.kind is Kind.CHOICE
            draft.refuse(Fault(error.message, target.path, target.label, text, row, unknown=unknown))
            return
        if target.field.kind is Kind.LINK:
            draft.wanted.append(Wanted(holder, target, value, row))
        else:
            holder[target.field.name] = value

    def _compare(self, draft: Draft, first: Row, row: Row) -> None:
        """Refuse a further row of a record that says something else of the record than the first."""
        for column in self._own:
            one = first.cells[column.place] if column.place < len(first.cells) else ""
            other = row.cells[column.place] if column.place < len(row.cells) else ""
            if other and other != one:
                message = _("Row %(first)s, which is the same record, says “%(text)s”.", first=first.number, text=one)
                draft.refuse(Fault(message, column.target.path, column.target.label, other, row.number))

    def _read_lines(self, draft: Draft, row: Row) -> None:
        for name, columns in self._lines.items():
            line: Values = {}
            self._read_cells(draft, line, columns, row)
            linked = any(one.holder is line for one in draft.wanted)
            if not line and not linked:
                continue
            for target, read, text in self._constants:
                if target.lines is not None and target.lines.name == name:
                    self._put(draft, line, target, read, text, row.number)
            draft.values.setdefault(name, []).append(line)
            draft.line_rows.setdefault(name, []).append(row.number)

    # --- links

    def follow(self, drafts: Sequence[Draft], *, last: bool = True) -> list[Draft]:
        """Put ids where texts name records; give the drafts that wait for a record of their own model.

        :param last: nothing more will be made, so what is not there is wrong
        """
        for one, texts in self._sought(drafts):
            self.links.meaning(one, texts)
        return [draft for draft in drafts if draft.wanted and not self._settle(draft, last)]

    def _sought(self, drafts: Sequence[Draft]) -> Iterator[tuple[Field, set[str]]]:
        sought: dict[Field, set[str]] = {}
        for draft in drafts:
            for one in draft.wanted:
                sought.setdefault(one.target.field, set()).add(one.text)
        yield from sought.items()

    def _settle(self, draft: Draft, last: bool) -> bool:
        """Fill a draft's links; tell whether none is left waiting."""
        left: list[Wanted] = []
        for one in draft.wanted:
            found = self.links.meaning(one.target.field, ())[one.text]
            if not isinstance(found, Nobody):
                one.holder[one.target.field.name] = found
            elif one.target.field.target is self.model and not found.several and not last:
                left.append(one)
            else:
                fault = Fault(found.message, one.target.path, one.target.label, one.text, one.row, unknown=True)
                draft.refuse(fault)
        draft.wanted = left
        return not left


def _replaced(mapping: ColumnMap, path: str) -> dict[str, str]:
    return {text: other for text, other in mapping.replace.get(path, {}).items() if other}


def label_of(targets: Targets, path: str) -> Text | str:
    """Give what people call a target."""
    return targets[path].label if path in targets else ""


__all__ = ["Draft", "Fault", "Records", "Row", "label_of"]

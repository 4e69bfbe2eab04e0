"""A cube as a table: heads of columns, lines with their groups, cells with what they say and which rows they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hanse.i18n import Label, _, format_decimal
from hanse.models import Kind
from hanse.screens.formats import money_formatter
from hanse.screens.pivot.axes import Axis, Measure
from hanse.screens.pivot.cube import Cube, Figures, Path, TooMuch

if TYPE_CHECKING:
    from hanse.actions import Context

#: More columns than this nobody reads.
MOST_COLUMNS = 500
#: Decimals of an average of what is no money.
AVERAGE_PLACES = 4
Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Head:
    """A cell above the columns.

    :ivar toggle: path of the group that it opens or closes
    """

    text: str
    span: int = 1
    down: int = 1
    toggle: str = ""
    is_open: bool = False
    measure: Measure | None = None
    is_total: bool = False


@dataclass(frozen=True)
class Cell:
    """What a cell says: a text for each currency, and the exact values.

    :ivar values: code of the currency or empty, and value
    """

    texts: tuple[str, ...]
    values: tuple[tuple[str, Decimal], ...]
    is_total: bool


@dataclass(frozen=True)
class Line:
    """A row: a member of a group, a group, or the total.

    :ivar level: how deep it stands; 0 is the outermost
    """

    path: Path
    text: str
    level: int
    cells: tuple[Cell, ...]
    toggle: str = ""
    is_open: bool = False
    is_total: bool = False


@dataclass(frozen=True)
class Place:
    """A column of figures: whose, and of which measure."""

    path: Path
    text: str
    measure: Measure
    is_total: bool


@dataclass(frozen=True)
class Sheet:
    """A table."""

    title: str
    heads: tuple[tuple[Head, ...], ...]
    places: tuple[Place, ...]
    lines: tuple[Line, ...]


def lay_out(ctx: Context, cube: Cube) -> Sheet:
    """Lay a cube out.

    :raises TooMuch: there are more columns than can be shown
    """
    question = cube.question
    rows = _Side(cube, question.rows, 0)
    columns = _Side(cube, question.columns, 1)
    leaves = [*columns.leaves(()), *([((), True)] if question.columns else [])] or [((), False)]
    if len(leaves) * len(question.measures) > MOST_COLUMNS:
        raise TooMuch(
            _(
                "This makes %(count)s columns, and %(most)s can be shown. Swap rows and columns, take days together by "
                "month or year, or filter the list first.",
                count=f"{len(leaves) * len(question.measures):,}",
                most=str(MOST_COLUMNS),
            )
        )
    write = _writer(ctx, cube)
    places = tuple(
        Place(path, columns.said(path, is_total=total), measure, total)
        for path, total in leaves
        for measure in question.measures
    )

    def cells(path: Path, *, total: bool) -> tuple[Cell, ...]:
        found: list[Cell] = []
        for place in places:
            figures = cube.figures.get((path, place.path))
            found.append(write(place.measure, figures, total or place.is_total))
        return tuple(found)

    lines = [
        Line(
            path,
            rows.said(path),
            len(path) - 1,
            cells(path, total=rows.is_open(path)),
            rows.toggle(path),
            rows.is_open(path),
        )
        for path in rows.every(())
    ]
    lines.append(Line((), str(_("Total")), 0, cells((), total=True), is_total=True))
    title = " / ".join(str(one.label) for one in question.rows)
    return Sheet(title, _heads(columns, leaves, question.measures), places, tuple(lines))


class _Side:
    """The rows, or the columns: members of groups in their order."""

    def __init__(self, cube: Cube, axes: Sequence[Axis], side: int) -> None:
        self.cube, self.axes, self.side = cube, axes, side
        self.children: dict[Path, list[Path]] = {}
        for place in cube.figures:
            path, other = place[side], place[1 - side]
            if path and not other:
                self.children.setdefault(path[:-1], []).append(path)
        order = cube.question.order
        for members in self.children.values():
            members.sort(key=self._by_name)
            if order and side == 0:
                self._sort_by_figures(members, order)

    def _by_name(self, path: Path) -> Any:
        axis = self.axes[len(path) - 1]
        return axis.order(path[-1], self.said(path))

    def _sort_by_figures(self, members: list[Path], order: str) -> None:
        measure = next(one for one in self.cube.question.measures if one.name == order.removeprefix("-"))
        greatest = order.startswith("-")

        def figure(path: Path) -> Decimal | None:
            found = values_of(self.cube, measure, self.cube.figures[path, ()])
            return found[0][1] if found else None

        there = [path for path in members if figure(path) is not None]
        there.sort(key=lambda path: figure(path) or Decimal(0), reverse=greatest)
        members[:] = [*there, *(path for path in members if figure(path) is None)]

    def said(self, path: Path, *, is_total: bool = False) -> str:
        """Write the last member of a path; of a total, that it is one."""
        if is_total or not path:
            return str(_("Total"))
        axis = self.axes[len(path) - 1]
        return axis.write(path[-1], self.cube.names.get(axis.name, {}))

    def toggle(self, path: Path) -> str:
        """Give what the address calls a group; empty for what has no parts."""
        if len(path) >= len(self.axes):
            return ""
        return f"{'rc'[self.side]}:{'|'.join(_written(key) for key in path)}"

    def is_open(self, path: Path) -> bool:
        """Tell whether the parts of a group are shown."""
        return len(path) < len(self.axes) and self.toggle(path) not in self.cube.question.closed

    def every(self, path: Path) -> Iterator[Path]:
        """Give every member that is shown, groups ahead of their parts."""
        for child in self.children.get(path, ()):
            yield child
            if self.is_open(child):
                yield from self.every(child)

    def leaves(self, path: Path) -> Iterator[tuple[Path, bool]]:
        """Give the columns: parts of open groups, then their total."""
        for child in self.children.get(path, ()):
            if self.is_open(child):
                yield from self.leaves(child)
                yield child, True
            else:
                yield child, False


def _written(key: Any) -> str:
    return "" if key is None else str(getattr(key, "value", key))


def _heads(
    side: _Side, leaves: Sequence[tuple[Path, bool]], measures: Sequence[Measure]
) -> tuple[tuple[Head, ...], ...]:
    levels = len(side.axes)
    heads: list[list[Head]] = [[] for _level in range(levels)]
    shown: set[Path] = set()
    for leaf, total in leaves:
        for level in range(len(leaf)):
            path = leaf[: level + 1]
            if path in shown:
                continue
            shown.add(path)
            inside = sum(one[: level + 1] == path for one, _total in leaves)
            down = 1 if side.is_open(path) else levels - level
            heads[level].append(
                Head(side.said(path), inside * len(measures), down, side.toggle(path), side.is_open(path))
            )
        if total:
            heads[len(leaf)].append(Head(str(_("Total")), len(measures), levels - len(leaf), is_total=True))
    if len(measures) > 1 or not levels:
        heads.append([Head(str(one.label), measure=one, is_total=total) for _leaf, total in leaves for one in measures])
    return tuple(tuple(one) for one in heads)


def values_of(cube: Cube, measure: Measure, figures: Figures | None) -> list[tuple[int | None, Decimal]]:
    """Give what a measure is in a cell: one value for each currency, the company's own first."""
    if figures is None:
        return []
    if measure.column is None:
        return [(None, Decimal(figures.number))] if figures.number else []
    amounts = figures.amounts.get(measure.column.name, {})
    found: list[tuple[int | None, Decimal]] = []
    for unit in sorted(amounts, key=lambda one: (one is not None, cube.currencies.get(one, ("", 0))[0])):
        places = cube.currencies[unit][1] if measure.column.kind is Kind.MONEY else AVERAGE_PLACES
        found.append((unit, amounts[unit].value(measure.function, places)))
    return found


def codes_of(cube: Cube, measure: Measure) -> list[str]:
    """Give the currencies a measure occurs in."""
    if measure.column is None or measure.column.kind is not Kind.MONEY:
        return []
    units = {unit for one in cube.figures.values() for unit in one.amounts.get(measure.column.name, {})}
    return sorted({cube.currencies[unit][0] for unit in units})


def _writer(ctx: Context, cube: Cube) -> Callable[[Measure, Figures | None, bool], Cell]:
    several = {one.name: len(codes_of(cube, one)) > 1 for one in cube.question.measures}
    money = {unit: money_formatter(places) for unit, (_code, places) in cube.currencies.items()}

    def write(measure: Measure, figures: Figures | None, is_total: bool) -> Cell:
        texts: list[str] = []
        values: list[tuple[str, Decimal]] = []
        is_money = measure.column is not None and measure.column.kind is Kind.MONEY
        for unit, value in values_of(cube, measure, figures):
            code = cube.currencies[unit][0] if is_money else ""
            text = money[unit](value) if is_money else format_decimal(value)
            texts.append(f"{code}\N{NO-BREAK SPACE}{text}" if several[measure.name] else text)
            values.append((code, value))
        return Cell(tuple(texts), tuple(values), is_total)

    return write


def filters_of(cube: Cube, row: Path, column: Path) -> Pairs:
    """Give the parameters of the list that leave the rows of a cell."""
    found: dict[str, str] = {}
    for axes, path in ((cube.question.rows, row), (cube.question.columns, column)):
        for axis, key in zip(axes, path, strict=False):
            narrow(found, axis.filters(key))
    return list(found.items())


def narrow(found: dict[str, str], pairs: Sequence[tuple[str, str]]) -> None:
    """Put filters into others; of two spans of days of one field, what both hold stays."""
    names = {name for name, _value in pairs}
    for name, value in pairs:
        there = found.get(name)
        is_span = f"{name}-to" in names or name.endswith("-to")
        if is_span and there is not None:
            found[name] = min(there, value) if name.endswith("-to") else max(there, value)
        else:
            found[name] = value


def label_of(cube: Cube, measure: Measure) -> Label:
    """Name a measure, with its currency where there is but one."""
    codes = codes_of(cube, measure)
    return (
        _("%(measure)s (%(currency)s)", measure=measure.label, currency=codes[0]) if len(codes) == 1 else measure.label
    )

"""What the address of a pivot asks: rows, columns, measures, order, and which groups are closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hanse.models import Kind
from hanse.saved.state import OWN
from hanse.screens.pivot.axes import COUNT, Axis, Measure, axes_of, measures_of

if TYPE_CHECKING:
    from hanse.actions import Context
    from hanse.screens.screen import Screen

#: Fields on each side at most, and measures.
LEVELS, MEASURES = 3, 4
CHARTS = ("bar", "stacked", "line", "pie")
#: The parameters of a pivot, which saved views keep.
ROWS, COLUMNS, MEASURE, ORDER, CLOSED, CHART = (
    f"{OWN}{name}" for name in ("rows", "cols", "measure", "order", "closed", "chart")
)
PARAMETERS = (ROWS, COLUMNS, MEASURE, ORDER, CLOSED, CHART)


@dataclass(frozen=True)
class Question:
    """What is asked of a pivot.

    :ivar order: name of the measure that rows are sorted by, with ``-`` the greatest first; empty: by their names
    :ivar closed: paths of groups whose parts are not shown
    """

    rows: tuple[Axis, ...]
    columns: tuple[Axis, ...]
    measures: tuple[Measure, ...]
    order: str = ""
    closed: frozenset[str] = frozenset()
    chart: str = ""

    def pairs(self) -> list[tuple[str, str]]:
        """Write it as parameters."""
        return [
            *((ROWS, one.name) for one in self.rows),
            *((COLUMNS, one.name) for one in self.columns),
            *((MEASURE, one.name) for one in self.measures),
            *([(ORDER, self.order)] if self.order else []),
            *((CLOSED, one) for one in sorted(self.closed)),
            *([(CHART, self.chart)] if self.chart else []),
        ]


def read_question(ctx: Context, screen: Screen, pairs: Iterable[tuple[str, str]]) -> Question:
    """Read what is asked; what is not there, or not for this person to read, is left out."""
    axes, measures = axes_of(ctx, screen), measures_of(ctx, screen)
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name, []).append(value)
    rows = _known(axes, given.get(ROWS, ()))[:LEVELS]
    columns = [one for one in _known(axes, given.get(COLUMNS, ())) if one not in rows][:LEVELS]
    if not rows and not columns:
        rows = _usual(screen, axes)
    chosen = [measures[name] for name in dict.fromkeys(given.get(MEASURE, ())) if name in measures][:MEASURES]
    order = given.get(ORDER, [""])[-1]
    chart = given.get(CHART, [""])[-1]
    return Question(
        tuple(rows),
        tuple(columns),
        tuple(chosen) or (COUNT,),
        order if order.removeprefix("-") in {one.name for one in chosen or [COUNT]} else "",
        frozenset(given.get(CLOSED, ())),
        chart if chart in CHARTS else "",
    )


def _known(axes: Mapping[str, Axis], names: Sequence[str]) -> list[Axis]:
    return [axes[name] for name in dict.fromkeys(names) if name in axes]


def _usual(screen: Screen, axes: Mapping[str, Axis]) -> list[Axis]:
    """Give what a list is first broken down by: its quick segments, else its first choice, link or flag."""
    if screen.segments is not None and screen.segments.name in axes:
        return [axes[screen.segments.name]]
    kinds = (Kind.CHOICE, Kind.LINK, Kind.FLAG)
    first = [one for kind in kinds for one in axes.values() if one.kind is kind]
    return (first or list(axes.values()))[:1]

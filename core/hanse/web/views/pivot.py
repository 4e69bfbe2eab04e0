"""Lists as a pivot: counted and added up by rows and columns, as a table, as a chart and as a file."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pyramid.response import Response

from hanse.exchange.pivots import write_sheet
from hanse.i18n import _
from hanse.screens.modes import PARAMETER, Mode, register_mode
from hanse.screens.pivot import LEVELS, Question, TooMuch, axes_of, lay_out, measures_of, read_cube, read_question
from hanse.screens.pivot.axes import AXES
from hanse.screens.pivot.charts import chart_of
from hanse.screens.pivot.question import CHART, COLUMNS, MEASURE, MEASURES, PARAMETERS, ROWS
from hanse.screens.pivot.sheet import Head, Line, Sheet, filters_of, label_of, narrow
from hanse.security.clauses import readable
from hanse.security.permissions import verb
from hanse.web.page import render
from hanse.web.views.exports import send_file
from hanse.web.views.found import screen_for
from hanse.web.views.lists import ask, draw_fixed, frame

if TYPE_CHECKING:
    from hanse.actions import Context
    from hanse.screens import Screen
    from hanse.screens.filtering import Asked
    from hanse.screens.pivot import Cube
    from hanse.web.request import WebRequest

NAME = "pivot"
CHARTS = {"bar": _("Bars"), "stacked": _("Stacked bars"), "line": _("Line chart"), "pie": _("Pie")}
_IN_MEMORY = 2**20
Values = dict[str, Any]


def show(request: WebRequest, screen: Screen) -> Response:
    """Show a list as a pivot."""
    ctx, asked = request.ctx, ask(request, screen)
    drawing = _Drawing(request, screen, asked, read_question(ctx, screen, asked.query))
    try:
        cube = read_cube(ctx, screen, asked, drawing.question)
        pivot = drawing.table(cube, lay_out(ctx, cube))
    except TooMuch as error:
        pivot = {"problem": str(error)}
    page, values = frame(request, screen, asked)
    draw_fixed(request, screen, asked, page, values, drawing.actions)
    return render(request, "pivot.jinja2", page, list=values, pivot=drawing.controls() | pivot)


def export(request: WebRequest) -> Response:
    """Send a pivot as a file."""
    screen, ctx = screen_for(request), request.ctx
    ctx.require(verb(screen.model, "export"))
    form = request.matchdict["form"]
    asked = ask(request, screen)
    cube = read_cube(ctx, screen, asked, read_question(ctx, screen, asked.query))
    target = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  the answer closes it
    write_sheet(form, cube, lay_out(ctx, cube), target)
    return send_file(screen.title, form, target, ctx.today)


class _Drawing:
    """What a pivot's page is drawn from, and the ways from it."""

    def __init__(self, request: WebRequest, screen: Screen, asked: Asked, question: Question) -> None:
        self.request, self.screen, self.question = request, screen, question
        #: the state of the list without what makes it a pivot
        self.rest = asked.without(PARAMETER, "group", "span", *PARAMETERS)

    def address(self, question: Question) -> str:
        """Write the address of a pivot of the same records."""
        return self.request.to(self.screen.path, [*self.rest, (PARAMETER, NAME), *question.pairs()])

    def actions(self, usual: Iterable[Values]) -> list[Values]:
        """Give the buttons of the list; its files are those of the pivot."""
        pairs = [*self.rest, *self.question.pairs()]
        files = {
            self.request.to(f"{self.screen.path}/-/export.{form}"): self.request.to(
                f"{self.screen.path}/-/pivot.{form}", pairs
            )
            for form in ("xlsx", "csv")
        }
        return [entry | {"url": files.get(str(entry["url"]).partition("?")[0], entry["url"])} for entry in usual]

    def controls(self) -> Values:
        """Give what the pivot is set up with."""
        ctx, screen, question = self.request.ctx, self.screen, self.question
        axes = [(one.name, one.label) for one in axes_of(ctx, screen).values()]
        measures = [(one.name, one.label) for one in measures_of(ctx, screen).values()]
        swapped = Question(question.columns, question.rows, question.measures, "", frozenset(), question.chart)
        kept = [*self.rest, (PARAMETER, NAME), *(pair for pair in question.pairs() if pair[0] == CHART)]
        return {
            "url": self.request.to(screen.path),
            "kept": kept,
            "sides": [
                _side(ROWS, _("Row fields"), axes, [one.name for one in question.rows], LEVELS),
                _side(COLUMNS, _("Column fields"), axes, [one.name for one in question.columns], LEVELS),
                _side(MEASURE, _("Figures"), measures, [one.name for one in question.measures], MEASURES),
            ],
            "swap_url": self.address(swapped),
            "charts": [
                {"label": _("Table"), "url": self.address(replace(question, chart="")), "current": not question.chart},
                *(
                    {
                        "label": label,
                        "url": self.address(replace(question, chart=name)),
                        "current": name == question.chart,
                    }
                    for name, label in CHARTS.items()
                ),
            ],
        }

    def table(self, cube: Cube, sheet: Sheet) -> Values:
        """Give heads and lines with the ways to the rows of every cell, and the chart."""
        values: Values = {
            "corner": sheet.title,
            "heads": [[self._head(cube, head) for head in heads] for heads in sheet.heads],
            "lines": [self._line(cube, sheet, line) for line in sheet.lines],
            "depth": len(sheet.heads),
            "single": label_of(cube, self.question.measures[0]) if len(self.question.measures) == 1 else "",
            "sort": self._sort(self.question.measures[0].name) if len(self.question.measures) == 1 else None,
            "empty": len(sheet.lines) == 1,
        }
        if self.question.chart and len(sheet.lines) > 1:
            drawn = chart_of(cube, sheet, self.question.chart, lambda row, column: self._rows(cube, row, column))
            values["chart"] = json.dumps(drawn, ensure_ascii=False)
            values["chart_note"] = drawn["note"]
        return values

    def _head(self, cube: Cube, head: Head) -> Values:
        found: Values = {"text": head.text, "span": head.span, "down": head.down, "total": head.is_total}
        if head.toggle:
            found |= {"open": head.is_open, "toggle_url": self._toggled(head.toggle)}
        if head.measure is not None:
            found |= {"text": label_of(cube, head.measure), "sort": self._sort(head.measure.name)}
        return found

    def _sort(self, name: str) -> Values:
        """Give the way to sort by a measure: the greatest first, then the least, then by name again."""
        order = self.question.order
        following = {f"-{name}": name, name: ""}.get(order, f"-{name}")
        url = self.address(replace(self.question, order=following))
        return {"url": url, "sorted": {f"-{name}": "descending", name: "ascending"}.get(order, "")}

    def _toggled(self, path: str) -> str:
        return self.address(replace(self.question, closed=self.question.closed ^ {path}))

    def _line(self, cube: Cube, sheet: Sheet, line: Line) -> Values:
        cells = [
            {
                "texts": cell.texts,
                "url": self._rows(cube, line.path, place.path) if cell.texts else "",
                "total": cell.is_total,
                "label": f"{line.text}, {place.text}" if place.path else line.text,
                "bad": any(value < 0 for _code, value in cell.values),
            }
            for place, cell in zip(sheet.places, line.cells, strict=True)
        ]
        found: Values = {"text": line.text, "level": line.level, "cells": cells, "total": line.is_total}
        if line.toggle:
            found |= {"open": line.is_open, "toggle_url": self._toggled(line.toggle)}
        return found

    def _rows(self, cube: Cube, row: Sequence[Any], column: Sequence[Any]) -> str:
        """Write the address of the list with the rows of a cell."""
        filters = filters_of(cube, tuple(row), tuple(column))
        mine = {name for name, _value in filters}
        own = {name.removesuffix("-op").removesuffix("-to") for name in mine}
        found = {
            name: value
            for name, value in self.rest
            if name.removesuffix("-op").removesuffix("-to") not in own or (name in mine and _is_span(name, mine))
        }
        narrow(found, filters)
        return self.request.to(self.screen.path, found.items())


def _is_span(name: str, names: set[str]) -> bool:
    return name.endswith("-to") or f"{name}-to" in names


def _side(name: str, label: Any, options: Sequence[tuple[str, Any]], chosen: Sequence[str], most: int) -> Values:
    """Give the controls of rows, columns or measures: those chosen, and one to add another."""
    fields = [*chosen, *([""] if len(chosen) < most else [])]
    return {"name": name, "label": label, "options": options, "fields": fields}


def _is_offered(screen: Screen, ctx: Context) -> bool:
    return any(one.kind in AXES and readable(ctx, one) for one in screen.model.__fields__.values())


PIVOT = register_mode(Mode(NAME, _("Pivot"), "table", _is_offered, show))
__all__ = ["PARAMETERS", "PIVOT", "export", "show"]

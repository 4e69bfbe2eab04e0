"""A pivot as a chart: what the browser draws, with every figure worded as the table words it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hanse.i18n import _
from hanse.screens.pivot.cube import Cube, Path
from hanse.screens.pivot.sheet import Line, Place, Sheet, codes_of, label_of

#: More categories or series than this are no picture; the largest are drawn.
MOST_CATEGORIES, MOST_SERIES = 60, 12
Address = Callable[[Path, Path], str]


def chart_of(cube: Cube, sheet: Sheet, kind: str, address: Address) -> dict[str, Any]:
    """Give categories and series: those lines and columns that are no totals.

    Of several measures the first is drawn over columns, all of them where there are no columns; of several currencies
    each is a series of its own, as a sum of them would mean nothing.
    """
    lines = [line for line in sheet.lines if not line.is_total and not line.is_open]
    places = [
        (at, place)
        for at, place in enumerate(sheet.places)
        if not place.is_total and (not cube.question.columns or place.measure is cube.question.measures[0])
    ]
    shown = lines[:MOST_CATEGORIES]
    series = [one for at, place in places for one in _series(cube, shown, at, place, address)]
    cut = len(lines) > MOST_CATEGORIES or len(series) > MOST_SERIES
    note = _("The first %(lines)s rows and %(series)s columns are drawn.", lines=MOST_CATEGORIES, series=MOST_SERIES)
    return {
        "kind": kind,
        "label": str(_("Chart")),
        "categories": [" / ".join(_words(sheet, line)) for line in shown],
        "series": series[:MOST_SERIES],
        "note": str(note) if cut else "",
    }


def _words(sheet: Sheet, line: Line) -> list[str]:
    """Name a line with the groups it stands in."""
    by_path = {one.path: one.text for one in sheet.lines}
    return [by_path[line.path[:length]] for length in range(1, len(line.path) + 1) if line.path[:length] in by_path]


def _series(cube: Cube, lines: list[Line], at: int, place: Place, address: Address) -> list[dict[str, Any]]:
    codes = codes_of(cube, place.measure) or [""]
    name = place.text if cube.question.columns else str(label_of(cube, place.measure))
    found: list[dict[str, Any]] = []
    for code in codes:
        points = [_point(line, at, code, address(line.path, place.path)) for line in lines]
        if any(one["value"] is not None for one in points):
            found.append({"name": f"{name} {code}" if len(codes) > 1 else name, "points": points})
    return found


def _point(line: Line, at: int, code: str, url: str) -> dict[str, Any]:
    cell = line.cells[at]
    for text, (there, value) in zip(cell.texts, cell.values, strict=True):
        if there == code:
            return {"value": float(value), "text": text, "url": url}
    return {"value": None, "text": "", "url": url}

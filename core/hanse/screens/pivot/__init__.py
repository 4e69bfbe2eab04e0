"""Pivot: what a list holds, counted and added up by rows and columns; one statement, one table, one chart."""

from hanse.screens.pivot.axes import Axis, Measure, axes_of, measures_of
from hanse.screens.pivot.cube import MOST_CELLS, Cube, TooMuch, read_cube
from hanse.screens.pivot.question import LEVELS, Question, read_question
from hanse.screens.pivot.sheet import MOST_COLUMNS, Sheet, lay_out

__all__ = [
    "LEVELS",
    "MOST_CELLS",
    "MOST_COLUMNS",
    "Axis",
    "Cube",
    "Measure",
    "Question",
    "Sheet",
    "TooMuch",
    "axes_of",
    "lay_out",
    "measures_of",
    "read_cube",
    "read_question",
]

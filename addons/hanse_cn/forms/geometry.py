"""Where things stand on the voucher forms, in millimetres."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

FormName = Literal["240x140", "a4-2"]
CELLS: Final = 11
"""Digit cells of an amount, from 亿 (100 million yuan) to 分."""
DIGIT_LABELS: Final = "亿千百十万千百十元角分"


@dataclass(frozen=True, slots=True)
class Geometry:
    """One voucher form: its size, the frame on it, and the sheet it is printed on.

    :param columns: widths of summary, general account, detail, and the mark of posting; money columns are 11 pitches
    :param slots: top left corners of the forms on a sheet
    """

    name: FormName
    width: float
    height: float
    sheet: tuple[float, float]
    slots: tuple[tuple[float, float], ...]
    left: float
    title: float
    subtitle: float
    top: float
    bottom: float
    footer: float
    columns: tuple[float, float, float, float]
    pitch: float
    digit_size: float
    header: float = 10.0

    @property
    def money(self) -> float:
        """Width of an amount column."""
        return self.pitch * CELLS

    @property
    def edges(self) -> tuple[float, ...]:
        """Left edges of summary, account, detail, debit, credit, mark, and the right edge of the frame."""
        summary, account, detail, mark = self.columns
        edges = [self.left]
        for width in (summary, account, detail, self.money, self.money, mark):
            edges.append(edges[-1] + width)
        return tuple(edges)

    @property
    def right(self) -> float:
        """Right edge of the frame."""
        return self.edges[-1]

    def row_height(self, lines: int) -> float:
        """Height of a line when a page has so many, besides the total."""
        return (self.bottom - self.top - self.header) / (lines + 1)

    def row_middle(self, lines: int, index: int) -> float:
        """Middle of a line; ``index == lines`` is the total."""
        return self.top + self.header + self.row_height(lines) * (index + 0.5)


GEOMETRIES: Final[Mapping[FormName, Geometry]] = {
    "240x140": Geometry(
        name="240x140",
        width=240,
        height=140,
        sheet=(240, 140),
        slots=((0, 0),),
        left=20,
        title=12,
        subtitle=24.2,
        top=28,
        bottom=124,
        footer=130,
        columns=(42, 33, 41, 6),
        pitch=4,
        digit_size=10,
    ),
    "a4-2": Geometry(
        name="a4-2",
        width=210,
        height=148.5,
        sheet=(210, 297),
        slots=((0, 0), (0, 148.5)),
        left=18,
        title=14.5,
        subtitle=27,
        top=31,
        bottom=129,
        footer=135.5,
        columns=(34, 27, 35, 5),
        pitch=3.5,
        digit_size=9,
    ),
}

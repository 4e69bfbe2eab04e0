"""Where things stand on the voucher forms, in millimetres."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Final, Literal, NamedTuple

from hanse_finance.printed import Columns

FormName = Literal["240x140", "a4-2", "a4-3", "a5", "overprint"]
ColumnName = Literal[
    "summary", "account", "detail", "currency", "original", "rate", "quantity", "price", "debit", "credit", "mark"
]
CELLS: Final = 11
"""Digit cells of an amount, from 亿 (100 million yuan) to 分."""
DIGIT_LABELS: Final = "亿千百十万千百十元角分"
LEAST_LINES: Final = 3


@dataclass(frozen=True, slots=True)
class Spots:
    """Where the blanks of a pre-printed form are: left edges, right edge of the number, middle of the date.

    :param attachments: middle of the number of attachments, from left and from the top
    :param words: of the amount in words, in the line of the total
    :param signatures: left edges of chief accountant, poster, auditor, cashier, maker
    """

    company: float
    date: float
    number: float
    attachments: tuple[float, float]
    words: float
    signatures: tuple[float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Geometry:
    """One voucher form: its size, the frame on it, and the sheet it is printed on.

    :param slots: top left corners of the forms on a sheet
    :param left: of the frame; the margin beside it is where vouchers are bound
    :param pitch: width of a digit cell, ``cells`` of which an amount has
    :param plain: width of an amount column without cells
    :param lines: on a page, where nobody wants more or fewer; ``most`` is what there is room for
    :param spots: of a form whose frame and labels are on the paper already (套打): where its blanks are
    :param own: widths of its columns besides amounts and mark, where they are not shared out
    """

    name: FormName
    width: float
    height: float
    sheet: tuple[float, float]
    slots: tuple[tuple[float, float], ...]
    left: float
    right: float
    title: float
    subtitle: float
    top: float
    bottom: float
    footer: float
    mark: float
    pitch: float
    plain: float
    digit_size: float
    title_size: float = 18
    text_size: float = 9.5
    header: float = 10
    lines: int = 6
    most: int = 12
    cells: int = CELLS
    spots: Spots | None = None
    own: tuple[tuple[ColumnName, float], ...] = ()

    def row_height(self, lines: int) -> float:
        """Height of a line when a page has so many, besides the total."""
        return (self.bottom - self.top - self.header) / (lines + 1)

    def row_middle(self, lines: int, index: int) -> float:
        """Middle of a line; ``index == lines`` is the total."""
        return self.top + self.header + self.row_height(lines) * (index + 0.5)


class Column(NamedTuple):
    """A column of a form: where it begins and how wide it is."""

    name: ColumnName
    left: float
    width: float

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.left + self.width

    @property
    def middle(self) -> float:
        """Where its middle is."""
        return self.left + self.width / 2


#: How columns besides amounts and mark share what these leave.
_SHARES: Final[Mapping[Columns, tuple[tuple[ColumnName, float], ...]]] = {
    "detailed": (("summary", 42), ("account", 33), ("detail", 41)),
    "compact": (("summary", 46), ("account", 70)),
    "foreign": (("summary", 40), ("account", 50), ("currency", 10), ("original", 27), ("rate", 17)),
    "quantity": (("summary", 40), ("account", 56), ("quantity", 25), ("price", 23)),
}


@lru_cache(maxsize=64)
def columns_of(form: Geometry, columns: Columns, cells: bool) -> Mapping[ColumnName, Column]:
    """Give the columns of a form from left to right, for amounts in digit cells or without."""
    money = form.pitch * form.cells if cells else form.plain
    shares = form.own or _SHARES[columns]
    room = (form.right - form.left - form.mark - 2 * money) / sum(share for _name, share in shares)
    widths: dict[ColumnName, float] = {name: share * room for name, share in shares}
    widths |= {"debit": money, "credit": money, "mark": form.mark}
    lefts = accumulate(widths.values(), initial=form.left)
    return {name: Column(name, left, width) for (name, width), left in zip(widths.items(), lefts, strict=False)}


_WIDE: Final = Geometry(
    name="240x140",
    width=240,
    height=140,
    sheet=(240, 140),
    slots=((0, 0),),
    left=20,
    right=230,
    title=12,
    subtitle=24.2,
    top=28,
    bottom=124,
    footer=130,
    mark=6,
    pitch=4,
    plain=32,
    digit_size=10,
)
_A4: Final = (210.0, 297.0)
GEOMETRIES: Final[Mapping[FormName, Geometry]] = {
    "240x140": _WIDE,
    "a4-2": Geometry(
        name="a4-2",
        width=210,
        height=148.5,
        sheet=_A4,
        slots=((0, 0), (0, 148.5)),
        left=18,
        right=196,
        title=14.5,
        subtitle=27,
        top=31,
        bottom=129,
        footer=135.5,
        mark=5,
        pitch=3.5,
        plain=27,
        digit_size=9,
    ),
    "a4-3": Geometry(
        name="a4-3",
        width=210,
        height=99,
        sheet=_A4,
        slots=((0, 0), (0, 99), (0, 198)),
        left=18,
        right=196,
        title=9.5,
        subtitle=18.6,
        top=21.5,
        bottom=87,
        footer=91.5,
        mark=5,
        pitch=3.5,
        plain=27,
        digit_size=9,
        title_size=14,
        text_size=8.5,
        header=8.5,
        lines=5,
        most=7,
    ),
    "a5": Geometry(
        name="a5",
        width=210,
        height=148,
        sheet=(210, 148),
        slots=((0, 0),),
        left=18,
        right=196,
        title=14.5,
        subtitle=27,
        top=31,
        bottom=129,
        footer=135.5,
        mark=5,
        pitch=3.5,
        plain=27,
        digit_size=9,
    ),
}

__all__ = ["CELLS", "DIGIT_LABELS", "GEOMETRIES", "LEAST_LINES", "Column", "ColumnName", "FormName", "Geometry"]
__all__ += ["columns_of"]

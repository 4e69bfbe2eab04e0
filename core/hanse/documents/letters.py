"""Letters on paper: what a company writes to its partners, flowed over A4 sheets and stamped.

A letter is a letterhead, whom it goes to, a title with facts beside it, and parts: words, tables, sums.  Parts flow
from page to page: a table repeats its heads, a row and the sums stay whole, words of many lines are divided.  Each
letter begins on a page of its own and counts its own pages.  One of ten lines takes milliseconds, so a thousand are
one file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise, zip_longest
from typing import BinaryIO, Final

from hanse.documents import reference
from hanse.documents.fonts import Role
from hanse.documents.forms import blank, picture
from hanse.documents.stamp import BLACK, MM, Align, Colour, Field, Placement, Rule, Stamper, StampReport, Text, fitted
from hanse.documents.tables import Column, Row
from hanse.documents.typeset import stack_of
from hanse.paper.heads import NO_LETTERHEAD, Letterhead

WIDTH: Final = 210.0
HEIGHT: Final = 297.0
LEFT, RIGHT, TOP, BOTTOM = 22.0, WIDTH - 16.0, 18.0, HEIGHT - 20.0
ROOM: Final = RIGHT - LEFT

_TALLEST = 12
"""Lines of words that are not divided between pages."""
_DARK: Final[Colour] = (0.12, 0.23, 0.37)
_GREY: Final[Colour] = (0.33, 0.33, 0.33)
_PALE: Final[Colour] = (0.7, 0.7, 0.7)
_PAD, _ROW_PAD, _GAP = 1.5, 1.4, 3.0
_NO_END = 10_000
_LEAST_TEXT = 42.0
"""Millimetres that the first column of a table has in any case."""
_ENOUGH_TEXT, _AIR = 75.0, 4.0
"""Beyond so much, and what its texts need, it gives each other column some more, and how much at most."""
_TO = 100.0
_SEALED = 30.0
"""How far the middle of a seal stands from the right edge."""


@dataclass(frozen=True, slots=True)
class Type:
    """How words look: size in points, font, colour, and the height of a line in sizes."""

    size: float = 9.5
    font: Role = "sans"
    colour: Colour = BLACK
    leading: float = 1.45

    @property
    def step(self) -> float:
        """Height of a line in millimetres."""
        return self.size * self.leading / MM

    def width(self, text: str) -> float:
        """Return how long a text is in millimetres."""
        return stack_of(self.font).width(text) * self.size / MM


PLAIN: Final = Type()
STRONG: Final = Type(font="sans-bold")
SMALL: Final = Type(8.5, colour=_GREY)
_NAME, _OWNER = Type(10.5, "sans-bold"), Type(12.0, "sans-bold", leading=1.15)
_LOGO = (55.0, 14.0)
"""How wide and high a logo may be."""
_HEAD, _TITLE, _FACT, _TOTAL = (
    Type(8.5, "sans-bold", _GREY, 1.2),
    Type(17.0, "sans-bold", leading=1.2),
    Type(9.0),
    Type(11.0, "sans-bold"),
)


@dataclass(frozen=True, slots=True)
class Words:
    """Words, a paragraph a line.

    :param before: millimetres above them
    :param ruled: a thin line stands over them
    """

    text: str
    type: Type = PLAIN
    before: float = 0.0
    ruled: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as wide as the page: figures have the room they need, the first column what is left.

    :param equal: all columns are as wide as each other
    """

    columns: Sequence[Column]
    rows: Sequence[Row]
    equal: bool = False


@dataclass(frozen=True, slots=True)
class Small:
    """A few short rows in small type; ``figures`` are the columns that stand on the right."""

    rows: Sequence[Sequence[str]]
    figures: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class Sums:
    """Totals on the right, the last one strong, and what explains them on the left; they stay on one page."""

    totals: Sequence[tuple[str, str]]
    left: Sequence[Small | Words] = ()


Part = Words | Grid | Sums


@dataclass(frozen=True, slots=True)
class Letter:
    """What is written to one partner.

    :param to: whom, the name first
    :param facts: what stands beside the title, label and value
    :param name: under which it is found in the outline of the file, and named on further pages
    """

    title: str
    to: Sequence[str]
    parts: Sequence[Part]
    facts: Sequence[tuple[str, str]] = ()
    head: Letterhead = NO_LETTERHEAD
    name: str = ""


def print_letters(
    out: BinaryIO, letters: Iterable[Letter], *, title: str, language: str, created: datetime
) -> StampReport:
    """Write letters as one PDF/A file, each from a page of its own on.

    :param language: of the file as a whole, BCP 47
    :raises DocumentError: fonts or Pango are missing, or there is no letter
    """
    stamper = Stamper(out, title=title, language=language, created=created)
    for letter in letters:
        for page in _pages(letter):
            stamper.page(WIDTH, HEIGHT, page)
    return stamper.close()


def reference_html(letters: Iterable[Letter]) -> str:
    """Return the same pages as HTML for WeasyPrint, without logo and seal: slow, for comparison."""
    sheets: list[str] = []
    for letter in letters:
        for page in _pages(letter):
            drawn = [(placement.y, one) for placement in page for one in placement.fields]
            drawn.sort(key=lambda pair: isinstance(pair[1], Text))  # as stamps lie: texts above lines
            sheets.append("".join(_at(top, reference.field_html(one)) for top, one in drawn))
    return reference.page(WIDTH, HEIGHT, sheets)


def _at(top: float, html: str) -> str:
    return f'<div style="position:absolute;left:0;top:{top:.3f}mm">{html}</div>'


# --- pages ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Strip:
    """A part of a page that is not divided; its fields are placed from its own top."""

    height: float
    fields: Sequence[Field]


@dataclass(frozen=True, slots=True)
class _Run:
    """Strips that follow each other.

    :ivar head: stands above the first of them on each page
    :ivar together: they begin a page sooner than be divided
    """

    strips: Sequence[_Strip]
    head: _Strip | None = None
    together: bool = False

    @property
    def height(self) -> float:
        """Of all strips and one head."""
        return sum(strip.height for strip in self.strips) + (self.head.height if self.head else 0.0)


class _Flow:
    """Puts strips on pages."""

    def __init__(self) -> None:
        self.pages: list[list[Placement]] = [[]]
        self.y = TOP

    def put(self, strip: _Strip) -> None:
        """Put a strip below what is there."""
        self.pages[-1].append(Placement(None, strip.fields, y=self.y))
        self.y += strip.height

    def turn(self) -> None:
        """Begin a page."""
        self.pages.append([])
        self.y = TOP

    def fits(self, height: float) -> bool:
        """Tell whether something has room on this page, or will find no more on any."""
        return self.y + height <= BOTTOM or self.y == TOP

    def run(self, run: _Run) -> None:
        """Put strips on this page and as many more as they need."""
        if run.together and not self.fits(run.height):
            self.turn()
        above = run.head.height if run.head else 0.0
        headed = False
        for strip in run.strips:
            if not self.fits(strip.height + (0.0 if headed else above)):
                self.turn()
                headed = False
            if run.head and not headed:
                self.put(run.head)
                headed = True
            self.put(strip)


def _pages(letter: Letter) -> Iterator[list[Placement]]:
    """Give what stands on each page of a letter."""
    flow = _Flow()
    _letterhead(flow, letter.head)
    flow.put(_to(letter.to))
    flow.put(_title(letter))
    for part in letter.parts:
        for run in _runs(part):
            flow.run(run)
    _seal(flow, letter.head)
    form, count = blank(WIDTH, HEIGHT), len(flow.pages)
    for number, page in enumerate(flow.pages, start=1):
        mark = (letter.name,) if letter.name and number == 1 else ()
        yield [Placement(form, _around(letter, number, count), bookmark=mark), *page]


def _letterhead(flow: _Flow, head: Letterhead) -> None:
    """Put logo and name on the left, the lines on the right, and a line below."""
    if head.head == "none" or not head.name:
        return
    lines = head.lines if head.head == "full" else ()
    room, below = ROOM / 2 - 4 if lines else ROOM, 0.0
    if head.head == "full" and head.logo is not None:
        flow.pages[-1].append(Placement(picture(head.logo, *_LOGO, "left bottom"), (), LEFT, TOP))
        below = _LOGO[1] + 1.5
    fields, below = _flowed(head.name, LEFT, below, room, _OWNER)
    fields += [_line(line, RIGHT, SMALL.step * (at + 0.5), room, SMALL, "right") for at, line in enumerate(lines)]
    below = max(below + 1, SMALL.step * len(lines)) + 3
    flow.put(_Strip(below + 4, [*fields, Rule(LEFT, below, RIGHT, below, 0.42, _DARK)]))


def _around(letter: Letter, number: int, count: int) -> list[Field]:
    """Give the page's number, and on further pages what they belong to."""
    fields: list[Field] = [Text(RIGHT, HEIGHT - 10, f"{number} / {count}", 8, "right", font="sans", colour=_GREY)]
    if number > 1 and letter.name:
        fields.append(Text(RIGHT, 11, letter.name, 8, "right", ROOM, "sans", _GREY))
    return fields


def _seal(flow: _Flow, head: Letterhead) -> None:
    """Put the seal below what is written, no lower than the sheet allows."""
    if head.seal is None:
        return
    half = float(head.seal.width) / 2
    flow.pages[-1].extend(head.seal_at(RIGHT - _SEALED, min(flow.y + 4, HEIGHT - half - 12)))


# --- parts ------------------------------------------------------------------------------------------------------------


def _to(lines: Sequence[str]) -> _Strip:
    """Give whom the letter goes to, in a field of 20 mm or more."""
    fields: list[Field] = []
    top = 9.0
    for at, line in enumerate(lines):
        drawn, top = _flowed(line, LEFT, top, _TO, _NAME if at == 0 else PLAIN)
        fields.extend(drawn)
    return _Strip(max(top, 29.0) + 7.0, fields)


def _title(letter: Letter) -> _Strip:
    """Give the title, and the facts in two columns on its right."""
    labels = max((_FACT.width(label) for label, _value in letter.facts), default=0.0)
    labels = min(labels + (4.0 if labels else 0.0), ROOM * 0.3)
    values = max((_FACT.width(value) for _label, value in letter.facts), default=0.0)
    values = min(values + 0.2, ROOM * 0.6 - labels)
    start, below = RIGHT - values, 0.0
    fields: list[Field] = []
    for label, value in letter.facts:
        fields.append(_line(label, start - labels, below + _FACT.step / 2, labels - 1.5, replace(_FACT, colour=_GREY)))
        drawn, below = _flowed(value, start, below, values, _FACT)
        fields.extend(drawn)
    room = start - labels - LEFT - (8.0 if letter.facts else 0.0)
    drawn, lower = _flowed(letter.title, LEFT, 0.0, room, _TITLE)
    return _Strip(max(below, lower) + 4.0, [*fields, *drawn])


def _runs(part: Part) -> Iterator[_Run]:
    match part:
        case Words():
            yield _words(part)
        case Grid():
            yield _grid(part)
            yield _Run([_Strip(4.0, ())])
        case Sums():
            yield _sums(part)


def _words(part: Words) -> _Run:
    over = _Strip(part.before, ())
    if part.ruled:
        over = _Strip(part.before + 2.0, [Rule(LEFT, part.before, RIGHT, part.before, 0.1, _PALE)])
    strips = [_Strip(height, fields) for fields, height in _chunks(part.text, LEFT, ROOM, part.type)]
    return _Run([over, *strips], together=sum(one.height for one in strips) <= _TALLEST * part.type.step)


def _grid(grid: Grid) -> _Run:
    edges = [LEFT]
    for width in _widths(grid):
        edges.append(edges[-1] + width)
    places = [_Place.of(column, *edge) for column, edge in zip(grid.columns, pairwise(edges), strict=True)]
    strips = [strip for row in grid.rows for strip in _row(places, row)]
    return _Run(strips, _heads(grid.columns, places))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the texts of a column stand."""

    x: float
    align: Align
    width: float

    @classmethod
    def of(cls, column: Column, left: float, right: float) -> _Place:
        width = max(right - left - 2 * _PAD, 1.0) + 0.2
        return cls(right - _PAD, "right", width) if column.figures else cls(left + _PAD, "left", width)


def _widths(grid: Grid) -> list[float]:
    """Give the columns what their texts need, and the first what is left, which is enough for a few words."""
    count = len(grid.columns)
    if grid.equal:
        return [ROOM / count] * count
    first, *others = [
        2 * _PAD + max([_HEAD.width(column.label), *(_type(row).width(row.texts[at]) for row in grid.rows)])
        for at, column in enumerate(grid.columns)
    ]
    if not others:
        return [ROOM]
    share = min(1.0, (ROOM - _LEAST_TEXT) / sum(others))
    spare = min(max((ROOM - max(first, _ENOUGH_TEXT) - sum(others)) / len(others), 0.0), _AIR)
    rest = [width * share + spare for width in others]
    return [ROOM - sum(rest), *rest]


def _type(row: Row) -> Type:
    return STRONG if row.strong else PLAIN


def _heads(columns: Sequence[Column], places: Sequence[_Place]) -> _Strip:
    texts = [
        replace(_line(column.label, place.x, 0.0, place.width, _HEAD, place.align), max_lines=2, min_size=6)
        for column, place in zip(columns, places, strict=True)
    ]
    lines = max((len(fitted(text).lines) for text in texts), default=1)
    height = 2 * _ROW_PAD + lines * _HEAD.step
    line = Rule(LEFT, height, RIGHT, height, 0.28, _DARK)
    return _Strip(height, [*(replace(text, y=height / 2) for text in texts), line])


def _row(places: Sequence[_Place], row: Row) -> Iterator[_Strip]:
    """Give a row as one strip, or as more where a text has very many lines."""
    kind = _type(row)
    cells: list[list[_Chunk]] = []
    for place, text in zip(places, row.texts, strict=True):
        if place.align == "right":
            cells.append([([_line(text, place.x, kind.step / 2, place.width, kind, "right")], kind.step)])
        else:
            cells.append(list(_chunks(text, place.x, place.width, kind)))
    chunks = list(zip_longest(*cells, fillvalue=_NOTHING))
    for at, chunk in enumerate(chunks):
        above = _ROW_PAD if at == 0 else 0.0
        height = above + max(height for _fields, height in chunk)
        fields = [_moved(one, above) for drawn, _height in chunk for one in drawn]
        if at + 1 == len(chunks):
            height += _ROW_PAD
            fields.append(Rule(LEFT, height, RIGHT, height, 0.1, _PALE))
        yield _Strip(height, fields)


def _sums(part: Sums) -> _Run:
    kinds = [PLAIN] * (len(part.totals) - 1) + [_TOTAL]
    totals = list(zip(part.totals, kinds, strict=True))
    width = min(max([62.0, *(kind.width(label + value) + 10.0 for (label, value), kind in totals)]), ROOM * 0.6)
    start, top = RIGHT - width, 0.0
    fields: list[Field] = []
    for (label, value), kind in totals:
        height = kind.step + 1.6
        if kind is _TOTAL:
            fields.append(Rule(start, top, RIGHT, top, 0.28, _DARK))
        figures = min(kind.width(value) + 0.2, width * 0.65)
        fields.append(_line(label, start + _PAD, top + height / 2, width - figures - 3 - 2 * _PAD, kind))
        fields.append(_line(value, RIGHT - _PAD, top + height / 2, figures, kind, "right"))
        top += height
    beside = [one for each in part.left for one in _beside(each, start - LEFT - 10.0)]
    if sum(one.height for one in beside) > BOTTOM - TOP:
        return _Run([_Strip(top + 2.0, fields), *beside])
    drawn, below = _stacked(beside)
    return _Run([_Strip(max(top, below) + 2.0, [*fields, *drawn])])


def _stacked(strips: Sequence[_Strip]) -> tuple[list[Field], float]:
    """Give the fields of strips below each other, and where they end."""
    fields: list[Field] = []
    top = 0.0
    for strip in strips:
        fields.extend(_moved(one, top) for one in strip.fields)
        top += strip.height
    return fields, top


def _beside(part: Small | Words, room: float) -> Iterator[_Strip]:
    """Give what stands on the left of totals, a row or paragraph a strip."""
    if isinstance(part, Words):
        yield _Strip(part.before, ())
        yield from (_Strip(height, fields) for fields, height in _chunks(part.text, LEFT, room, part.type))
        return
    wanted = [max(map(SMALL.width, texts)) + _GAP for texts in zip(*part.rows, strict=True)]
    share, height = min(1.0, room / sum(wanted)) if wanted else 1.0, SMALL.step + 1.0
    for row in part.rows:
        fields: list[Field] = []
        left = LEFT
        for at, (text, want) in enumerate(zip(row, wanted, strict=True)):
            width = want * share - _GAP + 0.2
            place = _Place(left + width, "right", width) if at in part.figures else _Place(left, "left", width)
            fields.append(_line(text, place.x, height / 2, width, SMALL, place.align))
            left += want * share
        yield _Strip(height, fields)
    yield _Strip(3.0, ())


# --- words ------------------------------------------------------------------------------------------------------------

_Chunk = tuple[list[Field], float]
_NOTHING: Final[_Chunk] = ([], 0.0)


def _line(text: str, x: float, middle: float, width: float, kind: Type, align: Align = "left") -> Text:
    """Give a text of one line, made smaller where it is too long."""
    return Text(x, middle, text, kind.size, align, width, kind.font, kind.colour, min_size=4.5, leading=kind.leading)


def _flowed(text: str, x: float, top: float, width: float, kind: Type) -> _Chunk:
    """Give a text from a height on, in as many lines as it needs, and where it ends."""
    fields: list[Field] = []
    for drawn, height in _chunks(text, x, width, kind):
        fields.extend(_moved(one, top) for one in drawn)
        top += height
    return fields, top


def _chunks(text: str, x: float, width: float, kind: Type) -> Iterator[_Chunk]:
    """Give the paragraphs of a text with their heights; one of very many lines comes in several pieces."""
    for paragraph in text.split("\n"):
        whole = replace(_line(paragraph, x, 0.0, width, kind), max_lines=_NO_END)
        lines = fitted(whole).lines
        if len(lines) <= _TALLEST:
            yield [replace(whole, y=kind.step * len(lines) / 2, max_lines=len(lines))], kind.step * len(lines)
            continue
        for start in range(0, len(lines), _TALLEST):
            piece = lines[start : start + _TALLEST]
            yield (
                [_line(line, x, kind.step * (at + 0.5), width, kind) for at, line in enumerate(piece)],
                (kind.step * len(piece)),
            )


def _moved(one: Field, down: float) -> Field:
    if isinstance(one, Rule):
        return replace(one, y1=one.y1 + down, y2=one.y2 + down)
    return replace(one, y=one.y + down)


__all__ = [
    "PLAIN",
    "SMALL",
    "STRONG",
    "Grid",
    "Letter",
    "Part",
    "Small",
    "Sums",
    "Type",
    "Words",
    "print_letters",
    "reference_html",
]

"""Tables on paper: any number of rows as one PDF/A file, stamped on a frame with the heads of the columns.

Rows are an iterator and no page is kept, so memory does not grow with them.  Paper, size of type and widths of columns
follow from the heads and the first rows; what is longer later is wrapped, made smaller, then cut.  Where a page ends
inside a part, a row that knows its sums so far is followed by them, and the next page begins with them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, groupby, islice, pairwise
from typing import BinaryIO, Final

from hanse.documents import reference, weasy
from hanse.documents.fonts import Role
from hanse.documents.stamp import (
    MM,
    RED,
    Align,
    Field,
    Fill,
    PageCount,
    Placement,
    Rule,
    Stamper,
    StampReport,
    Template,
    Text,
    template,
)
from hanse.documents.typeset import stack_of
from hanse.paper.heads import NO_LETTERHEAD, Letterhead

SAMPLE: Final = 2000
"""Rows that widths are worked out from."""

_LEFT, _RIGHT, _BOTTOM, _FOOT = 18.0, 12.0, 15.0, 9.0
_TITLE, _ABOUT, _PART, _TOP = 13.0, 22.5, 28.5, 32.5
_TITLE_SIZE, _BAND, _SEALED = 15.0, 6.0, 30.0
_PAD = 1.1
_GREY = (0.55, 0.55, 0.55)
_PALE = (0.94, 0.94, 0.94)
_FRAME, _LINE, _HAIR = 0.35, 0.15, 0.08
#: Width, height and size of type that are tried in turn until the columns fit.
_PAPERS: Final = (
    *((210.0, 297.0, size) for size in (8.5, 8.0, 7.5)),
    *((297.0, 210.0, size) for size in (8.5, 8.0, 7.5, 7.0, 6.5)),
    *((420.0, 297.0, size) for size in (7.5, 7.0, 6.5, 6.0)),
)
_NARROW = 22.0
"""Millimetres below which text is not squeezed: days, numbers of documents, codes."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head, a heading over neighbours with the same, and whether its texts are figures."""

    label: str
    group: str = ""
    figures: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row: a text for each column.

    :param red: columns whose figures are printed red
    :param part: the heading under which this row and those after it stand; begins a page and an entry of the outline
    :param carry: gives the row of sums so far under a label, for the end of a page after this row
    """

    texts: Sequence[str]
    strong: bool = False
    red: frozenset[int] = frozenset()
    part: str | None = None
    carry: Callable[[str], Row] | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands around the table.

    :param owner: whose table it is
    :param about: what was chosen
    :param foot: left below the table
    :param page: of the page number, with ``{page}``, and ``pages`` behind it, with ``{pages}``
    """

    title: str
    owner: str
    about: str
    foot: str
    page: str = "{page} / "
    pages: str = "{pages}"
    carried: str = ""
    brought: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Layout:
    """Paper, type and widths that suit a table; lengths are millimetres."""

    width: float
    height: float
    size: float
    widths: tuple[float, ...]
    heads: int
    top: float

    @property
    def edges(self) -> list[float]:
        """Left edges of the columns, and the right edge of the last."""
        edges = [_LEFT]
        for width in self.widths:
            edges.append(edges[-1] + width)
        return edges

    @property
    def row(self) -> float:
        """Height of a row."""
        return 6.2 if self.size > 7 else 5.4

    @property
    def head(self) -> float:
        """Height of the heads."""
        return 6.6 * self.heads if self.heads > 1 else 8.0

    @property
    def first(self) -> float:
        """Top of the first row."""
        return self.top + self.head

    @property
    def room(self) -> int:
        """How many rows a page has."""
        return int((self.height - _BOTTOM - self.first) / self.row)


@dataclass(slots=True)
class _Page:
    rows: list[Row]
    part: str
    begins: bool


def lay_out(columns: Sequence[Column], rows: Sequence[Row]) -> Layout:
    """Choose the smallest paper and the largest type that suit the columns and these rows."""
    plain, bold = stack_of("sans"), stack_of("sans-bold")
    ems = [
        max((((bold if row.strong else plain).width(row.texts[at])) for row in rows if row.texts[at]), default=0.0)
        for at in range(len(columns))
    ]
    heads = [bold.width(column.label) for column in columns]
    lines = 2 if any(column.group for column in columns) else 1
    top = _TOP if any(row.part for row in rows) else _PART - 1.5
    for width, height, size in _PAPERS:
        room = width - _LEFT - _RIGHT
        wanted = [max(8.0, max(em, head) * size / MM + 2 * _PAD + 0.4) for em, head in zip(ems, heads, strict=True)]
        least = [_least(column, want) for column, want in zip(columns, wanted, strict=True)]
        if sum(least) <= room:
            return Layout(width, height, size, _spread(columns, wanted, least, room), lines, top)
    width, height, size = _PAPERS[-1]  # nothing suits: squeezed, and texts are made smaller still
    squeezed = [max(em * size / MM, 4.0) for em in ems]
    room = (width - _LEFT - _RIGHT) / sum(squeezed)
    return Layout(width, height, size, tuple(each * room for each in squeezed), lines, top)


def _least(column: Column, wanted: float) -> float:
    """Give the width that a column cannot do without: figures are not wrapped, long texts are into two lines."""
    return wanted if column.figures else max(min(wanted, _NARROW), min(wanted * 0.6, 60.0))


def _spread(
    columns: Sequence[Column], wanted: Sequence[float], least: Sequence[float], room: float
) -> tuple[float, ...]:
    """Give the columns what they want, as far as there is room, in whole millimetres so that frames are used again."""
    spare, desire = room - sum(least), sum(wanted) - sum(least)
    share = min(1.0, spare / desire) if desire else 0.0
    widths = [low + (want - low) * share for low, want in zip(least, wanted, strict=True)]
    weights = [want if not column.figures else want / 3 for column, want in zip(columns, wanted, strict=True)]
    left = room - sum(widths)
    widths = [width + left * weight / sum(weights) for width, weight in zip(widths, weights, strict=True)]
    edges = [0.0]
    for width in widths:
        edges.append(edges[-1] + width)
    places = [round(edge) for edge in edges]
    return tuple(float(after - before) for before, after in pairwise(places))


def print_table(
    out: BinaryIO,
    columns: Sequence[Column],
    rows: Iterable[Row],
    heading: Heading,
    *,
    created: datetime,
    progress: Callable[[int], None] | None = None,
    letterhead: Letterhead = NO_LETTERHEAD,
) -> StampReport:
    """Write a table as one PDF/A file with an outline of its parts; ``progress`` is told the rows done after each page.

    The letterhead stands on every page, the seal over the owner's name on the first.

    :raises DocumentError: fonts or Pango are missing
    """
    rows = iter(rows)
    first = list(islice(rows, SAMPLE))
    layout = lay_out(columns, first)
    stamper = Stamper(out, title=heading.title, language=heading.language, created=created)
    form, done = frame(columns, layout, letterhead, _beside(layout, heading)), 0
    for number, page in enumerate(_pages(chain(first, rows), layout.room, heading), start=1):
        fields = page_fields(columns, layout, heading, page, number)
        mark = (page.part,) if page.begins and page.part else ()
        seal = letterhead.seal_at(_LEFT + _SEALED, _ABOUT) if number == 1 else []
        stamper.page(layout.width, layout.height, [Placement(form, fields, bookmark=mark), *seal])
        done += len(page.rows)
        if progress is not None:
            progress(done)
    return stamper.close()


def reference_html(columns: Sequence[Column], rows: Iterable[Row], heading: Heading) -> str:
    """Return the same pages as HTML for WeasyPrint: slow, for comparison."""
    rows = list(rows)
    layout = lay_out(columns, rows[:SAMPLE])
    pages = list(_pages(iter(rows), layout.room, heading))
    sheets: list[str] = []
    for number, page in enumerate(pages, start=1):
        fields = page_fields(columns, layout, heading, page, number)
        drawn = [_counted(field, len(pages)) if isinstance(field, PageCount) else field for field in fields]
        drawn.sort(key=lambda field: isinstance(field, Text))  # as stamps lie: texts above lines and fills
        sheets.append(_frame_html(columns, layout) + "".join(map(reference.field_html, drawn)))
    return reference.page(layout.width, layout.height, sheets, language=heading.language)


def _counted(field: PageCount, pages: int) -> Text:
    return replace(field.counted(pages), x=field.x, y=field.y)


def _pages(rows: Iterable[Row], room: int, heading: Heading) -> Iterator[_Page]:
    """Put rows on pages; one page always, so that an empty table says so."""
    coming, ahead = iter(rows), deque[Row]()
    page = _Page([], "", begins=True)
    ahead.extend(islice(coming, 3))
    while ahead:
        row = ahead.popleft()
        ahead.extend(islice(coming, 1))
        if row.part is not None:
            if page.rows:
                yield page
            page = _Page([], row.part, begins=True)
        page.rows.append(row)
        goes_on = bool(ahead) and ahead[0].part is None
        one_more = goes_on and (len(ahead) == 1 or ahead[1].part is not None)
        if not goes_on:
            continue
        if row.carry is not None and len(page.rows) == room - 1 and not one_more:
            page.rows.append(row.carry(heading.carried))
            yield page
            page = _Page([row.carry(heading.brought)], page.part, begins=False)
        elif len(page.rows) == room:
            yield page
            page = _Page([], page.part, begins=False)
    yield page


# --- the frame --------------------------------------------------------------------------------------------------------


def frame(
    columns: Sequence[Column], layout: Layout, letterhead: Letterhead = NO_LETTERHEAD, beside: float = 0
) -> Template:
    """Give the form that rows are stamped on: lines and the heads of the columns.

    :param beside: the title; how wide logo and address may be there, in mm
    """
    head = (letterhead.key, beside) if letterhead.key else ()
    key = ("hanse.table", stack_of("sans").faces[0].path, layout, tuple(columns), head)

    def render() -> bytes:
        right = layout.width - _RIGHT
        band = letterhead.band(_LEFT, right, _BAND, width=beside, height=_TITLE - _BAND + 4)
        whole = _frame_html(columns, layout) + str(band)
        html = reference.page(layout.width, layout.height, [whole])
        return weasy.render_once(html, resources=letterhead.band_resources(), variant="pdf/a-2u")

    return template(key, layout.height, render)


def _frame_html(columns: Sequence[Column], layout: Layout) -> str:
    edges = layout.edges
    left, right, bottom = edges[0], edges[-1], layout.first + layout.row * layout.room
    pale = reference.field_html(Fill(left, layout.top, right - left, layout.head, _PALE))
    rules = [
        Rule(left, layout.first + layout.row * at, right, layout.first + layout.row * at, _HAIR, _GREY)
        for at in range(1, layout.room)
    ]
    middle = layout.top + layout.head / 2
    tops = _tops(columns, layout)
    rules += [Rule(x, top, x, bottom, _LINE, _GREY) for x, top in zip(edges[1:-1], tops[1:], strict=True)]
    labels: list[Text] = []
    for at, column in enumerate(columns):
        y, lines = (middle, 2) if not column.group else (middle + layout.head / 4, 1)
        labels.append(_head(column.label, edges[at], edges[at + 1], y, layout, lines))
    for group, start, end in _groups(columns):
        labels.append(_head(group, edges[start], edges[end], middle - layout.head / 4, layout, 1))
        rules.append(Rule(edges[start], middle, edges[end], middle, _LINE, _GREY))
    rules += [
        Rule(left, layout.first, right, layout.first, _LINE * 1.6),
        Rule(left, layout.top, right, layout.top, _FRAME),
        Rule(left, bottom, right, bottom, _FRAME),
        Rule(left, layout.top, left, bottom, _FRAME),
        Rule(right, layout.top, right, bottom, _FRAME),
    ]
    return pale + reference.rules_svg(rules) + "".join(map(reference.field_html, labels))


def _beside(layout: Layout, heading: Heading) -> float:
    """Give how wide what stands beside the title may be, in whole millimetres so that frames are used again."""
    half = (layout.width - _LEFT - _RIGHT) / 2
    return float(max(int(half - stack_of("sans-bold").width(heading.title) * _TITLE_SIZE / MM / 2 - 6), 20))


def _tops(columns: Sequence[Column], layout: Layout) -> list[float]:
    """Give where the line left of each column begins: between columns of one group at the lower heads."""
    low = layout.top + layout.head / 2
    return [
        low if at and column.group and column.group == columns[at - 1].group else layout.top
        for at, column in enumerate(columns)
    ]


def _groups(columns: Sequence[Column]) -> Iterator[tuple[str, int, int]]:
    """Give each heading over neighbours with the first of its columns and the one behind its last."""
    for group, members in groupby(range(len(columns)), key=lambda at: columns[at].group):
        places = list(members)
        if group:
            yield group, places[0], places[-1] + 1


def _head(label: str, left: float, right: float, y: float, layout: Layout, lines: int) -> Text:
    return Text(
        (left + right) / 2,
        y,
        label,
        layout.size,
        "centre",
        right - left - _PAD,
        "sans-bold",
        max_lines=lines,
        min_size=4,
    )


# --- a page -----------------------------------------------------------------------------------------------------------


def page_fields(columns: Sequence[Column], layout: Layout, heading: Heading, page: _Page, number: int) -> list[Field]:
    """Return all that is stamped on one page."""
    fields = _around(layout, heading, page, number)
    edges, step = layout.edges, layout.row
    ends = layout.first + step * len(page.rows)
    if len(page.rows) < layout.room:
        below = layout.room * step + layout.first - ends
        fields.append(Fill(edges[0] - _FRAME, ends, edges[-1] - edges[0] + 2 * _FRAME, below + _FRAME))
        fields.append(Rule(edges[0] - _FRAME / 2, ends, edges[-1] + _FRAME / 2, ends, _FRAME))
    places = [_place(column, edges[at], edges[at + 1]) for at, column in enumerate(columns)]
    room = step - 0.3
    for index, row in enumerate(page.rows):
        y = layout.first + step * (index + 0.5)
        role: Role = "sans-bold" if row.strong else "sans"
        for at, text in enumerate(row.texts):
            if text:
                x, align, width = places[at]
                lines = None if columns[at].figures else room
                colour = RED if at in row.red else (0.0, 0.0, 0.0)
                fields.append(
                    Text(x, y, text, layout.size, align, width, role, colour, height=lines, min_size=4.5, leading=1.12)
                )
    return fields


def _place(column: Column, left: float, right: float) -> tuple[float, Align, float]:
    width = right - left - 2 * _PAD + 0.2
    return (right - _PAD, "right", width) if column.figures else (left + _PAD, "left", width)


def _around(layout: Layout, heading: Heading, page: _Page, number: int) -> list[Field]:
    """Return title, owner, what was chosen, the part, and the foot."""
    left, right, middle = _LEFT, layout.width - _RIGHT, (_LEFT + layout.width - _RIGHT) / 2
    half = (right - left) / 2
    size = _TITLE_SIZE
    long = min(stack_of("sans-bold").width(heading.title) * size / MM / 2 + 3, half)
    foot = layout.height - _FOOT
    split = left + (right - left) * 0.4
    fields: list[Field] = [
        Text(middle, _TITLE, heading.title, size, "centre", right - left, "sans-bold"),
        Rule(middle - long, _TITLE + 4.2, middle + long, _TITLE + 4.2, 0.3),
        Rule(middle - long, _TITLE + 4.9, middle + long, _TITLE + 4.9, 0.12),
        Text(left, _ABOUT, heading.owner, 9, width=split - left - 2, font="sans", min_size=6),
        Text(right, _ABOUT, heading.about, 9, "right", right - split, "sans", min_size=5),
        Text(left, foot, heading.foot, 7, width=half * 1.5, font="sans", colour=(0.3, 0.3, 0.3)),
        Text(right - 12, foot, heading.page.format(page=number), 8, "right", font="sans"),
        PageCount(right - 12, foot, heading.pages, 8),
    ]
    if page.part:
        fields.append(Text(left, _PART, page.part, 10, width=right - left, font="sans-bold", min_size=7))
    return fields


__all__ = ["Column", "Heading", "Layout", "Row", "frame", "lay_out", "print_table", "reference_html"]

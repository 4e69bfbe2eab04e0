"""What all books with running balances share: pages, sums of days and months, and what is carried over a page's end.

Sums of months and openings are maintained balances; only the lines of a page are read.  What is carried forward at the
end of a printed page are the movements of the month so far and the balance (会计基础工作规范 1996, article 62: 过次页).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import select

from hanse import BusinessError, Context, _, link_id
from hanse.i18n import Label
from hanse.models import Kind
from hanse.screens import Given, Reading, ReportColumn, ReportRow
from hanse_finance.chart import Chart
from hanse_finance.figures import ZERO
from hanse_finance.lines import SIDES, Line, Slice, Spot, first_lines, moved, page, stream
from hanse_finance.models import Period
from hanse_finance.reports import Span

#: Lines of a page.
PAGE = 200
Vector = tuple[Decimal, ...]
#: What sums are called; whatever else is strong is what a book or page begins with.
OF_DAY, OF_MONTH, OF_YEAR = _("Total of the day"), _("Total of the month"), _("Total of the year so far")


def add(one: Vector, other: Iterable[Decimal]) -> Vector:
    """Add two movements part by part."""
    return tuple(a + b for a, b in zip(one, other, strict=True))


@dataclass(frozen=True, slots=True)
class Calendar:
    """The periods of a year up to the end of the span: their numbers and first days."""

    numbers: Sequence[int]
    starts: Sequence[date]

    @classmethod
    def read(cls, ctx: Context, span: Span) -> Calendar:
        """Read the periods of the span's year."""
        rows = ctx.session.execute(
            select(Period.number, Period.start)
            .where(
                Period.company_id == ctx.company.id,
                link_id(Period.year) == span.year,
                Period.number.between(1, span.last),
            )
            .order_by(Period.number)
        ).all()
        return cls([number for number, _start in rows], [start for _number, start in rows])

    def number_of(self, day: date) -> int:
        """Give the number of the period that a day lies in."""
        return self.numbers[max(0, bisect_right(self.starts, day) - 1)]

    def start(self, number: int) -> date:
        """Give the first day of a period."""
        return self.starts[self.numbers.index(number)]


@dataclass(frozen=True)
class Section:
    """One account, or value of a dimension, of a book.

    :ivar key: names it in the address of a page
    :ivar label: heads it in print
    :ivar lines: what it consists of
    :ivar months: movements by number of the period; number 0 is what the year opened with
    """

    key: str
    label: Label
    lines: Slice
    months: Mapping[int, Vector]
    width: int = 2

    def month(self, number: int) -> Vector:
        """Give the movements of a period."""
        return self.months.get(number, (ZERO,) * self.width)

    def until(self, number: int, *, opening: bool) -> Vector:
        """Add up the movements before a period, with or without what the year opened with."""
        found: Vector = (ZERO,) * self.width
        for key, own in self.months.items():
            if key < number and (opening or key > 0):
                found = add(found, own)
        return found

    def has_figures(self, span: Span) -> bool:
        """Tell whether it has a balance at the beginning of the span, or any movement in it."""
        moves = any(span.first <= key <= span.last for key in self.months)
        opening = self.until(span.first, opening=True)
        return moves or bool(opening[0] - opening[1])


class Book(ABC):
    """A book with a running balance: what its rows show.  A vector is debit, credit and whatever else it adds up."""

    daily: ClassVar[bool] = False
    #: whether a column names the section, as there are several
    heading: bool = False
    #: what a vector adds up, where SQL can
    sums: ClassVar[str] = SIDES

    def __init__(self, ctx: Context, chart: Chart, span: Span, calendar: Calendar, *, empty_months: bool) -> None:
        self.ctx, self.chart, self.span, self.calendar, self.empty_months = ctx, chart, span, calendar, empty_months

    @abstractmethod
    def columns(self) -> list[ReportColumn]:
        """Give the columns."""

    def leading(self) -> list[ReportColumn]:
        """Give the columns that books begin with."""
        columns = [
            ReportColumn("day", _("Date"), Kind.DAY, small="sub"),
            ReportColumn("voucher", _("Voucher"), small="sub"),
            ReportColumn("summary", _("Summary"), small="title"),
        ]
        return [*columns, ReportColumn("heading", _("Ledger of"), told=True)] if self.heading else columns

    @abstractmethod
    def movement(self, line: Line) -> Vector:
        """Give what a line moves."""

    @abstractmethod
    def cells(self, section: Section, line: Line, so_far: Vector) -> list[Any]:
        """Give the values of a line with the balance after it."""

    @abstractmethod
    def total(self, section: Section, label: Label, moved: Vector | None, so_far: Vector) -> list[Any]:
        """Give the values of a row of sums."""

    def before(self, section: Section, number: int, spot: Spot) -> Vector:
        """Add up what was moved in a period before the day of a spot; books that only have two sides do it in SQL."""
        found: Vector = (ZERO,) * section.width
        start = self.calendar.start(number)
        if start < spot.day:
            for line in stream(self.ctx, replace(section.lines, start=start, end=spot.day)):
                if line.day < spot.day:
                    found = add(found, self.movement(line))
        return found

    def prepare(self, lines: Sequence[Line]) -> None:  # noqa: B027  most books need nothing
        """Read what some lines need besides."""

    # --- rows -----------------------------------------------------------------------------------------------------

    def rows(self, section: Section, spot: Spot, lines: Iterable[Line], following: Spot | None) -> Iterator[ReportRow]:
        """Give the rows of a section, or of a page of it that ends before ``following``."""
        run = _Run(self, section, spot)
        yield run.opening()
        for line in lines:
            yield from run.line(line)
        yield from run.end(following)

    def whole(self, section: Section) -> Iterator[ReportRow]:
        """Give all rows of a section; the first begins a part."""
        rows = self.rows(section, Spot(self.span.start), self._pieces(section), None)
        first = next(rows)
        yield replace(first, part=section.label)
        yield from rows

    def _pieces(self, section: Section) -> Iterator[Line]:
        """Stream the lines, a piece at a time so that each can be prepared."""
        if not self.moves(section):
            return
        piece: list[Line] = []
        for line in stream(self.ctx, section.lines):
            piece.append(line)
            if len(piece) == PAGE:
                self.prepare(piece)
                yield from piece
                piece = []
        self.prepare(piece)
        yield from piece

    def moves(self, section: Section) -> bool:
        """Tell whether a section can have lines in the span: movements that cancel each other out have sums too."""
        return any(self.span.first <= key <= self.span.last for key in section.months)


class _Run:
    """One way through the lines of a section, with the sums so far."""

    def __init__(self, book: Book, section: Section, spot: Spot) -> None:
        self.book, self.section, self.spot = book, section, spot
        self.number = book.calendar.number_of(spot.day)
        within = book.before(section, self.number, spot)
        self.today: Vector = (ZERO,) * section.width
        for line in first_lines(book.ctx, section.lines, spot):
            self.today = add(self.today, book.movement(line))
        self.month = add(within, self.today)
        self.so_far = add(section.until(self.number, opening=True), self.month)
        self.day: date | None = spot.day if spot.skip else None
        self.seen = bool(spot.skip) or (spot.day > book.calendar.start(self.number) and any(self.month))

    def opening(self) -> ReportRow:
        return self._sum(self._first_label(), None)

    def _first_label(self) -> Label:
        if self.spot.day != self.book.span.start or self.spot.skip:
            return _("Brought forward from the page before")
        return _("Brought forward from last year") if self.number == 1 else _("Opening balance")

    def line(self, line: Line) -> Iterator[ReportRow]:
        number = self.book.calendar.number_of(line.day)
        if line.day != self.day:
            yield from self._end_day()
            self.day, self.today = line.day, (ZERO,) * self.section.width
        if number != self.number:
            yield from self._end_months(number)
        movement = self.book.movement(line)
        self.seen = True
        self.today, self.month = add(self.today, movement), add(self.month, movement)
        self.so_far = add(self.so_far, movement)
        values = self.book.cells(self.section, line, self.so_far)
        carry = self.book.total(self.section, "", self.month, self.so_far)
        yield ReportRow(values, (f"/finance/voucher/{line.voucher}", {}), carry=carry)

    def end(self, following: Spot | None) -> Iterator[ReportRow]:
        """End the day and the month, unless the next page goes on with them."""
        if following is None or following.skip == 0 or following.day != self.day:
            yield from self._end_day()
        last = self.book.span.last + 1 if following is None else self.book.calendar.number_of(following.day)
        if last != self.number:
            self.seen = self.seen or following is None
            yield from self._end_months(last)

    def _end_day(self) -> Iterator[ReportRow]:
        if self.book.daily and self.day is not None:
            yield self._sum(OF_DAY, self.today)
        self.day = None

    def _end_months(self, until: int) -> Iterator[ReportRow]:
        """Give the sums of the month that ends and, if they are wanted, of months without lines behind it."""
        for number in range(self.number, until):
            if (number == self.number and self.seen) or self.book.empty_months:
                year = self.section.until(number + 1, opening=False)
                self.so_far = self.section.until(number + 1, opening=True)
                yield self._sum(OF_MONTH, self.section.month(number))
                yield self._sum(OF_YEAR, year)
        self.number, self.seen, self.month = until, False, (ZERO,) * self.section.width

    def _sum(self, label: Label, vector: Vector | None) -> ReportRow:
        values = self.book.total(self.section, label, vector, self.so_far)
        carry = self.book.total(self.section, "", self.month, self.so_far)
        return ReportRow(values, strong=True, carry=carry)


# --- reading a book ---------------------------------------------------------------------------------------------------


def read_book(book: Book, sections: Sequence[Section], given: Given, note: Label) -> Reading:
    """Read a book: all of it for a file, else a page of one section.

    :raises BusinessError: somebody made up the place of a page
    """
    if given.whole:
        return Reading(book.columns(), (row for one in sections for row in book.whole(one)), note=note)
    if not sections:
        return Reading(book.columns(), [], note=note)
    at, spot = _spot(given.text("at"), sections, book.span)
    section = sections[at]
    lines, following = page(book.ctx, section.lines, spot, PAGE)
    book.prepare(lines)
    rows = list(book.rows(section, spot, lines, following))
    after = _address(section, following) if following else None
    if after is None and at + 1 < len(sections):
        after = {"at": sections[at + 1].key}
    begins = spot == Spot(book.span.start)
    before = None if begins and not at else {"at": sections[at - 1].key if begins else section.key}
    if before is not None and before["at"] == sections[0].key:
        before = {"at": ""}
    return Reading(
        book.columns(),
        [replace(rows[0], part=section.label), *rows[1:]],
        note=_("%(account)s · %(note)s", account=section.label, note=note) if len(sections) > 1 else note,
        after=after,
        before=before,
    )


def _address(section: Section, spot: Spot) -> dict[str, str]:
    return {"at": f"{section.key}:{spot.day.isoformat()}:{spot.skip}"}


def _spot(at: str, sections: Sequence[Section], span: Span) -> tuple[int, Spot]:
    key, *rest = at.split(":")
    places = {section.key: place for place, section in enumerate(sections)}
    wrong = BusinessError(_("There is no such page."))
    if not at:
        return 0, Spot(span.start)
    if key not in places:
        raise wrong
    if not rest:
        return places[key], Spot(span.start)
    if len(rest) != 2 or not rest[1].isdigit() or len(rest[1]) > 9:
        raise wrong
    try:
        day = date.fromisoformat(rest[0])
    except ValueError:
        raise wrong from None
    if not span.start <= day <= span.end:
        raise wrong
    return places[key], Spot(day, int(rest[1]))


def sums_before(book: Book, section: Section, number: int, spot: Spot) -> Vector:
    """Add up what a period moved before the day of a spot, without asking for the vouchers of its lines.

    In the second half of a period what follows is taken from its maintained sums: never more than half is read.
    """
    start, end = book.calendar.start(number), book.span.end
    if number < book.span.last:
        end = book.calendar.start(number + 1) - timedelta(days=1)
    if spot.day - start <= end - spot.day:
        return moved(book.ctx, section.lines, start, spot.day, book.sums)
    following = moved(book.ctx, section.lines, spot.day, end + timedelta(days=1), book.sums)
    return add(section.month(number), (-one for one in following))


__all__ = [
    "OF_DAY",
    "OF_MONTH",
    "OF_YEAR",
    "PAGE",
    "Book",
    "Calendar",
    "Section",
    "Vector",
    "add",
    "read_book",
    "sums_before",
]

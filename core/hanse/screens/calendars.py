"""Days of a calendar and the records that stand on them, read in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from babel import Locale
from sqlalchemy import ColumnElement, and_, or_, select

from hanse.i18n import current_locale
from hanse.models import Field, Kind
from hanse.screens import filtering
from hanse.screens.cells import text_writer, told
from hanse.screens.filtering import Asked
from hanse.screens.listing import Query, Slot
from hanse.screens.screen import Screen
from hanse.security.clauses import readable, visible_clause

if TYPE_CHECKING:
    from hanse.actions import Context

MONTH, WEEK = "month", "week"
#: More entries are not read for one page.
MOST = 1_000


@dataclass(frozen=True)
class Window:
    """The days a page shows.

    :ivar on: a day of the month or week that is meant
    :ivar first: the first day shown, the start of a week
    :ivar days: how many, whole weeks
    """

    span: str
    on: date
    first: date
    days: int

    @property
    def end(self) -> date:
        """The day behind the last one."""
        return self.first + timedelta(days=self.days)

    def beside(self, direction: int) -> date:
        """Give a day of the month or week before (-1) or after (1)."""
        if self.span == WEEK:
            return self.on + timedelta(days=7 * direction)
        months = self.on.year * 12 + self.on.month - 1 + direction
        return date(months // 12, months % 12 + 1, 1)


def window(span: str, on: date) -> Window:
    """Give the whole weeks of a month, or one week, as the reader's locale begins them."""
    if span == WEEK:
        return Window(WEEK, on, _week_of(on), 7)
    month = on.replace(day=1)
    first = _week_of(month)
    behind = (month + timedelta(days=31)).replace(day=1)
    weeks = -(-(behind - first).days // 7)
    return Window(MONTH, on, first, weeks * 7)


def _week_of(day: date) -> date:
    starts = Locale.parse(current_locale()).first_week_day
    return day - timedelta(days=(day.weekday() - starts) % 7)


@dataclass(frozen=True)
class Entry:
    """A record on the days of a calendar.

    :ivar first: its first day, in the company's zone
    :ivar last: its last day
    :ivar clock: when it begins, for moments
    """

    id: int
    title: str
    tone: str
    first: date
    last: date
    clock: time | None


@dataclass(frozen=True)
class Fields:
    """The fields of a screen's calendar."""

    start: Field
    end: Field | None
    tone: Field | None


def fields_of(ctx: Context, screen: Screen) -> Fields | None:
    """Give the fields of a calendar, as far as this person may read them; None: there is none for them."""
    declared = screen.calendar
    if declared is None or not readable(ctx, start := screen.field_of(declared.start)):
        return None
    end, tone = (
        one if one is not None and readable(ctx, one) else None
        for one in (screen.field_of(item) if item is not None else None for item in (declared.end, declared.tone))
    )
    return Fields(start, end, tone)


def read_entries(ctx: Context, screen: Screen, asked: Asked, fields: Fields, shown: Window) -> tuple[list[Entry], bool]:
    """Read what stands on the days of a window; tell too whether there was more than can be shown."""
    columns = filtering.visible_columns(ctx, screen.entry_columns())
    asked = replace(asked, columns=columns)
    query = Query(ctx, screen)
    slots = [query.add(column) for column in columns]
    table = query.table
    extra = [table.c[fields.start.column]]
    extra += [table.c[one.column] for one in (fields.end, fields.tone) if one is not None]
    width = len(query.selected)
    statement = (
        select(*query.selected, *(one.label(f"x{at}") for at, one in enumerate(extra)))
        .select_from(query.source)
        .where(visible_clause(ctx, screen.model), *asked.conditions, _within(ctx, table, fields, shown))
        .order_by(table.c[fields.start.column], table.c.id)
        .limit(MOST + 1)
    )
    rows: list[Any] = list(ctx.session.connection().execute(statement))
    return _entries(ctx, screen, fields, slots, width, rows[:MOST]), len(rows) > MOST


def _within(ctx: Context, table: Any, fields: Fields, shown: Window) -> ColumnElement[bool]:
    start = table.c[fields.start.column]
    low, high = (_bound(ctx, fields.start, day) for day in (shown.first, shown.end))
    begins = and_(start >= low, start < high)
    if fields.end is None:
        return begins
    end = table.c[fields.end.column]
    return or_(begins, and_(start < low, end >= low))


def _bound(ctx: Context, field: Field, day: date) -> Any:
    return datetime.combine(day, time(), ctx.company.zone) if field.kind is Kind.MOMENT else day


def _entries(
    ctx: Context, screen: Screen, fields: Fields, slots: Sequence[Slot], width: int, rows: Sequence[Any]
) -> list[Entry]:
    writers = [text_writer(ctx, slot) for slot in slots]
    entries: list[Entry] = []
    for row in told(ctx, slots, rows):
        start, *rest = row[width:]
        end = rest.pop(0) if fields.end is not None else None
        tone = screen.tones.get(rest[0], "") if fields.tone is not None else ""
        first, clock = _local(ctx, start)
        last = _last(ctx, end) if end is not None else first
        title = " ".join(text for write in writers if (text := write(row)))
        entries.append(Entry(row[0], title or str(row[0]), tone, first, max(first, last), clock))
    return entries


def _local(ctx: Context, value: date | datetime) -> tuple[date, time | None]:
    if isinstance(value, datetime):
        there = value.astimezone(ctx.company.zone)
        return there.date(), there.time()
    return value, None


def _last(ctx: Context, value: date | datetime) -> date:
    """Give the last day of an entry; one that ends at midnight does not touch the day that begins then."""
    return _local(ctx, value - timedelta(microseconds=1) if isinstance(value, datetime) else value)[0]


def shifted(ctx: Context, value: date | datetime, days: int) -> date | datetime:
    """Move a day, or a moment, by days; a moment keeps its time of day in the company's zone."""
    if not isinstance(value, datetime):
        return value + timedelta(days=days)
    there = value.astimezone(ctx.company.zone)
    return datetime.combine(there.date() + timedelta(days=days), there.time(), ctx.company.zone)


__all__ = ["MONTH", "WEEK", "Entry", "Fields", "Window", "fields_of", "read_entries", "shifted", "window"]

"""What a list can be grouped by: choices, links, flags, and days by month, quarter or year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import ColumnElement, String, Text, and_, func, literal
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import array

from hanse.database.search import sort_key
from hanse.i18n import Label, _
from hanse.models import Field, Kind
from hanse.screens.spans import DAYS, SPANS, first_day_sql, last_day, say
from hanse.security.by_rights import by_rights
from hanse.security.clauses import readable

if TYPE_CHECKING:
    from hanse.actions import Context
    from hanse.screens.screen import Screen

KINDS = frozenset({Kind.CHOICE, Kind.LINK, Kind.FLAG}) | DAYS


@dataclass(frozen=True)
class Grouping:
    """A field that rows are grouped by.

    :ivar span: for days and moments, how they are put together
    """

    field: Field
    span: str = ""

    @property
    def name(self) -> str:
        """What stands in the address: ``state``, ``due:month``."""
        return f"{self.field.name}:{self.span}" if self.span else self.field.name

    @property
    def label(self) -> Label:
        """What a menu calls it."""
        if not self.span:
            return self.field.label
        return _("%(field)s %(span)s", field=self.field.label, span=SPANS[self.span])

    def expression(self, ctx: Context, column: Any) -> Any:
        """Write what is equal in all rows of a group."""
        return first_day_sql(ctx, self.field.kind, column, self.span) if self.span else column

    def order(self, ctx: Context, column: Any, names: Sequence[Any]) -> list[Any]:
        """Write what groups are ordered by: choices as they are declared, links by name."""
        if self.field.kind is Kind.CHOICE:
            assert self.field.choices is not None
            known = array([literal(member.value, Text) for member in self.field.choices])
            return [func.array_position(known, sql_cast(column, Text))]
        if self.field.kind is Kind.LINK:
            first = names[0]
            return [sort_key(first) if isinstance(first.type, String) else first, column]
        return [self.expression(ctx, column)]

    # --- values in addresses

    def written(self, value: Any) -> str:
        """Write the value of a group for an address; empty for none."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return "yes" if value else "no"
        return value.isoformat() if isinstance(value, date) else str(getattr(value, "value", value))

    def condition(self, ctx: Context, text: str) -> ColumnElement[bool] | None:
        """Give the condition for the rows of a group, from its value in an address; None: there is no such group."""
        column: Any = getattr(self.field.model, self.field.column)
        if not text:
            return cast("ColumnElement[bool]", column.is_(None))
        if self.field.kind is Kind.CHOICE:
            assert self.field.choices is not None
            member = next((one for one in self.field.choices if one.value == text), None)
            return None if member is None else column == member
        if self.field.kind is Kind.FLAG:
            return cast("ColumnElement[bool]", column.is_(text == "yes"))
        if self.field.kind is Kind.LINK:
            return column == int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
        days = self._days(text)
        if days is None:
            return None
        first, last = days
        return and_(column >= self._start(ctx, first), column < self._start(ctx, last + timedelta(days=1)))

    def _days(self, text: str) -> tuple[date, date] | None:
        """Give the first and the last day of a group."""
        try:
            first = date.fromisoformat(text)
            return (first, last_day(first, self.span)) if first.year < date.max.year else None
        except ValueError:
            return None

    def _start(self, ctx: Context, day: date) -> Any:
        return datetime.combine(day, time(), ctx.company.zone) if self.field.kind is Kind.MOMENT else day

    def filters(self, text: str) -> list[tuple[str, str]]:
        """Give the filter that shows only the rows of a group."""
        name = f"f-{self.field.name}"
        if not text:
            return [(f"{name}-op", "empty")]
        days = self._days(text) if self.field.kind in DAYS else None
        if days is None:
            return [(name, text)]
        return [(name, text), (f"{name}-to", days[1].isoformat())]

    def said(self, value: Any, name: str = "") -> Label:
        """Say the value of a group to people.

        :param name: for a link, the name of its record
        """
        if value is None:
            return _("Without %(field)s", field=self.field.label)
        if self.field.kind is Kind.FLAG:
            return _("%(field)s: %(value)s", field=self.field.label, value=_("Yes") if value else _("No"))
        if self.field.kind is Kind.CHOICE:
            return cast("Label", value.label)
        if self.field.kind is Kind.LINK:
            return name or str(value)
        return say(value, self.span)


def groupable(ctx: Context, field: Field) -> bool:
    """Tell whether this person may group by a field."""
    return field.kind in KINDS and not field.per_company and readable(ctx, field)


@by_rights
def groupings(ctx: Context, screen: Screen) -> tuple[Grouping, ...]:
    """Give what this person may group a list by: fields of its columns and filters."""
    fields = [column.field for column in screen.all_columns() if column.field is not None and not column.links]
    fields += [one for one in screen.filters if isinstance(one, Field)]
    found: list[Grouping] = []
    for field in dict.fromkeys(fields):
        if groupable(ctx, field):
            found += [Grouping(field, span) for span in SPANS] if field.kind in DAYS else [Grouping(field)]
    return tuple(found)


def grouping_of(ctx: Context, screen: Screen, name: str) -> Grouping | None:
    """Give what a name in an address means, if this person may group by it."""
    return next((one for one in groupings(ctx, screen) if one.name == name), None)


__all__ = ["Grouping", "groupable", "grouping_of", "groupings"]

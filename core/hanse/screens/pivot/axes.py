"""What a list can be broken down by, and what can be worked out of it, as far as the person may read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func

from hanse.i18n import Label, _
from hanse.models import Choice, Kind
from hanse.screens.filtering import PREFIX, shown_columns
from hanse.screens.formats import AMOUNTS
from hanse.screens.spans import DAYS, SPANS, first_day_sql, last_day, say_briefly

if TYPE_CHECKING:
    from hanse.actions import Context
    from hanse.screens.screen import Column, Screen

Pairs = list[tuple[str, str]]
FUNCTIONS: dict[str, Label] = {
    "sum": _("sum"),
    "avg": _("average"),
    "min": _("least"),
    "max": _("most"),
}
_NAMED = frozenset({Kind.CHOICE, Kind.FLAG, Kind.LINK, Kind.TEXT})
#: Kinds of fields that a list can be broken down by.
AXES = DAYS | _NAMED


@dataclass(frozen=True)
class Axis:
    """A field that rows or columns are made of.

    :ivar name: in addresses: the column's, for days with what is taken together, such as ``due:month``
    """

    name: str
    label: Label
    column: Column
    span: str | None = None

    @property
    def kind(self) -> Kind:
        """The kind of the field."""
        return self.column.kind

    def expression(self, ctx: Context, value: Any) -> Any:
        """Give the SQL that rows are taken together by."""
        if self.kind is Kind.TEXT:
            return func.nullif(value, "")
        return value if self.span is None else first_day_sql(ctx, self.kind, value, self.span)

    def write(self, key: Any, names: dict[Any, str]) -> str:
        """Give a member as people read it; ``names`` are those of linked records."""
        if key is None:
            return str(_("(empty)"))
        if self.span is not None:
            return say_briefly(key, self.span)
        if self.kind is Kind.LINK:
            return names.get(key, str(key))
        if isinstance(key, bool):
            return str(_("Yes") if key else _("No"))
        return str(key.label) if isinstance(key, Choice) else str(key)

    def order(self, key: Any, text: str) -> Any:
        """Give what members are sorted by: days and choices in their own order, the rest by name, hanzi by pinyin."""
        if key is None:
            return (1,)
        if self.span is not None or isinstance(key, bool):
            return (0, key)
        if isinstance(key, Choice):
            return (0, list(type(key)).index(key))
        return (0, text.lower().encode("gb18030", "replace"), text)

    def filters(self, key: Any) -> Pairs:
        """Give the parameters of the list that leave this member's rows."""
        name = PREFIX + self.column.name
        if key is None:
            return [(f"{name}-op", "empty")]
        if self.span is not None:
            return [(name, key.isoformat()), (f"{name}-to", last_day(key, self.span).isoformat())]
        if isinstance(key, bool):
            return [(name, "yes" if key else "no")]
        if isinstance(key, Choice):
            return [(name, str(key.value))]
        return [(name, str(key)), *([(f"{name}-op", "exactly")] if self.kind is Kind.TEXT else [])]


@dataclass(frozen=True)
class Measure:
    """What is worked out for every cell: the number of records, or a function of a field.

    :ivar name: in addresses: ``count``, or function and column such as ``sum:fee``
    """

    name: str
    label: Label
    function: str
    column: Column | None = None


COUNT = Measure("count", _("Records"), "count")


def axes_of(ctx: Context, screen: Screen) -> dict[str, Axis]:
    """Give what this person may break a list down by."""
    found: dict[str, Axis] = {}
    for column in shown_columns(ctx, screen):
        field = column.field
        if field is None:
            continue
        label = (
            column.label
            if not column.links
            else _("%(link)s: %(field)s", link=column.links[-1].label, field=field.label)
        )
        if column.kind in DAYS:
            for span, said in SPANS.items():
                name = f"{column.name}:{span}"
                found.setdefault(name, Axis(name, _("%(field)s, %(how)s", field=label, how=said), column, span))
        elif column.kind in _NAMED:
            found.setdefault(column.name, Axis(column.name, label, column))
    return found


def measures_of(ctx: Context, screen: Screen) -> dict[str, Measure]:
    """Give what this person may have worked out of a list."""
    found = {COUNT.name: COUNT}
    for column in shown_columns(ctx, screen):
        field = column.field
        if field is None or not (column.kind in AMOUNTS or (column.kind is Kind.NUMBER and field.python_type is int)):
            continue
        for function, said in FUNCTIONS.items():
            if function == "sum" and column.kind is Kind.RATE:
                continue  # rates and prices do not add up
            name = f"{function}:{column.name}"
            label = _("%(field)s, %(how)s", field=column.label, how=said)
            found.setdefault(name, Measure(name, label, function, column))
    return found

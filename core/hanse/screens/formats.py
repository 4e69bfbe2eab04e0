"""Values as people read them, and as a form holds them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from hanse.i18n import _, current_locale, format_day, format_decimal, format_moment
from hanse.models import Choice, Field, Kind, StoredFile

if TYPE_CHECKING:
    from hanse.actions import Context

Formatter = Callable[[Any], str]
#: Kinds whose value is an exact number.
AMOUNTS = frozenset({Kind.MONEY, Kind.QUANTITY, Kind.RATE})
#: The names the templates have for kinds.
TEMPLATE_KINDS: dict[Kind, str] = {
    Kind.TEXT: "text",
    Kind.NUMBER: "number",
    Kind.MONEY: "money",
    Kind.QUANTITY: "quantity",
    Kind.RATE: "rate",
    Kind.DAY: "date",
    Kind.MOMENT: "datetime",
    Kind.CHOICE: "choice",
    Kind.LINK: "link",
    Kind.FLAG: "flag",
    Kind.NOTE: "note",
    Kind.FILE: "file",
    Kind.STRUCTURE: "text",
    Kind.LINES: "text",
}


def template_kind(kind: Kind, field: Field | None = None) -> str:
    """Name a kind as the templates do; a document number is text."""
    if kind is Kind.NUMBER and field is not None and field.python_type is str:
        return "text"
    if field is not None and field.widget in ("email", "tel", "url", "password"):
        return field.widget
    return TEMPLATE_KINDS[kind]


def formatter(ctx: Context, kind: Kind, places: int | None = None) -> Formatter:
    """Give a function that writes values of a kind for the reader; it never gets None."""
    if kind is Kind.MONEY:
        return money_formatter(ctx.company.places if places is None else places)
    if kind is Kind.DAY:
        return date.isoformat if current_locale() == "zh_CN" else format_day
    if kind is Kind.MOMENT:
        zone = ctx.company.zone
        return lambda value: format_moment(value, zone)
    return _PLAIN.get(kind, str)


def field_formatter(ctx: Context, field: Field) -> Formatter:
    """Give a function that writes values of a field: in the way of its widget, else of its kind."""
    return _OF_WIDGETS.get(field.widget or "") or formatter(ctx, field.kind)


def write_widget(widget: str, write: Formatter) -> None:
    """Say how values of fields with this widget are written where they are only read: telephone numbers in groups."""
    _OF_WIDGETS[widget] = write


def widget_writer(field: Field) -> Formatter | None:
    """Give the function that writes values of a field in the way of its widget, if it has one."""
    return _OF_WIDGETS.get(field.widget or "")


def find_by_widget(widget: str, find: Callable[[str], list[str]]) -> None:
    """Say which stored values are meant when somebody searches fields with this widget for what they read there."""
    _FOUND_BY_WIDGETS[widget] = find


def values_meant(field: Field, words: str) -> list[str]:
    """Give the stored values of a field that are written with the words; none where they are written as stored."""
    find = _FOUND_BY_WIDGETS.get(field.widget or "")
    return find(words) if find is not None else []


_OF_WIDGETS: dict[str, Formatter] = {}
_FOUND_BY_WIDGETS: dict[str, Callable[[str], list[str]]] = {}


def money_formatter(least: int) -> Formatter:
    """Write amounts with at least the currency's decimals, and never fewer than the amount has."""
    pattern = f"{{:,.{least}f}}".format

    def write(value: Decimal) -> str:
        exponent = cast("int", value.as_tuple().exponent)
        if -exponent <= least:
            return pattern(value)
        return format_decimal(value, max(least, _needed(value)))

    return write


def _needed(value: Decimal) -> int:
    exponent = cast("int", value.normalize().as_tuple().exponent)
    return max(0, -exponent)


def _choice(value: Choice) -> str:
    return str(value.label)


def _flag(value: bool) -> str:
    return str(_("Yes") if value else _("No"))


def _file(value: StoredFile) -> str:
    return value.name


_PLAIN: dict[Kind, Formatter] = {
    Kind.CHOICE: _choice,
    Kind.FILE: _file,
    Kind.FLAG: _flag,
    Kind.QUANTITY: format_decimal,
    Kind.RATE: format_decimal,
}


def typed(ctx: Context, kind: Kind, value: Any) -> str:
    """Give a value as its control in a form holds it; the form parser reads it back."""
    if value is None:
        return ""
    if kind is Kind.FLAG:
        return "1" if value else ""
    if kind is Kind.MONEY:
        return money_formatter(ctx.company.places)(value)
    if kind in (Kind.QUANTITY, Kind.RATE):
        return format_decimal(value)
    if kind is Kind.DAY:
        return cast("date", value).isoformat()
    if kind is Kind.MOMENT:
        return cast("datetime", value).astimezone(ctx.company.zone).strftime("%Y-%m-%dT%H:%M")
    return str(value)

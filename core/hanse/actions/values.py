"""Check and convert the values of fields, one by one for people and by the column for programs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Context, Decimal
from functools import cache
from types import NoneType
from typing import Any

from hanse.i18n import Label, _
from hanse.models import Choice, Field, Kind, Model, StoredFile

#: The exact type that needs no conversion, by kind.
_PLAIN: dict[Kind, type] = {
    Kind.MONEY: Decimal,
    Kind.QUANTITY: Decimal,
    Kind.RATE: Decimal,
    Kind.DAY: date,
    Kind.FLAG: bool,
    Kind.LINK: int,
    Kind.MOMENT: datetime,
}
_LARGEST = Decimal(10) ** 20
_LARGEST_WHOLE = 2**62
#: Python's own context has 28 digits, fewer than the largest amounts with all their decimals.
_EXACT = Context(prec=60)


class WrongValue(ValueError):
    """A value does not fit its field; the message says what would.

    :ivar index: where it stands in its column
    """

    def __init__(self, message: Label) -> None:
        super().__init__(message)
        self.message = message
        self.index = 0


def convert(field: Field, value: Any) -> Any:
    """Give ``value`` as it is stored in ``field``; None stays None.

    :raises WrongValue: it does not fit
    """
    if value is None:
        return None
    return _CONVERTERS[field.kind](field, value)


def convert_column(field: Field, values: list[Any]) -> list[Any]:
    """Convert many values of one field; those that are right already cost next to nothing.

    :raises WrongValue: with the index of the first wrong one as ``index``
    """
    plain = _PLAIN.get(field.kind)
    if (
        plain is not None
        and field.kind not in (Kind.MONEY, Kind.QUANTITY, Kind.RATE)
        and all(type(value) is plain or value is None for value in values)
    ):
        return values
    converter = _CONVERTERS[field.kind]
    if converter is _text and (fitting := _texts(field, values)) is not None:
        return fitting
    result: list[Any] = []
    for index, value in enumerate(values):
        try:
            result.append(None if value is None else converter(field, value))
        except WrongValue as error:
            error.index = index
            raise
    return result


def _texts(field: Field, values: list[Any]) -> list[str | None] | None:
    """Give texts as they are stored; None: one of them is wrong, and :func:`_text` says which."""
    if not set(map(type, values)) <= {str, NoneType}:
        return None
    if field.kind in (Kind.TEXT, Kind.NUMBER):
        values = [value.strip() if value else None for value in values]
    there = [value for value in values if value]
    fits = field.max_length is None or max(map(len, there), default=0) <= field.max_length
    return [value or None for value in values] if fits and "\0" not in "".join(there) else None


def _text(field: Field, value: Any) -> str | None:
    if not isinstance(value, str):
        raise WrongValue(_("%(field)s must be text.", field=field.label))
    stripped = value.strip() if field.kind in (Kind.TEXT, Kind.NUMBER) else value
    if "\0" in stripped:
        raise WrongValue(_("%(field)s contains a character that cannot be stored.", field=field.label))
    if field.max_length is not None and len(stripped) > field.max_length:
        raise WrongValue(
            _(
                "%(field)s is %(length)s characters long; at most %(most)s fit.",
                field=field.label,
                length=len(stripped),
                most=field.max_length,
            )
        )
    return stripped or None


def _number(field: Field, value: Any) -> Any:
    if field.python_type is str:
        return _text(field, value)
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongValue(_("%(field)s must be a whole number.", field=field.label))
    if abs(value) > _LARGEST_WHOLE:
        raise WrongValue(_("%(field)s is too large.", field=field.label))
    return value


def _decimal(field: Field, value: Any) -> Decimal:
    number = value if type(value) is Decimal else _exact(field, value)
    if not number.is_finite():
        raise WrongValue(_("%(field)s must be a number.", field=field.label))
    assert field.places is not None
    if not -_LARGEST < number < _LARGEST:
        raise WrongValue(_("%(field)s is too large.", field=field.label))
    if number != number.quantize(unit(field.places), context=_EXACT):
        raise WrongValue(_("%(field)s has more than %(places)s decimals.", field=field.label, places=field.places))
    return number


@cache
def unit(places: int) -> Decimal:
    """Give the smallest amount with so many decimals."""
    return Decimal(1).scaleb(-places)


def _exact(field: Field, value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise WrongValue(_("%(field)s must be an exact number.", field=field.label))
    try:
        return Decimal(value)
    except ArithmeticError:
        raise WrongValue(_("%(field)s must be a number.", field=field.label)) from None


def _day(field: Field, value: Any) -> date:
    if isinstance(value, datetime):
        raise WrongValue(_("%(field)s must be a day without a time.", field=field.label))
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise WrongValue(_("%(field)s must be a date such as 2026-11-23.", field=field.label)) from None


def _moment(field: Field, value: Any) -> datetime:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            value = None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise WrongValue(_("%(field)s must be a date and time with its time zone.", field=field.label))
    return value


def _choice(field: Field, value: Any) -> Choice:
    assert field.choices is not None
    try:
        return field.choices(value)
    except ValueError:
        names = ", ".join(str(member.label) for member in field.choices)
        raise WrongValue(_("%(field)s must be one of: %(names)s.", field=field.label, names=names)) from None


def _flag(field: Field, value: Any) -> bool:
    if not isinstance(value, bool):
        raise WrongValue(_("%(field)s must be yes or no.", field=field.label))
    return value


def _link(field: Field, value: Any) -> int:
    if isinstance(value, Model):
        return value.id
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongValue(_("%(field)s must be chosen from the list.", field=field.label))
    if not 0 < value <= _LARGEST_WHOLE:
        raise WrongValue(_("%(field)s must be chosen from the list.", field=field.label))
    return value


def _file(field: Field, value: Any) -> StoredFile | None:
    if value == "":
        return None
    try:
        stored = StoredFile(value)
    except (TypeError, ValueError):
        raise WrongValue(_("%(field)s must be a file that was uploaded.", field=field.label)) from None
    if field.pictures and not stored.is_picture:
        raise WrongValue(_("%(field)s must be a picture: PNG, JPEG, GIF or WebP.", field=field.label))
    return stored


def _structure(field: Field, value: Any) -> Any:
    return value


_CONVERTERS: dict[Kind, Callable[[Field, Any], Any]] = {
    Kind.TEXT: _text,
    Kind.NOTE: _text,
    Kind.FILE: _file,
    Kind.NUMBER: _number,
    Kind.MONEY: _decimal,
    Kind.QUANTITY: _decimal,
    Kind.RATE: _decimal,
    Kind.DAY: _day,
    Kind.MOMENT: _moment,
    Kind.CHOICE: _choice,
    Kind.FLAG: _flag,
    Kind.LINK: _link,
    Kind.STRUCTURE: _structure,
}

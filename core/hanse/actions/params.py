"""Parameters of actions: converted on the way in, and stored as JSON while an action is held."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from hanse.actions.registry import Action, Param
from hanse.errors import BusinessError
from hanse.i18n import _, parse_decimal
from hanse.life.archive import is_archived, refusal
from hanse.models import Choice, Model

if TYPE_CHECKING:
    from hanse.actions.context import Context

_FLAGS = {"true": True, "1": True, "on": True, "yes": True, "false": False, "0": False, "off": False, "no": False}


def convert_params(ctx: Context, action: Action[Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Give parameters as the action's function expects them.

    Text from forms, numbers and ids from JSON and finished Python values are all understood.

    :raises BusinessError: one is unknown, missing or wrong; ``field`` names it
    """
    for name in given:
        if name not in action.params:
            raise BusinessError(_("%(action)s has no parameter %(name)s.", action=action.name, name=name), field=name)
    values: dict[str, Any] = {}
    for name, param in action.params.items():
        value = given.get(name)
        if value is None or (value == "" and param.annotation is not str):
            if param.required and not _optional(param):
                raise BusinessError(_("%(field)s is missing.", field=param.label), field=name)
            values[name] = None if name in given and _optional(param) else param.default
            continue
        values[name] = _convert(ctx, param, plain_type(param.annotation), value)
    return values


def plain_type(annotation: Any) -> Any:
    """Give the type of a parameter without ``| None``."""
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        return next(part for part in typing.get_args(annotation) if part is not type(None))
    return annotation


def _optional(param: Param) -> bool:
    return type(None) in typing.get_args(param.annotation)


def _convert(ctx: Context, param: Param, wanted: Any, value: Any) -> Any:
    if typing.get_origin(wanted) is not None or wanted is Any or wanted is object:
        return value
    try:
        if isinstance(wanted, type) and issubclass(wanted, Model):
            return _record(ctx, param, wanted, value)
        return value if _is_right(wanted, value) else _from_text(wanted, value)
    except (ValueError, TypeError, KeyError, ArithmeticError):
        raise BusinessError(
            _("%(field)s: “%(value)s” does not fit.", field=param.label, value=str(value)[:80]), field=param.name
        ) from None


def _is_right(wanted: Any, value: Any) -> bool:
    """Tell whether a value is of the type already; True is no number and a moment no day."""
    if isinstance(value, bool) or (wanted is date and isinstance(value, datetime)):
        return type(value) is wanted
    return isinstance(value, wanted)


def _record(ctx: Context, param: Param, wanted: type[Model], value: Any) -> Model:
    if isinstance(value, wanted):
        return value
    found = next(iter(ctx.visible(wanted, wanted.id == int(value))), None)
    if found is None:
        raise BusinessError(_("%(field)s: choose one from the list.", field=param.label), field=param.name)
    if ctx.running is None and is_archived(found):
        raise BusinessError(refusal(param.label, found.display_name(), None), field=param.name)
    return found


def _from_text(wanted: Any, value: Any) -> Any:
    if isinstance(value, bool):
        raise TypeError("a flag stands for nothing else")
    if wanted is bool:
        return _FLAGS[str(value).lower()]
    if issubclass(wanted, Choice):
        return wanted(value)
    if issubclass(wanted, datetime):
        return datetime.fromisoformat(value)
    if issubclass(wanted, date):
        return date.fromisoformat(value)
    if issubclass(wanted, Decimal):
        return parse_decimal(str(value))
    if wanted is int and isinstance(value, float):
        raise TypeError("a float is no whole number")
    return wanted(value)


def stored_params(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give parameters as JSON can hold them; convert_params() reads them back."""
    return {name: _stored(value) for name, value in values.items()}


def _stored(value: Any) -> Any:
    if isinstance(value, Model):
        return value.id
    if isinstance(value, (Decimal, date, Choice)):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _stored(inner) for key, inner in cast("Mapping[object, object]", value).items()}
    if isinstance(value, (list, tuple)):
        return [_stored(inner) for inner in cast("list[Any]", value)]
    return value

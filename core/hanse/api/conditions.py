"""The filter language: JSON conditions that follow links, judged by the same clauses as everything else.

``{"and": [{"field": "state", "is": "posted"}, {"field": "maker.login", "in": ["ann", "bob"]},
{"not": {"field": "summary", "contains": "rent"}}, {"any": "lines", "where": {"field": "debit", "over": "100"}}]}``
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import ColumnElement, and_, func, not_, or_, select, true

from hanse.actions.values import WrongValue, convert
from hanse.errors import BusinessError, Forbidden
from hanse.i18n import _
from hanse.models import Field, Kind, Model, link_id
from hanse.models.build import back_link
from hanse.security.clauses import company_clause, readable, visible_clause

if TYPE_CHECKING:
    from hanse.actions import Context

DEEPEST = 8
MOST_VALUES = 1_000
_TEXTS = frozenset({Kind.TEXT, Kind.NOTE, Kind.NUMBER})
_UNORDERED = frozenset({Kind.LINES, Kind.STRUCTURE, Kind.FLAG, Kind.CHOICE, Kind.LINK, Kind.FILE})
Test = Callable[[Any, Any], ColumnElement[bool]]


#: word → test of a column against one value
TESTS: dict[str, Test] = {
    "is": lambda column, value: column.is_(None) if value is None else column == value,
    "is_not": lambda column, value: column.is_not(None) if value is None else column.is_distinct_from(value),
    "over": lambda column, value: column > value,
    "under": lambda column, value: column < value,
    "from": lambda column, value: column >= value,
    "to": lambda column, value: column <= value,
    "contains": lambda column, value: func.lower(column).contains(value.lower(), autoescape=True),
    "starts": lambda column, value: func.lower(column).startswith(value.lower(), autoescape=True),
}
_TEXT_TESTS = frozenset({"contains", "starts"})
_ORDER_TESTS = frozenset({"over", "under", "from", "to"})
WORDS = (*TESTS, "in", "not_in")


def condition(ctx: Context, model: type[Model], given: object, depth: int = 0) -> ColumnElement[bool]:
    """Turn a filter into SQL.

    :raises BusinessError: it is no filter, or a value does not fit its field; ``field`` is ``filter``
    :raises Forbidden: it asks for a field the person may not see
    """
    if depth > DEEPEST:
        raise _wrong(_("The filter is nested too deeply."))
    if not isinstance(given, Mapping):
        raise _wrong(_('A filter is an object such as {"field": "name", "contains": "tea"}.'))
    said = cast("Mapping[str, object]", given)
    keys = set(said)
    if keys in ({"and"}, {"or"}):
        (word,) = keys
        parts = _list(said[word])
        if parts is None:
            raise _wrong(_("“%(word)s” takes a list of filters.", word=word))
        inner = [condition(ctx, model, one, depth + 1) for one in parts]
        return and_(true(), *inner) if word == "and" else or_(not_(true()), *inner)
    if keys == {"not"}:
        return not_(condition(ctx, model, said["not"], depth + 1))
    if "any" in keys and keys <= {"any", "where"}:
        return _any_line(ctx, model, str(said["any"]), said.get("where", {"and": []}), depth)
    words = keys - {"field"}
    if "field" not in keys or len(words) != 1 or not words <= set(WORDS):
        raise _wrong(_("A filter names a field and one of %(words)s.", words=", ".join(WORDS)))
    (word,) = words
    return _along(ctx, model, str(said["field"]), word, said[word])


def _list(given: object) -> list[object] | None:
    """Give a list that is not too long; None: it is something else."""
    if not isinstance(given, list):
        return None
    items = cast("list[object]", given)
    return items if len(items) <= MOST_VALUES else None


def _along(ctx: Context, model: type[Model], path: str, word: str, value: object) -> ColumnElement[bool]:
    name, _dot, rest = path.partition(".")
    field = None if name == "id" else field_for(ctx, model, name)
    if field is None:
        return _test(model.id, None, word, value)
    if not rest:
        return _test(getattr(model, field.column), field, word, value)
    if field.kind is not Kind.LINK or field.target is None:
        raise _wrong(_("%(field)s leads to no other record.", field=name))
    inner = _along(ctx, field.target, rest, word, value)
    # Whoever may not see a record learns nothing of it by asking which records lead to it.
    there = select(field.target.id).where(inner, visible_clause(ctx, field.target)).correlate(None)
    return cast("ColumnElement[bool]", getattr(model, field.column).in_(there))


def _any_line(ctx: Context, model: type[Model], name: str, where: object, depth: int) -> ColumnElement[bool]:
    field = field_for(ctx, model, name)
    if field.kind is not Kind.LINES or field.target is None:
        raise _wrong(_("%(field)s has no lines.", field=name))
    target = field.target
    seen = company_clause(ctx, target) if field.owned else visible_clause(ctx, target)
    inner = condition(ctx, target, where, depth + 1)
    back: Any = link_id(getattr(target, back_link(field).name))
    return model.id.in_(select(back).where(inner, seen).correlate(None))


def field_for(ctx: Context, model: type[Model], name: str) -> Field:
    """Give a field by its name.

    :raises BusinessError: the model has no such field
    :raises Forbidden: the person may not see it
    """
    field = model.__fields__.get(name)
    if field is None:
        raise _wrong(_("There is no field “%(name)s”.", name=name))
    if not readable(ctx, field):
        raise Forbidden(_("You may not see %(field)s.", field=field.label), field="filter")
    return field


def _test(column: Any, field: Field | None, word: str, value: object) -> ColumnElement[bool]:
    kind = Kind.LINK if field is None else field.kind
    if kind in (Kind.LINES, Kind.STRUCTURE):
        raise _wrong(_("%(field)s cannot be filtered by.", field=field.label if field else "id"))
    if (word in _TEXT_TESTS and (kind not in _TEXTS or (field and field.python_type is not str))) or (
        word in _ORDER_TESTS and field is not None and kind in _UNORDERED
    ):
        raise _wrong(_("“%(word)s” does not go with this field.", word=word))
    if word in ("in", "not_in"):
        given = _list(value)
        if given is None:
            raise _wrong(_("“%(word)s” takes a list of at most %(most)s values.", word=word, most=MOST_VALUES))
        values = [_converted(field, one) for one in given]
        among = cast("ColumnElement[bool]", column.in_(values))
        return among if word == "in" else or_(not_(among), column.is_(None))
    if word in _TEXT_TESTS:
        if not isinstance(value, str) or "\0" in value:
            raise _wrong(_("“%(word)s” takes text.", word=word))
        return TESTS[word](column, value)
    converted = _converted(field, value)
    if converted is None and word not in ("is", "is_not"):
        raise _wrong(_("“%(word)s” takes a value.", word=word))
    return TESTS[word](column, converted)


def _converted(field: Field | None, value: object) -> Any:
    if field is None:
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**63:
            raise _wrong(_("An id is a whole number."))
        return value
    try:
        converted = convert(field, value)
    except WrongValue as error:
        raise _wrong(error.message) from None
    if field.kind is Kind.LINK and converted is not None and abs(converted) >= 2**63:
        raise _wrong(_("An id is a whole number."))
    return converted


def _wrong(message: Any) -> BusinessError:
    return BusinessError(message, field="filter")

"""From a declared field to columns and relationships."""

from __future__ import annotations

import json
import re
import sys
import types
import typing
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Numeric,
    Select,
    String,
    Text,
    any_,
    bindparam,
    true,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY, JSON, JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Mapped
from sqlalchemy.orm.relationships import RelationshipProperty
from sqlalchemy.sql import ColumnElement, column
from sqlalchemy.sql.operators import OperatorType, in_op
from sqlalchemy.types import TypeDecorator, TypeEngine

from hanse.models.base import Fragment, Model, ModelError, models_by_name
from hanse.models.fields import Choice, Declaration, Field, Kind
from hanse.models.stored import PATTERN, StoredFile

_PREPARER = postgresql.dialect().identifier_preparer  # type: ignore[no-untyped-call]
PYTHON_TYPES: dict[Kind, tuple[type, ...]] = {
    Kind.TEXT: (str,),
    Kind.NUMBER: (int, str),
    Kind.MONEY: (Decimal,),
    Kind.QUANTITY: (Decimal,),
    Kind.RATE: (Decimal,),
    Kind.DAY: (date,),
    Kind.MOMENT: (datetime,),
    Kind.FLAG: (bool,),
    Kind.NOTE: (str,),
    Kind.FILE: (StoredFile, str),
}
#: Decimals that are kept of exact numbers.
PLACES = {Kind.MONEY: 8, Kind.QUANTITY: 8, Kind.RATE: 12}


class Key(BigInteger):
    """An id.  ``.in_(ids)`` sends one array, as written SQL does, and not a parameter for each id."""

    class Comparator(BigInteger.Comparator[int]):
        """Compares ids."""

        def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> ColumnElement[Any]:
            given: object = other[0] if other else None
            if op is not in_op or not isinstance(given, (list, tuple, set, frozenset)):
                return super().operate(op, *other, **kwargs)
            ids: list[object] = [*cast("Iterable[object]", given)]
            if not all(isinstance(one, int) for one in ids):
                return super().operate(op, ids, **kwargs)
            own = cast("ColumnElement[Any]", self.expr)
            if len(ids) == 1:  # lets an index that leads with it give the order of what follows
                return own == ids[0]
            return own == any_(bindparam(None, ids, ARRAY(BigInteger), unique=True))

    comparator_factory = Comparator


class ChoiceType(TypeDecorator[Choice]):
    """Text in the database, a member of the enumeration in Python."""

    impl = Text
    cache_ok = True

    def __init__(self, choices: type[Choice]) -> None:
        super().__init__()
        self.choices = choices

    def process_bind_param(self, value: Choice | None, dialect: Dialect) -> str | None:
        return None if value is None else str(self.choices(value))

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Choice | None:
        return None if value is None else self.choices(value)

    def __repr__(self) -> str:  # what a migration writes
        return "Text()"


class FileType(TypeDecorator[StoredFile]):
    """Text in the database, a StoredFile in Python."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: StoredFile | None, dialect: Dialect) -> str | None:
        return None if value is None else str(StoredFile(value))

    def process_result_value(self, value: Any | None, dialect: Dialect) -> StoredFile | None:
        return None if value is None else StoredFile(value)

    def __repr__(self) -> str:  # what a migration writes
        return "Text()"


class LinkComparator(RelationshipProperty.Comparator[Any]):
    """Lets a link be compared with records or ids alike."""

    def __eq__(self, other: object) -> Any:
        """True for links to the record or id ``other``; None for those to none."""
        return self.is_(other)

    def __ne__(self, other: object) -> Any:
        """True for links to another record, or to none."""
        own = link_column(self)
        return own.is_not(None) if other is None else own.is_distinct_from(_id_of(cast("Model | int", other)))

    def in_(self, other: Any) -> Any:
        """True for links to one of ``other``: records, ids, or a query of ids."""
        own = link_column(self)
        if isinstance(other, Select):
            return own.in_(cast("Select[Any]", other))
        return own.in_([_id_of(item) for item in cast("Iterable[Any]", other)])

    def is_(self, other: Any) -> Any:
        """True for links to the record ``other``; ``is_(None)`` for those to none."""
        return link_column(self).is_(None) if other is None else link_column(self) == _id_of(other)


def _id_of(item: Model | int) -> int:
    return item.id if isinstance(item, Model) else item


def link_column(attribute: Any) -> ColumnElement[int]:
    """Give the id column behind a link: ``link_id(Loan.equipment)`` is ``Loan.equipment_id``."""
    return cast("ColumnElement[int]", getattr(attribute._parententity.entity, f"{attribute.prop.key}_id"))


def column_type(kind: Kind, python_type: type, declaration: Declaration) -> TypeEngine[Any]:
    """Say what the database stores for a field."""
    if kind is Kind.CHOICE:
        return ChoiceType(cast("type[Choice]", python_type))
    if kind is Kind.NUMBER and python_type is str:
        return String(declaration.options["max_length"])
    simple: dict[Kind, TypeEngine[Any]] = {
        Kind.NUMBER: BigInteger(),
        Kind.MONEY: Numeric(),
        Kind.QUANTITY: Numeric(),
        Kind.RATE: Numeric(),
        Kind.DAY: Date(),
        Kind.MOMENT: DateTime(timezone=True),
        Kind.FLAG: Boolean(),
        Kind.NOTE: Text(),
        Kind.FILE: FileType(),
        Kind.STRUCTURE: JSON() if declaration.options.get("verbatim") else JSONB(),
        Kind.LINK: Key(),
    }
    return simple.get(kind) or String(declaration.options["max_length"])


def resolve(fragment: Fragment, name: str, kind: Kind) -> tuple[type, bool]:
    """Read ``Mapped[X | None]``: the type and whether None is allowed.  For lines the type is that of a line.

    :raises ModelError: the annotation is missing, unknown, or does not fit the kind
    """
    note = fragment.annotations[name]
    where = f"{fragment}.{name}"
    if note is None:
        raise ModelError(f"{where}: annotate it, as in {name}: Mapped[str]")
    inner = _evaluated(note, fragment, where)
    optional = False
    if isinstance(inner, types.UnionType) or typing.get_origin(inner) is typing.Union:
        parts = [part for part in typing.get_args(inner) if part is not type(None)]
        if len(parts) != 1:
            raise ModelError(f"{where}: {note} has more than one type besides None")
        inner, optional = parts[0], True
    if kind is Kind.LINES:
        inner = typing.get_args(inner)[0] if typing.get_origin(inner) is list else None
    _check_fit(inner, kind, where, note)
    return cast("type", inner), optional


def _evaluated(note: Any, fragment: Fragment, where: str) -> Any:
    if not isinstance(note, str):
        return typing.get_args(note)[0]
    match = re.fullmatch(r"Mapped\[(.*)\]", note.strip(), re.DOTALL)
    if match is None:
        raise ModelError(f"{where}: the annotation is {note}, not Mapped[…]")
    names = _Names(vars(sys.modules[fragment.module]), where)
    return eval(match[1], {"__builtins__": {}}, names)  # noqa: S307  a class body's own annotation


class _Names(dict[str, Any]):
    """What an annotation may name: its module, the builtin types, and any model by its name."""

    def __init__(self, module: dict[str, Any], where: str) -> None:
        super().__init__(str=str, int=int, bool=bool, list=list, dict=dict, object=object, Any=Any, None_=None)
        self.update(module)
        self.where = where

    def __missing__(self, name: str) -> Any:
        found = list(dict.fromkeys(models_by_name.get(name, [])))
        if len(found) != 1:
            raise ModelError(f"{self.where}: there {'is no' if not found else 'are several'} {name}; import it")
        return found[0]


def _check_fit(inner: Any, kind: Kind, where: str, note: Any) -> None:
    if kind is Kind.STRUCTURE:
        return
    if kind in (Kind.LINK, Kind.LINES):
        good = isinstance(inner, type) and issubclass(inner, Model)
    elif kind is Kind.CHOICE:
        good = isinstance(inner, type) and issubclass(inner, Choice)
    else:
        good = inner in PYTHON_TYPES[kind]
    if not good:
        raise ModelError(f"{where}: {note} does not fit {kind}()")


def quoted(name: str) -> str:
    """Write a column's name in SQL, quoted where it is a word of SQL's own."""
    return _PREPARER.quote(name)


def field_check(field: Field) -> CheckConstraint | None:
    """Give the CHECK that keeps a column to its choices, or to what names a stored file."""
    if field.kind is Kind.FILE:
        return CheckConstraint(f"{quoted(field.column)} ~ '{PATTERN}'", name=f"{field.column}_file")
    if field.choices is None:
        return None
    values = ", ".join("'" + member.value.replace("'", "''") + "'" for member in field.choices)
    sql = f"{quoted(field.column)} IN ({values})"
    return CheckConstraint(sql, name=f"{field.column}_choice", info={"choice_of": field})


def server_default(kind: Kind, default: Any) -> str | None:
    """Write a declared default as SQL, for rows that other addons' code inserts."""
    if default is None or callable(default):
        return None
    if kind is Kind.FLAG:
        return "true" if default else "false"
    if isinstance(default, (int, Decimal)):
        return str(default)
    if kind is Kind.STRUCTURE:
        default = json.dumps(default)
    return "'" + str(default).replace("'", "''") + "'"


__all__ = [
    "Column",
    "LinkComparator",
    "Mapped",
    "column",
    "column_type",
    "field_check",
    "link_column",
    "resolve",
    "server_default",
    "true",
]

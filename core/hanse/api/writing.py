"""What programs send for records, field by field as Python values, before any action sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from hanse.actions.values import WrongValue, convert
from hanse.errors import BusinessError, raise_all
from hanse.i18n import _
from hanse.models import Field, Kind, Model


def typed_rows(model: type[Model], rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Convert the rows of a batch.

    :raises BusinessError: all that does not fit; ``field`` is ``<row>.<field>`` where there are several rows
    """
    errors: list[BusinessError] = []
    typed = [dict(_values(model, row, f"{place}." if len(rows) > 1 else "", errors)) for place, row in enumerate(rows)]
    raise_all(errors)
    return typed


def _values(
    model: type[Model], row: Mapping[str, Any], path: str, errors: list[BusinessError], *, is_line: bool = False
) -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        field = model.__fields__.get(name)
        if name == "id" and is_line:  # a line that is there already
            yield name, _line_id(value, path, errors)
        elif field is None:
            errors.append(BusinessError(_("There is no field “%(name)s”.", name=name), field=f"{path}{name}"))
        elif field.kind is Kind.LINES:
            yield name, _lines(field, value, f"{path}{name}", errors)
        else:
            try:
                yield name, convert(field, _stored(value) if field.kind is Kind.FILE else value)
            except WrongValue as error:
                errors.append(BusinessError(error.message, field=f"{path}{name}"))


def _stored(value: Any) -> Any:
    """Give what names a stored file: its text, or that of what was read or answered to an upload."""
    return cast("Mapping[str, Any]", value).get("stored") if isinstance(value, Mapping) else value


def _lines(field: Field, value: Any, path: str, errors: list[BusinessError]) -> list[dict[str, Any]]:
    assert field.target is not None
    lines: list[Any] | None = [*value] if type(value) is list else None
    if lines is None or not all(isinstance(line, dict) for line in lines):
        errors.append(BusinessError(_("%(field)s is a list of objects.", field=field.label), field=path))
        return []
    target = field.target
    return [dict(_values(target, line, f"{path}.{place}.", errors, is_line=True)) for place, line in enumerate(lines)]


def _line_id(value: Any, path: str, errors: list[BusinessError]) -> Any:
    if value is not None and (type(value) is not int or not 0 < value < 2**62):
        errors.append(BusinessError(_("An id is a whole number."), field=f"{path}id"))
        return None
    return value

"""What can go wrong, in words for the person who sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from hanse.i18n import Label


class HanseError(Exception):
    """Anything Hanse itself raises; ``str()`` gives the message in the locale of the moment."""


class BusinessError(HanseError):
    """A rule of the business says no; the message tells which record or field and what to do.

    :param message: for the person, translatable
    :param field: the attribute it is about, dotted for lines (``lines.2.account``); None: the record as a whole
    :param record: the id of the record it is about, where there are several
    """

    status: ClassVar[int] = 422

    def __init__(self, message: Label, *, field: str | None = None, record: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.record = record

    def __str__(self) -> str:
        return str(self.message)

    def each(self) -> Iterator[BusinessError]:
        """Give every single error; here just this one."""
        yield self


class Errors(BusinessError):
    """Several business errors at once, so that a person sees all of them and not one after another."""

    def __init__(self, errors: Sequence[BusinessError]) -> None:
        super().__init__(errors[0].message, field=errors[0].field, record=errors[0].record)
        self.errors = tuple(errors)

    def __str__(self) -> str:
        return "\n".join(dict.fromkeys(str(error) for error in self.errors))

    def each(self) -> Iterator[BusinessError]:
        for error in self.errors:
            yield from error.each()


class Forbidden(BusinessError):
    """The person may not do this."""

    status = 403


class NotFound(BusinessError):
    """There is no such record, or not for this person; which of the two is not told."""

    status = 404


class Stale(BusinessError):
    """Somebody changed the record since the person read it.

    :param theirs: the values as they are stored now, by field
    """

    status = 409

    def __init__(self, message: Label, *, theirs: Mapping[str, object], record: int) -> None:
        super().__init__(message, record=record)
        self.theirs = dict(theirs)


class SetupError(HanseError):
    """The installation is wrong, not the person's input: configuration, addons, database."""


def raise_all(errors: Sequence[BusinessError]) -> None:
    """Raise what was collected: nothing, the one error, or all of them together."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise Errors(errors)


__all__ = ["BusinessError", "Errors", "Forbidden", "HanseError", "NotFound", "SetupError", "Stale", "raise_all"]

"""What follows from somebody's rights alone, worked out once for all their requests."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

from hanse.remembered import Remembered

if TYPE_CHECKING:
    from hanse.actions import Context

P = ParamSpec("P")
R = TypeVar("R")
#: What is kept takes 3 kB (a condition) to 11 kB (a statement) each.
_MOST = 1_000
_every: list[Remembered[Any]] = []


def by_rights(function: Callable[Concatenate[Context, P], R]) -> Callable[Concatenate[Context, P], R]:
    """Remember what a function gives, under ``ctx.rights`` and its other arguments, which must be hashable.

    For functions that use nothing else of the Context: neither the database nor the clock, nor the reader's language;
    labels are put into words later.  What they give is shared, so nobody may change it.
    """
    known = Remembered[R](_MOST)
    _every.append(known)

    @wraps(function)
    def asked(ctx: Context, *args: P.args, **kwargs: P.kwargs) -> R:
        return known.get((ctx.rights, args, tuple(kwargs.items())), lambda: function(ctx, *args, **kwargs))

    return cast("Callable[Concatenate[Context, P], R]", asked)


def forget() -> None:
    """Forget everything that was remembered under rights; for tests that take away what it was made by."""
    for one in _every:
        one.clear()


__all__ = ["by_rights", "forget"]

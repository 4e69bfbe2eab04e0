"""What belongs to the state of a list, so that it is kept in a view; pages and days of a calendar do not."""

from __future__ import annotations

#: Parameters of a list's state besides filters, which begin with ``f-``.
NAMES = frozenset({"q", "sort", "columns", "group", "as", "span"})
#: What a mode keeps in the address of its own: ``p-rows`` of a pivot.  They are kept, and read by that mode.
OWN = "p-"
FILTER = "f-"


def is_state(name: str, value: str) -> bool:
    """Tell whether a parameter is a part of the state of a list."""
    return bool(value.strip()) and (name in NAMES or name.startswith((FILTER, OWN)))


__all__ = ["FILTER", "NAMES", "OWN", "is_state"]

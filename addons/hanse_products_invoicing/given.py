"""Values as somebody has given them, read before they are checked."""

from __future__ import annotations

from typing import Any

from hanse import Model
from hanse.actions.values import WrongValue, convert


def converted(model: type[Model], name: str, given: Any) -> Any:
    """Give a value as its field stores it; None without one, and for a wrong one, which the action itself refuses."""
    try:
        return convert(model.__fields__[name], given)
    except WrongValue:
        return None


__all__ = ["converted"]

"""Ways to look at a list besides the list itself: board, calendar, and what other modules register.

The parameter ``as`` of a list's address names the mode; without it the list is shown.  All modes take the same
filters.  A module of the web registers its own with one line::

    register_mode(Mode("board", _("Board"), "layout-kanban", lambda screen, ctx: screen.board is not None, show_board))
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as part
from typing import TYPE_CHECKING

from hanse.i18n import Label

if TYPE_CHECKING:
    from pyramid.response import Response

    from hanse.actions import Context
    from hanse.screens.screen import Screen
    from hanse.web.request import WebRequest

#: The parameter that names the mode.
PARAMETER = "as"


@dataclass(frozen=True)
class Mode:
    """A way to look at the records of a screen.

    :ivar name: value of ``as``
    :ivar offered: ``offered(screen, ctx)`` tells whether the screen can be looked at so, by this person
    :ivar view: ``view(request, screen)`` answers; ``hanse.web.views.lists.ask`` tells what is asked for
    """

    name: str
    title: Label
    icon: str
    offered: Callable[[Screen, Context], bool] = part(compare=False)
    view: Callable[[WebRequest, Screen], Response] = part(compare=False)


_modes: dict[str, Mode] = {}


def register_mode(mode: Mode) -> Mode:
    """Let lists be looked at in another way; they stand in the order in which they were registered."""
    return _modes.setdefault(mode.name, mode)


def modes_of(screen: Screen, ctx: Context) -> list[Mode]:
    """Give the ways to look at a screen, the list left out."""
    return [mode for mode in _modes.values() if mode.offered(screen, ctx)]


def mode_named(name: str, screen: Screen, ctx: Context) -> Mode | None:
    """Give the way of this name, if the screen offers it."""
    found = _modes.get(name)
    return found if found is not None and found.offered(screen, ctx) else None


__all__ = ["PARAMETER", "Mode", "mode_named", "modes_of", "register_mode"]

"""Pages of an addon that are no screen: reports, dashboards, assistants.

    @page("trial-balance", title=_("Trial balance"), menu="finance", icon="scale", permission=Finance.SEE_LEDGERS)
    def trial_balance(request: WebRequest) -> Response:
        return render(request, "list.jinja2", page_of(request, title=…), list=…)

stands at ``/<key of the addon>/trial-balance``, for those who see the addon and hold the permission.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from hanse.addons import installed
from hanse.i18n import KERNEL, Label
from hanse.screens import Button, Report, Screen, ScreenError

if TYPE_CHECKING:
    from pyramid.response import Response

    from hanse.actions import Context
    from hanse.web.request import WebRequest

View = Callable[["WebRequest"], "Response"]


@dataclass(frozen=True)
class Page:
    """A page of its own."""

    name: str
    title: Label
    view: View
    addon: str
    key: str
    menu: str | None
    icon: str
    order: int
    permission: str | None
    shortcut: str | None
    #: says whether somebody has the page in their menu
    shown: Callable[[Context], bool] | None = None

    @property
    def path(self) -> str:
        """The path below the address of Hanse."""
        return f"/{self.key}/{self.name}"


_pages: dict[tuple[str, str], Page] = {}


def page(
    name: str,
    *,
    title: Label,
    menu: str | None = None,
    icon: str = "report",
    order: int = 100,
    permission: str | None = None,
    shortcut: str | None = None,
    shown: Callable[[Context], bool] | None = None,
) -> Callable[[View], View]:
    """Register a view as a page of the calling addon; it answers GET and POST."""
    module = cast("str", sys._getframe(1).f_globals["__name__"])  # pyright: ignore[reportPrivateUsage]  it has no other name
    package = module.partition(".")[0]
    key = "core" if package == KERNEL else cast("str", cast("Any", sys.modules[package]).ADDON.key)

    def register(view: View) -> View:
        if (key, name) in _pages:
            raise ScreenError(f"{package} has two pages called {name}")
        chosen = None if permission is None else str(permission)
        _pages[key, name] = Page(name, title, view, package, key, menu, icon, order, chosen, shortcut, shown)
        return view

    return register


def find_page(key: str, name: str) -> Page | None:
    """Give the page at ``/<key>/<name>``."""
    return _pages.get((key, name))


def page_behind(ctx: Context, button: Button, screen: Screen | Report) -> Page | None:
    """Give the page that a button of a screen or report leads to, if this person may see it.

    :raises ScreenError: the addon has no such page
    """
    found = find_page(installed().key_of(screen.addon), button.page)
    if found is None:
        raise ScreenError(f"{screen.name}: there is no page {button.page} for a button to lead to")
    allowed = found.addon in ctx.seen and (found.permission is None or ctx.may(found.permission))
    return found if allowed else None


def all_pages() -> list[Page]:
    """Give every page."""
    return list(_pages.values())

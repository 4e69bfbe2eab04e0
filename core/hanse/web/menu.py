"""The menu: what screens and pages this person has, in sections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hanse.addons import installed
from hanse.i18n import KERNEL, Label, _
from hanse.screens import MenuSection, all_reports, all_screens, sections
from hanse.security.by_rights import by_rights
from hanse.security.permissions import verb

if TYPE_CHECKING:
    from hanse.actions import Context
    from hanse.web.pages import Page

#: Sections nobody has named, by the addon whose entries stand there.
_UNNAMED_ORDER = 60
#: Where my work stands, which is the first page, and what goes with it.
HOME, WORK_SECTION = "/", "work"


@dataclass(frozen=True)
class MenuItem:
    """An entry of the menu.

    :ivar path: below the address of Hanse
    :ivar section: key of the section
    """

    title: Label
    path: str
    section: str
    icon: str = "list"
    order: int = 100
    addon: str = KERNEL
    shortcut: str | None = None


def menu_items(ctx: Context) -> list[MenuItem]:
    """Give the entries this person has, in order."""
    items = [*_usual_items(ctx)]
    items += [_page_item(page) for page in _pages(ctx) if page.shown is not None and page.shown(ctx)]
    for more in installed().call("menu", ctx.seen, ctx=ctx):
        items += more
    return sorted(items, key=lambda item: (item.order, item.path))


@by_rights
def _usual_items(ctx: Context) -> tuple[MenuItem, ...]:
    """Give the entries that nothing but rights decides about."""
    items = [MenuItem(_("My work"), HOME, WORK_SECTION, "home", order=0)]
    items += [
        MenuItem(screen.title, screen.path, screen.menu, screen.icon, screen.order, screen.addon, screen.shortcut)
        for screen in all_screens()
        if screen.menu
        and screen.addon in ctx.seen
        and screen.model.__addon__ in ctx.seen
        and ctx.may(verb(screen.model, "read"))
    ]
    items += [_page_item(page) for page in _pages(ctx) if page.shown is None]
    items += [
        MenuItem(report.title, report.path, report.menu, report.icon, report.order, report.addon, report.shortcut)
        for report in all_reports()
        if report.menu and report.is_for(ctx)
    ]
    return tuple(items)


@by_rights
def _pages(ctx: Context) -> tuple[Page, ...]:
    """Give the pages with an entry that this person may open."""
    from hanse.web.pages import all_pages

    return tuple(
        page
        for page in all_pages()
        if page.menu and page.addon in ctx.seen and (page.permission is None or ctx.may(page.permission))
    )


def _page_item(page: Page) -> MenuItem:
    return MenuItem(page.title, page.path, page.menu or "", page.icon, page.order, page.addon, page.shortcut)


def menu_groups(ctx: Context) -> list[tuple[MenuSection, list[MenuItem]]]:
    """Give the menu by section, in the order of the sections."""
    groups: dict[str, list[MenuItem]] = {}
    for item in menu_items(ctx):
        groups.setdefault(item.section, []).append(item)
    named = [(_section(key, items), items) for key, items in groups.items()]
    return sorted(named, key=lambda pair: (pair[0].order, pair[0].key))


def _section(key: str, items: list[MenuItem]) -> MenuSection:
    found = sections().get(key)
    if found is not None:
        return found
    addon = installed().addons.get(items[0].addon)
    return MenuSection(key, addon.title if addon else key, _UNNAMED_ORDER)

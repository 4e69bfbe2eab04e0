"""What stands above the records of a list: modes, groups, quick filters, heads of columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hanse.i18n import Label, _
from hanse.life import archive
from hanse.screens import Column, Screen, filtering, listing
from hanse.screens.cells import cell_kind, places
from hanse.screens.filtering import BASE, PLACE, PREFIX, Asked
from hanse.screens.groups import Grouping, groupings
from hanse.screens.modes import PARAMETER, modes_of
from hanse.web.request import WebRequest

Values = dict[str, Any]


def lasting(asked: Asked) -> list[tuple[str, str]]:
    """Give of a query what stays when search and filters are taken away."""
    return [pair for pair in asked.query if pair[0] in (PARAMETER, "group", "span", BASE, PLACE)]


def modes_menu(request: WebRequest, screen: Screen, asked: Asked) -> list[Values]:
    """Give the ways to look at these records; none where there is only the list."""
    modes = modes_of(screen, request.ctx)
    rest = asked.without(PARAMETER, PLACE, "span")
    entries = [{"label": _("List"), "icon": "list", "url": request.to(screen.path, rest), "current": not asked.mode}]
    entries += [
        {
            "label": mode.title,
            "icon": mode.icon,
            "url": request.to(screen.path, [*rest, (PARAMETER, mode.name)]),
            "current": asked.mode == mode.name,
        }
        for mode in modes
    ]
    return entries if modes else []


def groups_menu(request: WebRequest, screen: Screen, asked: Asked) -> list[Values]:
    """Give the menu that groups a list, and inside its groups once more."""
    if asked.mode:
        return []
    rest = asked.without("group")
    outer = asked.groups[:1]
    offered = groupings(request.ctx, screen)
    first = [*rest]
    entries: list[Values] = []
    if outer:
        entries.append({"label": _("No groups"), "url": request.to(screen.path, rest), "current": False, "icon": "x"})
    entries += [_grouping(request, screen, first, one, one in outer) for one in offered]
    if outer:
        entries += [{"rule": True}, {"heading": _("And then by")}]
        second = [*rest, ("group", outer[0].name)]
        inner = [one for one in offered if one.field is not outer[0].field or one.span]
        entries += [
            _grouping(request, screen, second, one, one in asked.groups[1:]) for one in inner if one not in outer
        ]
    return entries


def _grouping(
    request: WebRequest, screen: Screen, query: Sequence[tuple[str, str]], one: Grouping, current: bool
) -> Values:
    url = request.to(screen.path, [*query, ("group", one.name)])
    return {"label": one.label, "url": url, "current": current, "hx": True}


def heads(request: WebRequest, screen: Screen, asked: Asked, slots: Sequence[listing.Slot]) -> list[dict[str, Any]]:
    """Give the heads of a list's columns."""
    kinds = [cell_kind(slot) for slot in slots]
    sort = asked.sort[0] if asked.sort else None
    entries: list[dict[str, Any]] = []
    for slot, kind, place in zip(slots, kinds, places(kinds), strict=True):
        column = slot.column
        sorted_by = sort is not None and sort.name == column.name
        descending = sorted_by and sort is not None and sort.descending
        head: dict[str, Any] = {"name": column.name, "label": column.label, "kind": kind, "slot": place}
        if filtering.sortable(column):
            head["sort_url"] = request.to(
                screen.path, asked.without("sort"), sort=_turned(column, sorted_by, descending)
            )
            head["sorted"] = ("descending" if descending else "ascending") if sorted_by else None
        entries.append(head)
    return entries


def _turned(column: Column, sorted_by: bool, descending: bool) -> str:
    return f"-{column.name}" if sorted_by and not descending else column.name


def segments(request: WebRequest, screen: Screen, asked: Asked) -> list[dict[str, Any]]:
    """Give the quick filters: the values of a choice, and what is archived."""
    field, archives = screen.segments, screen.model.__archive__ is not None
    hidden = PREFIX + archive.FILTER
    name = PREFIX + field.name if field is not None else hidden
    chosen = None if asked.archived else asked.segment
    rest = asked.without(name, hidden)

    def segment(label: Label, value: str | None, where: dict[str, str]) -> dict[str, Any]:
        return {"label": label, "url": request.to(screen.path, rest, **where), "current": chosen == value}

    found: list[dict[str, Any]] = []
    if field is not None and field.choices is not None:
        found = [segment(_("All"), None, {})]
        found += [segment(member.label, member.value, {name: member.value}) for member in field.choices]
    elif archives:
        found = [segment(_("In use"), None, {})]
    if archives:
        found.append(segment(_("Archived"), archive.FILTER, {hidden: "yes"}))
        for one in found:
            one["current"] = (one is found[-1]) if asked.archived else one["current"]
    return found


__all__ = ["groups_menu", "heads", "lasting", "modes_menu", "segments"]

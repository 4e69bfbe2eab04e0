"""A grouped list: groups with subtotals, opened to what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyramid.response import Response
from sqlalchemy import ColumnElement

from hanse.errors import NotFound
from hanse.i18n import _
from hanse.screens import Screen, grouping, listing
from hanse.screens.cells import write_rows
from hanse.screens.filtering import Asked
from hanse.screens.grouping import Group, Groups
from hanse.screens.screen import Column
from hanse.web.page import bare_page, render
from hanse.web.request import WebRequest
from hanse.web.views import list_head
from hanse.web.views.found import screen_for
from hanse.web.views.lists import ask, bulk_actions, draw_fixed, frame

Values = dict[str, Any]


def show_groups(request: WebRequest, screen: Screen, asked: Asked) -> Response:
    """Show the outer groups of a list with their sums; what they hold is asked for when they are opened."""
    ctx = request.ctx
    skip = _skip(request)
    summed = grouping.summed(screen, asked.columns)
    found = grouping.read_groups(ctx, screen, asked, asked.groups[0], columns=summed, skip=skip)
    complete = not found.more and not skip
    count = sum(one.count for one in found.rows)
    page, values = frame(request, screen, asked, count=f"{count:,}" if complete else "")
    query = listing.Query(ctx, screen)
    values["columns"] = list_head.heads(request, screen, asked, [query.add(column) for column in asked.columns])
    values["bulk"] = {"actions": bulk_actions(request, screen)}
    draw_fixed(request, screen, asked, page, values)
    if complete and found.rows:
        values["sums"] = _totals(request, asked, summed, found.rows)
    return render(
        request,
        "list_groups.jinja2",
        page,
        list=values,
        picks=bool(values["bulk"]["actions"]),
        groups=_drawn(request, screen, asked, found.rows, (), summed),
        more=_more_groups(request, screen, asked, (), found, skip),
        span=_span(request, screen, asked, summed),
        foot=_("Groups: %(count)s", count=f"{skip + len(found.rows):,}{'+' if found.more else ''}"),
    )


def group(request: WebRequest) -> Response:
    """Show what a group holds: the groups inside it, or a page of its rows."""
    screen = screen_for(request)
    asked = ask(request, screen)
    path = [str(one) for one in request.GET.getall("in")][: len(asked.groups)]
    within = _conditions(request, asked, path)
    summed = grouping.summed(screen, asked.columns)
    values: Values = {
        "static": request.static,
        "span": _span(request, screen, asked, summed),
        "level": len(path),
        "width": len(asked.columns) + _boxes(request, screen),
        "groups": None,
    }
    if len(path) < len(asked.groups):
        values |= _inner_groups(request, screen, asked, path, within, summed)
    else:
        values |= _rows(request, screen, asked, path, within)
    return render(request, "list_group.jinja2", bare_page(request, screen.title), **values)


def _inner_groups(
    request: WebRequest,
    screen: Screen,
    asked: Asked,
    path: Sequence[str],
    within: Sequence[ColumnElement[bool]],
    summed: Sequence[Column],
) -> Values:
    skip = _skip(request)
    found = grouping.read_groups(
        request.ctx, screen, asked, asked.groups[len(path)], columns=summed, within=within, skip=skip
    )
    return {
        "groups": _drawn(request, screen, asked, found.rows, path, summed),
        "more": _more_groups(request, screen, asked, path, found, skip),
    }


def _rows(
    request: WebRequest, screen: Screen, asked: Asked, path: Sequence[str], within: Sequence[ColumnElement[bool]]
) -> Values:
    ctx, after = request.ctx, str(request.GET.get("after", ""))
    found = listing.read_page(ctx, screen, asked, after=after, within=within)
    pick = bool(bulk_actions(request, screen))
    icons = request.static("vendor/icons.svg")
    more = None
    if found.after:
        url = _group_url(request, screen, asked, path, after=found.after)
        more = {"url": url, "text": _("Show more"), "groups": False}
    html = write_rows(ctx, screen, found.slots, found.rows, request.base, icons, pick=pick)
    return {"html": html, "more": more, "first": not after}


def _conditions(request: WebRequest, asked: Asked, path: Sequence[str]) -> list[ColumnElement[bool]]:
    """Give the conditions of the groups one is in.

    :raises NotFound: there is no such group
    """
    found = [one.condition(request.ctx, text) for one, text in zip(asked.groups, path, strict=False)]
    conditions = [one for one in found if one is not None]
    if not path or len(conditions) < len(path):
        raise NotFound(_("There is no such page, or it is not for you."))
    return conditions


def _skip(request: WebRequest) -> int:
    text = str(request.GET.get("skip", ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _group_url(request: WebRequest, screen: Screen, asked: Asked, path: Sequence[str], **more: str) -> str:
    pairs = [*asked.query, *(("in", text) for text in path)]
    return request.to(f"{screen.path}/-/group", pairs, **more)


def _drawn(
    request: WebRequest,
    screen: Screen,
    asked: Asked,
    groups: Sequence[Group],
    path: Sequence[str],
    summed: Sequence[Column],
) -> list[Values]:
    start = _start(asked, summed)
    names = [column.name for column in asked.columns][start:]
    by_name = {column.name: column for column in summed}
    return [
        {
            "label": one.label,
            "count": f"{one.count:,}",
            "level": len(path),
            "url": _filtered(request, screen, asked, [*path, one.text]),
            "open_url": _group_url(request, screen, asked, [*path, one.text]),
            "cells": [_cell(request, by_name.get(name), one) for name in names],
        }
        for one in groups
    ]


def _cell(request: WebRequest, column: Column | None, one: Group) -> Values | None:
    if column is None:
        return None
    return {"label": column.label, "text": grouping.write_amounts(request.ctx, column, one.sums[column.name])}


def _filtered(request: WebRequest, screen: Screen, asked: Asked, path: Sequence[str]) -> str:
    """Give the list of the rows of a group alone, where they cannot be opened in place."""
    filters = [pair for one, text in zip(asked.groups, path, strict=False) for pair in one.filters(text)]
    names = {f"f-{one.field.name}{end}" for one in asked.groups[: len(path)] for end in ("", "-to", "-op")}
    return request.to(screen.path, [*asked.without("group", *names), *filters])


def _more_groups(
    request: WebRequest, screen: Screen, asked: Asked, path: Sequence[str], found: Groups, skip: int
) -> Values | None:
    if not found.more:
        return None
    further = str(skip + len(found.rows))
    if not path:
        return {
            "url": request.to(f"{screen.path}/-/groups", asked.query, skip=further),
            "text": _("Show more groups"),
            "groups": True,
        }
    url = _group_url(request, screen, asked, path, skip=further)
    return {"url": url, "text": _("Show more groups"), "groups": True}


def more_groups(request: WebRequest) -> Response:
    """Show the outer groups that follow."""
    screen = screen_for(request)
    asked = ask(request, screen)
    if not asked.groups:
        raise NotFound(_("There is no such page, or it is not for you."))
    summed = grouping.summed(screen, asked.columns)
    values: Values = {
        "static": request.static,
        "span": _span(request, screen, asked, summed),
        "level": 0,
        "width": len(asked.columns) + _boxes(request, screen),
    }
    values |= _inner_groups(request, screen, asked, (), (), summed)
    return render(request, "list_group.jinja2", bare_page(request, screen.title), **values)


def _totals(
    request: WebRequest, asked: Asked, summed: Sequence[Column], groups: Sequence[Group]
) -> list[Values | None]:
    """Give the sums of the whole list, which all its groups make up."""
    by_name = {column.name: column for column in summed}
    cells: list[Values | None] = []
    for column in asked.columns:
        found = by_name.get(column.name)
        amounts = grouping.total(groups, column.name) if found is not None else []
        text = grouping.write_amounts(request.ctx, column, amounts) if amounts else ""
        cells.append({"kind": "money", "text": text} if text else None)
    if cells and cells[0] is None:
        cells[0] = {"kind": "text", "text": _("Total")}
    return cells if summed else []


def _start(asked: Asked, summed: Sequence[Column]) -> int:
    """Say how many columns the heading of a group takes: those before the first sum, at least one."""
    names = {column.name for column in summed}
    return next((at for at, column in enumerate(asked.columns) if at and column.name in names), len(asked.columns))


def _boxes(request: WebRequest, screen: Screen) -> int:
    return 1 if bulk_actions(request, screen) else 0


def _span(request: WebRequest, screen: Screen, asked: Asked, summed: Sequence[Column]) -> int:
    return _start(asked, summed) + _boxes(request, screen)


__all__ = ["group", "more_groups", "show_groups"]

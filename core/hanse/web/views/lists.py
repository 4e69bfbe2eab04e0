"""Lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from hanse.actions import Action, Context, actions_of, find_action
from hanse.errors import NotFound
from hanse.exchange.targets import may_import
from hanse.i18n import Label, _
from hanse.models import Kind
from hanse.screens import Screen, filtering, listing, screen_named
from hanse.screens.cells import write_rows
from hanse.screens.filtering import PREFIX, Asked
from hanse.screens.modes import mode_named
from hanse.screens.printing import offered_documents
from hanse.screens.reports import find_report
from hanse.security.by_rights import by_rights
from hanse.security.permissions import verb
from hanse.web.page import fragment_key, page_of, render
from hanse.web.pages import Page, find_page, page_behind
from hanse.web.request import WebRequest
from hanse.web.views import list_head, saved_views
from hanse.web.views.found import screen_for

Values = dict[str, Any]


def show(request: WebRequest) -> Response:
    """Show a list, or the report or page of an addon that has this address."""
    report = find_report(request.matchdict["key"], request.matchdict["model"])
    if report is not None:
        from hanse.web.views.reports import show_report

        return show_report(request, report)
    page = _page_there(request)
    if page:
        return page.view(request)
    screen = screen_for(request)
    if screen.model.__section__ is not None:
        return HTTPSeeOther(request.to("/core/settings", section=screen.name))
    return _show_list(request)


def post(request: WebRequest) -> Response:
    """Pages of addons take POST as well; a list does not."""
    page = _page_there(request)
    if page is None:
        raise NotFound(_("There is no such page, or it is not for you."))
    return page.view(request)


def _page_there(request: WebRequest) -> Page | None:
    key, name = request.matchdict["key"], request.matchdict["model"]
    page = find_page(key, name)
    screen = screen_named(f"{key}.{name}")
    if page is None or (screen is not None and screen.model.__section__ is None):  # settings have no list
        return None
    if page.addon not in request.ctx.seen or not (page.permission is None or request.ctx.may(page.permission)):
        raise NotFound(_("There is no such page, or it is not for you."))
    return page


def _show_list(request: WebRequest) -> Response:
    screen, ctx = screen_for(request), request.ctx
    asked = ask(request, screen)
    mode = mode_named(asked.mode, screen, ctx)
    if mode is not None:
        return mode.view(request, screen)
    if asked.groups:
        from hanse.web.views.list_groups import show_groups

        return show_groups(request, screen, asked)
    found = listing.read_page(
        ctx, screen, asked, after=request.GET.get("after", ""), before=request.GET.get("before", "")
    )
    total = _total(request, screen, asked, found)
    page, values = frame(request, screen, asked, count=_count_text(total))
    values |= {
        "columns": list_head.heads(request, screen, asked, found.slots),
        "rows": found.rows,
        "html": write_rows(
            ctx,
            screen,
            found.slots,
            found.rows,
            request.base,
            request.static("vendor/icons.svg"),
            pick=bool(bulk_actions(request, screen)),
            in_use=found.in_use,
        ),
        "bulk": {"actions": bulk_actions(request, screen)},
        "pager": _pager(request, screen, asked, found, total),
    }
    draw_fixed(request, screen, asked, page, values)
    return render(request, "list.jinja2", page, list=values)


def frame(request: WebRequest, screen: Screen, asked: Asked, *, count: str = "") -> tuple[Values, Values]:
    """Give ``page`` and ``list`` as every mode of a list has them: all but the records.

    A mode puts its records into a template that extends ``list.jinja2`` by the block ``records``; :func:`draw_fixed`
    adds what is drawn around them.
    """
    page = page_of(request, screen.title, count=count)
    page["star"] = {"url": request.to(f"{screen.path}/-/star"), "list": screen.name}  # a script asks whether it is one
    return page, {
        "url": request.to(screen.path),
        "search": asked.words,
        "no_search": not filtering.searchable(screen),
        "notice": saved_views.notice_of(request, screen, asked),
        "chips": _chips(request, screen, asked),
        "clear_url": request.to(screen.path, list_head.lasting(asked)),
        "empty_icon": screen.icon,
        "empty_actions": _where_nothing_is(request, screen),
    }


def draw_fixed(
    request: WebRequest,
    screen: Screen,
    asked: Asked,
    page: Values,
    values: Values,
    actions: Callable[[list[Values]], list[Values]] = list[Values],
) -> None:
    """Put what stands around the records into ``values``, remembered where the same was drawn before.

    :param actions: makes the actions of the page from those of the list; what it gives follows from the address
    """
    ctx = request.ctx
    columns = tuple(column.name for column in asked.columns)
    own = (
        fragment_key(request),
        screen.name,
        ctx.rights,
        tuple(asked.query),
        columns,
        tuple(label for label, _names in asked.chips),
        asked.mode,
        saved_views.drawn_from(request, screen),
    )

    def drawn() -> Values:
        return {
            "page": page | {"actions": actions(_actions(request, screen, asked))},
            "static": request.static,
            "list": values | _around(request, screen, asked),
            "picks": picks,
        }

    picks = bool(values.get("bulk", {}).get("actions"))
    fragments = request.services.fragments
    values["tools"] = fragments.get("list_tools.jinja2", own, drawn)
    page["toolbar"] = fragments.get("toolbar.jinja2", own, drawn)
    if "columns" in values:
        values["head"] = fragments.get("list_head.jinja2", own, drawn)
    if not values["no_search"]:
        values["search_box"] = fragments.get("list_search.jinja2", own, drawn)
    if values.get("pager"):
        pager = tuple(str(one) for one in values["pager"].values())
        values["foot"] = fragments.get("list_pager.jinja2", (fragment_key(request), pager), drawn)
    if picks:
        values["bulk_bar"] = fragments.get("list_bulk.jinja2", own, drawn)


def count(request: WebRequest) -> Response:
    """Say how many rows a list has, where the page did not wait for it."""
    screen = screen_for(request)
    total = _count_text(listing.count(request.ctx, screen, ask(request, screen)))
    first, last = (str(request.GET.get(name, "0")) for name in ("first", "last"))
    return Response(text=str(_range_text(first, last, total)), content_type="text/plain")


def ask(request: WebRequest, screen: Screen) -> Asked:
    """Read what the address asks: as it is kept in a saved view, and with the columns the person has chosen before."""
    known = request.state.asked.get(screen.name)
    if known is None:
        chosen = request.logged_in.preferences.get(f"columns:{screen.name}") or ()
        state = saved_views.opened(request, screen).state
        known = filtering.read(request.ctx, screen, state, [str(name) for name in chosen])
        request.state.asked[screen.name] = known
    return known


def _total(request: WebRequest, screen: Screen, asked: Asked, found: listing.Page) -> int | None:
    """Count, unless the last page has told already; None: it takes longer than the page, which asks for it later."""
    if found.after is None:
        return found.first + len(found.rows)
    return None if asked.costly else listing.count(request.ctx, screen, asked)


def _count_text(total: int | None) -> str:
    if total is None:
        return ""
    return f"{listing.MOST:,}+" if total > listing.MOST else f"{total:,}"


def _around(request: WebRequest, screen: Screen, asked: Asked) -> Values:
    """Give what is drawn around the records and remembered."""
    ctx = request.ctx
    shown = {column.name for column in asked.columns}
    rest = [column for column in filtering.shown_columns(ctx, screen) if column.name not in shown]
    controls = filtering.controls(ctx, screen, asked, request.to)
    return {
        "filters": controls,
        "filter_names": filtering.filter_names(controls),
        "query": asked.query,
        "search_label": _("Search %(what)s…", what=screen.title) if filtering.searchable(screen) else None,
        "segments": list_head.segments(request, screen, asked),
        "modes": list_head.modes_menu(request, screen, asked),
        "groups": list_head.groups_menu(request, screen, asked),
        "grouped": ", ".join(str(one.label) for one in asked.groups),
        **saved_views.menu_of(request, screen, asked),
        "all_columns": [
            {"name": one.name, "label": one.label, "chosen": one.name in shown} for one in [*asked.columns, *rest]
        ]
        if not asked.mode
        else [],
        "columns_url": request.to(f"{screen.path}/-/columns"),
    }


def _chips(request: WebRequest, screen: Screen, asked: Asked) -> list[Values]:
    return [
        {"label": label, "remove_url": request.to(screen.path, asked.without(*names))} for label, names in asked.chips
    ]


def _where_nothing_is(request: WebRequest, screen: Screen) -> list[Values]:
    """Give what is offered in place of the records of a list that is empty."""
    create = _create_action(request, screen)
    return [create] if create else _buttons(request, screen)[-1:]


def _pager(
    request: WebRequest, screen: Screen, asked: Asked, found: listing.Page, total: int | None
) -> dict[str, Any] | None:
    if not found.rows:
        return None
    first, last = f"{found.first + 1:,}", f"{found.first + len(found.rows):,}"
    return {
        "text": _range_text(first, last, _count_text(total)),
        "count_url": request.to(f"{screen.path}/-/count", asked.query, first=first, last=last) if total is None else "",
        "prev_url": request.to(screen.path, asked.query, before=found.before) if found.before else "",
        "next_url": request.to(screen.path, asked.query, after=found.after) if found.after else "",
    }


def _range_text(first: str, last: str, total: str) -> Label:
    if not total:
        return _("%(first)s–%(last)s of …", first=first, last=last)
    return _("%(first)s–%(last)s of %(total)s", first=first, last=last, total=total)


def page_buttons(
    request: WebRequest, pages: Sequence[Page | None], *, stands_out: bool, query: Sequence[tuple[str, str]] = ()
) -> list[dict[str, Any]]:
    """Draw ways to pages, as far as there are any for this person.

    :param stands_out: nothing else on the page does, so the last of them is what people come for
    :param query: what the pages are told, such as the parameters of a report
    """
    found = [one for one in pages if one is not None]
    return [
        {
            "label": one.title,
            "url": request.to(one.path, list(query)) if query else request.to(one.path),
            "icon": one.icon,
            "primary": stands_out and one is found[-1],
        }
        for one in found
    ]


# --- actions ----------------------------------------------------------------------------------------------------------


@by_rights
def offered_actions(ctx: Context, screen: Screen) -> Sequence[Action[Any]]:
    """Give the actions on existing records that this person may start."""
    chosen = screen.actions if screen.actions is not None else actions_of(screen.model)
    return [
        one
        for one in chosen
        if not one.hidden
        and not one.creates
        and one.addon in ctx.seen
        and ctx.may(one.permission)
        and not (screen.readonly and one.deletes)
    ]


def bulk_actions(request: WebRequest, screen: Screen) -> Sequence[Values]:
    """Give what can be done with selected rows."""
    return _bulk_actions(request.ctx, screen, request.base + screen.path)


@by_rights
def _bulk_actions(ctx: Context, screen: Screen, address: str) -> Sequence[Values]:
    entries: list[Values] = [
        {
            "label": one.label,
            "url": f"{address}/-/{one.page or f'do/{one.verb}'}",
            "icon": one.icon,
            "primary": one.primary,
            "danger": one.deletes,
            "confirm": one.confirm if not one.params else None,
            "get": bool(one.params),
        }
        for one in offered_actions(ctx, screen)
    ]
    entries += [
        {
            "label": document.label,
            "url": f"{address}/-/print/{document.name}",
            "icon": "printer",
            "download": True,
        }
        for document in offered_documents(ctx, screen)
    ]
    if ctx.may(verb(screen.model, "export")):
        entries.append(
            {
                "label": _("Export"),
                "url": f"{address}/-/export.xlsx",
                "icon": "download",
                "download": True,
            }
        )
    return entries


def _create_action(request: WebRequest, screen: Screen, asked: Asked | None = None) -> dict[str, Any] | None:
    """Give the way to a new record; of the choice that a list is narrowed to, it begins with that."""
    if not may_create(request, screen):
        return None
    return {
        "label": _("New"),
        "url": request.to(f"{screen.path}/new", _chosen(screen, asked) if asked is not None else ()),
        "icon": "plus",
        "primary": True,
        "shortcut": "c",
    }


def _chosen(screen: Screen, asked: Asked) -> list[tuple[str, str]]:
    """Give the choices of which a list shows one value only."""
    query = dict(asked.query)
    found: list[tuple[str, str]] = []
    for field in screen.model.__fields__.values():
        value = query.get(f"{PREFIX}{field.name}", "")
        plain = query.get(f"{PREFIX}{field.name}-op", "is") == "is" and "," not in value
        if field.kind is Kind.CHOICE and not field.readonly and value and plain:
            found.append((field.name, value))
    return found


def may_create(request: WebRequest, screen: Screen) -> bool:
    """Tell whether this person may make a new record by hand."""
    create = find_action(verb(screen.model, "create"))
    return (
        create is not None
        and not screen.readonly
        and create.addon in request.ctx.seen
        and request.ctx.may(create.permission)
    )


def _actions(request: WebRequest, screen: Screen, asked: Asked) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    if request.ctx.may(verb(screen.model, "export")):
        for form, label in (("xlsx", _("Export as XLSX")), ("csv", _("Export as CSV"))):
            url = request.to(f"{screen.path}/-/export.{form}", asked.query)
            entries.append({"label": label, "url": url, "icon": "download", "menu": True, "download": True})
    if may_import(request.ctx, screen.model):
        url = request.to(f"{screen.path}/-/import")
        entries.append({"label": _("Import from a file"), "url": url, "icon": "upload", "menu": True})
    merge = find_action(verb(screen.model, "merge"))
    if merge is not None and merge.page is not None and request.ctx.may(merge.permission):
        url = request.to("/core/merge", [(f"{PREFIX}model", screen.name), (f"{PREFIX}model-op", "is")])
        entries.append({"label": _("Merges"), "url": url, "icon": merge.icon, "menu": True})
    create = _create_action(request, screen, asked)
    return [*entries, *_buttons(request, screen), *([create] if create else [])]


def _buttons(request: WebRequest, screen: Screen) -> list[dict[str, Any]]:
    """Give the ways to pages that belong to a list; where nothing is made by hand, the last stands out."""
    pages = [page_behind(request.ctx, one, screen) for one in screen.buttons if not one.of_record]
    return page_buttons(request, pages, stands_out=not may_create(request, screen))


__all__ = [
    "ask",
    "bulk_actions",
    "count",
    "draw_fixed",
    "frame",
    "may_create",
    "offered_actions",
    "post",
    "show",
]

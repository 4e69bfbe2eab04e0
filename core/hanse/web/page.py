"""The context ``page`` that every template has, and rendering."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyramid.response import Response

from hanse.i18n import Label, _, current_locale
from hanse.screens import MenuSection
from hanse.security import sessions
from hanse.web.menu import MenuItem, menu_groups
from hanse.web.request import NoCompany, WebRequest

LANGUAGES = ({"code": "zh_CN", "name": "中文"}, {"code": "en", "name": "English"})
Action = dict[str, Any]
Groups = Sequence[tuple[MenuSection, Sequence[MenuItem]]]


def bare_page(request: WebRequest, title: Label) -> dict[str, Any]:
    """Give the context of a page without the frame; asks nothing of the database."""
    return {
        "title": title,
        "base": request.base,
        "csrf": request.csrf,
        "theme": request.cookies.get("hz_theme", ""),
        "density": request.cookies.get("hz_density", ""),
        "folded": frozenset(request.cookies.get("hz_folded", "").split(".")),
        "locale": current_locale(),
        "locales": LANGUAGES,
        "locale_url": request.to("/locale"),
        "company": {},
        "user": {},
        "menu": [],
        "messages": [],
        "palette_url": request.to("/palette"),
        "bell": {},
    }


def page_of(
    request: WebRequest,
    title: Label,
    *,
    breadcrumbs: Sequence[Mapping[str, Any]] = (),
    actions: Sequence[Action] = (),
    count: str = "",
) -> dict[str, Any]:
    """Give the context of a page inside the frame; a part for htmx gets no more than it needs."""
    page = bare_page(request, title) | {"breadcrumbs": breadcrumbs, "actions": actions, "count": count}
    page["user"] = {"name": request.user.name}
    if request.is_partial:
        return page
    page["messages"] = _messages(request)
    page["user"] = {
        "name": request.user.name,
        "logout_url": request.to("/logout"),
        "entries": [
            {"label": _("My account"), "url": request.to("/me"), "icon": "user"},
            {"label": _("How I am notified"), "url": request.to("/core/notification-settings"), "icon": "bell"},
        ],
    }
    try:
        groups = menu_groups(request.ctx)
        page["company"] = _company(request)
        page["bell"] = {"url": request.to("/core/notifications"), "count_url": request.to("/core/bell")}
    except NoCompany:
        groups, page["company"] = [], {"name": "Hanse"}
    _draw_frame(request, page, groups)
    return page


def fragment_key(request: WebRequest) -> tuple[str, ...]:
    """Give what every fragment is drawn from, besides its own values."""
    return (current_locale(), request.base, request.services.static, request.csrf)


def _draw_frame(request: WebRequest, page: dict[str, Any], groups: Groups) -> None:
    """Put sidebar and overlays into a page, remembered from an earlier one where they are the same."""
    company = page["company"]
    others = tuple((one["id"], one["name"]) for one in company.get("others", ()))
    entries = tuple((section, tuple(items)) for section, items in groups)
    own = (
        fragment_key(request),
        entries,
        company["name"],
        company.get("logo_url"),
        others,
        len(company.get("entries", ())),
        page["user"]["name"],
    )

    def values() -> dict[str, Any]:
        return {"page": page | {"menu": _menu(request, groups)}, "static": request.static}

    current = _current(request, groups)
    page["sidebar"] = request.services.fragments.get(
        "sidebar.jinja2", (own, current, page["theme"], page["density"], _folded(page["folded"], groups)), values
    )
    if page["messages"]:  # told once, so not remembered
        page["menu"] = _menu(request, groups)
    else:
        page["overlays"] = request.services.fragments.get("overlays.jinja2", own, values)


def _messages(request: WebRequest) -> Sequence[Mapping[str, str]]:
    browser = request.logged_in
    if browser.flash:
        sessions.clear_messages(request.db, browser.id)
    return browser.flash


def _current(request: WebRequest, groups: Groups) -> str:
    """Give the path of the menu entry one is in: the longest that fits."""
    here = request.path_info
    fitting = [
        item.path
        for _section, items in groups
        for item in items
        if here == item.path or here.startswith(f"{item.path}/")
    ]
    return max(fitting, key=len, default="")


def _folded(wanted: frozenset[str], groups: Groups) -> frozenset[str]:
    """Give the sections that this browser shows folded, of those there are."""
    return wanted & {section.key for section, _items in groups}


def _menu(request: WebRequest, groups: Groups) -> list[dict[str, Any]]:
    current = _current(request, groups)
    return [
        {
            "key": section.key,
            "title": section.title,
            "current": any(item.path == current for item in items),
            "entries": [
                {
                    "title": item.title,
                    "url": request.to(item.path),
                    "icon": item.icon,
                    "shortcut": item.shortcut,
                    "current": item.path == current,
                }
                for item in items
            ],
        }
        for section, items in groups
    ]


def _company(request: WebRequest) -> dict[str, Any]:
    ctx = request.ctx
    others = (
        [{"id": id_, "name": name} for id_, name in request.companies if id_ != ctx.company.id]
        if len(ctx.companies) > 1
        else []
    )
    entries: list[Action] = []
    if ctx.may("core.company.create"):
        entries.append({"label": _("Set up a company"), "url": request.to("/setup"), "icon": "plus"})
    logo = request.to(f"/pictures/{ctx.company.logo}") if ctx.company.logo else ""
    return {
        "name": ctx.company.name,
        "logo_url": logo,
        "switch_url": request.to("/company"),
        "others": others,
        "entries": entries,
    }


def render(
    request: WebRequest, template: str, page: Mapping[str, Any], *, status: int = 200, **values: Any
) -> Response:
    """Draw a page."""
    everything = {
        "page": page,
        "static": request.static,
        "layout": "part.jinja2" if request.is_partial else "base.jinja2",
        **values,
    }
    return Response(str(request.services.fragments.draw(template, everything)), status=status)

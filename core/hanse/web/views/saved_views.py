"""Saved views in the browser: which one a list is in, the menu of them, and what is done with them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from hanse.actions import find_action
from hanse.errors import BusinessError, NotFound
from hanse.i18n import Label, _
from hanse.saved.models import SavedView
from hanse.saved.permissions import SavedViews
from hanse.saved.reading import BASE, OPEN, Pairs, View, resolve, state_of, views_of
from hanse.screens import Screen
from hanse.security import sessions
from hanse.security.permissions import model_name
from hanse.web.views.found import screen_for

if TYPE_CHECKING:
    from hanse.screens.filtering import Asked
    from hanse.web.request import WebRequest

Values = dict[str, Any]
ONLY_ME, COMPANY, DEPARTMENT = "me", "company", "department"


@dataclass(frozen=True)
class Opened:
    """The views of a list and the one it is in.

    :ivar state: what the address means
    :ivar missing: it names a view that is not there, or not for this person
    :ivar default: id of the view this person's list begins with
    """

    views: tuple[View, ...]
    state: Pairs
    view: View | None
    missing: bool
    default: int | None

    @property
    def changed(self) -> bool:
        """Tell whether the list differs from the view it began with."""
        return self.view is not None and self.view.differs(self.state)


def opened(request: WebRequest, screen: Screen) -> Opened:
    """Find out which view a list is in; one statement."""
    known = request.state.views.get(screen.name)
    if known is None:
        pairs, default = request.query(), _default(request, screen)
        views = views_of(request.ctx, screen.name)
        # Only the list itself begins with a view: what is asked about selected rows says nothing and means all.
        at_list = request.matched_route is not None and request.matched_route.name == "list"
        state, view = resolve(views, pairs, default if at_list else None)
        missing = OPEN in dict(pairs) and view is None
        begins = default if any(one.id == default for one in views) else None
        known = request.state.views[screen.name] = Opened(tuple(views), state, view, missing, begins)
    return known


def _preference(request: WebRequest, screen: Screen) -> str:
    return f"view:{request.ctx.company.id}:{screen.name}"


def _default(request: WebRequest, screen: Screen) -> int | None:
    found = request.logged_in.preferences.get(_preference(request, screen))
    return found if isinstance(found, int) else None


def drawn_from(request: WebRequest, screen: Screen) -> Hashable:
    """Give what the menu of views is drawn from, for what is remembered of a page."""
    here = opened(request, screen)
    return here.views, here.view, here.changed, here.default


def notice_of(request: WebRequest, screen: Screen, asked: Asked) -> Label | None:
    """Say what of a view, or of an address, is not there for this person; the list goes on without it."""
    here = opened(request, screen)
    if here.missing:
        return _("This view is not there any more, or it is not shared with you. You see the whole list.")
    if here.view is None or not asked.lost:
        return None
    return _(
        "The view “%(name)s” also uses what is not there for you: %(what)s. It is shown without that.",
        name=here.view.name,
        what=", ".join(asked.lost),
    )


# --- the menu ---------------------------------------------------------------------------------------------------------


def menu_of(request: WebRequest, screen: Screen, asked: Asked) -> Values:
    """Give the menu of views and what its dialogs need."""
    here = opened(request, screen)
    label: Label = _("Views")
    if here.view is not None:
        label = _("%(name)s (changed)", name=here.view.name) if here.changed else here.view.name
    return {
        "views": [*_entries(request, screen, here), *_deeds(request, screen, asked, here)],
        "views_label": label,
        "view": _dialogs(request, screen, asked, here),
    }


def _entries(request: WebRequest, screen: Screen, here: Opened) -> list[Values]:
    plain = request.to(screen.path, [(BASE, "0")] if here.default is not None else [])
    entries: list[Values] = [
        {"label": _("All: %(what)s", what=screen.title), "url": plain, "current": here.view is None, "icon": "list"}
    ]
    for title, own in ((_("My views"), True), (_("Shared with me"), False)):
        chosen = [view for view in here.views if view.own is own]
        if chosen:
            entries += [{"heading": title}, *(_entry(request, screen, here, view) for view in chosen)]
    return entries


def _entry(request: WebRequest, screen: Screen, here: Opened, view: View) -> Values:
    first = view.id == here.default
    return {
        "label": view.name,
        "url": request.to(screen.path, [(OPEN, str(view.id))]),
        "current": here.view is view,
        "icon": "home" if first else "users" if view.shared or view.department else "bookmark",
        "hint": _("Opened first") if first else None,
    }


def _deeds(request: WebRequest, screen: Screen, asked: Asked, here: Opened) -> list[Values]:
    """Give what can be done with views: what is open can be changed, everything can be kept."""
    entries: list[Values] = [{"rule": True}]
    view = here.view
    if view is not None and _may_change(request, view):
        if here.changed:
            url = _deed(request, screen, "update", view, state_of(asked.query))
            entries.append({"label": _("Save changes"), "url": url, "method": "post", "icon": "check"})
        entries.append({"label": _("Rename or share…"), "dialog": "hz-view-edit", "icon": "pencil"})
    entries.append({"label": _("Save as a new view…"), "dialog": "hz-view-new", "icon": "plus"})
    if view is not None:
        first = here.default == view.id
        label = _("Do not open first") if first else _("Open first")
        url = _deed(request, screen, "forget" if first else "begin", view)
        entries.append({"label": label, "url": url, "method": "post", "icon": "home"})
        star = request.to(f"/{model_name(SavedView).replace('.', '/', 1)}/{view.id}/star")
        entries.append({"label": _("Favourite, or no more"), "url": star, "method": "post", "icon": "star"})
        if view.own:
            delete = {"confirm": _("Delete this view for everybody who uses it?"), "danger": True}
            url = _deed(request, screen, "delete", view)
            entries.append({"label": _("Delete view"), "url": url, "method": "post", "icon": "trash", **delete})
    return entries


def _deed(request: WebRequest, screen: Screen, deed: str, view: View, state: Sequence[tuple[str, str]] = ()) -> str:
    return request.to(f"{screen.path}/-/view", [*state, ("do", deed), (OPEN, str(view.id))])


def _may_change(request: WebRequest, view: View) -> bool:
    return view.own and (request.ctx.may(SavedViews.SHARE) or not (view.shared or view.department))


def _dialogs(request: WebRequest, screen: Screen, asked: Asked, here: Opened) -> Values:
    ctx, view = request.ctx, here.view
    return {
        "url": request.to(f"{screen.path}/-/view"),
        "id": view.id if view is not None and _may_change(request, view) else None,
        "name": view.name if view is not None else "",
        "audience": _audience(view),
        "department": view.department if view is not None else None,
        "department_name": view.department_name if view is not None else "",
        "may_share": ctx.may(SavedViews.SHARE),
        "departments_url": request.to("/core/department/-/complete") if ctx.may("core.department.read") else "",
        "columns": [column.name for column in asked.columns] if _chosen(screen, asked) else [],
    }


def _chosen(screen: Screen, asked: Asked) -> bool:
    """Tell whether the columns are not those the list begins with, and not in the address either: they are kept too."""
    named = any(name == "columns" for name, _value in asked.query)
    return not named and [one.name for one in asked.columns] != [one.name for one in screen.columns]


def _audience(view: View | None) -> str:
    if view is None or not (view.shared or view.department):
        return ONLY_ME
    return COMPANY if view.shared else DEPARTMENT


# --- what is sent -----------------------------------------------------------------------------------------------------


def change(request: WebRequest) -> Response:
    """Keep a view, change, rename or share it, delete it, or begin the list with it."""
    screen = screen_for(request)
    deed = _DEEDS.get(str(request.params.get("do", "")))
    if deed is None:
        raise NotFound(_("There is no such page, or it is not for you."))
    try:
        leads = deed(request, screen)
    except BusinessError as error:
        request.say(" ".join(str(one) for one in error.each()), "bad")
        return HTTPSeeOther(request.to(screen.path, _sent_state(request, with_base=True)))
    return HTTPSeeOther(request.to(screen.path, leads))


def _sent_state(request: WebRequest, *, with_base: bool = False) -> Pairs:
    pairs = [(str(name), str(value)) for name, value in request.params.items()]
    more = [pair for pair in pairs if with_base and pair[0] == BASE]
    return [*state_of(pairs), *more[:1]]


def _sent_view(request: WebRequest, screen: Screen) -> View:
    """Give the view that is meant.

    :raises NotFound: there is none, or not for this person
    """
    wanted = str(request.params.get(OPEN, ""))
    for view in views_of(request.ctx, screen.name):
        if str(view.id) == wanted:
            return view
    raise NotFound(_("This view is not there any more, or it is not shared with you."))


def _sent_audience(request: WebRequest) -> Values:
    """Read for whom a view is.

    :raises BusinessError: no department was chosen
    """
    audience = str(request.POST.get("audience", ONLY_ME))
    department = str(request.POST.get("department", ""))
    if audience == DEPARTMENT and not (department.isascii() and department.isdigit() and len(department) < 19):
        raise BusinessError(_("Choose the department that is to see the view."), field="department")
    return {"shared": audience == COMPANY, "department": int(department) if audience == DEPARTMENT else None}


def _name(request: WebRequest) -> str:
    """Read the name of a view.

    :raises BusinessError: it has none
    """
    name = str(request.POST.get("name", "")).strip()
    if not name:
        raise BusinessError(_("Give the view a name."), field="name")
    return name


def _keep(request: WebRequest, screen: Screen) -> Pairs:
    values = {"name": _name(request), "model": screen.name, "query": urlencode(_sent_state(request))}
    outcome = request.ctx.run(_known("create"), values=[values | _sent_audience(request)])
    (made,) = outcome.done
    if request.POST.get("begin"):
        _begin(request, screen, made)
    request.say(_("The view is saved."))
    return [(OPEN, str(made))]


def _update(request: WebRequest, screen: Screen) -> Pairs:
    view = _sent_view(request, screen)
    request.ctx.run(_known("update"), [view.id], values={"query": urlencode(_sent_state(request))})
    request.say(_("The view is saved."))
    return [(OPEN, str(view.id))]


def _edit(request: WebRequest, screen: Screen) -> Pairs:
    view = _sent_view(request, screen)
    request.ctx.run(_known("update"), [view.id], values={"name": _name(request), **_sent_audience(request)})
    return [*_sent_state(request), (BASE, str(view.id))]


def _delete(request: WebRequest, screen: Screen) -> Pairs:
    view = _sent_view(request, screen)
    request.ctx.run(_known("delete"), [view.id])
    if _default(request, screen) == view.id:
        _begin(request, screen, None)
    return []


def _begin_with(request: WebRequest, screen: Screen) -> Pairs:
    view = _sent_view(request, screen)
    _begin(request, screen, view.id)
    request.say(_("This list now opens with “%(name)s”, for you.", name=view.name))
    return [(OPEN, str(view.id))]


def _forget(request: WebRequest, screen: Screen) -> Pairs:
    view = _sent_view(request, screen)
    _begin(request, screen, None)
    return [(OPEN, str(view.id))]


def _begin(request: WebRequest, screen: Screen, view: int | None) -> None:
    sessions.set_preference(request.db, request.user.id, _preference(request, screen), view)


def _known(verb: str) -> Any:
    found = find_action(f"core.saved_view.{verb}")
    assert found is not None, verb
    return found


_DEEDS = {
    "keep": _keep,
    "update": _update,
    "edit": _edit,
    "delete": _delete,
    "begin": _begin_with,
    "forget": _forget,
}

__all__ = ["Opened", "change", "drawn_from", "menu_of", "notice_of", "opened"]

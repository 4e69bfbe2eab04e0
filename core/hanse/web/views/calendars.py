"""Calendars: records on their days, by month and by week; dragged to another day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from babel.dates import format_date, format_skeleton, get_day_names
from pyramid.response import Response

from hanse.actions import find_action
from hanse.errors import BusinessError, Forbidden, NotFound
from hanse.i18n import Label, _, current_locale, format_day
from hanse.models import Kind, Model
from hanse.screens import Screen
from hanse.screens.calendars import MONTH, WEEK, Entry, Fields, Window, fields_of, read_entries, shifted, window
from hanse.screens.filtering import PLACE, Asked
from hanse.screens.modes import Mode, register_mode
from hanse.security.permissions import verb
from hanse.web.page import render
from hanse.web.pages import find_page
from hanse.web.request import WebRequest
from hanse.web.views.actions import run_here
from hanse.web.views.found import record_of, screen_for
from hanse.web.views.lists import ask, draw_fixed, frame, may_create

if TYPE_CHECKING:
    from hanse.actions import Action, Context

Values = dict[str, Any]
#: So many entries of a day are shown in a month; the others in its week.
SHOWN = 4
_EARLIEST, _LATEST = date(1900, 1, 1), date(2199, 12, 31)


def offered(screen: Screen, ctx: Context) -> bool:
    """Tell whether a screen has a calendar that this person may look at."""
    return screen.calendar is not None and fields_of(ctx, screen) is not None


def show_calendar(request: WebRequest, screen: Screen) -> Response:
    """Show a month or a week; its entries come in one statement."""
    ctx = request.ctx
    asked = ask(request, screen)
    fields = fields_of(ctx, screen)
    assert fields is not None
    shown = window(WEEK if dict(asked.query).get("span") == WEEK else MONTH, _on(request, asked))
    entries, more = read_entries(ctx, screen, asked, fields, shown)
    page, values = frame(request, screen, asked)
    draw_fixed(request, screen, asked, page, values)
    calendar = {
        "url": request.to(f"{screen.path}/-/day"),
        "movable": _may_move(request, screen),
        "title": _title(shown),
        "span": shown.span,
        "spans": [_span(request, screen, asked, shown, *one) for one in ((MONTH, _("Month")), (WEEK, _("Week")))],
        "before_url": _place(request, screen, asked, shown.beside(-1)),
        "after_url": _place(request, screen, asked, shown.beside(1)),
        "today_url": _place(request, screen, asked, ctx.today),
        "weekdays": _weekdays(shown),
        "days": [_day(request, screen, asked, fields, shown, day, entries) for day in _days(shown)],
        "more": _("Only a part of these days is shown. Filter the list to see all of it.") if more else None,
    }
    return render(request, "calendar.jinja2", page, list=values, calendar=calendar)


def _on(request: WebRequest, asked: Asked) -> date:
    try:
        found = date.fromisoformat(dict(asked.query).get(PLACE, ""))
    except ValueError:
        return request.ctx.today
    return min(max(found, _EARLIEST), _LATEST)


def _title(shown: Window) -> str:
    locale = current_locale()
    if shown.span == MONTH:
        return format_skeleton("yMMMM", shown.on, locale=locale)
    days = _days(shown)
    return f"{format_day(days[0])} – {format_day(days[-1])}"


def _days(shown: Window) -> list[date]:
    return [date.fromordinal(shown.first.toordinal() + at) for at in range(shown.days)]


def _weekdays(shown: Window) -> list[Values]:
    long, short = (get_day_names(width, "stand-alone", current_locale()) for width in ("wide", "abbreviated"))
    return [{"short": short[day.weekday()], "long": long[day.weekday()]} for day in _days(shown)[:7]]


def _span(request: WebRequest, screen: Screen, asked: Asked, shown: Window, span: str, label: Label) -> Values:
    rest = [*asked.without("span", PLACE), *([("span", span)] if span != MONTH else [])]
    url = request.to(screen.path, [*rest, (PLACE, shown.on.isoformat())])
    return {"label": label, "url": url, "current": shown.span == span}


def _place(request: WebRequest, screen: Screen, asked: Asked, on: date) -> str:
    return request.to(screen.path, [*asked.without(PLACE), (PLACE, on.isoformat())])


def _day(
    request: WebRequest,
    screen: Screen,
    asked: Asked,
    fields: Fields,
    shown: Window,
    day: date,
    entries: Sequence[Entry],
) -> Values:
    there = [one for one in entries if one.first <= day <= one.last]
    week = request.to(screen.path, [*asked.without("span", PLACE), ("span", WEEK), (PLACE, day.isoformat())])
    return {
        "day": day.isoformat(),
        "number": day.day,
        "said": format_date(day, "full", locale=current_locale()),
        "outside": shown.span == MONTH and day.month != shown.on.month,
        "today": day == request.ctx.today,
        "new_url": _new_url(request, screen, fields, day),
        "entries": [_entry(request, screen, day, one) for one in there],
        "more": _("%(count)s more", count=len(there) - SHOWN) if shown.span == MONTH and len(there) > SHOWN else None,
        "more_url": week,
    }


def _entry(request: WebRequest, screen: Screen, day: date, one: Entry) -> Values:
    return {
        "id": one.id,
        "url": request.to(f"{screen.path}/{one.id}"),
        "title": one.title,
        "tone": one.tone,
        "clock": f"{one.clock:%H:%M}" if one.clock is not None and day == one.first else "",
        "goes_on": day > one.first,
    }


def _new_url(request: WebRequest, screen: Screen, fields: Fields, day: date) -> str:
    """Give the page that begins a record on a day, if the person may make one."""
    assert screen.calendar is not None
    given = f"{day.isoformat()}T09:00" if fields.start.kind is Kind.MOMENT else day.isoformat()
    if screen.calendar.new is not None:
        page = find_page(screen.name.partition(".")[0], screen.calendar.new)
        if page is None or page.addon not in request.ctx.seen:
            return ""
        if page.permission is not None and not request.ctx.may(page.permission):
            return ""
        return request.to(page.path, [(fields.start.name, given)])
    return request.to(f"{screen.path}/new", [(fields.start.name, given)]) if may_create(request, screen) else ""


# --- moving -----------------------------------------------------------------------------------------------------------


def _mover(request: WebRequest, screen: Screen) -> Action[Any] | None:
    """Give the action that moves records to another day, if this person may do it."""
    assert screen.calendar is not None
    ctx = request.ctx
    found = find_action(verb(screen.model, screen.calendar.moved_by or "update"))
    usable = found is not None and found.addon in ctx.seen and ctx.may(found.permission)
    if not usable or (screen.readonly and screen.calendar.moved_by is None):
        return None
    return found


def _may_move(request: WebRequest, screen: Screen) -> bool:
    return _mover(request, screen) is not None


def move(request: WebRequest) -> Response:
    """Move a record from a day to another; answer JSON."""
    screen = screen_for(request)
    ctx = request.ctx
    fields = fields_of(ctx, screen)
    text = str(request.POST.get("id", ""))
    if fields is None or not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound(_("There is no such page, or it is not for you."))
    try:
        days = (_sent_day(request, "to") - _sent_day(request, "from")).days
        record = record_of(request, screen, int(text))
        held = _moved(request, screen, fields, record, days)
    except (BusinessError, Forbidden) as error:
        return Response(json_body={"message": " ".join(str(one) for one in error.each())}, status=409)
    if held:
        message = _("“%(name)s” waits for an approval.", name=record.display_name())
        return Response(json_body={"message": str(message), "tone": "warn"})
    return Response(json_body={"done": True})


def _sent_day(request: WebRequest, name: str) -> date:
    try:
        return date.fromisoformat(str(request.POST.get(name, "")))
    except ValueError as error:
        raise NotFound(_("There is no such page, or it is not for you.")) from error


def _moved(request: WebRequest, screen: Screen, fields: Fields, record: Model, days: int) -> bool:
    """Move a record; tell whether that waits for somebody.

    :raises BusinessError: it may not be changed now
    """
    from hanse.web.views.forms import may_change

    action = _mover(request, screen)
    assert screen.calendar is not None
    plainly = screen.calendar.moved_by is None
    if action is None or (plainly and not may_change(request, screen, record)):
        raise BusinessError(_("“%(name)s” cannot be moved to another day now.", name=record.display_name()))
    ends = [fields.start, *([fields.end] if fields.end is not None else [])]
    given = {one.name: getattr(record, one.column) for one in ends}
    values = {name: shifted(request.ctx, value, days) for name, value in given.items() if value is not None}
    if plainly:
        return bool(run_here(request, action, [record.id], values=values).held)
    wanted: Values = {name: value for name, value in values.items() if name in action.params}
    return bool(run_here(request, action, [record.id], **wanted).held)


register_mode(Mode("calendar", _("Calendar"), "calendar", offered, show_calendar))

__all__ = ["move", "offered", "show_calendar"]

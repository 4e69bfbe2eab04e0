"""A plan in sentences, for the page and for the command line alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from hanse.addons import installed
from hanse.enabling.contents import contents_of
from hanse.enabling.effects import Effects, Sight
from hanse.enabling.planning import Plan, needed_by, needing
from hanse.i18n import Label, _, format_decimal
from hanse.models import Model
from hanse.screens import screen_of
from hanse.security.permissions import model_name

#: So many names of departments, screens or schedules are said; of the others their number.
_MOST_NAMES = 8


@dataclass(frozen=True)
class Part:
    """A section of the description.

    :ivar tone: ok, warn, bad, info, or empty
    """

    title: Label
    icon: str
    tone: str
    lines: Sequence[Label]


def describe(plan: Plan, effects: Effects) -> list[Part]:
    """Say what a plan will change, in the order in which one wants to know it."""
    parts = [
        Part(_("What stands against it"), "alert-circle", "bad", list(_against(plan))),
        Part(_("Switched on"), "player-play", "ok", list(_started(plan))),
        Part(_("Switched off"), "ban", "warn", list(_stopped(plan))),
        Part(_("Departments"), "sitemap", "info", list(_departments(plan))),
        Part(_("What appears, and for whom"), "eye", "ok", [*_sights(effects.gained), *_nobody(plan, effects)]),
        Part(_("What disappears, and for whom"), "eye-off", "warn", list(_sights(effects.lost))),
        Part(_("What rests until it is switched on again"), "clock", "warn", list(_paused(effects))),
        Part(_("What stays stored"), "database", "info", list(_kept(plan, effects))),
    ]
    return [part for part in parts if part.lines]


def title_of(addon: str) -> Label:
    """Say what people call an addon."""
    found = installed().addons.get(addon)
    return found.title if found is not None else addon


def listed(names: Iterable[Label]) -> str:
    """Join names, a few of them."""
    texts = [str(name) for name in names]
    if len(texts) <= _MOST_NAMES:
        return ", ".join(texts)
    return str(_("%(names)s and %(more)s more", names=", ".join(texts[:_MOST_NAMES]), more=len(texts) - _MOST_NAMES))


def titles(addons: Iterable[str]) -> str:
    """Join the titles of addons."""
    return listed(title_of(addon) for addon in addons)


def name_of(model: type[Model]) -> Label:
    """Say what the records of a model are called."""
    screen = screen_of(model)
    return screen.title if screen is not None else model_name(model)


def _against(plan: Plan) -> Iterator[Label]:
    for addon, users in plan.against.items():
        if users:
            yield _("%(addon)s stays on: %(users)s needs it.", addon=title_of(addon), users=titles(users))
        else:
            yield _("%(addon)s is needed by what shall be switched on.", addon=title_of(addon))


def _started(plan: Plan) -> Iterator[Label]:
    for addon in plan.on:
        yield title_of(addon)
    for addon in plan.along:
        users = [one for one in plan.on if addon in needed_by([one])]
        yield _("%(addon)s as well, as %(users)s needs it", addon=title_of(addon), users=titles(users))
    for addon in plan.joined:
        needs = installed().addons[addon].enabling_needs
        yield _(
            "%(addon)s becomes active by itself, as all that it joins is on: %(needs)s",
            addon=title_of(addon),
            needs=titles(needs),
        )
    if plan.first:
        yield _("Set up in this company for the first time: %(addons)s", addons=titles(plan.first))
    again = [name for name in plan.starting if name in plan.before.ready]
    if again:
        yield _("Was on before, and goes on with what it had: %(addons)s", addons=titles(again))


def _stopped(plan: Plan) -> Iterator[Label]:
    for addon in plan.off:
        yield title_of(addon)
    for addon in plan.along_off:
        needs = [one for one in plan.off if addon in needing([one], plan.before.on)]
        yield _("%(addon)s as well, as it needs %(needs)s", addon=title_of(addon), needs=titles(needs))
    for addon in plan.parted:
        yield _("%(addon)s, as what it joins is not all on any more", addon=title_of(addon))


def _departments(plan: Plan) -> Iterator[Label]:
    names = {place.id: place.name for place in plan.after.places}
    for place, (more, less) in plan.told.items():
        if more:
            yield _("%(department)s gets %(addons)s", department=names[place], addons=titles(more))
        if less:
            yield _("%(department)s loses %(addons)s", department=names[place], addons=titles(less))
    for addon in installed().addons:
        was, will = plan.before.departments_of(addon), plan.after.departments_of(addon)
        if will and not was:
            yield _("From now on %(addon)s is shown to its departments only.", addon=title_of(addon))
        elif was and not will:
            yield _("From now on %(addon)s is shown to everybody.", addon=title_of(addon))


def _sights(sights: Sequence[Sight]) -> Iterator[Label]:
    for one in sights:
        yield _(
            "%(addon)s: people %(people)s, of whom %(entitled)s have rights in it%(where)s",
            addon=title_of(one.addon),
            people=one.people,
            entitled=one.entitled,
            where=_where(one),
        )
        doors = contents_of(one.addon).doors
        if doors:
            yield _("%(addon)s shows: %(doors)s", addon=title_of(one.addon), doors=listed(door[0] for door in doors))


def _where(one: Sight) -> str:
    parts: list[Label] = []
    if one.departments:
        parts.append(_("%(count)s departments (%(names)s)", count=len(one.departments), names=listed(one.departments)))
    if one.nowhere:
        parts.append(_("%(count)s in no department", count=one.nowhere))
    return f"; {', '.join(str(part) for part in parts)}" if parts else ""


def _nobody(plan: Plan, effects: Effects) -> Iterator[Label]:
    """Warn of what is switched on and seen by nobody."""
    seen = {one.addon for one in effects.gained}
    for addon in (*plan.on, *plan.along):
        if addon not in seen:
            yield _("%(addon)s: nobody sees it, as no department has it", addon=title_of(addon))


def _paused(effects: Effects) -> Iterator[Label]:
    paused = effects.paused
    counted: tuple[tuple[int, Callable[[str], Label]], ...] = (
        (paused.jobs, lambda count: _("Jobs that wait or run: %(count)s", count=count)),
        (paused.imports, lambda count: _("Imports that are not finished: %(count)s", count=count)),
        (paused.held, lambda count: _("Actions that wait for a release: %(count)s", count=count)),
        (paused.webhooks, lambda count: _("Webhooks that are told of its events: %(count)s", count=count)),
        (paused.activities, lambda count: _("Activities planned for its records: %(count)s", count=count)),
        (paused.followers, lambda count: _("Followers of its records: %(count)s", count=count)),
    )
    for count, words in counted:
        if count:
            yield words(format_decimal(count))
    if paused.schedules:
        yield _("What the clock sets off: %(schedules)s", schedules=listed(paused.schedules))


def _kept(plan: Plan, effects: Effects) -> Iterator[Label]:
    for model, count in effects.kept:
        if count:
            yield _(
                "%(count)s × %(records)s stay stored and come back when it is switched on again",
                count=format_decimal(count),
                records=name_of(model),
            )
    if effects.shared:
        yield _(
            "%(records)s belong to all companies and stay as they are",
            records=listed(name_of(model) for model in effects.shared),
        )
    if plan.stopping or effects.lost:
        yield _("Nothing is deleted.")


__all__ = ["Part", "describe", "listed", "name_of", "title_of", "titles"]

"""Plan: what follows from a wish.  It is described from the plan and done by the plan, so they cannot differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from hanse.addons import installed
from hanse.enabling.switches import Switches, Wish, in_order
from hanse.errors import NotFound
from hanse.i18n import _


@dataclass(frozen=True)
class Plan:
    """What will be switched.

    :ivar on: what is asked for and not on yet; ``along`` what is switched on because these need it
    :ivar off: what is asked for and on; ``along_off`` what is switched off because it needs these
    :ivar joined: bridges that become active by themselves; ``parted`` those that do no longer
    :ivar against: addon that cannot be switched off → those that are on and need it
    :ivar told: department → addons it is now named for, and those it is no longer
    """

    before: Switches
    after: Switches
    wish: Wish
    on: tuple[str, ...] = ()
    along: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    along_off: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    parted: tuple[str, ...] = ()
    against: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    told: Mapping[int, tuple[tuple[str, ...], tuple[str, ...]]] = field(
        default_factory=dict[int, tuple[tuple[str, ...], tuple[str, ...]]]
    )

    @property
    def basis(self) -> str:
        """What it was made of; when that has changed, the plan is stale."""
        return self.before.fingerprint

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return not (self.on or self.along or self.off or self.along_off or self.told)

    @property
    def starting(self) -> tuple[str, ...]:
        """All that becomes active, the least dependent first."""
        return in_order(self.after.on - self.before.on)

    @property
    def stopping(self) -> tuple[str, ...]:
        """All that is active no longer, the least dependent first."""
        return in_order(self.before.on - self.after.on)

    @property
    def first(self) -> tuple[str, ...]:
        """What starts and has never been set up in the company."""
        return tuple(name for name in self.starting if name not in self.before.ready)


def make_plan(before: Switches, wish: Wish) -> Plan:
    """Work out what follows from a wish; nothing is changed.

    :raises NotFound: a department is none of the company's
    """
    addons = installed().addons
    asked = {name for name in wish.on if not addons[name].bridge}
    refused = {name for name in wish.off if not addons[name].bridge}
    starting = needed_by(asked) | asked
    stopping = refused | (needing(refused, before.on) if wish.others else set[str]())
    on, off = starting - before.on, stopping & before.on
    rows = {**before.rows, **dict.fromkeys(off, False), **dict.fromkeys(on, True)}
    after = replace(before, rows=rows, shown=_shown(before, wish))
    against = _against(before, starting, stopping, off)
    if against:  # what is refused changes nothing
        after = before
    return Plan(
        before,
        after,
        wish,
        on=in_order(on & asked),
        along=in_order(on - asked),
        off=in_order(off & refused),
        along_off=in_order(off - refused),
        joined=in_order(name for name in after.on - before.on if name not in on),
        parted=in_order(name for name in before.on - after.on if name not in off),
        against=against,
        told=_told(before, after),
    )


def needed_by(names: Iterable[str]) -> set[str]:
    """Give all that addons need to be on, and what these need."""
    addons, found = installed().addons, set[str]()
    waiting = list(names)
    while waiting:
        more = [need for need in addons[waiting.pop()].enabling_needs if need not in found]
        found.update(more)
        waiting += more
    return found


def needing(names: Iterable[str], on: frozenset[str]) -> set[str]:
    """Give all that is on and needs one of these, or needs what needs it; bridges go by themselves."""
    found = set(names)
    own = set(found)
    for name, addon in installed().addons.items():  # the least dependent first, so once is enough
        if name in on and not addon.bridge and found & set(addon.enabling_needs):
            found.add(name)
    return found - own


def _against(before: Switches, starting: set[str], stopping: set[str], off: set[str]) -> dict[str, tuple[str, ...]]:
    """Say what cannot be switched off, as others that stay on or come on need it."""
    staying = (before.on - off) | starting
    found: dict[str, tuple[str, ...]] = {}
    for name in in_order(off | (stopping & starting)):
        users = in_order(
            one
            for one in staying
            if one in installed().addons
            and not installed().addons[one].bridge
            and name in installed().addons[one].enabling_needs
        )
        if users or name in starting:
            found[name] = users
    return found


def _shown(before: Switches, wish: Wish) -> frozenset[tuple[str, int]]:
    unknown = set(wish.shown) - set(before.parents)
    if unknown:
        raise NotFound(_("This department is not there, or not for you."))
    kept = {(addon, place) for addon, place in before.shown if place not in wish.shown}
    found = kept | {(addon, place) for place, addons in wish.shown.items() for addon in addons}
    return frozenset(found | _needs_shown(before, wish, found))


def _needs_shown(before: Switches, wish: Wish, shown: set[tuple[str, int]]) -> set[tuple[str, int]]:
    """Give what departments get along, as their addons need it and it is shown to others only."""
    restricted = {addon for addon, _place in shown}
    return {
        (need, place)
        for place, addons in wish.shown.items()
        for need in needed_by(addons) & restricted
        if not any((need, above) in shown for above in before.line_of(place))
    }


def _told(before: Switches, after: Switches) -> dict[int, tuple[tuple[str, ...], tuple[str, ...]]]:
    found: dict[int, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    for place in after.places:
        was = {addon for addon, department in before.shown if department == place.id}
        will = {addon for addon, department in after.shown if department == place.id}
        if was != will:
            found[place.id] = in_order(will - was), in_order(was - will)
    return found


__all__ = ["Plan", "make_plan", "needed_by", "needing"]

"""How the addons of a company are switched, and what somebody wishes to be otherwise."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import select

from hanse.actions.context import seen_addons
from hanse.addons import installed
from hanse.directory.models import CompanyAddon, Department, DepartmentAddon
from hanse.errors import BusinessError, NotFound
from hanse.i18n import KERNEL, _
from hanse.models import link_id

if TYPE_CHECKING:
    from hanse.actions import Context


@dataclass(frozen=True)
class Place:
    """A department in the tree of its company.

    :ivar depth: how many departments it is part of
    """

    id: int
    name: str
    parent: int | None
    depth: int


@dataclass(frozen=True)
class Switches:
    """The rows of a company that switch addons, and its departments.

    :ivar rows: addon → whether it is on
    :ivar ready: addons that have been set up in the company once
    :ivar shown: addon and department, for each addon that is shown to some departments only
    """

    rows: Mapping[str, bool]
    ready: frozenset[str]
    shown: frozenset[tuple[str, int]]
    places: Sequence[Place] = ()

    @cached_property
    def on(self) -> frozenset[str]:
        """The addons that are on; the kernel is among them."""
        return installed().enabled(self.rows)

    @cached_property
    def parents(self) -> Mapping[int, int | None]:
        """Of each department the one above."""
        return {place.id: place.parent for place in self.places}

    def seen(self, departments: Sequence[int]) -> frozenset[str]:
        """Say which addons somebody of these departments sees."""
        return seen_addons(self.on, sorted(self.shown), self.parents, departments)

    def departments_of(self, addon: str) -> frozenset[int]:
        """Give the departments an addon is shown to; none: it is shown to everybody."""
        return frozenset(department for name, department in self.shown if name == addon)

    def line_of(self, department: int) -> list[int]:
        """Give a department and all that it is part of."""
        found: list[int] = []
        current: int | None = department
        while current is not None and current not in found:
            found.append(current)
            current = self.parents.get(current)
        return found

    @property
    def fingerprint(self) -> str:
        """Stand for all of it, so that a plan can tell whether somebody has changed anything since."""
        places = [(place.id, place.name, place.parent) for place in self.places]
        told = repr((sorted(self.rows.items()), sorted(self.ready), sorted(self.shown), places, sorted(self.on)))
        return hashlib.sha256(told.encode()).hexdigest()[:32]


def read_switches(ctx: Context) -> Switches:
    """Read how the addons of the company of ``ctx`` are switched, in three statements."""
    ctx.bind()
    company, session = ctx.company.id, ctx.session
    rows = session.execute(
        select(CompanyAddon.addon, CompanyAddon.enabled, CompanyAddon.ready).where(CompanyAddon.company_id == company)
    ).all()
    shown = session.execute(
        select(DepartmentAddon.addon, link_id(DepartmentAddon.department)).where(DepartmentAddon.company_id == company)
    )
    departments = session.execute(
        select(Department.id, Department.name, link_id(Department.parent))
        .where(Department.company_id == company, Department.active)
        .order_by(Department.name, Department.id)
    )
    known = installed().addons
    return Switches(
        {addon: on for addon, on, _ready in rows if addon in known},
        frozenset(addon for addon, _on, ready in rows if ready and addon in known),
        frozenset((addon, department) for addon, department in shown if addon in known),
        _tree([(row[0], row[1], row[2]) for row in departments]),
    )


def _tree(rows: Sequence[tuple[int, str, int | None]]) -> tuple[Place, ...]:
    """Put departments in the order of their tree; one whose parent is not active stands at the top."""
    there = {row[0] for row in rows}
    below: dict[int | None, list[tuple[int, str, int | None]]] = {}
    for row in rows:
        below.setdefault(row[2] if row[2] in there else None, []).append(row)
    found: list[Place] = []

    def visit(above: int | None, depth: int) -> None:
        for id_, name, parent in below.get(above, ()):
            found.append(Place(id_, name, parent, depth))
            visit(id_, depth + 1)

    visit(None, 0)
    return tuple(found)


@dataclass(frozen=True)
class Wish:
    """What somebody wants to be otherwise.

    :ivar shown: department → all addons that it shall have; departments that are left out stay as they are
    :ivar others: switch off as well what needs something that is switched off
    """

    on: frozenset[str] = frozenset()
    off: frozenset[str] = frozenset()
    shown: Mapping[int, frozenset[str]] = field(default_factory=dict[int, frozenset[str]])
    others: bool = False

    def stored(self) -> dict[str, Any]:
        """Give it as JSON; :meth:`read` makes it again."""
        return {
            "on": sorted(self.on),
            "off": sorted(self.off),
            "shown": {str(place): sorted(addons) for place, addons in sorted(self.shown.items())},
            "others": self.others,
        }

    @classmethod
    def read(cls, given: object) -> Wish:
        """Read a wish that a page, a program or a command brings.

        :raises BusinessError: it is none, or names an addon that is not installed
        """
        if not isinstance(given, Mapping):
            raise BusinessError(_("Say which addons are to be switched on or off."), field="wish")
        asked = cast("Mapping[str, object]", given)
        shown: object = asked.get("shown") or dict[str, object]()
        if set(asked) - {"on", "off", "shown", "others"} or not isinstance(shown, Mapping):
            raise BusinessError(_("Say which addons are to be switched on or off."), field="wish")
        places = cast("Mapping[object, object]", shown).items()
        return cls(
            _names(asked.get("on")),
            _names(asked.get("off")),
            {_department(place): _names(addons) for place, addons in places},
            asked.get("others") is True,
        )


def _names(given: object) -> frozenset[str]:
    if given is None:
        return frozenset()
    names = cast("list[object]", given) if isinstance(given, (list, tuple)) else [given]
    return frozenset(known_addon(name) for name in names)


def known_addon(name: object) -> str:
    """Refuse what is no addon that can be switched.

    :raises BusinessError: it is not installed
    """
    if not isinstance(name, str) or name == KERNEL or name not in installed().addons:
        raise BusinessError(_("%(addon)s is not installed.", addon=str(name)[:80]), field="addon")
    return name


def _department(given: object) -> int:
    text = str(given)
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound(_("This department is not there, or not for you."))
    return int(text)


def showing(now: Switches, addon: str, places: Sequence[int]) -> Wish:
    """Wish that an addon is on, and shown to these departments besides those that have it."""
    return Wish(frozenset({addon}), shown={place: _addons_of(now, place) | {addon} for place in places})


def hiding(now: Switches, addon: str, places: Sequence[int]) -> Wish:
    """Wish that these departments do not see an addon; one that everybody sees is given to the others then.

    :raises BusinessError: nobody would have it, which would show it to everybody
    """
    own = now.departments_of(addon)
    taken = {place.id for place in now.places if set(now.line_of(place.id)) & set(places)}
    shown = {place: _addons_of(now, place) - {addon} for place in own & taken}
    if not own:
        above = {other for place in places for other in now.line_of(place)}
        others = {place.id for place in now.places if place.id not in taken | above}
        shown = {place: _addons_of(now, place) | {addon} for place in others if now.parents[place] not in others}
    if not (own - taken or (not own and shown)):
        raise BusinessError(_("No department would be left. Switch it off for the company instead."), field="addon")
    return Wish(shown=shown)


def _addons_of(now: Switches, place: int) -> frozenset[str]:
    return frozenset(addon for addon, department in now.shown if department == place)


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Put addons in the order of need, the least dependent first."""
    wanted = set(names)
    return tuple(name for name in installed().addons if name in wanted)


__all__ = ["Place", "Switches", "Wish", "hiding", "in_order", "known_addon", "read_switches", "showing"]

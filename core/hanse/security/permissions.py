"""Permissions and what somebody holds of them."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import cast

from hanse.directory.models import PermissionScope
from hanse.i18n import KERNEL, Label, Text, _
from hanse.models import Model
from hanse.models.fields import NOBODY

#: What everybody may be given on any model, besides what actions ask for.
VERBS: dict[str, Text] = {
    "read": _("See"),
    "create": _("Create"),
    "update": _("Change"),
    "delete": _("Delete"),
    "export": _("Export"),
    "import": _("Import"),
}


class Permissions(StrEnum):
    """Base of an addon's permissions; members are made with :func:`permission`."""

    label: Label

    def __new__(cls, value: str, label: Label = "") -> Permissions:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label or value
        labels[value] = member.label
        return member


#: Every declared permission with its label.
labels: dict[str, Label] = {}


def permission(name: str, label: Label) -> tuple[str, Label]:
    """Declare a permission ``<model>.<verb>`` of the calling addon, which gives the first part of its full name."""
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    package = cast("str", frame.f_back.f_globals["__name__"]).partition(".")[0]
    return f"{_key_of(package)}.{name}", label


def _key_of(package: str) -> str:
    return "core" if package == KERNEL else cast("str", sys.modules[package].ADDON.key)


def model_name(model: type[Model]) -> str:
    """Give a model's public name: ``finance.voucher`` for the table ``finance_voucher``."""
    return model.__tablename__.replace("_", ".", 1)


def verb(model: type[Model], name: str) -> str:
    """Give the permission for a general verb on a model: ``contacts.partner.read``."""
    return f"{model_name(model)}.{name}"


@dataclass(frozen=True, eq=False)
class Grants:
    """What somebody may do in one company: permission patterns with their scopes.

    Those of :func:`held_in` are one object for the same rights, so what follows from it can be remembered under it.
    """

    scopes_of: Mapping[str, frozenset[PermissionScope]] = field(default_factory=dict[str, frozenset[PermissionScope]])
    #: patterns that bound what is held; None: nothing does
    bounds: tuple[str, ...] | None = None
    #: Hanse itself acts: it may also do what nobody may (``NOBODY``)
    kernel: bool = False
    _found: dict[str, frozenset[PermissionScope]] = field(
        default_factory=dict[str, frozenset[PermissionScope]], init=False, repr=False
    )
    _within: dict[tuple[str, ...], Grants] = field(
        default_factory=dict[tuple[str, ...], "Grants"], init=False, repr=False
    )

    @classmethod
    def collect(cls, rows: Iterable[tuple[str, PermissionScope]]) -> Grants:
        """Join the permissions of several roles."""
        found: dict[str, set[PermissionScope]] = {}
        for name, scope in rows:
            found.setdefault(name, set()).add(scope)
        return cls({name: frozenset(scopes) for name, scopes in found.items()})

    def scopes(self, name: str) -> frozenset[PermissionScope]:
        """Say how far a permission reaches; empty: it is not held.

        A role may hold it by name, by a pattern (``finance.*``, ``finance.voucher.*``, ``*.read``) or by ``*``.
        """
        known = self._found.get(name)
        if known is None:
            known = self._found[name] = self._scopes(name)
        return known

    def within(self, bounds: tuple[str, ...]) -> Grants:
        """Give the same permissions as far as they fit one of some patterns."""
        known = self._within.get(bounds)
        if known is None:
            known = self._within[bounds] = Grants(self.scopes_of, bounds)
        return known

    def _scopes(self, name: str) -> frozenset[PermissionScope]:
        if name == NOBODY:
            return frozenset({PermissionScope.COMPANIES}) if self.kernel else frozenset()
        parts = name.split(".")
        patterns = [name, "*", f"*.{parts[-1]}", *(".".join(parts[:n]) + ".*" for n in range(1, len(parts)))]
        if self.bounds is not None and not any(pattern in self.bounds for pattern in patterns):
            return frozenset()
        found: frozenset[PermissionScope] = frozenset()
        for pattern in patterns:
            found |= self.scopes_of.get(pattern, frozenset())
        return found

    def allows(self, name: str) -> bool:
        """Tell whether a permission is held at all."""
        return bool(self.scopes(name))


#: What everybody who works in a company may do with what is their own, or was shared with them; what is open to those
#: who see a record (``Scope.open``) they may do there too.
EVERYBODY: tuple[tuple[str, PermissionScope], ...] = (
    *(
        (f"core.{name}", PermissionScope.OWN)
        for name in (
            *("activity.create", "activity.read", "activity.work"),
            *("comment.read", "comment.update", "comment.delete"),
            *("favourite.read", "favourite.create", "favourite.delete"),
            *("follower.read", "follower.create", "follower.delete"),
            *("merge.read", "merge.undo"),
            *("notification.read", "notification.update"),
            *("saved_view.create", "saved_view.read", "saved_view.update", "saved_view.delete"),
        )
    ),
    ("core.saved_view.read", PermissionScope.DEPARTMENT),
)


@lru_cache(maxsize=4096)
def held_in(company_id: int, rights: str) -> tuple[Grants | None, frozenset[int]]:
    """Read the rights of somebody in a company, with what everybody has; None: no role.

    :param rights: JSON ``[[permission, scope, company's id or null], …]`` of all their roles
    :returns: also the ids of the companies that a role names
    """
    rows: list[tuple[str, str, int | None]] = json.loads(rights)
    here = [(name, PermissionScope(scope)) for name, scope, where in rows if where in (None, company_id)]
    named = frozenset(where for _name, _scope, where in rows if where is not None)
    return (Grants.collect([*here, *EVERYBODY]) if here else None), named


#: For work that nobody in particular asks for: set-up, migrations of data, scheduled work.
EVERYTHING = Grants({"*": frozenset({PermissionScope.COMPANIES})}, kernel=True)

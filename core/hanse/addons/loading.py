"""From names in config.ini to loaded addons, in the one order that works."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy

from hanse.addons.hooks import is_hook, new_manager
from hanse.addons.manifest import Addon, AddonError
from hanse.i18n import KERNEL, register_catalogue
from hanse.models import build

GROUP = "hanse.addons"
#: Where the catalogues of our own addons lie; a partner's addon carries its own in ``<package>/i18n``.
CATALOGUES = Path(__file__).resolve().parents[3] / "i18n"
KERNEL_MODELS = (
    "hanse.directory.models",
    "hanse.security.models",
    "hanse.audit.models",
    "hanse.actions.models",
    "hanse.jobs.models",
    "hanse.api.models",
    "hanse.exchange.models",
    "hanse.webhooks.models",
    "hanse.mail.models",
    "hanse.work.models",
    "hanse.saved.models",
    "hanse.life.models",
    "hanse.sequences.models",
    "hanse.settings.models",
    "hanse.signin.models",
    "hanse.files.models",
    "hanse.paper.models",
)
KERNEL_ACTIONS = (
    "hanse.directory.actions",
    "hanse.enabling.actions",
    "hanse.jobs.actions",
    "hanse.jobs.housekeeping",
    "hanse.audit.sealing",
    "hanse.api.actions",
    "hanse.exchange.jobs",
    "hanse.exchange.report_jobs",
    "hanse.webhooks.delivery",
    "hanse.webhooks.actions",
    "hanse.mail.sending",
    "hanse.work.comments",
    "hanse.work.following",
    "hanse.work.favourites",
    "hanse.work.activities",
    "hanse.work.notifications",
    "hanse.work.mailing",
    "hanse.work.reminders",
    "hanse.saved.actions",
    "hanse.life.settling",
    "hanse.life.merging",
    "hanse.sequences.changing",
    "hanse.signin.events",
    "hanse.signin.refusals",
    "hanse.signin.notices",
    "hanse.signin.devices",
    "hanse.signin.reset",
    "hanse.signin.actions",
    "hanse.signin.invitations",
)
KERNEL_SCREENS = (
    "hanse.directory.names",
    "hanse.work.kinds",
    "hanse.directory.screens",
    "hanse.signin.screens",
    "hanse.audit.screens",
    "hanse.api.screens",
    "hanse.api.services",
    "hanse.webhooks.screens",
    "hanse.mail.screens",
    "hanse.work.screens",
    "hanse.saved.screens",
    "hanse.screens.search",
    "hanse.life.screens",
    "hanse.sequences.screens",
    "hanse.settings.screens",
    "hanse.paper.screens",
)
KERNEL_HOOKS = "hanse.directory.hooks"


@dataclass
class Installed:
    """The addons of this process, least dependent first."""

    addons: dict[str, Addon]
    modules: dict[str, ModuleType] = field(default_factory=dict[str, ModuleType])
    hooks: pluggy.PluginManager = field(default_factory=new_manager)
    _plugins: dict[str, object] = field(default_factory=dict[str, object])

    def by_key(self, key: str) -> Addon | None:
        """Give the addon with this key."""
        return next((addon for addon in self.addons.values() if addon.key == key), None)

    def key_of(self, name: str) -> str:
        """Give the key of an addon; the kernel's is ``core``."""
        return "core" if name == KERNEL else self.addons[name].key

    def enabled(self, rows: Mapping[str, bool]) -> frozenset[str]:
        """Say which addons are on, given a company's rows; the kernel always is."""
        on: set[str] = {KERNEL}
        for name, addon in self.addons.items():
            ready = all(need in on for need in addon.enabling_needs)
            if ready and rows.get(name, addon.bridge):
                on.add(name)
        return frozenset(on)

    def register_hooks(self) -> None:
        """Let pluggy know every addon's hooks, and the kernel's own; it calls first what was registered last."""
        parts = {KERNEL: [sys.modules[KERNEL_HOOKS]]} | {name: _parts_of(self.modules[name]) for name in self.addons}
        for name in reversed(parts):
            self._plugins[name] = _hooks_of(parts[name])
            self.hooks.register(self._plugins[name], name=name)
        self.hooks.check_pending()

    def call(self, name: str, enabled: Iterable[str], **arguments: Any) -> list[Any]:
        """Call a hook in every addon that is on, the least dependent first; None answers are left out."""
        on = frozenset(enabled)
        off = [plugin for addon, plugin in self._plugins.items() if addon not in on]
        caller = self.hooks.subset_hook_caller(name, off)
        return list(caller(**arguments)) if caller.get_hookimpls() else []

    def hooks_of(self, addon: str) -> list[str]:
        """Name the hooks that an addon implements."""
        return sorted(vars(self._plugins[addon])) if addon in self._plugins else []

    def call_one(self, name: str, addon: str, **arguments: Any) -> list[Any]:
        """Call a hook in one addon only."""
        return self.call(name, [addon], **arguments)


_installed: list[Installed] = []


def installed() -> Installed:
    """Give what load() has loaded.

    :raises AddonError: nothing is loaded yet
    """
    if not _installed:
        raise AddonError("no addons are loaded yet; hanse.app.boot() does it")
    return _installed[0]


def is_loaded() -> bool:
    """Tell whether load() has run in this process."""
    return bool(_installed)


@lru_cache(maxsize=1)
def _entry_points() -> dict[str, str]:
    return {entry.name: entry.value for entry in entry_points(group=GROUP)}


def discover(names: Sequence[str]) -> dict[str, Addon]:
    """Find the manifests of ``names`` and of all they need.

    :raises AddonError: a package is missing or has no manifest
    """
    found: dict[str, Addon] = {}
    wanted: list[tuple[str, str]] = [(name, "config.ini") for name in names]
    while wanted:
        name, asker = wanted.pop()
        if name not in found:
            found[name] = _manifest(name, asker)
            wanted += [(need, name) for need in found[name].needs]
    _refuse_same_key(found.values())
    return found


def _manifest(name: str, asker: str) -> Addon:
    module_name = _entry_points().get(name, name)
    if find_spec(module_name.partition(".")[0]) is None:
        known = ", ".join(sorted(_entry_points())) or "none"
        raise AddonError(
            f"{asker} asks for the addon {name}, but no installed package provides it. Install the package, or take "
            f"the name out of addons= in config.ini. Available: {known}."
        )
    addon = getattr(importlib.import_module(module_name), "ADDON", None)
    if not isinstance(addon, Addon):
        raise AddonError(f"the package {module_name} has no ADDON = Addon(…) in its __init__.py")
    return addon


def _refuse_same_key(addons: Iterable[Addon]) -> None:
    owner: dict[str, str] = {"core": "the kernel"}
    for addon in addons:
        if addon.key in owner:
            raise AddonError(f"{owner[addon.key]} and {addon.name} both use the key {addon.key!r}")
        owner[addon.key] = addon.name


def order(addons: Mapping[str, Addon]) -> dict[str, Addon]:
    """Sort addons so that each comes after what it needs; among equals by name.

    :raises AddonError: they need each other in a circle, which the message shows
    """
    done: dict[str, Addon] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in done:
            return
        if name in path:
            circle = " → ".join((*path[path.index(name) :], name))
            raise AddonError(f"addons need each other in a circle: {circle}")
        for need in sorted(addons[name].needs):
            visit(need, (*path, name))
        done[name] = addons[name]

    for name in sorted(addons):
        visit(name, ())
    return done


def load(names: Sequence[str]) -> Installed:
    """Load addons: permissions, models of all, build(), then actions, screens and hooks.  Once per process."""
    if _installed:
        return _installed[0]
    from hanse.actions.generic import register_all as register_general_actions  # it needs the kernel's models

    result = Installed(order(discover(names)))
    register_catalogue(KERNEL, CATALOGUES)
    for name in result.addons:
        _register_catalogue(name)
    _import_all(KERNEL_MODELS)
    _import_parts(result, "permissions", "models")
    build(list(result.addons))
    _installed.append(result)
    from hanse.settings import changing  # actions need built models

    changing.register_actions()
    _import_all(KERNEL_ACTIONS)
    _import_parts(result, "actions")
    register_general_actions()
    _import_all((*KERNEL_SCREENS, KERNEL_HOOKS))
    _import_parts(result, "documents", "screens", "hooks", "jobs")
    changing.register_screens()
    result.modules = {name: importlib.import_module(name) for name in result.addons}
    result.register_hooks()
    return result


class _Hooks:
    """The hooks of one addon, as pluggy looks for them."""

    def __init__(self, found: Mapping[str, object]) -> None:
        vars(self).update(found)


def _parts_of(package: ModuleType) -> list[ModuleType]:
    """Give the modules in which an addon's hooks stand: its ``hooks``, then its ``__init__``."""
    hooks = sys.modules.get(f"{package.__name__}.hooks")
    return [hooks, package] if hooks else [package]


def _hooks_of(parts: Iterable[ModuleType]) -> _Hooks:
    """Gather the hooks of some modules; one that two of them name counts once."""
    return _Hooks({name: value for part in parts for name, value in vars(part).items() if is_hook(value)})


def _import_all(names: Iterable[str]) -> None:
    for name in names:
        importlib.import_module(name)


def _import_parts(loaded: Installed, *parts: str) -> None:
    for part in parts:
        for name in loaded.addons:
            _import_part(name, part)


def _import_part(addon: str, part: str) -> None:
    if find_spec(f"{addon}.{part}") is not None:
        importlib.import_module(f"{addon}.{part}")


def _register_catalogue(name: str) -> None:
    module = importlib.import_module(name)
    own = Path(str(module.__file__)).parent / "i18n"
    register_catalogue(name, own if own.is_dir() else CATALOGUES)

"""Addons: find them, put them in order, load them, and know where each is on."""

from hanse.addons.hooks import hook, specifications
from hanse.addons.loading import Installed, discover, installed, is_loaded, load, order
from hanse.addons.manifest import Addon, AddonError

__all__ = [
    "Addon",
    "AddonError",
    "Installed",
    "discover",
    "hook",
    "installed",
    "is_loaded",
    "load",
    "order",
    "specifications",
]

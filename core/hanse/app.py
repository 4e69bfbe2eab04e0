"""Boot: from settings to a process that knows its addons."""

from __future__ import annotations

from hanse.addons import Installed, load
from hanse.config import Settings


def boot(settings: Settings) -> Installed:
    """Load the installed addons; every process does this first.  Opens no connection."""
    return load(settings.addons)

"""Pango, which WeasyPrint needs and no Python package for Linux brings: from the system, else privately unpacked."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from pathlib import Path

from hanse.setup import debian
from hanse.setup.places import build_folder

PACKAGES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")
LIBRARIES = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")
# The wide-character twin of libexpat crashes the process when loaded beside it.
_NEVER_LOADED = ("libexpatw",)


def private_tree() -> Path:
    """Where the unpacked packages are, if the system has none."""
    return build_folder() / "pango"


@cache
def load_pango() -> None:
    """Make Pango loadable for the whole process.  Call it before importing weasyprint; later calls cost nothing.

    WeasyPrint opens its libraries by name; one that is in memory already is found by its name wherever it lies.
    """
    if not _system_has_pango():
        _load_all(private_tree())


def _system_has_pango() -> bool:
    try:
        for name in LIBRARIES:
            ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _load_all(tree: Path) -> None:
    """Load every library of the tree, in rounds, since each needs those below it to be loaded before."""
    waiting = [path for path in sorted(tree.rglob("lib*.so.*")) if not path.name.startswith(_NEVER_LOADED)]
    while waiting:
        left = [path for path in waiting if not _loads(path)]
        if len(left) == len(waiting):
            return  # the rest needs what is not here; whether it was needed, WeasyPrint says
        waiting = left


def _loads(path: Path) -> bool:
    try:
        ctypes.CDLL(str(path))
    except OSError:
        return False
    return True


def main() -> None:
    """Get Pango: as root into the system, else into a private folder."""
    if _system_has_pango() or (debian.install(PACKAGES) and _system_has_pango()):
        return
    try:
        debian.unpack(PACKAGES, private_tree(), dependencies=True)
    except debian.NotAvailable as error:
        sys.exit(f"PDF needs Pango, and {error}. Install {', '.join(PACKAGES)} or what your system calls them.")


if __name__ == "__main__":
    main()

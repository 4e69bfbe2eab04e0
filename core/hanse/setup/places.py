"""Where set-up puts what it makes."""

from __future__ import annotations

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]


def build_folder() -> Path:
    """The folder for what belongs to the installation and not to a database: fonts, private libraries."""
    return CHECKOUT / "var"


def fonts_folder() -> Path:
    """The static TrueType files that documents are printed with."""
    return build_folder() / "fonts"


def vendor_folder() -> Path:
    """The scripts, styles, icons and fonts of others that the browser loads."""
    return CHECKOUT / "core" / "hanse" / "web" / "static" / "vendor"

"""The manifest of an addon."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hanse.errors import SetupError
from hanse.i18n import Label


class AddonError(SetupError):
    """Addons that are missing, broken, or need each other in a circle."""


@dataclass(frozen=True)
class Addon:
    """What a package says of itself as ``ADDON`` in its ``__init__.py``.

    :param name: of the package; also of its gettext domain and its migration branch
    :param key: short prefix of its tables, permissions and API paths
    :param needs: addons whose code and tables it uses; they are installed whenever it is
    :param needs_enabled: addons that must be on in a company before it can be; by default the same
    :param departments: keys of the departments it is meant for, a suggestion for the set-up assistant
    :param bridge: joins other addons and is on by itself wherever all of ``needs_enabled`` are
    """

    name: str
    key: str
    title: Label
    needs: Sequence[str] = ()
    needs_enabled: Sequence[str] | None = None
    departments: Sequence[str] = ()
    description: Label = ""
    bridge: bool = False
    version: str = "0.1"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.name):
            raise AddonError(f"addon name {self.name!r}: use small letters, digits and underscores")
        if not re.fullmatch(r"[a-z][a-z0-9]{1,23}", self.key):
            raise AddonError(f"addon {self.name}: key {self.key!r} must be 2 to 24 small letters or digits")

    @property
    def enabling_needs(self) -> tuple[str, ...]:
        """Name the addons that must be on before this one."""
        return tuple(self.needs if self.needs_enabled is None else self.needs_enabled)

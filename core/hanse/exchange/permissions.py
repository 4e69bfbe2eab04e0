"""What people may do with imports, besides ``<model>.import`` for each model."""

from __future__ import annotations

from hanse.i18n import _
from hanse.security.permissions import Permissions, permission


class Imports(Permissions):
    """Sorted by name."""

    SEE = permission("import.read", _("See the imports of others"))


__all__ = ["Imports"]

"""What people may do with the jobs of others."""

from __future__ import annotations

from hanse.i18n import _
from hanse.security.permissions import Permissions, permission


class Jobs(Permissions):
    """Sorted by name."""

    SEE = permission("job.read", _("See the jobs of others"))


__all__ = ["Jobs"]

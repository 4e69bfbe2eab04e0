"""What people may do with saved views, besides keeping their own."""

from __future__ import annotations

from hanse.i18n import _
from hanse.security.permissions import Permissions, permission


class SavedViews(Permissions):
    """Sorted by name."""

    SHARE = permission("saved_view.share", _("Share saved views with others"))


__all__ = ["SavedViews"]

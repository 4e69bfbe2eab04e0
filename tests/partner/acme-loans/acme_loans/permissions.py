"""What lending lets people do."""

from __future__ import annotations

from hanse import Permissions, _, permission


class Loans(Permissions):
    """Permissions of lending, besides seeing, creating, changing and deleting."""

    HAND_OUT = permission("loan.hand_out", _("Hand out and take back equipment"))
    MANAGE = permission("partner.manage_deposit", _("Manage deposits"))

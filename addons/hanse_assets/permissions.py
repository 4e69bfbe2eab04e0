"""What may be allowed to whom, beyond seeing and changing."""

from __future__ import annotations

from hanse import Permissions, _, permission


class Assets(Permissions):
    """Permissions of the assets addon."""

    ACQUIRE = permission("asset.acquire", _("Write the vouchers that buy assets"))
    DISPOSE = permission("asset.dispose", _("Dispose of assets, and write them down"))

"""What may be allowed to whom at banks, beyond seeing and changing."""

from __future__ import annotations

from hanse import Permissions, _, permission


class Banking(Permissions):
    """Permissions of the banks addon."""

    IMPORT = permission("statement.import", _("Read bank statements"))
    MATCH = permission("account.match", _("Match bank lines with entries, and undo it"))
    WRITE = permission("account.write", _("Write vouchers by bank rules"))
    REPORT = permission("account.report", _("See bank adjustment tables"))

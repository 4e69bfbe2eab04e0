"""What may be allowed to whom, beyond seeing and changing."""

from __future__ import annotations

from hanse import Permissions, _, permission


class Contacts(Permissions):
    """Permissions of the contacts addon."""

    MANAGE_BANK_ACCOUNTS = permission("partner.manage_bank_accounts", _("Change bank accounts of partners"))

"""Finance: accounts, vouchers, balances."""

from hanse import Addon, _

ADDON = Addon("hanse_finance", key="finance", title=_("Finance"), needs=["hanse_contacts"])

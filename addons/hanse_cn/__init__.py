"""China: charts of accounts, voucher forms, amounts in words."""

from hanse import Addon, _

ADDON = Addon("hanse_cn", key="cn", title=_("China"), needs=["hanse_finance"])

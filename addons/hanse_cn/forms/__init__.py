"""Voucher forms: 240 x 140 mm and A4 in two, as Chinese accountants print, bind and archive them.

``print_vouchers`` takes plain values, so anything that can fill a ``PrintedVoucher`` can print.
"""

from hanse_cn.forms.geometry import FormName
from hanse_cn.forms.printing import VoucherForm, print_vouchers, reference_html
from hanse_cn.forms.words import Locale
from hanse_finance.printed import (
    CountedQuantity,
    ForeignAmount,
    Letterhead,
    PrintedLine,
    PrintedVoucher,
    PrintResult,
    Side,
)

__all__ = [
    "CountedQuantity",
    "ForeignAmount",
    "FormName",
    "Letterhead",
    "Locale",
    "PrintResult",
    "PrintedLine",
    "PrintedVoucher",
    "Side",
    "VoucherForm",
    "print_vouchers",
    "reference_html",
]

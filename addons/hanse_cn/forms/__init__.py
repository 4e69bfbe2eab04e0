"""Voucher forms as Chinese accountants print and bind them: 240 x 140 mm, A4 in two and three, A5, pre-printed paper.

``print_vouchers`` takes plain values, so anything that can fill a ``PrintedVoucher`` can print.
"""

from hanse.paper import Letterhead
from hanse_cn.forms.geometry import FormName, Geometry, Spots
from hanse_cn.forms.printing import VoucherForm, print_volumes, print_vouchers, reference_html
from hanse_cn.forms.words import Locale
from hanse_finance.printed import (
    CountedQuantity,
    Cover,
    ForeignAmount,
    Look,
    Numbers,
    PrintedLine,
    PrintedVoucher,
    PrintResult,
    Side,
    Summary,
    SummaryRow,
    Volume,
)

__all__ = [
    "CountedQuantity",
    "Cover",
    "ForeignAmount",
    "FormName",
    "Geometry",
    "Letterhead",
    "Locale",
    "Look",
    "Numbers",
    "PrintResult",
    "PrintedLine",
    "PrintedVoucher",
    "Side",
    "Spots",
    "Summary",
    "SummaryRow",
    "Volume",
    "VoucherForm",
    "print_volumes",
    "print_vouchers",
    "reference_html",
]

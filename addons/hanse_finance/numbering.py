"""How vouchers are called: word and number, with the period."""

from __future__ import annotations

from hanse_finance.models import Voucher


def voucher_number(voucher: Voucher) -> str:
    """Give word and number, ``记-12``; before posting the number is the provisional one."""
    return f"{voucher.word.code}-{voucher.provisional if voucher.number is None else voucher.number}"


def voucher_title(voucher: Voucher) -> str:
    """Give period, word and number: ``2025-03 记-12``."""
    return f"{voucher.period.code} {voucher_number(voucher)}"

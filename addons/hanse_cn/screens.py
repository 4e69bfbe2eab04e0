"""What China adds to the screens of finance: vouchers as PDF."""

from __future__ import annotations

from hanse_cn.documents import SINGLE, TWO_ON_A4
from hanse_finance.documents import VoucherDocument
from hanse_finance.screens import VOUCHERS

VOUCHERS.extend(documents=[VoucherDocument.on(SINGLE), VoucherDocument.on(TWO_ON_A4)])

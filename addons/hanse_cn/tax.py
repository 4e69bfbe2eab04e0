"""What follows from the lines of a VAT return, to compare with what was declared.

Source: 增值税及附加税费申报表（一般纳税人适用）, main table: line 17 = 12 + 13 - 14, line 18 the smaller of 17 and 11,
line 19 = 11 - 18, line 20 = 17 - 18, line 24 = 19 + 21 - 23.  Lines 15 and 16 (refunds of exporters, tax found by
audits) and those of immediate refunds are left out, as few companies have them; where one does, the figures differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hanse_cn.models import VatReturn


@dataclass(frozen=True, slots=True)
class Expected:
    """What a return's lines add up to: 应纳税额 (19), 期末留抵税额 (20), 应纳税额合计 (24)."""

    payable: Decimal
    carried_forward: Decimal
    total: Decimal


def expected(declared: VatReturn) -> Expected:
    """Work out what is payable and what is carried forward.

    100 output, 60 input, 10 brought forward and 5 transferred out leave 35 payable; 30 output leave 35 to be carried.
    """
    deductible = declared.input + declared.brought_forward - declared.transferred_out
    deducted = min(deductible, declared.output)
    payable = declared.output - deducted
    return Expected(payable, deductible - deducted, payable + declared.simplified - declared.reduced)


def differing(declared: VatReturn) -> list[str]:
    """Name the lines in which a return is not what its other lines add up to: 19, 20, 24."""
    right = expected(declared)
    lines = (("19", "payable"), ("20", "carried_forward"), ("24", "total"))
    return [line for line, name in lines if getattr(declared, name) != getattr(right, name)]

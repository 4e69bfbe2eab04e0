"""Make a draft bill of a 数电票."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hanse import Context, StoredFile
from hanse_cn.models import Taxpayer
from hanse_cn.setup import taxpayer_of
from hanse_invoicing.amounts import rounded
from hanse_invoicing.electronic.receiving import (
    Reader,
    check_buyer,
    drafted,
    line_values,
    purchase_tax,
    refuse_faults,
    register_reader,
    supplier,
)
from hanse_invoicing.models import InvoiceKind
from hanse_invoicing_cn.fapiao import Fapiao, FapiaoLine, knows, read
from hanse_invoicing_cn.models import FapiaoKind


def draft(ctx: Context, xml: str, original: StoredFile | None = None) -> int:
    """Write the draft; what does not agree with the file is said in a comment.  Called inside an action.

    :raises BusinessError: it is for another buyer, does not add up, is entered already, or a rate is missing
    """
    fapiao = read(xml)
    check_buyer(ctx, fapiao.buyer_id, fapiao.buyer)
    refuse_faults(fapiao.faults())
    deducted = fapiao.special and taxpayer_of(ctx) is not Taxpayer.SMALL_SCALE
    lines = fapiao.lines or [_whole(fapiao)]
    sign = -1 if fapiao.is_red else 1
    value: dict[str, Any] = {
        "kind": InvoiceKind.BILL_CREDIT if fapiao.is_red else InvoiceKind.BILL,
        "partner": supplier(ctx, fapiao.seller, fapiao.seller_id),
        "day": fapiao.day,
        "their_number": fapiao.number,
        "their_day": fapiao.day,
        "fapiao_kind": FapiaoKind.ELECTRONIC_SPECIAL if fapiao.special else FapiaoKind.ELECTRONIC_ORDINARY,
        "fapiao_file": original,
        "lines": [_line(ctx, fapiao, one, sign, deducted=deducted) for one in lines],
    }
    return drafted(ctx, value, abs(fapiao.gross))


def _whole(fapiao: Fapiao) -> FapiaoLine:
    """Give one line for an invoice whose file has none; its rate is the one that makes its tax."""
    percent = rounded(fapiao.tax * 100 / fapiao.net, 0) if fapiao.net else Decimal(0)
    return FapiaoLine(fapiao.seller, "", "", None, None, fapiao.net, percent, fapiao.tax)


def _line(ctx: Context, fapiao: Fapiao, line: FapiaoLine, sign: int, *, deducted: bool) -> dict[str, Any]:
    """Write a line so that it comes to the stated amount; tax that is not deducted is part of it."""
    amount = sign * (line.amount if deducted else line.amount + line.tax)
    quantity = sign * line.quantity if deducted and line.quantity is not None else None
    name = " ".join(part for part in (line.name, line.specification) if part)
    values = line_values(name, line.unit, amount, quantity, line.price)
    return values | {"tax": purchase_tax(ctx, line.percent, fapiao.day) if deducted else None}


register_reader(Reader("hanse_invoicing_cn", knows, draft))

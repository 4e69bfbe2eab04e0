"""Make a draft bill of an electronic invoice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import select

from hanse import BusinessError, Context, StoredFile, _
from hanse.directory.models import Company
from hanse_cn.models import Taxpayer
from hanse_cn.setup import taxpayer_of
from hanse_contacts.models import Partner
from hanse_finance.setup import action
from hanse_invoicing.amounts import rounded
from hanse_invoicing.models import Invoice, InvoiceKind, Tax, TaxUse
from hanse_invoicing_cn.fapiao import Fapiao, FapiaoLine
from hanse_invoicing_cn.models import FapiaoKind


def draft(ctx: Context, fapiao: Fapiao, original: StoredFile | None = None) -> int:
    """Write the draft; what does not agree with the file is said in a comment.  Called inside an action.

    :raises BusinessError: it is for another buyer, does not add up, is entered already, or a rate is missing
    """
    _check(ctx, fapiao)
    deducted = fapiao.special and taxpayer_of(ctx) is not Taxpayer.SMALL_SCALE
    lines = fapiao.lines or [_whole(fapiao)]
    sign = -1 if fapiao.is_red else 1
    value: dict[str, Any] = {
        "kind": InvoiceKind.BILL_CREDIT if fapiao.is_red else InvoiceKind.BILL,
        "partner": _seller(ctx, fapiao),
        "day": fapiao.day,
        "their_number": fapiao.number,
        "their_day": fapiao.day,
        "fapiao_kind": FapiaoKind.ELECTRONIC_SPECIAL if fapiao.special else FapiaoKind.ELECTRONIC_ORDINARY,
        "fapiao_file": original,
        "lines": [_line(ctx, fapiao, one, sign, deducted=deducted) for one in lines],
    }
    made = ctx.run(action("invoicing.invoice.create"), values=[value]).done[0]
    invoice = ctx.all(Invoice, Invoice.id == made).one()
    if invoice.gross != abs(fapiao.gross):
        message = _(
            "The tax invoice says %(theirs)s, the lines come to %(ours)s.", theirs=abs(fapiao.gross), ours=invoice.gross
        )
        ctx.comment(invoice, message)
    return made


def _check(ctx: Context, fapiao: Fapiao) -> None:
    own = ctx.session.scalar(select(Company.tax_id).where(Company.id == ctx.company.id))
    if own and fapiao.buyer_id and own.upper() != fapiao.buyer_id.upper():
        raise BusinessError(
            _(
                "The invoice is for %(buyer)s (%(number)s), not for this company.",
                buyer=fapiao.buyer,
                number=fapiao.buyer_id,
            )
        )
    for place, stated, right in fapiao.faults():
        raise BusinessError(
            _(
                "The invoice does not add up: %(place)s is %(stated)s, not %(right)s.",
                place=place,
                stated=stated,
                right=right,
            )
        )


def _seller(ctx: Context, fapiao: Fapiao) -> int:
    """Find the supplier by tax number, else by name; make it where it is new."""
    known = Partner.tax_id == fapiao.seller_id if fapiao.seller_id else Partner.name == fapiao.seller
    there = ctx.all(Partner, known, Partner.active.is_(True), order_by=[Partner.id], limit=1).ids
    if there:
        return there[0]
    values = {"name": fapiao.seller, "tax_id": fapiao.seller_id or None, "is_supplier": True}
    return ctx.run(action("contacts.partner.create"), values=[values]).done[0]


def _whole(fapiao: Fapiao) -> FapiaoLine:
    """Give one line for an invoice whose file has none; its rate is the one that makes its tax."""
    percent = rounded(fapiao.tax * 100 / fapiao.net, 0) if fapiao.net else Decimal(0)
    return FapiaoLine(fapiao.seller, "", "", None, None, fapiao.net, percent, fapiao.tax)


def _line(ctx: Context, fapiao: Fapiao, line: FapiaoLine, sign: int, *, deducted: bool) -> dict[str, Any]:
    """Write a line so that it comes to the stated amount: by quantity and price where they make it, else as one."""
    amount = sign * (line.amount if deducted else line.amount + line.tax)
    quantity, price = line.quantity, line.price
    exact = deducted and quantity is not None and price is not None and rounded(quantity * price, 2) == line.amount
    name = " ".join(part for part in (line.name, line.specification) if part)
    row: dict[str, Any] = {"description": name[:400], "unit": line.unit[:20] or None}
    if exact and quantity is not None:
        row |= {"quantity": sign * quantity, "price": price}
    else:
        row |= {"quantity": Decimal(1), "price": amount}
    return row | {"tax": _tax(ctx, fapiao, line.percent) if deducted else None}


def _tax(ctx: Context, fapiao: Fapiao, percent: Decimal | None) -> int | None:
    if percent is None:
        return None
    found = ctx.all(
        Tax, Tax.use == TaxUse.PURCHASE, Tax.percent == percent, Tax.active.is_(True), Tax.holds(fapiao.day), limit=1
    ).ids
    if not found:
        raise BusinessError(
            _("There is no purchase tax of %(percent)s %% on %(day)s. Add it first.", percent=percent, day=fapiao.day)
        )
    return found[0]

"""Entries: the lines of all vouchers in one list, for finding an amount, an account's month, a customer's postings."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from hanse import Computed, Filter, Row, Screen, Through, _, link_id
from hanse.models import Kind, Model
from hanse_finance.models import Voucher, VoucherLine, VoucherState, VoucherWord


def _number(_model: type[Model]) -> Any:
    """Write the number of the line's voucher."""
    return (
        select(func.concat(VoucherWord.code, "-", func.coalesce(Voucher.number, Voucher.provisional)))
        .select_from(Voucher)
        .join(VoucherWord, VoucherWord.id == link_id(Voucher.word))
        .where(Voucher.id == link_id(VoucherLine.voucher))
        .correlate(VoucherLine)
        .scalar_subquery()
    )


def _posted(_ctx: Any) -> Any:
    """Leave out lines whose voucher is not in the books."""
    return VoucherLine.voucher.has(Voucher.state == VoucherState.POSTED)


ENTRIES = Screen(
    VoucherLine,
    title=_("Entries"),
    singular=_("Entry"),
    menu="finance",
    icon="list",
    order=15,
    readonly=True,
    search=False,
    list=[
        VoucherLine.day,
        Computed("no", _("Number"), Kind.TEXT, _number),
        VoucherLine.summary,
        VoucherLine.account,
        VoucherLine.details,
        VoucherLine.debit,
        VoucherLine.credit,
        Through(VoucherLine.voucher, Voucher.state),
    ],
    filters=[
        VoucherLine.account,
        VoucherLine.details,
        VoucherLine.day,
        Filter(_("Posted only"), _posted, name="posted"),
    ],
    order_by=[VoucherLine.day.desc()],
    form=[
        Row(VoucherLine.voucher, VoucherLine.day),
        Row(VoucherLine.account, VoucherLine.details),
        Row(VoucherLine.debit, VoucherLine.credit),
        Row(VoucherLine.summary),
    ],
)

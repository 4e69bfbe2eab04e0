"""What China adds to the screens of finance: vouchers as PDF, and VAT returns."""

from __future__ import annotations

from hanse import Context, Row, Screen, Shown, _
from hanse.i18n import Label
from hanse_cn import tax
from hanse_cn.documents import FORMS
from hanse_cn.models import VatReturn
from hanse_finance.documents import VoucherDocument
from hanse_finance.screens import VOUCHERS

VOUCHERS.extend(documents=[VoucherDocument.on(form) for form in FORMS])


def _differing(_ctx: Context, declared: VatReturn) -> Label | None:
    """Name the lines that are not what the others add up to."""
    lines = tax.differing(declared)
    return _("Line %(lines)s is not what the others add up to", lines=", ".join(lines)) if lines else None


VAT_RETURNS = Screen(
    VatReturn,
    title=_("VAT returns"),
    singular=_("VAT return"),
    menu="finance",
    icon="file-invoice",
    order=75,
    list=[
        VatReturn.code,
        VatReturn.sales,
        VatReturn.output,
        VatReturn.input,
        VatReturn.payable,
        VatReturn.carried_forward,
        VatReturn.total,
    ],
    order_by=[VatReturn.code.desc()],
    sums=[VatReturn.sales, VatReturn.output, VatReturn.input, VatReturn.payable, VatReturn.total],
    form=[
        Row(VatReturn.code, VatReturn.sales),
        Row(VatReturn.output, VatReturn.input),
        Row(VatReturn.brought_forward, VatReturn.transferred_out),
        Row(VatReturn.payable, VatReturn.carried_forward),
        Row(VatReturn.simplified, VatReturn.reduced),
        Row(VatReturn.total, Shown("differing", _("Check"), _differing)),
        Row(VatReturn.remark),
    ],
)

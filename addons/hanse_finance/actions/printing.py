"""Print vouchers, and note who did."""

from __future__ import annotations

from hanse import Context, Records, _, action
from hanse_finance.models import Voucher, VoucherPrint
from hanse_finance.permissions import Finance
from hanse_finance.printed import PrintedVoucher


@action(Voucher, name="print", label=_("Print"), permission=Finance.PRINT, reads=True, hidden=True, icon="printer")
def print_vouchers(
    ctx: Context, vouchers: Records[Voucher], *, locale: str = "zh_CN", form: str = ""
) -> list[PrintedVoucher]:
    """Give vouchers as a form shows them, in the order asked for, and note that they were printed, on which form.

    Forms put them on paper: :func:`hanse_finance.printing.print_to`.
    """
    from hanse_finance.printing import printed_vouchers

    ctx.run(note_prints, vouchers=vouchers.ids, form=form)
    return printed_vouchers(ctx, vouchers.ids, locale)


@action(VoucherPrint, name="note", label=_("Note prints"), permission=Finance.PRINT, creates=True, hidden=True)
def note_prints(ctx: Context, prints: Records[VoucherPrint], *, vouchers: list[int], form: str = "") -> list[int]:
    """Note that the acting user printed vouchers; such notes are never changed."""
    note = {"user": ctx.user.id, "at": ctx.now, "form": form or None}
    return ctx.insert(VoucherPrint, [{"voucher": voucher, **note} for voucher in vouchers])

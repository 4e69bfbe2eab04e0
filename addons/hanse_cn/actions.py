"""Print the vouchers of a period on a Chinese form."""

from __future__ import annotations

from hanse import Choice, Context, Records, _, action, enqueue
from hanse_finance.models import Period
from hanse_finance.permissions import Finance


class PrintForm(Choice):
    """The forms of :mod:`hanse_cn.documents`."""

    SINGLE = "240x140", _("240 × 140 mm")
    TWO_ON_A4 = "a4-2", _("A4, two a page")


@action(
    Period,
    name="print_vouchers",
    label=_("Print vouchers"),
    permission=Finance.PRINT,
    reads=True,
    icon="printer",
    labels={"form": _("Form"), "unposted": _("Unposted ones too")},
    done=_("The vouchers of %(count)s periods are being printed; the files will be among your jobs."),
)
def print_vouchers(
    ctx: Context, periods: Records[Period], *, form: PrintForm = PrintForm.SINGLE, unposted: bool = False
) -> list[int]:
    """Have the vouchers of each period printed as one file with bookmarks; give the ids of the jobs.

    The forms are in the language of the reader.
    """
    from hanse_finance.jobs import print_period

    return [
        enqueue(ctx, print_period, period=code, form=form.value, locale=ctx.locale, unposted=unposted)
        for code in periods[Period.code]
    ]

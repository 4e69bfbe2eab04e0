"""Print vouchers on a Chinese form, take the Chinese steps before a period is closed, give a year to auditors."""

from __future__ import annotations

from hanse import Choice, Context, Records, _, action, enqueue
from hanse_cn.closing import APPROPRIATION, RESERVE, SURCHARGES, VAT
from hanse_finance.closing.steps import step_action
from hanse_finance.models import FiscalYear, Period
from hanse_finance.permissions import Finance


class PrintForm(Choice):
    """The forms of :mod:`hanse_cn.documents`."""

    SINGLE = "240x140", _("240 × 140 mm")
    TWO_ON_A4 = "a4-2", _("A4, two a page")
    THREE_ON_A4 = "a4-3", _("A4, three a page")
    A5 = "a5", _("A5 landscape")
    PREPRINTED = "overprint", _("Pre-printed form")


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

    The forms are in the language of the reader, and look as the person chose last.
    """
    from hanse_finance.jobs import print_period

    return [
        enqueue(ctx, print_period, period=code, form=form.value, locale=ctx.locale, unposted=unposted)
        for code in periods[Period.code]
    ]


transfer_vat = step_action(
    VAT,
    label=_("Transfer VAT"),
    icon="receipt-tax",
    done=_("VAT of %(count)s periods transferred; the vouchers are drafts"),
)
accrue_surcharges = step_action(
    SURCHARGES,
    label=_("Book surcharges on VAT"),
    icon="receipt-tax",
    done=_("Surcharges of %(count)s periods booked; the vouchers are drafts"),
)
set_aside_reserve = step_action(
    RESERVE,
    label=_("Set reserve aside"),
    icon="pig-money",
    done=_("Reserve set aside; the vouchers are drafts"),
)
transfer_appropriations = step_action(
    APPROPRIATION,
    label=_("Transfer appropriations"),
    icon="calendar-check",
    done=_("Appropriations transferred; the vouchers are drafts"),
)


@action(
    FiscalYear,
    name="export_gbt24589",
    label=_("Export for auditors (GB/T 24589)"),
    permission=Finance.TAKE_OUT,
    reads=True,
    icon="download",
    done=_("The books of %(count)s years are being written; the files will be among your jobs."),
)
def export_gbt24589(ctx: Context, years: Records[FiscalYear]) -> list[int]:
    """Have the books of each year written as XML of the data interface; give the ids of the jobs."""
    from hanse_cn.jobs import export_gbt24589

    return [enqueue(ctx, export_gbt24589, year=name) for name in years[FiscalYear.name]]

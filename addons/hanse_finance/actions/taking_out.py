"""Take the books out: as journals of other programs, and for the archive."""

from __future__ import annotations

from hanse import Context, Records, _, action, enqueue
from hanse_finance.journals import JournalFormat
from hanse_finance.models import FiscalYear, Period
from hanse_finance.permissions import Finance

_DONE = _("%(count)s journals are being written; the files will be among your jobs.")


@action(
    Period,
    name="export_journal",
    label=_("Export journal"),
    permission=Finance.TAKE_OUT,
    reads=True,
    icon="download",
    labels={"form": _("Format")},
    done=_DONE,
)
def export_periods(ctx: Context, periods: Records[Period], *, form: JournalFormat = JournalFormat.HLEDGER) -> list[int]:
    """Have the posted vouchers of each period written as a journal; give the ids of the jobs."""
    return _export(ctx, periods[Period.code], form)


@action(
    FiscalYear,
    name="export_journal",
    label=_("Export journal"),
    permission=Finance.TAKE_OUT,
    reads=True,
    icon="download",
    labels={"form": _("Format")},
    done=_DONE,
)
def export_years(ctx: Context, years: Records[FiscalYear], *, form: JournalFormat = JournalFormat.HLEDGER) -> list[int]:
    """Have the posted vouchers of each year written as a journal; give the ids of the jobs."""
    return _export(ctx, years[FiscalYear.name], form)


def _export(ctx: Context, periods: list[str], form: JournalFormat) -> list[int]:
    from hanse_finance.jobs import export_journal

    return [enqueue(ctx, export_journal, period=period, form=form) for period in periods]


_PACKING = _("%(count)s archives are being packed; the files and their seals will be among your jobs.")


@action(
    Period,
    name="archive_books",
    label=_("Archive the books"),
    permission=Finance.TAKE_OUT,
    reads=True,
    icon="package",
    done=_PACKING,
)
def archive_periods(ctx: Context, periods: Records[Period]) -> list[int]:
    """Have the books of each period, which is closed, packed into a sealed file; give the ids of the jobs."""
    return _archive(ctx, periods[Period.code])


@action(
    FiscalYear,
    name="archive_books",
    label=_("Archive the books"),
    permission=Finance.TAKE_OUT,
    reads=True,
    icon="package",
    done=_PACKING,
)
def archive_years(ctx: Context, years: Records[FiscalYear]) -> list[int]:
    """Have the books of each year, whose periods are closed, packed into a sealed file; give the ids of the jobs."""
    return _archive(ctx, years[FiscalYear.name])


def _archive(ctx: Context, periods: list[str]) -> list[int]:
    from hanse_finance.archive import closed_span
    from hanse_finance.jobs import archive_books

    for period in periods:
        closed_span(ctx, period)  # said at once, not by a job that fails
    return [enqueue(ctx, archive_books, period=period) for period in periods]

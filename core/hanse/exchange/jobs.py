"""Imports in the background, and the start of all of them; and rows of old imports, which are forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from hanse.exchange.importing import (
    OPEN,
    batch_for,
    begin,
    check,
    end,
    find_import,
    lock_import,
    run_at_once,
    run_chunk,
)
from hanse.exchange.mapping import SKIP, restored
from hanse.exchange.models import Import, ImportState
from hanse.exchange.staging import PIECE, change
from hanse.exchange.undoing import lock_for_undoing, undo
from hanse.i18n import _
from hanse.jobs import Progress, chunked, enqueue, job
from hanse.jobs.schedule import days, scheduled

if TYPE_CHECKING:
    from hanse.actions import Context

#: Up to so many rows are checked, and undone, while the person waits.
AT_ONCE = 1_000
#: Days after which the rows of an import are forgotten; what it did can then not be undone any more.
DAYS_KEPT = 90


@job(label=_("Check an import"))
def check_import(ctx: Context, progress: Progress, *, batch: int) -> None:
    """Check a large import."""
    check(ctx, batch, lambda done, total: progress(done, total, _("Checking rows")))
    progress.give_link(path_of(find_import(ctx, batch)), _("See what was found"))


@job(label=_("Import, all or nothing"))
def import_all(ctx: Context, progress: Progress, *, batch: int) -> None:
    """Do an import in one transaction."""
    run_at_once(ctx, batch, lambda done, total: progress(done, total, _("Importing rows")))
    progress.give_link(path_of(find_import(ctx, batch)), _("See the result"))


@job(label=_("Import some rows"))
def import_chunk(ctx: Context, progress: Progress, *, batch: int, items: list[int]) -> None:
    """Do some records of an import."""
    run_chunk(ctx, batch, items, lambda done, total: progress(done, total, _("Importing rows")))


@job(label=_("Import, leaving out bad rows"))
def import_end(ctx: Context, progress: Progress, *, batch: int) -> None:
    """Sum an import up."""
    end(ctx, batch)
    progress.give_link(path_of(find_import(ctx, batch)), _("See the result"))


@job(label=_("Undo an import"))
def undo_import(ctx: Context, progress: Progress, *, batch: int) -> None:
    """Undo a large import."""
    undo(ctx, batch, lambda done, total: progress(done, total, _("Undoing rows")))
    progress.give_link(path_of(find_import(ctx, batch)), _("See the result"))


def path_of(found: Import) -> str:
    """Give the page of an import, below the address of Hanse."""
    return f"/{found.model.replace('.', '/', 1)}/-/import/{found.id}"


def start_check(ctx: Context, batch: int) -> None:
    """Check an import: a small one now, a large one in the background."""
    found = lock_import(ctx, batch, *OPEN)
    if found.rows <= AT_ONCE:
        check(ctx, batch)
    else:
        change(ctx, batch, state=ImportState.CHECKING, job_id=enqueue(ctx, check_import, batch=batch))


def start(ctx: Context, batch: int) -> None:
    """Do a small import now; have a large one done in the background, in one transaction or in chunks.

    Rows that may name records of other rows are done in their order, and so in one transaction too.
    """
    found = find_import(ctx, batch)
    in_chunks = restored(found.mapping).mode == SKIP and not batch_for(ctx, found).links_to_itself
    if found.rows <= AT_ONCE:
        run_at_once(ctx, batch)
        return
    heads = begin(ctx, batch)
    if in_chunks:
        whole = chunked(ctx, import_chunk, heads, size=PIECE, finish=import_end, batch=batch)
    else:
        whole = enqueue(ctx, import_all, batch=batch)
    change(ctx, batch, job_id=whole)


def start_undo(ctx: Context, batch: int) -> None:
    """Undo an import: a small one now, a large one in the background."""
    found = lock_for_undoing(ctx, batch)
    if found.rows <= AT_ONCE:
        undo(ctx, batch)
    else:
        change(ctx, batch, state=ImportState.UNDOING, job_id=enqueue(ctx, undo_import, batch=batch))


_FORGET = text(
    "DELETE FROM core_import_row r USING core_import i WHERE r.batch_id = i.id AND i.company_id = :company "
    "AND r.company_id = :company AND i.at < now() - make_interval(days => :days)"
)


@scheduled(every=days(1), at="03:40", label=_("Forget the rows of old imports"))
def tidy_imports(ctx: Context) -> None:
    """Forget what old imports brought row by row; that they were, and how columns were mapped, stays."""
    ctx.session.execute(_FORGET, {"company": ctx.company.id, "days": DAYS_KEPT})


__all__ = ["path_of", "start", "start_check", "start_undo"]

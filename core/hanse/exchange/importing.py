"""Check an import, or do it: the same code, in a transaction that is taken back or kept.

"All or nothing" is one transaction; "leave out bad rows" is one for each chunk of rows, whose results stand in the same
transaction, so that whoever goes on after a crash knows what is done (docs/adr/0023).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, or_, select

from hanse.actions.write import expire
from hanse.errors import BusinessError, Forbidden, NotFound
from hanse.exchange.batch import Batch
from hanse.exchange.mapping import ALL, SKIP, ColumnMap, check_mapping, restored
from hanse.exchange.models import Import, ImportState, RowResult
from hanse.exchange.permissions import Imports
from hanse.exchange.records import Draft
from hanse.exchange.staging import PIECE, change, count_results, keep_results, open_heads, plan, rows_of, write_results
from hanse.exchange.targets import importable, may_import, targets_of
from hanse.i18n import Label, _
from hanse.jobs.models import Job, JobState
from hanse.security.clauses import visible_clause

if TYPE_CHECKING:
    from hanse.actions import Context

#: Told how many records are done, of how many.
Tell = Callable[[int, int], None]
VIA = "import"


def quietly(_done: int, _total: int) -> None:
    """Tell nobody."""


def own_or_visible(ctx: Context) -> ColumnElement[bool]:
    """Give the condition for imports of the company that a person may look at: their own, and by a right others'."""
    return (Import.company_id == ctx.company.id) & or_(
        Import.user.is_(ctx.user.id), visible_clause(ctx, Import, Imports.SEE)
    )


def find_import(ctx: Context, batch: int) -> Import:
    """Give an import, as far as the person may look at it and still import into its model.

    :raises NotFound: there is none, or not for this person
    :raises Forbidden: they may not import into the model
    """
    ctx.bind()
    found = ctx.session.query(Import).filter(Import.id == batch, own_or_visible(ctx)).one_or_none()
    if found is None:
        raise NotFound(_("This import is not there, or not for you."))
    if not may_import(ctx, importable(found.model)):
        raise Forbidden(_("You may not import here. Ask whoever gives out roles."))
    return found


def lock_import(ctx: Context, batch: int, *states: ImportState) -> Import:
    """Give an import as :func:`find_import` does, for this transaction alone, if it is in one of ``states``.

    :raises BusinessError: it is in another
    """
    ctx.bind()
    ctx.session.execute(select(Import.id).where(Import.id == batch).with_for_update(key_share=True))
    expire(ctx.session, Import, [batch])
    found = find_import(ctx, batch)
    if found.state not in states:
        raise BusinessError(
            _("This import is “%(state)s” already. Upload the file again for another one.", state=found.state.label)
        )
    return found


#: States in which nothing is done yet and nobody is at work.
OPEN = (ImportState.READ, ImportState.CHECKED, ImportState.FAILED)
_BUSY = (ImportState.CHECKING, ImportState.RUNNING, ImportState.UNDOING)


def set_mapping(ctx: Context, batch: int, mapping: ColumnMap) -> None:
    """Store how the columns of an import are understood; it has to be checked anew.

    :raises BusinessError: the mapping cannot work
    """
    found = lock_import(ctx, batch, *OPEN)
    model = importable(found.model)
    check_mapping(model, targets_of(ctx, model), mapping, [str(name) for name in found.headers])
    counts = {"headings": found.counts.get("headings", 1)}
    change(ctx, batch, mapping=mapping.stored(), state=ImportState.READ, counts=counts)


def set_mode(ctx: Context, batch: int, mode: str) -> None:
    """Say what happens to the good rows where some are bad; what was checked stays checked."""
    found = lock_import(ctx, batch, *OPEN)
    if mode in (ALL, SKIP):
        change(ctx, batch, mapping=dict(found.mapping) | {"mode": mode})


def close(ctx: Context, batch: int) -> None:
    """End what cannot go on because its job has failed: what its chunks have done is done.

    :raises BusinessError: the job still runs
    """
    found = lock_import(ctx, batch, *_BUSY)
    job = ctx.session.get(Job, found.job_id) if found.job_id else None
    if job is not None and job.state is not JobState.DEAD:
        raise BusinessError(_("This still runs, or has ended already."))
    counts = {"headings": found.counts.get("headings", 1)} | count_results(ctx, batch)
    begun = counts.get(RowResult.CREATED, 0) or counts.get(RowResult.UPDATED, 0)
    state = ImportState.READ if found.state is ImportState.CHECKING or not begun else ImportState.DONE
    change(ctx, batch, state=state, counts=counts)


def batch_for(ctx: Context, found: Import) -> Batch:
    """Make what does an import's rows, as the person of ``ctx``."""
    ctx.via = VIA
    mapping = restored(found.mapping)
    if not any(mapping.columns):
        raise BusinessError(_("Say for at least one column what it is."))
    return Batch(ctx, importable(found.model), mapping, len(found.headers))


@dataclass
class _Tally:
    """What became of many records, kept small: a letter each, and errors only where there are any."""

    numbers: list[int] = field(default_factory=list[int])
    results: list[RowResult] = field(default_factory=list[RowResult])
    refused: list[Draft] = field(default_factory=list[Draft])

    def add(self, drafts: Sequence[Draft]) -> None:
        for draft in drafts:
            assert draft.result is not None
            if draft.result is RowResult.REFUSED:
                self.refused.append(Draft(draft.number, faults=draft.faults, result=draft.result))
            else:
                self.numbers.append(draft.number)
                self.results.append(draft.result)

    def keep(self, ctx: Context, batch: int) -> None:
        """Write it beside the rows."""
        keep_results(ctx, batch, self.refused)
        for start in range(0, len(self.numbers), PIECE):
            part = slice(start, start + PIECE)
            columns: dict[str, Any] = {
                "number": self.numbers[part],
                "result": [one.value for one in self.results[part]],
            }
            write_results(ctx, batch, columns)


def check(ctx: Context, batch: int, tell: Tell = quietly) -> None:
    """Do a whole import and take it back: every error of every row is then known, and nothing is changed."""
    _attempt(ctx, batch, tell, keep=False)


def run_at_once(ctx: Context, batch: int, tell: Tell = quietly) -> bool:
    """Do a whole import in the transaction of ``ctx``; tell whether it was kept.

    With "all or nothing" a single refused row takes everything back, and all errors are known.
    """
    return _attempt(ctx, batch, tell, keep=True)


def _attempt(ctx: Context, batch: int, tell: Tell, *, keep: bool) -> bool:
    found = lock_import(ctx, batch, *OPEN, ImportState.RUNNING if keep else ImportState.CHECKING)
    mapping = restored(found.mapping)
    counts = {"headings": found.counts.get("headings", 1)}
    worker = batch_for(ctx, found)
    plan(ctx, batch, mapping)
    repeated = count_results(ctx, batch).get(RowResult.REFUSED, 0)
    tally = _Tally()
    savepoint = ctx.session.begin_nested()
    try:
        _do_all(ctx, batch, worker, tally, tell, keep)
        good = keep and (mapping.mode == SKIP or not (tally.refused or repeated))
    except BaseException:
        savepoint.rollback()
        raise
    if good:
        savepoint.commit()
    else:
        savepoint.rollback()
        tally.keep(ctx, batch)
    state = ImportState.DONE if good else ImportState.FAILED if keep else ImportState.CHECKED
    change(ctx, batch, state=state, counts=counts | count_results(ctx, batch))
    return good


def _do_all(ctx: Context, batch: int, worker: Batch, tally: _Tally, tell: Tell, keep: bool) -> None:
    heads = open_heads(ctx, batch)
    waiting: list[Draft] = []
    for start in range(0, len(heads), PIECE):
        done, later = worker.do(rows_of(ctx, batch, heads[start : start + PIECE]))
        waiting += later
        _note(ctx, batch, tally, done, keep)
        tell(min(start + PIECE, len(heads)), len(heads))
    done, _later = worker.settle(waiting, last=True)
    _note(ctx, batch, tally, done, keep)


def _note(ctx: Context, batch: int, tally: _Tally, done: Sequence[Draft], keep: bool) -> None:
    tally.add(done)
    if keep:
        keep_results(ctx, batch, done)


def run_chunk(ctx: Context, batch: int, heads: Sequence[int], tell: Tell = quietly) -> None:
    """Do some records of an import, and write what became of them, in the transaction of ``ctx``."""
    found = find_import(ctx, batch)
    if found.state is not ImportState.RUNNING:
        raise BusinessError(_("This import does not run any more."))
    worker = batch_for(ctx, found)
    done, _later = worker.do(rows_of(ctx, batch, heads))
    keep_results(ctx, batch, done)
    tell(len(heads), len(heads))


def begin(ctx: Context, batch: int) -> list[int]:
    """Say that an import begins; give the first rows of its records, in order.

    :raises BusinessError: it has begun already
    """
    found = lock_import(ctx, batch, *OPEN)
    plan(ctx, batch, restored(found.mapping))
    change(ctx, batch, state=ImportState.RUNNING)
    return open_heads(ctx, batch)


def end(ctx: Context, batch: int) -> None:
    """Say that the last chunk of an import is done."""
    found = find_import(ctx, batch)
    counts = {"headings": found.counts.get("headings", 1)} | count_results(ctx, batch)
    change(ctx, batch, state=ImportState.DONE, counts=counts)


def summary(counts: dict[str, object]) -> Label:
    """Say in a sentence what became of the records."""
    parts = [f"{counts[one.value]} {one.label}" for one in RowResult if counts.get(one.value)]
    return ", ".join(parts) or _("nothing to do")


__all__ = [
    "OPEN",
    "Tell",
    "batch_for",
    "begin",
    "check",
    "close",
    "end",
    "find_import",
    "lock_import",
    "own_or_visible",
    "quietly",
    "run_at_once",
    "run_chunk",
    "set_mapping",
    "set_mode",
    "summary",
]

"""Undo an import as one batch: what it made is deleted, what it changed is as before, by run() and with its rights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from hanse.actions import find_action, run
from hanse.actions.write import dumps
from hanse.audit.models import AuditEntry
from hanse.directory.models import User
from hanse.errors import BusinessError
from hanse.exchange.batch import versions
from hanse.exchange.importing import VIA, Tell, find_import, lock_import, quietly
from hanse.exchange.models import Import, ImportRow, ImportState, RowResult
from hanse.exchange.records import Fault
from hanse.exchange.staging import change, count_results, write_results
from hanse.exchange.targets import importable, update_of
from hanse.i18n import Label, _, format_moment
from hanse.models import Model, link_id
from hanse.security.permissions import model_name, verb

if TYPE_CHECKING:
    from hanse.actions import Context

_PIECE = 500
#: Record, stamp, audit entry, and what it held before, by the number of its row.
_Done = Mapping[int, tuple[int, int, int, Any]]


def undo(ctx: Context, batch: int, tell: Tell = quietly) -> None:
    """Undo an import in the transaction of ``ctx``: what came last first.

    What somebody has changed since, or uses, stays as it is, and its row says who or what stands against it.

    :raises BusinessError: there is nothing to undo
    :raises Forbidden: the person may not delete what was made, or not change what was changed
    """
    found = lock_for_undoing(ctx, batch)
    ctx.via = VIA
    model = importable(found.model)
    total = sum(int(str(found.counts.get(one.value, 0))) for one in (RowResult.CREATED, RowResult.UPDATED))
    done = 0
    for result in (RowResult.UPDATED, RowResult.CREATED):
        below: int | None = None
        while piece := _piece(ctx, batch, result, below):
            below = min(piece)
            stays = _changed_since(ctx, model, piece)
            able = {number: one for number, one in piece.items() if number not in stays}
            work = _restore if result is RowResult.UPDATED else _delete
            stays |= work(ctx, model, able)
            _keep(ctx, batch, list(piece), stays)
            done += len(piece)
            tell(done, total)
    kept = {"headings": found.counts.get("headings", 1)}
    change(ctx, batch, state=ImportState.UNDONE, counts=kept | count_results(ctx, batch))


def lock_for_undoing(ctx: Context, batch: int) -> Import:
    """Give an import that can be undone, for this transaction alone.

    :raises BusinessError: it was not done, or its rows are forgotten
    """
    found = find_import(ctx, batch)
    if found.state not in (ImportState.DONE, ImportState.UNDOING):
        raise BusinessError(_("Only what was imported can be undone."))
    found = lock_import(ctx, batch, ImportState.DONE, ImportState.UNDOING)
    if found.rows and ctx.session.scalar(select(ImportRow.id).where(ImportRow.batch_id == batch).limit(1)) is None:
        raise BusinessError(_("The rows of this import are forgotten, so it cannot be undone any more."))
    return found


def _piece(ctx: Context, batch: int, result: RowResult, below: int | None) -> dict[int, tuple[int, int, int, Any]]:
    query = (
        select(ImportRow.number, ImportRow.record, ImportRow.stamp, ImportRow.entry, ImportRow.before)
        .where(ImportRow.batch_id == batch, ImportRow.result == result, ImportRow.record.is_not(None))
        .order_by(ImportRow.number.desc())
        .limit(_PIECE)
    )
    if below is not None:
        query = query.where(ImportRow.number < below)
    return {
        number: (int(record or 0), int(stamp or 0), int(entry or 0), before)
        for number, record, stamp, entry, before in ctx.session.execute(query)
    }


def _changed_since(ctx: Context, model: type[Model], piece: _Done) -> dict[int, Label]:
    """Name rows whose record is not as the import left it, and who changed it."""
    now = versions(ctx, model, [one[0] for one in piece.values()])
    later = _later_entries(ctx, model, piece)
    stays: dict[int, Label] = {}
    for number, (record, stamp, _entry, _before) in piece.items():
        if record not in now:
            stays[number] = _("It has been deleted since.")
        elif number in later:
            at, who = later[number]
            when = format_moment(at, ctx.company.zone)
            stays[number] = _("%(who)s has changed it on %(when)s; it stays as it is.", who=who, when=when)
        elif now[record] != stamp:
            stays[number] = _("Somebody has changed it since; it stays as it is.")
    return stays


def _later_entries(ctx: Context, model: type[Model], piece: _Done) -> dict[int, tuple[datetime, str]]:
    """Give when and by whom records were changed after the import, as the audit tells it, also of their lines."""
    number_of = {record: number for number, (record, *_rest) in piece.items()}
    query = (
        select(AuditEntry.id, AuditEntry.record, AuditEntry.at, User.name)
        .join(User, User.id == link_id(AuditEntry.user))
        .where(
            AuditEntry.model == model_name(model),
            AuditEntry.record.in_(list(number_of)),
            AuditEntry.id > min(one[2] for one in piece.values()),
        )
        .order_by(AuditEntry.id)
    )
    return {
        number_of[record]: (at, who)
        for entry, record, at, who in ctx.session.execute(query)
        if entry > piece[number_of[record]][2]
    }


def _delete(ctx: Context, model: type[Model], able: _Done) -> dict[int, Label]:
    """Delete records, in halves where some are used; give why the others stay.

    :raises Forbidden: the person may not
    """
    delete = find_action(verb(model, "delete"))
    if delete is None:
        return dict.fromkeys(able, _("Records of this kind are never deleted."))
    ctx.require(delete.permission)
    stays: dict[int, Label] = {}
    parts = [list(able)] if able else []
    while parts:
        part = parts.pop()
        try:
            run(ctx, delete, [able[number][0] for number in part])
        except BusinessError as error:
            if len(part) == 1:
                stays[part[0]] = str(error)
            else:
                middle = len(part) // 2
                parts += [part[middle:], part[:middle]]
    return stays


def _restore(ctx: Context, model: type[Model], able: _Done) -> dict[int, Label]:
    """Give records the values they had; give why some stay.

    :raises Forbidden: the person may not
    """
    update = update_of(model)
    assert update is not None  # without it nothing was updated
    ctx.require(update.permission)
    stays: dict[int, Label] = {}
    for number, (record, _stamp, _entry, before) in able.items():
        try:
            run(ctx, update, [record], values=before)
        except BusinessError as error:
            stays[number] = str(error)
    return stays


def _keep(ctx: Context, batch: int, numbers: Sequence[int], stays: Mapping[int, Label]) -> None:
    gone = [number for number in numbers if number not in stays]
    write_results(ctx, batch, {"number": gone, "result": [RowResult.UNDONE.value] * len(gone)})
    errors = [dumps([Fault(label, row=number).stored()]) for number, label in stays.items()]
    write_results(ctx, batch, {"number": list(stays), "errors": errors})


__all__ = ["lock_for_undoing", "undo"]

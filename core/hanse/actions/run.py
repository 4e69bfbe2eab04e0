"""run(): the one door for every change.

It never commits: the request, the job or the command is the transaction.  A run() inside a run() is a savepoint; it
checks enablement, validation and locks but not the person's permission, and its audit entry names the outer one.
Locks are taken in one order: records by id, then balances by sorted key, number counters last.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import select

from hanse.actions import write
from hanse.actions.entries import Entries
from hanse.actions.flush import RUNNING
from hanse.actions.models import HeldAction, HeldState
from hanse.actions.params import convert_params, stored_params
from hanse.actions.records import FEW, Records, few, short_columns
from hanse.actions.registry import Action, find_action
from hanse.actions.write.made import Made
from hanse.addons import installed
from hanse.errors import BusinessError, Forbidden, NotFound, Stale, raise_all
from hanse.i18n import _
from hanse.models import Choice, Model
from hanse.security.clauses import company_clause, visible_clause
from hanse.security.permissions import model_name

if TYPE_CHECKING:
    from hanse.actions.context import Context

T = TypeVar("T", bound=Model)


@dataclass
class Run:
    """One run of an action and what it has changed so far."""

    action: Action[Any]
    outer: Run | None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    entries: Entries = field(default_factory=Entries)
    #: what it has inserted and deleted, by model
    made: list[tuple[str, Sequence[int]]] = field(default_factory=list[tuple[str, Sequence[int]]])
    gone: list[tuple[str, Sequence[int]]] = field(default_factory=list[tuple[str, Sequence[int]]])
    #: the records it works on, whose rows it has locked
    locked: Records[Any] | None = None
    #: it was held before and is released now, so nothing holds it again
    released: bool = False

    def note(self, model: str, record: int, changes: Mapping[str, Any]) -> None:
        """Remember what changed in a record; the first value a field had and the last it got."""
        self.entries.note(model, record, changes)

    def note_line(self, model: str, record: int, name: str, change: Mapping[str, Any]) -> None:
        """Remember what changed in a line that belongs to a record."""
        self.entries.note_line(model, record, name, change)

    def note_made(self, model: str, made: Made) -> None:
        """Remember what was inserted."""
        self.made.append((model, made.ids))
        self.entries.note_made(model, made)

    def note_gone(self, model: str, records: Mapping[int, Mapping[str, Any]]) -> None:
        """Remember what was deleted, with what it held."""
        self.gone.append((model, list(records)))
        for record, changes in records.items():
            self.note(model, record, changes)


@dataclass(frozen=True)
class Outcome:
    """What became of each record.

    :ivar done: ids
    :ivar held: ids that wait for a release
    :ivar refused: id → why
    :ivar result: what the action's function returned
    """

    done: tuple[int, ...] = ()
    held: tuple[int, ...] = ()
    refused: Mapping[int, BusinessError] = field(default_factory=dict[int, BusinessError])
    result: Any = None

    @property
    def id(self) -> int:
        """The id of the only record that was done, such as the one created."""
        (only,) = self.done
        return only


def run(
    ctx: Context,
    action: Action[T],
    records: Iterable[T | int] | Records[T] | None = None,
    *,
    partial: bool = False,
    revs: Sequence[int] | None = None,
    **params: Any,
) -> Outcome:
    """Do ``action`` on ``records`` with ``params``, in the transaction of ``ctx``.

    :param partial: go on without the records that are refused, and report them, instead of raising
    :param revs: the versions the person saw, one for each record; a newer one is refused as stale
    :raises Forbidden: the addon is off, or the permission is missing
    :raises NotFound: a record is not there, or not for this person
    :raises BusinessError: a parameter is wrong, or without ``partial`` a record is refused
    """
    return _start(ctx, action, records, params, partial=partial, revs=revs)


def _start(
    ctx: Context,
    action: Action[Any],
    records: Any,
    params: Mapping[str, Any],
    *,
    partial: bool = False,
    revs: Sequence[int] | None = None,
    released: bool = False,
) -> Outcome:
    outer, above = ctx.running, ctx.session.info.get(RUNNING)
    ctx.bind()
    _check_enabled(ctx, action, nested=outer is not None)
    if outer is None:
        if action.inner:
            raise Forbidden(_("This is part of other actions only."))
        ctx.require(action.permission)
    values = convert_params(ctx, action, params)
    this = Run(action, outer, released=released)
    # A savepoint for the outermost run too: nothing half-done is left to whoever catches its error.
    with ctx.session.begin_nested():
        ctx.running, ctx.session.info[RUNNING] = this, ctx
        try:
            return _run(ctx, action, records, values, partial=partial, revs=revs)
        finally:
            ctx.running, ctx.session.info[RUNNING] = outer, above


def _check_enabled(ctx: Context, action: Action[Any], *, nested: bool) -> None:
    on = ctx.enabled if nested else ctx.seen
    if action.addon not in on or action.model.__addon__ not in on:
        addon = installed().addons.get(action.addon)
        raise Forbidden(_("%(addon)s is not switched on here.", addon=addon.title if addon else action.addon))


def _run(
    ctx: Context, action: Action[T], given: Any, values: dict[str, Any], *, partial: bool, revs: Sequence[int] | None
) -> Outcome:
    records, refused = _lock(ctx, action, given, revs)
    if ctx.running is not None and not action.reads:
        ctx.running.locked = records
    refused |= _wrong_state(action, records, refused)
    general = _validated(ctx, action, records, values, refused)  # adds to refused, so it comes first
    errors = [*refused.values(), *general]
    if errors and (not partial or len(errors) > len(refused)):
        raise_all(errors)
    left = records.only(set(records.ids) - set(refused)) if refused else records
    held = _hold(ctx, action, left, values)
    if held:
        left = left.only(set(left.ids) - set(held))
    result = None
    done: Sequence[int] = left.ids
    if done or action.alone:
        result = action.function(ctx, left, **values)
        ctx.session.flush()
        if action.creates:
            done = cast("list[int]", result)
        _move(ctx, action, done)
    _finish(ctx, action, done)
    return Outcome(tuple(done), tuple(held), refused, result)


def _lock(
    ctx: Context, action: Action[T], given: Any, revs: Sequence[int] | None
) -> tuple[Records[T], dict[int, BusinessError]]:
    """Read and lock the records in the order of their ids.

    :raises NotFound: one of them is not there for this person
    """
    model = action.model
    ids = _ids(given)
    if not ids:
        return Records(ctx.session, model, ids=[]), {}
    nested = ctx.running is not None and ctx.running.outer is not None
    if revs is None and (held := _held_above(ctx, action, ids)) is not None:
        return held, {}
    condition = company_clause(ctx, model) if nested else visible_clause(ctx, model, action.permission)
    if not nested and not model.__shared__ and not action.reads:
        condition = condition & company_clause(ctx, model)
    names = short_columns(model) if len(ids) <= FEW else ()
    columns = few(model) if names else select(model.id, model.rev)
    query = columns.where(model.id.in_(ids), condition).order_by(model.id)
    if not action.reads:
        query = query.with_for_update(key_share=not (action.deletes or action.exclusive), of=model)
    rows = ctx.session.execute(query).all()
    found: dict[int, int] = {row[0]: row[1] for row in rows}
    missing = [record for record in ids if record not in found]
    if missing:
        raise NotFound(_("Record %(id)s is not there, or not for you.", id=missing[0]), record=missing[0])
    refused = _stale(ctx, model, ids, found, revs)
    if not action.reads:
        write.expire(ctx.session, model, ids)
    records = Records(ctx.session, model, ids=list(found) if not action.reads else ids)
    records.keep(names, {row[0]: row[2:] for row in rows})
    return records, refused


def _held_above(ctx: Context, action: Action[T], ids: Sequence[int]) -> Records[T] | None:
    """Give records that the run above has read and locked, if no row has changed since."""
    above = ctx.running.outer if ctx.running is not None else None
    locked = above.locked if above is not None else None
    if (
        locked is None
        or locked.model is not action.model
        or action.deletes
        or action.exclusive
        or not locked.are_fresh()
    ):
        return None
    return locked.only(ids) if set(ids) <= set(locked.ids) else None


def _ids(given: Any) -> list[int]:
    if given is None:
        return []
    if isinstance(given, Records):
        return list(given.ids)
    if isinstance(given, (Model, int)):
        given = [given]
    return list(dict.fromkeys(item.id if isinstance(item, Model) else item for item in given))


def _stale(
    ctx: Context, model: type[Model], ids: Sequence[int], found: Mapping[int, int], revs: Sequence[int] | None
) -> dict[int, BusinessError]:
    if revs is None:
        return {}
    stale = [record for record, rev in zip(ids, revs, strict=True) if found[record] != rev]
    message = _("Somebody changed this record after you opened it. Compare, then save again.")
    theirs = write.stored_values(ctx, model, stale) if stale else {}
    return {record: Stale(message, theirs=theirs[record], record=record) for record in stale}


def _wrong_state(
    action: Action[T], records: Records[T], refused: Mapping[int, BusinessError]
) -> dict[int, BusinessError]:
    if action.moves is None or not records:
        return {}
    starts, _end = action.moves
    states = cast("list[Choice]", records[getattr(action.model, action.state)])
    wrong: dict[int, BusinessError] = {}
    for record, state in zip(records.ids, states, strict=True):
        if state not in starts and record not in refused:
            wanted = " / ".join(str(start.label) for start in starts)
            message = _(
                "This is “%(state)s”; %(action)s needs “%(wanted)s”.",
                state=state.label,
                action=action.label,
                wanted=wanted,
            )
            wrong[record] = BusinessError(message, record=record)
    return wrong


def _validated(
    ctx: Context, action: Action[T], records: Records[T], values: Mapping[str, Any], refused: dict[int, BusinessError]
) -> list[BusinessError]:
    """Ask every addon; put errors about single records into ``refused`` and give the errors about all."""
    general: list[BusinessError] = []
    for answer in installed().call("validate", ctx.enabled, ctx=ctx, action=action, records=records, params=values):
        for error in answer:
            if error.record is None or error.record not in records.ids:
                general.append(error)
            else:
                refused.setdefault(error.record, error)
    return general


def _hold(ctx: Context, action: Action[T], records: Records[T], values: Mapping[str, Any]) -> list[int]:
    """Store the action for those records that must wait."""
    this = ctx.running
    if action.reads or action.hidden or action.private or (this is not None and this.released):
        return []
    waiting: set[int] = set()
    for answer in installed().call("hold", ctx.enabled, ctx=ctx, action=action, records=records, params=values):
        waiting |= set(answer)
    held = [record for record in records.ids if record in waiting]
    if held:
        revs = dict(zip(records.ids, records[action.model.rev], strict=True))
        ctx.insert(
            HeldAction,
            [
                {
                    "action": action.name,
                    "model": model_name(action.model),
                    "records": held,
                    "revs": [revs[record] for record in held],
                    "params": stored_params(values),
                    "requester": ctx.user.id,
                    "at": ctx.now,
                }
            ],
        )
    return held


def release(ctx: Context, held: HeldAction, requester: Context) -> Outcome:
    """Run a held action as the person who asked, ``requester``; called inside the action that decides.

    :raises Stale: a record has changed since, so what was agreed to is no longer there
    """
    action = find_action(held.action)
    if action is None:
        raise BusinessError(_("The action %(name)s no longer exists.", name=held.action))
    requester.running = ctx.running
    try:
        outcome = _start(requester, action, held.records, held.params, revs=held.revs, released=True)
    finally:
        requester.running = None
    write.update(ctx, HeldAction, [held.id], {"state": HeldState.RELEASED})
    return outcome


def _move(ctx: Context, action: Action[Any], done: Sequence[int]) -> None:
    """Set the state that the action ends in, unless its function has done so together with other fields."""
    this = ctx.running
    if action.moves is None or this is None:
        return
    end, name = action.moves[1], model_name(action.model)
    nowhere: dict[str, Any] = {}
    left = [
        record for record in done if this.entries.get((name, record), nowhere).get(action.state, (None,))[-1] != end
    ]
    write.update(ctx, action.model, left, {action.state: end})


def _finish(ctx: Context, action: Action[Any], done: Sequence[int]) -> None:
    """Write the audit, and put what follows the commit into the outbox."""
    this = ctx.running
    assert this is not None
    if this.entries and not action.reads:
        _write_audit(ctx, this)
    if (action.handlers and done) or (ctx.watched and not action.reads):
        from hanse.jobs.outbox import enqueue_events

        enqueue_events(ctx, this, done)


#: What all entries of a run share travels once; what changed as lines, each of which stays the text it is.
_AUDIT = """
    INSERT INTO core_audit (model, record, changes, run, outer_run, at, user_id, behalf_id, via, action, company_id)
    SELECT u.model, u.record, u.changes::json, %(run)s::text, %(outer_run)s::text, %(at)s::timestamptz,
           %(user_id)s::bigint, %(behalf_id)s::bigint, %(via)s::text, %(action)s::text, %(company_id)s::bigint
    FROM ROWS FROM (
        unnest(%(audit_models)s::text[]), unnest(%(audit_records)s::bigint[]),
        string_to_table(%(audit_changes)s::text, chr(10))
    ) AS u (model, record, changes)
"""


def _write_audit(ctx: Context, this: Run) -> None:
    params: dict[str, Any] = {
        "run": this.id,
        "outer_run": this.outer.id if this.outer else None,
        "at": ctx.now,
        "user_id": ctx.user.id,
        "behalf_id": ctx.behalf.id if ctx.behalf else None,
        "via": ctx.via,
        "action": this.action.name,
        "company_id": ctx.company.id,
        "audit_models": write.array([model for model, _record in this.entries]),
        "audit_records": write.array([record for _model, record in this.entries]),
        "audit_changes": this.entries.lines(),
    }
    if len(this.entries) == sum(len(records) for _model, records in this.made):  # nobody can follow what was not there
        write.execute(ctx.session, _AUDIT, params)
        return
    made = {(model, record) for model, records in this.made for record in records}
    changed = {pair: this.entries[pair] for pair in this.entries if pair not in made}
    from hanse.work.following import write_and_tell  # it has actions of its own

    write_and_tell(ctx, this, _AUDIT, params, changed)


__all__ = ["Outcome", "Run", "release", "run"]

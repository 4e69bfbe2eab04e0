"""Move what leads to merged records to the one that goes on; back again when the merge is undone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import select

from hanse.actions import write
from hanse.actions.registry import action
from hanse.actions.values import convert
from hanse.addons import installed
from hanse.i18n import _
from hanse.life.models import Merge, MergeMove
from hanse.life.plans import Place, contexts, movable, places_of, staying
from hanse.models import Field, Kind, Model
from hanse.security.permissions import model_name
from hanse.work.records import model_called

if TYPE_CHECKING:
    from hanse.actions import Context, Records

Changes = dict[tuple[str, int], dict[str, list[Any]]]


@action(
    Merge,
    name="move",
    label=_("References moved by a merge"),
    permission="core.merge.move",
    creates=True,
    hidden=True,
    private=True,
    inner=True,
)
def move(
    ctx: Context, merges: Records[Merge], *, merge: int, model: str, survivor: int, losers: list[int], home: int
) -> list[int]:
    """Let what leads to ``losers`` lead to ``survivor``, in one company; give the ids of what was changed.

    :param home: the company in which the duplicates are merged; what is common to all companies is moved there
    """
    target = model_called(model)
    is_home = ctx.company.id == home
    changes: Changes = {}
    moved: dict[str, list[int]] = {}
    for place in places_of(target):
        if place.is_scoped or is_home:
            ids = _move_place(ctx, place, target, survivor, losers, changes)
            if ids:
                moved.setdefault(model_name(place.model), []).extend(ids)
    if not is_home:
        _fill_up(ctx, target, survivor, losers, changes)
    installed().call("merged", ctx.enabled, ctx=ctx, model=target, survivor=survivor, losers=tuple(losers), moved=moved)
    ctx.session.flush()
    _take_noted(ctx, changes)
    remember(ctx, merge, changes)
    return [record for ids in moved.values() for record in ids]


def move_everywhere(ctx: Context, merge: int, model: type[Model], survivor: int, losers: Sequence[int]) -> int:
    """Move references in every company that may have some; give how many."""
    params: dict[str, Any] = {
        "merge": merge,
        "model": model_name(model),
        "survivor": survivor,
        "losers": list(losers),
        "home": ctx.company.id,
    }
    count = 0
    for one in contexts(ctx, model):
        count += len(one.run(move, **params).result)
    ctx.bind()
    return count


def _move_place(
    ctx: Context, place: Place, target: type[Model], survivor: int, losers: Sequence[int], changes: Changes
) -> list[int]:
    query = select(place.key, place.column).where(movable(ctx, place, target, survivor, losers)).order_by(place.key)
    held: dict[int, int] = {row[0]: row[1] for row in ctx.session.execute(query)}
    if not held:
        return []
    stay = staying(ctx, place, target, survivor, losers)
    ids = [record for record in held if record not in stay]
    write.update(ctx, place.model, ids, {place.field.name: survivor})
    for record in ids:
        _note(changes, place.model, record, place.field.name, held[record], survivor)
    return ids


def _note(changes: Changes, model: type[Model], record: int, name: str, before: Any, after: Any) -> None:
    changes.setdefault((model_name(model), record), {})[name] = [before, after]


def _fill_up(ctx: Context, target: type[Model], survivor: int, losers: Sequence[int], changes: Changes) -> None:
    """Give the survivor what another company keeps of a merged record, where it keeps nothing of the survivor."""
    fields = [one for one in target.__fields__.values() if one.per_company]
    if not fields:
        return
    values = read_values(ctx, target, [survivor, *losers], fields)
    fresh: dict[str, Any] = {}
    for field in fields:
        known = [values[record][field.name] for record in losers if values[record][field.name] is not None]
        if values[survivor][field.name] is None and known:
            fresh[field.name] = known[0]
            _note(changes, target, survivor, field.name, None, known[0])
    write.update(ctx, target, [survivor], fresh)


def _take_noted(ctx: Context, changes: Changes) -> None:
    """Add what hooks have changed, as the audit has noted it."""
    assert ctx.running is not None
    for (name, record), noted in ctx.running.entries.items():
        for field, change in noted.items():
            pair = cast("list[Any]", change)
            if isinstance(change, list) and len(pair) == 2 and not isinstance(pair[0], dict):
                changes.setdefault((name, record), {}).setdefault(field, pair)


def read_values(
    ctx: Context, model: type[Model], ids: Sequence[int], fields: Iterable[Field]
) -> dict[int, dict[str, Any]]:
    """Give the stored values of records, as far as these are there."""
    wanted = list(fields)
    columns = [getattr(model, one.column) for one in wanted]
    ctx.bind()
    rows = ctx.session.execute(select(model.id, *columns).where(model.id.in_(list(ids))))
    return {row[0]: {one.name: value for one, value in zip(wanted, row[1:], strict=True)} for row in rows}


def remember(ctx: Context, merge: int, changes: Changes) -> None:
    """Keep what a merge has changed in the company of ``ctx``."""
    if not changes:
        return
    columns: dict[str, list[Any]] = {
        "merge": [merge] * len(changes),
        "model": [name for name, _record in changes],
        "record": [record for _name, record in changes],
        "changes": [write.dumps(one) for one in changes.values()],
    }
    ctx.bind()
    write.insert_columns(ctx.session, MergeMove.__table__, columns, {"company_id": ctx.company.id})


# --- back -------------------------------------------------------------------------------------------------------------


@action(
    Merge,
    name="move_back",
    label=_("References moved back"),
    permission="core.merge.move",
    creates=True,
    hidden=True,
    private=True,
    inner=True,
)
def move_back(ctx: Context, merges: Records[Merge], *, merge: int) -> list[int]:
    """Give records of one company back what a merge has changed in them, where that still stands.

    The run's notes name the rest; gives the ids of the moves that could not be taken back.
    """
    query = (
        select(MergeMove.id, MergeMove.model, MergeMove.record, MergeMove.changes)
        .where(MergeMove.company_id == ctx.company.id, MergeMove.merge == merge)
        .order_by(MergeMove.id.desc())
    )
    moves: dict[str, dict[int, tuple[int, dict[str, Any]]]] = {}
    left: list[int] = []
    for number, name, record, changed in ctx.session.execute(query):
        known = moves.setdefault(name, {}).get(record)
        # A straggler was moved by a second look: what the first one replaced is what it had.
        moves[name][record] = (number, changed if known is None else {**known[1], **_joined(known[1], changed)})
    for name, records in moves.items():
        left += _restore(ctx, model_called(name), records)
    return left


def _joined(later: Mapping[str, Any], earlier: Mapping[str, Any]) -> dict[str, Any]:
    return {name: [change[0], later[name][1] if name in later else change[1]] for name, change in earlier.items()}


def _restore(ctx: Context, model: type[Model], records: Mapping[int, tuple[int, Mapping[str, Any]]]) -> list[int]:
    """Write back what still stands; give the moves of which something does not."""
    names = dict.fromkeys(name for _number, changed in records.values() for name in changed)
    fields = [model.__fields__[name] for name in names if name in model.__fields__]
    lock = select(model.id).where(model.id.in_(list(records))).order_by(model.id)
    ctx.session.execute(lock.with_for_update(key_share=True, of=model))
    now = read_values(ctx, model, list(records), fields)
    alike: dict[tuple[str, ...], list[tuple[int, dict[str, Any]]]] = {}
    left: list[int] = []
    for record, (number, changed) in records.items():
        back = {
            field.name: _stored(field, changed[field.name][0])
            for field in fields
            if field.name in changed
            and record in now
            and now[record][field.name] == _stored(field, changed[field.name][1])
        }
        if len(back) < len(changed):
            left.append(number)
        if back:
            alike.setdefault(tuple(back), []).append((record, back))
    for columns, members in alike.items():
        members.sort(key=lambda member: member[0])
        values = {name: write.Each([back[name] for _record, back in members]) for name in columns}
        write.update(ctx, model, [record for record, _back in members], values)
    return left


def _stored(field: Field, value: Any) -> Any:
    """Give a value of JSON as its field holds it."""
    return value if field.kind in (Kind.STRUCTURE, Kind.FILE) else convert(field, value)


def back_everywhere(ctx: Context, merge: int, model: type[Model]) -> list[list[object]]:
    """Take a merge back in every company; give model and id of each record in which something stays as it is."""
    left: list[list[object]] = []
    for one in contexts(ctx, model):
        numbers = one.run(move_back, merge=merge).result
        one.bind()
        query = select(MergeMove.model, MergeMove.record).where(MergeMove.id.in_(numbers)).order_by(MergeMove.id)
        left += [list[object]((name, record)) for name, record in one.session.execute(query)]
    ctx.bind()
    return left


__all__ = ["back_everywhere", "move", "move_back", "move_everywhere", "read_values", "remember"]

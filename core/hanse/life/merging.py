"""Merge duplicates: one record goes on, what led to the others leads to it, and they stay as archived forerunners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import ColumnElement, select
from sqlalchemy import delete as sql_delete

from hanse.actions import write
from hanse.actions.registry import Action, action, find_action
from hanse.errors import BusinessError, raise_all
from hanse.i18n import _
from hanse.life import settling
from hanse.life.merged import survivors
from hanse.life.models import Merge, Merged, MergeState
from hanse.life.moving import back_everywhere, move_everywhere, read_values, remember
from hanse.life.plans import collisions, contexts, merged_values
from hanse.models import Field, Kind, Model, Unique
from hanse.screens.names import names_of
from hanse.security.clauses import visible_clause, writable
from hanse.security.permissions import model_name, verb
from hanse.work.records import model_called

if TYPE_CHECKING:
    from hanse.actions import Context, Records

#: So many records are merged at a time at most.
MOST = 20
_NOT_CHOSEN = frozenset({Kind.LINES, Kind.STRUCTURE})


def register(model: type[Model]) -> list[Action[Any]]:
    """Give a model whose duplicates may be merged the action for it."""
    if not is_mergeable(model) or find_action(f"{model_name(model)}.merge") is not None:
        return []
    made = action(
        model,
        name="merge",
        label=_("Merge duplicates"),
        permission=verb(model, "merge"),
        icon="arrows-join",
        exclusive=True,
        page="merge",
        done=_("%(count)s records merged."),
        labels={"survivor": _("Goes on"), "values": _("Whose values win")},
    )
    return [made(merge)]


def is_mergeable(model: type[Model]) -> bool:
    """Tell whether duplicates of a model may be merged."""
    return model.__archive__ is not None and model.__archive__.mergeable


def choosable(ctx: Context, model: type[Model]) -> list[Field]:
    """Give the fields of which a person may choose whose value wins; what no two records share is none of them."""
    alone = {rule.fields[0] for rule in model.__rules__ if isinstance(rule, Unique) and len(rule.fields) == 1}
    return [
        one
        for one in model.__fields__.values()
        if one.kind not in _NOT_CHOSEN
        and one.rule is None
        and one.name not in alone
        and not (not one.per_company and model.__table__.c[one.column].unique)
        and writable(ctx, one)
    ]


def merge(ctx: Context, records: Records[Any], *, survivor: int, values: dict[str, Any] | None = None) -> None:
    """Merge records into one of them.

    Every reference the database knows is moved, as far as its rows may change; the others stay, archived, and whoever
    asks for them is led to the survivor.

    :param survivor: id of the record that goes on
    :param values: field → id of the record whose value wins; else the survivor's, else the first that is filled in
    :raises BusinessError: one was merged before, or something else stands against it; nothing is changed then
    """
    model, losers = records.model, [one for one in records.ids if one != survivor]
    _refuse(ctx, records, survivor, losers)
    chosen = _chosen(ctx, records, values or {})
    raise_all([error for one in contexts(ctx, model) for error in collisions(one, model, survivor, losers)])
    ctx.bind()
    number = _note_merge(ctx, records, survivor, losers)
    rows = {"record": losers, "survivor": [survivor] * len(losers), "merge": [number] * len(losers)}
    write.insert_columns(ctx.session, Merged.__table__, rows | {"model": [model_name(model)] * len(losers)})
    count = move_everywhere(ctx, number, model, survivor, losers)
    _take_values(ctx, model, number, (survivor, losers), chosen)
    _archive(ctx, model, number, losers)
    ctx.update([number], Merge, {"moved": count})
    assert ctx.running is not None
    ctx.running.note(model_name(model), survivor, {"merge": [None, number]})
    for loser in losers:
        ctx.running.note(model_name(model), loser, {"merged_into": [None, survivor]})
    settling.follow(ctx, number)


def _refuse(ctx: Context, records: Records[Any], survivor: int, losers: Sequence[int]) -> None:
    if survivor not in records.ids or not losers:
        raise BusinessError(_("Choose two records or more, and which of them goes on."), field="survivor")
    if len(records.ids) > MOST:
        raise BusinessError(_("Merge at most %(most)s records at a time.", most=MOST))
    gone = survivors(ctx, records.model, records.ids)
    names = names_of(ctx, records.model, {*gone, *gone.values()})
    raise_all(
        [
            BusinessError(
                _("“%(name)s” was merged into “%(other)s” already.", name=names.get(one), other=names.get(into)),
                record=one,
            )
            for one, into in gone.items()
        ]
    )
    archive = records.model.__archive__
    assert archive is not None
    in_use = read_values(ctx, records.model, [survivor], [archive])
    if not in_use[survivor][archive.name]:
        raise BusinessError(_("What goes on must be in use; restore it first, or choose another."), field="survivor")


def _chosen(ctx: Context, records: Records[Any], values: Mapping[str, Any]) -> dict[str, int]:
    """Check whose values are to win.

    :raises BusinessError: there is no such field to choose, or no such record among them
    """
    known = {one.name: one for one in choosable(ctx, records.model)}
    for name, record in values.items():
        if name not in known:
            raise BusinessError(_("%(field)s cannot be chosen when merging.", field=name), field="values")
        if not isinstance(record, int) or record not in records.ids:
            raise BusinessError(
                _("%(field)s: choose one of the merged records.", field=known[name].label), field="values"
            )
    return {name: int(record) for name, record in values.items()}


def _note_merge(ctx: Context, records: Records[Any], survivor: int, losers: Sequence[int]) -> int:
    names = names_of(ctx, records.model, [survivor])
    row = {
        "model": model_name(records.model),
        "record": survivor,
        "title": names.get(survivor, str(survivor))[:400],
        "losers": list(losers),
        "user": ctx.user.id,
        "at": ctx.now,
    }
    return ctx.insert(Merge, [row])[0]


def _take_values(
    ctx: Context, model: type[Model], number: int, merged: tuple[int, Sequence[int]], chosen: Mapping[str, int]
) -> None:
    """Give the survivor the values that win, by the model's own update, and remember what it held."""
    survivor, losers = merged
    fields = choosable(ctx, model)
    values = read_values(ctx, model, [survivor, *losers], fields)
    ordered = {record: values[record] for record in (survivor, *losers)}
    winners = merged_values(fields, ordered, survivor, chosen)
    own = [one for one in model.__fields__.values() if one.kind is Kind.LINK and one.target is model]
    fresh = {
        name: values[winner][name]
        for name, winner in winners.items()
        if values[winner][name] != values[survivor][name]
        and not (model.__fields__[name] in own and values[winner][name] in (survivor, *losers))
    }
    kept = [one for one in model.__fields__.values() if one.kind is not Kind.LINES]
    before = read_values(ctx, model, [survivor], kept)[survivor]
    for field in own:
        if before[field.name] in losers and field.name not in fresh:
            fresh[field.name] = None  # nobody works for themselves
    if not fresh:
        return
    update = find_action(verb(model, "update"))
    if update is not None:
        ctx.run(update, [survivor], values=fresh)
    else:
        ctx.update([survivor], model, fresh)
    ctx.session.flush()
    after = read_values(ctx, model, [survivor], kept)[survivor]
    changed = {name: [value, after[name]] for name, value in before.items() if value != after[name]}
    if changed:
        remember(ctx, number, {(model_name(model), survivor): changed})


def _archive(ctx: Context, model: type[Model], number: int, losers: Sequence[int]) -> None:
    field = model.__archive__
    assert field is not None
    in_use = read_values(ctx, model, losers, [field])
    ctx.update(losers, model, {field.name: False})
    changes = {
        (model_name(model), record): {field.name: [True, False]} for record in losers if in_use[record][field.name]
    }
    remember(ctx, number, cast("Any", changes))


# --- undoing ----------------------------------------------------------------------------------------------------------


@action(
    Merge,
    name="undo",
    label=_("Undo merge"),
    permission="core.merge.undo",
    icon="arrow-back-up",
    confirm=_("Take this merge back? What was changed since stays as it is, and is listed."),
    done=_("%(count)s merges undone."),
    offered=lambda merge: merge.state is MergeState.DONE,
)
def undo(ctx: Context, merges: Records[Merge]) -> None:
    """Let everything lead where it led before the merge, the later of several first; what changed since stays.

    :raises Forbidden: the person may not merge such records
    :raises BusinessError: it is undone already, or what goes on was itself merged later
    """
    for one in sorted(merges, key=lambda found: -found.id):
        _undo(ctx, one)


def _undo(ctx: Context, one: Merge) -> None:
    model, name = model_called(one.model), one.model
    ctx.require(verb(model, "merge"))
    number, survivor = one.id, one.record
    records = sorted([survivor, *one.losers])
    lock = select(model.id).where(model.id.in_(records), _mine(ctx, model)).order_by(model.id)
    there = set(ctx.session.scalars(lock.with_for_update(of=model)))
    if one.state is not MergeState.DONE:
        raise BusinessError(_("This merge is undone already."), record=number)
    if survivor not in there:
        raise BusinessError(_("The record that went on is not there any more, or not for you."), record=number)
    later = survivors(ctx, model, [survivor])
    if later:
        other = names_of(ctx, model, later.values()).get(later[survivor], "")
        message = _(
            "“%(name)s” was itself merged into “%(other)s” later. Undo that first.", name=one.title, other=other
        )
        raise BusinessError(message, record=number)
    left = back_everywhere(ctx, number, model)
    ctx.session.execute(sql_delete(Merged).where(Merged.merge == number, Merged.model == name))
    values = {"state": MergeState.UNDONE, "undone_by": ctx.user.id, "undone_at": ctx.now}
    ctx.update([number], Merge, values | {"left": left})
    assert ctx.running is not None
    for record in there:
        ctx.running.note(name, record, {"merge": [number, None]})


def _mine(ctx: Context, model: type[Model]) -> ColumnElement[bool]:
    return visible_clause(ctx, model, verb(model, "merge"))


__all__ = ["MOST", "choosable", "is_mergeable", "merge", "register", "undo"]

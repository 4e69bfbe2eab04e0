"""A batch of drafts becomes records: through run(), as the person, few statements for many, every error by its row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.exc import DBAPIError

from hanse.actions import Action, run
from hanse.actions.write import array, execute
from hanse.database.session import is_transient
from hanse.errors import BusinessError
from hanse.exchange.mapping import ColumnMap
from hanse.exchange.models import RowResult
from hanse.exchange.records import Draft, Fault, Records, Row
from hanse.exchange.targets import Targets, create_of, needed, targets_of, update_of
from hanse.i18n import Label, _
from hanse.models import Field, Kind, Model, Unique
from hanse.models.build import back_link
from hanse.security.clauses import company_clause, visible_clause

if TYPE_CHECKING:
    from hanse.actions import Context

#: The SQLSTATE classes of data that does not fit, and of constraints: the row's fault, not the server's.
_OF_DATA = ("22", "23")

#: The last id given to an audit entry.  Entries of the records at hand that others write later have higher ones: others
#: wait for the lock of the row, or do not see it yet.
_LAST_ENTRY = "SELECT coalesce(pg_sequence_last_value('core_audit_id_seq'), 0)"


class Batch:
    """Makes and changes records of one model for one import."""

    def __init__(self, ctx: Context, model: type[Model], mapping: ColumnMap, width: int) -> None:
        self.ctx = ctx
        self.model = model
        self.mapping = mapping
        self.targets: Targets = targets_of(ctx, model)
        self.records = Records(ctx, model, self.targets, mapping, width)
        self._create, self._update = create_of(model), update_of(model)
        self._needed = needed(model)
        self._keys = [model.__fields__[path] for path in mapping.match]
        self._uniques = list(_uniques(model))
        self._revs: dict[int, int] = {}

    @property
    def links_to_itself(self) -> bool:
        """Whether rows may name records that other rows make, so that their order matters."""
        paths = [self.targets[path] for path in self.mapping.paths if path in self.targets]
        return any(one.field.target is self.model for one in paths)

    def do(self, records: Sequence[Sequence[Row]]) -> tuple[list[Draft], list[Draft]]:
        """Read rows into drafts and do them; give those that are done with, and those that wait for later records."""
        drafts = [self.records.read(rows) for rows in records]
        return self.settle(drafts, last=False) if self.links_to_itself else self.settle(drafts, last=True)

    def settle(self, drafts: Sequence[Draft], *, last: bool) -> tuple[list[Draft], list[Draft]]:
        """Do drafts, in waves where some name what others make.

        :param last: nothing more comes that could make what is still missing
        """
        waiting, done = list(drafts), list[Draft]()
        while waiting:
            left = self.records.follow(waiting, last=False)
            behind = {id(one) for one in left}
            ready = [one for one in waiting if id(one) not in behind]
            if not ready:
                if not last:
                    return done, left
                self.records.follow(left, last=True)
                ready, left = left, []
            self._do_ready(ready)
            done += ready
            waiting = left
            if left:
                self.records.links.forget_unknown(self.model)
        return done, []

    def _do_ready(self, drafts: Sequence[Draft]) -> None:
        good = [one for one in drafts if one.result is None]
        there = self._find(good)
        fresh = [one for one in good if one.result is None and one.record is None]
        old = [one for one in good if one.result is None and one.record is not None]
        self._refuse_incomplete(fresh)
        self._refuse_clashes([one for one in fresh if one.result is None])
        self._create_all([one for one in fresh if one.result is None])
        self._update_all(old, there)
        self._stamp([one for one in good if one.result in (RowResult.CREATED, RowResult.UPDATED)])

    # --- finding what is there

    def _find(self, drafts: Sequence[Draft]) -> dict[int, dict[str, Any]]:
        """Find the records that drafts mean by their keys; give what these hold now of what the drafts say."""
        keyed: dict[tuple[Any, ...], list[Draft]] = {}
        for draft in drafts:
            key = tuple(draft.values.get(one.name) for one in self._keys)
            if self._keys and all(value is not None for value in key):
                keyed.setdefault(key, []).append(draft)
        if not keyed:
            return {}
        names = dict.fromkeys(name for draft in drafts for name in draft.values)
        plain = [self.model.__fields__[name] for name in names if self.model.__fields__[name].kind is not Kind.LINES]
        where = (_among(self.model, self._keys, list(keyed)), visible_clause(self.ctx, self.model))
        columns = [getattr(self.model, one.column) for one in (*self._keys, *plain)]
        query = select(self.model.id, self.model.rev, *columns)
        query = query.where(*where, company_clause(self.ctx, self.model))
        found: dict[tuple[Any, ...], list[int]] = {}
        there: dict[int, dict[str, Any]] = {}
        for record, rev, *values in self.ctx.session.execute(query):
            found.setdefault(tuple(values[: len(self._keys)]), []).append(record)
            there[record] = dict(zip([one.name for one in plain], values[len(self._keys) :], strict=True))
            self._revs[record] = rev
        for key, same in keyed.items():
            self._assign_found(same, found.get(key, []))
        return there

    def _assign_found(self, drafts: Sequence[Draft], found: Sequence[int]) -> None:
        for draft in drafts:
            if len(found) == 1:
                draft.record = found[0]
            elif found:
                ids = ", ".join(f"id:{one}" for one in found[:5])
                message = _("Several records have this key (%(ids)s). Choose a key that only one record has.", ids=ids)
                draft.refuse(self._fault(message, self._keys[0].name, draft))

    # --- making

    def _refuse_incomplete(self, drafts: Sequence[Draft]) -> None:
        may = self._create is not None and self.ctx.may(self._create.permission)
        for draft in drafts:
            if not may:
                draft.refuse(Fault(_("There is no such record, and you may not make new ones.")))
            for one in self._needed:
                if draft.values.get(one.name) is None:
                    draft.refuse(self._fault(_("%(field)s is missing.", field=one.label), one.name, draft))

    def _refuse_clashes(self, drafts: Sequence[Draft]) -> None:
        """Name the rows that would break a rule of uniqueness, all at once."""
        for fields, error in self._uniques:
            keys: dict[tuple[Any, ...], list[Draft]] = {}
            for draft in drafts:
                key = tuple(draft.values.get(one.name) for one in fields)
                if all(value is not None for value in key):
                    keys.setdefault(key, []).append(draft)
            if not keys:
                continue
            columns = [getattr(self.model, one.column) for one in fields]
            where = (_among(self.model, fields, list(keys)), company_clause(self.ctx, self.model))
            there = {tuple(row) for row in self.ctx.session.execute(select(*columns).where(*where))}
            for key, same in keys.items():
                for draft in same if key in there else same[1:]:
                    draft.refuse(self._fault(error, fields[0].name, draft))

    def _create_all(self, drafts: Sequence[Draft]) -> None:
        """Make records in one run; where that fails without saying for which row, in halves."""
        parts = [list(drafts)] if drafts else []
        while parts:
            part = parts.pop()
            assert self._create is not None
            error = self._try(self._create, None, part, values=[one.values for one in part])
            if error is None:
                continue
            named = self._blame(error, part)
            if not named and len(part) > 1 and error.status != 403:
                middle = len(part) // 2
                parts += [part[middle:], part[:middle]]
            elif not named:
                for draft in part:
                    self._blame_whole(error, draft)
            elif left := [one for one in part if one.result is None]:
                parts.append(left)

    def _try(
        self, action: Action[Any], records: list[int] | None, drafts: Sequence[Draft], **params: Any
    ) -> BusinessError | None:
        """Run an action for drafts; give what it refuses."""
        try:
            outcome = run(self.ctx, action, records, **params)
        except BusinessError as error:
            return error
        except DBAPIError as error:
            state = getattr(error.orig, "sqlstate", None) or ""
            if is_transient(error) or not state.startswith(_OF_DATA):
                raise
            return BusinessError(_("The database does not take this (%(state)s).", state=state))
        if action.creates:
            for draft, record in zip(drafts, outcome.done, strict=True):
                draft.record, draft.result = record, RowResult.CREATED
        else:
            for draft in drafts:
                draft.result = RowResult.HELD if draft.record in outcome.held else RowResult.UPDATED
        return None

    def _blame(self, error: BusinessError, part: Sequence[Draft]) -> bool:
        """Note errors that name a row at these rows; tell whether any did."""
        named = False
        for one in error.each():
            head, _dot, rest = (one.field or "").partition(".")
            if len(part) == 1:
                part[0].refuse(self._fault(one.message, one.field or "", part[0]))
                named = True
            elif head.isdigit() and int(head) < len(part):
                draft = part[int(head)]
                draft.refuse(self._fault(one.message, rest, draft))
                named = True
        return named

    def _blame_whole(self, error: BusinessError, draft: Draft) -> None:
        for one in error.each():
            draft.refuse(self._fault(one.message, one.field or "", draft))

    def _fault(self, message: Label, name: str, draft: Draft) -> Fault:
        """Say what is wrong with a field, named as actions name it: ``name`` or ``addresses.0.street``."""
        parts = name.split(".")
        row, path = draft.number, name
        if len(parts) > 1 and parts[1].isdigit():
            rows = draft.line_rows.get(parts[0], [])
            row = rows[int(parts[1])] if int(parts[1]) < len(rows) else row
            path = ".".join([parts[0], *parts[2:]])
        label = self.targets[path].label if path in self.targets else ""
        value = draft.values.get(path)
        return Fault(message, path, label, "" if value is None or isinstance(value, list) else str(value), row)

    # --- changing

    def _update_all(self, drafts: Sequence[Draft], there: Mapping[int, Mapping[str, Any]]) -> None:
        lines = self._lines_there(drafts)
        for draft in drafts:
            record = draft.record
            assert record is not None
            changed, before = _differences(self.model, draft, there[record], lines.get(record, {}))
            if not changed:
                draft.result = RowResult.UNCHANGED
                continue
            draft.before = before
            if self._update is None:
                draft.refuse(Fault(_("Records of this kind are not changed by an import.")))
            elif (error := self._try(self._update, [record], [draft], values=changed)) is not None:
                self._blame(error, [draft])

    def _lines_there(self, drafts: Sequence[Draft]) -> dict[int, dict[str, list[dict[str, Any]]]]:
        """Read the lines that records have, of the fields that drafts say something of."""
        found: dict[int, dict[str, list[dict[str, Any]]]] = {}
        for name in dict.fromkeys(name for draft in drafts for name in draft.line_rows):
            field = self.model.__fields__[name]
            assert field.target is not None
            owner = getattr(field.target, back_link(field).column)
            ids = [draft.record for draft in drafts if name in draft.line_rows]
            named = dict.fromkeys(inner for draft in drafts for line in draft.values.get(name, ()) for inner in line)
            columns = [getattr(field.target, field.target.__fields__[inner].column) for inner in named]
            query = select(owner, field.target.id, *columns).where(owner.in_(ids)).order_by(field.target.id)
            for record, line, *values in self.ctx.session.execute(query):
                lines = found.setdefault(record, {}).setdefault(name, [])
                lines.append({"id": line, **dict(zip(named, values, strict=True))})
        return found

    # --- what undoing needs to know

    def _stamp(self, drafts: Sequence[Draft]) -> None:
        """Note the version of each record, and the last audit entry: later ones of these records tell of others."""
        by_record = {draft.record: draft for draft in drafts if draft.record is not None}
        if by_record:
            ((entry,),) = execute(self.ctx.session, _LAST_ENTRY, {})
            for record, stamp in versions(self.ctx, self.model, list(by_record)).items():
                draft = by_record[record]
                draft.stamp, draft.entry = stamp, entry
                same = draft.result is RowResult.UPDATED and stamp == self._revs[record]
                if same and not set(draft.line_rows) & set(draft.before or ()):
                    draft.result, draft.before = RowResult.UNCHANGED, None  # the addon writes it as it was: +49 30 …
        self._revs.clear()


def versions(ctx: Context, model: type[Model], ids: Sequence[int]) -> dict[int, int]:
    """Give the version of each record that is there."""
    sql = f"SELECT id, rev FROM {model.__tablename__} WHERE id = ANY(%(ids)s::bigint[])"  # noqa: S608  our own name
    return {record: rev for record, rev in execute(ctx.session, sql, {"ids": array(ids)})}


def _uniques(model: type[Model]) -> Iterator[tuple[list[Field], Label]]:
    """Give the rules of uniqueness that hold for every record, with what breaking them is called."""
    for rule in model.__rules__:
        if isinstance(rule, Unique) and rule.where is None and not isinstance(rule.error, type):
            yield [model.__fields__[name] for name in rule.fields], rule.error
    for one in model.__fields__.values():
        if one.column in model.__table__.c and model.__table__.c[one.column].unique:
            yield [one], _("%(field)s: there is one already.", field=one.label)


def _among(model: type[Model], fields: Sequence[Field], keys: list[tuple[Any, ...]]) -> ColumnElement[bool]:
    columns = [getattr(model, one.column) for one in fields]
    if len(columns) == 1:
        condition: ColumnElement[bool] = columns[0].in_([key[0] for key in keys])
        return condition
    return tuple_(*columns).in_(keys)


def _differences(
    model: type[Model], draft: Draft, there: Mapping[str, Any], lines: Mapping[str, list[dict[str, Any]]]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give what a draft changes in a record, and what that held before; lines are added, none is taken away."""
    changed: dict[str, Any] = {}
    before: dict[str, Any] = {}
    for name, value in draft.values.items():
        if model.__fields__[name].kind is Kind.LINES:
            own = lines.get(name, [])
            added = [line for line in value if not any(line.items() <= one.items() for one in own)]
            if added:
                changed[name] = [*({"id": one["id"]} for one in own), *added]
                before[name] = [{"id": one["id"]} for one in own]
        elif there[name] != value:
            changed[name], before[name] = value, there[name]
    return changed, before


__all__ = ["Batch", "versions"]

"""create, update and delete, for every model that has none of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import select

from hanse.actions import write
from hanse.actions.records import Records
from hanse.actions.registry import Action, action, find_action
from hanse.errors import BusinessError, Forbidden
from hanse.i18n import _
from hanse.models import AppendOnly, Field, Kind, Model, declared_models
from hanse.security.clauses import company_clause, visible_clause, writable
from hanse.security.permissions import model_name, verb

if TYPE_CHECKING:
    from hanse.actions.context import Context

T = TypeVar("T", bound=Model)
#: No id is as large; the database would not even compare it.
_BEYOND = 2**63


def register_all() -> None:
    """Give each model the general actions it lacks; called once every addon's own actions are known.

    What is part of another record changes with that record only, so that its rules hold.
    """
    parts = {field.target for model in declared_models for field in model.__fields__.values() if field.owned}
    for model in declared_models:
        if model.__general__ and model.__audited__ and model not in parts and not _only_grows(model):
            _register(model)


def _only_grows(model: type[Model]) -> bool:
    return any(isinstance(rule, AppendOnly) for rule in model.__rules__)


def _register(model: type[T]) -> None:
    name = model_name(model)
    if find_action(f"{name}.create") is None:
        _owned(
            model,
            action(model, name="create", label=_("New"), permission=verb(model, "create"), creates=True, hidden=True)(
                create
            ),
        )
    if find_action(f"{name}.update") is None:
        _owned(
            model, action(model, name="update", label=_("Save"), permission=verb(model, "update"), hidden=True)(update)
        )
    if find_action(f"{name}.delete") is None:
        question = _("Delete for good?")
        _owned(
            model,
            action(
                model,
                name="delete",
                label=_("Delete"),
                permission=verb(model, "delete"),
                deletes=True,
                confirm=question,
                icon="trash",
            )(delete),
        )


def _owned(model: type[Model], registered: Action[Any]) -> None:
    """A general action belongs to the addon of its model, so that it is off where that is."""
    object.__setattr__(registered, "addon", model.__addon__)


def create(ctx: Context, records: Records[Any], *, values: list[Mapping[str, Any]]) -> list[int]:
    """Insert records from values, lines nested, and give their ids.

    :raises BusinessError: a value is missing, wrong, or a link leads where the person may not look
    """
    return create_checked(ctx, records.model, values)


def create_checked(ctx: Context, model: type[Model], values: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert records after checking the person's rights on every field and link."""
    check_rights(ctx, model, values)
    return ctx.insert(model, values)


def update(ctx: Context, records: Records[Any], *, values: Mapping[str, Any]) -> None:
    """Change records, and make owned lines what ``values`` say."""
    update_checked(ctx, records, values)


def update_checked(ctx: Context, records: Records[Any], values: Mapping[str, Any]) -> None:
    """Change records after checking the person's rights on every field and link."""
    check_rights(ctx, records.model, [values])
    save(ctx, records, values)


def save(ctx: Context, records: Records[Any], values: Mapping[str, Any]) -> None:
    """Change records and make the lines they own what ``values`` say; an addon's own update ends here."""
    model = records.model
    plain = {name: value for name, value in values.items() if model.__fields__[name].kind is not Kind.LINES}
    write.update(ctx, model, records.ids, plain)
    for name in values:
        if name not in plain:
            for record in records.ids:
                write.save_lines(ctx, model.__fields__[name], record, values[name])
    records.forget()


def delete(ctx: Context, records: Records[Any]) -> None:
    """Delete records with the lines they own.

    :raises BusinessError: the record itself or another that uses it stands against it
    """
    for record in records:
        if not record.may_be_deleted():
            raise BusinessError(
                _("%(name)s cannot be deleted. Archive it instead.", name=record.display_name()), record=record.id
            )
    ctx.delete(records)


def check_rights(ctx: Context, model: type[Model], rows: Iterable[Mapping[str, Any]]) -> None:
    """Refuse values of fields the person may not write, and links to records the person may not see.

    Inside another action only the database's own checks apply: rules of the business write what they must.

    :raises Forbidden: a field is out of bounds
    :raises BusinessError: a link leads nowhere this person may look
    """
    if ctx.running is not None and ctx.running.outer is not None:
        return
    rows = list(rows)
    for name in dict.fromkeys(name for row in rows for name in row if name != "id"):
        field = model.__fields__.get(name)
        if field is None:
            raise BusinessError(_("%(model)s has no field %(field)s.", model=model_name(model), field=name), field=name)
        if not writable(ctx, field):
            raise Forbidden(_("You may not set %(field)s.", field=field.label), field=name)
        if field.kind is Kind.LINES:
            if not field.owned:
                raise BusinessError(
                    _("%(field)s are records of their own; change them there.", field=field.label), field=name
                )
            assert field.target is not None
            check_rights(ctx, field.target, [line for row in rows for line in row.get(name) or ()])
        elif field.kind is Kind.LINK:
            _check_targets(ctx, field, rows)


def _check_targets(ctx: Context, field: Field, rows: Sequence[Mapping[str, Any]]) -> None:
    assert field.target is not None
    wanted = {_id(row[field.name]) for row in rows if row.get(field.name) is not None}
    if not wanted:
        return
    target = field.target
    ids = {one for one in wanted if type(one) is int and 0 < one < _BEYOND}
    within = (company_clause(ctx, target), visible_clause(ctx, target))
    found = set(ctx.session.scalars(select(target.id).where(target.id.in_(ids), *within)))
    if wanted - found:
        raise BusinessError(_("%(field)s: choose one from the list.", field=field.label), field=field.name)


def _id(value: Any) -> Any:
    return value.id if isinstance(value, Model) else value

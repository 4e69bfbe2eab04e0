"""create, update and delete, for every model that has none of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import select

from hanse.actions import write
from hanse.actions.records import Records
from hanse.actions.registry import Action, action, find_action
from hanse.errors import BusinessError, Forbidden, raise_all
from hanse.files import uploads
from hanse.i18n import _
from hanse.life import archive
from hanse.models import AppendOnly, Field, Kind, Model, declared_models
from hanse.security.clauses import company_clause, visible_clause, writable
from hanse.security.permissions import model_name, verb

if TYPE_CHECKING:
    from hanse.actions.context import Context

T = TypeVar("T", bound=Model)
#: No id is as large; the database would not even compare it.
_BEYOND = 2**63
#: SQLSTATE of a foreign key that stands against a deletion.
_STILL_USED = "23503"
#: A row of values and where it stands in what was given: ``3.`` or ``addresses.0.``.
Placed = tuple[str, Mapping[str, Any]]


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
    from hanse.life import merging  # its own actions need those of the kernel

    for made in (*archive.register(model), *merging.register(model)):
        _owned(model, made)


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
    check_rights(ctx, records.model, [values], records=records.ids)
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
    ids, model = records.ids, records.model
    try:
        with ctx.session.begin_nested():
            ctx.delete(records)
    except BusinessError as error:
        if getattr(getattr(error.__cause__, "orig", None), "sqlstate", None) != _STILL_USED:
            raise
        raise _still_used(ctx, model, ids, error) from error


def _still_used(ctx: Context, model: type[Model], ids: Sequence[int], error: BusinessError) -> BusinessError:
    """Say by what records are used, as far as the person may see it."""
    from hanse.life.references import references_to, told, uses

    used = [one for one in references_to(model) if not one.is_part_of(model)]
    said = [str(one) for one in told(uses(ctx, model, ids, used))]
    if not said:  # by records of companies that this person does not work for
        return BusinessError(error.message, record=ids[0] if len(ids) == 1 else None)
    instead = str(_(" Archive it instead.")) if model.__archive__ is not None else ""
    message = _(
        "It cannot be deleted, as it is still used: %(uses)s.%(instead)s", uses="; ".join(said), instead=instead
    )
    return BusinessError(message, record=ids[0] if len(ids) == 1 else None)


def check_rights(
    ctx: Context, model: type[Model], rows: Iterable[Mapping[str, Any]], *, records: Sequence[int] = ()
) -> None:
    """Refuse values of fields the person may not write, and links to records they may not see or that are archived.

    A file field takes what the person has uploaded, see :func:`hanse.files.uploads.check`.
    Inside another action only the database's own checks apply: rules of the business write what they must.

    :param records: ids of the records that are changed: a link that leads to an archived record already may stay
    :raises Forbidden: a field is out of bounds
    :raises BusinessError: a link leads nowhere this person may look, or to what is archived
    """
    if ctx.running is not None and ctx.running.outer is not None:
        return
    rows = list(rows)
    places = [f"{place}." for place in range(len(rows))] if len(rows) > 1 else [""]
    _check_rows(ctx, model, list(zip(places, rows, strict=True)) if rows else [], records)


def _check_rows(ctx: Context, model: type[Model], rows: Sequence[Placed], records: Sequence[int]) -> None:
    for name in dict.fromkeys(name for _place, row in rows for name in row if name != "id"):
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
            lines = [
                (f"{place}{name}.{number}.", line) for place, row in rows for number, line in _numbered(row.get(name))
            ]
            _check_rows(ctx, field.target, lines, ())
        elif field.kind is Kind.LINK:
            _check_targets(ctx, field, rows, records)
        elif field.kind is Kind.FILE:
            uploads.check(ctx, field, rows, records)


def _numbered(lines: Sequence[Mapping[str, Any]] | None) -> Iterable[tuple[int, Mapping[str, Any]]]:
    return enumerate(lines or ())


def _check_targets(ctx: Context, field: Field, rows: Sequence[Placed], records: Sequence[int]) -> None:
    assert field.target is not None
    wanted = {_id(row[field.name]) for _place, row in rows if row.get(field.name) is not None}
    if not wanted:
        return
    found = _targets(ctx, field.target, {one for one in wanted if type(one) is int and 0 < one < _BEYOND})
    if missing := wanted - found.keys():
        place = next(
            place for place, row in rows if row.get(field.name) is not None and _id(row[field.name]) in missing
        )
        raise BusinessError(_("%(field)s: choose one from the list.", field=field.label), field=place + field.name)
    archived = {record for record, in_use in found.items() if not in_use}
    if archived:
        _refuse_archived(ctx, field, rows, records, archived)


def _targets(ctx: Context, target: type[Model], ids: set[int]) -> dict[int, bool]:
    """Give those of the records that are there for the person, and whether each is in use.

    What can be archived is locked as a foreign key locks it: nobody merges it away before this transaction ends.
    """
    within = (target.id.in_(sorted(ids)), company_clause(ctx, target), visible_clause(ctx, target))
    if target.__archive__ is None:
        return dict.fromkeys(ctx.session.scalars(select(target.id).where(*within)), True)
    in_use = getattr(target, target.__archive__.name)
    query = select(target.id, in_use).where(*within).order_by(target.id)
    return {row[0]: row[1] for row in ctx.session.execute(query.with_for_update(read=True, key_share=True, of=target))}


def _refuse_archived(
    ctx: Context, field: Field, rows: Sequence[Placed], records: Sequence[int], archived: set[int]
) -> None:
    """Refuse new links to archived records; one that was there before may stay.

    :raises BusinessError: for every row that has such a link
    """
    from hanse.life.archive import refusal
    from hanse.life.merged import survivors
    from hanse.screens.names import names_of

    assert field.target is not None
    kept = _kept(ctx, field, rows, records)
    wrong = [
        (place, _id(row[field.name]))
        for place, row in rows
        if row.get(field.name) is not None
        and _id(row[field.name]) in archived
        and _id(row[field.name]) != kept.get(row.get("id") or 0)
    ]
    if not wrong:
        return
    merged = survivors(ctx, field.target, archived)
    names = names_of(ctx, field.target, {*archived, *merged.values()})
    raise_all(
        [
            BusinessError(
                refusal(field.label, names.get(record, str(record)), names.get(merged.get(record, 0))),
                field=place + field.name,
            )
            for place, record in wrong
        ]
    )


def _kept(ctx: Context, field: Field, rows: Sequence[Placed], records: Sequence[int]) -> dict[int, int]:
    """Give what a link holds now: of lines by their ids, of changed records under 0 if it is the same in all."""
    lines = [int(row["id"]) for _place, row in rows if row.get("id")]
    column: Any = getattr(field.model, field.column)
    query = select(field.model.id, column).where(field.model.id.in_([*lines, *records]))
    stored: dict[int, int] = {row[0]: row[1] for row in ctx.session.execute(query)}
    if records and len(same := set(stored.values())) == 1:
        stored[0] = same.pop()
    return stored


def _id(value: Any) -> Any:
    return value.id if isinstance(value, Model) else value

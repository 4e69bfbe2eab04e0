"""visible(): the one place that says which records somebody sees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import ColumnElement, and_, false, or_, select, true

from hanse.directory.models import PermissionScope
from hanse.models import Field, Kind, Model, declared_models
from hanse.models.fields import NOBODY
from hanse.security.by_rights import by_rights
from hanse.security.permissions import model_name, verb

if TYPE_CHECKING:
    from hanse.actions import Context

#: A condition on the id at the end of a path of links.
Condition = Callable[[ColumnElement[int]], ColumnElement[bool]]


@by_rights
def visible_clause(ctx: Context, model: type[Model], permission: str | None = None) -> ColumnElement[bool]:
    """Give the condition under which a record of ``model`` is there for the person of ``ctx``.

    :param permission: judged by this permission instead of the model's ``read``
    """
    if model.__addon__ not in ctx.seen:
        return false()
    wanted = permission or verb(model, "read")
    scopes = ctx.grants.scopes(wanted)
    reached = or_(false(), *(_reach(ctx, model, scope) for scope in scopes))
    shared = model.__scope__.everybody
    if shared is not None and scopes and wanted == verb(model, "read"):
        reached = or_(reached, and_(company_clause(ctx, model), _column(model, shared)))
    return _about(ctx, model, wanted, reached) if model.__scope__.about and scopes else reached


def _about(ctx: Context, model: type[Model], wanted: str, reached: ColumnElement[bool]) -> ColumnElement[bool]:
    """Narrow what is about other records to those the person sees; what is open to these people is reached by them."""
    name, record = _column(model, "model"), _column(model, "record")
    there = _record_is_there(ctx, model, name, record)
    if wanted.rpartition(".")[2] in model.__scope__.open:
        return or_(and_(record.is_not(None), there), and_(record.is_(None), reached))
    return and_(or_(record.is_(None), there), reached)


def _column(model: type[Model], name: str) -> ColumnElement[Any]:
    return cast("ColumnElement[Any]", getattr(model, name))


def _record_is_there(
    ctx: Context, model: type[Model], name: ColumnElement[Any], record: ColumnElement[Any]
) -> ColumnElement[bool]:
    """Give the condition that the record it is about is there for the person, whatever model it is of."""
    here: list[str] = []
    everywhere: list[str] = []
    parts: list[ColumnElement[bool]] = []
    for target in declared_models:
        scopes = ctx.grants.scopes(verb(target, "read"))
        if not scopes or target.__addon__ not in ctx.seen or target.__scope__.about:
            continue
        own = model_name(target)
        if PermissionScope.COMPANIES in scopes:
            everywhere.append(own)
        elif PermissionScope.COMPANY in scopes:
            here.append(own)
        else:
            parts.append(and_(name == own, record.in_(select(target.id).where(visible_clause(ctx, target)))))
    return or_(false(), name.in_(everywhere), and_(company_clause(ctx, model), or_(false(), name.in_(here), *parts)))


def sees_all(ctx: Context, model: type[Model]) -> bool:
    """Tell whether the person sees every record there is for them, so that no condition is needed to follow a link."""
    scopes = ctx.grants.scopes(verb(model, "read")) if model.__addon__ in ctx.seen else frozenset[PermissionScope]()
    alone = model.__shared__ or len(ctx.companies) == 1
    return PermissionScope.COMPANIES in scopes or (alone and PermissionScope.COMPANY in scopes)


def company_clause(ctx: Context, model: type[Model]) -> ColumnElement[bool]:
    """Give the condition for the whole company, which rules of the business need."""
    return true() if model.__shared__ else model.company_id == ctx.company.id


def companies_clause(ctx: Context, model: type[Model]) -> ColumnElement[bool]:
    """Give the condition for all companies the person works in, for the names of what a record of theirs leads to."""
    return true() if model.__shared__ else model.company_id.in_(ctx.companies)


def _reach(ctx: Context, model: type[Model], scope: PermissionScope) -> ColumnElement[bool]:
    if scope is PermissionScope.COMPANIES:
        return companies_clause(ctx, model)
    own_company = company_clause(ctx, model)
    if scope is PermissionScope.COMPANY:
        return own_company
    if scope is PermissionScope.DEPARTMENT:
        return and_(own_company, or_(_department(ctx, model), _owner(ctx, model)))
    return and_(own_company, _owner(ctx, model))


def _owner(ctx: Context, model: type[Model]) -> ColumnElement[bool]:
    """Records that are the person's own; a model that nobody can own has none."""
    path = model.__scope__.owner
    return along(model, path, _is(ctx.user.id)) if path else false()


def _department(ctx: Context, model: type[Model]) -> ColumnElement[bool]:
    own = model.__scope__.department
    paths = (own,) if isinstance(own, str) else own or ()
    return or_(false(), *(along(model, path, _among(ctx.departments)) for path in paths))


def _is(value: int) -> Condition:
    return lambda column: column == value


def _among(values: Sequence[int]) -> Condition:
    return lambda column: column.in_(values)


def along(model: type[Model], path: str, condition: Condition) -> ColumnElement[bool]:
    """Follow links from ``model`` along a dotted path and put ``condition`` on the last id."""
    name, _, rest = path.partition(".")
    field = model.__fields__[name]
    column = cast("ColumnElement[int]", getattr(model, field.column))
    if not rest:
        return condition(column)
    assert field.target is not None
    inner = along(field.target, rest, condition)
    return column.in_(select(field.target.id).where(inner).correlate(None))


def readable(ctx: Context, field: Field) -> bool:
    """Tell whether the person may see a field."""
    if field.addon not in ctx.seen or (field.kind in (Kind.LINK, Kind.LINES) and _hidden_target(ctx, field)):
        return False
    return field.read is None or (field.read != NOBODY and ctx.grants.allows(field.read))


def _hidden_target(ctx: Context, field: Field) -> bool:
    return field.target is not None and field.target.__addon__ not in ctx.seen and field.kind is Kind.LINES


def writable(ctx: Context, field: Field) -> bool:
    """Tell whether the person may change a field."""
    if not readable(ctx, field) or field.readonly:
        return False
    return field.write is None or ctx.grants.allows(field.write)

"""What of the registry programs reach: models with their fields, actions and documents, as far as somebody may."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from hanse.actions.registry import Action, actions_of, find_action
from hanse.errors import NotFound
from hanse.i18n import _
from hanse.models import Field, Kind, Model, declared_models
from hanse.screens import screen_of
from hanse.security.clauses import readable, writable
from hanse.security.permissions import model_name, verb

if TYPE_CHECKING:
    from hanse.actions import Context

#: Addresses of their own, or of no use without the page they belong to.
_ELSEWHERE = frozenset({"create", "update", "delete", "attach", "detach"})


def models_for(ctx: Context) -> list[type[Model]]:
    """Give the models that somebody may read, by name."""
    return sorted((one for one in declared_models if _is_offered(ctx, one)), key=model_name)


def model_for(ctx: Context, name: str) -> type[Model]:
    """Give the model of an address.

    :raises NotFound: there is none, its addon is off here, or the person may not read its records
    """
    for model in declared_models:
        if model_name(model) == name and _is_offered(ctx, model):
            return model
    raise NotFound(_("There is no such resource, or it is not for you."))


def _is_offered(ctx: Context, model: type[Model]) -> bool:
    """Bookkeeping of the kernel is nobody's resource; what has a screen, or keeps an audit, is one."""
    has_face = model.__audited__ or screen_of(model) is not None
    return has_face and model.__addon__ in ctx.seen and ctx.may(verb(model, "read"))


def fields_of(ctx: Context, model: type[Model]) -> Iterator[Field]:
    """Give the fields somebody may read."""
    return (one for one in model.__fields__.values() if readable(ctx, one))


def plain_fields(ctx: Context, model: type[Model]) -> list[Field]:
    """Give the fields that a record says of itself when nobody asks for others."""
    return [one for one in fields_of(ctx, model) if one.kind is not Kind.LINES]


def owned_lines(ctx: Context, model: type[Model]) -> list[Field]:
    """Give the lines that are part of a record."""
    return [one for one in fields_of(ctx, model) if one.kind is Kind.LINES and one.owned]


def general_action(ctx: Context, model: type[Model], name: str) -> Action[Any] | None:
    """Give create, update or delete of a model, if there is one here."""
    found = find_action(verb(model, name))
    return found if found is not None and found.addon in ctx.seen else None


def takes_files(ctx: Context) -> bool:
    """Tell whether there is a field anywhere into which somebody may put a file."""
    return any(
        (action := general_action(ctx, model, name)) is not None and ctx.may(action.permission)
        for model in models_for(ctx)
        if any(one.kind is Kind.FILE and writable(ctx, one) for one in _own_fields(ctx, model))
        for name in ("create", "update")
    )


def _own_fields(ctx: Context, model: type[Model]) -> Iterator[Field]:
    """Give the fields of a model and of the lines it owns."""
    yield from fields_of(ctx, model)
    for lines in owned_lines(ctx, model):
        assert lines.target is not None
        yield from fields_of(ctx, lines.target)


def makes_of_values(action: Action[Any]) -> bool:
    """Tell whether a ``create`` needs nothing but values; a token, which is shown only once, needs more."""
    return "values" in action.params and not any(
        one.required for name, one in action.params.items() if name != "values"
    )


def actions_for(ctx: Context, model: type[Model]) -> list[Action[Any]]:
    """Give the verbs on a model that somebody may start, besides create, update and delete."""
    return [
        one
        for one in actions_of(model)
        if one.verb not in _ELSEWHERE and not one.inner and one.addon in ctx.seen and ctx.may(one.permission)
    ]


def action_for(ctx: Context, model: type[Model], name: str) -> Action[Any]:
    """Give the action of an address.

    :raises NotFound: there is none, or it is not for this person
    """
    for one in actions_for(ctx, model):
        if one.verb == name:
            return one
    raise NotFound(_("There is no such action, or it is not for you."))

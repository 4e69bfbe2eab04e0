"""What a column of a file may become: the fields of a model that this person may write, and those of its lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hanse.actions import Action, find_action
from hanse.errors import NotFound
from hanse.i18n import LOCALES, Label, _, speaking
from hanse.models import Field, Kind, Model, declared_models
from hanse.security.clauses import writable
from hanse.security.permissions import model_name, verb

if TYPE_CHECKING:
    from hanse.actions import Context

_NEVER = frozenset({Kind.LINES, Kind.STRUCTURE, Kind.FILE})


@dataclass(frozen=True, slots=True)
class Target:
    """A field that a column may fill.

    :ivar path: its name, for a line's field behind that of the lines: ``addresses.street``
    :ivar lines: the lines it belongs to; None: it is the record's own
    """

    path: str
    field: Field
    lines: Field | None = None

    @property
    def label(self) -> Label:
        """What people call it."""
        if self.lines is None:
            return self.field.label
        return _("%(lines)s: %(field)s", lines=self.lines.label, field=self.field.label)

    def names(self) -> list[str]:
        """Give all it may be called in a heading, in every language."""
        found = [self.path, self.field.name] if self.lines is None else [self.path, self.path.replace(".", "_")]
        for locale in LOCALES:
            with speaking(locale):
                label = str(self.field.label)
                found += [str(self.label)] if self.lines is None else [str(self.label), f"{self.lines.label}{label}"]
        return found

    def short_names(self) -> list[str]:
        """Give what a line's field is called where only one is meant: Street."""
        found = [self.field.name]
        for locale in LOCALES:
            with speaking(locale):
                found.append(str(self.field.label))
        return found if self.lines is not None else []


def targets_of(ctx: Context, model: type[Model]) -> dict[str, Target]:
    """Give what columns may become, by path, in the order of the model's fields."""
    found: dict[str, Target] = {}
    for one in model.__fields__.values():
        if one.kind is Kind.LINES and one.owned and writable(ctx, one):
            assert one.target is not None
            for inner in one.target.__fields__.values():
                if inner.name != one.back and inner.kind not in _NEVER and writable(ctx, inner):
                    found[f"{one.name}.{inner.name}"] = Target(f"{one.name}.{inner.name}", inner, one)
        elif one.kind not in _NEVER and writable(ctx, one):
            found[one.name] = Target(one.name, one)
    return found


def files_of(ctx: Context, model: type[Model]) -> dict[str, Target]:
    """Give the fields that hold files, by path: no column becomes one, as a sheet holds no bytes."""
    return {
        one.name: Target(one.name, one)
        for one in model.__fields__.values()
        if one.kind is Kind.FILE and writable(ctx, one)
    }


def needed(model: type[Model]) -> list[Field]:
    """Give the fields without which no record can be made."""
    create = create_of(model)
    filled = create.fills if create is not None else ()
    return [
        one
        for one in model.__fields__.values()
        if one.required and one.default is None and not one.rule and one.kind not in _NEVER and not one.readonly
        if one.name not in filled
    ]


def create_of(model: type[Model]) -> Action[Any] | None:
    """Give the action that makes records out of values, if the model has one that asks for nothing else."""
    return _taking_values(find_action(verb(model, "create")))


def update_of(model: type[Model]) -> Action[Any] | None:
    """Give the action that changes records to values, if the model has one that asks for nothing else."""
    return _taking_values(find_action(verb(model, "update")))


def _taking_values(action: Action[Any] | None) -> Action[Any] | None:
    if action is None or "values" not in action.params:
        return None
    return None if any(one.required for name, one in action.params.items() if name != "values") else action


def may_import(ctx: Context, model: type[Model]) -> bool:
    """Tell whether the person may import records of a model: by its own permission, and that to make or change them."""
    able = [action for action in (create_of(model), update_of(model)) if action is not None]
    return (
        model.__addon__ in ctx.seen
        and ctx.may(verb(model, "import"))
        and any(action.addon in ctx.seen and ctx.may(action.permission) for action in able)
    )


def importable(name: str) -> type[Model]:
    """Give the model with a public name that can be imported at all.

    :raises NotFound: there is none
    """
    for model in declared_models:
        if model_name(model) == name and create_of(model) is not None:
            return model
    raise NotFound(_("%(model)s cannot be imported.", model=name))


Targets = Mapping[str, Target]
__all__ = [
    "Target",
    "Targets",
    "create_of",
    "files_of",
    "importable",
    "may_import",
    "needed",
    "targets_of",
    "update_of",
]

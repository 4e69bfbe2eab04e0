"""Archive and restore: records that are out of use stay readable everywhere, and are chosen by nothing new."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import ColumnElement, not_, true

from hanse.actions.registry import Action, action, find_action
from hanse.errors import BusinessError
from hanse.i18n import KERNEL, Label, _
from hanse.models import Field, Model
from hanse.security.permissions import model_name, verb

if TYPE_CHECKING:
    from hanse.actions import Context, Records
    from hanse.screens.screen import NamedFilter

#: What the filter of lists is called in addresses; ``yes`` shows what is archived, ``all`` that too.
FILTER = "archived"


def in_use(model: type[Model]) -> ColumnElement[bool]:
    """Give the condition that a record is in use; true for models that archive nothing."""
    return cast("ColumnElement[bool]", archive_column(model)) if model.__archive__ is not None else true()


def archive_column(model: type[Model]) -> Any:
    """Give the column of a model with an ``archivable()`` that is true for what is in use."""
    assert model.__archive__ is not None
    return model.__table__.c[model.__archive__.column]


def is_archived(record: Model) -> bool:
    """Tell whether a record is archived."""
    field = type(record).__archive__
    return field is not None and not getattr(record, field.name)


# --- lists ------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def filters_of(model: type[Model]) -> Sequence[NamedFilter]:
    """Give the filter for what is archived, where a model archives anything."""
    from hanse.screens.screen import NamedFilter

    if model.__archive__ is None:
        return ()
    return (NamedFilter(FILTER, _("Archived"), _archived(model), KERNEL),)


def _archived(model: type[Model]) -> Callable[[Context], ColumnElement[bool]]:
    return lambda _ctx: not_(archive_column(model))


def left_out(model: type[Model], asked: str) -> ColumnElement[bool] | None:
    """Give the condition by which a list leaves out what is archived, unless its address asks for that.

    :param asked: the value of the filter in the address
    """
    return in_use(model) if model.__archive__ is not None and asked not in ("yes", "1", "all") else None


# --- actions ----------------------------------------------------------------------------------------------------------


def register(model: type[Model]) -> list[Action[Any]]:
    """Give a model with an ``archivable()`` the actions it lacks to archive and restore."""
    field = model.__archive__
    if field is None:
        return []
    permission = verb(model, "archive")
    made: list[Action[Any]] = []
    if find_action(f"{model_name(model)}.archive") is None:
        archive_action = action(
            model,
            name="archive",
            label=_("Archive"),
            permission=permission,
            icon="archive",
            done=_("%(count)s archived."),
            offered=_offered(field, archived=False),
        )
        made.append(archive_action(archive))
    if find_action(f"{model_name(model)}.restore") is None:
        restore_action = action(
            model,
            name="restore",
            label=_("Restore"),
            permission=permission,
            icon="archive-off",
            done=_("%(count)s brought back."),
            offered=_offered(field, archived=True),
        )
        made.append(restore_action(restore))
    return made


def _offered(field: Field, *, archived: bool) -> Callable[[Any], bool]:
    return lambda record: getattr(record, field.name) is not archived


def archive(ctx: Context, records: Records[Any]) -> None:
    """Take records out of lists and choices; everything that names them stays."""
    field = records.model.__archive__
    assert field is not None
    ctx.update(records, {field.name: False})


def restore(ctx: Context, records: Records[Any]) -> None:
    """Bring archived records back into lists and choices.

    :raises BusinessError: one was merged into another; undoing that brings it back
    """
    from hanse.life.merged import survivors

    field = records.model.__archive__
    assert field is not None
    gone = survivors(ctx, records.model, records.ids)
    if gone:
        record, survivor = next(iter(gone.items()))
        raise BusinessError(
            _("It was merged into %(other)s. Undo the merge to bring it back.", other=_name(ctx, records, survivor)),
            record=record,
        )
    ctx.update(records, {field.name: True})


def _name(ctx: Context, records: Records[Any], record: int) -> str:
    from hanse.screens.names import names_of

    return names_of(ctx, records.model, [record]).get(record, str(record))


def refusal(label: Label, name: str, other: str | None) -> Label:
    """Say that a link may not lead to an archived record.

    :param other: the record that it was merged into, if it was
    """
    values: Mapping[str, Any] = {"field": label, "name": name, "other": other or ""}
    if other is not None:
        return _("%(field)s: “%(name)s” was merged into “%(other)s”. Choose that one.", **values)
    return _("%(field)s: “%(name)s” is archived. Choose another, or restore it first.", **values)

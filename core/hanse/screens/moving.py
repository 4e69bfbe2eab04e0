"""What it means to move a record to another column of its board."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hanse.actions import Action, actions_of, find_action
from hanse.errors import BusinessError
from hanse.i18n import _
from hanse.models import Choice, Field, Model
from hanse.screens.screen import Screen
from hanse.security.clauses import writable
from hanse.security.permissions import verb

if TYPE_CHECKING:
    from hanse.actions import Context


@dataclass(frozen=True)
class Move:
    """The action that brings a record into a column, and its parameters as far as they are known."""

    action: Action[Any]
    params: dict[str, Any]

    @property
    def asks(self) -> bool:
        """Tell whether a person must say something first."""
        asked = any(param.required for name, param in self.action.params.items() if name not in self.params)
        return asked or self.action.confirm is not None


def steps(ctx: Context, screen: Screen, by: Field) -> list[Action[Any]]:
    """Give the actions by which this person can move records between the columns of a board."""
    chosen = screen.actions if screen.actions is not None else actions_of(screen.model)
    return [
        one
        for one in chosen
        if one.moves is not None
        and one.state == by.name
        and not (one.hidden or one.creates or one.deletes or one.reads)
        and one.addon in ctx.seen
    ]


def may_write(ctx: Context, screen: Screen, by: Field) -> bool:
    """Tell whether this person may put records into another column by changing the field itself."""
    update = find_action(verb(screen.model, "update"))
    if update is None or screen.readonly or update.addon not in ctx.seen:
        return False
    return ctx.may(update.permission) and writable(ctx, by)


def may_move(ctx: Context, screen: Screen, by: Field) -> bool:
    """Tell whether this person can move any card at all."""
    return may_write(ctx, screen, by) or any(ctx.may(one.permission) for one in steps(ctx, screen, by))


def move_to(ctx: Context, screen: Screen, by: Field, record: Model, value: Any, *, changeable: bool) -> Move:
    """Find out what brings a record into the column of a value.

    :param value: a member of the choice, the id of a linked record, or None
    :param changeable: whether the record may be changed by hand now
    :raises BusinessError: nothing leads there from where it is
    :raises Forbidden: something does, but the person may not do it
    """
    now = getattr(record, by.column)
    leading = [one for one in steps(ctx, screen, by) if _leads(one, now, value)]
    possible = [one for one in leading if _possible(ctx, screen, one, record)]
    mine = [one for one in possible if ctx.may(one.permission)]
    if mine:
        return Move(next((one for one in mine if one.primary), mine[0]), {})
    if changeable and may_write(ctx, screen, by):
        update = find_action(verb(screen.model, "update"))
        assert update is not None
        return Move(update, {"values": {by.name: value}})
    if possible:
        ctx.require(possible[0].permission)
    if not isinstance(now, Choice) or not isinstance(value, Choice):
        raise BusinessError(
            _("%(field)s of “%(name)s” cannot be changed now.", field=by.label, name=record.display_name())
        )
    raise BusinessError(
        _(
            "“%(name)s” cannot go from “%(state)s” to “%(to)s”.",
            name=record.display_name(),
            state=now.label,
            to=value.label,
        )
    )


def _leads(one: Action[Any], now: Any, value: Any) -> bool:
    assert one.moves is not None
    starts, end = one.moves
    return end == value and now in starts


def _possible(ctx: Context, screen: Screen, one: Action[Any], record: Model) -> bool:
    if one.offered is not None and not one.offered(record):
        return False
    possible = screen.possible.get(one.verb)
    return possible is None or possible(ctx, record)


__all__ = ["Move", "may_move", "may_write", "move_to", "steps"]

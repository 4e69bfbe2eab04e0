"""The next activity of each record, as a column and as filters of every list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, ColumnElement, Date, Text, case, cast, func, literal, select

from hanse.directory.models import Company
from hanse.i18n import KERNEL, _
from hanse.models import Kind, Model
from hanse.security.permissions import model_name
from hanse.work.models import Activity, ActivityState

if TYPE_CHECKING:
    from hanse.actions import Context
    from hanse.screens.screen import Column, NamedFilter

NAME = "next_activity"


def has_work(model: type[Model]) -> bool:
    """Tell whether activities are planned about records of a model."""
    return model.__audited__ and not model.__scope__.about


@lru_cache(maxsize=1024)
def columns_of(model: type[Model]) -> Sequence[Column]:
    """Give the column that shows what is next to be done about each record, with its day."""
    from hanse.screens.screen import Column

    if not has_work(model):
        return ()
    return (Column(NAME, _("Next activity"), Kind.TEXT, KERNEL, expression=_next, tone=_tone),)


def _first(model: type[Model], wanted: Any) -> Any:
    """Give what is wanted of the first planned activity of each record, in the company one works in."""
    here = cast(func.current_setting("hanse.company"), BigInteger)
    table = model.__table__
    query = select(wanted).join(Company, Company.id == Activity.company_id)
    planned = query.where(
        Activity.company_id == here,
        Activity.model == model_name(model),
        Activity.record == table.c.id,
        Activity.state == ActivityState.PLANNED,
    )
    return planned.order_by(Activity.due, Activity.id).limit(1).correlate(table).scalar_subquery()


def _next(model: type[Model]) -> Any:
    return _first(model, cast(Activity.due, Text) + literal(" ") + Activity.subject)


def _tone(model: type[Model]) -> Any:
    today = cast(func.timezone(Company.time_zone, func.now()), Date)
    return _first(model, case((Activity.due < today, "bad"), (Activity.due == today, "warn"), else_=""))


@lru_cache(maxsize=1024)
def filters_of(model: type[Model]) -> Sequence[NamedFilter]:
    """Give the filters by what is to be done about a record."""
    from hanse.screens.screen import NamedFilter

    if not has_work(model):
        return ()
    named = (
        ("activity", _("With an activity"), _planned),
        ("activity-mine", _("With an activity of mine"), _mine),
        ("activity-overdue", _("With an overdue activity"), _overdue),
    )
    return tuple(NamedFilter(name, label, _among(model, more), KERNEL) for name, label, more in named)


def _among(
    model: type[Model], more: Callable[[Context], Sequence[ColumnElement[bool]]]
) -> Callable[[Context], ColumnElement[bool]]:
    def condition(ctx: Context) -> ColumnElement[bool]:
        planned = select(Activity.record).where(
            Activity.company_id == ctx.company.id,
            Activity.model == model_name(model),
            Activity.state == ActivityState.PLANNED,
            *more(ctx),
        )
        return model.id.in_(planned)

    return condition


def _planned(_ctx: Context) -> Sequence[ColumnElement[bool]]:
    return ()


def _mine(ctx: Context) -> Sequence[ColumnElement[bool]]:
    return (Activity.owner.is_(ctx.user.id),)


def _overdue(ctx: Context) -> Sequence[ColumnElement[bool]]:
    return (Activity.due < ctx.today,)

"""Read what a company has set."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from sqlalchemy import select

from hanse.models import Kind, Section, Settings, declared_models
from hanse.security.permissions import verb

if TYPE_CHECKING:
    from hanse.actions import Context

S = TypeVar("S", bound=Settings)


def settings(ctx: Context, model: type[S]) -> S:
    """See :meth:`hanse.actions.context.Context.settings`."""
    found = ctx.kept.get(model)
    if found is None:
        ctx.bind()
        stored = ctx.session.scalar(
            select(model).where(model.company_id == ctx.company.id).execution_options(populate_existing=True)
        )
        found = ctx.kept[model] = stored if stored is not None else defaults(model)
    return cast("S", found)


def defaults(model: type[S]) -> S:
    """Give settings of which nobody has set anything; they belong to no session, so nothing of them is stored."""
    values = {
        field.column: field.default for field in model.__fields__.values() if field.kind not in (Kind.LINK, Kind.LINES)
    }
    return model(**values)


def all_settings() -> list[type[Settings]]:
    """Give every model of settings, in the order of their sections."""
    found = [cast("type[Settings]", one) for one in declared_models if one.__section__ is not None]
    return sorted(found, key=lambda one: (section_of(one).order, one.__tablename__))


def settings_for(ctx: Context) -> list[type[Settings]]:
    """Give the settings that somebody sees: those they may change or read, of addons they see."""
    return [
        one
        for one in all_settings()
        if one.__addon__ in ctx.seen and (ctx.may(verb(one, "update")) or ctx.may(verb(one, "read")))
    ]


def section_of(model: type[Settings]) -> Section:
    """Say where settings stand on their page."""
    assert model.__section__ is not None
    return model.__section__


__all__ = ["all_settings", "defaults", "section_of", "settings", "settings_for"]

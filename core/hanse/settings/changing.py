"""Change what a company has set: an action like every other, audited, under ``<addon>.settings.update``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hanse.actions import Context, Records, action, find_action, write
from hanse.actions.generic import update_checked
from hanse.i18n import _
from hanse.models import Settings
from hanse.screens import Screen
from hanse.screens.screen import FormRow, Placed, screen_of
from hanse.security.permissions import verb
from hanse.settings.reading import all_settings


def change_settings(ctx: Context, model: type[Settings], values: Mapping[str, Any]) -> None:
    """Change some of a company's settings.

    :raises Forbidden: the person may not
    :raises BusinessError: a value does not fit; ``field`` says which
    """
    found = find_action(verb(model, "update"))
    assert found is not None
    ctx.run(found, [row_of(ctx, model)], values=values)


def row_of(ctx: Context, model: type[Settings]) -> int:
    """Give the id of the company's row; where there is none, one with every default is made.

    :raises Forbidden: the person may not change these settings
    """
    if ctx.running is None:
        ctx.require(verb(model, "update"))
    ctx.bind()
    table, params = model.__tablename__, {"company": ctx.company.id}
    sql = f"INSERT INTO {table} (company_id) VALUES (%(company)s) ON CONFLICT DO NOTHING"  # noqa: S608  a table of ours
    write.execute(ctx.session, sql, params)
    rows = write.execute(ctx.session, f"SELECT id FROM {table} WHERE company_id = %(company)s", params)  # noqa: S608
    return int(rows[0][0])


def update(ctx: Context, records: Records[Any], *, values: Mapping[str, Any]) -> None:
    """Change settings; who has read them in this Context reads them again."""
    update_checked(ctx, records, values)
    ctx.kept.pop(records.model, None)


def register_actions() -> None:
    """Give each model of settings its action; called once all models are built."""
    for model in all_settings():
        made = action(model, name="update", label=_("Change"), permission=verb(model, "update"), hidden=True)(update)
        object.__setattr__(made, "addon", model.__addon__)  # off where the model's addon is


def register_screens() -> None:
    """Give a screen to all settings that have none: every field, in the order of declaration."""
    for model in all_settings():
        if screen_of(model) is None:
            assert model.__section__ is not None
            screen = Screen(model, title=model.__section__.title, icon="settings", list=[], form=[], search=False)
            screen.addon = model.__addon__
            screen.rows = [
                FormRow([Placed(getattr(model, field.name), field.addon)]) for field in model.__fields__.values()
            ]


__all__ = ["change_settings", "register_actions", "register_screens", "row_of"]

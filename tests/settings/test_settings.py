"""What addons may rely on for a company's settings."""

from __future__ import annotations

from typing import Any

import pytest

from hanse import BusinessError, Forbidden, Mapped, Section, Settings, number
from hanse.actions import Context
from hanse.actions.run import run
from hanse.audit.models import AuditEntry
from hanse.errors import Stale
from hanse.models import ModelError, build
from hanse.models.base import declared_models, models_by_name
from hanse.settings.changing import change_settings, row_of
from hanse.settings.models import GeneralSettings
from hanse.testing.counting import statements
from hanse_contacts.models import ContactsSettings


def test_what_nobody_has_set_is_as_declared(ctx: Context) -> None:
    assert ctx.settings(GeneralSettings).job_days == 30
    assert ctx.settings(GeneralSettings).upload_mb is None
    assert ctx.settings(ContactsSettings).warn_of_duplicates is True


def test_settings_are_read_once_and_again_after_a_change(ctx: Context) -> None:
    change_settings(ctx, GeneralSettings, {"job_days": 7})
    assert ctx.settings(GeneralSettings).job_days == 7

    with statements(ctx) as sent:
        ctx.settings(GeneralSettings)
    assert sent == []


def test_a_company_has_settings_of_its_own(ctx: Context) -> None:
    from hanse.directory.founding import found_company

    change_settings(ctx, GeneralSettings, {"job_days": 7})
    other = found_company(ctx.session, ctx.user, {"name": "Other", "currency": "CNY"}, addons=["hanse_contacts"])

    assert other.settings(GeneralSettings).job_days == 30
    ctx.bind()
    assert ctx.settings(GeneralSettings).job_days == 7


def test_only_who_may_changes_settings_and_the_audit_tells(ctx: Context, as_user: Any) -> None:
    with pytest.raises(Forbidden):
        change_settings(as_user("contacts.partner.read"), ContactsSettings, {"warn_of_duplicates": False})

    person = as_user("contacts.settings.update")
    change_settings(person, ContactsSettings, {"warn_of_duplicates": False})
    ctx.bind()
    entry = ctx.all(AuditEntry, AuditEntry.model == "contacts.settings").first()
    assert entry.changes == {"warn_of_duplicates": [True, False]}
    assert entry.user_id == person.user.id


@pytest.mark.parametrize(("values", "said"), [({"job_days": 0}, "1 to 3,650"), ({"job_days": "x"}, "whole number")])
def test_a_value_that_does_not_fit_is_refused(ctx: Context, values: dict[str, Any], said: str) -> None:
    with pytest.raises(BusinessError, match=said):
        change_settings(ctx, GeneralSettings, values)


def test_who_has_seen_older_settings_does_not_overwrite_newer_ones(ctx: Context) -> None:
    from hanse.actions import find_action

    change_settings(ctx, GeneralSettings, {"job_days": 7})
    row = row_of(ctx, GeneralSettings)

    with pytest.raises(Stale):
        run(ctx, find_action("core.settings.update"), [row], revs=[1], values={"job_days": 8})


def test_an_addon_that_is_off_has_no_settings_to_change(ctx: Context, as_user: Any) -> None:
    person = as_user("*", addons=[])

    with pytest.raises(Forbidden, match="not switched on"):
        change_settings(person, ContactsSettings, {"warn_of_duplicates": False})


def test_settings_without_a_default_stop_the_start() -> None:
    before, names = list(declared_models), dict(models_by_name)
    try:

        class HopelessSettings(Settings, section=Section("Hopeless")):  # pyright: ignore[reportUnusedClass]
            """Nobody can have them."""

            __tablename__ = "hopeless_settings"
            days: Mapped[int] = number("Days")

        with pytest.raises(ModelError, match="default"):
            build([])
    finally:
        from hanse.models import metadata

        declared_models[:] = before
        models_by_name.clear()
        models_by_name.update(names)
        if "hopeless_settings" in metadata.tables:
            metadata.remove(metadata.tables["hopeless_settings"])

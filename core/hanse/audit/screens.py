"""The audit log, for those who may read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.audit.models import AuditEntry
from hanse.audit.reading import (
    action_choices,
    action_words,
    model_choices,
    model_words,
    said_in_changes,
    story,
    tell_changes,
    tell_records,
    way_choices,
    way_words,
)
from hanse.i18n import _
from hanse.models import Kind, Model
from hanse.screens import Row, Screen, Shown, Told
from hanse.screens.formats import write_widget
from hanse.screens.screen import screen_named

if TYPE_CHECKING:
    from hanse.actions import Context

write_widget("audit_action", action_words)
write_widget("audit_model", model_words)
write_widget("audit_way", way_words)


def _record(ctx: Context, entry: AuditEntry) -> str:
    return tell_records(ctx, [(entry.model, entry.record)])[0].text


def _record_page(ctx: Context, entry: AuditEntry) -> tuple[type[Model], int] | None:
    (words,) = tell_records(ctx, [(entry.model, entry.record)])
    screen = screen_named(entry.model)
    return (screen.model, entry.record) if screen is not None and words.path is not None else None


AUDIT = Screen(
    AuditEntry,
    title=_("Audit log"),
    singular=_("Audit entry"),
    menu="system",
    icon="history",
    order=80,
    readonly=True,
    search=False,  # what somebody looks for is the record, not what was done to it
    list=[
        AuditEntry.at,
        AuditEntry.user,
        AuditEntry.action,
        AuditEntry.model,
        Told("named", _("Record"), (AuditEntry.model, AuditEntry.record), tell_records, Kind.LINK),
        AuditEntry.via,
        Told(
            "changed", _("Changes"), (AuditEntry.model, AuditEntry.record, AuditEntry.changes), tell_changes, Kind.NOTE
        ),
    ],
    optional=[AuditEntry.behalf, AuditEntry.record, AuditEntry.run, AuditEntry.outer_run],
    form=[
        Row(AuditEntry.at, AuditEntry.via),
        Row(AuditEntry.user, AuditEntry.behalf),
        Row(AuditEntry.action, AuditEntry.model),
        Row(Shown("named", _("Record"), _record, leads_to=_record_page)),
        Row(AuditEntry.run, AuditEntry.outer_run),
    ],
    filters=[AuditEntry.user, AuditEntry.at, AuditEntry.model, AuditEntry.action, AuditEntry.via],
    order_by=[AuditEntry.at.desc()],
    suggest={"model": model_choices, "action": action_choices, "via": way_choices},
    seeks=said_in_changes,
    story=story,
    title_of=lambda entry: f"{model_words(entry.model)} #{entry.record}: {action_words(entry.action)}",
)

"""Reminders and their levels."""

from __future__ import annotations

from hanse import Lines, Row, Screen, _
from hanse_invoicing.models import Reminder, ReminderLevel, ReminderLine, ReminderText
from hanse_invoicing.screens.papers import ReminderPaper

REMINDERS = Screen(
    Reminder,
    title=_("Reminders"),
    singular=_("Reminder"),
    menu="invoicing",
    icon="mail",
    order=70,
    readonly=True,
    list=[Reminder.number, Reminder.day, Reminder.partner, Reminder.level, Reminder.base, Reminder.maker],
    filters=[Reminder.partner, Reminder.level, Reminder.day],
    order_by=[Reminder.day.desc(), Reminder.number.desc()],
    form=[
        Row(Reminder.partner, Reminder.level),
        Row(Reminder.day, Reminder.base),
        Lines(Reminder.lines, columns=[ReminderLine.item, ReminderLine.due, ReminderLine.open]),
    ],
    documents=[ReminderPaper(_("Reminder as PDF"))],
)
LEVELS = Screen(
    ReminderLevel,
    title=_("Reminder levels"),
    singular=_("Reminder level"),
    menu="invoicing_settings",
    icon="bell",
    order=30,
    list=[ReminderLevel.name, ReminderLevel.days],
    form=[
        Row(ReminderLevel.name, ReminderLevel.days),
        Lines(
            ReminderLevel.texts,
            columns=[ReminderText.language, ReminderText.subject, ReminderText.body],
            widths={"language": "s", "subject": "l"},
            blank=1,
        ),
    ],
    order_by=[ReminderLevel.days],
)

"""Reminders: letters about what is overdue, in steps that grow firmer."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from hanse import Check, Mapped, Model, Scope, Unique, _, lines, link, money, note, number, text
from hanse.directory.models import Currency, User
from hanse.models import kinds
from hanse_contacts.models import Partner
from hanse_invoicing.models.items import OpenItem


class ReminderLevel(Model):
    """A step: from so many days overdue, in these words."""

    __tablename__ = "invoicing_reminder_level"
    name: Mapped[str] = text(_("Name"), search=True)
    days: Mapped[int] = kinds.number(_("From days overdue"), default=7)
    texts: Mapped[list[ReminderText]] = lines(_("Texts"), owned=True)

    __rules__ = [
        Unique("name", error=_("There is a reminder level with this name already.")),
        Unique("days", error=_("There is a reminder level for these days already.")),
        Check("days", "days >= 1", error=_("Somebody is reminded from the first day overdue.")),
    ]

    def text_in(self, language: str) -> ReminderText | None:
        """Give the words for a language, else the first there are."""
        own = (one for one in self.texts if one.language == language)
        return next(own, None) or next(iter(self.texts), None)


class ReminderText(Model):
    """The words of a level in a language."""

    __tablename__ = "invoicing_reminder_text"
    __display__ = ("subject",)
    level: Mapped[ReminderLevel] = link(_("Reminder level"), ondelete="CASCADE")
    language: Mapped[str] = text(_("Language"), max_length=12, help=_("Such as en or zh_CN."))
    subject: Mapped[str] = text(_("Subject"))
    body: Mapped[str] = note(_("Text"))

    __rules__ = [Unique("level", "language", error=_("The level has a text in this language already."))]

    if TYPE_CHECKING:
        level_id: Mapped[int]


class Reminder(Model):
    """A letter to a customer about items that are overdue, as they stood that day."""

    __tablename__ = "invoicing_reminder"
    __display__ = ("number",)
    __scope__ = Scope(owner="maker")
    __general__ = False
    number: Mapped[str] = number(_("Number"), rule="REM{year}-{number:4}", dated="day", search=True)
    partner: Mapped[Partner] = link(_("Partner"), readonly=True)
    level: Mapped[ReminderLevel] = link(_("Reminder level"), readonly=True)
    day: Mapped[date] = kinds.day(_("Date"), readonly=True)
    base: Mapped[Decimal] = money(_("Base amount"), readonly=True)
    maker: Mapped[User] = link(_("Made by"), readonly=True, index=False)
    lines: Mapped[list[ReminderLine]] = lines(_("Items"), owned=True)

    if TYPE_CHECKING:
        partner_id: Mapped[int]
        level_id: Mapped[int]


class ReminderLine(Model):
    """An item that a reminder names, with what was open of it."""

    __tablename__ = "invoicing_reminder_line"
    __display__ = ()
    reminder: Mapped[Reminder] = link(_("Reminder"), ondelete="CASCADE")
    item: Mapped[OpenItem] = link(_("Open item"))
    due: Mapped[date] = kinds.day(_("Due"))
    currency: Mapped[Currency] = link(_("Currency"), index=False)
    open: Mapped[Decimal] = money(_("Open"), currency="currency")

    if TYPE_CHECKING:
        reminder_id: Mapped[int]
        item_id: Mapped[int]

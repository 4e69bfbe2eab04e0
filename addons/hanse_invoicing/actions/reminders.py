"""Remind customers of what is overdue."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import text

from hanse import BusinessError, Context, Records, _, action
from hanse_invoicing.amounts import ZERO
from hanse_invoicing.models import Reminder, ReminderLevel


@action(
    Reminder,
    name="write",
    label=_("Write reminders"),
    permission="invoicing.reminder.create",
    creates=True,
    icon="mail",
    done=_("%(count)s reminders written"),
)
def write_reminders(ctx: Context, reminders: Records[Reminder]) -> list[int]:
    """Write a letter to every customer with an item that has reached a level it was not reminded of yet.

    The letter names all that is overdue, in the words of the highest level that one of the new items has reached.
    Who owes nothing on balance, because of payments and credit notes that are not settled yet, is left alone.

    :raises BusinessError: there is no level, or nobody has to be reminded
    """
    levels = list(ctx.all(ReminderLevel, order_by=[ReminderLevel.days]))
    if not levels:
        raise BusinessError(_("There is no reminder level yet. Add one under Invoicing settings."))
    by_days = {one.days: one.id for one in levels}
    asked = {"company": ctx.company.id, "today": ctx.today, "days": list(by_days)}
    found = ctx.session.execute(_REMINDED, asked)
    rows = [
        _row(ctx, partner, by_days[days], list(lines))
        for (partner, days), lines in groupby(found, key=lambda row: (row.partner_id, row.days))
    ]
    if not rows:
        raise BusinessError(_("Nobody has to be reminded today."))
    return ctx.insert(Reminder, rows)


def _row(ctx: Context, partner: int, level: int, items: Sequence[Any]) -> dict[str, Any]:
    lines = [{"item": one.id, "due": one.due, "currency": one.currency_id, "open": one.open} for one in items]
    total = sum((one.open_base for one in items), ZERO)
    who = {"partner": partner, "level": level, "day": ctx.today, "maker": ctx.user.id}
    return who | {"base": total, "lines": lines}


# Everything that is late with those who have reached a new level and owe something on balance, by partner and due day.
_REMINDED = text(
    """
    WITH late AS (
        SELECT i.id, i.partner_id, i.due, i.currency_id, i.open, i.open_base,
               (SELECT max(d) FROM unnest(CAST(:days AS int[])) d WHERE d <= CAST(:today AS date) - i.due) AS days
        FROM invoicing_open_item i
        WHERE i.company_id = :company AND i.ledger = 'receivable' AND i.open > 0 AND i.open <> 0 AND i.due < :today
    ),
    reminded AS (
        SELECT l.item_id, max(v.days) AS days FROM invoicing_reminder_line l
        JOIN invoicing_reminder r ON r.id = l.reminder_id AND r.company_id = l.company_id
        JOIN invoicing_reminder_level v ON v.id = r.level_id AND v.company_id = l.company_id
        WHERE l.company_id = :company GROUP BY l.item_id
    ),
    reached AS (
        SELECT late.partner_id, max(late.days) AS days FROM late LEFT JOIN reminded ON reminded.item_id = late.id
        WHERE late.days > coalesce(reminded.days, 0) GROUP BY late.partner_id
    )
    SELECT late.partner_id, reached.days, late.id, late.due, late.currency_id, late.open, late.open_base
    FROM reached JOIN late ON late.partner_id = reached.partner_id
    WHERE (
        SELECT sum(o.open_base) FROM invoicing_open_item o
        WHERE o.company_id = :company AND o.ledger = 'receivable' AND o.open <> 0 AND o.partner_id = reached.partner_id
    ) > 0
    ORDER BY late.partner_id, late.due, late.id
    """
)


@action(
    Reminder,
    name="delete",
    label=_("Delete"),
    permission="invoicing.reminder.delete",
    deletes=True,
    confirm=_("Delete the reminder? It counts as not written then."),
    icon="trash",
)
def delete_reminders(ctx: Context, reminders: Records[Reminder]) -> None:
    """Forget reminders that were not sent."""
    ctx.delete(reminders)

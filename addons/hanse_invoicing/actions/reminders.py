"""Remind customers of what is overdue."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from hanse import BusinessError, Context, Records, _, action
from hanse_invoicing.amounts import ZERO
from hanse_invoicing.models import Ledger, OpenItem, Reminder, ReminderLevel, ReminderLine


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
    latest = ctx.today - timedelta(days=levels[0].days)
    late = list(
        ctx.all(
            OpenItem,
            OpenItem.ledger == Ledger.RECEIVABLE,
            OpenItem.open > 0,
            OpenItem.due < ctx.today,
            order_by=[OpenItem.due, OpenItem.id],
        )
    )
    reminded = _reminded(ctx)
    owed = _balances(ctx)
    groups: dict[int, list[OpenItem]] = {}
    reached: dict[int, ReminderLevel] = {}
    for item in late:
        groups.setdefault(item.partner_id, []).append(item)
        if item.due > latest:
            continue
        level = [one for one in levels if one.days <= (ctx.today - item.due).days][-1]
        there = reached.get(item.partner_id)
        if level.days > reminded.get(item.id, 0) and (there is None or there.days < level.days):
            reached[item.partner_id] = level
    rows = [
        _row(ctx, partner, level, groups[partner]) for partner, level in reached.items() if owed.get(partner, ZERO) > 0
    ]
    if not rows:
        raise BusinessError(_("Nobody has to be reminded today."))
    return ctx.insert(Reminder, rows)


def _row(ctx: Context, partner: int, level: ReminderLevel, items: list[OpenItem]) -> dict[str, Any]:
    lines = [{"item": one.id, "due": one.due, "currency": one.currency_id, "open": one.open} for one in items]
    total = sum((one.open_base for one in items), ZERO)
    who = {"partner": partner, "level": level.id, "day": ctx.today, "maker": ctx.user.id}
    return who | {"base": total, "lines": lines}


def _reminded(ctx: Context) -> dict[int, int]:
    """Give the days of the highest level at which each item was reminded of."""
    query = (
        select(ReminderLine.item_id, func.max(ReminderLevel.days))
        .join(Reminder, Reminder.id == ReminderLine.reminder_id)
        .join(ReminderLevel, ReminderLevel.id == Reminder.level_id)
        .where(ReminderLine.company_id == ctx.company.id)
        .group_by(ReminderLine.item_id)
    )
    return dict(ctx.session.execute(query).all())


def _balances(ctx: Context) -> dict[int, Any]:
    """Give what each customer owes on balance."""
    query = (
        select(OpenItem.partner_id, func.sum(OpenItem.open_base))
        .where(OpenItem.company_id == ctx.company.id, OpenItem.ledger == Ledger.RECEIVABLE, OpenItem.open != 0)
        .group_by(OpenItem.partner_id)
    )
    return dict(ctx.session.execute(query).all())


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

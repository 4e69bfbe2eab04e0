"""What the clock sets off: reminders of what is due or overdue, and the mail that comes once a day."""

from __future__ import annotations

from sqlalchemy import text

from hanse.actions import Context
from hanse.i18n import _
from hanse.jobs.outbox import follow_up
from hanse.jobs.schedule import days, scheduled
from hanse.work.activities import DUE, about_activity
from hanse.work.mailing import MAIL_ONE
from hanse.work.telling import tell

#: After so many days something that is still overdue is brought to mind again.
DAYS_BETWEEN = 7
#: So long a notification is kept once it is read; the others a year.
DAYS_READ, DAYS_UNREAD = 90, 365
_REMIND = text("""
    UPDATE core_activity SET reminded_on = :today
    WHERE company_id = :company AND state = 'planned' AND due <= :today
      AND (reminded_on IS NULL OR reminded_on <= CAST(:today AS date) - :days)
    RETURNING id, model, record, owner_id
""")
_WAITING = text("""
    SELECT DISTINCT user_id FROM core_notification
    WHERE company_id = :company AND posting IN ('soon', 'daily') ORDER BY user_id
""")
_TIDY = text("""
    DELETE FROM core_notification WHERE company_id = :company
      AND (read_at < now() - make_interval(days => :read) OR at < now() - make_interval(days => :unread))
""")


@scheduled(every=days(1), at="07:00", label=_("Remind of activities"))
def remind_of_activities(ctx: Context) -> None:
    """Tell owners what is to be done today and what is overdue; after a week again."""
    asked = {"company": ctx.company.id, "today": ctx.today, "days": DAYS_BETWEEN}
    rows = ctx.session.execute(_REMIND, asked).all()
    tell(ctx, [about_activity(owner, one, DUE, model, record, None) for one, model, record, owner in rows])


@scheduled(every=days(1), at="07:30", label=_("Mail of the day"))
def mail_the_day(ctx: Context) -> None:
    """Mail people what they want to hear once a day, each in a job of its own."""
    users = ctx.session.scalars(_WAITING, {"company": ctx.company.id}).all()
    follow_up(ctx, MAIL_ONE, [{"user": user, "daily": True} for user in users])


@scheduled(every=days(1), at="03:40", label=_("Forget old notifications"))
def tidy_notifications(ctx: Context) -> None:
    """Forget what was read three months ago, and what nobody has read in a year."""
    asked = {"company": ctx.company.id, "read": DAYS_READ, "unread": DAYS_UNREAD}
    ctx.session.execute(_TIDY, asked)

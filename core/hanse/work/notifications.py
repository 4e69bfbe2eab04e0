"""What people do with notifications: read them."""

from __future__ import annotations

from hanse.actions import Context, Records, action
from hanse.i18n import _
from hanse.work.models import Notification


@action(
    Notification,
    label=_("Mark as read"),
    permission="core.notification.update",
    hidden=True,
    done=_("Marked as read."),
)
def mark_read(ctx: Context, notifications: Records[Notification]) -> None:
    """Take notifications for read; what is told of the same thing from now on is new."""
    ctx.update(notifications, {"read_at": ctx.now})

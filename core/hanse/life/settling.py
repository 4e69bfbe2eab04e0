"""Look again once everybody is gone who might not have seen a merge: what they have added since is moved too.

A person, a program or an import that links to a record holds it as a foreign key does, so a merge waits for them, or
they are told of it.  Rules of the business write links unasked; what they had begun before the merge was committed may
still lead to a merged record.  It is never lost, for the record stays; this job lets it lead on.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hanse.actions import write
from hanse.actions.registry import action
from hanse.i18n import _
from hanse.jobs.outbox import enqueue, follow_up
from hanse.jobs.tasks import register_task
from hanse.life.models import Merge, MergeState
from hanse.work.records import model_called

if TYPE_CHECKING:
    from hanse.actions import Context, Records

_PAUSE = timedelta(seconds=15)
_STILL_OPEN = (
    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user "
    "AND pid <> pg_backend_pid() AND xact_start < %(since)s)"
)


def settle(ctx: Context, *, merge: int, since: datetime | None = None) -> None:
    """Move what came to merged records while they were merged.

    :param since: when the merge was there for all to see; what began earlier is waited for
    """
    if not ctx.all(Merge, Merge.id == merge):
        return
    moment = since or datetime.now(UTC)
    ((waits,),) = write.execute(ctx.session, _STILL_OPEN, {"since": moment})
    if waits:
        enqueue(ctx, SETTLE, run_at=ctx.now + _PAUSE, merge=merge, since=moment)
    else:
        ctx.run(look_again, [merge])


@action(Merge, name="look_again", label=_("Late references moved"), permission="core.merge.undo", hidden=True)
def look_again(ctx: Context, merges: Records[Merge]) -> None:
    """Move what leads to merged records still, unless the merge was undone."""
    from hanse.life.moving import move_everywhere

    for one in list(merges):
        if one.state is MergeState.DONE:
            count = move_everywhere(ctx, one.id, model_called(one.model), one.record, one.losers)
            if count:
                ctx.update([one.id], Merge, {"moved": one.moved + count})


def follow(ctx: Context, merge: int) -> None:
    """Have a merge looked at again after the commit."""
    follow_up(ctx, SETTLE, [{"merge": merge}])


SETTLE = register_task(settle, label=_("Settle a merge"))

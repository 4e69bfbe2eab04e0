"""Tell people: notifications are made in sets, by jobs after the commit, for those who may see what they are about.

What is told again before it was read is counted on the notification that is there.  Nobody is told of what they did
themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from hanse.actions import write
from hanse.i18n import KERNEL, Text, _
from hanse.jobs.outbox import follow_up
from hanse.jobs.tasks import register_task
from hanse.security.audience import contexts_of, viewers
from hanse.work.models import Posting, Reason
from hanse.work.settings import Wishes, wishes_of

if TYPE_CHECKING:
    from hanse.actions import Context

#: So long mail waits for more, so that what belongs together comes together.
MAIL_WAITS = timedelta(minutes=2)
#: And a little longer, until what was told at the end of that time is committed.
_GRACE = timedelta(seconds=15)
_UPSERT = """
    INSERT INTO core_notification AS n
        (company_id, user_id, reason, model, record, topic, actor_id, times, content, at, posting)
    SELECT %(company)s, u, reason, model, record, topic, actor, times, content::jsonb, %(now)s, posting
    FROM unnest(%(users)s::bigint[], %(reasons)s::text[], %(models)s::text[], %(records)s::bigint[], %(topics)s::text[],
                %(actors)s::bigint[], %(times)s::bigint[], %(contents)s::text[], %(postings)s::text[])
        AS given (u, reason, model, record, topic, actor, times, content, posting)
    ON CONFLICT (company_id, user_id, reason, model, record, topic) WHERE read_at IS NULL DO UPDATE SET
        times = n.times + excluded.times,
        actors = CASE WHEN n.actor_id IS DISTINCT FROM excluded.actor_id THEN 2 ELSE n.actors END,
        actor_id = excluded.actor_id, content = excluded.content, at = excluded.at, rev = n.rev + 1,
        posting = CASE WHEN n.posting = 'mailed' AND excluded.reason NOT IN ('mention', 'activity')
                  THEN n.posting ELSE excluded.posting END
    RETURNING user_id, posting
"""


@dataclass(frozen=True)
class News:
    """Something that one person is to be told.

    :ivar topic: keeps apart what is told of the same record for the same reason
    :ivar times: how often it happened
    """

    user: int
    reason: Reason
    content: Mapping[str, Any]
    model: str | None = None
    record: int | None = None
    topic: str = ""
    actor: int | None = None
    times: int = field(default=1, compare=False)


def tell(ctx: Context, news: Iterable[News]) -> None:
    """Store notifications for those who want them and may see what they are about; mail follows.

    Takes some nine statements, whatever the number of people and records.
    """
    fresh = _together(one for one in news if one.user != one.actor)
    if not fresh:
        return
    fresh = _allowed(ctx, fresh)
    wishes = wishes_of(ctx, (one.user for one in fresh))
    wanted = [(one, posting) for one in fresh if (posting := _posting(wishes, one)) is not None]
    if not wanted:
        return
    rows = write.execute(ctx.session, _UPSERT, _columns(ctx, wanted))
    _mail_later(ctx, {user for user, posting in rows if posting == Posting.SOON.value})


def _together(news: Iterable[News]) -> list[News]:
    """Join what is told of the same thing: the last one stands for all."""
    found: dict[tuple[Any, ...], News] = {}
    for one in news:
        key = (one.user, one.reason, one.model, one.record, one.topic)
        before = found.get(key)
        found[key] = replace(one, times=before.times + one.times) if before else one
    return list(found.values())


def _allowed(ctx: Context, news: Sequence[News]) -> list[News]:
    """Leave out who has no role here any more, and what people may not see now."""
    people = contexts_of(ctx, (one.user for one in news))
    pairs = {(one.model, one.record) for one in news if one.model is not None and one.record is not None}
    seen = viewers(people, pairs)
    return [
        one
        for one in news
        if one.user in people
        and speaker(one.reason, one.content) in people[one.user].seen
        and (one.model is None or one.record is None or (one.user, one.model, one.record) in seen)
    ]


def speaker(reason: str, content: Mapping[str, Any]) -> str:
    """Give the addon whose words a notification holds: only who sees it is told."""
    return str(content.get("domain")) if reason == Reason.ALERT.value else KERNEL


def _posting(wishes: Mapping[int, Wishes], one: News) -> Posting | None:
    return wishes.get(one.user, Wishes()).posting(one.reason)


def _columns(ctx: Context, wanted: Sequence[tuple[News, Posting]]) -> dict[str, Any]:
    return {
        "company": ctx.company.id,
        "now": ctx.now,
        "users": [one.user for one, _posting in wanted],
        "reasons": [one.reason.value for one, _posting in wanted],
        "models": [one.model for one, _posting in wanted],
        "records": [one.record for one, _posting in wanted],
        "topics": [one.topic for one, _posting in wanted],
        "actors": [one.actor for one, _posting in wanted],
        "times": [one.times for one, _posting in wanted],
        "contents": [write.dumps(dict(one.content)) for one, _posting in wanted],
        "postings": [posting.value for _one, posting in wanted],
    }


def _mail_later(ctx: Context, users: Iterable[int]) -> None:
    """Have one mail made for each of these people, when no more has come for a moment."""
    from hanse.work.mailing import MAIL_ONE

    moment = slot_after(ctx.now)
    follow_up(
        ctx,
        MAIL_ONE,
        [{"user": user} for user in sorted(users)],
        keys=[f"notify:{ctx.company.id}:{user}:{moment.isoformat()}" for user in sorted(users)],
        run_at=moment + _GRACE,
    )


def slot_after(now: datetime) -> datetime:
    """Give the moment at which mail that is due now goes out; it is the same for all that comes shortly after."""
    step = int(MAIL_WAITS.total_seconds())
    return datetime.fromtimestamp((int(now.timestamp()) // step + 1) * step, now.tzinfo)


# --- alerts of addons -------------------------------------------------------------------------------------------------


def notify(
    ctx: Context, users: Iterable[int], message: Text, *, record: tuple[str, int] | None = None, topic: str = ""
) -> None:
    """Tell people something once the transaction is committed; see :meth:`hanse.Context.notify`."""
    found = sorted(set(users))
    if not found:
        return
    content = {"domain": message.domain, "message": message.message, "values": dict(message.values)}
    model, own = record if record is not None else (None, None)
    arguments = {
        "users": found,
        "content": content,
        "model": model,
        "record": own,
        "topic": topic or ("" if record else message.message[:120]),
        "actor": ctx.user.id,
    }
    follow_up(ctx, TELL_ALERT, [arguments])


def tell_alert(
    ctx: Context,
    *,
    users: list[int],
    content: dict[str, Any],
    model: str | None,
    record: int | None,
    topic: str,
    actor: int,
) -> None:
    """Tell people what an addon has to say."""
    tell(ctx, [News(user, Reason.ALERT, content, model, record, topic, actor) for user in users])


TELL_ALERT = register_task(tell_alert, label=_("Notify people"))

__all__ = ["MAIL_WAITS", "TELL_ALERT", "News", "notify", "slot_after", "speaker", "tell"]

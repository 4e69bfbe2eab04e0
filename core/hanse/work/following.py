"""Followers: who wants to hear of a record, and how changes come to them.

Nobody is made a follower silently: people follow what they choose, and by a setting of their own what they made by hand
or where somebody mentions them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from hanse.actions import Context, Records, action, write
from hanse.i18n import _, current_locale
from hanse.jobs.outbox import BY_EVENT, CHANNEL
from hanse.jobs.tasks import register_task
from hanse.security.audience import Pair
from hanse.work.models import Follower, Level, Reason
from hanse.work.records import require_record
from hanse.work.settings import Wishes
from hanse.work.telling import News, tell

if TYPE_CHECKING:
    from hanse.actions.run import Run

_ADD = """
    INSERT INTO core_follower (company_id, model, record, user_id, level, at)
    SELECT %(company)s, %(model)s, r, u, %(level)s, %(now)s
    FROM unnest(%(records)s::bigint[]) r, unnest(%(users)s::bigint[]) u
    ON CONFLICT (company_id, model, record, user_id) DO {otherwise}
"""
_KEEP = _ADD.format(otherwise="NOTHING")
_CHANGE = _ADD.format(otherwise="UPDATE SET level = excluded.level, rev = core_follower.rev + 1")


@action(Follower, label=_("Follow"), permission="core.follower.create", creates=True, hidden=True)
def follow(
    ctx: Context, followers: Records[Follower], *, model: str, record: int, level: Level = Level.STATES
) -> list[int]:
    """Hear of a record from now on, or of more or less of it than before.

    :raises NotFound: the record is not there for this person
    """
    require_record(ctx, model, record)
    add_followers(ctx, model, [record], [ctx.user.id], level=level)
    return [*_own(ctx, model, record)]


@action(Follower, label=_("Unfollow"), permission="core.follower.delete", hidden=True)
def unfollow(ctx: Context, followers: Records[Follower]) -> None:
    """Hear of records no more; others are not unfollowed."""
    sql = "DELETE FROM core_follower WHERE company_id = %(company)s AND user_id = %(user)s AND id = ANY(%(ids)s)"
    asked = {"company": ctx.company.id, "user": ctx.user.id, "ids": followers.ids}
    write.execute(ctx.session, sql, asked)
    followers.forget()


def _own(ctx: Context, model: str, record: int) -> Iterable[int]:
    query = select(Follower.id).where(
        Follower.company_id == ctx.company.id,
        Follower.model == model,
        Follower.record == record,
        Follower.user.is_(ctx.user.id),
    )
    return ctx.session.scalars(query)


def add_followers(
    ctx: Context, model: str, records: Sequence[int], users: Sequence[int], *, level: Level | None = None
) -> None:
    """Let people follow records; who does already goes on as they chose, unless a level is given."""
    values = {
        "company": ctx.company.id,
        "model": model,
        "records": list(records),
        "users": list(users),
        "level": (level or Level.STATES).value,
        "now": ctx.now,
    }
    if users:
        write.execute(ctx.session, _KEEP if level is None else _CHANGE, values)


def follow_created(ctx: Context, model: str, record: int, wishes: Wishes) -> None:
    """Let somebody follow what they have just made by hand, if they like that."""
    if wishes.follow_created:
        add_followers(ctx, model, [record], [ctx.user.id])


# --- changes ----------------------------------------------------------------------------------------------------------

#: What asks for the job stands in the statement that writes the audit, so that who changes records pays for no other.
_HEARD = """
    WITH written AS ({insert}),
    heard AS (
        SELECT jsonb_agg(jsonb_build_array(c.model, c.record, c.state)) AS records FROM (
            SELECT DISTINCT g.model, g.record, g.state
            FROM unnest(%(models)s::text[], %(records)s::bigint[], %(states)s::bool[]) AS g (model, record, state)
            JOIN core_follower f ON f.model = g.model AND f.record = g.record
            WHERE f.company_id = %(company_id)s AND f.user_id <> %(actor)s
              AND (f.level = 'everything' OR f.level = 'states' AND g.state)
        ) c
    ),
    asked AS (
        INSERT INTO core_job (task, queue, args, run_at, state, created_at, user_id, behalf_id, company_id, locale, via)
        SELECT %(task)s, %(queue)s, jsonb_build_object('action', %(action)s::text, 'run', %(run)s::text,
               'records', records), now(), 'pending', clock_timestamp(), %(actor)s, %(behalf)s, %(company_id)s,
               %(locale)s, %(how)s
        FROM heard WHERE records IS NOT NULL RETURNING id
    )
    SELECT pg_notify(%(channel)s, '') FROM asked
"""


def write_and_tell(
    ctx: Context, this: Run, insert: str, params: Mapping[str, Any], changed: Mapping[Pair, Mapping[str, Any]]
) -> None:
    """Write audit entries by the statement ``insert``; where somebody follows a record, have them told.

    :param changed: of records that somebody may follow, what changed
    """
    states = ["state" in changes or this.action.state in changes for changes in changed.values()]
    sql = _HEARD.format(insert=insert)
    more = {
        "models": write.array([model for model, _record in changed]),
        "records": write.array([record for _model, record in changed]),
        "states": write.array(states),
        "actor": ctx.user.id,
        "task": TELL_CHANGE.name,
        "queue": TELL_CHANGE.queue,
        "action": this.action.name,
        "run": this.id,
        "behalf": ctx.behalf.id if ctx.behalf else None,
        "locale": current_locale(),
        "how": BY_EVENT,
        "channel": CHANNEL,
    }
    write.execute(ctx.session, sql, {**params, **more})


def tell_change(ctx: Context, *, action: str, run: str, records: list[list[Any]]) -> None:
    """Tell followers that an action has changed records."""
    states = {(model, record): state for model, record, state in records}
    content = {"action": action, "run": run}
    tell(
        ctx,
        [
            News(user, Reason.CHANGE, content, model, record, actor=ctx.user.id)
            for model, record, user, level in followers_of(ctx, states)
            if level is Level.EVERYTHING or (level is Level.STATES and states[model, record])
        ],
    )


def followers_of(ctx: Context, pairs: Iterable[Pair]) -> list[tuple[str, int, int, Level]]:
    """Give who follows records: model, record, user, level; in one statement."""
    pairs = list(pairs)
    query = """
        SELECT f.model, f.record, f.user_id, f.level FROM core_follower f
        JOIN unnest(%(models)s::text[], %(records)s::bigint[]) AS g (model, record)
          ON f.model = g.model AND f.record = g.record
        WHERE f.company_id = %(company)s ORDER BY f.id
    """
    asked = {
        "models": [model for model, _record in pairs],
        "records": [record for _model, record in pairs],
        "company": ctx.company.id,
    }
    rows = write.execute(ctx.session, query, asked)
    return [(model, record, user, Level(level)) for model, record, user, level in rows]


TELL_CHANGE = register_task(tell_change, label=_("Notify people"))

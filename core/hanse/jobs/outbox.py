"""The outbox: what shall happen after the commit is a row of the same transaction, or it never was.

The relay hears of new rows by NOTIFY, which PostgreSQL delivers at the commit, and not at all after a rollback.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hanse.actions.registry import Action, find_action
from hanse.actions.write import dumps, execute
from hanse.errors import BusinessError
from hanse.i18n import _, current_locale
from hanse.jobs.models import JobState
from hanse.jobs.tasks import Task, TaskError, queues, register_task

if TYPE_CHECKING:
    from hanse.actions import Context
    from hanse.actions.run import Run

#: What the relay listens to.
CHANNEL = "hanse_jobs"
#: The via of jobs that addons start by themselves: like runs inside runs, they do what the business needs, not what
#: the person who set them off may do.
BY_EVENT, BY_SCHEDULE = "event", "schedule"
MOST_RECORDS = 1000


@dataclass(frozen=True, slots=True)
class _Row:
    task: str
    queue: str
    args: dict[str, Any] = field(default_factory=dict[str, Any])
    key: str | None = None
    run_at: datetime | None = None
    state: JobState = JobState.PENDING
    parent: int | None = None


_INSERT = """
    WITH fresh AS (
        INSERT INTO core_job (task, queue, args, key, run_at, state, parent_id,
                              created_at, user_id, behalf_id, company_id, locale, via)
        SELECT task, queue, args::jsonb, key, coalesce(run_at, now()), state, parent,
               clock_timestamp(), %(user)s, %(behalf)s, %(company)s, %(locale)s, %(via)s
        FROM unnest(%(task)s::text[], %(queue)s::text[], %(args)s::text[], %(key)s::text[], %(run_at)s::timestamptz[],
                    %(state)s::text[], %(parent)s::bigint[])
             WITH ORDINALITY AS given (task, queue, args, key, run_at, state, parent, place)
        ORDER BY place
        ON CONFLICT (key) DO NOTHING
        RETURNING id
    )
    SELECT id, pg_notify(%(channel)s, '') FROM fresh ORDER BY id
"""


def _insert(ctx: Context, rows: Sequence[_Row], via: str | None = None) -> list[int]:
    """Insert rows and wake the relay at the commit; give the ids of those whose key was free."""
    columns: dict[str, Any] = {
        "task": [row.task for row in rows],
        "queue": [row.queue for row in rows],
        "args": [dumps(row.args) for row in rows],
        "key": [row.key for row in rows],
        "run_at": [row.run_at for row in rows],
        "state": [row.state.value for row in rows],
        "parent": [row.parent for row in rows],
    }
    asker = {
        "user": ctx.user.id,
        "behalf": ctx.behalf.id if ctx.behalf else None,
        "company": ctx.company.id,
        "locale": current_locale(),
        "via": ctx.via if ctx.via in (BY_EVENT, BY_SCHEDULE) else via or "job",
    }
    return [row[0] for row in execute(ctx.session, _INSERT, columns | asker | {"channel": CHANNEL})]


def enqueue(
    ctx: Context,
    task: Task,
    *,
    key: str | None = None,
    run_at: datetime | None = None,
    queue: str | None = None,
    **args: Any,
) -> int:
    """Have a task done once this transaction is committed; give the id of its job.

    :param key: there is never a second job with the same key: the id of the first is given, whatever became of it
    :param run_at: not before this moment; None: at once
    :param queue: another than the task's own
    :param args: what JSON can hold, days, moments, decimals, choices, and records (which arrive as ids)
    :raises TaskError: the arguments are not those of the task, or no task uses this queue
    """
    row = _Row(task.name, _checked(queue or task.queue), task.stored(args), key, run_at)
    return _insert_one(ctx, row)[0]


def _checked(queue: str) -> str:
    if queue not in queues():
        raise TaskError(
            f"no task uses the queue {queue!r}, so nobody would look into it; there are {', '.join(queues())}"
        )
    return queue


def follow_up(
    ctx: Context,
    task: Task,
    arguments: Sequence[Mapping[str, Any]],
    *,
    keys: Sequence[str] | None = None,
    run_at: datetime | None = None,
) -> None:
    """Have a task of the kernel done once for each set of arguments after the commit, for the whole company.

    Like what events set off, it is not bound to the rights of the person who acts.

    :param keys: one for each, as of :func:`enqueue`
    :raises TaskError: the arguments are not those of the task
    """
    names: Sequence[str | None] = keys or [None] * len(arguments)
    rows = [
        _Row(task.name, task.queue, task.stored(dict(one)), key, run_at)
        for one, key in zip(arguments, names, strict=True)
    ]
    if rows:
        _insert(ctx, rows, via=BY_EVENT)


def _insert_one(ctx: Context, row: _Row) -> tuple[int, bool]:
    """Insert a job unless its key is taken; give its or the other's id, and whether it is new."""
    if found := _insert(ctx, [row]):
        return found[0], True
    return execute(ctx.session, "SELECT id FROM core_job WHERE key = %(key)s", {"key": row.key})[0][0], False


def chunked(
    ctx: Context,
    task: Task,
    items: Sequence[Any],
    *,
    size: int = 100,
    finish: Task | None = None,
    key: str | None = None,
    **args: Any,
) -> int:
    """Have long work done in parts, each a job and a transaction of its own; give the id of the job that joins them.

    The task gets ``items``, at most ``size`` of them.  When every part is done, ``finish`` runs and finds what the
    parts left by ``progress.parts(ctx.session)``.  Both get those of ``args`` that they take.  If a part fails for
    good, so does the whole.

    :raises TaskError: the arguments are not those of the tasks
    """
    last = finish or task
    if finish is task:
        raise TaskError(f"task {task.name}: what joins the parts must be another task")
    if unknown := [name for name in args if not (task.takes(name) or last.takes(name))]:
        raise TaskError(f"tasks {task.name} and {last.name}: no argument {unknown[0]!r}")
    own = {name: value for name, value in args.items() if task.takes(name)}
    stored = finish.stored({name: value for name, value in args.items() if finish.takes(name)}) if finish else {}
    pieces = [list(items[start : start + size]) for start in range(0, len(items), size)] or [[]]
    parent, fresh = _insert_one(ctx, _Row(last.name, last.queue, stored, key, state=JobState.WAITING))
    if fresh:
        _insert(
            ctx,
            [
                _Row(
                    task.name,
                    task.queue,
                    task.stored({**own, "items": piece}),
                    f"chunk:{parent}:{number}",
                    parent=parent,
                )
                for number, piece in enumerate(pieces)
            ],
        )
    return parent


# --- events -----------------------------------------------------------------------------------------------------------


def enqueue_events(ctx: Context, this: Run, done: Sequence[int]) -> None:
    """Have everybody told after the commit who waits for what a run did; run() calls it.

    That is every ``@after(action)`` handler whose addon is on, and every webhook that watches.
    """
    rows = [*_for_handlers(ctx, this.action, done), *(_for_webhooks(ctx, this, done) if ctx.watched else ())]
    if rows:
        _insert(ctx, rows, via=BY_EVENT)


def _for_handlers(ctx: Context, action: Action[Any], ids: Sequence[int]) -> Iterator[_Row]:
    for handler in action.handlers:
        if addon_of(handler) in ctx.enabled:
            for piece in _pieces(ids):
                stored = HANDLE.stored({"action": action.name, "handler": name_of(handler), "ids": piece})
                yield _Row(HANDLE.name, HANDLE.queue, stored)


def _for_webhooks(ctx: Context, this: Run, done: Sequence[int]) -> Iterator[_Row]:
    from hanse.webhooks.delivery import announce
    from hanse.webhooks.events import happened

    for kind, ids in happened(this, done, ctx.watched).items():
        model = kind.rpartition(".")[0]
        for piece in _pieces(ids):
            stored = announce.stored({"kind": kind, "model": model, "ids": piece, "at": ctx.now})
            yield _Row(announce.name, announce.queue, stored)


def _pieces(ids: Sequence[int]) -> list[list[int]]:
    return [list(ids[start : start + MOST_RECORDS]) for start in range(0, len(ids), MOST_RECORDS)]


def addon_of(function: Callable[..., Any]) -> str:
    """Name the addon that a function belongs to."""
    return function.__module__.partition(".")[0]


def name_of(function: Callable[..., Any]) -> str:
    """Give the name under which a handler stands in the outbox."""
    return f"{function.__module__}.{function.__qualname__}"


def handle(ctx: Context, *, action: str, handler: str, ids: list[int]) -> None:
    """Call a handler with those of the records that are still there, if its addon is still on."""
    watched = find_action(action)
    found = [one for one in watched.handlers if name_of(one) == handler] if watched else []
    if watched is None or not found:
        raise BusinessError(_("%(handler)s no longer exists.", handler=handler))
    if addon_of(found[0]) in ctx.enabled:
        found[0](ctx, ctx.all(watched.model, watched.model.id.in_(ids)))


HANDLE = register_task(handle, label=_("Follow-up"))

__all__ = ["BY_EVENT", "BY_SCHEDULE", "CHANNEL", "chunked", "enqueue", "enqueue_events", "follow_up"]

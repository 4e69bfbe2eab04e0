"""What people may know of jobs: their own, and those of their companies if they hold ``core.job.read``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from hanse.errors import NotFound
from hanse.i18n import Label, _
from hanse.jobs.models import JobState
from hanse.jobs.permissions import Jobs
from hanse.jobs.progress import Result
from hanse.jobs.tasks import find_task, label_of

if TYPE_CHECKING:
    from hanse.actions import Context

# Of a chunked job: what its parts have done, of what they were given.
_ROWS = """
    SELECT j.id, j.task, j.state, j.created_at, j.done_at, coalesce(p.message, '') AS message, p.result,
           coalesce(parts.done, p.done, 0) AS done, coalesce(parts.total, p.total) AS total
    FROM core_job j
    LEFT JOIN core_job_progress p ON p.job_id = j.id
    LEFT JOIN LATERAL (
        SELECT sum(CASE WHEN c.state = 'done' THEN jsonb_array_length(c.args->'items')
                        ELSE least(coalesce(q.done, 0), jsonb_array_length(c.args->'items')) END) AS done,
               sum(jsonb_array_length(c.args->'items')) AS total
        FROM core_job c LEFT JOIN core_job_progress q ON q.job_id = c.id WHERE c.parent_id = j.id
    ) parts ON true
"""
_ONE = text(
    f"{_ROWS} WHERE j.id = :job AND (j.user_id = :user OR j.behalf_id = :user OR j.company_id = ANY(:companies))"
)
_OWN = text(
    f"{_ROWS} WHERE j.user_id = :user AND j.company_id = :company AND j.parent_id IS NULL "
    "AND j.via NOT IN ('event', 'schedule') ORDER BY j.id DESC LIMIT :limit"
)


@dataclass(frozen=True, slots=True)
class JobStatus:
    """A job as its person sees it.

    :ivar total: how much there is to do; None while nobody knows
    :ivar message: the last thing it said; of a failed one, why
    :ivar result: what it left; None until it is done
    """

    id: int
    label: Label
    state: JobState
    done: int
    total: int | None
    message: str
    result: Result | None
    created_at: datetime
    done_at: datetime | None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in (JobState.DONE, JobState.DEAD)

    @property
    def percent(self) -> int | None:
        """How far it is, 0 to 100; None while nobody knows."""
        if self.state is JobState.DONE:
            return 100
        return min(100, 100 * self.done // self.total) if self.total else None


def progress_of(ctx: Context, job: int) -> JobStatus:
    """Tell how far a job is.

    :raises NotFound: there is none, or it is somebody else's
    """
    companies = list(ctx.companies) if ctx.may(Jobs.SEE) else []
    row = ctx.session.execute(_ONE, {"job": job, "user": ctx.user.id, "companies": companies}).mappings().first()
    if row is None or not _is_seen(ctx, row["task"]):
        raise NotFound(_("There is no such job, or it is not yours."))
    return _status(row)


def jobs_of(ctx: Context, *, limit: int = 20) -> list[JobStatus]:
    """List what the person of ``ctx`` has asked for in this company, the latest first, of addons that they see."""
    found = ctx.session.execute(_OWN, {"user": ctx.user.id, "company": ctx.company.id, "limit": limit})
    return [_status(row) for row in found.mappings() if _is_seen(ctx, row["task"])]


def _is_seen(ctx: Context, task: str) -> bool:
    """Tell whether the person sees the addon of a task, whose jobs leave its data; nobody's tasks are everybody's."""
    found = find_task(task)
    return found is None or found.addon in ctx.seen


def _status(row: Mapping[Any, Any]) -> JobStatus:
    state = JobState(row["state"])
    result = Result(**row["result"]) if row["result"] and state is JobState.DONE else None
    total = None if row["total"] is None else int(row["total"])
    return JobStatus(
        row["id"],
        label_of(row["task"]),
        state,
        int(row["done"]),
        total,
        row["message"],
        result,
        row["created_at"],
        row["done_at"],
    )


__all__ = ["JobStatus", "jobs_of", "progress_of"]

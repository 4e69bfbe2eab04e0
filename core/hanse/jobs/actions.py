"""What administrators do with jobs that failed."""

from __future__ import annotations

from hanse.actions import Context, Records, action
from hanse.actions.write import execute
from hanse.errors import BusinessError, NotFound
from hanse.i18n import _
from hanse.jobs.models import Job, JobState
from hanse.jobs.outbox import CHANNEL

_PARTS = """
    SELECT id, parent_id FROM core_job
    WHERE state = 'dead' AND (parent_id = ANY(%(ids)s) OR id = ANY(%(ids)s) AND parent_id IS NOT NULL)
"""
_AGAIN = """
    UPDATE core_job
    SET state = CASE WHEN id = ANY(%(wholes)s::bigint[]) THEN 'waiting' ELSE 'pending' END,
        attempts = 0, starts = 0, sends = 0, error = NULL, sent_at = NULL, done_at = NULL, run_at = now()
    WHERE state = 'dead' AND id = ANY(%(ids)s::bigint[])
    RETURNING pg_notify(%(channel)s, '')
"""


@action(
    Job,
    label=_("Try again"),
    permission="core.job.retry",
    icon="refresh",
    done=_("%(count)s jobs are tried again."),
)
def retry(ctx: Context, jobs: Records[Job]) -> None:
    """Have failed jobs done after all, with their failed parts, as those who asked for them.

    :raises NotFound: one belongs to a company of somebody else
    :raises BusinessError: one has not failed
    """
    companies: set[object] = {*jobs[Job.company]}  # a link gives ids
    if not companies <= set(ctx.companies):
        raise NotFound(_("There is no such job, or it is not yours."))
    if any(state is not JobState.DEAD for state in jobs[Job.state]):
        raise BusinessError(_("Only failed jobs can be tried again."))
    parts = execute(ctx.session, _PARTS, {"ids": jobs.ids})
    wholes = {whole for _part, whole in parts}
    ids = sorted({*jobs.ids, *wholes, *(part for part, _whole in parts)})
    execute(ctx.session, _AGAIN, {"ids": ids, "wholes": sorted(wholes), "channel": CHANNEL})
    jobs.forget()

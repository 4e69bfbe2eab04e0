"""Work after commit: outbox, relay, worker, schedule."""

from hanse.jobs.outbox import chunked, enqueue
from hanse.jobs.progress import Progress, Result
from hanse.jobs.schedule import days, hours, minutes, scheduled
from hanse.jobs.status import JobStatus, jobs_of, progress_of
from hanse.jobs.tasks import Task, job, waits_outside

__all__ = [
    "JobStatus",
    "Progress",
    "Result",
    "Task",
    "chunked",
    "days",
    "enqueue",
    "hours",
    "job",
    "jobs_of",
    "minutes",
    "progress_of",
    "scheduled",
    "waits_outside",
]

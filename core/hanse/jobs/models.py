"""The outbox, the progress of jobs, and schedules.

None of these tables has a row policy, because relay and scheduler work for all companies at once.  Whoever shows them
to people asks :mod:`hanse.jobs.status`, which shows each only what is theirs.
"""

from __future__ import annotations

from datetime import datetime

from hanse.directory.models import Company, User
from hanse.i18n import _
from hanse.models import (
    Choice,
    Index,
    Mapped,
    Model,
    Scope,
    Unique,
    choice,
    flag,
    link,
    moment,
    note,
    number,
    structure,
    text,
)


class JobState(Choice):
    """Where a job is on its way."""

    WAITING = "waiting", _("Waiting for its parts")
    PENDING = "pending", _("Waiting")
    SENT = "sent", _("Running")
    DONE = "done", _("Done")
    DEAD = "dead", _("Failed")


class Job(Model, shared=True):
    """Work to be done once its row is committed: exactly once, as far as the database reaches."""

    __audited__ = False
    __tablename__ = "core_job"
    __display__ = ("task",)
    task: Mapped[str] = text(_("Work to do"), max_length=120)
    args: Mapped[dict[str, object]] = structure(_("Arguments"), default={})
    key: Mapped[str | None] = text(_("Key"), max_length=300, help=_("There is never a second job with the same key."))
    queue: Mapped[str] = text(_("Queue"), max_length=60, default="default")
    state: Mapped[JobState] = choice(_("State"), default=JobState.PENDING)
    run_at: Mapped[datetime] = moment(_("Not before"))
    created_at: Mapped[datetime] = moment(_("Asked at"))
    sent_at: Mapped[datetime | None] = moment(_("Handed out at"))
    done_at: Mapped[datetime | None] = moment(_("Ended at"))
    attempts: Mapped[int] = number(_("Attempts"), default=0)
    sends: Mapped[int] = number(_("Times handed to the broker"), default=0)
    starts: Mapped[int] = number(_("Times begun since the last failure"), default=0)
    error: Mapped[str | None] = note(_("Error"))
    user: Mapped[User] = link(_("Asked by"))
    behalf: Mapped[User | None] = link(_("On behalf of"), index=False)
    company: Mapped[Company] = link(_("Company"))
    locale: Mapped[str] = text(_("Language"), max_length=12)
    via: Mapped[str] = text(_("Via"), max_length=20, default="job")
    parent: Mapped[Job | None] = link(_("Part of"), ondelete="CASCADE")

    __scope__ = Scope(owner="user")
    __rules__ = [
        Unique("key", error=_("There is such a job already.")),
        Index("queue", "run_at", where="state = 'pending'"),
        Index("queue", "sent_at", where="state = 'sent'"),
    ]


class JobProgress(Model, shared=True):
    """How far a job is; written beside the job's transaction, so that people see it at once."""

    __audited__ = False
    __tablename__ = "core_job_progress"
    __display__ = ("message",)
    job: Mapped[Job] = link(_("Job"), ondelete="CASCADE", index=False)
    done: Mapped[int] = number(_("Done"), default=0)
    total: Mapped[int | None] = number(_("Of"))
    message: Mapped[str] = note(_("Message"), default="")
    result: Mapped[dict[str, object] | None] = structure(_("Result"))

    __rules__ = [Unique("job", error=_("There is such a job already."))]


class Schedule(Model, shared=True):
    """When a scheduled task is next due in a company."""

    __audited__ = False
    __tablename__ = "core_schedule"
    task: Mapped[str] = text(_("Work to do"), max_length=120)
    company: Mapped[Company] = link(_("Company"), index=False)
    rule: Mapped[str] = text(_("Rule"), max_length=120, help=_("What the next time was reckoned from."))
    next_at: Mapped[datetime] = moment(_("Next at"), index=True)
    last_slot: Mapped[datetime | None] = moment(_("Last at"))
    active: Mapped[bool] = flag(_("On"), default=True)

    __display__ = ("task",)
    __rules__ = [Unique("task", "company", error=_("The company has this schedule already."))]

"""Take away what nobody asks for any more."""

from __future__ import annotations

from sqlalchemy import text

from hanse.actions import Context
from hanse.database.session import TOLD
from hanse.files.keeping import GRACE, sweep
from hanse.files.uploads import forget_old as forget_old_uploads
from hanse.i18n import _
from hanse.jobs.progress import Progress
from hanse.jobs.schedule import days, hours, scheduled
from hanse.security.sessions import forget_old
from hanse.settings.models import GeneralSettings

_TIDY = text("""
    DELETE FROM core_job j
    WHERE company_id = :company AND state = 'done' AND done_at < now() - make_interval(days => :days)
      AND NOT EXISTS (SELECT FROM core_job whole WHERE whole.id = j.parent_id AND whole.state <> 'done')
""")


@scheduled(every=days(1), at="03:30", label=_("Tidy up"))
def tidy_jobs(ctx: Context) -> None:
    """Forget jobs that went well as long ago as the company has set; failed ones stay until somebody looks at them."""
    ctx.session.execute(_TIDY, {"company": ctx.company.id, "days": ctx.settings(GeneralSettings).job_days})


@scheduled(every=hours(1), label=_("Tidy up"))
def tidy_visits(ctx: Context) -> None:
    """Forget sessions that have ended, old attempts to log in, and keys of forms and requests nobody sends again.

    They belong to no company: whichever company is first does it for all, and the others find nothing.
    """
    forget_old(ctx.session, ctx.now)


@scheduled(every=days(1), at="04:10", label=_("Tidy up files"))
def tidy_files(ctx: Context, progress: Progress) -> None:
    """Take away files that no record has named for a day, and uploads that nobody saved.

    They belong to all companies: whichever is first does it for all, and the others find nothing.
    """
    forget_old_uploads(ctx.session, ctx.now - GRACE)
    sweep(ctx.session.connection(), progress.files, ctx.now)
    ctx.session.info.pop(TOLD, None)  # the sweep looks into all companies
    ctx.bind()

"""Sealing the audit log on schedule, so that no writer waits for it."""

from __future__ import annotations

from hanse.actions import Context
from hanse.audit.chain import seal
from hanse.i18n import _
from hanse.jobs.outbox import enqueue
from hanse.jobs.schedule import minutes, scheduled

#: Entries that one job seals, some three seconds' work; where more wait, another job follows.
MOST = 100_000


@scheduled(every=minutes(15), label=_("Seal the audit log"))
def seal_audit(ctx: Context) -> None:
    """Add to the company's chain what the audit log has got since the last time; after a standstill, piece by piece."""
    if seal(ctx.session, most=MOST) >= MOST:
        enqueue(ctx, seal_audit)

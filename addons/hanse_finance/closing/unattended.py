"""Close periods without anybody at a screen: one service user writes the closing vouchers, another audits and posts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hanse import BusinessError, Context, _
from hanse.actions import find_action, open_context
from hanse.directory.founding import add_role, add_service_user
from hanse_finance.closing.checks import Level, Result, check_period
from hanse_finance.closing.sealing import digests
from hanse_finance.closing.steps import steps
from hanse_finance.ledger.importing import AUDITOR, BOOKKEEPING, MAKER
from hanse_finance.models import Period, PeriodState
from hanse_finance.reports import span_of


@dataclass
class Closed:
    """What became of a period.

    :ivar vouchers: number of vouchers each step wrote
    :ivar hashes: SHA-256 by report, where it was closed
    """

    period: str
    vouchers: dict[str, int] = field(default_factory=dict[str, int])
    checks: list[Result] = field(default_factory=list[Result])
    closed: bool = False
    hashes: dict[str, str] = field(default_factory=dict[str, str])

    def as_json(self) -> dict[str, Any]:
        """Give it as the command line prints it."""
        return {
            "period": self.period,
            "closed": self.closed,
            "vouchers": self.vouchers,
            "checks": [
                {"code": code, "level": result.level.value, "messages": [str(one.message) for one in result.findings]}
                for result in self.checks
                for code in (result.check.code,)
            ],
            "hashes": self.hashes,
        }


@dataclass(frozen=True)
class Bookkeepers:
    """The two service users at work in a company."""

    maker: Context
    auditor: Context

    @classmethod
    def at(cls, session: Session, company: int) -> Bookkeepers:
        """Let them work in a company."""
        add_role(session, *BOOKKEEPING)
        users = [add_service_user(session, *one, role=BOOKKEEPING[0]) for one in (MAKER, AUDITOR)]
        maker, auditor = (open_context(session, user, company, via="cli") for user in users)
        return cls(maker, auditor)

    def do(self, name: str, records: Iterable[int], *, audit: bool = False, **params: Any) -> Any:
        """Run an action as the one who makes, or as the one who audits."""
        action = find_action(name)
        assert action is not None, name
        return (self.auditor if audit else self.maker).run(action, list(records), **params)


def close(people: Bookkeepers, code: str, *, only_check: bool = False) -> list[Closed]:
    """Take all steps of every open period up to one, or to the end of a year, and close them.

    :param code: ``2025-03`` or ``2025``
    :raises BusinessError: a check found an error, an account or a rate is missing; nothing of that period is stored if
        the caller rolls back
    """
    ctx = people.maker
    span = span_of(ctx, code)
    query = select(Period).where(
        Period.company_id == ctx.company.id,
        Period.number > 0,
        Period.start <= span.end,
        Period.state == PeriodState.OPEN,
    )
    waiting = list(ctx.session.scalars(query.order_by(Period.start)))
    if not waiting:
        raise BusinessError(_("%(period)s is closed already.", period=code))
    return [_close_one(people, period, only_check=only_check) for period in waiting]


def _close_one(people: Bookkeepers, period: Period, *, only_check: bool) -> Closed:
    ctx, told = people.maker, Closed(period.code)
    if not only_check:
        for step in steps(ctx, period):
            if not step.draft(ctx, period):
                continue
            made = people.do(step.verb, [period.id]).result
            people.do("finance.voucher.audit_post", made, audit=True)
            told.vouchers[step.name] = len(made)
        people.do("finance.period.assign_cash", [period.id])
    told.checks = check_period(ctx, period, thoroughly=only_check)  # closing itself does so besides
    if not only_check and not any(result.level is Level.ERROR for result in told.checks):
        people.do("finance.period.close", [period.id])
        told.closed = True
        ctx.session.expire_all()
        told.hashes = {one.report: one.digest for one in reversed(digests(ctx, period))}
    return told

"""The check of banks before a period is closed (C8)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import func, select

from hanse import Context, _
from hanse_banking.adjusting import adjust
from hanse_banking.models import BankStatement, HouseAccount
from hanse_finance.closing.checks import Check, Finding, Level, register_check
from hanse_finance.models import Period


def _look(ctx: Context, period: Period) -> Iterator[Finding]:
    for bank in ctx.all(HouseAccount, HouseAccount.active.is_(True), order_by=[HouseAccount.id]):
        if bank.start is not None and bank.start > period.end:
            continue
        yield from _look_at(ctx, bank, period)


def _look_at(ctx: Context, bank: HouseAccount, period: Period) -> Iterator[Finding]:
    reconcile = ("/banking/reconcile", {"bank": str(bank.id), "until": period.end.isoformat()})
    table = ("/banking/adjustment", {"bank": str(bank.id), "period": period.code})
    last = ctx.session.scalar(
        select(func.max(BankStatement.end)).where(
            BankStatement.company_id == ctx.company.id, BankStatement.bank_id == bank.id
        )
    )
    if bank.start is None or last is None or last < period.end:
        since = last + timedelta(days=1) if last else period.start
        message = _("%(bank)s: the statement from %(day)s on is missing.", bank=bank.name, day=since)
        yield Finding(Level.WARNING, message, reconcile)
        return
    found = adjust(ctx, bank, period.end)
    waiting = [one for one in found.not_in_books]
    if waiting or found.not_in_bank:
        message = _(
            "%(bank)s: %(lines)s lines of the bank and %(entries)s entries are not matched.",
            bank=bank.name,
            lines=len(waiting),
            entries=len(found.not_in_bank),
        )
        yield Finding(Level.WARNING, message, reconcile)
    if found.difference:
        message = _("%(bank)s: bank and books differ by %(difference)s.", bank=bank.name, difference=found.difference)
        yield Finding(Level.WARNING, message, table)
    if found.until == period.end and found.stated is not None and found.stated != found.bank:
        message = _(
            "%(bank)s: the statement closes with %(stated)s, its lines make %(balance)s.",
            bank=bank.name,
            stated=found.stated,
            balance=found.bank,
        )
        yield Finding(Level.WARNING, message, table)


C8 = register_check(Check("C8", _("Bank accounts are reconciled"), "hanse_banking", _look))

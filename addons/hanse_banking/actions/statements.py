"""Bring statements in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from hanse import BusinessError, Context, Records, StoredFile, _, action
from hanse_banking.adjusting import balance_at
from hanse_banking.models import BankLine, BankStatement, HouseAccount
from hanse_banking.permissions import Banking
from hanse_banking.reading.found import FoundLine, FoundStatement, checked, keys, plain_number
from hanse_banking.reading.tables import ROLES


@action(HouseAccount, name="read", label=_("Read a statement"), permission=Banking.IMPORT, hidden=True)
def read_file(
    ctx: Context, accounts: Records[HouseAccount], *, stored: StoredFile, statements: list[Mapping[str, Any]]
) -> Mapping[str, int]:
    """Keep the statements of a file; lines that are there already are not added again.

    :param statements: what the readers made of the file, see :func:`as_values`
    :returns: ``added`` and ``known`` lines
    :raises BusinessError: the file was read already, is of another account or currency, or leaves a gap that its
        opening balance shows
    """
    bank = accounts.one()
    there = select(BankStatement.id).where(
        BankStatement.company_id == ctx.company.id, BankStatement.bank_id == bank.id, BankStatement.digest == stored.key
    )
    if ctx.session.scalar(there.limit(1)) is not None:
        raise BusinessError(_("This file was read already."), field="file")
    counts = {"added": 0, "known": 0}
    found = [checked(_found(one)) for one in statements]
    for place, one in enumerate(sorted(found, key=lambda one: one.first_day() or date.max), start=1):
        _refuse_other(bank, one)
        added = _keep(ctx, bank, one, stored, place)
        counts["added"] += added
        counts["known"] += len(one.lines) - added
        bank = ctx.all(HouseAccount, HouseAccount.id == bank.id).one()
    return counts


def as_values(found: FoundStatement) -> dict[str, Any]:
    """Give a statement as the action takes it."""
    return asdict(found)


def _found(values: Mapping[str, Any]) -> FoundStatement:
    whole: dict[str, Any] = {**values, "lines": tuple(FoundLine(**one) for one in values["lines"])}
    return FoundStatement(**whole)


def _refuse_other(bank: HouseAccount, found: FoundStatement) -> None:
    """Refuse the statement of another account, as far as both say theirs."""
    said, own = plain_number(found.account), plain_number(bank.number or "")
    if said and own and not (said.endswith(own) or own.endswith(said) or own in said):
        message = _("The statement is of account %(said)s, not %(own)s.", said=found.account, own=bank.number or "")
        raise BusinessError(message, field="file")
    if found.currency and found.currency != bank.currency.code:
        message = _(
            "The statement is in %(said)s, the account in %(own)s.", said=found.currency, own=bank.currency.code
        )
        raise BusinessError(message, field="file")


def _keep(ctx: Context, bank: HouseAccount, found: FoundStatement, stored: StoredFile, place: int) -> int:
    """Keep one statement; give how many lines were added."""
    first, last = found.first_day(), found.last_day()
    if first is None or last is None:
        return 0
    first, last = min([first, *(one.day for one in found.lines)]), max([last, *(one.day for one in found.lines)])
    if bank.start is None:
        ctx.update([bank.id], HouseAccount, {"start": first, "opening": found.opening or 0})
        bank = ctx.all(HouseAccount, HouseAccount.id == bank.id).one()
    assert bank.start is not None
    if last < bank.start:
        message = _("The statement ends before %(day)s, when the account begins to be reconciled.", day=bank.start)
        raise BusinessError(message, field="file")
    if found.opening is None:
        before = balance_at(ctx, bank, first - timedelta(days=1))
        found = checked(replace(found, opening=before))
    assert found.opening is not None
    told = keys(found.lines)
    known = set(
        ctx.session.scalars(
            select(BankLine.key).where(
                BankLine.company_id == ctx.company.id, BankLine.bank_id == bank.id, BankLine.key.in_(told)
            )
        )
    )
    fresh = [
        _row(bank, one, key, number)
        for number, (one, key) in enumerate(zip(found.lines, told, strict=True), start=1)
        if key not in known and one.day >= bank.start
    ]
    values: dict[str, Any] = {
        "bank": bank.id,
        "number": f"{found.number or f'{first:%Y%m%d}-{last:%Y%m%d}'}{'' if place == 1 else f' #{place}'}"[:60],
        "start": first,
        "end": last,
        "opening": found.opening,
        "closing": found.closing if found.closing is not None else found.opening,
        "count": len(found.lines),
        "source": stored,
        "digest": stored.key,
        "lines": fresh,
    }
    ctx.insert(BankStatement, [values])
    return len(fresh)


def _row(bank: HouseAccount, one: Any, key: str, number: int) -> dict[str, Any]:
    return {
        "bank": bank.id,
        "number": number,
        "day": one.day,
        "amount": one.amount,
        "counterparty": one.counterparty or None,
        "counterparty_account": one.counterparty_account or None,
        "purpose": one.purpose or None,
        "reference": one.reference or None,
        "key": key,
    }


@action(HouseAccount, name="name_columns", label=_("Columns"), permission=Banking.IMPORT, hidden=True)
def name_columns(ctx: Context, accounts: Records[HouseAccount], *, columns: Mapping[str, str]) -> None:
    """Remember what the headings of an account's files mean.

    :param columns: roles by heading
    :raises BusinessError: there is no such role, or date or amount is missing
    """
    unknown = sorted(set(columns.values()) - set(ROLES))
    if unknown:
        raise BusinessError(_("There is no column %(name)s.", name=unknown[0]))
    if "day" not in columns.values() or not {"in", "out", "amount"} & set(columns.values()):
        raise BusinessError(_("Say at least which column is the date and which the amount."))
    ctx.update(accounts, {"columns": dict(columns)})


@action(
    BankStatement,
    name="remove",
    label=_("Remove statement"),
    permission=Banking.IMPORT,
    icon="trash",
    deletes=True,
    confirm=_("Remove the statement with its lines? What is matched must be undone first."),
    done=_("%(count)s statements removed"),
)
def remove_statements(ctx: Context, statements: Records[BankStatement]) -> None:
    """Remove statements that were read by mistake.

    :raises BusinessError: a line of them is matched
    """
    from hanse_banking.models import MatchPart

    lines = ctx.all(BankLine, BankLine.statement_id.in_(statements.ids)).ids
    if ctx.all(MatchPart, MatchPart.line_id.in_(lines), limit=1).ids:
        raise BusinessError(_("Lines of this statement are matched. Undo these matches first."))
    ctx.delete(statements)


__all__ = ["as_values", "name_columns", "read_file", "remove_statements"]

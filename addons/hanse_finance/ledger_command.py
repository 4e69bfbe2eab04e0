"""hanse finance ledger: the ledger of an account with its running balance, as the browser shows it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hanse import Context
    from hanse.screens import ReportRow

_SIDES = {True: "D", False: "C"}


def add_ledger(verbs: Any) -> None:
    """Add the subcommand."""
    ledger = verbs.add_parser("ledger", help="the lines of an account with balances and the sums of each month")
    ledger.add_argument("--company", required=True)
    ledger.add_argument("--account", required=True, help="code; the accounts below it are included")
    ledger.add_argument("--period", required=True, help="2025-03, or 2025 for the year")
    ledger.add_argument("--unposted", action="store_true", help="drafts and audited vouchers too")
    ledger.add_argument("--json", action="store_true")
    ledger.set_defaults(work=_ledger)


def _ledger(chosen: argparse.Namespace) -> None:
    from hanse.cli.session import context, open_database

    with open_database() as database, database.session() as session, session.begin():
        ctx = context(session, chosen.company)
        rows = list(ledger_rows(ctx, chosen.account, chosen.period, unposted=chosen.unposted))
    if chosen.json:
        json.dump(rows, sys.stdout, ensure_ascii=False)
        print()
        return
    for row in rows:
        amounts = " ".join(f"{row[name] or '':>18}" for name in ("debit", "credit"))
        first = f"{row['day'] or '':10} {row['voucher'] or '':12}"
        print(f"{first} {amounts} {row['side'] or '-'} {row['balance']:>18}  {row['summary']}")


def ledger_rows(
    ctx: Context, account: str, period: str, *, unposted: bool = False
) -> Iterator[Mapping[str, str | None]]:
    """Give the ledger of an account row by row, amounts as decimal strings.

    ``row`` is opening, line, month or year (the sums of a month, and of the year so far without the opening).
    ``side`` is D, C, or None where the balance, which has no sign, is zero.

    :raises BusinessError: there is no such account or period
    """
    from sqlalchemy import select

    from hanse import BusinessError, _
    from hanse.screens import Given
    from hanse_finance.models import Account
    from hanse_finance.screens import ACCOUNT_LEDGER

    query = select(Account.id).where(Account.company_id == ctx.company.id, Account.code == account)
    key = ctx.session.scalar(query)
    if key is None:
        raise BusinessError(_("There is no account %(code)s.", code=account), field="account")
    values = {"account": str(key), "period": period, "unposted": "1" if unposted else ""}
    reading = ACCOUNT_LEDGER.read(ctx, Given(values, whole=True))
    names = [column.name for column in reading.columns]
    for row in reading.rows:
        yield _as_json(row, dict(zip(names, row.values, strict=True)))


def _as_json(row: ReportRow, values: Mapping[str, Any]) -> Mapping[str, str | None]:
    from hanse_finance.reports import plain
    from hanse_finance.screens.books.running import OF_MONTH, OF_YEAR
    from hanse_finance.screens.sides import DEBIT

    kinds = {str(OF_MONTH): "month", str(OF_YEAR): "year"}
    balance: Decimal | None = values["balance"]
    return {
        "row": kinds.get(str(values["summary"]), "opening") if row.strong else "line",
        "day": None if values["day"] is None else values["day"].isoformat(),
        "voucher": values["voucher"],
        "summary": str(values["summary"]),
        "debit": None if values["debit"] is None else plain(values["debit"]),
        "credit": None if values["credit"] is None else plain(values["credit"]),
        "side": None if balance is None else _SIDES[values["side"] == DEBIT],
        "balance": plain(balance or Decimal(0)),
    }

"""hanse finance …: import ledgers, trial balances, PDF vouchers, without a browser."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from hanse.cli.main import group


def add_commands(commands: Any) -> None:
    """Add the subcommands of finance."""
    verbs = group(commands, "finance", "books from the command line")
    load = verbs.add_parser("import-ledger", help="create a company from a neutral ledger file and post its vouchers")
    load.add_argument("file", type=Path, metavar="CASE.json")
    load.add_argument("--company", required=True)
    load.add_argument("--json", action="store_true")
    load.set_defaults(work=_import_ledger)
    trial = verbs.add_parser("trial-balance", help="opening, debit, credit and closing per account and currency")
    trial.add_argument("--company", required=True)
    trial.add_argument("--period", required=True, help="2025-03, or 2025 for the year")
    trial.add_argument("--json", action="store_true")
    trial.set_defaults(work=_trial_balance)


def _import_ledger(chosen: argparse.Namespace) -> None:
    from hanse.cli.session import open_database
    from hanse_finance.ledger import import_ledger, read_case

    case = read_case(chosen.file)
    with open_database() as database:
        report = import_ledger(database, case, chosen.company)
    print(json.dumps(report.as_json(), ensure_ascii=False) if chosen.json else report)


def _trial_balance(chosen: argparse.Namespace) -> None:
    from hanse.cli.session import context, open_database
    from hanse_finance.reports import span_of, trial_balance

    with open_database() as database, database.session() as session, session.begin():
        ctx = context(session, chosen.company)
        rows = trial_balance(ctx, span_of(ctx, chosen.period))
    if chosen.json:
        json.dump([row.as_json() for row in rows], sys.stdout, ensure_ascii=False)
        print()
        return
    for row in rows:
        print(f"{row.code:24} {row.currency:5} {row.opening:>20f} {row.debit:>20f} {row.credit:>20f} {row.closing:>20f}  {row.name}")

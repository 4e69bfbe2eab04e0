"""hanse finance export-journal …: take the books out as files, without a browser."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any


def add_taking_out(verbs: Any) -> None:
    """Add the commands that take books out."""
    journal = verbs.add_parser("export-journal", help="the posted vouchers as a plain-text journal")
    journal.add_argument("--company", required=True)
    journal.add_argument("--period", help="2025-03, or 2025 for the year; by default all years")
    journal.add_argument("--format", required=True, choices=["hledger", "ledger", "beancount"])
    journal.add_argument("--out", type=Path, metavar="FILE", help="by default the standard output")
    journal.set_defaults(work=_export_journal)


def _export_journal(chosen: argparse.Namespace) -> None:
    from hanse.cli.session import context, open_database
    from hanse_finance.journals import JournalFormat, read_books, whole_span, write_journal, write_text
    from hanse_finance.printing import whole_file
    from hanse_finance.reports import span_of

    with open_database() as database, database.session() as session, session.begin():
        ctx = context(session, chosen.company)
        books = read_books(ctx, span_of(ctx, chosen.period) if chosen.period else whole_span(ctx))
        form = JournalFormat(chosen.format)
        if chosen.out is None:
            write_text(sys.stdout.buffer, lambda out: write_journal(books, form, out))
            return
        with whole_file(chosen.out) as file:
            count = write_text(file, lambda out: write_journal(books, form, out))
    print(f"{chosen.out}: {count} vouchers")

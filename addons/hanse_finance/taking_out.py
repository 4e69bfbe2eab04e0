"""hanse finance export-journal …: take the books out as files, without a browser."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from hanse.errors import SetupError


def add_taking_out(verbs: Any) -> None:
    """Add the commands that take books out."""
    journal = verbs.add_parser("export-journal", help="the posted vouchers as a plain-text journal")
    journal.add_argument("--company", required=True)
    journal.add_argument("--period", help="2025-03, or 2025 for the year; by default all years")
    journal.add_argument("--format", required=True, choices=["hledger", "ledger", "beancount"])
    journal.add_argument("--out", type=Path, metavar="FILE", help="by default the standard output")
    journal.set_defaults(work=_export_journal)
    packed = verbs.add_parser("archive", help="everything of a closed period or year as one sealed ZIP file")
    packed.add_argument("--company", required=True)
    packed.add_argument("--period", required=True, help="2025-03, or 2025 for the year")
    packed.add_argument("--out", type=Path, required=True, metavar="FILE.zip")
    packed.set_defaults(work=_archive)
    checked = verbs.add_parser("verify-archive", help="tell which files of an archive were altered, removed or added")
    checked.add_argument("file", type=Path, metavar="FILE.zip")
    checked.add_argument("--seal", help="the seal that was told when it was made, from where you have kept it")
    checked.set_defaults(work=_verify_archive)


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


def _archive(chosen: argparse.Namespace) -> None:
    from hanse.cli.session import context, open_database
    from hanse.config import Settings
    from hanse.files import FileStore
    from hanse_finance.archive import pack, request
    from hanse_finance.printing import whole_file

    with open_database() as database, database.session() as session, session.begin():
        ctx = context(session, chosen.company)
        wanted = request(ctx, chosen.period, FileStore.of(Settings.load()))
        with whole_file(chosen.out) as out:
            packed = pack(wanted, out)
    print(f"{chosen.out}: {packed.files} files\nseal {packed.seal}")


def _verify_archive(chosen: argparse.Namespace) -> None:
    from hanse_finance.archive import check_archive

    checked = check_archive(chosen.file, seal=chosen.seal)
    for fault in checked.faults:
        print(f"{fault.path}: {fault.what}")
    if checked.faults:
        raise SetupError(f"{chosen.file} is not what was packed: {len(checked.faults)} files differ")
    print(f"{chosen.file}: {checked.files} files as they were packed\nseal {checked.seal}")

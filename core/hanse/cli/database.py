"""hanse db: migrate the database, back it up, bring it back, and check what it keeps."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from hanse.cli.main import group


def add_commands(commands: Any) -> None:
    """Add ``db …``; addons add checks of what they maintain."""
    verbs = group(commands, "db", "look after the database")
    migrate = verbs.add_parser("migrate", help="bring the database to the installed addons' newest revisions")
    migrate.set_defaults(work=_migrate)
    backup = verbs.add_parser("backup", help="write database and files into one file, while others go on working")
    backup.add_argument("file", type=Path, help="a new file; one that is there is never overwritten")
    backup.add_argument("--with-files", action="store_true", help="also files that are kept in a bucket")
    backup.set_defaults(work=_backup)
    restore = verbs.add_parser("restore", help="bring a backup back into an empty database")
    restore.add_argument("file", type=Path, help="what db backup wrote")
    restore.add_argument("--replace", action="store_true", help="clear the database first, after a backup of it")
    restore.set_defaults(work=_restore)
    move = verbs.add_parser("upgrade-postgresql", help="bring the embedded database to the newest PostgreSQL here")
    move.add_argument("--programs", type=Path, metavar="FOLDER", help="where initdb and postgres of the old one are")
    move.set_defaults(work=_upgrade_postgresql)
    rebuild = verbs.add_parser("rebuild-balances", help="compute the maintained balances anew from what they sum up")
    rebuild.add_argument("--check", action="store_true", help="only compare; exit code 1 when one differs")
    rebuild.add_argument("--company", help="only this company")
    rebuild.set_defaults(work=_rebuild_balances)


def _migrate(_chosen: argparse.Namespace) -> None:
    from hanse.config import Settings
    from hanse.database.cluster import open_databases
    from hanse.operations.upgrade import upgrade_safely

    settings = Settings.load()
    with open_databases(settings) as databases:
        applied = upgrade_safely(settings, databases, tell=lambda words: print(words, file=sys.stderr))
    print("\n".join(f"applied {revision}" for revision in applied) or "nothing to do")


def _backup(chosen: argparse.Namespace) -> None:
    from hanse.config import Settings
    from hanse.database.cluster import open_databases
    from hanse.operations.backup import make_backup

    settings = Settings.load()
    with open_databases(settings) as databases:
        made = make_backup(settings, databases, chosen.file, with_files=chosen.with_files)
    print(made.words)
    if made.note:
        print(made.note, file=sys.stderr)


def _restore(chosen: argparse.Namespace) -> None:
    from hanse.config import Settings
    from hanse.database.cluster import open_databases
    from hanse.operations.restore import restore_backup

    settings = Settings.load()
    with open_databases(settings) as databases:
        done = restore_backup(settings, databases, chosen.file, replace=chosen.replace)
    if done.before:
        print(f"what was there before is in {done.before}")
    rows = sum(done.manifest.rows.values())
    print(f"restored {len(done.manifest.rows)} tables with {rows} rows and {done.manifest.files} files")
    if done.manifest.files_store:
        print(f"its files are in {done.manifest.files_store}; see whether all are there: hanse files check")
    for revision in done.migrated:
        print(f"applied {revision}")
    if done.resting:
        print(f"not installed here, so their tables rest: {', '.join(done.resting)}")


def _upgrade_postgresql(chosen: argparse.Namespace) -> None:
    from hanse.config import Settings
    from hanse.operations.upgrade import move_to_newest_postgresql

    moved = move_to_newest_postgresql(Settings.load(), chosen.programs)
    if moved is None:
        print("nothing to do")
        return
    print(f"from PostgreSQL {moved.before} to {moved.after}")
    print(f"the backup in between is {moved.backup}; when all is well, remove {moved.old}")


def _rebuild_balances(chosen: argparse.Namespace) -> int:
    from sqlalchemy import select

    from hanse.actions import system_context
    from hanse.addons import installed
    from hanse.cli.session import company_id, open_database, person
    from hanse.directory.founding import SYSTEM
    from hanse.directory.models import Company

    wrong = 0
    with open_database() as database, database.session() as session, session.begin():
        ids = (
            [company_id(session, chosen.company)]
            if chosen.company
            else list(session.scalars(select(Company.id).order_by(Company.id)))
        )
        for key in ids:
            ctx = system_context(session, person(session, SYSTEM), key, via="cli")
            found = [
                line
                for lines in installed().call("maintained", ctx.enabled, ctx=ctx, check=chosen.check)
                for line in lines
            ]
            for line in found:
                print(f"{ctx.company.name}: {line}")
            wrong += len(found)
    if chosen.check:
        print("all balances are right" if not wrong else f"{wrong} balances are wrong")
        return 1 if wrong else 0
    print("rebuilt")
    return 0

"""hanse db: migrate the database and check what it keeps."""

from __future__ import annotations

import argparse
from typing import Any

from hanse.cli.main import group


def add_commands(commands: Any) -> None:
    """Add ``db migrate``; addons add checks of what they maintain."""
    verbs = group(commands, "db", "look after the database")
    migrate = verbs.add_parser("migrate", help="bring the database to the installed addons' newest revisions")
    migrate.set_defaults(work=_migrate)
    rebuild = verbs.add_parser("rebuild-balances", help="compute the maintained balances anew from what they sum up")
    rebuild.add_argument("--check", action="store_true", help="only compare; exit code 1 when one differs")
    rebuild.add_argument("--company", help="only this company")
    rebuild.set_defaults(work=_rebuild_balances)


def _migrate(_chosen: argparse.Namespace) -> None:
    from hanse.config import Settings
    from hanse.database import migrations
    from hanse.database.cluster import open_databases

    with open_databases(Settings.load()) as databases:
        applied = migrations.upgrade(databases.owner_url, databases.app_url)
    print("\n".join(f"applied {revision}" for revision in applied) or "nothing to do")


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

"""A database, migrated, and a Context for a command."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.orm import Session

from hanse.actions import Context, Identity, open_context
from hanse.actions.context import identify
from hanse.config import Settings
from hanse.database.cluster import open_databases
from hanse.database.session import Database
from hanse.directory.founding import found_database
from hanse.directory.models import Company
from hanse.errors import SetupError
from hanse.operations.upgrade import upgrade_safely


@contextmanager
def open_database() -> Generator[Database, None, None]:
    """Open the database of the settings; an empty one is given its tables first."""
    settings = Settings.load()
    with open_databases(settings) as databases:
        upgrade_safely(settings, databases)
        database = Database(databases.app_url)
        try:
            with database.session() as session, session.begin():
                password = found_database(session)
            if password is not None:
                print(f"Administrator: admin\nPassword: {password}\nIt is shown only now.", file=sys.stderr)
            yield database
        finally:
            database.close()


def person(session: Session, login: str) -> Identity:
    """Give the user with this login.

    :raises SetupError: there is none, or not any more
    """
    found = identify(session, login)
    if found is None:
        raise SetupError(f"there is no active user {login!r}")
    return found


def company_id(session: Session, name: str) -> int:
    """Give the id of the company with this name.

    :raises SetupError: there is none; the message names those there are
    """
    found = session.scalar(select(Company.id).where(Company.name == name))
    if found is None:
        names = ", ".join(session.scalars(select(Company.name).order_by(Company.name))) or "none"
        raise SetupError(f"there is no company {name!r}. Companies: {names}.")
    return found


def context(session: Session, company: str, *, login: str = "admin") -> Context:
    """Open a Context for a command."""
    return open_context(session, person(session, login), company_id(session, company), via="cli")

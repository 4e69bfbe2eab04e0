"""hanse user: passwords."""

from __future__ import annotations

import argparse
from typing import Any

from hanse.cli.main import group


def add_commands(commands: Any) -> None:
    """Add ``user reset-password``."""
    verbs = group(commands, "user", "look after users")
    reset = verbs.add_parser("reset-password", help="give a user a new generated password and end their sessions")
    reset.add_argument("login")
    reset.set_defaults(work=_reset)


def _reset(chosen: argparse.Namespace) -> None:
    from sqlalchemy import delete, update

    from hanse.cli.session import open_database, person
    from hanse.directory.models import User
    from hanse.security.models import UserSession
    from hanse.security.passwords import generate_password, hash_password

    with open_database() as database, database.session() as session, session.begin():
        user = person(session, chosen.login)
        password = generate_password()
        session.execute(update(User).where(User.id == user.id).values(password=hash_password(password)))
        session.execute(delete(UserSession).where(UserSession.user_id == user.id))
    print(password)

"""hanse user and hanse token: passwords and second factors of people, tokens of programs."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from hanse.cli.main import group

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def add_commands(commands: Any) -> None:
    """Add ``user reset-password``, ``user reset-totp`` and ``token create``."""
    verbs = group(commands, "user", "look after users")
    reset = verbs.add_parser("reset-password", help="give a user a new generated password and end their sessions")
    reset.add_argument("login")
    reset.set_defaults(work=_reset)
    factor = verbs.add_parser("reset-totp", help="take a lost second factor from a user and end their sessions")
    factor.add_argument("login")
    factor.set_defaults(work=_reset_factor)
    tokens = group(commands, "token", "let programs act as a user")
    create = tokens.add_parser("create", help="make a token and print it; it is shown only now")
    create.add_argument("login")
    create.add_argument("--company", required=True, help="the company it is for")
    create.add_argument("--name", required=True, help="what it is for")
    create.add_argument("--days", type=int, default=365)
    create.add_argument("--may", action="append", metavar="PERMISSION", help="bounds such as finance.* (repeatable)")
    create.set_defaults(work=_create_token)


def _reset(chosen: argparse.Namespace) -> None:
    from sqlalchemy import update

    from hanse.cli.session import open_database, person
    from hanse.directory.models import User
    from hanse.security.passwords import generate_password, hash_password
    from hanse.security.sessions import sign_out

    password = generate_password()
    with open_database() as database, database.session() as session, session.begin():
        user = person(session, chosen.login)
        if not _done_by_hanse(session, user.id, "set_password", password=password):
            session.execute(update(User).where(User.id == user.id).values(password=hash_password(password)))
            sign_out(session, [user.id])
    print(password)


def _reset_factor(chosen: argparse.Namespace) -> None:
    from hanse.cli.session import open_database, person
    from hanse.signin.second_factor import remove

    with open_database() as database, database.session() as session, session.begin():
        user = person(session, chosen.login)
        if not _done_by_hanse(session, user.id, "reset_second_factor"):
            remove(session, user.id)
    print(f"{chosen.login} signs in with the password alone, until an app is set up again.")


def _done_by_hanse(session: Session, user: int, verb: str, **params: Any) -> bool:
    """Do an action on a user as Hanse itself, which the audit log tells; False: there is no company, and so no log."""
    from hanse.actions import find_action
    from hanse.signin.events import nobodys_context

    found, ctx = find_action(f"core.user.{verb}"), nobodys_context(session, via="cli")
    assert found is not None
    if ctx is None:
        return False
    ctx.run(found, [user], **params)
    return True


def _create_token(chosen: argparse.Namespace) -> None:
    from hanse.actions import find_action, system_context
    from hanse.api.tokens import digest, new_secret
    from hanse.cli.session import company_id, open_database, person
    from hanse.directory.models import User

    create = find_action("core.api_token.create")
    assert create is not None
    secret = new_secret()
    with open_database() as database, database.session() as session, session.begin():
        user = person(session, chosen.login)
        company = company_id(session, chosen.company)
        ctx = system_context(session, user, company, via="cli")
        owner = session.get_one(User, user.id)
        ctx.run(
            create,
            name=chosen.name,
            token=digest(secret),
            days=chosen.days,
            permissions=chosen.may,
            company=company,
            user=owner,
        )
    print(secret)

"""The demonstration: in a new database, a company with everything its addons bring to try things with.

That it is wanted is noted in the transaction that fills the empty database, and struck out in the one that loads
it.  So it is there whole or not at all, a start that was cut off is made good by the next, and no database that is in
use ever gets it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from hanse.actions import Context, find_action
from hanse.actions.context import identify
from hanse.actions.write import execute
from hanse.addons import installed
from hanse.config import Settings
from hanse.database.session import Database, in_transaction
from hanse.directory.founding import SYSTEM, found_company
from hanse.directory.models import Country, User
from hanse.files.store import FileStore
from hanse.security.passwords import generate_password

COMPANY = "示例贸易有限公司"
_WANTED = "demo"
log = logging.getLogger("hanse.demo")

_WANT = (
    "UPDATE core_user SET preferences = preferences || jsonb_build_object(%(key)s::text, true) WHERE login = %(system)s"
)
_STRIKE_OUT = """
    UPDATE core_user SET preferences = preferences - %(key)s::text
    WHERE login = %(system)s AND jsonb_exists(preferences, %(key)s) RETURNING id
"""
_PARAMS = {"key": _WANTED, "system": SYSTEM}


def want(session: Session) -> None:
    """Note that the demonstration shall be loaded; called in the transaction that fills an empty database."""
    execute(session, _WANT, _PARAMS)


def bootstrap(settings: Settings, database: Database) -> str | None:
    """Load the demonstration if it is wanted and not there yet; give what to tell the person about it, once.

    Its people have the password of the first administrator if the settings give one, else one of their own.  An
    error is logged and stops nobody from working; the next start tries again.
    """
    password = settings.admin_password or generate_password()
    try:
        logins = in_transaction(database, lambda session: _load(session, settings, password))
    except Exception:
        log.exception("The demonstration could not be loaded; the next start tries again.")
        return None
    if not logins:
        return None
    shown = "the administrator's" if settings.admin_password else password
    return f"Demonstration: {COMPANY}\nIts people: {', '.join(logins)}\nTheir password: {shown}"


def _load(session: Session, settings: Settings, password: str) -> Sequence[str]:
    """Load it unless somebody has; the note is struck out first, so that two starts at once wait for each other."""
    if not execute(session, _STRIKE_OUT, _PARAMS):
        return ()
    system = identify(session, SYSTEM)
    assert system is not None
    before = set(session.scalars(select(User.id)))
    country = session.scalar(select(Country.id).where(Country.code == "CN"))
    ctx = found_company(
        session, system, {"name": COMPANY, "legal_name": COMPANY, "currency": "CNY", "country_id": country}
    )
    files = FileStore.of(settings)
    for load_more in installed().call("demo", ctx.enabled, ctx=ctx):
        load_more(ctx, files)
    return _give_password(ctx, before, password)


def _give_password(ctx: Context, before: set[int], password: str) -> list[str]:
    """Give the people whom addons brought a password; give their logins."""
    people = ctx.all(User, User.id.not_in(before), User.service.is_(False))
    action = find_action("core.user.set_password")
    assert action is not None
    if people:
        ctx.run(action, people.ids, password=password)
    return people[User.login]

"""Who somebody of a provider is here: linked by the provider's subject, which never changes, and by nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from hanse.actions import find_action, system_context
from hanse.actions.context import identify
from hanse.directory.founding import SYSTEM
from hanse.i18n import _
from hanse.signin.events import Event, note_event, own_context
from hanse.signin.notices import give_notice
from hanse.signin.oidc import Claims, SignOnError
from hanse.signin.providers import Provider


@dataclass(frozen=True)
class Linked:
    """An account of a provider that opens somebody's account here."""

    id: int
    provider: str
    email: str | None
    linked: datetime
    seen: datetime | None


def linked_to(session: Session, user: int) -> list[Linked]:
    """Give the accounts elsewhere that open somebody's account."""
    rows = session.execute(
        text(
            "SELECT id, provider, email, linked, seen FROM core_sign_in_identity WHERE user_id = :user "
            "ORDER BY provider"
        ),
        {"user": user},
    )
    return [Linked(*row) for row in rows]


def find_user(session: Session, provider: Provider, claims: Claims, facts: Mapping[str, str], now: datetime) -> int:
    """Give the user who comes with what a provider says; link or add them where the settings allow it.

    :raises SignOnError: nobody here is meant, or may not sign in
    """
    row = session.execute(
        text(
            "SELECT i.id, u.id AS user, u.active AND NOT u.service AS open FROM core_sign_in_identity i "
            "JOIN core_user u ON u.id = i.user_id WHERE i.provider = :provider AND i.subject = :subject FOR UPDATE OF i"
        ),
        {"provider": provider.name, "subject": claims.subject},
    ).first()
    if row is not None:
        if not row.open:
            raise SignOnError(_("Your account here is blocked. Ask an administrator."))
        session.execute(
            text("UPDATE core_sign_in_identity SET seen = :now, email = coalesce(:email, email) WHERE id = :id"),
            {"now": now, "email": claims.email, "id": row.id},
        )
        return int(row.user)
    found = _by_email(session, claims) if provider.link_by_email else None
    if found is not None:
        link(session, found, provider, claims, facts, now)
        return found
    if provider.create_users:
        return _create(session, provider, claims, facts, now)
    raise SignOnError(
        _(
            "No account here is linked with your account at %(provider)s. Sign in with your password and link it under "
            "“My account”, or ask an administrator.",
            provider=provider.title,
        )
    )


def _by_email(session: Session, claims: Claims) -> int | None:
    """Find the one person with an address the provider vouches for, who is not linked with another account there."""
    if claims.email is None:
        return None
    rows = session.scalars(
        text("SELECT id FROM core_user WHERE active AND NOT service AND lower(email) = lower(:email) LIMIT 2"),
        {"email": claims.email},
    ).all()
    return int(rows[0]) if len(rows) == 1 else None


def link(
    session: Session, user: int, provider: Provider, claims: Claims, facts: Mapping[str, str], now: datetime
) -> None:
    """Let an account of a provider open somebody's account here.

    :raises SignOnError: one of the two is linked with another already
    """
    made = session.scalar(
        text(
            "INSERT INTO core_sign_in_identity (user_id, provider, subject, email, linked) "
            "VALUES (:user, :provider, :subject, :email, :now) ON CONFLICT DO NOTHING RETURNING id"
        ),
        {
            "user": user,
            "provider": provider.name,
            "subject": claims.subject,
            "email": claims.email,
            "now": now,
        },
    )
    if made is None:
        raise SignOnError(
            _("This account, or yours at %(provider)s, is linked with another one already.", provider=provider.title)
        )
    note_event(session, user, Event.LINKED, {"way": f"sso:{provider.name}", **facts})
    if (ctx := own_context(session, user)) is not None:
        give_notice(ctx, user, "linked", address=facts.get("from_address", ""), provider=provider.title)


def unlink(session: Session, user: int, identity: int, facts: Mapping[str, str]) -> bool:
    """Let an account of a provider open nothing any more; tell whether it did."""
    gone = session.scalar(
        text("DELETE FROM core_sign_in_identity WHERE id = :id AND user_id = :user RETURNING provider"),
        {"id": identity, "user": user},
    )
    if gone is not None:
        note_event(session, user, Event.UNLINKED, {"way": f"sso:{gone}", **facts})
    return gone is not None


def _create(session: Session, provider: Provider, claims: Claims, facts: Mapping[str, str], now: datetime) -> int:
    """Add somebody whom the provider vouches for, with the role of the settings."""
    system, login = identify(session, SYSTEM), claims.login
    company = session.scalar(
        text("SELECT id FROM core_company WHERE :name = '' OR name = :name ORDER BY id LIMIT 1"),
        {"name": provider.company},
    )
    role = session.scalar(text("SELECT id FROM core_role WHERE key = :key"), {"key": provider.role})
    if system is None or company is None or role is None or not login:
        raise SignOnError(_("People of this provider cannot be added: an administrator must look at its settings."))
    taken = text("SELECT id FROM core_user WHERE lower(login) = lower(:login) OR lower(email) = lower(:email) LIMIT 1")
    if session.scalar(taken, {"login": login, "email": claims.email}) is not None:
        raise SignOnError(
            _(
                "There is an account called %(login)s here already. Sign in with your password and link it under "
                "“My account”.",
                login=login,
            )
        )
    create = find_action("core.user.create")
    assert create is not None
    ctx = system_context(session, system, company, via="web")
    held = [{"role": role, "company": company}]
    user = ctx.run(create, values=[{"name": claims.name, "login": login, "email": claims.email, "roles": held}]).id
    link(session, user, provider, claims, facts, now)
    return user

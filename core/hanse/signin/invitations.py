"""Inviting people: a link by mail behind which they choose their own password."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from hanse.actions import Context, Records, action, find_action
from hanse.directory.models import Department, Membership, User
from hanse.errors import BusinessError
from hanse.i18n import Label, _, speaking
from hanse.jobs.outbox import follow_up
from hanse.jobs.progress import Progress
from hanse.jobs.tasks import register_task
from hanse.mail.message import To, checked_address
from hanse.security.permissions import model_name
from hanse.signin.links import LIVES, forget_links, make_link
from hanse.signin.models import LinkKind
from hanse.signin.notices import write_letter

if TYPE_CHECKING:
    from hanse.screens import Words

INVITE = "core.user.create"


@action(User, label=_("Invite"), permission=INVITE, creates=True, hidden=True, icon="mail")
def invite(
    ctx: Context,
    users: Records[User],
    *,
    name: str,
    email: str,
    login: str = "",
    roles: list[int],
    departments: list[int] | None = None,
    locale: str | None = None,
) -> list[int]:
    """Add a person to the company of ``ctx`` and mail them a link behind which they choose their password.

    :param login: empty: their address
    :param roles: ids; they hold them in this company
    :param departments: ids
    :raises BusinessError: the address is none, somebody has this login or address already, or a role is missing
    """
    address = checked_address(email)
    if not roles:
        raise BusinessError(_("Choose at least one role; without any they could do nothing."), field="roles")
    _refuse_double(ctx, address)
    create = find_action("core.user.create")
    assert create is not None
    user = ctx.run(
        create,
        values=[
            {
                "name": name.strip(),
                "login": login.strip() or address.lower(),
                "email": address,
                "locale": locale or ctx.company.locale,
                "roles": [{"role": role, "company": ctx.company.id} for role in roles],
            }
        ],
    ).id
    known = set(ctx.all(Department, Department.id.in_(departments or [])).ids)
    ctx.insert(Membership, [{"department": one, "user": user} for one in departments or [] if one in known])
    _invite(ctx, [user])
    return [user]


def _refuse_double(ctx: Context, address: str) -> None:
    found = ctx.session.scalar(
        text("SELECT name FROM core_user WHERE lower(email) = lower(:address) AND NOT service LIMIT 1"),
        {"address": address},
    )
    if found is not None:
        raise BusinessError(_("%(name)s has this e-mail address already.", name=found), field="email")


@action(
    User,
    label=_("Send invitation"),
    permission=INVITE,
    icon="mail",
    done=_("The invitation is on its way; an older one opens nothing any more."),
)
def send_invitation(ctx: Context, users: Records[User]) -> None:
    """Invite people who have no password yet, or invite them again.

    :raises BusinessError: somebody is blocked, is a service, has a password already or no address
    """
    for user in users:
        if not user.active or user.service:
            raise BusinessError(_("Only people who may sign in are invited."), record=user.id)
        if user.password is not None:
            raise BusinessError(_("%(name)s has a password already.", name=user.name), record=user.id)
        if not user.email:
            raise BusinessError(_("%(name)s has no e-mail address.", name=user.name), record=user.id)
    _invite(ctx, users.ids)


@action(
    User,
    label=_("Withdraw invitation"),
    permission=INVITE,
    icon="ban",
    done=_("The link in the invitation opens nothing any more."),
)
def withdraw_invitation(ctx: Context, users: Records[User]) -> None:
    """Let the links of invitations open nothing any more."""
    forget_links(ctx.session, users.ids, [LinkKind.INVITATION])
    assert ctx.running is not None
    for user in users.ids:
        ctx.running.note(model_name(User), user, {})


def _invite(ctx: Context, users: Sequence[int]) -> None:
    """Let the list say at once that they are invited; the job that writes the mail makes the link that counts."""
    assert ctx.running is not None
    for user in users:
        make_link(ctx.session, user, LinkKind.INVITATION, ctx.now)
        ctx.running.note(model_name(User), user, {})
    follow_up(ctx, MAIL_INVITATION, [{"user": user, "by": ctx.user.name} for user in users])


def mail_invitation(ctx: Context, progress: Progress, *, user: int, by: str) -> None:
    """Write an invitation, unless it was withdrawn meanwhile."""
    row = ctx.session.execute(
        text(
            "SELECT u.login, u.name, u.email, u.locale FROM core_user u JOIN core_sign_in_link k ON k.user_id = u.id "
            "WHERE u.id = :user AND u.active AND u.password IS NULL AND k.kind = 'invitation'"
        ),
        {"user": user},
    ).first()
    if row is None or not row.email:
        return
    token = make_link(ctx.session, user, LinkKind.INVITATION, ctx.now)
    locale = row.locale or ctx.company.locale
    days = LIVES[LinkKind.INVITATION].days
    with speaking(locale):
        values: dict[str, Any] = {
            "lines": [
                _("%(who)s invites you to work with %(company)s in Hanse.", who=by, company=ctx.company.name),
                _("Open this link and choose your password. It works once, for %(days)s days.", days=days),
            ],
            "facts": [(_("Login"), row.login)],
            "url": f"{progress.post.site}/welcome?token={token}",
            "link": _("Accept the invitation"),
            "after": [_("If you do not know what this is about, do nothing.")],
        }
        subject = _("Your invitation to %(company)s", company=ctx.company.name)
        to = To(row.email.strip(), row.name, locale, user)
        write_letter(ctx, progress, to, subject, "invitation", values, until=ctx.now + LIVES[LinkKind.INVITATION])


# --- how people stand -------------------------------------------------------------------------------------------------


def tell_standing(ctx: Context, rows: Sequence[Sequence[Any]]) -> list[Words]:
    """Say of users (login, active, service) whether they are invited, active or blocked, in one statement."""
    from hanse.screens import Words

    found = _standing(ctx, [login for login, _active, _service in rows])
    return [
        Words(str(_word(active, service, *found.get(login, (True, None)), ctx.now))) for login, active, service in rows
    ]


def _standing(ctx: Context, logins: Iterable[str]) -> dict[str, tuple[bool, datetime | None]]:
    """Read whether people have a way in, and until when they are invited."""
    query = text(
        "SELECT u.login, u.password IS NOT NULL "
        "OR EXISTS (SELECT FROM core_sign_in_identity i WHERE i.user_id = u.id), k.expires "
        "FROM core_user u LEFT JOIN core_sign_in_link k ON k.user_id = u.id AND k.kind = 'invitation' "
        "WHERE u.login = ANY(:logins)"
    )
    return {login: (way, until) for login, way, until in ctx.session.execute(query, {"logins": list(logins)})}


def _word(active: bool, service: bool, way_in: bool, until: datetime | None, now: datetime) -> Label:
    if not active:
        return _("Blocked")
    if service or way_in:
        return _("Active")
    if until is None:
        return _("Cannot sign in yet")
    return _("Invited") if until > now else _("Invitation expired")


def standing_of(ctx: Context, user: User) -> Label:
    """Say how one user stands."""
    (words,) = tell_standing(ctx, [(user.login, user.active, user.service)])
    return words.text


MAIL_INVITATION = register_task(mail_invitation, label=_("Mail an invitation"), queue="mail")

__all__ = ["INVITE", "MAIL_INVITATION", "invite", "send_invitation", "tell_standing"]

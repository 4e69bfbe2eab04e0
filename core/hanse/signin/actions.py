"""What administrators do to the doors of others: end their sessions, take a lost second factor away."""

from __future__ import annotations

from sqlalchemy import text

from hanse.actions import Context, Records, action
from hanse.directory.models import User
from hanse.errors import BusinessError, NotFound
from hanse.i18n import _
from hanse.security.permissions import model_name
from hanse.security.sessions import sign_out
from hanse.signin import second_factor
from hanse.signin.agents import device_name
from hanse.signin.notices import give_notice

SEE_SESSIONS = "core.user.end_sessions"


@action(
    User,
    label=_("Sign out everywhere"),
    permission=SEE_SESSIONS,
    icon="logout",
    confirm=_("Every browser in which they are signed in must sign in again. Go on?"),
    done=_("Signed out everywhere."),
)
def end_sessions(ctx: Context, users: Records[User]) -> None:
    """End every session of people, one's own too if one is among them.

    :raises BusinessError: the user is a service
    """
    if any(users[User.service]):
        raise BusinessError(_("A service user acts for programs; revoke its tokens instead."))
    rows = ctx.session.execute(
        text("SELECT user_id, count(*) FROM core_session WHERE user_id = ANY(:ids) GROUP BY user_id"),
        {"ids": users.ids},
    )
    open_sessions = {user: count for user, count in rows}
    sign_out(ctx.session, users.ids)
    assert ctx.running is not None
    for user in users.ids:
        ctx.running.note(model_name(User), user, {"sessions": ["", str(open_sessions.get(user, 0))]})
        if user != ctx.user.id and user in open_sessions:
            give_notice(ctx, user, "sessions_ended")


@action(User, label=_("End a session"), permission=SEE_SESSIONS, icon="logout", hidden=True)
def end_session(ctx: Context, users: Records[User], *, session: int) -> None:
    """End one session of somebody.

    :raises NotFound: they have no such session
    """
    row = ctx.session.execute(
        text("DELETE FROM core_session WHERE id = :id AND user_id = ANY(:users) RETURNING user_id, agent, address"),
        {"id": session, "users": users.ids},
    ).first()
    if row is None:
        raise NotFound(_("This session has ended already."))
    assert ctx.running is not None
    facts = {"device": ["", str(device_name(row.agent))], "from_address": ["", row.address or ""]}
    ctx.running.note(model_name(User), row.user_id, facts)
    if row.user_id != ctx.user.id:
        give_notice(ctx, row.user_id, "sessions_ended")


@action(
    User,
    label=_("Reset two-factor sign-in"),
    permission="core.user.reset_second_factor",
    icon="shield-check",
    confirm=_("They sign in with the password alone then, until they set up an app again. Make sure who asks. Go on?"),
    done=_("Two-factor sign-in is reset; they were signed out everywhere and told by mail."),
)
def reset_second_factor(ctx: Context, users: Records[User]) -> None:
    """Take the second factor from people who have lost it, and sign them out everywhere.

    :raises BusinessError: somebody has none
    """
    assert ctx.running is not None
    for user in users:
        if not has_second_factor(ctx, user):
            raise BusinessError(_("%(name)s has no two-factor sign-in.", name=user.name), record=user.id)
        second_factor.remove(ctx.session, user.id)
        ctx.running.note(model_name(User), user.id, {})
        give_notice(ctx, user.id, "factor_removed")
    sign_out(ctx.session, users.ids)


def has_second_factor(ctx: Context, user: User) -> bool:
    """Tell whether somebody has set up an app."""
    return second_factor.standing(ctx.session, user.id).on


__all__ = ["SEE_SESSIONS", "end_session", "end_sessions", "has_second_factor", "reset_second_factor"]

"""Actions on what everybody shares: passwords, people who leave, logos; and what every record can have said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from hanse.actions import Context, Records, action, write
from hanse.actions.generic import create_checked, update_checked
from hanse.addons import installed
from hanse.api.models import ApiToken
from hanse.directory.models import Attachment, Company, User
from hanse.directory.reach import companies_of, refuse_roles_beyond
from hanse.errors import BusinessError, NotFound
from hanse.i18n import _
from hanse.models import AppendOnly, Model, declared_models
from hanse.security.passwords import hash_password
from hanse.security.permissions import model_name, verb
from hanse.security.sessions import sign_out
from hanse.signin.links import forget_links
from hanse.signin.models import LinkKind
from hanse.signin.notices import give_notice
from hanse.work.comments import say

# --- people -----------------------------------------------------------------------------------------------------------


@action(User, name="create", label=_("New"), permission="core.user.create", creates=True, hidden=True)
def create_users(ctx: Context, users: Records[User], *, values: list[Mapping[str, Any]]) -> list[int]:
    """Add users; who adds a service user answers for it unless somebody else is named.

    :raises BusinessError: nobody could answer for a service user
    """
    rows = [{**row, "owner": _owner(ctx, row)} if row.get("service") or row.get("owner") else row for row in values]
    made = create_checked(ctx, User, rows)
    refuse_roles_beyond(ctx, companies_of(ctx, "core.user.create"), made)
    return made


@action(User, name="update", label=_("Save"), permission="core.user.update", hidden=True)
def update_users(ctx: Context, users: Records[User], *, values: Mapping[str, Any]) -> None:
    """Change users; one that becomes a service user is signed out and has no password any more.

    :raises BusinessError: nobody could answer for a service user
    """
    reach = companies_of(ctx, "core.user.update")
    if values.get("active") is False:
        _shut_out(ctx, users)
    if "email" in values:
        moved = [user for user, old in zip(users.ids, users[User.email], strict=True) if old != values["email"]]
        forget_links(ctx.session, moved, [LinkKind.RESET, LinkKind.INVITATION])
    if not {"service", "owner"} & set(values):
        update_checked(ctx, users, values)
        refuse_roles_beyond(ctx, reach, users.ids)
        return
    people = [record for record, service in zip(users.ids, users[User.service], strict=True) if not service]
    for user in list(users):
        stored = {"service": user.service, "owner": user.owner_id}
        update_checked(ctx, users.only([user.id]), {**values, "owner": _owner(ctx, stored | dict(values), user.id)})
    refuse_roles_beyond(ctx, reach, users.ids)
    if values.get("service") and people:
        write.execute(ctx.session, "UPDATE core_user SET password = NULL WHERE id = ANY(%(ids)s)", {"ids": people})
        sign_out(ctx.session, people)
        forget_links(ctx.session, people, [LinkKind.INVITATION])


def _owner(ctx: Context, user: Mapping[str, Any], record: int | None = None) -> int | None:
    """Give the person who answers for a user: nobody for people, somebody for a service user.

    :raises BusinessError: it would be a service user itself
    """
    if not user.get("service"):
        return None
    given = user.get("owner") or ctx.user.id
    owner = given.id if isinstance(given, User) else int(given)
    if owner == record or ctx.session.scalar(select(User.service).where(User.id == owner)):
        raise BusinessError(_("Name a person who answers for the service user."), field="owner")
    return owner


@action(
    User,
    label=_("Set password"),
    permission="core.user.set_password",
    icon="key",
    private=True,
    labels={"password": _("New password")},
    done=_("The password is set. The person must sign in again everywhere."),
)
def set_password(ctx: Context, users: Records[User], *, password: str) -> None:
    """Give people a new password and end their sessions.

    :raises BusinessError: it is too weak, or the user is a service
    """
    if any(users[User.service]):
        raise BusinessError(_("A service user acts for programs and has no password."))
    had_password = dict(zip(users.ids, users[User.password], strict=True))
    sql = "UPDATE core_user SET password = %(hash)s, rev = rev + 1 WHERE id = ANY(%(ids)s)"
    hashed = hash_password(password, names=names_near(ctx.session, users.ids))
    write.execute(ctx.session, sql, {"hash": hashed, "ids": users.ids})
    assert ctx.running is not None
    for user in users.ids:  # the audit keeps that it was set, and no hash
        ctx.running.note(model_name(User), user, {"password": ["", "…"]})
    for user, before in had_password.items():
        if before is not None and user != ctx.user.id:
            give_notice(ctx, user, "password")
    users.forget()
    sign_out(ctx.session, users.ids)
    forget_links(ctx.session, users.ids, [LinkKind.INVITATION])


def names_near(session: Session, users: Sequence[int]) -> list[str]:
    """Give what passwords of some people must not consist of: their logins, addresses, and the companies' names."""
    rows = session.execute(
        text(
            "SELECT login FROM core_user WHERE id = ANY(:ids) UNION "
            "SELECT split_part(email, '@', 1) FROM core_user WHERE id = ANY(:ids) AND email IS NOT NULL "
            "UNION SELECT name FROM core_company UNION SELECT 'hanse'"
        ),
        {"ids": list(users)},
    )
    return [name for (name,) in rows]


@action(
    User,
    label=_("Deactivate"),
    permission="core.user.deactivate",
    icon="lock",
    confirm=_("They will be signed out everywhere, their tokens are revoked, and they cannot sign in any more. Go on?"),
    done=_("Signed out and deactivated."),
)
def deactivate(ctx: Context, users: Records[User]) -> None:
    """Let people in no longer; what they did stays theirs.

    :raises BusinessError: somebody would lock themselves out
    """
    if ctx.user.id in users.ids:
        raise BusinessError(_("You cannot deactivate yourself; ask another administrator."), record=ctx.user.id)
    _shut_out(ctx, users)
    ctx.update(users, {"active": False})


def _shut_out(ctx: Context, users: Records[User]) -> None:
    """End all by which people, or programs in their name, come in; what is revoked does not come back with them."""
    sign_out(ctx.session, users.ids)
    forget_links(ctx.session, users.ids, [LinkKind.INVITATION])
    if tokens := ctx.session.scalars(select(ApiToken.id).where(ApiToken.user.in_(users.ids))).all():
        ctx.delete(Records(ctx.session, ApiToken, ids=list(tokens)))


@action(
    User, label=_("Activate"), permission="core.user.deactivate", icon="lock-open", done=_("They may sign in again.")
)
def activate(ctx: Context, users: Records[User]) -> None:
    """Let people in again."""
    ctx.update(users, {"active": True})


# --- companies -------------------------------------------------------------------------------------------------------


@action(
    Company,
    label=_("Use newest picture as logo"),
    permission="core.company.update",
    icon="photo",
    done=_("The logo is changed."),
)
def use_logo(ctx: Context, companies: Records[Company]) -> None:
    """Make the picture that was attached to a company last its logo.

    :raises BusinessError: no picture is attached
    """
    for company in companies.ids:
        picture = ctx.session.scalar(
            select(Attachment.key)
            .where(
                Attachment.model == model_name(Company),
                Attachment.record == company,
                Attachment.media_type.in_(("image/png", "image/jpeg", "image/webp")),
            )
            .order_by(Attachment.id.desc())
            .limit(1)
        )
        if picture is None:
            raise BusinessError(_("Attach a picture (PNG, JPEG or WebP) to the company first."), record=company)
        ctx.update([company], Company, {"logo": picture})


# --- what every record can have ---------------------------------------------------------------------------------------


def comment(ctx: Context, records: Records[Any], *, body: str) -> list[str]:
    """Say something about records, where all who see them can read it; ``@login`` calls somebody.

    :returns: the names of people who are called and not told, because they may not see a record
    """
    return say(ctx, model_name(records.model), records.ids, body)


def attach(ctx: Context, records: Records[Any], *, files: Sequence[Mapping[str, Any]]) -> None:
    """Attach stored files (name, media_type, size, key) to records."""
    ctx.insert(
        Attachment,
        [
            {**one, "model": model_name(records.model), "record": record, "user": ctx.user.id, "at": ctx.now}
            for record in records.ids
            for one in files
        ],
    )
    _tell_attached(ctx, records)


def detach(ctx: Context, records: Records[Any], *, attachment: int) -> None:
    """Take an attachment away from a record.

    :raises NotFound: the record has no such attachment
    """
    there = ctx.session.scalar(
        select(Attachment.id).where(
            Attachment.id == attachment,
            Attachment.model == model_name(records.model),
            Attachment.record.in_(records.ids),
        )
    )
    if there is None:
        raise NotFound(_("This attachment is no longer there."))
    ctx.delete(Records(ctx.session, Attachment, ids=[there]))
    _tell_attached(ctx, records)


def _tell_attached(ctx: Context, records: Records[Any]) -> None:
    installed().call("attached", ctx.enabled, ctx=ctx, records=records)


def _register_belongings() -> None:
    """Let every audited record be commented on by who reads it, and have files from who may change it."""
    for model in declared_models:
        told_of = model.__audited__ or any(isinstance(rule, AppendOnly) for rule in model.__rules__)
        if told_of and not model.__scope__.about:
            _register(model)


def _register(model: type[Model]) -> None:
    verbs = (
        (comment, "comment", _("Comment"), "read"),
        (attach, "attach", _("Attach"), "update"),
        (detach, "detach", _("Take away"), "update"),
    )
    for function, name, label, needed in verbs:
        registered = action(model, name=name, label=label, permission=verb(model, needed), hidden=True)(function)
        object.__setattr__(registered, "addon", model.__addon__)  # off where the model's addon is


_register_belongings()

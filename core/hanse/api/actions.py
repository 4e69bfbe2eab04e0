"""Give out tokens and take them back."""

from __future__ import annotations

import re
from datetime import timedelta

from hanse.actions import Context, Records, action
from hanse.api.models import ApiToken
from hanse.directory.models import User
from hanse.directory.reach import beyond, companies_of
from hanse.errors import BusinessError, Forbidden, raise_all
from hanse.i18n import _

MOST_DAYS = 3650
_PATTERN = re.compile(r"\*|(?:[a-z][a-z0-9_]*|\*)(?:\.(?:[a-z0-9_]+|\*)){1,2}")


@action(
    ApiToken,
    name="create",
    label=_("New token"),
    permission="core.api_token.create",
    creates=True,
    hidden=True,
    private=True,
)
def create_token(
    ctx: Context,
    tokens: Records[ApiToken],
    *,
    name: str,
    token: str,
    days: int = 365,
    permissions: list[str] | None = None,
    user: User | None = None,
    company: int | None = None,
) -> list[int]:
    """Keep a token by its hash.

    :param token: the hash; who asks shows the token itself once, and nobody ever again
    :param permissions: patterns that bound it; None: all that the user may
    :param user: whom it acts as; None: oneself
    :raises Forbidden: a token asks for it, or it is for somebody else, whom the person may not change
    :raises BusinessError: a pattern is none, or it would never end
    """
    if ctx.grants.bounds is not None:
        raise Forbidden(_("A token cannot make another token."))
    owner = ctx.user.id if user is None else user.id
    if owner != ctx.user.id:
        ctx.require("core.user.update")
        raise_all(beyond(ctx, companies_of(ctx, "core.user.update"), [owner]))
    if not 1 <= days <= MOST_DAYS:
        raise BusinessError(_("A token lives between 1 and %(most)s days.", most=MOST_DAYS), field="days")
    patterns = permissions or ["*"]
    if wrong := [one for one in patterns if not _PATTERN.fullmatch(one)]:
        message = _(
            "“%(pattern)s” is no permission such as finance.voucher.read, finance.* or *.read.", pattern=wrong[0]
        )
        raise BusinessError(message, field="permissions")
    values = {"name": name, "user": owner, "company": company, "token": token, "permissions": patterns}
    return ctx.insert(ApiToken, [{**values, "created": ctx.now, "expires": ctx.now + timedelta(days=days)}])


@action(
    ApiToken,
    name="delete",
    label=_("Revoke"),
    permission="core.api_token.delete",
    deletes=True,
    confirm=_("Programs that use this token are shut out at once. Go on?"),
    icon="trash",
    done=_("Revoked."),
)
def revoke_tokens(ctx: Context, tokens: Records[ApiToken]) -> None:
    """Let tokens open nothing any more."""
    ctx.delete(tokens)

"""Sessions of logged-in people, and attempts to log in."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from hanse.directory.models import Company, User
from hanse.i18n import _
from hanse.models import Index, Mapped, Model, flag, link, moment, structure, text


class UserSession(Model, shared=True):
    """One browser in which somebody is logged in; only a hash of its token is stored."""

    __audited__ = False
    __tablename__ = "core_session"
    __display__ = ("agent",)
    token: Mapped[str] = text(_("Token hash"), max_length=64, unique=True)
    user: Mapped[User] = link(_("User"), ondelete="CASCADE")
    company: Mapped[Company | None] = link(_("Company"), index=False)
    csrf: Mapped[str] = text(_("Form token"), max_length=64)
    created: Mapped[datetime] = moment(_("Since"))
    seen: Mapped[datetime] = moment(_("Last seen"))
    expires: Mapped[datetime] = moment(_("Ends"))
    address: Mapped[str | None] = text(_("Address"), max_length=60)
    agent: Mapped[str | None] = text(_("Browser"), max_length=300)
    provider: Mapped[str | None] = text(_("Provider"), max_length=40)
    flash: Mapped[list[object]] = structure(_("Messages"), default=[])

    if TYPE_CHECKING:
        user_id: Mapped[int]


class LoginAttempt(Model, shared=True):
    """An attempt at a door, for throttling: a password, a code of the second step, a link asked for by mail."""

    __audited__ = False
    __tablename__ = "core_login_attempt"
    __display__ = ("login",)
    login: Mapped[str] = text(_("Login"), max_length=80)
    address: Mapped[str] = text(_("Address"), max_length=60)
    at: Mapped[datetime] = moment(_("When"))
    success: Mapped[bool] = flag(_("Let in"))
    kind: Mapped[str] = text(_("Kind"), max_length=20, default="password")

    __rules__ = [Index("login", "at"), Index("address", "at")]


class Submission(Model, shared=True):
    """A form or request that was sent under a key of its own, so that sending it twice does its work once."""

    __audited__ = False
    __tablename__ = "core_submission"
    __display__ = ("key",)
    key: Mapped[str] = text(_("Key"), max_length=64, unique=True)
    user: Mapped[User] = link(_("User"), ondelete="CASCADE", index=False)
    at: Mapped[datetime] = moment(_("When"), index=True)
    url: Mapped[str] = text(_("Leads to"), max_length=300, default="")

    if TYPE_CHECKING:
        user_id: Mapped[int]

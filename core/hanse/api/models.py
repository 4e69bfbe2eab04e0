"""Tokens of programs, and what was answered to a request that may be sent twice."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from hanse.directory.models import Company, User
from hanse.i18n import _
from hanse.models import Mapped, Model, Scope, Unique, link, moment, note, number, structure, text
from hanse.models.fields import NOBODY


class ApiToken(Model, shared=True):
    """A key with which a program acts as a user, within narrower bounds; only a hash of it is stored."""

    __tablename__ = "core_api_token"
    __general__ = False
    __scope__ = Scope(owner="user")
    name: Mapped[str] = text(_("Name"), max_length=80, search=True, help=_("What the token is for."))
    user: Mapped[User] = link(_("Acts as"), ondelete="CASCADE", readonly=True)
    company: Mapped[Company | None] = link(_("Company"), index=False, ondelete="CASCADE")
    token: Mapped[str] = text(_("Token hash"), max_length=64, unique=True, read=NOBODY, readonly=True)
    permissions: Mapped[list[object]] = structure(
        _("Permissions"), default=["*"], help=_("What it may do of all that the user may: finance.*, *.read …")
    )
    created: Mapped[datetime] = moment(_("Since"), readonly=True)
    expires: Mapped[datetime] = moment(_("Ends"), readonly=True)
    seen: Mapped[datetime | None] = moment(_("Last used"), readonly=True)

    if TYPE_CHECKING:
        user_id: Mapped[int]


class ApiRequest(Model, shared=True):
    """A changing request under a key of its client, with its answer: sent again, it is answered and not done again."""

    __audited__ = False
    __tablename__ = "core_api_request"
    __display__ = ("key",)
    key: Mapped[str] = text(_("Key"), max_length=200)
    user: Mapped[User] = link(_("User"), ondelete="CASCADE", index=False)
    fingerprint: Mapped[str] = text(_("Hash of what was asked"), max_length=64)
    at: Mapped[datetime] = moment(_("When"), index=True)
    status: Mapped[int] = number(_("Status"), default=0)
    location: Mapped[str | None] = text(_("Leads to"), max_length=300)
    body: Mapped[str | None] = note(_("Answer"))

    __rules__ = [Unique("user", "key", error=_("This key was used already."))]

    if TYPE_CHECKING:
        user_id: Mapped[int]

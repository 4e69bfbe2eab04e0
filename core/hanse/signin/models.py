"""What opens doors besides passwords: links, devices, second factors, recovery codes, accounts elsewhere."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from hanse.directory.models import User
from hanse.i18n import _
from hanse.models import Choice, Index, Mapped, Model, Unique, choice, link, moment, number, structure, text
from hanse.models.fields import NOBODY


class LinkKind(Choice):
    """What a link opens."""

    RESET = "reset", _("New password")
    INVITATION = "invitation", _("Invitation")
    STEP = "step", _("Second step of signing in")


class SignInLink(Model, shared=True):
    """A key that opens one door once, for one person and a short time; only a hash of it is stored."""

    __audited__ = False
    __general__ = False
    __tablename__ = "core_sign_in_link"
    __display__ = ("kind",)
    kind: Mapped[LinkKind] = choice(_("Kind"))
    user: Mapped[User] = link(_("User"), ondelete="CASCADE", index=False)
    token: Mapped[str] = text(_("Token hash"), max_length=64, unique=True)
    created: Mapped[datetime] = moment(_("Since"))
    expires: Mapped[datetime] = moment(_("Ends"), index=True)
    content: Mapped[dict[str, object]] = structure(_("Content"), default={})

    __rules__ = [Index("user_id", "kind")]

    if TYPE_CHECKING:
        user_id: Mapped[int]


class Device(Model, shared=True):
    """A browser that somebody has signed in from, known by a cookie of which a hash is stored.

    ``trusted_until`` is set where they want no second step for a while.
    """

    __audited__ = False
    __general__ = False
    __tablename__ = "core_device"
    __display__ = ("agent",)
    user: Mapped[User] = link(_("User"), ondelete="CASCADE", index=False)
    token: Mapped[str] = text(_("Token hash"), max_length=64)
    agent: Mapped[str] = text(_("Browser"), max_length=300, default="")
    address: Mapped[str] = text(_("Address"), max_length=60, default="")
    created: Mapped[datetime] = moment(_("Since"))
    seen: Mapped[datetime] = moment(_("Last seen"))
    trusted_until: Mapped[datetime | None] = moment(_("Trusted until"))

    __rules__ = [Unique("user", "token", error=_("The device is known already.")), Index("seen")]

    if TYPE_CHECKING:
        user_id: Mapped[int]


class SecondFactor(Model, shared=True):
    """The secret of somebody's authenticator app, encrypted; it counts once a first code has confirmed it.

    ``last_step`` is the time step of the last code that was taken, so that none is taken twice.
    """

    __audited__ = False
    __general__ = False
    __tablename__ = "core_second_factor"
    __display__ = ("created",)
    user: Mapped[User] = link(_("User"), ondelete="CASCADE", index=False, unique=True)
    secret: Mapped[str] = text(_("Secret"), max_length=300, read=NOBODY)
    created: Mapped[datetime] = moment(_("Since"))
    confirmed: Mapped[datetime | None] = moment(_("Confirmed at"))
    last_step: Mapped[int] = number(_("Last time step"), default=0)

    if TYPE_CHECKING:
        user_id: Mapped[int]


class RecoveryCode(Model, shared=True):
    """A code that opens the second step once, where the authenticator app is lost; only a keyed hash is stored."""

    __audited__ = False
    __general__ = False
    __tablename__ = "core_recovery_code"
    __display__ = ("created",)
    user: Mapped[User] = link(_("User"), ondelete="CASCADE")
    code: Mapped[str] = text(_("Code hash"), max_length=64, unique=True, read=NOBODY)
    created: Mapped[datetime] = moment(_("Since"))

    if TYPE_CHECKING:
        user_id: Mapped[int]


class SignInIdentity(Model, shared=True):
    """That somebody may come in by single sign-on: who they are at a provider."""

    __audited__ = False
    __general__ = False
    __tablename__ = "core_sign_in_identity"
    __display__ = ("provider",)
    user: Mapped[User] = link(_("User"), ondelete="CASCADE", index=False)
    provider: Mapped[str] = text(_("Provider"), max_length=40)
    subject: Mapped[str] = text(_("Known there as"), max_length=255)
    email: Mapped[str | None] = text(_("E-mail"), max_length=254)
    linked: Mapped[datetime] = moment(_("Since"))
    seen: Mapped[datetime | None] = moment(_("Last used"))

    __rules__ = [
        Unique("provider", "subject", error=_("This account of the provider is linked already.")),
        Unique("user", "provider", error=_("This provider is linked already.")),
    ]

    if TYPE_CHECKING:
        user_id: Mapped[int]

"""How somebody wants to be told of things, and when they begin to follow a record by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import select

from hanse.directory.models import User
from hanse.i18n import _
from hanse.models import Choice
from hanse.work.models import Posting, Reason

if TYPE_CHECKING:
    from hanse.actions import Context

#: The name among a person's preferences.
PREFERENCE = "work"
CREATED, MENTIONED = "follow_created", "follow_mentioned"


class Channel(Choice):
    """Where a notification goes."""

    OFF = "off", _("Not at all")
    APP = "app", _("In Hanse")
    DIGEST = "digest", _("In Hanse, and in a mail once a day")
    MAIL = "mail", _("In Hanse, and by mail at once")


#: Whom somebody calls by name, or gives work to, is told by mail; the rest waits in Hanse until one looks.
USUAL: Mapping[Reason, Channel] = {
    Reason.MENTION: Channel.MAIL,
    Reason.ACTIVITY: Channel.MAIL,
    Reason.COMMENT: Channel.APP,
    Reason.CHANGE: Channel.APP,
    Reason.ALERT: Channel.APP,
    Reason.SIGN_IN: Channel.MAIL,
}
_POSTING = {Channel.APP: Posting.NONE, Channel.DIGEST: Posting.DAILY, Channel.MAIL: Posting.SOON}


@dataclass(frozen=True)
class Wishes:
    """What one person has chosen."""

    channels: Mapping[Reason, Channel] = field(default_factory=lambda: dict(USUAL))
    follow_created: bool = True
    follow_mentioned: bool = True

    @classmethod
    def read(cls, preferences: Mapping[str, Any]) -> Wishes:
        """Read them from the preferences of a user; what is not there, or unknown by now, is as usual."""
        found: Any = preferences.get(PREFERENCE)
        if not isinstance(found, dict):
            return cls()
        stored = cast("Mapping[str, object]", found)
        channels = {reason: _channel(stored.get(reason.value), usual) for reason, usual in USUAL.items()}
        return cls(channels, stored.get(CREATED) is not False, stored.get(MENTIONED) is not False)

    def stored(self) -> dict[str, object]:
        """Give them as the preferences of a user hold them."""
        chosen: dict[str, object] = {reason.value: channel.value for reason, channel in self.channels.items()}
        return chosen | {CREATED: self.follow_created, MENTIONED: self.follow_mentioned}

    def posting(self, reason: Reason) -> Posting | None:
        """Say what goes out by mail; None: the person is not told at all."""
        return _POSTING.get(self.channels[reason])


def _channel(stored: object, usual: Channel) -> Channel:
    return next((one for one in Channel if one.value == stored), usual)


def wishes_of(ctx: Context, users: Iterable[int]) -> dict[int, Wishes]:
    """Read what people have chosen, in one statement."""
    query = select(User.id, User.preferences).where(User.id.in_(sorted(set(users))))
    return {user: Wishes.read(preferences or {}) for user, preferences in ctx.session.execute(query)}

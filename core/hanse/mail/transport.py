"""How mail leaves: over SMTP with TLS, into files in development, or nowhere in tests."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import SplitResult, unquote, urlsplit

if TYPE_CHECKING:
    from hanse.config import Settings

SECONDS_TO_ANSWER = 30
_PORTS = {"smtp": 587, "smtps": 465}
_OF_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


class NotSent(Exception):
    """A mail did not leave; ``for_good`` says that another attempt would not help."""

    def __init__(self, reason: str, *, for_good: bool = False) -> None:
        super().__init__(reason)
        self.for_good = for_good


class Transport(Protocol):
    """What brings mail on its way."""

    @property
    def sender(self) -> str:
        """Who mail comes from: an address, with a name or without."""
        ...

    @property
    def site(self) -> str:
        """The address under which people reach Hanse, without a stroke at its end."""
        ...

    def send(self, message: EmailMessage) -> None:
        """Send one message.

        :raises NotSent: it did not leave
        """
        ...


@dataclass
class Nowhere:
    """Sends nothing and remembers it; what stands in where no settings are known, as in tests."""

    sender: str = "Hanse <hanse@localhost>"
    site: str = "http://localhost"
    sent: list[EmailMessage] = field(default_factory=list[EmailMessage])

    def send(self, message: EmailMessage) -> None:
        """Remember a message."""
        self.sent.append(message)


@dataclass(frozen=True)
class Files:
    """Writes each mail to a file of its own, ``<home>/mail/<time>-<id>.eml``, which mail programs open."""

    folder: Path
    sender: str
    site: str

    def send(self, message: EmailMessage) -> None:
        """Write a message; the same one sent again is the same file."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        own = str(message["Message-ID"]).strip("<>").partition("@")[0]
        path = self.folder / f"{own}.eml"
        path.write_bytes(message.as_bytes(policy=SMTP))


@dataclass(frozen=True)
class Smtp:
    """Sends over ``smtp://user:password@host:587`` (STARTTLS) or ``smtps://…:465`` (TLS from the start).

    Without TLS it sends only to a server of this machine; the certificate is checked.
    """

    url: str = field(repr=False)
    sender: str
    site: str
    certificates: ssl.SSLContext | None = None

    def send(self, message: EmailMessage) -> None:
        """Hand a message to the server.

        :raises NotSent: the server could not be had, or refused it
        """
        try:
            with self._connected() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code, reason = next(iter(error.recipients.values()))
            raise NotSent(_said(code, reason), for_good=code >= 500) from error
        except smtplib.SMTPAuthenticationError as error:
            # The operator can mend it, so it is tried again.
            raise NotSent(_said(error.smtp_code, error.smtp_error)) from error
        except smtplib.SMTPResponseException as error:
            raise NotSent(_said(error.smtp_code, error.smtp_error), for_good=500 <= error.smtp_code < 600) from error
        except (smtplib.SMTPException, OSError) as error:
            raise NotSent(f"{type(error).__name__}: {error}") from error

    @contextmanager
    def _connected(self) -> Generator[smtplib.SMTP]:
        parts = urlsplit(self.url)
        host, port = parts.hostname or "localhost", parts.port or _PORTS[parts.scheme]
        trust = self.certificates or ssl.create_default_context()
        if parts.scheme == "smtps":
            with smtplib.SMTP_SSL(host, port, timeout=SECONDS_TO_ANSWER, context=trust) as server:
                self._sign_in(server, parts)
                yield server
            return
        with smtplib.SMTP(host, port, timeout=SECONDS_TO_ANSWER) as server:
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=trust)
                server.ehlo()
            elif host not in _OF_THIS_MACHINE:
                raise NotSent(f"{host} offers no encryption (STARTTLS); use smtps:// or another server")
            self._sign_in(server, parts)
            yield server

    def _sign_in(self, server: smtplib.SMTP, parts: SplitResult) -> None:
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))


def _said(code: int, reason: bytes | str) -> str:
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    return f"{code} {text}"


def transport_of(settings: Settings) -> Transport:
    """Give what the settings name: their SMTP server, or files in ``<home>/mail``."""
    if settings.smtp_url:
        return Smtp(settings.smtp_url, settings.mail_from, settings.site)
    return Files(settings.home / "mail", settings.mail_from, settings.site)

"""One POST to a number that was looked up before: no second look-up, no redirect, no proxy, and an end in any case."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hanse.i18n import Label, _
from hanse.webhooks.addresses import Address

SECONDS = 10.0
_MOST_READ = 1000


@dataclass(frozen=True)
class Answer:
    """What came back.

    :ivar status: None: no answer came
    :ivar text: the beginning of the body
    :ivar error: why no answer came
    """

    status: int | None
    milliseconds: int
    text: str = ""
    error: Label | None = None

    @property
    def is_good(self) -> bool:
        """Whether the receiver has taken the message."""
        return self.status is not None and 200 <= self.status < 300


class _Pinned(http.client.HTTPConnection):
    """A connection to one of some numbers, whatever the name resolves to meanwhile; ended when its time is up."""

    def __init__(self, address: Address, numbers: Sequence[str], seconds: float) -> None:
        super().__init__(address.host, address.port, timeout=seconds)
        self.default_port = 443 if address.scheme == "https" else 80
        self.is_late = False
        self._secure = address.scheme == "https"
        self._numbers = numbers
        self._clock = threading.Timer(seconds, self._end)
        self._clock.daemon = True

    def connect(self) -> None:
        """Connect to the first number that answers."""
        self._clock.start()
        errors: list[OSError] = []
        for number in self._numbers:
            try:
                plain = socket.create_connection((number, self.port), self.timeout)
            except OSError as error:
                errors.append(error)
                continue
            self.sock = plain
            if self._secure:
                self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)
            return
        raise errors[0]

    def close(self) -> None:
        """End the connection and its clock."""
        self._clock.cancel()
        super().close()

    def _end(self) -> None:
        """Let whoever reads or writes stumble: a byte now and then would keep a thread for ever."""
        self.is_late = True
        current: socket.socket | None = self.sock
        if current is not None:
            try:
                socket.socket.shutdown(current, socket.SHUT_RDWR)  # that of TLS would change what the other thread uses
            except OSError:
                return  # it has ended by itself


def post(
    address: Address, numbers: Sequence[str], headers: Mapping[str, str], body: bytes, *, seconds: float = SECONDS
) -> Answer:
    """Send a message; whatever goes wrong is in the answer.

    :param numbers: where the address leads, as it was checked
    :param seconds: for all of it
    """
    begun = time.monotonic()
    connection = _Pinned(address, numbers, seconds)
    status, text, error = None, "", None
    try:
        connection.request("POST", address.target, body, dict(headers))
        response = connection.getresponse()
        status = None if connection.is_late else response.status  # headers may be cut off then
        text = _readable(response.read(_MOST_READ))
    except (OSError, http.client.HTTPException) as problem:
        if status is None:
            error = _late(seconds) if connection.is_late or isinstance(problem, TimeoutError) else _said(problem)
    finally:
        connection.close()
    if status is None and error is None:
        error = _late(seconds)
    return Answer(status, round((time.monotonic() - begun) * 1000), text, error)


def _readable(given: bytes) -> str:
    text = given.decode("utf-8", "ignore")
    return "".join(one for one in text if one.isprintable() or one in "\n\t")


def _late(seconds: float) -> Label:
    return _("No answer within %(seconds)s seconds.", seconds=round(seconds))


def _said(problem: Exception) -> Label:
    if isinstance(problem, ssl.SSLCertVerificationError):
        return _("The certificate cannot be trusted: %(reason)s", reason=problem.verify_message)
    if isinstance(problem, ConnectionRefusedError):
        return _("Nobody listens at this address.")
    return _("The connection failed: %(reason)s", reason=str(problem)[:200] or type(problem).__name__)

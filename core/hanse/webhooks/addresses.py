"""Where messages may go: web addresses outside, so that nobody makes this server ask machines that only it reaches."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from hanse.errors import BusinessError
from hanse.i18n import _

Ip = IPv4Address | IPv6Address
_PORTS = {"http": 80, "https": 443}
#: RFC 6052: addresses of the old kind inside the new.
_NAT64 = IPv6Network("64:ff9b::/96")
#: All that is public of the new kind; whatever else Python takes for global leads to translators and old sites.
_UNICAST = IPv6Network("2000::/3")
#: For protocols, and for relays of 6to4: nobody's machine.
_SPECIAL = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))


class Refused(BusinessError):
    """The address leads where no message may go, or nowhere."""


@dataclass(frozen=True)
class Address:
    """A web address, taken apart.

    :ivar target: path and query, as they stand in the request
    """

    scheme: str
    host: str
    port: int
    target: str


def parse(text: str) -> Address:
    """Take an address apart.

    :raises BusinessError: it is none that messages can be sent to; ``field`` is ``address``
    """
    try:
        parts = urlsplit(text)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        raise _wrong() from None
    plain = text.isascii() and text.isprintable() and " " not in text and "\\" not in text
    if not plain or parts.scheme not in _PORTS or not parts.hostname or "%" in parts.hostname or not port:
        raise _wrong()
    if parts.username is not None or parts.password is not None:
        raise BusinessError(_("Leave name and password out of the address; messages are signed anyway."), field=_FIELD)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Address(parts.scheme, parts.hostname, port, target)


_FIELD = "address"


def _wrong() -> BusinessError:
    return BusinessError(_("Write a web address such as https://example.com/hook."), field=_FIELD)


def resolve(address: Address, allowed: Sequence[str]) -> list[str]:
    """Look an address up once, and give the numbers to connect to.

    :param allowed: networks that are let through although they are not public
    :raises Refused: there is none, or one of them is not public
    """
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Refused(_("There is no machine called %(host)s.", host=address.host)) from None
    numbers = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    networks = [ip_network(one, strict=False) for one in allowed]
    for number in numbers:
        one = ip_address(number.partition("%")[0])
        if not any(one in network for network in networks) and not _is_public(one):
            raise Refused(
                _(
                    "%(host)s is %(number)s, which is not a public address. An operator can allow its network: "
                    "webhook_networks in config.ini.",
                    host=address.host,
                    number=number,
                )
            )
    return numbers


def _is_public(one: Ip) -> bool:
    return all(each.is_global and not each.is_multicast and not _is_special(each) for each in _meant(one))


def _is_special(one: Ip) -> bool:
    if isinstance(one, IPv6Address):
        return one not in _UNICAST and one not in _NAT64 and one.ipv4_mapped is None
    return any(one in network for network in _SPECIAL)


def _meant(one: Ip) -> Iterator[Ip]:
    """Give an address and those that stand inside it: what looks public may lead to one that is not."""
    yield one
    if isinstance(one, IPv6Address):
        inside = (one.ipv4_mapped, one.sixtofour, *(one.teredo or ()))
        yield from (each for each in inside if each is not None)
        if one in _NAT64:
            yield IPv4Address(int(one) & 0xFFFFFFFF)

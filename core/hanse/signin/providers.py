"""Providers of single sign-on, as the operator names them: a section ``[oidc.<name>]`` of config.ini each.

A variable ``HANSE_OIDC_<NAME>_<KEY>`` overrides a line; with one for ``ISSUER`` no section is needed.
"""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from hanse.config import ConfigError, find_file

_SECTION, _PREFIX = "oidc.", "HANSE_OIDC_"
_NAME = re.compile(r"[a-z][a-z0-9]{0,29}")
_TRUE, _FALSE = frozenset({"yes", "true", "on", "1"}), frozenset({"no", "false", "off", "0", ""})


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One provider.  docs/sign-in.md explains every key.

    :ivar hosts: other machines than the issuer's that its addresses may lead to
    :ivar role: key of the role that people get who are created
    """

    name: str
    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    label: str = ""
    scopes: str = "openid profile email"
    hosts: str = ""
    link_by_email: bool = False
    create_users: bool = False
    role: str = "reader"
    company: str = ""
    second_factor: bool = False

    @property
    def title(self) -> str:
        """What its button says."""
        return self.label or self.name.capitalize()

    def allows(self, address: str) -> bool:
        """Tell whether an address may be asked: on the issuer's machine or a named one, under TLS unless it is here."""
        parts = urlsplit(address)
        host, own = (parts.hostname or "").lower(), (urlsplit(self.issuer).hostname or "").lower()
        if host not in {own, *self.hosts.lower().split()} or parts.username is not None:
            return False
        return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def load_providers(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> dict[str, Provider]:
    """Read the providers, in the order of config.ini.

    :raises ConfigError: a section or a variable cannot be used; the message says what is wrong
    """
    found: dict[str, dict[str, str]] = {}
    source = path or find_file(environ)
    if source is not None:
        parser = configparser.ConfigParser(interpolation=None)
        parser.read(source, encoding="utf-8")
        for section in parser.sections():
            if section.startswith(_SECTION):
                found[section.removeprefix(_SECTION)] = dict(parser.items(section))
    for variable, value in environ.items():
        if variable.startswith(_PREFIX):
            name, _line, key = variable.removeprefix(_PREFIX).lower().partition("_")
            found.setdefault(name, {})[key] = value
    return {name: _provider(name, values) for name, values in found.items()}


def _provider(name: str, given: Mapping[str, str]) -> Provider:
    where = f"[{_SECTION}{name}]"
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{where}: a provider's name is small letters and digits.")
    known = {one.name: one.type for one in fields(Provider) if one.name != "name"}
    if unknown := sorted(set(given) - set(known)):
        raise ConfigError(f"{where}: {unknown[0]} is not a setting. The settings are {', '.join(known)}.")
    values: dict[str, str | bool] = {}
    for key, text in given.items():
        values[key] = _flag(where, key, text) if known[key] == "bool" else text.strip()
    for key in ("issuer", "client_id"):
        if not values.get(key):
            raise ConfigError(f"{where}: {key} is missing.")
    made = Provider(name=name, **values)  # type: ignore[arg-type]  # _flag has made those that are flags
    if not made.allows(made.issuer):
        raise ConfigError(f"{where}: issuer must begin with https:// (http:// only on this machine).")
    if "openid" not in made.scopes.split():
        raise ConfigError(f"{where}: scopes must hold openid.")
    return made


def _flag(where: str, key: str, text: str) -> bool:
    plain = text.strip().lower()
    if plain not in _TRUE | _FALSE:
        raise ConfigError(f"{where}: {key} must be yes or no.")
    return plain in _TRUE

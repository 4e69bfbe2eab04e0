"""The settings of one installation: config.ini, section [hanse], each key overridable by HANSE_<KEY>."""

from __future__ import annotations

import configparser
import difflib
import os
import re
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from email.utils import getaddresses
from ipaddress import ip_network
from pathlib import Path
from typing import Any, cast, get_type_hints
from urllib.parse import urlsplit

from hanse.errors import SetupError

SECTION = "hanse"
PREFIX = "HANSE_"
CONFIG_VARIABLE = "HANSE_CONFIG"
# Variables of ours that are not settings: where config.ini and fonts are, what tests and benchmarks tell themselves,
# and providers of single sign-on, which have sections of their own.
_NOT_SETTINGS = (CONFIG_VARIABLE, "HANSE_FONTS", "HANSE_TEST_", "HANSE_BENCH_", "HANSE_OIDC_")
_CHECKOUT = Path(__file__).resolve().parents[2]
_TRUE = frozenset({"yes", "true", "on", "1"})
_FALSE = frozenset({"no", "false", "off", "0"})
_SHORTEST_TOKEN = 16
_LOG_LEVELS = ("debug", "info", "warning", "error")


class ConfigError(SetupError):
    """A setting that cannot be used: names where it stands, what is wrong and what to write instead."""


_Check = Callable[[Any], str | None]


def _between(least: int, most: int) -> Mapping[str, _Check]:
    def check(value: int) -> str | None:
        return None if least <= value <= most else f"must be between {least} and {most}"

    return {"check": check}


def _one_of(*choices: str) -> Mapping[str, _Check]:
    def check(value: str) -> str | None:
        return None if value in choices else f"must be one of {', '.join(choices)}"

    return {"check": check}


def _check_zone(name: str) -> str | None:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return "is not a time zone; write a name such as Asia/Shanghai or Europe/Berlin"
    return None


def _check_postgresql(url: str | None) -> str | None:
    if url is None or url.startswith(("postgresql://", "postgresql+psycopg://")):
        return None
    return "must begin with postgresql:// (Hanse keeps its books in PostgreSQL only)"


def _check_networks(names: tuple[str, ...]) -> str | None:
    for name in names:
        try:
            ip_network(name, strict=False)
        except ValueError:
            return f"holds {name}, which is no network; write such as 10.1.0.0/16 or 127.0.0.1"
    return None


def _check_token(token: str | None) -> str | None:
    if token is None or (
        len(token) >= _SHORTEST_TOKEN and token.isascii() and token.isprintable() and " " not in token
    ):
        return None
    return f"must be {_SHORTEST_TOKEN} or more letters and digits without a space, so that nobody guesses it"


def _check_site(url: str | None) -> str | None:
    parts = urlsplit(url or "http://localhost")
    if parts.scheme in ("http", "https") and parts.hostname and not parts.query and not parts.fragment:
        return None
    return "must be an address such as https://erp.example.com"


def _check_store(place: str | None) -> str | None:
    if place is None or re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[\w.=-]+)*/?", place):
        return None
    return "must be s3://bucket or s3://bucket/prefix; empty: the folder files below home"


def _check_smtp(url: str | None) -> str | None:
    try:
        parts = urlsplit(url or "smtp://localhost")
        good = parts.scheme in ("smtp", "smtps") and parts.hostname and (parts.port or 1) > 0
    except ValueError:  # the port is no number
        good = False
    return None if good else "must be smtp://user:password@host:587 or smtps://user:password@host:465"


def _check_sender(sender: str) -> str | None:
    found = getaddresses([sender])
    if len(found) == 1 and re.fullmatch(r"[^\s@<>,;]+@[^\s@<>,;]+", found[0][1]) and sender.isprintable():
        return None
    return "must be one address, with a name or without, such as Hanse <erp@example.com>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the operator decided.  docs/configuration.md explains every key."""

    home: Path = Path("var")
    database_url: str | None = field(default=None, repr=False, metadata={"check": _check_postgresql})
    database_owner_url: str | None = field(default=None, repr=False, metadata={"check": _check_postgresql})
    database_replica_url: str | None = field(default=None, repr=False, metadata={"check": _check_postgresql})
    files_store: str | None = field(default=None, metadata={"check": _check_store})
    s3_endpoint: str | None = field(default=None, metadata={"check": _check_site})
    s3_region: str = "us-east-1"
    s3_access_key: str | None = field(default=None, repr=False)
    s3_secret_key: str | None = field(default=None, repr=False)
    s3_addressing: str = field(default="auto", metadata=_one_of("auto", "path", "virtual"))
    host: str = "127.0.0.1"
    port: int = field(default=8080, metadata=_between(1, 65535))
    web_processes: int = field(default=0, metadata=_between(0, 64))
    threads: int = field(default=4, metadata=_between(1, 256))
    trusted_proxy: str | None = None
    addons: tuple[str, ...] = (
        "hanse_contacts",
        "hanse_products",
        "hanse_inventory",
        "hanse_finance",
        "hanse_products_finance",
        "hanse_inventory_finance",
        "hanse_cn",
        "hanse_invoicing",
        "hanse_products_invoicing",
        "hanse_invoicing_cn",
        "hanse_assets",
        "hanse_banking",
    )
    broker_url: str = field(default="memory://", repr=False)
    jobs_threads: int = field(default=4, metadata=_between(1, 64))
    default_locale: str = field(default="zh_CN", metadata=_one_of("zh_CN", "en"))
    time_zone: str = field(default="Asia/Shanghai", metadata={"check": _check_zone})
    max_upload_mb: int = field(default=20, metadata=_between(1, 2048))
    session_hours: int = field(default=12, metadata=_between(1, 24 * 365))
    secret_key: str | None = field(default=None, repr=False, metadata={"check": _check_token})
    password_only_for: tuple[str, ...] = ()
    session_days: int = field(default=30, metadata=_between(1, 365))
    password_length: int = field(default=10, metadata=_between(8, 64))
    demo: bool = True
    admin_password: str | None = field(default=None, repr=False)
    log_level: str = field(default="info", metadata=_one_of(*_LOG_LEVELS))
    log_format: str = field(default="text", metadata=_one_of("text", "json"))
    backups_kept: int = field(default=3, metadata=_between(0, 1000))
    webhook_networks: tuple[str, ...] = field(default=(), metadata={"check": _check_networks})
    metrics_token: str | None = field(default=None, repr=False, metadata={"check": _check_token})
    public_url: str | None = field(default=None, metadata={"check": _check_site})
    smtp_url: str | None = field(default=None, repr=False, metadata={"check": _check_smtp})
    mail_from: str = field(default="Hanse <hanse@localhost>", metadata={"check": _check_sender})

    @classmethod
    def load(cls, path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
        """Return the settings of config.ini under the variables of ``environ``.

        Without ``path`` the file is the one HANSE_CONFIG names, else config.ini of the checkout, else of the
        working directory; without any, the defaults hold.  A relative path in the file starts at the file, in
        a variable at the working directory.

        :raises ConfigError: an unknown key or a value that cannot be used
        """
        source = path or find_file(environ)
        base = source.resolve().parent if source else Path.cwd()
        values = _defaults(base)
        if source:
            values |= _parse(_read(source), base, str(source), str)
        written = {_key_of(name): text for name, text in environ.items() if _is_setting(name)}
        values |= _parse(written, Path.cwd(), "the environment", lambda key: PREFIX + key.upper())
        return cls(**values)

    @property
    def site(self) -> str:
        """The address under which people reach Hanse, without a stroke at its end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    def as_environment(self) -> dict[str, str]:
        """Return the variables under which ``load`` gives these settings again, for child processes."""
        return {PREFIX + one.name.upper(): _written(getattr(self, one.name)) for one in fields(self)}


def _written(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " ".join(str(one) for one in cast("tuple[object, ...]", value))
    return str(value)


def find_file(environ: Mapping[str, str]) -> Path | None:
    """Give the config.ini that is read; None: there is none."""
    if named := environ.get(CONFIG_VARIABLE):
        return Path(named)
    places = (_CHECKOUT / "config.ini", Path.cwd() / "config.ini")
    return next((place for place in places if place.is_file()), None)


def _is_setting(variable: str) -> bool:
    return variable.startswith(PREFIX) and not variable.startswith(_NOT_SETTINGS)


def _key_of(variable: str) -> str:
    return variable.removeprefix(PREFIX).lower()


def _read(path: Path) -> Mapping[str, str]:
    # No interpolation: a password in a URL may hold a percent sign.
    parser = configparser.ConfigParser(interpolation=None)
    try:
        with path.open(encoding="utf-8") as lines:
            parser.read_file(lines)
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror}). Name another file in {CONFIG_VARIABLE}."
        ) from error
    except (configparser.Error, UnicodeDecodeError) as error:
        reason = str(error).replace("\n", " ")
        raise ConfigError(
            f"{path}: is not an ini file in UTF-8 ({reason}). Write lines of the form key = value."
        ) from error
    if not parser.has_section(SECTION):
        raise ConfigError(f"{path}: has no section [{SECTION}]. Put the settings below a line [{SECTION}].")
    return dict(parser.items(SECTION))


def _defaults(base: Path) -> dict[str, Any]:
    return {one.name: one.default for one in fields(Settings)} | {"home": _usual_home(base)}


def _usual_home(base: Path) -> Path:
    """Give ``var`` beside config.ini, or a folder of the user's own where that is not for the user to write."""
    place = base / "var"
    if os.access(place if place.exists() else base, os.W_OK):
        return place
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "hanse"


def _parse(texts: Mapping[str, str], base: Path, source: str, shown: Callable[[str], str]) -> dict[str, Any]:
    types = get_type_hints(Settings)
    checks = {one.name: one.metadata.get("check") for one in fields(Settings)}
    values: dict[str, Any] = {}
    for key, text in texts.items():
        if key not in types:
            raise ConfigError(_unknown(source, key, shown))
        if key == "home" and not text.strip():
            continue
        try:
            value = _PARSERS[types[key]](text.strip(), base)
        except ValueError as error:
            raise ConfigError(f"{source}: {shown(key)} = {text!r} {error}.") from error
        if (check := checks[key]) and (fault := check(value)):
            raise ConfigError(f"{source}: {shown(key)} = {text!r} {fault}.")
        values[key] = value
    return values


def _unknown(source: str, key: str, shown: Callable[[str], str]) -> str:
    names = [one.name for one in fields(Settings)]
    close = difflib.get_close_matches(key, names, n=1)
    hint = f"Did you mean {shown(close[0])}?" if close else f"The settings are {', '.join(names)}."
    return f"{source}: {shown(key)} is not a setting. {hint}"


def _to_text(text: str, base: Path) -> str:
    if not text:
        raise ValueError("is empty; write a value or remove the line")
    return text


def _to_optional_text(text: str, base: Path) -> str | None:
    return text or None


def _to_number(text: str, base: Path) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("is not a whole number") from None


def _to_flag(text: str, base: Path) -> bool:
    if text.lower() in _TRUE | _FALSE:
        return text.lower() in _TRUE
    raise ValueError("must be yes or no")


def _to_path(text: str, base: Path) -> Path:
    return base / Path(text).expanduser()


def _to_names(text: str, base: Path) -> tuple[str, ...]:
    names = text.replace(",", " ").split()
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"names {', '.join(twice)} twice")
    return tuple(names)


_PARSERS: Mapping[Any, Callable[[str, Path], Any]] = {
    str: _to_text,
    str | None: _to_optional_text,
    int: _to_number,
    bool: _to_flag,
    Path: _to_path,
    tuple[str, ...]: _to_names,
}

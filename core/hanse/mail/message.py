"""What a mail says: templates for text and HTML, and the message as it goes over the wire."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, select_autoescape

from hanse.addons import installed
from hanse.errors import BusinessError
from hanse.i18n import KERNEL, Label, _, current_locale, translate

_CONTROLS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
_ADDRESS = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]{1,64}@[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]{1,189}")
#: Longer subjects are cut: mail programs show no more.
_LONGEST_SUBJECT = 150


@dataclass(frozen=True)
class To:
    """Somebody who gets a mail.

    :ivar user: their id, if they are a user
    :ivar locale: the language they read; None: that of whoever sends it
    """

    address: str
    name: str = ""
    locale: str | None = None
    user: int | None = None


def one_line(words: Label) -> str:
    """Give text as it may stand in a header: no line ends in it, nor anything else that would begin another header."""
    return " ".join(_CONTROLS.sub(" ", str(words)).split())


def is_address(address: str) -> bool:
    """Tell whether mail can be sent to an address; only one, without a name and without comments."""
    return _ADDRESS.fullmatch(address) is not None


def checked_address(address: str) -> str:
    """Give an address without blanks around it.

    :raises BusinessError: it is none
    """
    plain = address.strip()
    if not is_address(plain):
        raise BusinessError(_("“%(address)s” is no e-mail address.", address=one_line(plain)[:80]), field="email")
    return plain


def new_id(domain: str) -> str:
    """Make a Message-ID that no other mail has."""
    return f"<{secrets.token_hex(16)}@{domain}>"


def domain_of(sender: str) -> str:
    """Give the domain of the sender's address, for Message-IDs."""
    return parseaddr(sender)[1].rpartition("@")[2] or "localhost"


# --- templates --------------------------------------------------------------------------------------------------------


def _gettext(message: str) -> str:
    return translate(message, KERNEL, current_locale())


def _ngettext(one: str, many: str, count: int) -> str:
    return _gettext(one if count == 1 else many)


def _has_templates(package: ModuleType) -> bool:
    return (Path(str(package.__file__)).parent / "mail").is_dir()


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Give the environment of mail templates: those of the kernel, then ``mail`` folders of addons; HTML is escaped."""
    packages = [module.__name__ for module in installed().modules.values() if _has_templates(module)]
    loaders = [PackageLoader("hanse.mail", "templates"), *(PackageLoader(name, "mail") for name in packages)]
    made = Environment(
        loader=ChoiceLoader(loaders),
        autoescape=select_autoescape(("html", "html.jinja2")),
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    prepared: Any = made
    prepared.install_gettext_callables(_gettext, _ngettext, newstyle=True)
    return made


def draw(template: str, values: Mapping[str, Any]) -> tuple[str, str]:
    """Draw ``<template>.txt.jinja2`` and ``<template>.html.jinja2`` in the language of the moment."""
    plain = environment().get_template(f"{template}.txt.jinja2").render(values)
    html = environment().get_template(f"{template}.html.jinja2").render(values)
    return plain.strip() + "\n", html


# --- the message ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outgoing:
    """A mail as its row holds it."""

    address: str
    name: str
    subject: str
    plain: str
    html: str
    message: str
    thread: str | None
    settings_url: str | None
    created_at: datetime


def compose(mail: Outgoing, sender: str) -> EmailMessage:
    """Write a mail as it goes over the wire.

    Nothing of it can begin a header of its own: header fields are made of lines without ends, and the policy of the
    message refuses what would be one nevertheless.

    :raises ValueError: the address of the sender is none
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = _mailbox(*parseaddr(sender))
    message["To"] = _mailbox(mail.name, mail.address)
    message["Subject"] = one_line(mail.subject)
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = mail.message
    if mail.thread:
        message["References"] = message["In-Reply-To"] = mail.thread
    if mail.settings_url:
        message["List-Unsubscribe"] = f"<{mail.settings_url}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(mail.plain)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    return message


def _mailbox(name: str, address: str) -> Address:
    plain = one_line(name)
    try:
        return Address(display_name=plain, addr_spec=address)
    except (HeaderParseError, ValueError, IndexError) as error:
        raise ValueError(f"{address!r} is no e-mail address") from error


def cut_subject(words: Label) -> str:
    """Give a subject of one line that mail programs show whole."""
    line = one_line(words)
    return line if len(line) <= _LONGEST_SUBJECT else line[: _LONGEST_SUBJECT - 1] + "…"

"""Passwords: Argon2id, and what is too weak.  ADR 33 says why guesses are judged and not kinds of characters."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hanse.errors import BusinessError
from hanse.i18n import _

#: Characters that a password has at least, unless the settings ask for more.
LEAST = 10
#: Bytes that it has at most, as UTF-8.
MOST = 256
#: What was stored under an older limit is still verified.
_MOST_VERIFIED = 1024
#: A password that is guessed within 10^8 tries falls to whoever steals the hashes, in days.
_FEWEST_GUESSES = 8.0
#: What is estimated of a password; more takes long and says nothing new.
_ESTIMATED = 64
#: Characters that must be left of a password when names are taken out of it.
_BESIDES_NAMES = 6
_hasher = PasswordHasher()  # argon2-cffi's defaults follow RFC 9106's low-memory profile
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class Rules:
    """What the settings of this process ask of passwords; told once at the start."""

    length: int = LEAST


def hash_password(password: str, *, names: Iterable[str | None] = ()) -> str:
    """Give the hash to store.

    :param names: what it must not consist of: the login, the name of the company, the address before the @
    :raises BusinessError: it is too short or too long, or easy to guess
    """
    check_password(password, names)
    return hash_stored(password)


def hash_stored(password: str) -> str:
    """Give the hash of a password that is stored already, whatever the rules are by now."""
    return _hasher.hash(password)


def check_password(password: str, names: Iterable[str | None] = ()) -> None:
    """Refuse a password that is too short, too long, or easy to guess; which characters it has does not matter.

    :raises BusinessError: says what is wrong
    """
    if len(password) < Rules.length:
        raise BusinessError(_("A password has at least %(least)s characters.", least=Rules.length), field="password")
    if len(password.encode()) > MOST:
        raise BusinessError(_("A password has at most %(most)s bytes.", most=MOST), field="password")
    words = {plain for name in names if name and len(plain := _plain(name)) > 2}
    if any(_besides(password, word) < _BESIDES_NAMES for word in words):
        raise BusinessError(
            _("The password is little more than a name: do not use your login, your address or the company’s name."),
            field="password",
        )
    if _guesses(password, sorted(words)) < _FEWEST_GUESSES:
        raise BusinessError(
            _("This password is easy to guess: a common password, a date, a pattern. Take several words."),
            field="password",
        )


def _plain(words: str) -> str:
    """Give letters and digits alone, small."""
    return "".join(one for one in words.lower() if one.isalnum())


def _besides(password: str, word: str) -> int:
    plain = _plain(password)
    return len(plain.replace(word, "")) if word in plain else len(plain) + _BESIDES_NAMES


def _guesses(password: str, words: list[str]) -> float:
    """Say how many guesses a password withstands, as a power of ten, by the lists that zxcvbn carries."""
    from zxcvbn import zxcvbn  # its lists are 14 MB, which only who sets passwords needs

    found: Any = zxcvbn(password[:_ESTIMATED], user_inputs=words)
    return float(found["guesses_log10"])


@cache
def _nobody() -> str:
    """Give a hash to verify when the login is unknown, so that it takes as long as a wrong password."""
    return _hasher.hash(secrets.token_hex(16))


def verify_password(stored: str | None, password: str) -> bool:
    """Tell whether a password is right; takes the same time when there is none stored."""
    try:
        _hasher.verify(stored or _nobody(), password[:_MOST_VERIFIED])
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def needs_rehash(stored: str) -> bool:
    """Tell whether a hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def generate_password() -> str:
    """Give a password of four groups that can be read out over the telephone (79 bits)."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _n in range(4)) for _group in range(4))

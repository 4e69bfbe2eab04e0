"""Passwords: Argon2id, and what is too weak."""

from __future__ import annotations

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hanse.errors import BusinessError
from hanse.i18n import _

LEAST = 10
MOST = 200
_hasher = PasswordHasher()  # argon2-cffi's defaults follow RFC 9106's low-memory profile
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def hash_password(password: str) -> str:
    """Give the hash to store.

    :raises BusinessError: too short, too long, or one character over and over
    """
    if not LEAST <= len(password) <= MOST or len(set(password)) < 4:
        raise BusinessError(
            _("A password has at least %(least)s characters, and four different ones.", least=LEAST), field="password"
        )
    return _hasher.hash(password)


@cache
def _nobody() -> str:
    """Give a hash to verify when the login is unknown, so that it takes as long as a wrong password."""
    return _hasher.hash(secrets.token_hex(16))


def verify_password(stored: str | None, password: str) -> bool:
    """Tell whether a password is right; takes the same time when there is none stored."""
    try:
        _hasher.verify(stored or _nobody(), password[:MOST])
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def needs_rehash(stored: str) -> bool:
    """Tell whether a hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def generate_password() -> str:
    """Give a password of four groups that can be read out over the telephone (79 bits)."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _n in range(4)) for _group in range(4))

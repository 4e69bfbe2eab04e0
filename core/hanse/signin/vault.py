"""The key of the installation, under which secrets of people are stored: of no use to whoever has only the database.

It stands in ``<home>/secrets.json``, which backups hold too, or in the setting ``secret_key`` where many machines
share a database.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import hmac
import json
import os
import secrets
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from hanse.config import Settings
from hanse.errors import SetupError

FILE, NAME = "secrets.json", "sign_in_key"


class Vault:
    """Encrypts what must be read again, and marks what must only be recognized."""

    def __init__(self, key: bytes) -> None:
        from cryptography.fernet import Fernet  # when it is first needed: few requests do

        self._seal = Fernet(base64.urlsafe_b64encode(_derived(key, b"seal")))
        self._mark = _derived(key, b"mark")

    @classmethod
    def of(cls, settings: Settings) -> Vault:
        """Give the vault of an installation; its key is made when it is first needed."""
        return _vault(settings.home, settings.secret_key)

    def seal(self, text: str) -> str:
        """Encrypt a text."""
        return self._seal.encrypt(text.encode()).decode()

    def unseal(self, sealed: str, *, seconds: int | None = None) -> str:
        """Decrypt what :meth:`seal` gave.

        :param seconds: how long ago it may have been sealed
        :raises ValueError: it was sealed under another key, changed, or too long ago
        """
        from cryptography.fernet import InvalidToken

        try:
            return self._seal.decrypt(sealed.encode(), ttl=seconds).decode()
        except (InvalidToken, UnicodeError) as error:
            raise ValueError("this was sealed under another key, or too long ago") from error

    def mark(self, text: str) -> str:
        """Give the hash of a short secret, which nobody can try out without the key."""
        return hmac.new(self._mark, text.encode(), hashlib.sha256).hexdigest()


def _derived(key: bytes, purpose: bytes) -> bytes:
    return hmac.new(key, b"hanse sign-in " + purpose, hashlib.sha256).digest()


@lru_cache(maxsize=8)
def _vault(home: Path, chosen: str | None) -> Vault:
    return Vault(hashlib.sha256(chosen.encode()).digest() if chosen else bytes.fromhex(_key_of(home)))


def _key_of(home: Path) -> str:
    """Read the key of the file, or make it; of several processes one makes it and the others wait."""
    home.mkdir(parents=True, exist_ok=True)
    path = home / FILE
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        written = file.read()
        try:
            stored = cast("dict[str, Any]", json.loads(written)) if written.strip() else {}
        except ValueError as error:
            raise SetupError(f"{path} is no JSON; restore it from a backup.") from error
        if NAME not in stored:
            stored[NAME] = secrets.token_hex(32)
            file.seek(0)
            file.write(json.dumps(stored, indent=1) + "\n")
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
        return str(stored[NAME])

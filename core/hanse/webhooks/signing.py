"""Signatures as Standard Webhooks 1.0 has them (standardwebhooks.com): any library for it can check ours."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

PREFIX = "whsec_"
_BYTES, _FEWEST, _MOST = 32, 24, 64


def new_secret() -> str:
    """Make up a secret: ``whsec_`` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def key_of(secret: str) -> bytes:
    """Give the key that a secret holds.

    :raises ValueError: it is none of ``whsec_`` and 24 to 64 bytes in base64
    """
    if not secret.startswith(PREFIX):
        raise ValueError("a secret begins with whsec_")
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("a secret is base64 behind whsec_") from None
    if not _FEWEST <= len(key) <= _MOST:
        raise ValueError("a secret holds 24 to 64 bytes")
    return key


def signed_headers(secret: str, event: str, seconds: int, body: bytes) -> dict[str, str]:
    """Give the headers of a message: its id, the time of this attempt, and the signature over both and the body."""
    content = f"{event}.{seconds}.".encode() + body
    signature = base64.b64encode(hmac.new(key_of(secret), content, hashlib.sha256).digest()).decode()
    return {"webhook-id": event, "webhook-timestamp": str(seconds), "webhook-signature": f"v1,{signature}"}

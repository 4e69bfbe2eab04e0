"""The second step: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for whoever has lost it."""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from sqlalchemy import text
from sqlalchemy.orm import Session

from hanse.errors import BusinessError
from hanse.i18n import _
from hanse.security.guessing import CODE, check_wait, note_attempt, one_at_a_time
from hanse.signin.vault import Vault

ISSUER = "Hanse"
STEP_SECONDS, DIGITS = 30, 6
#: Steps before and after the present one whose code is taken, as clocks differ (RFC 6238, 5.2).
WINDOW = 1
CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_STANDING = text("""
    SELECT EXISTS (SELECT FROM core_second_factor f WHERE f.user_id = :user AND f.confirmed IS NOT NULL),
           EXISTS (SELECT FROM core_user_role r JOIN core_role o ON o.id = r.role_id
                   JOIN core_company c ON r.company_id IS NULL OR c.id = r.company_id
                   WHERE r.user_id = :user AND (o.second_factor OR c.second_factor)),
           (SELECT count(*) FROM core_recovery_code k WHERE k.user_id = :user)
""")


class WrongCode(BusinessError):
    """The code is wrong, was used already, or is too old."""


@dataclass(frozen=True)
class Standing:
    """How somebody stands to the second step.

    :ivar on: an app is set up and confirmed
    :ivar required: one of their roles or companies asks for it
    :ivar codes: recovery codes that are left
    """

    on: bool
    required: bool
    codes: int


def standing(session: Session, user: int) -> Standing:
    """Read how somebody stands to the second step, in one statement."""
    return Standing(*session.execute(_STANDING, {"user": user}).one())


# --- setting it up ----------------------------------------------------------------------------------------------------


def begin(session: Session, user: int, vault: Vault, now: datetime) -> str:
    """Give the secret for a new app, in base32; it is the same until it is confirmed.

    :raises BusinessError: an app is set up already
    """
    row = session.execute(
        text("SELECT secret, confirmed FROM core_second_factor WHERE user_id = :user"), {"user": user}
    ).first()
    if row is not None and row.confirmed is not None:
        raise BusinessError(_("Two-factor sign-in is on already; remove it first to set up another app."))
    if row is not None:
        try:
            return vault.unseal(row.secret)
        except ValueError:
            pass  # the key of the installation is another one by now; nobody has confirmed this secret
    secret = base64.b32encode(secrets.token_bytes(20)).decode()
    session.execute(
        text(
            "INSERT INTO core_second_factor (user_id, secret, created) VALUES (:user, :secret, :now) "
            "ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, created = excluded.created"
        ),
        {"user": user, "secret": vault.seal(secret), "now": now},
    )
    return secret


def confirm(session: Session, user: int, vault: Vault, code: str, now: datetime) -> list[str]:
    """Let the app count, as it has given a right code; give the recovery codes, which are shown only now.

    :raises WrongCode: the code is wrong
    """
    if not _take(session, user, vault, code, now, confirmed=False):
        raise WrongCode(_("This code is not right. Look whether the clock of your phone is."), field="code")
    session.execute(
        text("UPDATE core_second_factor SET confirmed = :now WHERE user_id = :user"), {"user": user, "now": now}
    )
    return renew_codes(session, user, vault, now)


def remove(session: Session, user: int) -> None:
    """Take the second step away, with recovery codes and devices that went without it."""
    for table in ("core_second_factor", "core_recovery_code"):
        session.execute(text(f"DELETE FROM {table} WHERE user_id = :user"), {"user": user})  # noqa: S608
    session.execute(text("UPDATE core_device SET trusted_until = NULL WHERE user_id = :user"), {"user": user})


def renew_codes(session: Session, user: int, vault: Vault, now: datetime) -> list[str]:
    """Make new recovery codes; the older ones open nothing any more."""
    session.execute(text("DELETE FROM core_recovery_code WHERE user_id = :user"), {"user": user})
    codes = [f"{_letters()}-{_letters()}" for _number in range(CODES)]
    session.execute(
        text(
            "INSERT INTO core_recovery_code (user_id, code, created) SELECT :user, unnest(CAST(:codes AS text[])), :now"
        ),
        {"user": user, "codes": [vault.mark(f"{user}:{_plain(code)}") for code in codes], "now": now},
    )
    return codes


def _letters() -> str:
    return "".join(secrets.choice(_ALPHABET) for _letter in range(5))


def app_address(secret: str, login: str) -> str:
    """Give the address that an app reads out of the QR code."""
    from pyotp.totp import TOTP

    return TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER)


def qr_code(secret: str, login: str) -> bytes:
    """Draw the QR code as SVG, black on white whatever the theme, as cameras need it."""
    import segno

    drawn = BytesIO()
    segno.make(app_address(secret, login), error="m").save(drawn, kind="svg", scale=6, light="#fff", xmldecl=True)
    return drawn.getvalue()


# --- asking for it ----------------------------------------------------------------------------------------------------


def check(session: Session, user: int, vault: Vault, code: str, *, address: str, now: datetime) -> bool:
    """Take a code of the app or a recovery code; tell whether it was the latter.  The caller commits in any case.

    :raises TooManyAttempts: somebody guesses too fast
    :raises WrongCode: it is neither
    """
    name = f"code:{user}"
    one_at_a_time(session, name)
    check_wait(session, name, address, now, CODE)
    by_app = _take(session, user, vault, code, now, confirmed=True)
    by_recovery = not by_app and _use_recovery(session, user, vault, code)
    note_attempt(session, name, address, now, success=by_app or by_recovery, kind=CODE)
    if not (by_app or by_recovery):
        raise WrongCode(_("This code is wrong, or was used already. Wait for the next one."), field="code")
    return by_recovery


def _take(session: Session, user: int, vault: Vault, code: str, now: datetime, *, confirmed: bool) -> bool:
    """Tell whether a code is right, and let it be right only this once."""
    row = session.execute(
        text(
            "SELECT secret, last_step, confirmed IS NOT NULL AS confirmed FROM core_second_factor "
            "WHERE user_id = :user FOR UPDATE"
        ),
        {"user": user},
    ).first()
    if row is None or row.confirmed != confirmed:
        return False
    try:
        step = matching_step(vault.unseal(row.secret), code, now, after=row.last_step)
    except ValueError as error:
        raise BusinessError(
            _("The key of this installation is missing. Ask an administrator to reset two-factor sign-in.")
        ) from error
    if step is None:
        return False
    session.execute(
        text("UPDATE core_second_factor SET last_step = :step WHERE user_id = :user"), {"step": step, "user": user}
    )
    return True


def matching_step(secret: str, code: str, now: datetime, *, after: int = 0) -> int | None:
    """Give the time step whose code this is, later than ``after``; None: it is wrong, too old or used."""
    from pyotp.totp import TOTP

    plain = "".join(code.split())
    if len(plain) != DIGITS or not (plain.isascii() and plain.isdigit()):
        return None
    here, app = int(now.timestamp()) // STEP_SECONDS, TOTP(secret, digits=DIGITS, interval=STEP_SECONDS)
    right = [
        step
        for step in range(here - WINDOW, here + WINDOW + 1)
        if hmac.compare_digest(app.generate_otp(step), plain) and step > after
    ]
    return max(right, default=None)


def _use_recovery(session: Session, user: int, vault: Vault, code: str) -> bool:
    gone = session.scalar(
        text("DELETE FROM core_recovery_code WHERE user_id = :user AND code = :code RETURNING id"),
        {"user": user, "code": vault.mark(f"{user}:{_plain(code)}")},
    )
    return gone is not None


def _plain(code: str) -> str:
    return "".join(one for one in code.lower() if one.isalnum())

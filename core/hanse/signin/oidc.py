"""OpenID Connect as a relying party: authorization code with PKCE, and an ID token that is checked in every point.

Sources: OpenID Connect Core 1.0, 3.1.2 and 3.1.3.7; Discovery 1.0, 4; RFC 7636 (PKCE); RFC 9207 (issuer in the answer).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import secrets
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, urlencode, urlsplit

from hanse.errors import BusinessError
from hanse.i18n import _
from hanse.signin.providers import Provider

if TYPE_CHECKING:
    from joserfc.jwk import KeySet  # imported when somebody comes this way: it takes a start a tenth of a second

#: Signatures by keys that only the provider has; neither none nor one by a secret that we have too.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
SECONDS_TO_ANSWER = 10
#: Clocks may differ by so much.
LEEWAY_SECONDS = 60
_MOST_BYTES = 512 * 1024
_KEPT_SECONDS = 3600
_KEYS_AGAIN_SECONDS = 60


class SignOnError(BusinessError):
    """Single sign-on did not work; the message says what to do."""


@dataclass(frozen=True)
class Attempt:
    """What a browser carries, sealed, from the way out to the way back.

    :ivar link: id of the user who links an account; None: somebody signs in
    """

    provider: str
    state: str
    nonce: str
    verifier: str
    wanted: str = ""
    link: int | None = None

    @classmethod
    def begin(cls, provider: str, wanted: str, link: int | None = None) -> Attempt:
        """Make up what nobody can guess."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _part in range(3))
        return cls(provider, state, nonce, verifier, wanted, link)


@dataclass(frozen=True)
class Claims:
    """What the provider says of somebody.

    :ivar email: their address if the provider vouches for it
    """

    subject: str
    email: str | None
    name: str
    login: str


@dataclass
class Client:
    """Talks to one provider; remembers its addresses and keys for an hour."""

    provider: Provider
    _found: tuple[float, Mapping[str, Any]] | None = field(default=None, repr=False)
    _keys: tuple[float, KeySet] | None = field(default=None, repr=False)

    # --- the way out

    def address(self, attempt: Attempt, back: str) -> str:
        """Give the address of the provider to which the browser goes.

        :raises SignOnError: the provider does not answer, or says what cannot be
        """
        challenge = base64.urlsafe_b64encode(hashlib.sha256(attempt.verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": back,
            "scope": self.provider.scopes,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        address = self._endpoint("authorization_endpoint")
        return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"

    def way_out(self, back: str) -> str:
        """Give the address where somebody signs out of the provider; empty: it offers none."""
        address = str(self._discovered().get("end_session_endpoint") or "")
        if not address or not self.provider.allows(address):
            return ""
        return f"{address}?{urlencode({'client_id': self.provider.client_id, 'post_logout_redirect_uri': back})}"

    # --- the way back

    def claims(self, attempt: Attempt, given: Mapping[str, str], back: str) -> Claims:
        """Check an answer of the provider, and give what it says of whoever came with it.

        :raises SignOnError: anything about it is not as it must be
        """
        if attempt.provider != self.provider.name or not hmac.compare_digest(
            attempt.state.encode(), given.get("state", "").encode()
        ):
            raise SignOnError(_("This answer belongs to another attempt to sign in. Begin again."))
        self._check_sender(given.get("iss"))
        if "error" in given:
            raise SignOnError(
                _(
                    "%(provider)s did not sign you in: %(reason)s",
                    provider=self.provider.title,
                    reason=given["error"][:80],
                )
            )
        return self._read(self._token(given.get("code", ""), attempt.verifier, back), attempt.nonce)

    def _check_sender(self, issuer: str | None) -> None:
        """Refuse the answer of another provider (RFC 9207), which would get our code."""
        needed = self._discovered().get("authorization_response_iss_parameter_supported") is True
        if (issuer is not None and issuer != self.provider.issuer) or (needed and issuer is None):
            raise SignOnError(_("This answer comes from another provider. Begin again."))

    def _token(self, code: str, verifier: str, back: str) -> str:
        asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        own, secret = self.provider.client_id, self.provider.client_secret
        methods = self._discovered().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if secret and "client_secret_basic" in methods:
            pair = f"{quote(own, safe='')}:{quote(secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            asked |= {"client_id": own} | ({"client_secret": secret} if secret else {})
        answer = self._ask("POST", self._endpoint("token_endpoint"), headers, urlencode(asked).encode())
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise SignOnError(_("%(provider)s says nothing of who you are. Begin again.", provider=self.provider.title))
        return token

    def _read(self, token: str, nonce: str) -> Claims:
        claims = self._verified(token)
        audience = claims.get("aud")
        meant: list[Any] = [audience] if audience is None or isinstance(audience, (str, int, float)) else list(audience)
        own = self.provider.client_id
        now, ends, begun = time.time(), claims.get("exp"), claims.get("iat")
        faults = {
            "issuer": claims.get("iss") != self.provider.issuer,
            "audience": own not in meant or (len(meant) > 1 and claims.get("azp") != own),
            "party": claims.get("azp", own) != own,
            "expiry": not isinstance(ends, (int, float)) or ends + LEEWAY_SECONDS < now,
            "issue": not isinstance(begun, (int, float)) or begun - LEEWAY_SECONDS > now,
            "nonce": not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()),
            "subject": not isinstance(claims.get("sub"), str) or not 0 < len(str(claims["sub"])) <= 255,
        }
        if wrong := [name for name, bad in faults.items() if bad]:
            raise self._untrue(", ".join(wrong))
        email = claims.get("email") if claims.get("email_verified") is True else None
        login = str(claims.get("preferred_username") or email or "")[:80]
        name = str(claims.get("name") or login or claims["sub"])[:200]
        return Claims(str(claims["sub"]), str(email) if email else None, name, login)

    def _verified(self, token: str) -> Mapping[str, Any]:
        """Check the signature; a key we do not know yet is asked for once."""
        from joserfc import jwt
        from joserfc.errors import JoseError

        for again in (False, True):
            try:
                return jwt.decode(token, self._key_set(again=again), algorithms=list(ALGORITHMS)).claims
            except (JoseError, ValueError, TypeError, KeyError) as error:
                if again:
                    raise self._untrue("signature") from error
        raise AssertionError("the second time decides")

    def _untrue(self, what: str) -> SignOnError:
        message = _(
            "What %(provider)s says cannot be trusted (%(what)s). Begin again; if it stays so, tell an administrator.",
            provider=self.provider.title,
            what=what,
        )
        return SignOnError(message)

    # --- what the provider says of itself

    def _discovered(self) -> Mapping[str, Any]:
        if self._found is None or self._found[0] + _KEPT_SECONDS < time.monotonic():
            address = self.provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
            answer = self._ask("GET", address)
            if answer.get("issuer") != self.provider.issuer:
                raise self._untrue("issuer")
            self._found = (time.monotonic(), answer)
        return self._found[1]

    def _endpoint(self, name: str) -> str:
        address = str(self._discovered().get(name) or "")
        if not self.provider.allows(address):
            raise self._untrue(name)
        return address

    def _key_set(self, *, again: bool) -> KeySet:
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        age = None if self._keys is None else time.monotonic() - self._keys[0]
        if self._keys is None or age is None or age > (_KEYS_AGAIN_SECONDS if again else _KEPT_SECONDS):
            answer = self._ask("GET", self._endpoint("jwks_uri"))
            try:
                self._keys = (time.monotonic(), KeySet.import_key_set(cast("Any", {"keys": answer.get("keys") or []})))
            except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
                raise self._untrue("jwks_uri") from error
        return self._keys[1]

    def _ask(
        self, method: str, address: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Mapping[str, Any]:
        """Ask the provider and nobody else: no redirect, no proxy, an end in any case.

        :raises SignOnError: no answer, or none that is a JSON object
        """
        if not self.provider.allows(address):
            raise self._untrue("address")
        parts = urlsplit(address)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            context = ssl.create_default_context()
            connection = http.client.HTTPSConnection(
                str(parts.hostname), parts.port, timeout=SECONDS_TO_ANSWER, context=context
            )
        else:
            connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=SECONDS_TO_ANSWER)
        try:
            connection.request(method, target, body, {"Accept": "application/json", **(headers or {})})
            answer = connection.getresponse()
            status, given = answer.status, answer.read(_MOST_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            raise SignOnError(
                _("%(provider)s does not answer. Try again in a moment.", provider=self.provider.title)
            ) from error
        finally:
            connection.close()
        return self._object(status, given)

    def _object(self, status: int, given: bytes) -> Mapping[str, Any]:
        try:
            found = json.loads(given) if status == 200 and len(given) <= _MOST_BYTES else None
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise SignOnError(
                _("%(provider)s refused (%(status)s). Begin again.", provider=self.provider.title, status=status)
            )
        return cast("Mapping[str, Any]", found)

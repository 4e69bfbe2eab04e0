"""A provider of OpenID Connect on this machine, which does what a good one does, or lies as a test wants it to."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "hanse", "a secret/with signs"


@dataclass
class House:
    """The provider: who is signed in there, and how it lies.

    :ivar claims: laid over what a good ID token says; None takes a claim away
    :ivar key: signs the token; another than the published one makes a forgery
    """

    port: int = 0
    published: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    key: RSAKey | None = None
    algorithm: str = "RS256"
    claims: dict[str, Any] = field(default_factory=dict)
    discovery: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    redirect_to: str = ""
    needs_secret: bool = True

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def consent(self, address: str) -> dict[str, str]:
        """Act as somebody who signs in at the provider; give what it sends the browser back with."""
        parts = urlsplit(address)
        assert parts.path == "/authorize"
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"], "back": asked["redirect_uri"]}

    def token(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "subject-1",
            "exp": now + 300,
            "iat": now,
            "nonce": asked["nonce"],
            "email": "ann@example.com",
            "email_verified": True,
            "name": "Ann Elsewhere",
            "preferred_username": "ann.elsewhere",
        } | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.algorithm == "none":
            parts = [{"alg": "none"}, claims]
            return ".".join(_base64(json.dumps(one).encode()) for one in parts) + "."
        key: Any = self.key or self.published
        return jwt.encode({"alg": self.algorithm, "kid": self.published.kid}, claims, key, algorithms=[self.algorithm])

    def answer(self, method: str, path: str, headers: Any, body: str) -> tuple[int, dict[str, Any]]:
        self.asked.append((method, path))
        if path == "/.well-known/openid-configuration":
            own = {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "end_session_endpoint": f"{self.issuer}/bye",
            }
            return 200, own | self.discovery
        if path == "/keys":
            return 200, {"keys": [self.published.as_dict(private=False)]}
        if path == "/token" and method == "POST":
            return self._exchange(headers, {name: values[0] for name, values in parse_qs(body).items()})
        return 404, {}

    def _exchange(self, headers: Any, given: dict[str, str]) -> tuple[int, dict[str, Any]]:
        pair = base64.b64encode(b"hanse:a%20secret%2Fwith%20signs").decode()
        asked = self.codes.pop(given.get("code", ""), None)  # a code is good once
        if asked is None or (self.needs_secret and headers.get("Authorization") != f"Basic {pair}"):
            return 400, {"error": "invalid_grant"}
        challenge = _base64(hashlib.sha256(given["code_verifier"].encode()).digest())
        if challenge != asked["code_challenge"] or given["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self.token(asked)}


def _base64(given: bytes) -> str:
    return base64.urlsafe_b64encode(given).rstrip(b"=").decode()


@contextmanager
def serving(house: House) -> Iterator[House]:
    """Serve a provider on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply("")

        def do_POST(self) -> None:
            self._reply(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def _reply(self, body: str) -> None:
            if house.redirect_to:
                self.send_response(302)
                self.send_header("Location", house.redirect_to)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            status, words = house.answer(self.command, self.path, self.headers, body)
            answer = json.dumps(words).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_words: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    house.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield house
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

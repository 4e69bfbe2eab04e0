"""Work through pages over one keep-alive connection, as a browser does: session, form token, access checks, HTML."""

from __future__ import annotations

import http.client
import os
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session

from benchmarks.bench import Bench, rss_mb
from hanse.actions.write import insert_columns
from hanse.database.session import in_transaction
from hanse.directory.founding import give_role
from hanse.directory.models import User
from hanse.security.passwords import hash_password

PASSWORD = "keep-alive-1234"  # noqa: S105  of a database that lives for a minute
PEOPLE = ("maker", "auditor")


@contextmanager
def served(house: Bench, processes: int = 1) -> Iterator[Server]:
    """Serve the company's pages from processes of their own."""
    in_transaction(house.database, _add_people)
    server = Server(house, processes)
    try:
        server.wait()
        yield server
    finally:
        server.stop()


def _add_people(session: Session) -> None:
    for login in PEOPLE:
        if session.scalar(select(User.id).where(User.login == login)) is None:
            insert_columns(
                session, User.__table__, {"login": [login], "name": [login], "password": [hash_password(PASSWORD)]}
            )
            give_role(session, login, "bench")


class Server:
    """The web server: some processes that accept from one socket."""

    def __init__(self, house: Bench, processes: int = 1) -> None:
        env = os.environ | {"HANSE_DATABASE_URL": house.app_url, "HANSE_DATABASE_OWNER_URL": house.owner_url}
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            self.port = int(bound.getsockname()[1])
            command = [sys.executable, "-m", "benchmarks.serve", str(bound.fileno())]
            self.begun = time.perf_counter()
            self.processes = [
                subprocess.Popen(command, env=env, pass_fds=[bound.fileno()]) for _one in range(processes)
            ]

    def wait(self) -> None:
        """Wait until it answers."""
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return
            except OSError:
                if any(process.poll() is not None for process in self.processes):
                    raise
                time.sleep(0.01)

    def login(self, login: str) -> Browser:
        """Log somebody in."""
        return Browser(self.port, login)

    def rss_mb(self) -> int:
        """Give the memory of one process."""
        return rss_mb(self.processes[0].pid)

    def stop(self) -> None:
        """End the server."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(10)


class Browser:
    """Somebody's connection."""

    def __init__(self, port: int, login: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies: dict[str, str] = {}
        self.last_id = 0
        self.token: str | None = _token(self.get("/login"))
        self.post("/login", {"login": login, "password": PASSWORD})
        self.token = None  # that of the new session stands in its pages

    def get(self, path: str) -> str:
        """Give a page.

        :raises RuntimeError: the answer is no page
        """
        status, body, _headers = self._ask("GET", path, None)
        if status != 200:
            raise RuntimeError(f"{path}: {status} {body[:500]}")
        return body

    def post(self, path: str, values: Mapping[str, Any]) -> str:
        """Send a form; give where the answer leads.

        :raises RuntimeError: it leads nowhere
        """
        if self.token is None:
            self.token = _token(self.get("/"))
        body = urlencode({"csrf_token": self.token, **values})
        status, text, headers = self._ask("POST", path, body)
        if status not in (302, 303):
            raise RuntimeError(f"{path}: {status} {re.sub('<[^>]+>', ' ', text)[:800]}")
        return headers.get("location", "")

    def _ask(self, method: str, path: str, body: str | None) -> tuple[int, str, dict[str, str]]:
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Accept-Language": "en",
        }
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _equals, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        return answer.status, text, {name.lower(): value for name, value in answer.getheaders()}

    def create_contact(self, value: Mapping[str, Any]) -> None:
        """Create a contact with its address."""
        (address,) = value["addresses"]
        fields = {
            "key": secrets.token_urlsafe(18),
            "name": value["name"],
            "email": value["email"],
            "kind": "company",
            "addresses-order": "0",
        }
        fields |= {f"addresses-0-{name}": text for name, text in address.items()} | {"addresses-0-kind": "office"}
        self.post("/contacts/partner/new", fields)

    def create_voucher(self, value: Mapping[str, Any]) -> None:
        """Create a voucher."""
        fields: dict[str, Any] = {
            "key": secrets.token_urlsafe(18),
            "day": value["day"],
            "attachments": "0",
            "word": "1",
        }
        fields["lines-order"] = ",".join(str(place) for place in range(len(value["lines"])))
        for place, line in enumerate(value["lines"]):
            fields |= {f"lines-{place}-{name}": text for name, text in line.items()}
        where = self.post("/finance/voucher/new", fields)
        found = re.search(r"/finance/voucher/(\d+)", where)
        assert found is not None, where
        self.last_id = int(found[1])

    def audit_and_post(self, voucher: int) -> None:
        """Audit and post a voucher."""
        self.post(f"/finance/voucher/{voucher}/do/audit_post", {})


def _token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None
    return found[1]

"""Programs: read a contact, make one, and make many at once, over one keep-alive connection with a token."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from benchmarks import pages
from benchmarks.bench import MAKER, Bench, action, bench, spread, timed
from benchmarks.list_page import CONTACTS
from benchmarks.parties import contacts
from hanse.api.tokens import digest, new_secret

WARM, TIMED, BATCH = 20, 200, 1_000
PATH = "/api/v1/contacts.partner"


class Program:
    """A client with a token."""

    def __init__(self, port: int, secret: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}

    def ask(self, method: str, path: str, values: Any = None) -> Any:
        """Give the answer to a request.

        :raises RuntimeError: it was refused
        """
        body = None if values is None else json.dumps(values)
        self.connection.request(method, path, body, self.headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:500]!r}")
        return json.loads(text)


def run(n: int | None) -> Iterator[dict[str, Any]]:
    """Over 20,000 contacts: single reads, pages of 100, single creates; then n (10,000) contacts by the thousand."""
    count = n or 10_000
    with bench() as house:
        house.fill(CONTACTS, count=20_000)
        house.analyze()
        secret = _token(house)
        with pages.served(house) as server:
            program = Program(server.port, secret)
            make = iter(contacts(100_000, 2 * (WARM + TIMED)))
            work = {
                "read": lambda: program.ask("GET", f"{PATH}/4711"),
                "page of 100": lambda: program.ask("GET", f"{PATH}?limit=100&sort=name"),
                "create": lambda: program.ask("POST", PATH, next(make)),
            }
            for name, one in work.items():
                for _run in range(WARM):
                    one()
                yield {"request": name, **spread([timed(one) for _run in range(TIMED)])}
            program.ask("POST", PATH, contacts(150_000, BATCH))
            batches = [contacts(200_000 + start, BATCH) for start in range(0, count, BATCH)]
            seconds = [timed(partial(program.ask, "POST", PATH, batch)) for batch in batches]
            per_s = round(count / sum(seconds))
            yield {
                "request": f"create {BATCH}",
                "n": count,
                **spread(seconds),
                "per_s": per_s,
                "rss_mb": server.rss_mb(),
            }


def _token(house: Bench) -> str:
    secret = new_secret()
    with house.database.session() as session, session.begin():
        house.context(session, MAKER).run(action("core.api_token.create"), name="bench", token=digest(secret), days=1)
    return secret

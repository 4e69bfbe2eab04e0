"""A branch of the library whose webhooks lead to this machine, and whose jobs run when the test says so."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from sqlalchemy import text

from hanse.actions import Context, find_action, open_context
from hanse.actions.context import identify
from hanse.files import FolderStore
from hanse.jobs.execute import execute
from hanse.jobs.relay import Relay
from hanse.testing.databases import TrialDatabase
from hanse.testing.people import open_for_admin


@dataclass
class Received:
    """A request that arrived."""

    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """A program elsewhere that takes messages.

    :ivar answer: what it answers from now on: status, headers, body
    :ivar before: called with every request before it is answered
    """

    requests: list[Received] = field(default_factory=list[Received])
    answer: tuple[int, dict[str, str], bytes] = (204, {}, b"")
    before: Callable[[], None] = lambda: None
    port: int = 0

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}/hook?from=hanse"

    @property
    def types(self) -> list[str]:
        return [one.said["type"] for one in self.requests]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.requests.append(Received({k.lower(): v for k, v in self.headers.items()}, body))
            receiver.before()
            status, headers, answer = receiver.answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_args: Any) -> None:
            """Stay quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


@dataclass
class Office:
    """A company whose jobs are done when the test says so."""

    database: TrialDatabase
    home: Path

    @contextmanager
    def transaction(self, login: str = "admin") -> Iterator[Context]:
        """Give a Context of somebody, and commit."""
        with self.database.session() as session, session.begin():
            admin = open_for_admin(session)
            if login == "admin":
                yield admin
            else:
                user = identify(session, login)
                assert user is not None
                yield open_context(session, user, admin.company.id, via="test")

    def run(self, name: str, *records: int, login: str = "admin", **params: Any) -> Any:
        """Do an action in a transaction of its own."""
        action = find_action(name)
        assert action is not None
        with self.transaction(login) as ctx:
            return ctx.run(action, records or None, **params)

    def book(self, *titles: str, **values: Any) -> list[int]:
        return list(self.run("library.book.create", values=[{"title": one, **values} for one in titles]).done)

    def webhook(self, address: str, *events: str, login: str = "admin", **values: Any) -> int:
        row = {"name": "Shop", "address": address, "events": [{"event": one} for one in events], **values}
        return int(self.run("core.webhook.create", values=[row], login=login).id)

    def do_all(self) -> None:
        """Do what is due, and what follows from it at once."""
        published: list[int] = []
        relay = Relay(self.database, lambda job, _queue: published.append(job), most_slow=1000)
        while relay.hand_out().jobs:
            waiting, published[:] = [*published], []
            for job in waiting:
                execute(self.database, FolderStore(self.home / "files"), job)

    def pass_time(self, **how: int) -> None:
        """Let everything that waits have waited so much longer, and everything that happened be so much older."""
        (unit, count), *_rest = how.items()
        values = {"by": f"{count} {unit}"}
        self.change("UPDATE core_job SET run_at = run_at - CAST(:by AS interval)", **values)
        for column in ("failing_since", "resting_until"):
            self.change(f"UPDATE core_webhook SET {column} = {column} - CAST(:by AS interval)", **values)

    def ask(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        with self._owner() as connection:
            return [tuple(row) for row in connection.execute(text(sql), values)]

    def change(self, sql: str, **values: Any) -> None:
        with self._owner() as connection:
            connection.execute(text(sql), values)
            connection.commit()

    @contextmanager
    def _owner(self) -> Iterator[Any]:
        from sqlalchemy import create_engine

        engine = create_engine(self.database.owner_url)
        with engine.connect() as connection:
            yield connection
        engine.dispose()

    def deliveries(self) -> list[tuple[str, int]]:
        return [(row[0], row[1]) for row in self.ask("SELECT state, attempts FROM core_webhook_delivery ORDER BY id")]

    def log(self) -> list[tuple[int | None, str | None]]:
        return [(row[0], row[1]) for row in self.ask("SELECT status, error FROM core_webhook_attempt ORDER BY id")]

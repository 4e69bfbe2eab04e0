"""What a business may rely on while everything is killed in turn: what was answered is there, and done once.

Programs create books through the API, with a key for each so that they may ask again; a handler comments on every new
book after the commit.  Meanwhile the web server, the jobs process and PostgreSQL are killed one after another.
CHAOS_SECONDS makes it longer than the suite has time for.
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from test_serve import PATIENCE, Served, served, wait_for

__all__ = ["served"]
pytestmark = pytest.mark.slow

SECONDS = float(os.environ.get("CHAOS_SECONDS", "15"))
CLIENTS = 4
ADDONS = "sample_library,sample_welcome"
PARTS = ("web", "jobs", "-D")  # -D is PostgreSQL's

FOUND = """
from hanse.actions.context import identify
from hanse.app import boot
from hanse.cli.session import open_database
from hanse.config import Settings
from hanse.directory.founding import SYSTEM, found_company

boot(Settings.load())
with open_database() as database, database.session() as session, session.begin():
    found_company(session, identify(session, SYSTEM), {"name": "Chaos"}, addons=["sample_library", "sample_welcome"])
"""
COUNT = """
import json
from sqlalchemy import text
from hanse.app import boot
from hanse.audit.chain import seal
from hanse.cli.session import context, open_database
from hanse.config import Settings

boot(Settings.load())
with open_database() as database, database.session() as session, session.begin():
    context(session, "Chaos")
    seal(session, most=10**6)
    print(json.dumps({
        "books": [tuple(row) for row in session.execute(text("SELECT id, title FROM library_book ORDER BY id"))],
        "greeted": list(session.scalars(text("SELECT record FROM core_comment WHERE model = 'library.book'"))),
        "left": session.scalar(text("SELECT count(*) FROM core_job WHERE state <> 'done'")),
    }))
"""


@dataclass
class Program(threading.Thread):
    """Creates books one after another, and asks again under the same key until it is answered."""

    number: int
    port: int
    token: str
    stop: threading.Event
    answered: dict[str, int] = field(default_factory=dict[str, int])
    refused: list[str] = field(default_factory=list[str])
    repeats: int = 0

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        for count in itertools.count():
            if self.stop.is_set() or self.refused:
                return
            self.create(f"Book {self.number}-{count}")

    def create(self, title: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                status, body = self.ask(title)
            except (OSError, http.client.HTTPException):
                status, body = 0, None
            if status == 201:
                self.answered[title] = body["id"]
                return
            if status not in (0, 500, 502, 503):
                self.refused.append(f"{title}: {status} {body}")
                return
            self.repeats += 1
            self.stop.wait(0.05)
        self.refused.append(f"{title}: no answer")

    def ask(self, title: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            headers = {
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "Idempotency-Key": title,
            }
            connection.request("POST", "/api/v1/library.book", json.dumps({"title": title}), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()


def command(one: Served, *arguments: str) -> str:
    clean = {name: text for name, text in os.environ.items() if not name.startswith("HANSE_")}
    paths = {"PYTHONPATH": os.pathsep.join(sys.path)}
    env = clean | paths | {"HANSE_HOME": str(one.home), "HANSE_ADDONS": ADDONS, "HANSE_DEMO": "no"}
    done = subprocess.run([sys.executable, *arguments], env=env, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def kill_in_turn(one: Served, until: float) -> int:
    """Kill the parts one after another, each as soon as all are back and programs have been answered."""
    for killed, part in enumerate(itertools.cycle(PARTS)):
        if time.monotonic() > until:
            return killed
        victim = one.part(part)
        assert victim is not None
        victim.kill()
        wait_for(lambda part=part, victim=victim: one.part(part) not in (None, victim))
        wait_for(one.answers)
    raise AssertionError("a cycle does not end")


def test_what_was_answered_is_there_and_done_once_whatever_is_killed(served: Served) -> None:
    served.start(HANSE_ADDONS=ADDONS)
    wait_for(lambda: served.answers() and served.part("jobs"))
    command(served, "-c", FOUND)
    token = command(
        served, "-m", "hanse.cli", "token", "create", "admin", "--company", "Chaos", "--name", "load"
    ).strip()
    stop = threading.Event()
    programs = [Program(number, served.port, token, stop) for number in range(CLIENTS)]
    for program in programs:
        program.start()
    killed = kill_in_turn(served, time.monotonic() + SECONDS)
    stop.set()
    for program in programs:
        program.join(PATIENCE)

    answered = {title: key for program in programs for title, key in program.answered.items()}
    found: dict[str, Any] = {}

    def settled() -> bool:
        found.update(json.loads(command(served, "-c", COUNT)))
        return len(found["greeted"]) >= len(found["books"]) and found["left"] == 0

    wait_for(settled)
    verdict = command(served, "-m", "hanse.cli", "audit", "verify")
    repeats = sum(program.repeats for program in programs)
    print(f"{killed} kills, {len(answered)} books answered, {repeats} asked again; {verdict.strip()}")
    assert [fault for program in programs for fault in program.refused] == []
    assert killed >= len(PARTS)
    assert {title: key for key, title in found["books"]} == answered
    assert len(found["books"]) == len(answered)
    assert sorted(found["greeted"]) == sorted(answered.values()), "every book is greeted, and once"
    assert served.stop() == 0

"""What an operator may rely on of requests: a number in answer, log and error page, figures, and no personal data."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import create_engine, text
from webtest import TestApp

from hanse import logs
from hanse.app import make_app
from hanse.database.session import Database
from hanse.testing.browser import Browser, Site
from hanse.web import metrics

NUMBER = re.compile(r"[0-9a-f]{12}")
TOKEN = "a-token-of-some-length"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """The log of Hanse as JSON."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonFormatter())
    logger = logging.getLogger("hanse")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield stream
    logger.removeHandler(handler)
    logger.setLevel(level)


def told(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_request_is_one_line_with_numbers_only(browser: Browser, lines: io.StringIO) -> None:
    answer = browser.get("/library/book?q=Ann+Lee")
    [line] = told(lines)
    assert NUMBER.fullmatch(line["request"])
    assert answer.headers["X-Request-ID"] == line["request"]
    assert {name: line[name] for name in ("logger", "method", "path", "status", "company")} == {
        "logger": "hanse.access",
        "method": "GET",
        "path": "/library/book",
        "status": 200,
        "company": 1,
    }
    assert isinstance(line["user"], int)
    assert 0 < line["ms"] < 60_000
    assert "Ann" not in lines.getvalue(), "what people look for is theirs"


def test_every_line_of_a_request_and_its_error_page_carry_the_same_number(
    browser: Browser, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("our fault")

    monkeypatch.setattr("hanse.web.views.my_work.menu_groups", broken)
    answer = browser.get("/", status=500)
    number = answer.headers["X-Request-ID"]
    assert number in answer.text
    error, access = told(lines)
    assert (error["request"], access["request"]) == (number, number)
    assert "our fault" in error["error"]
    assert access["status"] == 500


def test_the_name_of_a_file_stays_out_of_the_log(browser: Browser, lines: io.StringIO) -> None:
    browser.get("/files/99/Contract%20of%20Ann.pdf", status=404)
    assert told(lines)[-1]["path"] == "/files/99/…"


@pytest.mark.parametrize(
    ("proxy", "peer", "given", "believed"),
    [
        ("10.0.0.1", "10.0.0.1", "proxy-number-1", True),
        ("10.0.0.1", "10.0.0.2", "proxy-number-1", False),
        (None, "10.0.0.1", "proxy-number-1", False),
        ("10.0.0.1", "10.0.0.1", "x\ny forged line", False),
        ("10.0.0.1", "10.0.0.1", "short", False),
    ],
)
def test_only_the_trusted_proxy_gives_numbers(
    site: Site, proxy: str | None, peer: str, given: str, believed: bool
) -> None:
    app = TestApp(make_app(replace(site.settings, trusted_proxy=proxy), site.database))
    answer = app.get("/login", headers={"X-Request-ID": given.replace("\n", " ")}, extra_environ={"hanse.peer": peer})
    assert (answer.headers["X-Request-ID"] == given) is believed


def test_text_lines_carry_the_facts_and_no_values_of_rows() -> None:
    record = logging.LogRecord(
        "hanse", logging.INFO, "", 0, "refused\nDETAIL:  Key (login)=(ann) exists.\nend", (), None
    )
    with logs.about(lambda: {"request": "abc", "user": None}):
        line = logs.TextFormatter().format(record)
    assert line.endswith("refused\nend [request=abc]")
    assert "ann" not in line


# --- whether requests may come ----------------------------------------------------------------------------------------


def test_ready_says_whether_requests_may_come(site: Site) -> None:
    app = TestApp(site.app)
    assert app.get("/ready").text == "ready\n"
    assert "stopping" in app.get("/ready", status=503, extra_environ={"hanse.leaving": True}).text
    owner = create_engine(site.database.owner_url)
    with owner.begin() as connection:
        connection.execute(text("UPDATE hanse_revision SET revision = 'hanse_0001' WHERE addon = 'hanse'"))
    owner.dispose()
    assert app.get("/ready", status=503).text == "migrations of hanse are not applied\n"


def test_without_a_database_it_is_not_ready_and_metrics_say_so(site: Site, tmp_path: Path) -> None:
    nowhere = Database(site.database.url.replace(site.database.name, "no_such_database"))
    app = TestApp(make_app(site.settings, nowhere), extra_environ={"REMOTE_ADDR": "127.0.0.1"})
    assert app.get("/ready", status=503).text == "the database does not answer\n"
    assert figures(app.get("/metrics").text)["hanse_database_up", ()] == 0
    nowhere.close()


# --- figures ----------------------------------------------------------------------------------------------------------


def figures(body: str) -> dict[tuple[str, tuple[str, ...]], float]:
    families = text_string_to_metric_families(body)
    return {(one.name, tuple(one.labels.values())): one.value for family in families for one in family.samples}


def test_metrics_count_requests_connections_jobs_and_memory(site: Site, browser: Browser) -> None:
    app = TestApp(site.app, extra_environ={"REMOTE_ADDR": "127.0.0.1"})
    before = figures(app.get("/metrics").text)
    owner = create_engine(site.database.owner_url)
    with owner.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO core_job (task, args, queue, state, run_at, created_at, user_id, company_id, locale, via) "
                "SELECT 'x', '{}', 'default', s, now() - interval '60 s', now(), u.id, c.id, 'en', 'job' "
                "FROM core_user u, core_company c, unnest(ARRAY['pending', 'dead']) s WHERE u.login = 'admin'"
            )
        )
    owner.dispose()
    browser.get("/library/book")
    browser.get("/library/book/999999", status=404)
    after = figures(app.get("/metrics").text)

    def grown(name: str, *labels: str) -> float:
        return after[name, labels] - before.get((name, labels), 0)

    assert grown("hanse_requests_total", "GET", "list", "200") == 1
    assert grown("hanse_requests_total", "GET", "record", "404") == 1
    assert grown("hanse_request_seconds_count", "GET", "list") == 1
    assert any(name == "hanse_request_seconds_bucket" and {"list", "+Inf"} <= set(labels) for name, labels in after)
    assert after["hanse_jobs", ("pending",)] == before["hanse_jobs", ("pending",)] + 1
    assert after["hanse_jobs", ("dead",)] == 1
    assert after["hanse_jobs_oldest_waiting_seconds", ()] >= 60
    assert after["hanse_database_up", ()] == 1
    assert after["hanse_database_connections_open", ()] >= 1
    assert next(value for (name, _), value in after.items() if name == "hanse_process_resident_bytes") > 2**20


@pytest.mark.parametrize(
    ("token", "environ", "headers", "status"),
    [
        (None, {"hanse.peer": "127.0.0.1", "hanse.forwarded": False}, {}, 200),
        (None, {"hanse.peer": "::1", "hanse.forwarded": False}, {}, 200),
        (None, {"hanse.peer": "192.0.2.1", "hanse.forwarded": False}, {}, 403),
        (None, {"hanse.peer": "127.0.0.1", "hanse.forwarded": True}, {}, 403),
        (None, {"REMOTE_ADDR": "127.0.0.1"}, {"X-Forwarded-For": "192.0.2.1"}, 403),
        (TOKEN, {"hanse.peer": "192.0.2.1"}, {"Authorization": f"Bearer {TOKEN}"}, 200),
        (TOKEN, {"hanse.peer": "192.0.2.1"}, {"Authorization": "Bearer wrong"}, 403),
        (TOKEN, {"hanse.peer": "127.0.0.1"}, {}, 403),
    ],
)
def test_metrics_are_not_for_the_world(
    site: Site, token: str | None, environ: dict[str, Any], headers: dict[str, str], status: int
) -> None:
    app = TestApp(make_app(replace(site.settings, metrics_token=token), site.database))
    app.get("/metrics", extra_environ=environ, headers=headers, status=status)


def test_connections_of_a_process_that_has_ended_are_not_added(tmp_path: Path) -> None:
    (tmp_path / "gauge_livesum_999999999.db").touch()
    (tmp_path / "gauge_livesum_1.db").touch()
    (tmp_path / "counter_999999999.db").touch()
    metrics._forget_dead(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["counter_999999999.db", "gauge_livesum_1.db"]

"""W3: contacts with one address and one e-mail: 10 x 1,000 in process, and one by one over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from benchmarks import pages
from benchmarks.bench import Bench, action, bench, counted, rss_mb, spread, timed

CHUNK = 1_000


def run(n: int | None) -> Iterator[dict[str, Any]]:
    """In process n (10,000) contacts; then 200 over HTTP."""
    count = n or 10_000
    with bench() as house:
        create(house, contacts(0, CHUNK))
        house.analyze()
        with counted(house.database) as statements:
            seconds = [
                timed(partial(create, house, contacts(start, CHUNK))) for start in range(CHUNK, CHUNK + count, CHUNK)
            ]
        yield {
            "n": count,
            "mode": "in process",
            **spread(seconds),
            "per_s": round(count / sum(seconds)),
            "rss_mb": rss_mb(),
            "statements": statements[0] // len(seconds),
        }
        yield from _over_http(house)


def contacts(start: int, count: int) -> list[dict[str, Any]]:
    """Write contacts."""
    return [
        {
            "name": f"Contact {number} Ltd",
            "email": f"contact{number}@example.com",
            "addresses": [
                {"street": f"{number} Long Street", "postal_code": f"{10000 + number % 90000}", "city": "Hamburg"}
            ],
        }
        for number in range(start, start + count)
    ]


def create(house: Bench, values: list[dict[str, Any]]) -> None:
    """Create contacts in one transaction."""
    with house.database.session() as session, session.begin():
        house.context(session).run(action("contacts.partner.create"), values=values)


def _over_http(house: Bench) -> Iterator[dict[str, Any]]:
    with pages.served(house) as server:
        browser = server.login("maker")
        for value in contacts(50_000, 10):
            browser.create_contact(value)
        seconds = [timed(lambda: browser.create_contact(value)) for value in contacts(60_000, 200)]  # noqa: B023
        yield {"n": 200, "mode": "http", **spread(seconds), "rss_mb": server.rss_mb()}

"""W4: journal entries of 4 lines, created and posted in one transaction per 500, with numbers, balances and audit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from benchmarks import pages
from benchmarks.bench import AUDITOR, MAKER, YEAR, Bench, action, bench, counted, rss_mb, spread, timed
from hanse.actions.context import identify

CHUNK = 500


def run(n: int | None) -> Iterator[dict[str, Any]]:
    """In process n (5,000) entries; then one by one over HTTP, 100."""
    count = n or 5_000
    with bench() as house:
        accounts = plain_accounts(house)
        enter(house, entries(accounts, 0, CHUNK))
        house.analyze()
        seconds: list[float] = []
        with counted(house.database) as statements:
            for start in range(CHUNK, CHUNK + count, CHUNK):
                values = entries(accounts, start, min(CHUNK, CHUNK + count - start))
                seconds.append(timed(lambda: enter(house, values)))  # noqa: B023
        yield {
            "n": count,
            "mode": "in process",
            **spread(seconds),
            "per_s": round(count / sum(seconds)),
            "rss_mb": rss_mb(),
            "statements": statements[0] // len(seconds),
        }
        yield from _over_http(house, accounts)


def plain_accounts(house: Bench) -> list[int]:
    """Give the ids of 40 accounts that take postings."""
    with house.database.session() as session, session.begin():
        ctx = house.context(session)
        return list(
            ctx.session.execute(text("SELECT id FROM finance_account WHERE postable ORDER BY id LIMIT 40")).scalars()
        )


def entries(accounts: list[int], start: int, count: int) -> list[dict[str, Any]]:
    """Write entries: debit a, b; credit a-1, b+1, over 4 of the accounts, dated from January to October."""
    found: list[dict[str, Any]] = []
    for number in range(start, start + count):
        a, b = Decimal(100 + number % 900), Decimal(1 + number % 385) / 4
        chosen = [accounts[(number * 4 + place * 7) % len(accounts)] for place in range(4)]
        amounts = [("debit", a), ("debit", b), ("credit", a - 1), ("credit", b + 1)]
        found.append(
            {
                "day": date(YEAR, 1 + number % 10, 1 + number % 28),
                "lines": [
                    {"summary": f"Entry {number}", "account": account, side: amount}
                    for account, (side, amount) in zip(chosen, amounts, strict=True)
                ],
            }
        )
    return found


def enter(house: Bench, values: list[dict[str, Any]]) -> None:
    """Create and post entries in one transaction."""
    with house.database.session() as session, session.begin():
        maker = identify(session, MAKER)
        assert maker is not None
        house.context(session, AUDITOR).run(action("finance.voucher.enter"), values=values, maker=maker.id)


def _over_http(house: Bench, accounts: list[int]) -> Iterator[dict[str, Any]]:
    """One request creates, as one person; the second audits and posts, as another."""
    with pages.served(house) as server:
        maker, auditor = server.login("maker"), server.login("auditor")
        seconds: list[float] = []
        for number, value in enumerate(entries(accounts, 0, 110)):
            begun = timed(lambda: maker.create_voucher(value))  # noqa: B023
            finished = timed(lambda: auditor.audit_and_post(maker.last_id))
            if number >= 10:
                seconds.append(begun + finished)
        yield {"n": len(seconds), "mode": "http, two requests", **spread(seconds), "rss_mb": server.rss_mb()}

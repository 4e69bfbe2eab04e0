"""W6: list pages of 80 rows.

Contacts by name among 100,000, entries of an account and half a year among 250,000; then 8 clients at once, served by
two processes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

from benchmarks import pages, trial_balance
from benchmarks.bench import YEAR, Bench, bench, spread, timed

CONTACTS = """
    INSERT INTO contacts_partner (code, kind, name, name_key, email, tax_id)
    SELECT 'P' || n, 'company', 'Company ' || n || ' Trading', 'company' || n || 'trading',
           'c' || n || '@example.com', 'T' || n
    FROM generate_series(1, :count) n
"""
WARM, TIMED, CLIENTS, EACH, PROCESSES = 6, 60, 8, 30, 2


def run(n: int | None) -> Iterator[dict[str, Any]]:
    """Over n (100,000) contacts and 250,000 lines."""
    with bench() as house:
        house.fill(CONTACTS, count=n or 100_000)
        trial_balance.fill(house, 0, 62_499)
        account = _account(house)
        searches = {
            "contacts": "/contacts/partner?q=77&sort=name",
            "entries": f"/finance/voucher_line?f-account={account}&f-day={YEAR}-03-01&f-day-to={YEAR}-08-31&sort=-day",
        }
        with pages.served(house) as server:
            browser = server.login("maker")
            for name, path in searches.items():
                for _run in range(WARM):
                    page = browser.get(path)
                rows = page.count('<tr class="hz-row')
                seconds = [timed(lambda: browser.get(path)) for _run in range(TIMED)]  # noqa: B023
                yield {"n": n or 100_000, "page": name, "rows": rows, **spread(seconds), "rss_mb": server.rss_mb()}
        with pages.served(house, PROCESSES) as server:
            _crowd(server, searches["contacts"], 5)
            pages_a_second = _crowd(server, searches["contacts"], EACH)
            yield {"page": "contacts", "clients": CLIENTS, "processes": PROCESSES, "per_s": round(pages_a_second, 1)}


def _account(house: Bench) -> int:
    with house.database.session() as session, session.begin():
        from sqlalchemy import text

        return int(
            house.context(session)
            .session.execute(text("SELECT account_id FROM finance_voucher_line ORDER BY id LIMIT 1"))
            .scalar_one()
        )


def _crowd(server: pages.Server, path: str, each: int) -> float:
    """Give the requests a second of all clients together."""
    browsers = [server.login("maker") for _client in range(CLIENTS)]
    threads = [threading.Thread(target=lambda b=browser: [b.get(path) for _n in range(each)]) for browser in browsers]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return CLIENTS * each / (time.perf_counter() - begun)

"""Who owes what, over 250,000 open items and as many that are settled: ageing, statement, list, reminders."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from sqlalchemy import text

from benchmarks import pages
from benchmarks.bench import YEAR, Bench, action, bench, counted, spread, timed
from hanse import Context
from hanse_invoicing.models import Ledger
from hanse_invoicing.standing import ageing, left, moved

PARTNERS, LATE = 5_000, 700
#: Items of 5,000 customers over two years; every other one was settled by a payment 20 days later.
FILL = """
    SET LOCAL session_replication_role = replica;
    INSERT INTO contacts_partner (code, kind, name, name_key, is_customer)
    SELECT 'C' || n, 'company', 'Customer ' || n, 'customer' || n, true FROM generate_series(1, {partners}) n;
    INSERT INTO invoicing_open_item (company_id, ledger, document, entry_id, number, partner_id, account_id, day, due,
        currency_id, amount, base, open, open_base)
    SELECT c.id, 'receivable', (CASE WHEN k = 2 THEN 'REC' ELSE 'INV' END) || n || '-' || k, n * 3 + k, 1, p.id, a.id,
        d.day + CASE WHEN k = 2 THEN 20 ELSE 0 END, d.day + CASE WHEN k = 2 THEN 20 ELSE n % 61 END, c.currency_id,
        s.amount, s.amount, CASE WHEN k = 0 THEN s.amount ELSE 0 END, CASE WHEN k = 0 THEN s.amount ELSE 0 END
    FROM generate_series(1, {count}) n CROSS JOIN generate_series(0, 2) k
    CROSS JOIN core_company c
    CROSS JOIN LATERAL (SELECT CURRENT_DATE - 30 - (n % 700) AS day) d
    CROSS JOIN LATERAL (SELECT CASE WHEN k = 2 THEN -1 ELSE 1 END * (10 + n % 990)::numeric AS amount) s
    CROSS JOIN (SELECT id FROM finance_account WHERE postable AND type = 'asset' ORDER BY id LIMIT 1) a
    JOIN contacts_partner p ON p.code = 'C' || (1 + n % {partners})
    WHERE c.name = 'Benchmark Ltd';
    INSERT INTO invoicing_allocation (company_id, kind, day, debit_id, credit_id, currency_id, amount, debit_base,
        credit_base)
    SELECT d.company_id, 'match', r.day, d.id, r.id, d.currency_id, d.amount, d.base, d.base
    FROM invoicing_open_item d
    JOIN invoicing_open_item r ON r.company_id = d.company_id AND r.entry_id = d.entry_id + 1
    WHERE d.entry_id % 3 = 1;
"""


def run(n: int | None) -> Iterator[dict[str, Any]]:
    """Over n (250,000) open items."""
    count = n or 250_000
    with bench() as house:
        _fill(house, count)
        yield from _measure(house, count)
        yield from _pages(house, count)


def _fill(house: Bench, count: int) -> None:
    import psycopg

    from hanse.database.cluster import SUPERUSER

    with psycopg.connect(house.cluster.url(role=SUPERUSER).replace("+psycopg", "")) as connection:
        connection.execute(FILL.format(partners=PARTNERS, count=count))
    house.analyze()


def _measure(house: Bench, count: int) -> Iterator[dict[str, Any]]:
    with house.database.session() as session, session.begin():
        ctx = house.context(session)
        one = session.scalars(text("SELECT partner_id FROM invoicing_open_item ORDER BY id LIMIT 1")).one()
        today, earlier = ctx.today, date(YEAR - 1, 12, 31)
        for name, work in (
            ("ageing today", lambda: ageing(ctx, Ledger.RECEIVABLE, today)),
            ("ageing at the end of last year", lambda: ageing(ctx, Ledger.RECEIVABLE, earlier)),
            ("ageing of one partner", lambda: ageing(ctx, Ledger.RECEIVABLE, today, one)),
            ("statement of account", lambda: moved(ctx, Ledger.RECEIVABLE, today, one)),
            ("what is open of one partner", lambda: left(ctx, Ledger.RECEIVABLE, today, one)),
        ):
            rows = len(work())
            with counted(house.database) as statements:
                seconds = [timed(work) for _run in range(9)]
            yield {"n": count, "what": name, "rows": rows, **spread(seconds), "statements": statements[0] // 9}
        yield from _reminders(house, ctx, count)


def _reminders(house: Bench, ctx: Context, count: int) -> Iterator[dict[str, Any]]:
    """Remind the customers with something very late, rolled back."""
    ctx.run(action("invoicing.reminder_level.create"), values=[{"name": "Late", "days": LATE}])
    savepoint = ctx.session.begin_nested()
    with counted(house.database) as statements:
        seconds = timed(lambda: ctx.run(action("invoicing.reminder.write")))
        written = ctx.session.scalar(text("SELECT count(*) FROM invoicing_reminder_line")) or 0
    savepoint.rollback()
    yield {"n": count, "what": "reminders", "lines": written, "s": round(seconds, 2), "statements": statements[0] - 1}


def _pages(house: Bench, count: int) -> Iterator[dict[str, Any]]:
    soon = (date.today() + timedelta(days=7)).isoformat()
    with pages.served(house) as server:
        browser = server.login("maker")
        for name, path in {
            "open items": "/invoicing/open_item",
            "open items, overdue": "/invoicing/open_item?f-overdue=1",
            "open items, open, by due": "/invoicing/open_item?f-open=1&sort=due",
            "open items up to a day": f"/invoicing/open_item?f-ledger=receivable&f-due-to={soon}",
            "ageing": "/invoicing/ageing",
            "invoices": "/invoicing/invoice",
        }.items():
            for _run in range(3):
                page = browser.get(path)
            seconds = [timed(lambda: browser.get(path)) for _run in range(15)]  # noqa: B023
            yield {"n": count, "page": name, "bytes": len(page), **spread(seconds), "rss_mb": server.rss_mb()}

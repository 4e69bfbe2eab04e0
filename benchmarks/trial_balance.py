"""W5: the trial balance of a year over 100,000 and 1,000,000 posted lines."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from benchmarks.bench import YEAR, Bench, bench, counted, spread, timed
from hanse_finance import books
from hanse_finance.reports import account_ledger, span_of, trial_balance

#: Posted vouchers of 4 lines over 40 accounts and 12 months, as posting leaves them; triggers are off meanwhile.
FILL = """
    SET LOCAL session_replication_role = replica;
    INSERT INTO finance_voucher (company_id, day, period_id, word_id, number, provisional, state, summary, total,
        maker_id, auditor_id, poster_id, posted_at, attachments)
    SELECT c.id, make_date(:year, 1 + n % 12, 1 + n % 28), p.id, w.id, 1 + n / 12, 1 + n / 12, 'posted',
        'Entry ' || n, 0, u.id, v.id, v.id, now(), 0
    FROM generate_series(:first, :last) n, core_company c, finance_voucher_word w, core_user u, core_user v,
        finance_period p
    WHERE c.name = 'Benchmark Ltd' AND w.company_id = c.id AND u.login = 'bench-maker' AND v.login = 'bench-auditor'
      AND p.company_id = c.id AND p.number = 1 + n % 12;
    INSERT INTO finance_voucher_line (company_id, voucher_id, number, day, summary, account_id, currency_id,
        debit, credit, base)
    SELECT v.company_id, v.id, k, v.day, v.summary, a.ids[1 + (v.number * 4 + k * 7) % 40], c.currency_id,
           CASE WHEN k <= 2 THEN 100 + v.number % 900 END, CASE WHEN k > 2 THEN 100 + v.number % 900 END,
           CASE WHEN k <= 2 THEN 1 ELSE -1 END * (100 + v.number % 900)
    FROM finance_voucher v
    JOIN core_company c ON c.id = v.company_id
    CROSS JOIN generate_series(1, 4) k
    CROSS JOIN (SELECT array_agg(id ORDER BY id) AS ids
                FROM (SELECT id FROM finance_account WHERE postable ORDER BY id LIMIT 40) x) a
    WHERE v.number BETWEEN 1 + :first / 12 AND 1 + :last / 12
      AND NOT EXISTS (SELECT FROM finance_voucher_line l WHERE l.voucher_id = v.id);
"""


def run(n: int | None) -> Iterator[dict[str, Any]]:
    """Both sizes, or n lines only."""
    with bench() as house:
        there = 0
        for lines in (n,) if n else (100_000, 1_000_000):
            fill(house, there // 4, lines // 4 - 1)
            there = lines
            yield from _measure(house, lines)


def fill(house: Bench, first: int, last: int) -> None:
    """Load posted vouchers by SQL as a superuser would restore them, then compute the balances."""
    import psycopg

    from hanse.database.cluster import SUPERUSER

    sql = FILL.replace(":year", str(YEAR)).replace(":first", str(first)).replace(":last", str(last))
    with psycopg.connect(house.cluster.url(role=SUPERUSER).replace("+psycopg", "")) as connection:
        connection.execute(sql)
    with house.database.session() as session, session.begin():
        books.rebuild(house.context(session))
    house.analyze()


def _measure(house: Bench, lines: int) -> Iterator[dict[str, Any]]:
    with house.database.session() as session, session.begin():
        ctx = house.context(session)
        span = span_of(ctx, str(YEAR))
        rows = trial_balance(ctx, span)
        assert sum((row.debit for row in rows), Decimal(0)) == sum((row.credit for row in rows), Decimal(0)) > 0
        with counted(house.database) as statements:
            seconds = [timed(lambda: trial_balance(ctx, span)) for _run in range(15)]
        yield {"n": lines, "accounts": len(rows), **spread(seconds), "statements": statements[0] // 15}
        month = span_of(ctx, f"{YEAR}-06")
        account = rows[0].account_id
        seconds = [timed(lambda: list(account_ledger(ctx, account, month)[1])) for _run in range(5)]
        yield {"n": lines, "mode": "ledger of one account and month", **spread(seconds)}

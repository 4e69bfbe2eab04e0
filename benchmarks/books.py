"""Every book over 1,000,000 posted lines, or ``--n`` of them: what a page costs, as the app role under row security.

10,000,000 lines take some minutes to load; ``--n 10000000`` does it, and ``--keep FOLDER`` keeps them.  Each page is
read in a transaction of its own, as a request reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import text

from benchmarks.bench import YEAR, Bench, bench, counted, spread, timed
from hanse.actions import Context
from hanse.database.session import KEPT
from hanse.screens import Given
from hanse.screens.reports import find_report
from hanse_finance import books
from hanse_finance.models import Period

CUSTOMERS = 1_000
#: A dimension with a thousand values, which the first account asks for; the second is cash.
DIMENSIONS = """
    INSERT INTO finance_dimension (company_id, code, name, source)
        SELECT id, 'customer', 'Customer', 'customers' FROM core_company WHERE name = 'Benchmark Ltd';
    INSERT INTO finance_dimension_value (company_id, dimension_id, code, name, active)
        SELECT d.company_id, d.id, 'C' || n, 'Customer ' || n, true
        FROM finance_dimension d, generate_series(1, :customers) n;
    INSERT INTO finance_dimension_set (company_id, key, name)
        SELECT company_id, id::text, name FROM finance_dimension_value;
    INSERT INTO finance_dimension_set_value (company_id, set_id, dimension_id, value_id)
        SELECT v.company_id, s.id, v.dimension_id, v.id FROM finance_dimension_value v
        JOIN finance_dimension_set s ON s.company_id = v.company_id AND s.key = v.id::text;
    INSERT INTO finance_account_dimension (company_id, account_id, dimension_id)
        SELECT d.company_id, (SELECT min(id) FROM finance_account WHERE postable), d.id FROM finance_dimension d;
    UPDATE finance_account SET cash = true WHERE id = (SELECT min(id) + 1 FROM finance_account WHERE postable);
"""
EMPTY = "SET LOCAL session_replication_role = replica; DELETE FROM finance_voucher_line; DELETE FROM finance_voucher;"
#: Posted vouchers of 4 lines over 40 accounts, day after day through the year, and one draft in a thousand; triggers
#: are off meanwhile.
FILL = """
    SET LOCAL session_replication_role = replica;
    INSERT INTO finance_voucher (company_id, day, period_id, word_id, number, provisional, state, summary, total,
        maker_id, auditor_id, poster_id, posted_at, attachments)
    SELECT c.id, make_date(:year, m, d), p.id, w.id, CASE WHEN n % 1000 > 0 THEN place END, place,
        CASE WHEN n % 1000 > 0 THEN 'posted' ELSE 'draft' END, 'Entry ' || n, 0, u.id, v.id, v.id, now(), 0
    FROM generate_series(:first, :last) n
    CROSS JOIN LATERAL (
        SELECT (1 + n::bigint * 12 / :total)::int, (1 + n::bigint * 12 % :total * 28 / :total)::int
    ) x(m, d)
    CROSS JOIN LATERAL (SELECT (1 + n - ((m - 1)::bigint * :total + 11) / 12)::int) y(place)
    CROSS JOIN core_company c CROSS JOIN finance_voucher_word w CROSS JOIN core_user u CROSS JOIN core_user v
    JOIN finance_period p ON p.company_id = c.id AND p.number = m
    WHERE c.name = 'Benchmark Ltd' AND w.company_id = c.id AND u.login = 'bench-maker' AND v.login = 'bench-auditor'
    ORDER BY n;
    INSERT INTO finance_voucher_line (company_id, voucher_id, number, day, summary, account_id, details_id, currency_id,
        debit, credit, base)
    SELECT v.company_id, v.id, k, v.day, v.summary, a.ids[1 + (v.provisional * 4 + k * 7) % 40],
           CASE WHEN (v.provisional * 4 + k * 7) % 40 = 0 THEN s.ids[1 + v.id % :customers] END, c.currency_id,
           CASE WHEN k <= 2 THEN 100 + v.provisional % 900 END, CASE WHEN k > 2 THEN 100 + v.provisional % 900 END,
           CASE WHEN k <= 2 THEN 1 ELSE -1 END * (100 + v.provisional % 900)
    FROM finance_voucher v
    JOIN core_company c ON c.id = v.company_id
    CROSS JOIN generate_series(1, 4) k
    CROSS JOIN (SELECT array_agg(id ORDER BY id) AS ids
                FROM (SELECT id FROM finance_account WHERE postable ORDER BY id LIMIT 40) x) a
    CROSS JOIN (SELECT array_agg(id ORDER BY id) AS ids FROM finance_dimension_set) s
    WHERE v.id > :done;
"""
_PIECE = 250_000


def run(n: int | None) -> Iterator[dict[str, Any]]:
    """100,000 lines and 1,000,000, or n only: the figures of both should hardly differ."""
    with bench() as house:
        there = house.lines()
        if not there:
            execute(house, DIMENSIONS)
        for lines in (n,) if n else (100_000, 1_000_000):
            if there != lines:
                seconds = timed(lambda: fill(house, lines))  # noqa: B023
                yield {"n": lines, "book": "(loaded)", "median_s": round(seconds, 1)}
            yield from _measure(house, lines)
            yield from _compared(house, lines)


def execute(house: Bench, sql: str, **numbers: int) -> None:
    """Run SQL as a superuser would restore rows."""
    import psycopg

    from hanse.database.cluster import SUPERUSER

    for name, value in {"year": YEAR, "customers": CUSTOMERS, **numbers}.items():
        sql = sql.replace(f":{name}", str(value))
    with psycopg.connect(house.cluster.url(role=SUPERUSER).replace("+psycopg", "")) as connection:
        connection.execute(sql)


def fill(house: Bench, lines: int) -> None:
    """Load so many lines in place of those that are there, then compute the balances."""
    execute(house, EMPTY)
    total = lines // 4
    for start in range(0, total, _PIECE):
        with house.database.session() as session, session.begin():
            house.context(session).bind()
            done = session.scalar(text("SELECT coalesce(max(id), 0) FROM finance_voucher")) or 0
        execute(house, FILL, first=start, last=min(start + _PIECE, total) - 1, done=done, total=total)
    house.analyze()
    with house.database.session() as session, session.begin():
        books.rebuild(house.context(session))
    house.analyze()


def asked(ctx: Context) -> list[tuple[str, str, dict[str, object]]]:
    """Give each book with its parameters."""
    ids = list(ctx.session.scalars(text("SELECT id FROM finance_account WHERE postable ORDER BY id LIMIT 3")))
    value = ctx.session.scalar(text("SELECT min(id) FROM finance_dimension_value"))
    june, year = {"period": f"{YEAR}-06"}, {"period": str(YEAR)}
    days = {"from": f"{YEAR}-01-01", "until": f"{YEAR}-12-31"}
    return [
        ("trial balance of the year", "trial-balance", year),
        ("trial balance with unposted", "trial-balance", year | {"unposted": 1}),
        ("general ledger of the year", "general-ledger", year | {"to_level": 9}),
        ("account ledger, first page", "account-ledger", june | {"account": ids[2]}),
        (
            "account ledger, last page of a month",
            "account-ledger",
            june | {"account": ids[2], "at": f"{ids[2]}:{YEAR}-06-28:0"},
        ),
        ("account ledger with unposted", "account-ledger", june | {"account": ids[2], "unposted": 1}),
        ("cash journal, last page of a month", "journal", june | {"account": ids[1], "at": f"{ids[1]}:{YEAR}-06-28:0"}),
        ("multi-column ledger by customer", "multi-column-ledger", june | {"account": ids[2]}),
        ("chronological list, first page", "chronological", june),
        ("chronological list, last page", "chronological", june | {"at": f"{YEAR}-06-28:0"}),
        ("dimension balances", "dimension-balances", june),
        ("dimension ledger, a page", "dimension-ledger", year | {"value": value}),
        ("account summary of the year", "account-summary", days),
        ("account summary of a week", "account-summary", {"from": f"{YEAR}-06-03", "until": f"{YEAR}-06-09"}),
        ("balance sheet", "balance-sheet", june),
        ("income statement", "income-statement", june),
        ("behind a line", "statement-line", june),
        ("ageing", "ageing", {"day": f"{YEAR}-12-31"}),
    ]


def _measure(house: Bench, lines: int) -> Iterator[dict[str, Any]]:
    with house.database.session() as session, session.begin():
        wanted = asked(house.context(session))
    for name, path, values in wanted:
        report = find_report("finance", path)
        assert report is not None, path
        rows: list[int] = []
        seconds: list[float] = []
        for _run in range(8):
            with house.database.session() as session, session.begin():
                ctx = house.context(session)
                given = {one.name: one.default(ctx) if one.default else "" for one in report.parameters}
                ctx.session.info.pop(KEPT, None)
                chosen = Given(given | {key: str(value) for key, value in values.items()})
                with counted(house.database) as statements:
                    seconds.append(timed(lambda: rows.append(len(list(report.read(ctx, chosen).rows)))))  # noqa: B023
        yield {"n": lines, "book": name, "rows": rows[0], **spread(seconds[1:]), "statements": statements[0]}


def _compared(house: Bench, lines: int) -> Iterator[dict[str, Any]]:
    """Compare balances with lines: those of a period, as the closing page does, and all, as closing does."""
    with house.database.session() as session, session.begin():
        ctx = house.context(session)
        june = ctx.all(Period, Period.code == f"{YEAR}-06").one()
        looked: list[list[books.Difference]] = []
        seconds = [timed(lambda: looked.append(books.differences_in(ctx, june))) for _run in range(3)]
        yield {"n": lines, "book": "balances and lines of a period", **spread(seconds)}
        seconds = [timed(lambda: looked.append(books.differences(ctx)))]
        yield {"n": lines, "book": "balances and all lines", **spread(seconds)}
        assert not any(looked)

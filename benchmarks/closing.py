"""Closing and statements: statements and checks over n posted lines, and revaluation of 5,000 open items."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from benchmarks.bench import YEAR, Bench, action, bench, counted, spread, timed
from benchmarks.trial_balance import fill
from hanse.settings.changing import change_settings
from hanse_finance.closing.revaluation import differences, draft
from hanse_finance.models import FinanceSettings, Period
from hanse_finance.reports import span_of, trial_balance
from hanse_finance.statements.definition import Sheet
from hanse_finance.statements.working import work_out

ITEMS = 5_000
#: Open items in dollars: one for each of so many customers, posted; triggers are off meanwhile.
FOREIGN = """
    SET LOCAL session_replication_role = replica;
    INSERT INTO finance_dimension (company_id, code, name, source)
    SELECT id, 'party', 'Party', 'list' FROM core_company WHERE name = 'Benchmark Ltd';
    INSERT INTO finance_dimension_value (company_id, dimension_id, code, name)
    SELECT d.company_id, d.id, 'P' || n, 'Party ' || n FROM finance_dimension d, generate_series(1, :items) n
    WHERE d.code = 'party';
    INSERT INTO finance_dimension_set (company_id, key, name)
    SELECT company_id, id::text, name FROM finance_dimension_value WHERE code LIKE 'P%';
    INSERT INTO finance_account (company_id, code, name, type, side)
    SELECT id, '112299', 'Receivables in dollars', 'asset', 'D' FROM core_company WHERE name = 'Benchmark Ltd';
    INSERT INTO finance_voucher (company_id, day, period_id, word_id, number, provisional, state, summary, total,
        maker_id, auditor_id, poster_id, posted_at, attachments)
    SELECT c.id, make_date(:year, 6, 10), p.id, w.id, 90000000 + n, 90000000 + n, 'posted', 'Open item ' || n, 0,
        u.id, v.id, v.id, now(), 0
    FROM generate_series(1, :items) n, core_company c, finance_voucher_word w, core_user u, core_user v,
        finance_period p
    WHERE c.name = 'Benchmark Ltd' AND w.company_id = c.id AND u.login = 'bench-maker' AND v.login = 'bench-auditor'
      AND p.company_id = c.id AND p.number = 6;
    INSERT INTO finance_voucher_line (company_id, voucher_id, number, day, summary, account_id, details_id, currency_id,
        debit, base, foreign_currency_id, foreign_amount)
    SELECT v.company_id, v.id, 1, v.day, v.summary, a.id, s.id, c.currency_id, 7 * (v.number % 900 + 1),
        7 * (v.number % 900 + 1), usd.id, v.number % 900 + 1
    FROM finance_voucher v
    JOIN core_company c ON c.id = v.company_id
    JOIN finance_account a ON a.code = '112299'
    JOIN finance_dimension_set s ON s.name = 'Party ' || (v.number - 90000000)
    JOIN core_currency usd ON usd.code = 'USD'
    WHERE v.number > 90000000;
    INSERT INTO finance_voucher_line (company_id, voucher_id, number, day, summary, account_id, currency_id,
        credit, base)
    SELECT l.company_id, l.voucher_id, 2, l.day, l.summary,
        (SELECT id FROM finance_account WHERE type = 'equity' AND postable ORDER BY code LIMIT 1), l.currency_id,
        l.base, -l.base
    FROM finance_voucher_line l JOIN finance_account a ON a.id = l.account_id WHERE a.code = '112299';
"""


def run(n: int | None) -> Iterator[dict[str, Any]]:
    """Fill n (1,000,000) lines and the open items, then measure."""
    lines = n or 1_000_000
    with bench() as house:
        _foreign(house)
        fill(house, 0, lines // 4 - 1)
        yield from _measure(house, lines)


def _foreign(house: Bench) -> None:
    import psycopg

    from hanse.database.cluster import SUPERUSER

    sql = FOREIGN.replace(":year", str(YEAR)).replace(":items", str(ITEMS))
    with psycopg.connect(house.cluster.url(role=SUPERUSER).replace("+psycopg", "")) as connection:
        connection.execute(sql)
    with house.database.session() as session, session.begin():
        ctx = house.context(session)
        usd = session.scalar(text("SELECT id FROM core_currency WHERE code = 'USD'"))
        row = {"currency": usd, "quote": ctx.company.currency_id, "day": date(YEAR, 6, 30), "rate": Decimal("7.13")}
        ctx.run(action("finance.exchange_rate.create"), values=[row])
        income = session.scalar(text("SELECT id FROM finance_account WHERE type = 'income' AND postable LIMIT 1"))
        change_settings(ctx, FinanceSettings, {"exchange_gain_account": income, "exchange_loss_account": income})


def _measure(house: Bench, lines: int) -> Iterator[dict[str, Any]]:
    with house.database.session() as session, session.begin():
        ctx = house.context(session)
        worked = work_out(ctx, f"{YEAR}-11")
        (pair,) = worked[Sheet.BALANCE].statement.equal
        assert worked[Sheet.BALANCE].amount("end", pair[0]) == worked[Sheet.BALANCE].amount("end", pair[1]) != 0
        with counted(house.database) as statements:
            seconds = [timed(lambda: work_out(ctx, f"{YEAR}-11").as_json()) for _run in range(9)]
        yield {"n": lines, "mode": "three statements", **spread(seconds), "statements": statements[0] // 9}
        span = span_of(ctx, f"{YEAR}-11")
        yield {
            "n": lines,
            "mode": "trial balance",
            **spread([timed(lambda: trial_balance(ctx, span)) for _run in range(9)]),
        }
        june = ctx.all(Period, Period.code == f"{YEAR}-06").one()
        assert len(differences(ctx, june)) == ITEMS
        seconds = [timed(lambda: draft(ctx, june)) for _run in range(3)]
        yield {"n": ITEMS, "mode": "revaluation, worked out", **spread(seconds)}
        revalue = action("finance.period.revalue")
        seconds = [timed(lambda: ctx.run(revalue, [june.id]))]
        yield {"n": ITEMS, "mode": "revaluation, written as a draft", **spread(seconds)}
        session.rollback()

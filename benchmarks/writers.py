"""Eight writers post into one period at once: how long each waits for the others, and that nobody loses a number.

Each writer is a process with a connection of its own and posts one voucher after the other: with pauses of a quarter of
a second, so that there are some thirty vouchers a second, and without any, as no people do.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import date
from statistics import median
from typing import Any

from sqlalchemy import event, text

from benchmarks.bench import AUDITOR, COMPANY, MAKER, YEAR, Bench, action, bench, company_id, spread
from benchmarks.journal import entries, plain_accounts
from hanse.actions import open_context
from hanse.actions.context import identify
from hanse.app import boot
from hanse.config import Settings
from hanse.database.session import Database, in_transaction

WRITERS = 8
#: Seconds between two vouchers of a writer, on average.
PAUSE = 0.25
#: What takes locks that other writers wait for: balances of accounts, and the counter of the period's numbers.
_SHARED = ("INSERT INTO finance_balance", "INSERT INTO core_counter")


def run(n: int | None) -> Iterator[dict[str, Any]]:
    """Each posts n (100) vouchers of 4 lines over 40 accounts: one writer alone, then all at once.

    ``wait_ms`` is the median of what statements took that share balances and the counter of numbers, less that alone.
    """
    count = n or 100
    with bench() as house:
        accounts = plain_accounts(house)
        drafts = write(house, accounts, (1 + 2 * WRITERS) * count)
        house.analyze()
        alone, place = 0.0, 0
        for writers, pause in ((1, 0.0), (WRITERS, PAUSE), (WRITERS, 0.0)):
            ids = drafts[place : place + writers * count]
            place += len(ids)
            told = post(house, [ids[one::writers] for one in range(writers)], pause)
            shared = median(one for each in told for one in each["shared"])
            alone = alone or shared
            seconds = [one for each in told for one in each["seconds"]]
            yield {
                "n": len(seconds),
                "writers": writers,
                "pause_ms": round(pause * 1000),
                **spread(seconds),
                "wait_ms": round((shared - alone) * 1000, 2),
                "per_s": round(len(seconds) / max(each["whole"] for each in told)),
                "deadlocks": sum(each["again"] for each in told),
                "gaps": gaps(house),
            }


def write(house: Bench, accounts: list[int], count: int) -> list[int]:
    """Write drafts of one month."""
    made: list[int] = []
    for start in range(0, count, 500):
        values = [
            one | {"day": date(YEAR, 6, one["day"].day)} for one in entries(accounts, start, min(500, count - start))
        ]
        with house.database.session() as session, session.begin():
            made += house.context(session, MAKER).run(action("finance.voucher.create"), values=values).done
    return made


def post(house: Bench, shares: Sequence[Sequence[int]], pause: float) -> list[dict[str, Any]]:
    """Let a process post each share, all beginning together."""
    writers = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.writers", house.app_url, json.dumps(list(share)), str(pause)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=dict(os.environ),
            text=True,
        )
        for share in shares
    ]
    for one in writers:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in writers:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    return [json.loads(one.communicate()[0]) for one in writers]


def gaps(house: Bench) -> int:
    """Count numbers that are missing or there twice in the period."""
    with house.database.session() as session, session.begin():
        house.context(session).bind()
        sql = (
            "SELECT max(number) - count(DISTINCT number) + count(number) - count(DISTINCT number) FROM finance_voucher"
        )
        return int(session.scalar(text(sql)) or 0)


def main() -> None:
    """Be a writer: post the vouchers of the arguments one by one once somebody says go, and print what each took."""
    url, ids, pause = sys.argv[1], json.loads(sys.argv[2]), float(sys.argv[3])
    boot(Settings.load())
    database = Database(url)
    begun: list[float] = []
    shared: list[float] = []

    def before(_connection: Any, _cursor: Any, _statement: str, *_rest: Any) -> None:
        begun.append(time.perf_counter())

    def after(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seconds = time.perf_counter() - begun.pop()
        if any(one in statement for one in _SHARED):
            shared[-1] += seconds

    event.listen(database.engine, "before_cursor_execute", before)
    event.listen(database.engine, "after_cursor_execute", after)
    attempts: list[int] = []

    def post_one(key: int) -> None:
        def work(session: Any) -> None:
            attempts.append(key)
            auditor = identify(session, AUDITOR)
            assert auditor is not None
            ctx = open_context(session, auditor, company_id(session), via="bench")
            ctx.run(action("finance.voucher.audit_post"), [key])

        in_transaction(database, work)

    with database.session() as session, session.begin():
        assert company_id(session), COMPANY
    print("ready", flush=True)
    sys.stdin.readline()
    seconds: list[float] = []
    chance, whole = random.Random(ids[0]), time.perf_counter()  # noqa: S311  pauses are no secret
    for key in ids:
        time.sleep(pause * 2 * chance.random())
        shared.append(0.0)
        start = time.perf_counter()
        post_one(key)
        seconds.append(time.perf_counter() - start)
    whole = time.perf_counter() - whole
    told = {"seconds": seconds, "shared": shared, "whole": whole, "again": len(attempts) - len(ids)}
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()

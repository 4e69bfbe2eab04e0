"""pivot: the lines of 250,000 vouchers (1,000,000 rows) by month and account, as the app role under row security."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks import trial_balance
from benchmarks.bench import Bench, bench, spread, timed
from hanse.actions import Context
from hanse.screens import filtering, screen_named
from hanse.screens.pivot import lay_out, read_cube, read_question
from hanse.screens.pivot.cube import cube_statement
from hanse.screens.pivot.question import COLUMNS, MEASURE, ROWS

WARM, TIMED = 2, 10
QUESTIONS = {
    "month": [(ROWS, "day:month"), (MEASURE, "count")],
    "month x account": [(ROWS, "day:month"), (COLUMNS, "account"), (MEASURE, "sum:debit"), (MEASURE, "sum:credit")],
    "account, month": [(ROWS, "account"), (ROWS, "day:month"), (MEASURE, "avg:debit"), (MEASURE, "max:debit")],
}


def run(n: int | None) -> Iterator[dict[str, Any]]:
    """Over n (1,000,000) lines; four to a voucher."""
    count = n or 1_000_000
    with bench() as house:
        trial_balance.fill(house, 0, count // 4 - 1)
        house.analyze()
        for name, pairs in QUESTIONS.items():
            yield {"n": count, "pivot": name, **_measured(house, pairs)}


def _measured(house: Bench, pairs: list[tuple[str, str]]) -> dict[str, Any]:
    seconds: list[float] = []
    lines, plan = 0, ""
    for run_ in range(WARM + TIMED):
        with house.database.session() as session, session.begin():
            ctx = house.context(session)
            if not run_:
                plan = _plan(ctx, pairs)

            def ask() -> None:
                nonlocal lines
                lines = _lines(ctx, pairs)  # noqa: B023

            seconds.append(timed(ask))
    return {"lines": lines, **spread(seconds[WARM:]), "plan": plan}


def _lines(ctx: Context, pairs: list[tuple[str, str]]) -> int:
    screen = screen_named("finance.voucher_line")
    assert screen is not None
    question = read_question(ctx, screen, pairs)
    assert question.pairs() == pairs, "this person may ask all of it"
    return len(lay_out(ctx, read_cube(ctx, screen, filtering.read(ctx, screen, pairs), question)).lines)


def _plan(ctx: Context, pairs: list[tuple[str, str]]) -> str:
    """Say which nodes PostgreSQL chooses, to see whether it works in parallel and in memory."""
    screen = screen_named("finance.voucher_line")
    assert screen is not None
    statement, _money = cube_statement(
        ctx, screen, filtering.read(ctx, screen, pairs), read_question(ctx, screen, pairs)
    )
    written = statement.compile(ctx.session.connection(), compile_kwargs={"literal_binds": True})
    lines = ctx.session.connection().exec_driver_sql(f"EXPLAIN {written}".replace("%%", "%").replace("%", "%%"))
    nodes = [line[0].strip().removeprefix("->").strip().partition("  (")[0] for line in lines if "(cost=" in line[0]]
    return " > ".join(nodes)

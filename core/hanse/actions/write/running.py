"""The run that a change belongs to; nothing is written without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.actions.write.statements import execute

if TYPE_CHECKING:
    from hanse.actions.context import Context
    from hanse.actions.run import Run


class OutsideRun(RuntimeError):
    """Something tried to change data without run(): there is no second door."""


def run_of(ctx: Context) -> Run:
    """Give the action that runs.

    :raises OutsideRun: none does, or it has promised to change nothing
    """
    if ctx.running is None:
        raise OutsideRun("data changes only inside an action: write one and ctx.run() it")
    if ctx.running.action.reads:
        raise OutsideRun(f"{ctx.running.action.name} is declared with reads=True, so it cannot change data")
    ctx.bind()
    return ctx.running


def take_numbers(ctx: Context, key: str, count: int) -> range:
    """See :meth:`hanse.actions.context.Context.take_numbers`."""
    run_of(ctx)
    if count <= 0:
        return range(0)
    sql = (
        "INSERT INTO core_counter AS c (company_id, key, value) VALUES (%(company)s, %(key)s, %(count)s) "
        "ON CONFLICT (company_id, key) DO UPDATE SET value = c.value + excluded.value RETURNING c.value"
    )
    last = execute(ctx.session, sql, {"company": ctx.company.id, "key": key, "count": count})[0][0]
    return range(last - count + 1, last + 1)

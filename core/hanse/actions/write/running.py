"""The run that a change belongs to; nothing is written without one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from hanse.actions.write.statements import array, execute

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


#: Rows are locked in the order of their keys, whoever asks, so that nobody waits for each other.
_TAKE = (
    "INSERT INTO core_counter AS c (company_id, key, value) "
    "SELECT %(company)s, u.key, u.count FROM unnest(%(keys)s::text[], %(counts)s::bigint[]) AS u (key, count) "
    'ORDER BY u.key COLLATE "C" '
    "ON CONFLICT (company_id, key) DO UPDATE SET value = c.value + excluded.value RETURNING c.key, c.value"
)


def take_numbers(ctx: Context, counts: Mapping[str, int]) -> dict[str, range]:
    """See :meth:`hanse.actions.context.Context.take_numbers`."""
    run_of(ctx)
    wanted = {key: count for key, count in counts.items() if count > 0}
    taken = {key: range(0) for key in counts}
    if wanted:
        keys, numbers = array(list(wanted)), array(list(wanted.values()))
        rows = execute(ctx.session, _TAKE, {"company": ctx.company.id, "keys": keys, "counts": numbers})
        taken |= {key: range(last - wanted[key] + 1, last + 1) for key, last in rows}
    return taken

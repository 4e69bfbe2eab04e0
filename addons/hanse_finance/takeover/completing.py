"""Add what a balance file names and a company lacks, as far as a plan knows how."""

from __future__ import annotations

from hanse import Context
from hanse_finance.actions.completing_chart import complete_chart
from hanse_finance.models import Opening
from hanse_finance.takeover.planning import Plan


def complete(ctx: Context, opening: Opening, plan: Plan) -> None:
    """Add accounts, customers, departments …; an account whose kind nobody knows is left to a person.

    :raises BusinessError: something is posted on an account that would get accounts below it
    """
    ctx.run(
        complete_chart,
        [opening.id],
        accounts=[
            {"code": one.code, "name": one.name, "parent": one.parent, "type": one.type, "side": one.side}
            for one in plan.accounts
            if one.type is not None
        ],
        values=[{"dimension": one.dimension, "code": one.code, "name": one.name} for one in plan.values],
    )

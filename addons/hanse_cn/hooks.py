"""What China does when a company is founded, when vouchers are audited, on the command line, for the demonstration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hanse import BusinessError, Context, Question, Records, hook
from hanse.actions import Action
from hanse_cn import balances, setup
from hanse_cn import standards as standards  # registered by being imported
from hanse_finance.takeover.headings import register_words

register_words(balances.WORDS)


@hook
def company_questions() -> Iterable[Question]:
    """Ask for the chart of accounts and the kind of taxpayer."""
    return setup.questions()


@hook
def company_created(ctx: Context, answers: Mapping[str, Any]) -> None:
    """Load the chart of accounts, keep the kind of taxpayer."""
    setup.set_up(ctx, answers)


@hook
def validate(
    ctx: Context, action: Action[Any], records: Records[Any], params: Mapping[str, Any]
) -> Iterable[BusinessError] | None:
    """Refuse to audit vouchers that stand in the wrong series."""
    if action.name not in ("finance.voucher.audit", "finance.voucher.audit_post") or not records:
        return None
    from hanse_cn import words

    return list(words.misplaced(ctx, records))


@hook
def commands(commands: Any) -> None:
    """Add ``hanse cn …``."""
    from hanse_cn.commands import add_commands

    add_commands(commands)


@hook
def demo(ctx: Context) -> None:
    """Load a trading company's year of books with the people who keep them."""
    from hanse_cn.demo import load_trading_company

    load_trading_company(ctx)

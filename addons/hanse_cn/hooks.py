"""What China does when a company is founded, on the command line, and for the demonstration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hanse import Context, Question, hook
from hanse_cn import setup


@hook
def company_questions() -> Iterable[Question]:
    """Ask for the chart of accounts and the kind of taxpayer."""
    return setup.questions()


@hook
def company_created(ctx: Context, answers: Mapping[str, Any]) -> None:
    """Load the chart of accounts, keep the kind of taxpayer."""
    setup.set_up(ctx, answers)


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

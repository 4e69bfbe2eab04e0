"""What finance does when a company is founded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from hanse import Context, Question, hook
from hanse.i18n import Label


@hook
def roles() -> Iterable[tuple[str, Label, Sequence[tuple[str, str]]]]:
    """Bring the roles of accountants."""
    from hanse_finance import setup

    return [(key, name, setup.granted(permissions)) for key, name, permissions in setup.ROLES]


@hook
def company_questions() -> Iterable[Question]:
    """Ask for the first month of the books and for the series of vouchers."""
    from hanse_finance import setup

    return setup.questions(date.today())  # no company yet whose time zone could tell


@hook
def company_created(ctx: Context, answers: Mapping[str, Any]) -> None:
    """Open the first year, and add series of vouchers and dimensions."""
    from hanse_finance import setup

    setup.set_up(ctx, answers)


@hook
def fiscal_year(ctx: Context, on: date) -> date | None:
    """Give the first day of the fiscal year that a day is in, also before that year is opened."""
    from hanse_finance import setup

    return setup.fiscal_year_start(ctx, on)

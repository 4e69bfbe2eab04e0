"""What books let people choose: accounts from one to another, levels, and what is left out by default."""

from __future__ import annotations

from collections.abc import Sequence

from hanse import Context, NotFound, _
from hanse.i18n import Label
from hanse.screens import Given, Parameter
from hanse_finance.chart import Chart, Node
from hanse_finance.models import Account
from hanse_finance.reports import Span

UNPOSTED = Parameter("unposted", _("Unposted ones too"))
ZERO_ROWS = Parameter("zero", _("Zero rows"))
FROM_ACCOUNT = Parameter("account", _("Account"), target=Account)
TO_ACCOUNT = Parameter("through", _("to account"), target=Account)


def _levels(ctx: Context) -> Sequence[tuple[str, Label]]:
    return [(str(level), str(level)) for level in range(1, Chart.read(ctx).depth + 1)]


def _lowest(ctx: Context) -> str:
    return _levels(ctx)[-1][0]


FROM_LEVEL = Parameter("from_level", _("Level"), choices=_levels, default=lambda ctx: "1")
TO_LEVEL = Parameter("to_level", _("to level"), choices=_levels, default=lambda ctx: "1")
TO_LOWEST_LEVEL = Parameter("to_level", _("to level"), choices=_levels, default=_lowest)


def chosen_account(ctx: Context, given: Given, name: str = "account") -> int | None:
    """Give an account that was chosen; None: none was.

    :raises NotFound: it is not there, or not for this person
    """
    account = given.record(name)
    if account is not None and not ctx.visible(Account, Account.id == account).ids:
        raise NotFound(_("This account is not there, or not for you."))
    return account


def chosen_range(ctx: Context, given: Given, chart: Chart) -> list[Node]:
    """Give the accounts from one to another; without bounds all of them.

    :raises NotFound: a bound is not there, or not for this person
    """
    first, last = chosen_account(ctx, given), chosen_account(ctx, given, "through")
    return chart.between(first, last)


def in_levels(nodes: Sequence[Node], given: Given) -> list[Node]:
    """Keep the accounts of the chosen levels."""
    first, last = given.number("from_level") or 1, given.number("to_level") or 99
    return [node for node in nodes if first <= node.level <= max(first, last)]


def note_of(span: Span, *, unposted: bool) -> Label:
    """Say which period is shown, and that what is not posted counts."""
    return _("%(period)s, with what is not posted yet", period=span.label) if unposted else span.label


__all__ = [
    "FROM_ACCOUNT",
    "FROM_LEVEL",
    "TO_ACCOUNT",
    "TO_LEVEL",
    "TO_LOWEST_LEVEL",
    "UNPOSTED",
    "ZERO_ROWS",
    "chosen_account",
    "chosen_range",
    "in_levels",
    "note_of",
]

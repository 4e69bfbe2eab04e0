"""Accounting standards: which statements a company makes, and where its closing vouchers go.

An addon for a country registers its standards; :func:`standard_of` finds the one a company keeps.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from importlib.resources import files
from typing import NamedTuple

from hanse import BusinessError, Context, _
from hanse.i18n import Label
from hanse_finance.chart import Chart
from hanse_finance.models import FinanceSettings
from hanse_finance.statements.definition import Sheet, Statement, read_lines


class Purpose(Enum):
    """What an account is needed for when a period is closed."""

    PROFIT = "profit", _("Profit of the year")
    RETAINED = "retained", _("Retained earnings")
    EXCHANGE_GAIN = "exchange_gain", _("Exchange gains")
    EXCHANGE_LOSS = "exchange_loss", _("Exchange losses")

    @property
    def setting(self) -> str:
        """The setting by which a company names the account."""
        return f"{self.value[0]}_account"

    @property
    def label(self) -> Label:
        """What people call it."""
        return self.value[1]


class Wanted(NamedTuple):
    """Where an account for a purpose is looked for: below a code, with one of these words in its name if it can be.

    ``strictly``: without such a word it is none.
    """

    code: str
    words: tuple[str, ...] = ()
    strictly: bool = False


class CashRule(NamedTuple):
    """Which line of the cash flow statement cash is for that is booked against an account.

    :ivar words: the account's name holds one of these; none: whatever its name is
    :ivar inflow: the line where cash came in
    :ivar outflow: the line where cash went out
    """

    code: str
    words: tuple[str, ...]
    inflow: int
    outflow: int

    def fits(self, code: str, name: str) -> bool:
        """Tell whether an account falls under it."""
        return code.startswith(self.code) and (not self.words or any(word in name for word in self.words))


@dataclass(frozen=True)
class Standard:
    """An accounting standard.

    :ivar name: as it stands in settings and on the command line
    :ivar make: makes the statements, when somebody needs them for the first time
    :ivar accounts: where to look for the accounts of each purpose, the first that is there counts
    :ivar fits: ``fits(ctx, accounts)`` tells how well it suits a company, from the names of its accounts by code
    :ivar not_revalued: accounts of these codes, and below, are no money and keep the rate of their day
    :ivar prior_years: accounts whose balance goes to retained earnings, not to the profit of the year
    :ivar cash: accounts of these codes, and below, are cash or banks
    :ivar read_cash_rules: reads what cash is for by the account on the other side; the first rule that fits counts
    :ivar monthly: whether profit and loss are transferred every month, where a company does not say otherwise
    """

    name: str
    label: Label
    addon: str
    make: Callable[[], Iterable[Statement]]
    accounts: Mapping[Purpose, Sequence[Wanted]]
    fits: Callable[[Context, Mapping[str, str]], int]
    not_revalued: tuple[str, ...] = ()
    prior_years: tuple[str, ...] = ()
    monthly: bool = False
    cash: tuple[str, ...] = ()
    read_cash_rules: Callable[[], Iterable[CashRule]] = tuple

    @cached_property
    def statements(self) -> Mapping[Sheet, Statement]:
        """The statements by kind."""
        return {statement.sheet: statement for statement in self.make()}

    @cached_property
    def cash_rules(self) -> Sequence[CashRule]:
        """What cash is for by the account on the other side, the first rule that fits counts."""
        return tuple(self.read_cash_rules())


_standards: dict[str, Standard] = {}


def register_standard(standard: Standard) -> Standard:
    """Offer a standard."""
    return _standards.setdefault(standard.name, standard)


def standards() -> list[Standard]:
    """Give every standard, in the order of registration."""
    return list(_standards.values())


def standard_of(ctx: Context) -> Standard:
    """Give the standard that a company keeps: the one that fits its accounts best, of the addons that are on."""
    return fitting(ctx, {node.code: node.stored_name for node in Chart.read(ctx).nodes.values()})


def fitting(ctx: Context, accounts: Mapping[str, str]) -> Standard:
    """Give the standard that fits accounts best, by code and name, of the addons that are on."""
    offered = [standard for standard in _standards.values() if standard.addon in ctx.enabled]
    return max(offered, key=lambda standard: standard.fits(ctx, accounts))


def leaves_of(ctx: Context) -> list[tuple[int, str, str]]:
    """Give id, code and name of the accounts that take postings, by code."""
    leaves = [one for one in Chart.read(ctx).nodes.values() if one.postable and one.active]
    return [(one.id, one.code, one.stored_name) for one in sorted(leaves, key=lambda one: one.code)]


def find_account(leaves: Sequence[tuple[int, str, str]], places: Iterable[Wanted]) -> int | None:
    """Give the first account at one of the places: below its code, with one of its words in its own name if it can be.

    The name of an account may be a path, parted by a dash; the last part is its own.
    """
    for wanted in places:
        below = [(key, name.rpartition("-")[2]) for key, code, name in leaves if code.startswith(wanted.code)]
        named = [key for key, name in below if any(word in name for word in wanted.words)]
        found = named if wanted.strictly else [*named, *(key for key, _name in below)]
        if found:
            return found[0]
    return None


def account_for(ctx: Context, purpose: Purpose) -> int:
    """Give the account for a purpose: the one of the settings, else the one the standard names.

    :raises BusinessError: there is none; it says which setting names one
    """
    chosen: int | None = getattr(ctx.settings(FinanceSettings), f"{purpose.setting}_id")
    if chosen is not None:
        return chosen
    found = find_account(leaves_of(ctx), standard_of(ctx).accounts.get(purpose, ()))
    if found is not None:
        return found
    raise BusinessError(
        _(
            "No account for “%(purpose)s” was found. Name one under System, Settings, Finance.",
            purpose=purpose.label,
        )
    )


# --- without an addon for a country -----------------------------------------------------------------------------------


def _general() -> Iterable[Statement]:
    titles = {Sheet.BALANCE: _("Balance sheet"), Sheet.INCOME: _("Income statement")}
    table = (files("hanse_finance") / "data" / "statements_general.csv").read_text(encoding="utf-8")
    for sheet, lines in read_lines(io.StringIO(table, newline="")).items():
        if sheet is Sheet.BALANCE:
            yield Statement(sheet, titles[sheet], "", lines, ((2, 7),), left=2)
        else:
            yield Statement(sheet, titles[sheet], "", lines)


def _named(*words: str) -> tuple[Wanted, ...]:
    return (Wanted("", words, strictly=True),)


GENERAL = register_standard(
    Standard(
        "general",
        _("By type of account"),
        "hanse_finance",
        _general,
        {
            Purpose.PROFIT: _named("Profit of the year", "Current earnings", "本年利润"),
            Purpose.RETAINED: _named("Retained", "未分配利润"),
            Purpose.EXCHANGE_GAIN: _named("Exchange gain", "汇兑收益", "汇兑损益"),
            Purpose.EXCHANGE_LOSS: _named("Exchange loss", "汇兑损失", "汇兑损益"),
        },
        lambda ctx, accounts: 0,
    )
)

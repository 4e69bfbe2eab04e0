"""The trial check (试算平衡) of opening balances: what must be equal, what looks wrong, and where to look."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from hanse import _
from hanse.i18n import Label
from hanse_finance.models import AccountType
from hanse_finance.takeover.sheet import RESULT, ZERO, Line, Sheet

_CLAIMS = frozenset({AccountType.LIABILITY, AccountType.EQUITY})
#: So many accounts are named for one reason.
_MOST = 8


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong (``bad``), or only looks so.

    :ivar account: the account to look at, by id
    """

    message: Label
    bad: bool = False
    account: int | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sums that must be equal."""

    label: Label
    left: Decimal
    right: Decimal
    left_label: Label
    right_label: Label

    @property
    def difference(self) -> Decimal:
        """The left less the right."""
        return self.left - self.right


@dataclass
class Check:
    """What a trial check found.

    :ivar pairs: opening debit and credit; of the year so far, in the middle of a year; assets, and liabilities, equity
        and result
    """

    pairs: list[Pair]
    findings: list[Finding] = field(default_factory=list[Finding])

    @property
    def is_balanced(self) -> bool:
        """Whether all pairs are equal."""
        return not any(pair.difference for pair in self.pairs)

    @property
    def is_good(self) -> bool:
        """Whether the books may be opened."""
        return self.is_balanced and not any(finding.bad for finding in self.findings)


def check(sheet: Sheet) -> Check:
    """Check a sheet; asks nothing of the database."""
    known = [line for line in sheet.lines if line.account in sheet.accounts]
    pairs = [_opening_pair(sheet, known)]
    if sheet.mid_year:
        pairs.append(_year_pair(known))
    pairs.append(_equation(sheet, known))
    found = Check(pairs)
    found.findings += _faults(sheet, known)
    found.findings += _differing(sheet, known, pairs)
    found.findings += _unusual(sheet, known)
    if sheet.mid_year:
        found.findings += _transfers(sheet, known)
    return found


def _opening_pair(sheet: Sheet, lines: Iterable[Line]) -> Pair:
    debit = credit = ZERO
    for line in lines:
        if sheet.accounts[line.account].sign > 0:
            debit += line.balance
        else:
            credit -= line.balance
    return Pair(_("Opening balances"), debit, credit, _("Debit"), _("Credit"))


def _year_pair(lines: Iterable[Line]) -> Pair:
    rows = list(lines)
    debit, credit = sum((line.debit for line in rows), ZERO), sum((line.credit for line in rows), ZERO)
    return Pair(_("Year to date"), debit, credit, _("Debit"), _("Credit"))


def _equation(sheet: Sheet, lines: Iterable[Line]) -> Pair:
    assets = claims = ZERO
    for line in lines:
        if sheet.accounts[line.account].type in _CLAIMS | RESULT:
            claims -= line.balance
        else:
            assets += line.balance
    return Pair(_("Accounting equation"), assets, claims, _("Assets and costs"), _("Liabilities, equity and result"))


def _faults(sheet: Sheet, lines: Iterable[Line]) -> Iterator[Finding]:
    """Find what cannot be posted, because the chart changed after it was entered."""
    for line in lines:
        account = sheet.accounts[line.account]
        name = account.full_name
        if not account.leaf:
            yield Finding(_("%(account)s has accounts below it; enter their balances.", account=name), True, account.id)
        elif not account.active:
            yield Finding(_("%(account)s is no longer used.", account=name), True, account.id)
        elif account.dimensions and line.details is None:
            message = _("%(account)s asks for dimensions; enter it by combination.", account=name)
            yield Finding(message, True, account.id)
        elif account.currency is not None and line.currency != account.currency and not line.is_empty:
            message = _("%(account)s is kept in a foreign currency; enter the amount in it.", account=name)
            yield Finding(message, True, account.id)
        if account.unit is not None and line.balance and not line.quantity:
            message = _(
                "%(account)s counts in %(unit)s, but opens without a quantity.", account=name, unit=account.unit
            )
            yield Finding(message, account=account.id)
        if not sheet.mid_year and (line.debit or line.credit or line.debit_quantity or line.credit_quantity):
            message = _("%(account)s has amounts of the year to date, but the books begin with the year.", account=name)
            yield Finding(message, True, account.id)


def _differing(sheet: Sheet, lines: Iterable[Line], pairs: Iterable[Pair]) -> Iterator[Finding]:
    """Name accounts whose amount is the difference, or half of it: left out, twice, or on the wrong side."""
    rows = list(lines)
    for pair, names in zip(pairs, (("balance",), ("debit", "credit")), strict=False):
        gap = abs(pair.difference)
        if not gap or pair.left_label != _("Debit"):
            continue
        near = [(line, abs(getattr(line, name))) for line in rows for name in names]
        named = 0
        for line, amount in near:
            account = sheet.accounts[line.account]
            if amount and amount * 2 == gap:
                message = _("%(account)s is half the difference: is it on the wrong side?", account=account.full_name)
            elif amount == gap:
                message = _("%(account)s is as large as the difference.", account=account.full_name)
            else:
                continue
            yield Finding(message, account=account.id)
            named += 1
            if named == _MOST:
                break
        cents = gap.scaleb(sheet.places)
        if not named and cents == cents.to_integral_value() and cents % 9 == 0:
            yield Finding(_("The difference %(gap)s is divisible by 9: are two digits exchanged?", gap=gap))


def _unusual(sheet: Sheet, lines: Iterable[Line]) -> Iterator[Finding]:
    """Name accounts whose balance stands on the other side than theirs, and results the year begins with."""
    sums: dict[int, tuple[Decimal, Decimal]] = {}
    for line in lines:
        balance, year = sums.get(line.account, (ZERO, ZERO))
        sums[line.account] = balance + line.balance, year + line.year_balance
    for key, (balance, year) in sums.items():
        account = sheet.accounts[key]
        if account.type in RESULT:
            if year:
                message = _("%(account)s has a balance at the beginning of the year.", account=account.full_name)
                yield Finding(message, account=key)
        elif balance * account.sign < 0 and not account.dimensions and account.type is not AccountType.COMMON:
            message = _("%(account)s has a balance on the unusual side.", account=account.full_name)
            yield Finding(message, account=key)


def _transfers(sheet: Sheet, lines: Iterable[Line]) -> Iterator[Finding]:
    """Compare what was transferred out of income and expenses with the profit account."""
    moved = transferred(sheet, lines)
    income = sum((amount for line, amount in moved if sheet.accounts[line.account].sign < 0), ZERO)
    expense = sum((amount for line, amount in moved if sheet.accounts[line.account].sign > 0), ZERO)
    if not moved:
        return
    if sheet.profit is None or sheet.profit not in sheet.accounts:
        message = _("Choose the profit account: income and expenses of the months before were transferred to it.")
        yield Finding(message, bad=True)
        return
    profit = sheet.accounts[sheet.profit]
    own = [line for line in sheet.lines if line.account == sheet.profit]
    debit, credit = sum((line.debit for line in own), ZERO), sum((line.credit for line in own), ZERO)
    for there, here in ((credit, income), (debit, expense)):
        if there < here:
            message = _(
                "%(account)s moved %(there)s in the year, but %(here)s was transferred to that side of it.",
                account=profit.full_name,
                there=there,
                here=here,
            )
            yield Finding(message, account=profit.id)


def transferred(sheet: Sheet, lines: Iterable[Line]) -> list[tuple[Line, Decimal]]:
    """Give what was transferred to the profit account this year, for each line of income and expenses.

    An account that is level has been transferred every month; all that stands on its other side is the transfer.  One
    with a balance was not (表结法): both its sides are its own.
    """
    rows = list(lines)
    level: dict[int, Decimal] = {}
    for line in rows:
        level[line.account] = level.get(line.account, ZERO) + line.balance
    found: list[tuple[Line, Decimal]] = []
    for line in rows:
        account = sheet.accounts[line.account]
        if account.type not in RESULT or level[line.account]:
            continue
        amount = line.credit if account.sign > 0 else line.debit
        if amount:
            found.append((line, amount))
    return found

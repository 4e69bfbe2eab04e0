"""What is checked before a period is closed; each finding says what is wrong, and where it is put right.

Codes are those of Chinese practice: C1 earlier periods, C2 unposted vouchers, C3 numbers, C4 balances, C5 profit and
loss, C6 revaluation, C7 subsidiary ledgers, C8 banks, C9 negative cash, C10 VAT, C11 statements, C12 cash flow, C13
property awaiting disposal.  Addons register the checks of what they keep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import func, select, text

from hanse import BusinessError, Context, _
from hanse.i18n import Label
from hanse_finance.books import Difference, differences, differences_in
from hanse_finance.cash import completeness
from hanse_finance.closing.sealing import changed
from hanse_finance.closing.steps import is_last, steps, unposted
from hanse_finance.models import FiscalYear, Period, PeriodState, Voucher
from hanse_finance.reports import span_of, trial_balance
from hanse_finance.standards import standard_of
from hanse_finance.statements.definition import Sheet
from hanse_finance.statements.working import disagreements, work_out

ZERO = Decimal(0)
#: A path below the address of Hanse, and its query.
Target = tuple[str, Mapping[str, str]]


class Level(StrEnum):
    """How much a finding weighs: an error forbids to close, a warning asks to look."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found.

    :ivar to: the page where it is put right
    :ivar verb: the action on the period that puts it right, such as ``finance.period.revalue``
    """

    level: Level
    message: Label
    to: Target | None = None
    verb: str | None = None


class Check(NamedTuple):
    """A check.

    :ivar look: ``look(ctx, period)`` gives findings; none: all is well.  Asked whenever somebody looks at the period,
        so it may cost what the period costs, and not what all books do
    :ivar prove: what is looked at besides before the period is closed, whatever it costs, where ``look`` finds nothing
    """

    code: str
    label: Label
    addon: str
    look: Callable[[Context, Period], Iterable[Finding]]
    prove: Callable[[Context, Period], Iterable[Finding]] | None = None

    def findings(self, ctx: Context, period: Period, *, thoroughly: bool) -> list[Finding]:
        """Give what is found."""
        found = list(self.look(ctx, period))
        return list(self.prove(ctx, period)) if thoroughly and self.prove is not None and not found else found


class Result(NamedTuple):
    """A check with what it found."""

    check: Check
    findings: list[Finding]

    @property
    def level(self) -> Level:
        """The gravest of the findings."""
        levels = [one.level for one in self.findings]
        return Level.ERROR if Level.ERROR in levels else Level.WARNING if levels else Level.OK


_checks: list[Check] = []


def register_check(check: Check) -> Check:
    """Have something checked before periods are closed."""
    if check not in _checks:
        _checks.append(check)
    return check


def check_period(ctx: Context, period: Period, *, thoroughly: bool = False) -> list[Result]:
    """Look at everything, in the order of codes.

    :param thoroughly: as closing does: every balance is compared with all lines there are
    """
    offered = [check for check in _checks if check.addon in ctx.enabled]
    return [
        Result(check, check.findings(ctx, period, thoroughly=thoroughly))
        for check in sorted(offered, key=lambda one: (int(one.code[1:]), one.addon != "hanse_finance"))
    ]


# --- the checks of finance --------------------------------------------------------------------------------------------


_Look = Callable[[Context, Period], Iterable[Finding]]


def _look(code: str, label: Label, prove: _Look | None = None) -> Callable[[_Look], None]:
    return lambda look: (register_check(Check(code, label, "hanse_finance", look, prove)), None)[1]


_PERIODS = "/finance/period"


def vouchers_of(period: Period, **filters: str) -> Target:
    """Give the way to the vouchers of a period."""
    return "/finance/voucher", {"f-period": str(period.id), **{f"f-{name}": value for name, value in filters.items()}}


@_look("C1", _("Earlier periods are closed"))
def _earlier(ctx: Context, period: Period) -> Iterator[Finding]:
    open_ones = ctx.session.scalars(
        select(Period.code)
        .where(Period.company_id == ctx.company.id, Period.start < period.start, Period.state == PeriodState.OPEN)
        .order_by(Period.start)
    ).all()
    if open_ones:
        yield Finding(
            Level.ERROR,
            _("%(earlier)s is still open. Close the earlier periods first.", earlier=", ".join(open_ones[:12])),
            ("/finance/closing", {"period": open_ones[0]}),
        )


@_look("C2", _("All vouchers are posted"))
def _posted(ctx: Context, period: Period) -> Iterator[Finding]:
    waiting = unposted(ctx, period)
    if waiting:
        yield Finding(
            Level.ERROR,
            _("%(count)s vouchers of %(period)s are not posted yet.", count=waiting, period=period.code),
            vouchers_of(period, state="draft,audited"),
        )


@_look("C3", _("Voucher numbers have no gaps"))
def _numbered(ctx: Context, period: Period) -> Iterator[Finding]:
    series = ctx.session.execute(
        select(func.count(Voucher.number), func.max(Voucher.number))
        .where(Voucher.company_id == ctx.company.id, Voucher.period_id == period.id)
        .group_by(Voucher.word_id)
    )
    if any(count != (last or 0) for count, last in series):
        yield Finding(
            Level.ERROR, _("The voucher numbers of %(period)s have a gap.", period=period.code), vouchers_of(period)
        )


def _differ(wrong: Sequence[Difference]) -> Iterator[Finding]:
    if wrong:
        yield Finding(
            Level.ERROR,
            _("Balances differ from the lines: %(what)s. Rebuild them and find out why.", what=str(wrong[0])),
        )


def _balanced_throughout(ctx: Context, _period: Period) -> Iterator[Finding]:
    """Compare every balance with all lines there are."""
    yield from _differ(differences(ctx))


@_look("C4", _("Balances agree with the vouchers"), _balanced_throughout)
def _balanced(ctx: Context, period: Period) -> Iterator[Finding]:
    """Compare the balances of the period with its lines, and the last closed period with what it said then."""
    yield from _differ(differences_in(ctx, period))
    rows = trial_balance(ctx, span_of(ctx, period.code))
    opening = sum((row.base_opening for row in rows), ZERO)
    moved = sum((row.base_debit - row.base_credit for row in rows), ZERO)
    if opening or moved:
        yield Finding(
            Level.ERROR,
            _("Debit and credit differ by %(difference)s.", difference=abs(moved or opening)),
            ("/finance/trial-balance", {"period": period.code}),
        )
    for one in changed(ctx, period.start):
        yield Finding(
            Level.ERROR,
            _(
                "%(report)s of %(period)s is not what it was when the period was closed: %(what)s",
                report=one.report,
                period=one.period,
                what="; ".join(one.places[:3]) or one.report,
            ),
        )


def step_finding(ctx: Context, period: Period, name: str, what: Label, level: Level) -> Iterator[Finding]:
    """Find out whether a step has something left to do."""
    for step in steps(ctx, period):
        if step.name == name:
            try:
                left = step.draft(ctx, period)
            except BusinessError as error:
                yield Finding(Level.ERROR, error.message)
            else:
                if left:
                    yield Finding(level, what, verb=step.verb)


@_look("C5", _("Profit and loss are transferred"))
def _transferred(ctx: Context, period: Period) -> Iterator[Finding]:
    yield from step_finding(ctx, period, "profit", _("Income and expense accounts still have balances."), Level.ERROR)
    if is_last(ctx, period):
        yield from step_finding(
            ctx, period, "year", _("The year's profit is not in retained earnings yet."), Level.ERROR
        )


@_look("C6", _("Foreign balances are revalued"))
def _revalued(ctx: Context, period: Period) -> Iterator[Finding]:
    yield from step_finding(
        ctx, period, "revaluation", _("Foreign balances do not stand at the rate of the period's end."), Level.ERROR
    )


_BELOW_ZERO = text(
    """
    SELECT a.id, a.code, a.name, sum(b.base_debit - b.base_credit) FROM finance_balance b
    JOIN finance_account a ON a.id = b.account_id AND a.company_id = b.company_id AND a.cash
    WHERE b.company_id = :company AND b.year_id = :year AND b.number <= :last
    GROUP BY a.id, a.code, a.name HAVING sum(b.base_debit - b.base_credit) < 0 ORDER BY a.code
    """
)


@_look("C9", _("Cash and banks are not below zero"))
def _not_below_zero(ctx: Context, period: Period) -> Iterator[Finding]:
    asked = {"company": ctx.company.id, "year": period.year_id, "last": period.number}
    for key, code, name, balance in ctx.session.execute(_BELOW_ZERO, asked):
        yield Finding(
            Level.WARNING,
            _("%(account)s stands at %(balance)s.", account=f"{code} {name}", balance=balance),
            ("/finance/account-ledger", {"account": str(key), "period": period.code}),
        )


@_look("C11", _("Statements agree"))
def _agreed(ctx: Context, period: Period) -> Iterator[Finding]:
    worked = work_out(ctx, period.code)
    to = ("/finance/balance-sheet", {"period": period.code})
    for one in disagreements(ctx, worked):
        unseen: Mapping[str, str] = {"accounts": ", ".join(one.accounts[:6])}
        message = _("%(what)s: %(left)s and %(right)s.", what=one.what, left=one.left, right=one.right)
        if one.accounts:
            message = _(
                "%(what)s: %(left)s and %(right)s. In no line: %(accounts)s. Say what they are reported as.",
                what=one.what,
                left=one.left,
                right=one.right,
                **unseen,
            )
        yield Finding(Level.ERROR if Sheet.BALANCE in worked.sheets else Level.WARNING, message, to)


@_look("C12", _("Cash flow is complete"))
def _cash_assigned(ctx: Context, period: Period) -> Iterator[Finding]:
    if Sheet.CASH not in standard_of(ctx).statements:
        return
    found = completeness(ctx, period)
    if not found.is_complete:
        yield Finding(
            Level.WARNING,
            _(
                "Cash changed by %(moved)s, items explain %(assigned)s; %(lines)s lines have no item for all of it.",
                moved=found.moved,
                assigned=found.assigned,
                lines=found.lines,
            ),
            ("/finance/cash-flow", {"period": period.code}),
            "finance.period.assign_cash",
        )


def next_year_start(ctx: Context, period: Period) -> bool:
    """Tell whether the year after the one that ends with a period has to be opened."""
    return is_last(ctx, period) and not ctx.session.scalar(
        select(FiscalYear.id).where(FiscalYear.company_id == ctx.company.id, FiscalYear.start > period.end).limit(1)
    )

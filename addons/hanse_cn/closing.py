"""Closing in China: VAT and its surcharges at the end of a month, reserve and appropriation at the end of a year.

Source: 财会〔2016〕22号 (VAT accounts), 城市维护建设税法, 征收教育费附加的暂行规定, 公司法 (statutory surplus reserve).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from hanse import BusinessError, Context, _
from hanse_cn.models import Chart, ChinaSettings
from hanse_finance.closing.checks import Check, Finding, Level, register_check, step_finding
from hanse_finance.closing.steps import ClosingStep, Entry, is_last, register_step, voucher
from hanse_finance.closing.transfer import balances
from hanse_finance.entry import round_base
from hanse_finance.models import Period, Side, VoucherKind
from hanse_finance.standards import Purpose, account_for, standard_of
from hanse_finance.statements.definition import Sheet
from hanse_finance.statements.working import work_out

ZERO = Decimal(0)
_TAXES, _VAT = "2221", "222101"
_MOVED = text(
    """
    SELECT a.id, a.code, a.name,
           sum(b.base_debit - b.base_credit),
           sum(b.base_credit - b.base_debit) FILTER (WHERE b.number = :last),
           sum(b.base_debit) FILTER (WHERE b.number = :last),
           sum(b.base_credit) FILTER (WHERE b.number >= 1)
    FROM finance_balance b
    JOIN finance_account a ON a.id = b.account_id AND a.company_id = b.company_id
    WHERE b.company_id = :company AND b.year_id = :year AND b.number <= :last AND a.code LIKE :code || '%'
    GROUP BY a.id, a.code, a.name ORDER BY a.code
    """
)
_LEAVES = text(
    "SELECT id, code, name FROM finance_account "
    "WHERE company_id = :company AND postable AND active AND code LIKE :code || '%' ORDER BY code"
)


@dataclass(frozen=True, slots=True)
class Moved:
    """What an account stands at, debit positive, and what moved in the period and the year."""

    id: int
    code: str
    name: str
    closing: Decimal
    credited: Decimal
    debit: Decimal
    year_credit: Decimal


def _moved(ctx: Context, period: Period, code: str) -> list[Moved]:
    asked = {"company": ctx.company.id, "year": period.year_id, "last": period.number, "code": code}
    rows = ctx.session.execute(_MOVED, asked)
    return [Moved(*row[:3], *(value if value is not None else ZERO for value in row[3:])) for row in rows]


def _leaf(ctx: Context, code: str, *words: str, without: str | None = None) -> int | None:
    """Find the first account below a code whose own name holds all words; names are paths parted by a dash."""
    for key, _code, name in ctx.session.execute(_LEAVES, {"company": ctx.company.id, "code": code}):
        own = name.rpartition("-")[2]
        if all(word in own for word in words) and (without is None or without not in own):
            return int(key)
    return None


def _needed(found: int | None, name: str) -> int:
    if found is None:
        raise BusinessError(_("There is no account “%(name)s” that takes postings. Add it to the chart.", name=name))
    return found


def _enabled(ctx: Context) -> bool:
    return standard_of(ctx).addon == "hanse_cn"


# --- VAT --------------------------------------------------------------------------------------------------------------


def draft_vat(ctx: Context, period: Period) -> Sequence[Mapping[str, Any]]:
    """Write the transfer of VAT that is owed (转出未交增值税), or of what was paid too much (转出多交增值税).

    More input than output tax stays where it is: it is deducted next month.

    :raises BusinessError: an account for it is missing
    """
    accounts = _moved(ctx, period, _VAT)
    owed = -sum((one.closing for one in accounts), ZERO)
    paid = sum((one.debit for one in accounts if "已交税金" in one.name), ZERO)
    overpaid = min(paid, -owed) if owed < 0 else ZERO
    if owed <= 0 and overpaid <= 0:
        return []
    unpaid = _needed(_leaf(ctx, _TAXES, "未交增值税", without="转出"), "应交税费-未交增值税")
    if owed > 0:
        out = _needed(_leaf(ctx, _VAT, "转出未交增值税"), "应交税费-应交增值税-转出未交增值税")
        entries = [Entry(out, owed, Side.DEBIT), Entry(unpaid, -owed, Side.CREDIT)]
    else:
        out = _needed(_leaf(ctx, _VAT, "转出多交增值税"), "应交税费-应交增值税-转出多交增值税")
        entries = [Entry(unpaid, overpaid, Side.DEBIT), Entry(out, -overpaid, Side.CREDIT)]
    return [voucher(ctx, period, "vat", VoucherKind.NORMAL, _("Transfer of VAT"), entries)]


def draft_surcharges(ctx: Context, period: Period) -> Sequence[Mapping[str, Any]]:
    """Write the surcharges on the VAT that was transferred as owed, less what the month has of them already.

    :raises BusinessError: an account for one of them is missing
    """
    owed = sum((one.debit for one in _moved(ctx, period, _VAT) if "转出未交增值税" in one.name), ZERO)
    settings = ctx.settings(ChinaSettings)
    booked = _moved(ctx, period, _TAXES)
    entries: list[Entry] = []
    for percent, words, name in (
        (settings.city_tax_percent, ("城市维护建设税",), "应交城市维护建设税"),
        (settings.education_percent, ("教育费附加",), "应交教育费附加"),
        (settings.local_education_percent, ("地方教育附加",), "应交地方教育附加"),
    ):
        due = round_base(owed * percent / 100, ctx.company.places)
        if not due:
            continue
        account = _needed(_leaf(ctx, _TAXES, *words), f"应交税费-{name}")
        left = due - sum((one.credited + one.debit for one in booked if one.id == account), ZERO)
        if left:
            entries.append(Entry(account, -left, Side.CREDIT))
    if not entries:
        return []
    code = "5403" if standard_of(ctx).name == Chart.SMALL_BUSINESS.value else "6403"
    total = -sum((one.amount for one in entries), ZERO)
    expense = Entry(_needed(_leaf(ctx, code), "税金及附加"), total, Side.DEBIT)
    return [voucher(ctx, period, "surcharges", VoucherKind.NORMAL, _("Surcharges on VAT"), [expense, *entries])]


# --- the year ---------------------------------------------------------------------------------------------------------


def _codes(ctx: Context) -> tuple[str, str, str]:
    """Give the codes of capital, surplus reserve and appropriation."""
    return ("3001", "3101", "3104") if standard_of(ctx).name == Chart.SMALL_BUSINESS.value else ("4001", "4101", "4104")


def draft_reserve(ctx: Context, period: Period) -> Sequence[Mapping[str, Any]]:
    """Write what goes into the statutory surplus reserve (提取法定盈余公积), less what the year has put there already.

    :raises BusinessError: an account for it is missing
    """
    settings = ctx.settings(ChinaSettings)
    capital, reserve, appropriation = _codes(ctx)
    worked = work_out(ctx, period.code, sheets=[Sheet.INCOME])
    income = worked[Sheet.INCOME]
    profit = income.amount("year", 32 if capital == "3001" else 22)
    opening = income.figures["year"].opening
    appropriated = [key for key, one in worked.chart.nodes.items() if one.code.startswith(appropriation)]
    retained = -sum((opening.get(key, ZERO) for key in appropriated), ZERO)
    wanted = round_base(max(profit + min(retained, ZERO), ZERO) * settings.reserve_percent / 100, ctx.company.places)
    kept = _moved(ctx, period, reserve)
    left = wanted - sum((one.year_credit for one in kept), ZERO)
    if settings.reserve_stops:
        half = -sum((one.closing for one in _moved(ctx, period, capital)), ZERO) / 2
        left = min(left, round_base(half, ctx.company.places) + sum((one.closing for one in kept), ZERO))
    if left <= 0:
        return []
    into = _leaf(ctx, reserve, "法定盈余公积") or _needed(_leaf(ctx, reserve), "盈余公积")
    out = _leaf(ctx, appropriation, "法定盈余公积") or account_for(ctx, Purpose.RETAINED)
    entries = [Entry(out, left, Side.DEBIT), Entry(into, -left, Side.CREDIT)]
    return [voucher(ctx, period, "reserve", VoucherKind.YEAR_END, _("Statutory surplus reserve"), entries)]


def draft_appropriation(ctx: Context, period: Period) -> Sequence[Mapping[str, Any]]:
    """Write the transfer of what was appropriated to retained earnings (结转利润分配)."""
    retained = account_for(ctx, Purpose.RETAINED)
    found = balances(
        ctx,
        period,
        accounts=[one.id for one in _moved(ctx, period, _codes(ctx)[2]) if one.id != retained],
    )
    written: list[Entry] = []
    for one in found:
        side = Side.CREDIT if one.base > 0 else Side.DEBIT
        written.append(one.moved_out(ctx.company.currency_id, side))
    total = sum((one.base for one in found), ZERO)
    if not written:
        return []
    if total:
        into = Entry(retained, total, Side.DEBIT if total > 0 else Side.CREDIT)
        written = [into, *written] if total > 0 else [*written, into]
    return [voucher(ctx, period, "appropriation", VoucherKind.YEAR_END, _("Transfer of appropriations"), written)]


def _vat_due(ctx: Context, _period: Period) -> bool:
    return _enabled(ctx)


def _surcharges_due(ctx: Context, _period: Period) -> bool:
    return ctx.settings(ChinaSettings).accrue_surcharges and _enabled(ctx)


def _last_due(ctx: Context, period: Period) -> bool:
    return is_last(ctx, period) and _enabled(ctx)


def _step(name: str, label: Any, verb: str, order: int, draft: Any, due: Any) -> ClosingStep:
    return register_step(ClosingStep(name, label, "hanse_cn", f"finance.period.{verb}", order, draft, due))


VAT = _step("vat", _("Transfer of VAT"), "transfer_vat", 40, draft_vat, _vat_due)
SURCHARGES = _step("surcharges", _("Surcharges on VAT"), "accrue_surcharges", 45, draft_surcharges, _surcharges_due)
RESERVE = _step("reserve", _("Statutory surplus reserve"), "set_aside_reserve", 85, draft_reserve, _last_due)
APPROPRIATION = _step(
    "appropriation",
    _("Transfer of appropriations"),
    "transfer_appropriations",
    90,
    draft_appropriation,
    _last_due,
)


# --- checks -----------------------------------------------------------------------------------------------------------


def _taxes_done(ctx: Context, period: Period) -> Iterator[Finding]:
    yield from step_finding(ctx, period, "vat", _("VAT that is owed has not been transferred yet."), Level.WARNING)
    yield from step_finding(ctx, period, "surcharges", _("Surcharges on VAT are not booked yet."), Level.WARNING)


def _year_done(ctx: Context, period: Period) -> Iterator[Finding]:
    yield from step_finding(
        ctx, period, "reserve", _("The statutory surplus reserve of the year is not set aside yet."), Level.WARNING
    )
    yield from step_finding(
        ctx, period, "appropriation", _("Appropriations are not in retained earnings yet."), Level.ERROR
    )


def _nothing_pending(ctx: Context, period: Period) -> Iterable[Finding]:
    pending = [one for one in _moved(ctx, period, "1901") if one.closing] if is_last(ctx, period) else []
    for one in pending:
        yield Finding(
            Level.ERROR,
            _("%(account)s still stands at %(balance)s.", account=f"{one.code} {one.name}", balance=one.closing),
            ("/finance/account-ledger", {"account": str(one.id), "period": period.code}),
        )


register_check(Check("C5", _("The year's profit is appropriated"), "hanse_cn", _year_done))
register_check(Check("C10", _("Taxes are transferred"), "hanse_cn", _taxes_done))
register_check(Check("C13", _("No property awaits disposal at the end of the year"), "hanse_cn", _nothing_pending))

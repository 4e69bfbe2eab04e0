"""The steps before a period is closed, each an action on periods; their vouchers are audited and posted like others."""

from __future__ import annotations

from hanse import Context, Records, _, action
from hanse_finance.closing.revaluation import REVALUATION
from hanse_finance.closing.steps import take
from hanse_finance.closing.transfer import PROFIT, YEAR
from hanse_finance.models import Period
from hanse_finance.permissions import Finance


@action(
    Period,
    name="revalue",
    label=_("Revalue"),
    permission=Finance.CLOSE,
    icon="switch-horizontal",
    done=_("%(count)s periods revalued; the vouchers are drafts"),
)
def revalue_periods(ctx: Context, periods: Records[Period]) -> list[int]:
    """Write the vouchers that bring foreign balances to the rate of each period's last day; give their ids.

    :raises BusinessError: vouchers are unposted, a rate or an account is missing, or nothing is left to do
    """
    return [voucher for period in _in_order(periods) for voucher in take(ctx, period, REVALUATION)]


@action(
    Period,
    name="transfer_profit",
    label=_("Transfer profit and loss"),
    permission=Finance.CLOSE,
    icon="arrows-transfer-down",
    done=_("Profit and loss of %(count)s periods transferred; the vouchers are drafts"),
)
def transfer_profit(ctx: Context, periods: Records[Period]) -> list[int]:
    """Write the vouchers that empty income and expense into the year's profit; give their ids.

    :raises BusinessError: vouchers are unposted, an account is missing, or nothing is left to do
    """
    return [voucher for period in _in_order(periods) for voucher in take(ctx, period, PROFIT)]


@action(
    Period,
    name="transfer_year",
    label=_("Transfer the year's profit"),
    permission=Finance.CLOSE,
    icon="calendar-check",
    done=_("The year's profit transferred; the vouchers are drafts"),
)
def transfer_year(ctx: Context, periods: Records[Period]) -> list[int]:
    """Write the voucher that brings the year's profit to retained earnings; give its id.

    :raises BusinessError: vouchers are unposted, an account is missing, or nothing is left to do
    """
    return [voucher for period in _in_order(periods) for voucher in take(ctx, period, YEAR)]


def _in_order(periods: Records[Period]) -> list[Period]:
    return sorted(periods, key=lambda one: one.start)

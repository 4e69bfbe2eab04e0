"""The steps before a period is closed, each an action on periods; their vouchers are audited and posted like others."""

from __future__ import annotations

from hanse import _
from hanse_finance.closing.revaluation import REVALUATION
from hanse_finance.closing.steps import step_action
from hanse_finance.closing.transfer import PROFIT, YEAR

revalue_periods = step_action(
    REVALUATION,
    label=_("Revalue"),
    icon="switch-horizontal",
    done=_("%(count)s periods revalued; the vouchers are drafts"),
)
transfer_profit = step_action(
    PROFIT,
    label=_("Transfer profit and loss"),
    icon="arrows-transfer-down",
    done=_("Profit and loss of %(count)s periods transferred; the vouchers are drafts"),
)
transfer_year = step_action(
    YEAR,
    label=_("Transfer the year's profit"),
    icon="calendar-check",
    done=_("The year's profit transferred; the vouchers are drafts"),
)

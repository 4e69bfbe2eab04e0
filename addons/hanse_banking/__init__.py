"""Banks: statements read from files, reconciled with the books, and what differs at the end of a month."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from hanse import Addon, Context, _, hook
from hanse.i18n import Label

if TYPE_CHECKING:
    from hanse.files import FileStore

ADDON = Addon(
    "hanse_banking",
    key="banking",
    title=_("Banks"),
    needs=["hanse_finance"],
    departments=["finance"],
    description=_("Bank statements out of files, reconciliation with the books, adjustment tables."),
)


@hook
def demo(ctx: Context) -> Callable[[Context, FileStore], None]:
    """Load a bank account with its statements, once the books are there."""
    from hanse_banking.demo import load_statements

    return load_statements


@hook
def roles() -> Iterable[tuple[str, Label, Sequence[tuple[str, str]]]]:
    """Bring the role of those who reconcile bank accounts: not the cashier, as the rules on internal control ask."""
    permissions = ("banking.*", "*.read", "finance.account.report", "finance.voucher.create")
    return [("bank_reconciler", _("Bank reconciliation"), [(one, "company") for one in permissions])]


@hook
def role_additions() -> Mapping[str, Sequence[tuple[str, str]]]:
    """Let the chief accountant do everything at banks, and clerks reconcile."""
    work = ("statement.import", "account.match", "account.report")
    return {
        "chief_accountant": [("banking.*", "company")],
        "accounting_clerk": [(f"banking.{one}", "company") for one in work],
    }

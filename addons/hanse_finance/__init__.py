"""Finance: accounts, vouchers and maintained balances, for any country.  What is Chinese is in hanse_cn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from hanse import Addon, BusinessError, Caution, Context, Records, _, hook

if TYPE_CHECKING:
    from hanse.actions import Action

ADDON = Addon(
    "hanse_finance",
    key="finance",
    title=_("Finance"),
    needs=["hanse_contacts"],
    departments=["finance"],
    description=_("Chart of accounts, vouchers, periods, trial balance and ledgers."),
)


@hook
def validate(
    ctx: Context, action: Action[Any], records: Records[Any], params: Mapping[str, Any]
) -> Iterable[BusinessError] | None:
    """Refuse single vouchers before they are audited, posted or reversed."""
    from hanse_finance import checks

    refusals: dict[str, Callable[[Context, Any], Iterable[BusinessError]]] = {
        "finance.voucher.audit": checks.unauditable,
        "finance.voucher.post": checks.unpostable,
        "finance.voucher.audit_post": checks.unauditable_or_unpostable,
        "finance.voucher.reverse": checks.unreversible,
        "finance.voucher.delete": checks.undeletable,
        "finance.period.close": checks.unclosable,
        "finance.period.reopen": checks.unreopenable,
    }
    refusal = refusals.get(action.name)
    return list(refusal(ctx, records)) if refusal and records else None


@hook
def warn(
    ctx: Context, action: Action[Any], records: Records[Any], params: Mapping[str, Any]
) -> Iterable[Caution] | None:
    """Warn of a voucher that notes fewer documents than files are attached to it."""
    if action.name != "finance.voucher.update":
        return None
    from hanse_finance.voucher_files import cautions

    return list(cautions(ctx, records, params["values"]))


@hook
def attached(ctx: Context, records: Records[Any]) -> None:
    """Count the files of vouchers that say so."""
    from hanse_finance.models import Voucher
    from hanse_finance.voucher_files import follow_files

    if records.model is Voucher:
        follow_files(ctx, records)


@hook
def maintained(ctx: Context, check: bool) -> Iterable[str] | None:
    """Compare the maintained balances with the vouchers' lines, or compute them anew."""
    from hanse_finance import books, cash

    if check:
        return [*(str(difference) for difference in books.differences(ctx)), *cash.differences(ctx)]
    books.rebuild(ctx)
    cash.rebuild(ctx)
    return None


@hook
def commands(commands: Any) -> None:
    """Add ``hanse finance …``."""
    from hanse_finance.commands import add_commands

    add_commands(commands)

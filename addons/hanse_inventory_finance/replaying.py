"""What the books get of events that are played: ``hanse inventory replay``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from hanse import Context, link_id
from hanse_finance.models import AccountType, Side, Voucher, VoucherLine
from hanse_finance.setup import action, add_words, open_year
from hanse_inventory.replaying import Entries, Replay, keepers
from hanse_inventory_finance.models import Recognition, StockAccountsSettings
from hanse_products_finance.models import ProductAccountsSettings

ZERO = Decimal(0)
#: Name, type and setting of the accounts of a case.
_ACCOUNTS: tuple[tuple[str, AccountType, str], ...] = (
    ("stock", AccountType.ASSET, "stock"),
    ("cost of goods sold", AccountType.EXPENSE, "cost"),
    ("goods received not billed", AccountType.LIABILITY, "received"),
    ("change of stock", AccountType.EXPENSE, "variation"),
    ("goods in transit", AccountType.ASSET, "transit"),
    ("price differences", AccountType.EXPENSE, "variance"),
    ("count differences", AccountType.EXPENSE, "difference"),
    ("consumption", AccountType.EXPENSE, "consumption"),
    ("production", AccountType.EXPENSE, "production"),
    ("waste", AccountType.EXPENSE, "waste"),
    ("opening", AccountType.EQUITY, "opening"),
)
_OF_PRODUCTS = ("stock", "cost")


def keep(replay: Replay) -> Callable[[Mapping[str, Any]], Entries]:
    """Set up the books of a case; give what says after each event what was booked."""
    ctx = replay.ctx
    if "hanse_inventory_finance" not in ctx.enabled:
        return lambda _event: []
    days = [date.fromisoformat(str(event["date"])[:10]) for event in replay.case["events"]]
    for year in range(min(days).year, max(days).year + 1) if days else ():
        open_year(ctx, date(year, 1, 1))
    add_words(ctx, (("V", "Voucher"),))
    accounts = _set_up(ctx, str(replay.case.get("account_stock_method") or "anglo_saxon"))
    last = [0]

    def booked(_event: Mapping[str, Any]) -> Entries:
        query = (
            select(Voucher.id, VoucherLine.account_id, VoucherLine.debit, VoucherLine.credit)
            .join(VoucherLine, link_id(VoucherLine.voucher) == Voucher.id)
            .where(Voucher.company_id == ctx.company.id, Voucher.id > last[0])
            .order_by(Voucher.id, VoucherLine.number)
        )
        found: Entries = []
        for voucher, account, debit, credit in ctx.session.execute(query):
            last[0] = max(last[0], voucher)
            found.append({"account": accounts[account], "debit": f"{debit or ZERO:f}", "credit": f"{credit or ZERO:f}"})
        return found

    return booked


def _set_up(ctx: Context, method: str) -> dict[int, str]:
    """Add accounts, years and settings; give the names of the accounts."""
    from hanse.settings.changing import change_settings

    debit = (AccountType.ASSET, AccountType.EXPENSE)
    rows = [
        {
            "code": f"{number:04}",
            "name": name,
            "type": kind,
            "side": Side.DEBIT if kind in debit else Side.CREDIT,
        }
        for number, (name, kind, _setting) in enumerate(_ACCOUNTS, start=1)
    ]
    made = ctx.run(action("finance.account.create"), values=rows).done
    chosen = {setting: account for (_name, _kind, setting), account in zip(_ACCOUNTS, made, strict=True)}
    own = {f"{one}_account": chosen[one] for one in chosen if one not in _OF_PRODUCTS}
    recognition = Recognition.ON_PURCHASE if method == "continental" else Recognition.ON_SALE
    change_settings(ctx, StockAccountsSettings, own | {"recognition": recognition})
    change_settings(ctx, ProductAccountsSettings, {f"{one}_account": chosen[one] for one in _OF_PRODUCTS})
    ctx.kept.clear()
    return {account: name for (name, _kind, _setting), account in zip(_ACCOUNTS, made, strict=True)}


keepers.append(keep)

__all__ = ["keep"]

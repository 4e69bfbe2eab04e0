"""The demonstration: the register of what the books have on 1601, with the depreciation that their vouchers charged.

The books open 2025 with 480,000 of assets, 96,000 of it depreciated, and charge 8,000 a month: a year of five is over.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from hanse import Context
from hanse.directory.models import Department
from hanse.files import FileStore
from hanse_assets.models import AssetCategory
from hanse_finance.models import Account, Period, Voucher, VoucherLine, VoucherState
from hanse_finance.setup import action

#: Name, specification, category of tax law, department, place, cost; all in use since December 2023, over five years.
_ASSETS = (
    ("厢式货车", "东风天锦 KR", "04", "仓储部", "一号库", "216000"),
    ("商务车", "别克 GL8", "04", "销售部", "总部", "132000"),
    ("服务器", "双路 64 核", "05", "研发部", "机房", "78000"),
    ("办公家具", "工位 24 套", "03", "人事部", "三楼", "54000"),
)
_IN_USE, _LIFE, _BEFORE = date(2023, 12, 18), 60, 12
_DEPRECIATION = "1602"


def load_register(ctx: Context, files: FileStore) -> None:
    """Load the register, and take over what the vouchers of its year have charged; nothing where they are not there."""
    vouchers = _vouchers(ctx)
    if not vouchers:
        return
    categories = dict(
        ctx.session.execute(
            select(AssetCategory.code, AssetCategory.id).where(AssetCategory.company_id == ctx.company.id)
        ).all()
    )
    departments = dict(
        ctx.session.execute(select(Department.name, Department.id).where(Department.company_id == ctx.company.id)).all()
    )
    rows = [_asset(one, categories, departments.get(one[3])) for one in _ASSETS if one[2] in categories]
    if len(rows) < len(_ASSETS):
        return
    ctx.run(action("assets.asset.create"), values=rows)
    for period, voucher in vouchers:
        ctx.run(action("finance.period.adopt_depreciation"), [period], voucher=voucher)


def _asset(
    one: tuple[str, str, str, str, str, str], categories: dict[str, int], department: int | None
) -> dict[str, Any]:
    name, specification, category, _department, place, cost = one
    return {
        "name": name,
        "specification": specification,
        "category": categories[category],
        "department": department,
        "location": place,
        "acquired_on": _IN_USE,
        "in_use_since": _IN_USE,
        "cost": Decimal(cost),
        "life": _LIFE,
        "residual_rate": Decimal(0),
        "opening_months": _BEFORE,
        "opening_depreciation": Decimal(cost) * _BEFORE / _LIFE,
    }


def _vouchers(ctx: Context) -> list[tuple[int, int]]:
    """Give the vouchers that charge depreciation, each with its period, in the order of periods."""
    query = (
        select(Period.id, Voucher.id)
        .join(Voucher, Voucher.period_id == Period.id)
        .join(VoucherLine, VoucherLine.voucher_id == Voucher.id)
        .join(Account, Account.id == VoucherLine.account_id)
        .where(
            Voucher.company_id == ctx.company.id,
            Voucher.state == VoucherState.POSTED,
            Voucher.kind == "normal",
            Account.code == _DEPRECIATION,
            VoucherLine.credit.is_not(None),
        )
        .order_by(Period.start, Voucher.id)
    )
    return [(period, voucher) for period, voucher in ctx.session.execute(query)]


__all__ = ["load_register"]

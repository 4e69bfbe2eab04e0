"""A company with fixed assets: the accounts of small businesses that they need, and short ways to work on them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from hanse import Context
from hanse.actions import find_action, open_context
from hanse.actions.context import identify
from hanse_assets.models import Asset, AssetCategory, Depreciation
from hanse_finance.models import Account, Period, Voucher

#: code, name, type, side
CHART = (
    ("1002", "银行存款", "asset", "D"),
    ("1601", "固定资产", "asset", "D"),
    ("1602", "累计折旧", "asset", "C"),
    ("1606", "固定资产清理", "asset", "D"),
    ("1603", "固定资产减值准备", "asset", "C"),
    ("22210101", "应交税费-应交增值税-进项税额", "liability", "D"),
    ("22210107", "应交税费-应交增值税-销项税额", "liability", "C"),
    ("3001", "实收资本", "equity", "C"),
    ("3103", "本年利润", "equity", "C"),
    ("3104", "利润分配-未分配利润", "equity", "C"),
    ("4101", "制造费用", "cost", "D"),
    ("5301", "营业外收入", "income", "C"),
    ("5602", "管理费用", "expense", "D"),
    ("5711", "营业外支出", "expense", "D"),
)


def act(name: str) -> Any:
    found = find_action(name)
    assert found is not None, name
    return found


class House:
    """The company.  ``ctx`` writes, ``auditor`` audits and posts."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        system = identify(ctx.session, "system")
        assert system is not None
        self.auditor = open_context(ctx.session, system, ctx.company.id, via="test")
        rows = [{"code": code, "name": name, "type": kind, "side": side} for code, name, kind, side in CHART]
        ctx.run(act("finance.account.create"), values=rows)
        ctx.run(act("finance.voucher_word.create"), values=[{"code": "记", "name": "记账凭证"}])
        ctx.run(act("finance.fiscal_year.create"), values=[{"start": date(2025, 1, 1)}])
        if not ctx.all(AssetCategory, AssetCategory.code == "05"):
            self.category("05", life=36, residual_rate=Decimal(5))

    def category(self, code: str, **values: Any) -> int:
        return int(self.ctx.run(act("assets.category.create"), values=[{"code": code, "name": code, **values}]).id)

    def account(self, code: str) -> int:
        return self.ctx.all(Account, Account.code == code).one().id

    def period(self, code: str) -> Period:
        return self.ctx.all(Period, Period.code == code).one()

    def asset(self, since: str = "2024-12-10", cost: str = "36000", **values: Any) -> Asset:
        """Enter an asset of category 05: 36 months, 5 % residual value."""
        day = date.fromisoformat(since)
        kind = self.ctx.all(AssetCategory, AssetCategory.code == "05").one().id
        row = {"name": "Laptop", "category": kind, "acquired_on": day, "in_use_since": day, "cost": Decimal(cost)}
        return self.read(self.ctx.run(act("assets.asset.create"), values=[row | values]).id)

    def read(self, asset: int) -> Asset:
        self.ctx.session.expire_all()
        return self.ctx.all(Asset, Asset.id == asset).one()

    def do(self, verb: str, asset: Asset, **params: Any) -> list[Voucher]:
        """Act on an asset, and have the vouchers audited and posted."""
        return self.post(self.ctx.run(act(f"assets.asset.{verb}"), [asset.id], **params).result)

    def depreciate(self, *codes: str) -> list[Voucher]:
        """Depreciate periods one after the other, and post."""
        made: list[Voucher] = []
        for code in codes:
            made += self.post(self.ctx.run(act("finance.period.depreciate"), [self.period(code).id]).result)
        return made

    def post(self, vouchers: list[int]) -> list[Voucher]:
        self.auditor.run(act("finance.voucher.audit_post"), vouchers)
        self.ctx.session.expire_all()
        return [self.ctx.all(Voucher, Voucher.id == one).one() for one in vouchers]

    def book(self, day: str, *lines: tuple[str, str]) -> Voucher:
        """Post a voucher: ``("1002", "100")`` is a debit, ``("3001", "-100")`` a credit."""
        rows = [
            {
                "summary": "x",
                "account": self.account(code),
                "credit" if amount.startswith("-") else "debit": Decimal(amount.lstrip("-")),
            }
            for code, amount in lines
        ]
        values = {"day": date.fromisoformat(day), "lines": rows}
        return self.post(self.ctx.run(act("finance.voucher.create"), values=[values]).done)[0]

    def charges(self, asset: Asset) -> dict[str, Decimal]:
        """Give what was charged, by period."""
        query = (
            select(Period.code, Depreciation.amount)
            .join(Period, Period.id == Depreciation.period_id)
            .where(Depreciation.asset_id == asset.id)
            .order_by(Period.start)
        )
        return dict(self.ctx.session.execute(query).all())


def written(voucher: Voucher) -> list[tuple[str, str, str]]:
    """Give account, side and amount of each line."""
    return [
        (line.account.code, "D" if line.debit is not None else "C", f"{(line.debit or line.credit or 0):.2f}")
        for line in voucher.lines
    ]

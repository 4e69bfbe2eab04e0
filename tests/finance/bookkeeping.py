"""A small company to keep books in: accounts, a year, three people, and short ways to write and post vouchers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from hanse.actions import Context, find_action, open_context
from hanse.actions.context import identify
from hanse.directory.models import Currency
from hanse_finance import books, reports
from hanse_finance.models import Account, Dimension, DimensionValue, Period, Voucher, VoucherWord

#: code, name, type, side
CHART = (
    ("1001", "Cash", "asset", "D"),
    ("1002", "Bank", "asset", "D"),
    ("1122", "Receivables", "asset", "D"),
    ("2202", "Payables", "liability", "C"),
    ("3001", "Capital", "equity", "C"),
    ("5001", "Sales", "income", "C"),
    ("6001", "Rent", "expense", "D"),
)
Line = tuple[str, str] | tuple[str, str, Mapping[str, Any]]


def act(name: str) -> Any:
    """Find an action by name."""
    found = find_action(name)
    assert found is not None, name
    return found


class Ledger:
    """The books of the template's company.  ``maker`` writes, ``auditor`` audits and posts; both may do everything."""

    def __init__(self, admin: Context) -> None:
        self.maker = admin
        system = identify(admin.session, "system")
        assert system is not None
        self.auditor = open_context(admin.session, system, admin.company.id, via="test")

    def open(self, *years: int) -> Ledger:
        """Make chart, word and years."""
        rows = [{"code": code, "name": name, "type": kind, "side": side} for code, name, kind, side in CHART]
        there = set(self.maker.all(Account)[Account.code])
        self.maker.run(act("finance.account.create"), values=[row for row in rows if row["code"] not in there])
        if not self.maker.all(VoucherWord):
            self.maker.run(act("finance.voucher_word.create"), values=[{"code": "记", "name": "记账凭证"}])
        self.maker.run(
            act("finance.fiscal_year.create"), values=[{"start": date(year, 1, 1)} for year in years or (2025,)]
        )
        return self

    def account(self, code: str) -> int:
        """Give the id of an account."""
        return self.maker.all(Account, Account.code == code).one().id

    def period(self, code: str) -> Period:
        """Give a period, as it is now."""
        return self.maker.all(Period, Period.code == code).one()

    def currency(self, code: str) -> int:
        """Give the id of a currency."""
        return self.maker.session.scalars(select(Currency.id).where(Currency.code == code)).one()

    def lines(self, lines: Sequence[Line]) -> list[dict[str, Any]]:
        """Turn ``("1001", "100")`` into a debit and ``("6001", "-100")`` into a credit; a third part adds to it."""
        rows: list[dict[str, Any]] = []
        for code, amount, *more in lines:
            side = "credit" if amount.startswith("-") else "debit"
            row: dict[str, Any] = {"summary": "test", "account": self.account(code), side: Decimal(amount.lstrip("-"))}
            rows.append(row | dict(more[0] if more else {}))
        return rows

    def voucher(
        self, lines: Sequence[Line] = (("1001", "100"), ("5001", "-100")), *, on: str = "2025-03-10", **more: Any
    ) -> Voucher:
        """Write a draft as a person does."""
        values = {"day": date.fromisoformat(on), "lines": self.lines(lines)} | more
        return self.read(self.maker.run(act("finance.voucher.create"), values=[values]).id)

    def read(self, voucher: int) -> Voucher:
        """Read a voucher again."""
        return self.maker.all(Voucher, Voucher.id == voucher).one()

    def audited(self, *arguments: Any, **more: Any) -> Voucher:
        """Write a voucher and have it audited."""
        return self.audit(self.voucher(*arguments, **more))

    def posted(self, *arguments: Any, **more: Any) -> Voucher:
        """Write a voucher, have it audited and post it."""
        return self.post(self.audit(self.voucher(*arguments, **more)))

    def do(self, verb: str, *vouchers: Voucher, by: Context | None = None, **params: Any) -> Any:
        """Do something with vouchers."""
        return (by or self.auditor).run(act(f"finance.voucher.{verb}"), list(vouchers), **params)

    def audit(self, voucher: Voucher) -> Voucher:
        """Audit as the auditor."""
        self.do("audit", voucher)
        return self.read(voucher.id)

    def post(self, voucher: Voucher) -> Voucher:
        """Post as the auditor."""
        self.do("post", voucher)
        return self.read(voucher.id)

    def reverse(self, voucher: Voucher, **params: Any) -> Voucher:
        """Write the red voucher, as the maker."""
        return self.read(self.do("reverse", voucher, by=self.maker, **params).result[0])

    def close(self, *codes: str) -> None:
        """Close periods."""
        self.maker.run(act("finance.period.close"), [self.period(code) for code in codes])

    def dimension(self, code: str, *values: str) -> dict[str, int]:
        """Make a dimension with values; give the set of each value alone."""
        made = self.maker.run(act("finance.dimension.create"), values=[{"code": code, "name": code}]).id
        rows = [{"dimension": made, "code": value, "name": value} for value in values]
        ids = self.maker.run(act("finance.dimension_value.create"), values=rows).done
        sets = self.maker.run(act("finance.dimension_set.combine"), combinations=[[one] for one in ids]).done
        return dict(zip(values, sets, strict=True))

    def require(self, code: str, *dimensions: str) -> None:
        """Have an account ask for dimensions."""
        ids = self.maker.all(Dimension, Dimension.code.in_(dimensions)).ids
        self.maker.run(
            act("finance.account.update"),
            [self.account(code)],
            values={"dimensions": [{"dimension": one} for one in ids]},
        )

    def value(self, code: str) -> int:
        """Give the id of a dimension's value."""
        return self.maker.all(DimensionValue, DimensionValue.code == code).one().id

    def trial(self, period: str = "2025-03") -> dict[str, tuple[str, str, str, str]]:
        """Give opening, debit, credit and closing of each account that is not all zero."""
        rows = reports.trial_balance(self.maker, reports.span_of(self.maker, period))
        return {
            row.code: tuple(f"{value.normalize():f}" for value in (row.opening, row.debit, row.credit, row.closing))
            for row in rows
            if not row.is_zero
        }  # type: ignore[misc]

    def differences(self) -> list[str]:
        """Say where maintained balances are not what the lines add up to."""
        return [str(one) for one in books.differences(self.maker)]

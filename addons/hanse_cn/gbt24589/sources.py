"""What fills the sections of the interface: the chart, the archives of master data, the general ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import aliased

from hanse import BusinessError, Context, _, link_id
from hanse.directory.models import Company, Currency, Department
from hanse_cn.gbt24589 import ledger, statements
from hanse_cn.gbt24589.interface import Interface
from hanse_cn.gbt24589.writing import Row
from hanse_finance.models import (
    Account,
    AccountDimension,
    AccountType,
    Dimension,
    DimensionBalance,
    DimensionSetValue,
    DimensionSource,
    DimensionValue,
    Period,
    Side,
    VoucherWord,
)
from hanse_finance.permissions import Finance
from hanse_finance.reports import Span

MOST_DIMENSIONS: Final = 30
SEPARATOR: Final = "-"
#: The rate of the day, the only type of rates that is kept.
RATE_TYPE: Final = ("01", "即期汇率")
SIDES: Final = {Side.DEBIT: "借", Side.CREDIT: "贷"}
_TYPES: Final = {
    AccountType.ASSET: "资产",
    AccountType.LIABILITY: "负债",
    AccountType.COMMON: "共同",
    AccountType.EQUITY: "所有者权益",
    AccountType.COST: "成本",
    AccountType.INCOME: "损益",
    AccountType.EXPENSE: "损益",
}
_ARCHIVES: Final = {
    DimensionSource.CUSTOMERS: "客户档案",
    DimensionSource.SUPPLIERS: "供应商档案",
    DimensionSource.DEPARTMENTS: "部门档案",
}


class Books:
    """The books of a fiscal year as the interface asks for them; each source is read while it is iterated over.

    :ivar slots: number of each dimension among 辅助项1 to 辅助项30
    :raises Forbidden: the person may not take the books out
    :raises BusinessError: there are more than 30 dimensions
    """

    def __init__(self, ctx: Context, year: Span, edition: Interface) -> None:
        ctx.require(Finance.TAKE_OUT)
        self.ctx, self.year, self.edition = ctx, year, edition
        query = select(Dimension.id, Dimension.code, Dimension.name, Dimension.source)
        query = query.where(Dimension.company_id == ctx.company.id).order_by(Dimension.id)
        self.dimensions = ctx.session.execute(query).all()
        if len(self.dimensions) > MOST_DIMENSIONS:
            raise BusinessError(_("The data interface has room for %(most)s dimensions only.", most=MOST_DIMENSIONS))
        self.slots = {row.id: slot for slot, row in enumerate(self.dimensions, start=1)}

    def source(self, name: str) -> Iterable[Row] | None:
        """Give the records of a source; None: nothing brings them."""
        found = SOURCES.get(name)
        return None if found is None else found(self)


# --- 公共档案 ----------------------------------------------------------------------------------------------------


def book(books: Books) -> Iterator[Row]:
    """Describe the set of books (电子账簿)."""
    ctx = books.ctx
    name, tax_id = ctx.session.execute(
        select(Company.legal_name, Company.tax_id).where(Company.id == ctx.company.id)
    ).one()
    yield {
        "number": f"{ctx.company.id:03}",
        "name": ctx.company.name,
        "company": name or ctx.company.name,
        "tax_id": tax_id,
        "maker": "Hanse",
        "version": version("hanse"),
        "currency": ctx.company.currency,
        "year": books.year.label,
        "standard": books.edition.standard,
    }


def periods(books: Books) -> Iterator[Row]:
    """Give the periods of the year (会计期间)."""
    query = select(Period.number, Period.start, Period.end).where(
        link_id(Period.year) == books.year.year, Period.number > 0
    )
    for number, start, end in books.ctx.session.execute(query.order_by(Period.number)):
        yield {"year": books.year.label, "number": number, "start": start, "end": end}


def words(books: Books) -> Iterator[Row]:
    """Give the series of vouchers (记账凭证类型)."""
    query = select(VoucherWord.code, VoucherWord.name).where(VoucherWord.company_id == books.ctx.company.id)
    for code, name in books.ctx.session.execute(query.order_by(VoucherWord.position, VoucherWord.code)):
        yield {"code": code, "name": name}


def rate_types(_books: Books) -> Iterator[Row]:
    """Give the types of exchange rates (汇率类型)."""
    yield dict(zip(("code", "name"), RATE_TYPE, strict=True))


def currencies(books: Books) -> Iterator[Row]:
    """Give the currencies that the year's balances and lines are in (币种), first the company's."""
    used = ledger.currencies(books.ctx, books.year) | {books.ctx.company.currency_id}
    query = select(Currency.code, Currency.name).where(Currency.id.in_(used))
    for code, name in books.ctx.session.execute(
        query.order_by(Currency.id != books.ctx.company.currency_id, Currency.code)
    ):
        yield {"code": code, "name": name}


def _values(source: DimensionSource) -> Callable[[Books], Iterator[Row]]:
    """Give the values of all dimensions of a source, which is what 辅助项 name."""

    def read(books: Books) -> Iterator[Row]:
        parent = aliased(Department)
        query = (
            select(DimensionValue.code, DimensionValue.name, parent.code)
            .join(Dimension, Dimension.id == link_id(DimensionValue.dimension))
            .outerjoin(Department, Department.id == link_id(DimensionValue.department))
            .outerjoin(parent, parent.id == link_id(Department.parent))
            .where(DimensionValue.company_id == books.ctx.company.id, Dimension.source == source)
            .order_by(Dimension.id, DimensionValue.code)
        )
        for code, name, above in books.ctx.session.execute(query):
            yield {"code": code, "name": name, "parent": above}

    return read


def lists(books: Books) -> Iterator[Row]:
    """Give the dimensions with lists of their own (自定义档案项)."""
    for one in books.dimensions:
        if one.source is DimensionSource.LIST:
            yield {"code": one.code, "name": one.name, "nested": False}


def list_values(books: Books) -> Iterator[Row]:
    """Give the values of these lists (自定义档案值)."""
    query = (
        select(Dimension.code, DimensionValue.code, DimensionValue.name)
        .join(Dimension, Dimension.id == link_id(DimensionValue.dimension))
        .where(DimensionValue.company_id == books.ctx.company.id, Dimension.source == DimensionSource.LIST)
        .order_by(Dimension.id, DimensionValue.code)
    )
    for listed, code, name in books.ctx.session.execute(query):
        yield {"list": listed, "code": code, "name": name, "level": 1}


# --- 总账 --------------------------------------------------------------------------------------------------------


class _Chart:
    """The chart of accounts as a tree."""

    def __init__(self, ctx: Context) -> None:
        query = select(
            Account.id, Account.code, Account.name, Account.type, Account.side, link_id(Account.parent).label("parent")
        ).where(Account.company_id == ctx.company.id)
        self.rows = ctx.session.execute(query.order_by(Account.code)).all()
        self.by_id = {row.id: row for row in self.rows}

    def level(self, row: Any) -> int:
        """Count how deep an account stands; those at the top are 1."""
        level, seen = 1, {row.id}
        while row.parent is not None and row.parent not in seen:
            row = self.by_id[row.parent]
            seen.add(row.id)
            level += 1
        return level

    def rule(self) -> str:
        """Give how many signs the codes of each level add, as most of them do: ``4-2-2``."""
        lengths: dict[int, Counter[int]] = {}
        for row in self.rows:
            above = self.by_id[row.parent].code if row.parent is not None else ""
            own = row.code.removeprefix(above)
            lengths.setdefault(self.level(row), Counter())[len(own)] += 1
        return SEPARATOR.join(str(found.most_common(1)[0][0]) for _level, found in sorted(lengths.items()))


def general(books: Books) -> Iterator[Row]:
    """Give what holds for the whole ledger (总账基础信息)."""
    yield {"separator": SEPARATOR, "account_rule": _Chart(books.ctx).rule()}


def accounts(books: Books) -> Iterator[Row]:
    """Give the chart (会计科目)."""
    chart = _Chart(books.ctx)
    for row in chart.rows:
        yield {
            "code": row.code,
            "name": row.name,
            "level": chart.level(row),
            "type": _TYPES[row.type],
            "side": SIDES[row.side],
        }


def account_dimensions(books: Books) -> Iterator[Row]:
    """Give which dimensions accounts ask for, or have balances by (科目辅助核算)."""
    company = books.ctx.company.id
    asked = select(link_id(AccountDimension.account), link_id(AccountDimension.dimension)).where(
        AccountDimension.company_id == company
    )
    used = (
        select(link_id(DimensionBalance.account), link_id(DimensionSetValue.dimension))
        .join(DimensionSetValue, link_id(DimensionSetValue.set) == link_id(DimensionBalance.details))
        .where(DimensionBalance.company_id == company, link_id(DimensionBalance.year) == books.year.year)
    )
    both = asked.union(used).subquery()
    account, dimension = both.c
    query = (
        select(Account.code, Dimension.id, Dimension.name, Dimension.code.label("list"), Dimension.source)
        .select_from(both)
        .join(Account, Account.id == account)
        .join(Dimension, Dimension.id == dimension)
        .order_by(Account.code, Dimension.id)
    )
    for code, key, name, listed, source in books.ctx.session.execute(query):
        yield {"account": code, "slot": books.slots[key], "name": name, "archive": _ARCHIVES.get(source, listed)}


#: What brings the records of a section, by the name that data files use.  Addons add to it for sections that wait.
SOURCES: Final[dict[str, Callable[[Books], Iterable[Row]]]] = {
    "book": book,
    "periods": periods,
    "words": words,
    "rate_types": rate_types,
    "currencies": currencies,
    "departments": _values(DimensionSource.DEPARTMENTS),
    "suppliers": _values(DimensionSource.SUPPLIERS),
    "customers": _values(DimensionSource.CUSTOMERS),
    "lists": lists,
    "list_values": list_values,
    "ledger": general,
    "accounts": accounts,
    "account_dimensions": account_dimensions,
    "balances": lambda books: ledger.balances(books.ctx, books.year, books.slots),
    "cash_items": statements.cash_items,
    "cash_flows": statements.cash_flows,
    "statements": statements.statements,
    "statement_lines": statements.statement_lines,
    "voucher_lines": lambda books: ledger.voucher_lines(books.ctx, books.year, books.slots, RATE_TYPE[0]),
}

"""The demonstration: a trading company's year of books, the people who keep them, and its departments.

The year is ``data/cn_company_2025.json.gz``: 5,271 vouchers of a company under the small business standard, with
receivables in US dollars, monthly closings and red reversals.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from importlib.resources import as_file, files
from typing import Any

from sqlalchemy import select

from hanse import Context
from hanse.directory.models import Department, Role, User
from hanse.i18n import speaking
from hanse_cn.models import Taxpayer
from hanse_cn.setup import keep_taxpayer
from hanse_finance.ledger import import_within, read_case
from hanse_finance.ledger.importing import AUDITOR, MAKER
from hanse_finance.models import Account, Dimension, DimensionValue, FiscalYear, Period, Side
from hanse_finance.setup import action, add_dimensions, add_roles, dimension_name, open_year

_LEDGER, _ACCOUNTS = "cn_company_2025.json.gz", "cn_company_2025_accounts.csv"
_COMPANY = {
    "address": "上海市浦东新区示例路100号",
    "phone": "021-5555 0100",
    "bank": "中国工商银行上海示例支行 1001 0000 0000 0000 001",
}
#: Departments with the kind that says which addons are meant for them.
_DEPARTMENTS = {
    "财务部": "finance",
    "销售部": "sales",
    "采购部": "purchasing",
    "仓储部": "store",
    "人事部": "hr",
    "研发部": "office",
}
#: Who keeps the books: login, name, role.  Who makes a voucher cannot audit it, so there are two at least.
_PEOPLE = (
    ("accountant", "张晓明", "accounting_clerk"),
    ("auditor", "李静", "accounting_auditor"),
    ("chief", "王建国", "chief_accountant"),
)
_OFFICE = "财务部"


def load_trading_company(ctx: Context) -> None:
    """Load the books, departments and people into the company of ``ctx``, in its transaction."""
    with as_file(files("hanse_cn") / "data" / _LEDGER) as path:
        import_within(ctx.session, read_case(path), ctx.company.name)
    ctx.bind()
    ctx.run(action("core.company.update"), [ctx.company.id], values=_COMPANY)
    keep_taxpayer(ctx, Taxpayer.GENERAL)
    _name_services(ctx)
    _complete_accounts(ctx)
    _open_years(ctx, ctx.today.year)
    _assign_cash(ctx)
    people = _add_people(ctx)
    _add_departments(ctx, people)
    _complete_dimensions(ctx)


def _complete_accounts(ctx: Context) -> None:
    """Say of the ledger's accounts what its file leaves out: English names, the side of contra accounts, cash."""
    text = (files("hanse_cn") / "data" / _ACCOUNTS).read_text(encoding="utf-8")
    there = dict(
        ctx.session.execute(select(Account.code, Account.id).where(Account.company_id == ctx.company.id)).all()
    )
    for row in csv.DictReader(io.StringIO(text, newline="")):
        values = {"name_en": row["name_en"], "side": Side(row["side"]), "cash": row["cash"] == "1"}
        ctx.run(action("finance.account.update"), [there[row["code"]]], values=values)


def _open_years(ctx: Context, last: int) -> None:
    """Open every year up to today's, so that vouchers can be written today."""
    first = ctx.session.scalars(select(FiscalYear.start).where(FiscalYear.company_id == ctx.company.id)).one()
    for year in range(first.year + 1, last + 1):
        open_year(ctx, date(year, 1, 1))


def _assign_cash(ctx: Context) -> None:
    """Say for the cash flow statement what cash was for, as the accounts on the other side tell."""
    query = select(Period.id).where(Period.company_id == ctx.company.id).order_by(Period.start)
    ctx.run(action("finance.period.assign_cash"), list(ctx.session.scalars(query)))


def _name_services(ctx: Context) -> None:
    """Name those who imported the books as people read it in the books."""
    names = {MAKER[0]: "账簿导入", AUDITOR[0]: "账簿导入审核"}
    for user, login in ctx.session.execute(select(User.id, User.login).where(User.login.in_(names))).all():
        ctx.run(action("core.user.update"), [user], values={"name": names[login]})


def _add_people(ctx: Context) -> list[int]:
    """Add the people who keep the books, unless somebody has their login already."""
    add_roles(ctx)
    roles = dict(ctx.session.execute(select(Role.key, Role.id)).all())
    taken = set(ctx.session.scalars(select(User.login)))
    rows = [
        {"login": login, "name": name, "roles": [{"role": roles[role], "company": ctx.company.id}]}
        for login, name, role in _PEOPLE
        if login not in taken
    ]
    return list(ctx.run(action("core.user.create"), values=rows).done) if rows else []


def _add_departments(ctx: Context, accountants: Iterable[int]) -> None:
    members = [{"user": user} for user in accountants]
    rows: list[dict[str, Any]] = [
        {"name": name, "kind": kind, "members": members if name == _OFFICE else []}
        for name, kind in _DEPARTMENTS.items()
    ]
    ctx.run(action("core.department.create"), values=rows)


def _complete_dimensions(ctx: Context) -> None:
    """Name the ledger's dimensions, join its departments to those of the company, and offer contacts as values too."""
    with speaking(ctx.company.locale):
        for dimension, code in ctx.session.execute(
            select(Dimension.id, Dimension.code).where(Dimension.company_id == ctx.company.id)
        ).all():
            ctx.run(action("finance.dimension.update"), [dimension], values={"name": dimension_name(code)})
    departments = _ids_by_name(ctx)
    query = (
        select(DimensionValue.id, DimensionValue.code)
        .join(Dimension)
        .where(Dimension.company_id == ctx.company.id, Dimension.code == "department")
    )
    for value, code in ctx.session.execute(query).all():
        if code in departments:
            ctx.run(action("finance.dimension_value.update"), [value], values={"department": departments[code]})
    add_dimensions(ctx)


def _ids_by_name(ctx: Context) -> Mapping[str, int]:
    query = select(Department.name, Department.id).where(Department.company_id == ctx.company.id)
    return dict(ctx.session.execute(query).all())

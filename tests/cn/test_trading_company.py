"""What the first visitor may rely on: a company with real books, people to keep them, all of it or nothing."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from hanse import demo
from hanse.actions import Context, find_action, open_context
from hanse.actions.context import identify
from hanse.config import Settings
from hanse.directory.models import Company, Department, User
from hanse.security.passwords import verify_password
from hanse_contacts.models import Partner
from hanse_finance import books
from hanse_finance.models import Account, DimensionValue, Period, Voucher, VoucherState
from hanse_finance.reports import span_of, trial_balance
from hanse_finance.statements.working import work_out

PASSWORD = "a password for trying"


@contextmanager
def working(database, login: str = "admin") -> Generator[Context]:
    with database.session() as session, session.begin():
        user = identify(session, login)
        company = session.scalars(select(Company.id).where(Company.name == demo.COMPANY)).one()
        yield open_context(session, user, company, via="test")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(Settings.load(environ={}), home=tmp_path, admin_password=PASSWORD)


def want(database) -> None:
    with database.session() as session, session.begin():
        demo.want(session)


def test_the_demonstration_is_loaded_once_and_only_where_it_is_wanted(own_database, settings):
    assert demo.bootstrap(settings, own_database) is None

    want(own_database)
    told = demo.bootstrap(settings, own_database)
    assert told is not None
    assert all(login in told for login in ("accountant", "auditor", "chief"))
    assert PASSWORD not in told
    assert demo.bootstrap(settings, own_database) is None

    with working(own_database) as ctx:
        year = ctx.all(Voucher, Voucher.state == VoucherState.POSTED, Voucher.day <= date(2025, 12, 31))
        assert len(year) == 5271
        assert books.differences(ctx) == []
        assert all(
            row.closing == 0 for row in trial_balance(ctx, span_of(ctx, "2025")) if row.type in ("income", "expense")
        )
        told = work_out(ctx, "2025-12").as_json()
        assert told["cash_flow"]["22"]["period"] == told["balance_sheet"]["1"]["end"] == "23955352.05"
        assert "ALFKI" in ctx.all(Partner)[Partner.code]
        assert {"财务部", "销售部", "采购部"} <= set(ctx.all(Department)[Department.name])
        sales = ctx.all(DimensionValue, DimensionValue.code == "销售部").one()
        assert sales.department is not None
        assert all(ctx.all(Account)[Account.name_en])
        assert f"{date.today():%Y-%m}" in ctx.all(Period)[Period.code]
        stored = dict(zip(ctx.all(User)[User.login], ctx.all(User)[User.password], strict=True))
        assert all(verify_password(stored[login], PASSWORD) for login in ("accountant", "auditor", "chief"))
    _one_makes_another_audits(own_database)


def _one_makes_another_audits(database) -> None:
    """The clerk writes, the auditor audits and posts; neither may do the other's work."""
    create, audit, post = (find_action(f"finance.voucher.{verb}") for verb in ("create", "audit", "post"))
    with working(database, "accountant") as ctx:
        cash, sales = (ctx.visible(Account, Account.code == code).one().id for code in ("1001", "5301"))
        lines = [{"summary": "收款", "account": cash, "debit": 10}, {"account": sales, "credit": 10}]
        voucher = ctx.run(create, values=[{"day": ctx.today, "lines": lines}]).id
        assert [ctx.may(f"finance.voucher.{verb}") for verb in ("update", "print", "audit", "post")] == [
            True,
            True,
            False,
            False,
        ]
    with working(database, "auditor") as ctx:
        assert [ctx.may(f"finance.voucher.{verb}") for verb in ("create", "update", "print")] == [False, False, True]
        ctx.run(audit, [voucher])
        ctx.run(post, [voucher])
        posted = ctx.visible(Voucher, Voucher.id == voucher).one()
        there = ctx.all(Voucher, Voucher.period_id == posted.period_id, Voucher.word_id == posted.word_id)
        assert posted.number == len(there)


def test_what_fails_leaves_nothing_and_is_tried_again(own_database, settings, monkeypatch, caplog):
    want(own_database)
    with monkeypatch.context() as patch:
        patch.setattr("hanse_cn.demo._open_years", lambda *_: 1 / 0)
        assert demo.bootstrap(settings, own_database) is None
    assert "could not be loaded" in caplog.text
    with own_database.session() as session:
        assert session.scalar(select(Company.id).where(Company.name == demo.COMPANY)) is None
        assert session.scalar(select(User.id).where(User.login == "auditor")) is None

    assert demo.bootstrap(settings, own_database) is not None


def test_a_generated_password_is_told_once(own_database, settings, monkeypatch):
    monkeypatch.setattr("hanse.demo.generate_password", lambda: "told-once-only")
    monkeypatch.setattr("hanse_cn.demo.import_within", lambda *_: None)
    monkeypatch.setattr("hanse_cn.demo._complete_accounts", lambda *_: None)
    monkeypatch.setattr("hanse_cn.demo._open_years", lambda *_: None)
    want(own_database)

    told = demo.bootstrap(replace(settings, admin_password=""), own_database)

    assert told is not None
    assert "told-once-only" in told
    with own_database.session() as session:
        assert verify_password(
            session.scalars(select(User.password).where(User.login == "chief")).one(), "told-once-only"
        )

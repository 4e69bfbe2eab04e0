"""What the demonstration may be relied on for: something true in each list of receivables, assets and banks.

Its figures agree with its vouchers: the checks before closing find nothing, and the table of a bank comes out even.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from test_trading_company import PASSWORD, want, working

from hanse import demo
from hanse.config import Settings
from hanse.files import FileStore
from hanse_assets.models import Asset, Depreciation
from hanse_assets.reconciling import register_balances
from hanse_banking.adjusting import adjust
from hanse_banking.models import BankLine, BankMatch, BankStatement, HouseAccount
from hanse_finance import books
from hanse_finance.closing.checks import Level, check_period
from hanse_finance.models import Period, Voucher
from hanse_invoicing import checks, items
from hanse_invoicing.models import Allocation, Invoice, InvoiceKind, InvoiceState, Ledger, OpenItem, Payment
from hanse_invoicing.standing import ageing

D = Decimal


@pytest.fixture(scope="module")
def shown(databases, tmp_path_factory):
    """The demonstration, loaded once; nobody changes it."""
    home = tmp_path_factory.mktemp("demonstration")
    settings = replace(Settings.load(environ={}), home=home, admin_password=PASSWORD)
    with databases.copy() as database:
        want(database)
        assert demo.bootstrap(settings, database) is not None
        with working(database) as ctx:
            yield ctx, settings


def test_one_person_has_written_the_documents_and_another_has_posted_them(shown):
    ctx, _settings = shown
    documents = [one for one in ctx.all(Invoice) if one.state is InvoiceState.POSTED] + list(ctx.all(Payment))
    assert {(one.maker.login, one.poster.login) for one in documents} == {("accountant", "chief")}
    vouchers = ctx.all(Voucher, Voucher.document.is_not(None))
    assert len(vouchers) > len(documents)  # some settlements have one besides
    assert {(one.maker.login, one.auditor.login) for one in vouchers} == {("accountant", "chief")}


def test_every_kind_of_document_is_there_in_every_state(shown):
    ctx, _settings = shown
    there = {(one.kind, one.state) for one in ctx.all(Invoice)}
    assert there >= {
        (kind, state)
        for kind in (InvoiceKind.INVOICE, InvoiceKind.BILL)
        for state in (InvoiceState.DRAFT, InvoiceState.POSTED)
    } | {(InvoiceKind.CREDIT_NOTE, InvoiceState.POSTED)}
    found = [(one.ledger, abs(one.open), abs(one.amount), one.due < ctx.today) for one in ctx.all(OpenItem)]
    for ledger in Ledger:
        mine = [one for one in found if one[0] is ledger]
        assert any(not left for _ledger, left, _amount, _late in mine), "something is paid"
        assert any(left == amount and late for _ledger, left, amount, late in mine), "something is overdue"
        assert any(left and not late for _ledger, left, _amount, late in mine), "something is not due yet"
    assert any(0 < left < amount for _ledger, left, amount, _late in found), "something is paid in part"
    assert {one.currency.code for one in ctx.all(Invoice)} == {"CNY", "USD", "EUR"}
    assert [one.credit_amount for one in ctx.all(Allocation) if one.credit_amount] == [D(43520)]
    assert any(one.advance for one in ctx.all(Payment))
    days = [(one.kind, one.number, one.day) for one in ctx.all(Invoice, Invoice.number.is_not(None))]
    assert sorted(days) == sorted(days, key=lambda one: (one[0], one[2])), "numbers follow the days"


def test_what_is_open_stands_on_its_accounts(shown):
    ctx, _settings = shown
    assert [*checks.compared(ctx, ctx.today), *items.differences(ctx), *books.differences(ctx)] == []
    total = sum(one.total for one in ageing(ctx, Ledger.RECEIVABLE, ctx.today))
    assert total == sum(one.open_base for one in ctx.all(OpenItem, OpenItem.ledger == Ledger.RECEIVABLE)) > 0


def test_assets_are_what_the_books_have_of_them(shown):
    """The ledger opens with 480,000 less 96,000 and charges 8,000 in each month of its year."""
    ctx, _settings = shown
    assert sum(one.cost for one in ctx.all(Asset)) == D(480000)
    charged = ctx.all(Depreciation)[Depreciation.amount]
    assert [len(charged), sum(charged)] == [12 * 4, D(96000)]
    (last,) = ctx.all(Period, Period.code == "2025-12")
    assert sorted(amount for _use, amount in register_balances(ctx, last).values()) == [D(-192000), D(480000)]


@pytest.mark.parametrize("code", ["2025-01", "2025-06", "2025-12"])
def test_nothing_of_these_addons_keeps_a_period_open(shown, code):
    ctx, _settings = shown
    (period,) = ctx.all(Period, Period.code == code)
    ours = ("hanse_invoicing", "hanse_assets", "hanse_banking")
    found = [one for result in check_period(ctx, period) if result.check.addon in ours for one in result.findings]
    assert [str(one.message) for one in found if one.level is Level.ERROR] == []


def test_a_statement_is_half_reconciled_and_the_table_comes_out_even(shown):
    ctx, settings = shown
    (bank,) = ctx.all(HouseAccount)
    first, second = ctx.all(BankStatement, order_by=[BankStatement.start])
    assert len(ctx.all(BankMatch)) > 20
    assert len(ctx.all(BankLine, BankLine.statement_id == second.id)) > 20
    table = adjust(ctx, bank, date(2025, 12, 20))
    assert table.difference == 0
    assert table.bank == table.stated == second.closing
    assert {one.amount for one in table.not_in_books} >= {D(-120), D("463.27")}
    done = adjust(ctx, bank, date(2025, 12, 10))
    assert [done.difference, done.bank == first.closing] == [0, True]
    with FileStore.of(settings).open(first.source.key) as file:
        assert "交易日期" in file.read().decode("utf-8-sig")

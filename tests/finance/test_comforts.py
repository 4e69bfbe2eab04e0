"""What makes a bookkeeper's day shorter: templates, recurring vouchers, numbers in order, cashiers, quantities."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from bookkeeping import Ledger, act
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hanse import BusinessError
from hanse.settings.changing import change_settings
from hanse.testing.browser import Site
from hanse_finance.actions.templates import after, write_recurring
from hanse_finance.models import FinanceSettings, Rhythm, Voucher, VoucherState, VoucherTemplate


def template(ledger: Ledger, **more: Any) -> VoucherTemplate:
    values = {"name": "Rent", "lines": ledger.lines((("6001", "100"), ("1002", "-100")))} | more
    made = ledger.maker.run(act("finance.voucher_template.create"), values=[values]).id
    return ledger.maker.all(VoucherTemplate, VoucherTemplate.id == made).one()


def test_a_voucher_is_kept_as_a_template_and_written_again(ledger):
    voucher = ledger.voucher((("6001", "12.50"), ("1002", "-12.50")))
    kept = ledger.do("keep", voucher, by=ledger.maker, name="Rent").result
    assert [(line.account.code, line.debit, line.credit) for line in kept.lines] == [
        ("6001", Decimal("12.50"), None),
        ("1002", None, Decimal("12.50")),
    ]
    made = ledger.maker.run(act("finance.voucher_template.write"), [kept.id]).result
    again = ledger.read(made[0])
    assert again.state is VoucherState.DRAFT
    assert again.total == voucher.total
    assert again.maker_id == ledger.maker.user.id


def test_recurring_vouchers_are_written_on_their_day_and_those_missed_as_well(ledger):
    today = ledger.maker.today
    first = today.replace(month=1, day=31)
    ledger.maker.run(act("finance.fiscal_year.create"), values=[{"start": date(today.year, 1, 1)}])
    one = template(ledger, rhythm=Rhythm.MONTHLY, next_day=first)
    write_recurring.function(ledger.maker)
    days = sorted(voucher.day for voucher in ledger.maker.all(Voucher))
    due = [first.replace(month=month, day=monthrange(today.year, month)[1]) for month in range(1, today.month + 1)]
    assert days == [day for day in due if day <= today]
    fresh = ledger.maker.all(VoucherTemplate, VoucherTemplate.id == one.id).one()
    assert fresh.next_day > today
    write_recurring.function(ledger.maker)
    assert len(ledger.maker.all(Voucher)) == len(days), "nothing is written twice"


def test_one_that_cannot_be_written_waits_and_is_told(ledger):
    one = template(ledger, rhythm=Rhythm.MONTHLY, next_day=date(2020, 1, 5))
    write_recurring.function(ledger.maker)
    assert len(ledger.maker.all(Voucher)) == 0
    assert ledger.maker.all(VoucherTemplate, VoucherTemplate.id == one.id).one().next_day == date(2020, 1, 5)


@given(st.dates(date(2020, 1, 1), date(2050, 1, 1)), st.sampled_from([Rhythm.MONTHLY, Rhythm.QUARTERLY, Rhythm.YEARLY]))
def test_a_rhythm_keeps_its_day_as_far_as_months_allow(day, rhythm):
    later = after(day, rhythm)
    months = {Rhythm.MONTHLY: 1, Rhythm.QUARTERLY: 3, Rhythm.YEARLY: 12}[rhythm]
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or later.day >= 28


def test_numbers_are_put_in_order_of_days_behind_the_posted_ones(ledger):
    ledger.posted(on="2025-03-20")
    late, early, void = (ledger.voucher(on=f"2025-03-{day:02}") for day in (15, 5, 1))
    audited = ledger.audited(on="2025-03-10")
    ledger.do("void", void, by=ledger.maker)
    ledger.maker.run(act("finance.period.renumber"), [ledger.period("2025-03").id])
    ledger.maker.session.expire_all()
    assert [ledger.read(one.id).provisional for one in (early, audited, late)] == [2, 3, 4]
    assert len(ledger.maker.all(Voucher)) == 4
    entry = ledger.maker.session.execute(
        text("SELECT action FROM core_audit WHERE action = 'finance.period.renumber' LIMIT 1")
    ).scalar()
    assert entry == "finance.period.renumber"
    for one in (early, late):
        ledger.audit(ledger.read(one.id))
    ledger.do("post", *[ledger.read(one.id) for one in (late, early, audited)])
    ledger.maker.session.expire_all()
    assert [ledger.read(one.id).number for one in (early, audited, late)] == [2, 3, 4]


def test_the_cashier_signs_what_moves_cash_and_does_not_audit_it(ledger):
    ledger.maker.run(act("finance.account.update"), [ledger.account("1001")], values={"cash": True})
    change_settings(ledger.maker, FinanceSettings, {"cashier_signs": True})
    ledger.auditor.kept.clear()
    plain = ledger.posted((("6001", "5"), ("2202", "-5")))
    assert plain.state is VoucherState.POSTED
    voucher = ledger.audited()
    with pytest.raises(BusinessError, match="has not signed"):
        ledger.post(voucher)
    with pytest.raises(BusinessError, match="cashier is somebody else"):
        ledger.do("sign", voucher)
    ledger.do("sign", voucher, by=ledger.maker)
    assert ledger.post(ledger.read(voucher.id)).cashier_id == ledger.maker.user.id
    with pytest.raises(BusinessError, match="not posted yet are signed"):
        ledger.do("unsign", ledger.read(voucher.id), by=ledger.maker)
    with pytest.raises(BusinessError, match="moves no cash"):
        ledger.do("sign", ledger.voucher((("6001", "5"), ("2202", "-5"))), by=ledger.maker)


def test_a_signature_is_withdrawn_and_stands_against_auditing(ledger):
    ledger.maker.run(act("finance.account.update"), [ledger.account("1001")], values={"cash": True})
    voucher = ledger.voucher()
    ledger.do("sign", voucher)
    with pytest.raises(BusinessError, match="You signed this voucher as cashier"):
        ledger.audit(ledger.read(voucher.id))
    ledger.do("unsign", ledger.read(voucher.id))
    assert ledger.audit(ledger.read(voucher.id)).state is VoucherState.AUDITED


def test_the_database_keeps_cashier_and_auditor_apart(ledger):
    voucher = ledger.audited()
    with pytest.raises(DBAPIError, match="cashier"), ledger.maker.session.begin_nested():
        ledger.maker.session.execute(
            text("UPDATE finance_voucher SET cashier_id = auditor_id WHERE id = :id"), {"id": voucher.id}
        )


def test_accounts_that_count_ask_for_the_quantity_and_red_lines_have_it_negative(ledger):
    ledger.maker.run(act("finance.account.update"), [ledger.account("1122")], values={"unit": "pieces"})
    with pytest.raises(BusinessError, match="counts in pieces"):
        ledger.voucher((("1122", "5"), ("5001", "-5")))
    with pytest.raises(BusinessError, match="counts in no unit"):
        ledger.voucher((("1122", "5", {"quantity": Decimal(2)}), ("5001", "-5", {"quantity": Decimal(2)})))
    voucher = ledger.posted((("1122", "5", {"quantity": Decimal("2.5")}), ("5001", "-5")))
    assert voucher.lines[0].quantity == Decimal("2.5")
    red = ledger.reverse(voucher, on=date(2025, 3, 20))
    assert red.lines[0].quantity == Decimal("-2.5")


def test_a_copy_begins_with_the_lines_and_a_day_of_its_own(on_disk, own_database, tmp_path):
    with on_disk() as ledger:
        voucher = ledger.voucher((("1001", "7"), ("5001", "-7")), attachments=3)
        kept = template(ledger)
        keys = (voucher.id, kept.id)
    site = Site(own_database, tmp_path)
    browser = site.browser("admin")
    page = browser.get(f"/finance/voucher/{keys[0]}")
    assert f"/finance/voucher/new?like={keys[0]}" in page.text
    fresh = browser.get(f"/finance/voucher/new?like={keys[0]}")
    assert fresh.forms["record-form"]["lines-0-debit"].value == "7.00"
    assert fresh.forms["record-form"]["attachments"].value == "0"
    begun = browser.get(f"/finance/begin-voucher?record={keys[1]}").follow()
    assert begun.forms["record-form"]["lines-1-credit"].value == "100.00"
    assert browser.get("/finance/voucher/new?like=999999", status=404)

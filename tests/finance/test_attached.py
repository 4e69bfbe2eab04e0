"""Attached documents of a voucher: typed, or counted from its files; who notes fewer than there are is told so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from bookkeeping import Ledger
from sqlalchemy import select

from hanse.actions.records import Records
from hanse.directory.models import Attachment
from hanse.settings.changing import change_settings
from hanse.testing.browser import Site
from hanse.testing.databases import Databases
from hanse_finance import voucher_files
from hanse_finance.models import FinanceSettings, Voucher, VoucherState

FILE = {"media_type": "application/pdf", "size": 4, "key": "a" * 64}


def attach(ledger: Ledger, voucher: Voucher, *names: str) -> None:
    ledger.do("attach", voucher, by=ledger.maker, files=[{"name": name, **FILE} for name in names])


def noted(ledger: Ledger, voucher: Voucher) -> int:
    ledger.maker.session.expire_all()
    return ledger.read(voucher.id).attachments


@pytest.fixture
def counting(ledger: Ledger) -> Ledger:
    """Books whose vouchers count their files."""
    change_settings(ledger.maker, FinanceSettings, {"count_files": True})
    return ledger


def test_files_are_counted_as_they_come_and_go(counting):
    voucher = counting.voucher()
    assert (voucher.counted, voucher.attachments) == (True, 0)
    attach(counting, voucher, "invoice.pdf", "slip.pdf")
    assert noted(counting, voucher) == 2
    one = counting.maker.session.scalars(select(Attachment.id).where(Attachment.record == voucher.id)).first()
    counting.do("detach", voucher, by=counting.maker, attachment=one)
    assert noted(counting, voucher) == 1


def test_an_audited_voucher_still_counts_and_a_posted_one_is_final(counting):
    voucher = counting.audited()
    attach(counting, voucher, "invoice.pdf")
    assert noted(counting, voucher) == 1
    counting.post(counting.read(voucher.id))
    attach(counting, voucher, "late.pdf")
    assert noted(counting, voucher) == 1
    assert str(voucher_files.told(counting.maker, counting.read(voucher.id))) == "2, more than the 1 noted"


def test_a_typed_number_stays_whatever_is_attached(ledger):
    voucher = ledger.voucher(attachments=3)
    attach(ledger, voucher, "all of them.pdf")
    assert noted(ledger, voucher) == 3
    assert str(voucher_files.told(ledger.maker, ledger.read(voucher.id))) == "1"


@pytest.mark.parametrize(("more", "counted"), [({}, True), ({"attachments": 2}, False), ({"counted": False}, False)])
def test_the_setting_is_for_vouchers_that_do_not_say_otherwise(counting, more, counted):
    assert counting.voucher(**more).counted is counted


def test_without_the_setting_numbers_are_typed(ledger):
    assert ledger.voucher().counted is False


def test_changing_over_takes_the_number_of_files_and_back_keeps_it(ledger):
    voucher = ledger.voucher(attachments=5)
    attach(ledger, voucher, "a.pdf", "b.pdf")
    ledger.do("update", voucher, by=ledger.maker, values={"counted": True, "attachments": 9})
    assert noted(ledger, voucher) == 2
    ledger.do("update", voucher, by=ledger.maker, values={"counted": False})
    assert noted(ledger, voucher) == 2


def test_who_notes_fewer_documents_than_there_are_files_is_warned(ledger):
    voucher = ledger.voucher(attachments=1)
    attach(ledger, voucher, "a.pdf", "b.pdf")
    records: Records[Any] = Records(ledger.maker.session, Voucher, ids=[voucher.id])

    def said(**values: Any) -> list[str]:
        return [str(one.message) for one in voucher_files.cautions(ledger.maker, records, values)]

    assert said() == ["1 attached documents are noted, but 2 files are attached."]
    assert said(attachments=2) == said(counted=True) == []


def test_vouchers_with_more_files_than_documents_are_found(ledger):
    short, _enough, _bare = ledger.voucher(attachments=1), ledger.voucher(attachments=2), ledger.voucher()
    for voucher in (short, _enough):
        attach(ledger, voucher, "a.pdf", "b.pdf")
    found = ledger.maker.visible(Voucher, voucher_files.lacking(ledger.maker))
    assert found.ids == [short.id]


def test_a_reversal_types_the_number_of_its_original(counting):
    voucher = counting.voucher()
    attach(counting, voucher, "a.pdf")
    counting.post(counting.audit(counting.read(voucher.id)))
    red = counting.reverse(counting.read(voucher.id), on=date(2025, 3, 20))
    assert (red.attachments, red.counted, red.state) == (1, False, VoucherState.DRAFT)


# --- in the browser


@pytest.fixture
def site(databases: Databases, tmp_path: Path) -> Iterator[Site]:
    with databases.copy() as database:
        site = Site(database, tmp_path)
        with site.transaction() as ctx:
            Ledger(ctx).open()
        yield site


def test_the_form_shows_the_number_and_the_files_and_asks_before_it_keeps_fewer(site):
    with site.transaction() as ctx:
        ledger = Ledger(ctx)
        voucher = ledger.voucher(attachments=1)
        attach(ledger, voucher, "a.pdf", "b.pdf")
        key = voucher.id
    browser = site.browser("admin")
    page = browser.get(f"/finance/voucher/{key}")
    assert "2, more than the 1 noted" in page.text
    form = page.forms["record-form"]
    form["attachments"], form["lines-order"] = "0", "0,1"
    answer = form.submit(status=422)
    assert "0 attached documents are noted, but 2 files are attached." in answer.text
    with site.transaction() as ctx:
        assert ctx.session.scalar(select(Voucher.attachments).where(Voucher.id == key)) == 1
    again = answer.forms["record-form"]
    again["lines-order"] = "0,1"
    assert again.submit().status_int == 303
    with site.transaction() as ctx:
        assert ctx.session.scalar(select(Voucher.attachments).where(Voucher.id == key)) == 0

"""What people may rely on when they print: what they chose, remembered; covers and volumes; who printed what."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from bookkeeping import Ledger, act
from sqlalchemy import text as sql

from hanse import BusinessError
from hanse.files import FileStore
from hanse.jobs import progress_of
from hanse.jobs.execute import execute
from hanse.screens.printing import offered_documents, offered_files
from hanse.security import sessions
from hanse.settings.changing import change_settings
from hanse.testing.browser import Browser, Site
from hanse.testing.databases import Databases
from hanse.testing.people import Person, open_for_person
from hanse_cn.models import PreprintedSettings
from hanse_finance import choosing
from hanse_finance.binding import Binding, company_look, volumes
from hanse_finance.models import Voucher, VoucherPrint, VoucherPrintSettings
from hanse_finance.printed import Look, voucher_form
from hanse_finance.printing import Selection, chosen, printed_vouchers
from hanse_finance.reports import span_of
from hanse_finance.screens import VOUCHERS
from hanse_finance.screens import printing as page_of_printing

PAGE = "/finance/print-vouchers"
PERMISSIONS = (("finance.*", "company"), ("core.user.read", "company"))


def text_of(pdf: bytes) -> list[str]:
    with pypdfium2.PdfDocument(pdf) as document:
        return [re.sub(r"\s", "", page.get_textpage().get_text_bounded()) for page in document]


@pytest.fixture
def site(databases: Databases, tmp_path: Path) -> Iterator[Site]:
    """The application with two posted vouchers of March, a draft, and two people who print."""
    with databases.copy() as database:
        site = Site(database, tmp_path)
        with site.transaction() as ctx:
            ledger = Ledger(ctx).open()
            for amount in ("100", "250.50"):
                ledger.posted([("1001", amount), ("5001", f"-{amount}")])
            ledger.voucher()
            for name in ("ann", "ben"):
                open_for_person(ctx, Person(name, PERMISSIONS, None, ()))
        yield site


@pytest.fixture
def ann(site: Site) -> Browser:
    return site.browser("ann")


def submit(browser: Browser, status: int = 200, **values: Any) -> Any:
    """Fill in the page and send it; None takes a switch off."""
    form = browser.get(PAGE, params={"ids": values.pop("ids")} if "ids" in values else {}).forms["record-form"]
    for name, value in values.items():
        form[name] = value
    return form.submit(status=status)


def notes(site: Site) -> list[tuple[str, str | None]]:
    with site.transaction() as ctx:
        return [(note.user.login, note.form) for note in ctx.all(VoucherPrint)]


# --- the page ---------------------------------------------------------------------------------------------------------


def test_posted_vouchers_of_the_period_are_printed_as_chosen(site, ann):
    answer = submit(ann, period="2025-03", form="a4-3", columns="compact", subtotals=True)

    assert answer.content_type == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("inline")
    (page,) = text_of(answer.body)
    assert "No.记-0001" in page
    assert "No.记-0002" in page
    with pikepdf.open(io.BytesIO(answer.body)) as document:
        assert [round(float(edge) * 25.4 / 72) for edge in document.pages[0].MediaBox] == [0, 0, 210, 297]
    assert notes(site) == [("ann", "a4-3")] * 2


def test_what_somebody_chose_last_stands_on_their_page_and_on_nobody_elses(site, ann):
    submit(ann, period="2025-03", form="a5", columns="foreign", strike_unused=True, signatures=False, lines="8")

    form = ann.get(PAGE).forms["record-form"]
    assert (form["form"].value, form["columns"].value, form["lines"].value) == ("a5", "foreign", "8")
    assert (form["strike_unused"].checked, form["signatures"].checked) == (True, False)
    other = site.browser("ben").get(PAGE).forms["record-form"]
    assert (other["form"].value, other["columns"].value, other["signatures"].checked) == ("240x140", "detailed", True)


def test_a_companys_settings_hold_where_nobody_chose(site):
    with site.transaction() as ctx:
        change_settings(ctx, VoucherPrintSettings, {"form": "a4-2", "subtotals": True, "red": False})

    form = site.browser("ben").get(PAGE).forms["record-form"]

    assert (form["form"].value, form["subtotals"].checked, form["red"].checked) == ("a4-2", True, False)


def test_a_document_of_a_form_looks_as_the_person_chose_last(site, ann):
    submit(ann, period="2025-03", form="a5", columns="compact")
    with site.transaction() as ctx:
        voucher = ctx.all(Voucher, Voucher.number == 1).one().id

    (page,) = text_of(ann.get(f"/finance/voucher/{voucher}/print/240x140").body)

    assert "Details" not in page  # the column of the detailed one


def test_chosen_rows_lead_to_the_page_and_are_what_is_printed(site, ann):
    with site.transaction() as ctx:
        first, draft = (
            one.id
            for one in (ctx.all(Voucher, Voucher.number == 1).one(), ctx.all(Voucher, Voucher.number.is_(None)).one())
        )

    answer = ann.get(f"/finance/voucher/{first}/print/choose", status=303)
    assert answer.headers["Location"].endswith(f"{PAGE}?ids={first}")

    pages = text_of(submit(ann, ids=f"{draft},{first}").body)
    assert ["No.记-0001" in pages[0], "draft0" in pages[1], len(pages)] == [True, True, 2]


def test_programs_are_offered_files_and_no_page(site):
    with site.transaction() as ctx:
        names = {one.name for one in offered_files(ctx, VOUCHERS)}
        pages = {one.name for one in offered_documents(ctx, VOUCHERS)} - names
    assert names == {"240x140", "a4-2", "a4-3", "a5", "overprint"}
    assert pages == {"choose"}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"lines": "2"}, "from 3 to 12"),
        ({"form": "a4-3", "lines": "8"}, "from 3 to 7"),
        ({"vouchers": False}, "Choose what to print"),
        ({"word": "记", "first": "77"}, "There are no such vouchers"),
        ({"first": "abc"}, "whole number"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field_and_nothing_typed_is_lost(site, ann, values, words):
    answer = submit(ann, 422, period="2025-03", binder="Somebody", **values)

    assert words in answer.text
    assert answer.forms["record-form"]["binder"].value == "Somebody"
    assert notes(site) == []


def test_only_what_nobody_has_printed_is_printed_once(site, ann):
    submit(ann, period="2025-03", first="1", last="1")
    (page,) = text_of(submit(ann, period="2025-03", first="", last="", unprinted=True).body)
    assert "No.记-0002" in page

    assert "There are no such vouchers" in submit(ann, 422, period="2025-03", unprinted=True).text


def test_whoever_may_not_print_has_no_page(site):
    with site.transaction() as ctx:
        open_for_person(ctx, Person("reader", (("finance.voucher.read", "company"),), None, ()))
    assert site.browser("reader").get(PAGE, status="*").status_int in (403, 404)


def test_many_vouchers_are_a_job_that_prints_as_chosen(site, ann, monkeypatch):
    monkeypatch.setattr(page_of_printing, "AT_ONCE", 1)
    submit(ann, 303, period="2025-03", form="a4-2", cover=True)
    with site.transaction() as ctx:
        (job,) = ctx.session.scalars(sql("SELECT id FROM core_job WHERE task LIKE '%print_batch'"))
    files = FileStore.of(site.settings)

    execute(site.database, files, job)

    with site.transaction() as ctx:
        status = progress_of(ctx, job)
    assert status.result is not None
    with files.open(status.result.key or "") as stored:
        pages = text_of(stored.read())
    assert "Vouchers" in pages[0]
    assert "No.记-0001" in pages[1]
    assert notes(site) == [("ann", "a4-2")] * 2


def test_a_choice_of_an_earlier_version_is_as_if_nobody_chose(site, ann):
    with site.transaction() as ctx:
        user = ctx.session.execute(sql("SELECT id FROM core_user WHERE login = 'ann'")).scalar_one()
        sessions.set_preference(ctx.session, user, choosing.PREFERENCE, {"form": "a4-2"})
    assert ann.get(PAGE).forms["record-form"]["form"].value == "240x140"


# --- pre-printed paper and printers -----------------------------------------------------------------------------------


def test_a_printers_offset_moves_pre_printed_forms_only(site, ann):
    with site.transaction() as ctx:
        values = {"name": "Okidata", "move_right": Decimal("2.5"), "move_down": Decimal("-1")}
        printer = ctx.run(act("finance.printer.create"), values=[values]).id

    def place(pdf: bytes) -> tuple[float, float]:
        with pypdfium2.PdfDocument(pdf) as document:
            text = document[0].get_textpage()
            at = text.get_text_range().index("2025-03-10")
            box = text.get_charbox(at)
        return box[0] * 25.4 / 72, box[1] * 25.4 / 72

    def printed(**more: Any) -> tuple[float, float]:
        return place(submit(ann, period="2025-03", first="1", last="1", **more).body)

    x, y = printed(form="overprint", printer="")
    moved_x, moved_y = printed(form="overprint", printer=str(printer))
    assert (moved_x - x, y - moved_y) == (pytest.approx(2.5, abs=0.01), pytest.approx(-1, abs=0.01))
    assert printed(form="240x140", printer=str(printer)) == printed(form="240x140", printer="")
    assert ann.get(PAGE).forms["record-form"]["printer"].value == ""


def test_a_company_measures_its_paper(site, ann):
    with site.transaction() as ctx:
        change_settings(ctx, PreprintedSettings, {"paper_width": 241, "paper_height": Decimal("139.7"), "lines": 5})
    answer = submit(ann, period="2025-03", first="1", last="1", form="overprint")
    with pikepdf.open(io.BytesIO(answer.body)) as document:
        assert [round(float(edge) * 25.4 / 72, 1) for edge in document.pages[0].MediaBox] == [0, 0, 241, 139.7]


@pytest.mark.parametrize(
    ("values", "words"),
    [({"summary_width": 180}, "wider"), ({"line_height": 40}, "higher"), ({"digit_cells": 3}, "9 to 14")],
)
def test_what_cannot_be_paper_is_refused(ledger, values, words):
    with pytest.raises(BusinessError, match=words):
        change_settings(ledger.maker, PreprintedSettings, values)


# --- covers, summary sheets, volumes ----------------------------------------------------------------------------------


def bound(ledger: Ledger, binding: Binding, look: Look | None = None) -> list[Any]:
    ctx = ledger.maker
    ids = chosen(ctx, Selection(span_of(ctx, "2025-03"), unposted=True))
    form = voucher_form("240x140", ctx.enabled)
    return list(
        volumes(
            ctx, ids, form, look or company_look(ctx), binding, "en", lambda some: printed_vouchers(ctx, some, "en")
        )
    )


def test_a_cover_counts_what_is_behind_it(ledger):
    ledger.maker.run(act("core.company.update"), [ledger.maker.company.id], values={"legal_name": "示例有限公司"})
    change_settings(ledger.maker, VoucherPrintSettings, {"responsible": "孙六"})
    long = [("1001", "1")] * 8 + [("5001", "-8")]
    ledger.posted(long, attachments=3)
    ledger.posted(attachments=2)

    (volume,) = bound(ledger, Binding(cover=True, binder="李晓明"))

    cover = volume.cover
    assert (cover.company, cover.period, cover.volume, cover.volumes) == ("示例有限公司", "2025-03", 1, 1)
    assert (cover.vouchers, cover.sheets, cover.attachments) == (2, 3, 5)
    assert [tuple(one) for one in cover.numbers] == [("2025-03", "记", "0001", "0002", 2)]
    assert (cover.binder, cover.responsible) == ("李晓明", "孙六")
    assert [one.chief for one in volume.vouchers] == ["孙六", "孙六"]


def test_a_summary_adds_up_by_general_account_and_keeps_red_on_its_side(ledger):
    bank = ledger.maker.run(
        act("finance.account.create"),
        values=[{"code": "1003", "name": "Deposits", "type": "asset", "side": "D", "postable": False}],
    ).id
    for code in ("100301", "100302"):
        ledger.maker.run(
            act("finance.account.create"),
            values=[{"code": code, "name": f"Deposits-{code}", "type": "asset", "side": "D", "parent": bank}],
        )
    sale = ledger.posted([("100301", "70"), ("100302", "30"), ("5001", "-100")])
    ledger.post(ledger.audit(ledger.reverse(sale, on=date(2025, 3, 20))))
    ledger.posted([("1001", "5"), ("5001", "-5")])

    (volume,) = bound(ledger, Binding(summary=True, vouchers=False))

    rows = [(row.code, row.title, row.debit, row.credit) for row in volume.summary.rows]
    assert rows == [("1001", "Cash", 5, 0), ("1003", "Deposits", 0, 0), ("5001", "Sales", 0, 5)]
    assert volume.vouchers == ()


def test_volumes_have_as_many_sheets_as_fit_and_each_its_own_numbers(ledger):
    for _number in range(5):
        ledger.posted()

    found = bound(ledger, Binding(cover=True, sheets_a_volume=2, volume=4))

    assert [len(list(volume.vouchers)) for volume in found] == [2, 2, 1]
    assert [(volume.cover.volume, volume.cover.volumes) for volume in found] == [(4, 6), (5, 6), (6, 6)]
    assert [(volume.cover.numbers[0].first, volume.cover.numbers[0].last) for volume in found] == [
        ("0001", "0002"),
        ("0003", "0004"),
        ("0005", "0005"),
    ]


def test_a_voucher_longer_than_a_volume_stands_in_one_of_its_own(ledger):
    ledger.posted()
    ledger.posted([("1001", "1")] * 20 + [("5001", "-20")])
    ledger.posted()

    assert [volume.cover.sheets for volume in bound(ledger, Binding(cover=True, sheets_a_volume=2))] == [1, 4, 1]


def test_the_page_prints_covers_and_volumes(site, ann):
    answer = submit(ann, period="2025-03", cover=True, summary=True, sheets_a_volume="1", binder="Binder B.")
    pages = text_of(answer.body)
    assert len(pages) == 6
    assert ["1of2" in pages[0], "2of2" in pages[3], "BinderB." in pages[0]] == [True, True, True]
    assert "Accountsummary" in pages[1]
    assert "100.00" in pages[1]
    assert "250.50" in pages[4]


# --- who has printed what ---------------------------------------------------------------------------------------------


def test_the_log_tells_who_printed_which_voucher_when_on_what_and_how_often(site, ann):
    for _time in range(2):
        submit(ann, period="2025-03", form="a5")

    page = ann.get("/finance/voucher_print").text

    assert page.count("记-1") >= 2
    assert "A5 landscape" in page
    assert re.search(r"Mar(ch)? 10|10 Mar", page)
    rows = re.findall(r'data-name="times"[^>]*>\s*(?:<[^>]+>)*\s*(\d+)', page) or re.findall(r">(\d)<", page)
    assert {"1", "2"} <= set(rows)
    mine = site.browser("ben").get("/finance/voucher_print", params={"f-mine": "1"}).text
    assert "记-1" not in mine


def test_a_voucher_tells_how_often_and_by_whom_it_was_printed_last(site, ann):
    submit(ann, period="2025-03")
    submit(site.browser("ben"), period="2025-03")
    with site.transaction() as ctx:
        printed = ctx.all(Voucher, Voucher.number == 1).one().id

    assert re.search(r"2 times, last by ben", ann.get(f"/finance/voucher/{printed}").text, re.IGNORECASE)


def test_the_list_finds_what_nobody_has_printed(site, ann):
    submit(ann, period="2025-03", first="1", last="1")
    page = ann.get("/finance/voucher", params={"f-unprinted": "1"}).text
    assert "记-2" in page
    assert "记-1<" not in page

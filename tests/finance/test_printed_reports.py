"""What printed reports may be relied on for: what the page shows, for those who may read it, long ones by a job."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bookkeeping import Ledger
from sqlalchemy import text

from hanse.exchange import report_files
from hanse.files import FileStore
from hanse.jobs.execute import execute
from hanse.testing.browser import Browser, Site
from hanse.testing.databases import Databases
from hanse.testing.people import Person, open_for_person

pytestmark = pytest.mark.usefixtures("documents_home")
TRIAL = "/finance/trial-balance/-/export.pdf?period=2025-03"


@pytest.fixture
def site(databases: Databases, tmp_path: Path) -> Iterator[Site]:
    """Books of 2025 with a sale and its red reversal, somebody who may read reports and somebody who may not."""
    with databases.copy() as database:
        site = Site(database, tmp_path)
        with site.transaction() as ctx:
            ledger = Ledger(ctx).open()
            ledger.posted([("1122", "100"), ("5001", "-100")])
            red = ledger.reverse(ledger.posted([("1122", "40"), ("5001", "-40")], on="2025-02-01"))
            ledger.post(ledger.audit(red))
            open_for_person(ctx, Person("reader", (("finance.*", "company"),), None, ()))
            open_for_person(ctx, Person("writer", (("finance.voucher.read", "company"),), None, ()))
        yield site


@pytest.fixture
def reader(site: Site) -> Browser:
    """The browser of whoever reads reports."""
    return site.browser("reader")


def test_a_report_is_printed_with_company_parameters_and_totals(
    reader: Browser, text_of: Callable[[bytes], list[str]]
) -> None:
    answer = reader.post(TRIAL)

    assert answer.content_type == "application/pdf"
    assert answer.headers["Content-Disposition"].endswith(".pdf")
    (page,) = text_of(answer.body)
    for said in ("Trial balance", "Company:", "Period: 2025-03", "Receivables", "100.00", "Total", "Page 1 of"):
        assert said in page


def test_the_way_to_print_stands_among_the_exports(reader: Browser) -> None:
    page = reader.get("/finance/trial-balance?period=2025-03")

    assert page.html.find("form", action=lambda to: to and "export.pdf" in to)


def test_long_reports_are_printed_by_a_job(
    site: Site, reader: Browser, monkeypatch: pytest.MonkeyPatch, text_of: Callable[[bytes], list[str]]
) -> None:
    monkeypatch.setattr(report_files, "AT_ONCE", 1)
    answer = reader.post(TRIAL, status=303)
    assert answer.location.endswith("/core/jobs")
    with site.transaction() as ctx:
        job = ctx.session.execute(text("SELECT max(id) FROM core_job WHERE task = 'hanse.print_report'")).scalar_one()
    execute(site.database, FileStore.of(site.settings), job)
    page = reader.get("/core/jobs")
    link = page.html.find("a", href=re.compile("file="))
    assert link is not None
    (printed,) = text_of(reader.get(link["href"]).body)

    assert "Receivables" in printed
    assert "3 rows on 1 pages" in page.text


def test_printing_is_for_those_who_may_read_the_report(site: Site) -> None:
    site.browser("writer").post(TRIAL, status=404)


def test_a_list_is_not_printed_so_and_nothing_is_printed_by_a_link(reader: Browser) -> None:
    reader.post("/finance/voucher/-/export.pdf", status=404)
    reader.get(TRIAL, status=404)

"""What a company may rely on when it prints a month: every voucher with all its lines, in one file."""

from __future__ import annotations

import gzip
import io
import json
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from decimal import Decimal
from math import ceil
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from sqlalchemy import select

from hanse.actions import Context, find_action
from hanse.cli.main import main
from hanse.directory.models import Company
from hanse.files import FileStore, FolderStore
from hanse.jobs import jobs_of, progress_of
from hanse.jobs.execute import execute
from hanse.testing.browser import Site
from hanse.testing.databases import Databases, TrialDatabase
from hanse.testing.people import Person, open_for_admin, open_for_person
from hanse_cn.amounts import capital
from hanse_finance.models import Period, Voucher, VoucherPrint

DEFAULT_LINES = 6
COMPANY = "示例贸易有限公司"
YEAR = Path(__file__).parents[2] / "addons" / "hanse_cn" / "data" / "cn_company_2025.json.gz"
MONTH = "2025-01"


@pytest.fixture(scope="module")
def books(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrialDatabase]:
    """A database into which the command line has imported the year, and the environment that leads there."""
    with databases.copy() as database, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HANSE_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("HANSE_DATABASE_URL", database.url)
        patch.setenv("HANSE_DATABASE_OWNER_URL", database.owner_url)
        assert main(["finance", "import-ledger", str(YEAR), "--company", COMPANY]) == 0
        yield database


@pytest.fixture(scope="module")
def entries() -> list[dict[str, Any]]:
    """The month's entries as the file has them, by number."""
    whole = json.loads(gzip.decompress(YEAR.read_bytes()))
    return sorted((entry for entry in whole["entries"] if entry["period"] == MONTH), key=lambda entry: entry["no"])


def pages_of(pdf: bytes) -> list[str]:
    """Give each page's text without white space, which says nothing on a form."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [re.sub(r"\s", "", page.get_textpage().get_text_bounded()) for page in document]


def printed(folder: Path, *options: str) -> bytes:
    """Print the month through the command line."""
    out = folder / "vouchers.pdf"
    assert (
        main(["finance", "print-vouchers", "--company", COMPANY, "--period", MONTH, "--out", str(out), *options]) == 0
    )
    return out.read_bytes()


@contextmanager
def working(books: TrialDatabase) -> Generator[Context]:
    """Open a Context of the administrator in the company, and commit."""
    with books.session() as session, session.begin():
        company = session.scalars(select(Company.id).where(Company.name == COMPANY)).one()
        yield open_for_admin(session).within(company)


def figure(line: dict[str, Any]) -> str:
    return f"{Decimal(line['side_amount']):,.2f}"


def test_every_line_of_the_month_is_printed(books, entries, tmp_path):
    pages = iter(pages_of(printed(tmp_path, "--form", "240x140")))

    for entry in entries:
        text = "".join(next(pages) for _page in range(ceil(len(entry["lines"]) / DEFAULT_LINES)))
        assert f"记字第{entry['no']:04d}号" in text
        for line in entry["lines"]:
            for part in (line["account"], figure(line), *line.get("aux", {}).values()):
                assert part in text, (entry["id"], part)
        total = sum(Decimal(line["side_amount"]) for line in entry["lines"] if line["dc"] == "D")
        assert f"人民币{capital(total)}" in text
    assert next(pages, None) is None


def test_pages_are_numbered_where_a_voucher_has_several(books, entries, tmp_path):
    pages = pages_of(printed(tmp_path, "--form", "240x140", "--from", "1", "--to", "1"))

    assert len(entries[0]["lines"]) == 10
    assert ["1/2" in pages[0], "2/2" in pages[1], len(pages)] == [True, True, 2]
    assert ["续下页" in page for page in pages] == [True, False]
    assert ["人民币" in page for page in pages] == [False, True]


def test_two_vouchers_share_a_sheet_of_a4(books, entries, tmp_path):
    forms = sum(ceil(len(entry["lines"]) / DEFAULT_LINES) for entry in entries)

    with pikepdf.open(io.BytesIO(printed(tmp_path, "--form", "a4-2"))) as pdf:
        assert len(pdf.pages) == ceil(forms / 2)
        assert [round(float(side) * 25.4 / 72) for side in pdf.pages[0].mediabox[2:]] == [210, 297]


def test_bookmarks_lead_from_the_period_to_every_voucher(books, entries, tmp_path):
    with pypdfium2.PdfDocument(printed(tmp_path, "--form", "240x140")) as document:
        outline = [(entry.level, entry.get_title()) for entry in document.get_toc()]

    assert outline[:2] == [(0, MONTH), (1, "记")]
    assert [title for level, title in outline if level == 2] == [f"记-{entry['no']:04d}" for entry in entries]


def test_a_form_for_english_readers(books, entries, tmp_path):
    (page, *_rest) = pages_of(printed(tmp_path, "--form", "240x140", "--locale", "en", "--from", "2", "--to", "2"))

    assert "JournalVoucher" in page
    assert figure(entries[1]["lines"][0]) in page


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--period", "2031-01"], "2031-01"),
        (["--period", MONTH, "--word", "付"], MONTH),
        (["--period", MONTH, "--from", "9999"], MONTH),
    ],
)
def test_nothing_to_print_is_an_error_that_says_where(books, tmp_path, capsys, options, words):
    out = tmp_path / "none.pdf"

    assert main(["finance", "print-vouchers", "--company", COMPANY, "--out", str(out), *options]) == 1
    assert words in capsys.readouterr().err
    assert not out.exists()


def test_the_print_is_noted(books, entries, tmp_path):
    with working(books) as ctx:
        before = len(ctx.all(VoucherPrint))

    printed(tmp_path)

    with working(books) as ctx:
        assert len(ctx.all(VoucherPrint)) == before + len(entries)


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("107000.53", "壹拾万柒仟元伍角叁分"),
        ("-5.5", "负伍元伍角整"),
        ("1,409.50", "壹仟肆佰零玖元伍角整"),
        ("0", "零元整"),
    ],
)
def test_amounts_in_words_on_the_command_line(capsys, amount, words):
    assert main(["finance", "amount-in-words", "--", amount]) == 0
    assert capsys.readouterr().out == f"{words}\n"


@pytest.mark.parametrize("amount", ["abc", "", "1e5", "12,34", "NaN", "99999999999999999"])
def test_what_is_no_amount_is_an_error(capsys, amount):
    assert main(["finance", "amount-in-words", "--", amount]) == 1
    assert capsys.readouterr().err.startswith("hanse: ")


def test_a_job_leaves_the_month_as_one_file(books, entries, tmp_path):
    with working(books) as ctx:
        action = find_action("finance.period.print_vouchers")
        assert action is not None
        period = ctx.all(Period, Period.code == MONTH).one()
        (job,) = ctx.run(action, [period], form="240x140").result

    files = FolderStore(tmp_path / "files")
    execute(books, files, job)

    with working(books) as ctx:
        status = progress_of(ctx, job)
    assert (status.percent, status.done, status.total) == (100, len(entries), len(entries))
    assert status.result is not None
    assert status.result.name.startswith(f"{COMPANY} {MONTH}")
    with files.open(status.result.key or "") as pdf:
        assert len(pages_of(pdf.read())) == sum(ceil(len(entry["lines"]) / DEFAULT_LINES) for entry in entries)


def test_the_browser_downloads_a_voucher(books, entries, tmp_path):
    with working(books) as ctx:
        voucher, company = ctx.all(Voucher, Voucher.number == 2, limit=1).ids[0], ctx.company.id
    browser = Site(books, tmp_path).browser()
    browser.post("/company", {"company": str(company)})

    answer = browser.get(f"/finance/voucher/{voucher}/print/240x140")

    assert answer.content_type == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    (page,) = pages_of(answer.body)
    assert "No.记-0002" in page
    assert figure(entries[1]["lines"][0]) in page


def test_the_browser_shows_how_far_a_month_is_and_downloads_it(books, entries, tmp_path):
    site = Site(books, tmp_path)
    with working(books) as ctx:
        period, company = ctx.all(Period, Period.code == MONTH).one().id, ctx.company.id
    browser = site.browser()
    browser.post("/company", {"company": str(company)})

    browser.post(f"/finance/period/{period}/do/print_vouchers", {"form": "a4-2"}, status=303)

    with working(books) as ctx:
        job = jobs_of(ctx)[0].id
    waiting = browser.get("/core/jobs", params={"job": str(job)}).json
    assert (waiting["state"], waiting["url"]) == ("waiting", "")
    execute(books, FileStore.of(site.settings), job)
    done = browser.get("/core/jobs", params={"job": str(job)}).json
    assert (done["state"], done["done"], done["total"]) == ("done", len(entries), len(entries))
    assert f"{COMPANY} {MONTH}" in browser.get("/core/jobs").text
    answer = browser.get(done["url"])
    assert answer.headers["Content-Disposition"].startswith("attachment")
    with pikepdf.open(io.BytesIO(answer.body)) as pdf:
        assert len(pdf.pages) > len(entries) / 2


def test_nobody_else_sees_the_job(books, tmp_path):
    with working(books) as ctx:
        job = jobs_of(ctx)[0].id
        open_for_person(ctx, Person("stranger", (("finance.*", "company"),), None, ()))
        company = ctx.company.id
    browser = Site(books, tmp_path).browser("stranger")
    browser.post("/company", {"company": str(company)})

    browser.get("/core/jobs", params={"job": str(job)}, status=404)
    browser.get("/core/jobs", params={"file": str(job)}, status=404)

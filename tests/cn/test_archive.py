"""What an archive of books may be relied on for: all of the year is in it, and what happens to it is noticed."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pikepdf
import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from hanse import BusinessError
from hanse.actions import Context, find_action
from hanse.cli.main import main
from hanse.cli.session import context
from hanse.config import Settings
from hanse.directory.models import Company
from hanse.files import FileStore
from hanse.jobs import jobs_of
from hanse.jobs.execute import execute
from hanse.testing.browser import Site
from hanse.testing.databases import Databases, TrialDatabase
from hanse_cn.archive import retention
from hanse_finance.archive import Retention, request
from hanse_finance.archive.ledgers import write_csv, write_workbook
from hanse_finance.models import FiscalYear, Period, Voucher
from hanse_finance.reports import span_of, trial_balance

COMPANY = "示例贸易有限公司"
YEAR = Path(__file__).parents[2] / "addons" / "hanse_cn" / "data" / "cn_company_2025.json.gz"
#: What was attached: voucher number in January → file names with their bytes.
ATTACHED = {
    12: [("发票 1.pdf", b"%PDF-1.7 invoice"), ("发票 1.pdf", b"%PDF-1.7 another"), ("../../etc/x.xml", b"<einv/>")]
}


def working(books: TrialDatabase) -> Any:
    class Transaction:
        def __enter__(self) -> Context:
            self.session = books.session()
            self.begun = self.session.begin()
            return context(self.session, COMPANY)

        def __exit__(self, kind: Any, *_more: Any) -> None:
            if kind is None:
                self.begun.commit()
            self.session.close()

    return Transaction()


@pytest.fixture(scope="module")
def books(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrialDatabase]:
    """A year of books, closed but for December, with three files attached to a voucher."""
    with databases.copy() as database, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HANSE_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("HANSE_DATABASE_URL", database.url)
        patch.setenv("HANSE_DATABASE_OWNER_URL", database.owner_url)
        assert main(["finance", "import-ledger", str(YEAR), "--company", COMPANY]) == 0
        files = FileStore.of(Settings.load())
        with working(database) as ctx:
            january = ctx.all(Period, Period.code == "2025-01").one().id
            for number, attached in ATTACHED.items():
                voucher = ctx.all(Voucher, Voucher.number == number, Voucher.period_id == january).one()
                rows = [
                    {
                        "name": name,
                        "media_type": "application/octet-stream",
                        "size": len(content),
                        "key": files.store(content),
                    }
                    for name, content in attached
                ]
                run(ctx, "finance.voucher.attach", [voucher.id], files=rows)
        yield database


def run(ctx: Context, name: str, ids: list[int], **params: Any) -> Any:
    action = find_action(name)
    assert action is not None
    return ctx.run(action, ids, **params)


@pytest.fixture(scope="module")
def archive(books: TrialDatabase, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of the closed year, as the command packs it."""
    path = tmp_path_factory.mktemp("archive") / "2025.zip"
    with working(books) as ctx:
        with pytest.raises(BusinessError, match="2025-01"):
            request(ctx, "2025", FileStore.of(Settings.load()))
        with pytest.raises(BusinessError, match="2025-01"):
            run(ctx, "finance.fiscal_year.archive_books", ctx.all(FiscalYear).ids)
        run(ctx, "finance.period.close", ctx.all(Period).ids)
    assert main(["finance", "archive", "--company", COMPANY, "--period", "2025", "--out", str(path)]) == 0
    return path


@pytest.fixture(scope="module")
def manifest(archive: Path) -> dict[str, Any]:
    with zipfile.ZipFile(archive) as opened:
        return json.loads(opened.read("manifest.json"))


def member(archive: Path, name: str) -> bytes:
    with zipfile.ZipFile(archive) as opened:
        return opened.read(name)


# --- what is in it


def test_everything_of_the_year_is_in_it(archive, manifest):
    paths = [one["path"] for one in manifest["files"]]
    months = [f"2025-{month:02}" for month in range(1, 13)]
    assert paths == [
        *(f"vouchers/{month}.pdf" for month in months),
        "attachments/2025-01/记-0012/发票 1.pdf",
        "attachments/2025-01/记-0012/发票 1 (2).pdf",
        "attachments/2025-01/记-0012/_.._etc_x.xml",
        *(f"ledgers/trial-balance-{span}.{kind}" for span in (*months, "2025") for kind in ("csv", "xlsx")),
        "ledgers/chronological-2025.csv",
        "ledgers/chronological-2025.xlsx",
        "ledgers/journal-2025.journal",
        *(f"statements/{month}.pdf" for month in months),
        *(f"ledgers/{name}.pdf" for name in ("trial-balance", "general-ledger", "account-ledger", "chronological")),
        "GBT24589/公共档案.xml",
        "GBT24589/总账.xml",
        "index.csv",
        "index.xml",
    ]
    with zipfile.ZipFile(archive) as opened:
        assert opened.namelist() == [*paths, "manifest.json"]


def test_attachments_are_what_was_attached_byte_by_byte(archive):
    folder = "attachments/2025-01/记-0012/"
    found = [member(archive, folder + name) for name in ("发票 1.pdf", "发票 1 (2).pdf", "_.._etc_x.xml")]
    assert found == [content for _name, content in ATTACHED[12]]


def leaves(items: Any) -> int:
    """Count the bookmarks that have none below them."""
    return sum(leaves(item.children) if item.children else 1 for item in items)


def test_vouchers_are_pdf_a_with_a_bookmark_for_each(archive, books):
    with pikepdf.open(io.BytesIO(member(archive, "vouchers/2025-01.pdf"))) as pdf:
        assert pdf.open_metadata().pdfa_status
        with pdf.open_outline() as outline, working(books) as ctx:
            marks = leaves(outline.root)
            posted = len(ctx.all(Voucher, Voucher.period_id == ctx.all(Period, Period.code == "2025-01").one().id))
        assert marks == posted


def test_tables_say_what_the_trial_balance_says_as_csv_and_as_workbook(archive, books):
    with working(books) as ctx:
        rows = trial_balance(ctx, span_of(ctx, "2025-03"))
    wanted = [[row.code, row.currency, row.opening, row.debit, row.credit, row.closing] for row in rows]
    text = member(archive, "ledgers/trial-balance-2025-03.csv").decode("utf-8-sig")
    read = list(csv.reader(io.StringIO(text)))
    assert [[row[0], row[2], *map(Decimal, row[3:7])] for row in read[1:]] == wanted
    assert read[0][0] == "编码"  # in the company's language, whoever asks
    sheet = load_workbook(io.BytesIO(member(archive, "ledgers/trial-balance-2025-03.xlsx"))).active
    assert [
        [row[0], row[2], *(Decimal(str(value)).quantize(Decimal("0.01")) for value in row[3:7])]
        for row in sheet.iter_rows(min_row=2, values_only=True)
    ] == wanted


def test_the_chronological_list_has_every_line_with_its_side(archive):
    rows = list(csv.reader(io.StringIO(member(archive, "ledgers/chronological-2025.csv").decode("utf-8-sig"))))[1:]
    assert len(rows) == 14827  # as the file of the case has them
    assert all(bool(row[7]) != bool(row[8]) for row in rows)
    assert sum(Decimal(row[9]) for row in rows) == 0
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)
    assert any(row[7].startswith("-") for row in rows)
    assert any(row[8].startswith("-") for row in rows)


def test_the_journal_in_it_is_one_that_hledger_reads(archive, tmp_path):
    program = shutil.which("hledger")
    if program is None:
        pytest.skip("hledger is not installed: apt-get install hledger")
    path = tmp_path / "books.journal"
    path.write_bytes(member(archive, "ledgers/journal-2025.journal"))
    subprocess.run([program, "-f", str(path), "check", "--strict"], check=True, env={"LANG": "C.UTF-8"})


# --- the index


def test_the_index_says_how_long_each_file_is_kept(manifest):
    kept = {one["path"]: (one["kind"], one["retention"], one["keep_until"]) for one in manifest["files"]}
    assert kept["vouchers/2025-03.pdf"] == ("记账凭证", "30", "2055-12-31")
    assert kept["attachments/2025-01/记-0012/发票 1.pdf"] == ("原始凭证", "30", "2055-12-31")
    assert kept["ledgers/journal-2025.journal"] == ("会计账簿", "30", "2055-12-31")
    assert kept["index.csv"] == ("会计档案保管清册", "permanent", "")


def test_the_table_of_times_is_that_of_the_order():
    """Source: 会计档案管理办法, table 1."""
    years = {one.title: one.years for one in retention().values()}
    assert years["月度、季度、半年度财务会计报告"] == years["银行对账单"] == years["纳税申报表"] == 10
    assert years["记账凭证"] == years["会计账簿"] == years["会计档案移交清册"] == 30
    assert years["年度财务会计报告"] is years["会计档案销毁清册"] is years["会计档案鉴定意见书"] is None


def test_the_time_of_keeping_ends_on_the_last_day_of_a_fiscal_year():
    assert Retention("x", "x", 30).until(date(2025, 12, 31)) == date(2055, 12, 31)
    assert Retention("x", "x", 10).until(date(2024, 2, 29)) == date(2034, 2, 28)
    assert Retention("x", "x", None).until(date(2025, 12, 31)) is None


def test_indexes_for_people_and_programs_list_the_same_files(archive, manifest):
    listed = [one["path"] for one in manifest["files"]][:-2]
    rows = list(csv.reader(io.StringIO(member(archive, "index.csv").decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == listed
    root = ElementTree.parse(io.BytesIO(member(archive, "index.xml"))).getroot()  # noqa: S314  we wrote it ourselves
    assert [file.get("path") for file in root] == listed
    assert [file.get("sha256") for file in root] == [one["sha256"] for one in manifest["files"]][:-2]


# --- the seal


def rewrite(archive: Path, target: Path, change: Callable[[str, bytes], bytes | None], more: dict[str, bytes]) -> Path:
    """Copy an archive with some files changed, left out (None) or added."""
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
        for name, content in more.items():
            new.writestr(name, content)
    return target


def verify(path: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, list[str]]:
    code = main(["finance", "verify-archive", str(path), *more])
    return code, capsys.readouterr().out.splitlines()


def same(_name: str, content: bytes) -> bytes:
    return content


def test_an_archive_as_it_was_packed_passes_and_tells_its_seal(archive, manifest, capsys):
    code, said = verify(archive, capsys)
    assert code == 0
    assert said[-1] == f"seal {manifest['seal']}"
    assert verify(archive, capsys, "--seal", manifest["seal"])[0] == 0


@pytest.mark.parametrize("name", ["vouchers/2025-03.pdf", "index.csv", "attachments/2025-01/记-0012/发票 1.pdf"])
def test_an_altered_file_is_named(archive, tmp_path, capsys, name):
    changed = rewrite(
        archive, tmp_path / "x.zip", lambda one, content: content[:-1] + b"?" if one == name else content, {}
    )
    assert verify(changed, capsys) == (1, [f"{name}: altered"])


def test_a_missing_and_an_added_file_are_named(archive, tmp_path, capsys):
    gone = "ledgers/trial-balance-2025-03.csv"
    changed = rewrite(
        archive, tmp_path / "x.zip", lambda one, content: None if one == gone else content, {"extra.txt": b"x"}
    )
    assert verify(changed, capsys) == (1, [f"{gone}: missing", "extra.txt: added"])


def test_a_file_that_is_there_twice_is_named(archive, tmp_path, capsys):
    with pytest.warns(UserWarning, match="Duplicate name"):
        changed = rewrite(archive, tmp_path / "x.zip", same, {"index.xml": b"<index/>"})
    code, said = verify(changed, capsys)
    assert code == 1
    assert "index.xml: twice" in said


def test_an_altered_manifest_is_noticed(archive, tmp_path, capsys):
    def later(name: str, content: bytes) -> bytes:
        return content.replace(b'"to": "2025-12-31"', b'"to": "2025-12-30"') if name == "manifest.json" else content

    assert verify(rewrite(archive, tmp_path / "x.zip", later, {}), capsys) == (1, ["manifest.json: altered"])
    broken = rewrite(archive, tmp_path / "y.zip", lambda one, content: b"{" if one == "manifest.json" else content, {})
    assert verify(broken, capsys) == (1, ["manifest.json: altered"])


def test_whoever_seals_another_archive_is_found_out_by_the_seal_that_was_kept(archive, capsys):
    assert verify(archive, capsys, "--seal", "0" * 64) == (1, ["manifest.json: altered"])


def test_a_flipped_byte_anywhere_is_noticed(archive, tmp_path, capsys):
    with zipfile.ZipFile(archive) as opened:
        places = [(info.filename, info.header_offset + 200) for info in opened.infolist() if info.compress_size > 1000]
    content = bytearray(archive.read_bytes())
    for name, place in places[::9]:
        content[place] ^= 1
        path = tmp_path / "flipped.zip"
        path.write_bytes(content)
        content[place] ^= 1
        assert verify(path, capsys) == (1, [f"{name}: altered"])


def test_what_is_no_archive_is_an_error(tmp_path, capsys):
    path = tmp_path / "x.zip"
    path.write_bytes(b"no zip")
    assert main(["finance", "verify-archive", str(path)]) == 1
    with zipfile.ZipFile(path, "w") as other:
        other.writestr("a", b"b")
    assert main(["finance", "verify-archive", str(path)]) == 1
    assert "manifest.json" in capsys.readouterr().err


def test_other_programs_can_unpack_it(archive, tmp_path):
    subprocess.run(["python3", "-m", "zipfile", "-e", str(archive), str(tmp_path)], check=True)
    assert (tmp_path / "attachments" / "2025-01" / "记-0012" / "发票 1.pdf").is_file()
    assert not (tmp_path.parent / "etc").exists()


# --- in the browser


def test_the_browser_packs_a_period_and_tells_the_seal(archive, books, tmp_path, capsys):
    site = Site(books, tmp_path)
    with working(books) as ctx:
        period = ctx.all(Period, Period.code == "2025-02").one().id
        year = ctx.all(FiscalYear, FiscalYear.name == "2025").one().id
        company = ctx.session.scalar(select(Company.id).where(Company.name == COMPANY))
    browser = site.browser()
    browser.post("/company", {"company": str(company)})
    assert "archive_books" in browser.get(f"/finance/fiscal_year/{year}").text
    browser.post(f"/finance/period/{period}/do/archive_books", {}, status=303)
    with working(books) as ctx:
        job = jobs_of(ctx)[0].id
    execute(books, FileStore.of(site.settings), job)
    done = browser.get("/core/jobs", params={"job": str(job)}).json
    assert done["state"] == "done"
    path = tmp_path / "2025-02.zip"
    path.write_bytes(browser.get(done["url"]).body)
    code, said = verify(path, capsys)
    assert code == 0
    assert said[-1].removeprefix("seal ") in done["message"]
    with zipfile.ZipFile(path) as opened:
        assert not any(name.startswith("GBT24589") for name in opened.namelist())
        assert "vouchers/2025-02.pdf" in opened.namelist()


# --- tables


def test_a_table_never_becomes_a_formula():
    out = io.BytesIO()
    write_csv([["a"], ["=1+1"], [Decimal("-5.00")]], out)
    assert out.getvalue().decode("utf-8-sig").split() == ["a", "'=1+1", "-5.00"]


def test_a_workbook_goes_on_in_another_sheet(monkeypatch):
    monkeypatch.setattr("hanse_finance.archive.ledgers._ROWS_OF_SHEET", 2)
    out = io.BytesIO()
    write_workbook([["n"], *([Decimal(number)] for number in range(5))], out)
    book = load_workbook(io.BytesIO(out.getvalue()))
    assert [[row[0] for row in sheet.iter_rows(values_only=True)] for sheet in book] == [
        ["n", 0, 1],
        ["n", 2, 3],
        ["n", 4],
    ]


def test_an_open_period_is_not_offered_for_the_archive(archive, books, tmp_path):
    """The year after is open: it has no such button, and the action says why."""
    site = Site(books, tmp_path)
    with working(books) as ctx:
        year = ctx.all(FiscalYear, FiscalYear.name == "2026").one().id  # closing December has opened it
        period = ctx.all(Period, Period.code == "2026-01").one().id
        company = ctx.company.id
    browser = site.browser()
    browser.post("/company", {"company": str(company)})
    for page in (f"/finance/fiscal_year/{year}", f"/finance/period/{period}"):
        shown = browser.get(page).text
        assert "export_journal" in shown
        assert "archive_books" not in shown

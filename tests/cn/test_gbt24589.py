"""What the data interface may be relied on for: names and order of the standard, and sums that are the trial balance.

Names: the schema of GB/T 24589.1-2010 for the general ledger, listed below as an exporter generated from it has them.
Figures: tests/data/ledgers/cn_company_2025.expected.json, by hledger.
"""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from sqlalchemy import select

from hanse import BusinessError
from hanse.actions import Context, find_action
from hanse.cli.main import main
from hanse.cli.session import context
from hanse.directory.models import Company
from hanse.errors import Forbidden
from hanse.files import FileStore
from hanse.jobs import jobs_of
from hanse.jobs.execute import execute
from hanse.testing.browser import Site
from hanse.testing.databases import Databases, TrialDatabase
from hanse.testing.people import Person, open_for_person
from hanse_cn.gbt24589 import Books, interface, sources, write_file
from hanse_cn.gbt24589.interface import Element, InterfaceFile, Section
from hanse_finance.models import FiscalYear, Period
from hanse_finance.reports import span_of, year_of

COMPANY = "示例贸易有限公司"
ROOT = Path(__file__).parents[2]
YEAR = ROOT / "addons" / "hanse_cn" / "data" / "cn_company_2025.json.gz"
EXPECTED = ROOT / "tests" / "data" / "ledgers" / "cn_company_2025.expected.json.gz"
DIMENSIONS = " ".join(f"辅助项{number}编号" for number in range(1, 31))
#: The elements of each record in the general ledger, in order.
NAMES = {
    "总账基础信息": "结构分隔符 会计科目编号规则 现金流量项目编码规则 凭证头可扩展字段结构 凭证头可扩展结构对应档案"
    " 分录行可扩展字段结构 分录行可扩展字段对应档案",
    "会计科目": "科目编号 科目名称 科目级次 科目类型 余额方向",
    "科目辅助核算": "科目编号 辅助项编号 辅助项名称 对应档案 辅助项描述",
    "现金流量项目": "现金流量项目编码 现金流量项目名称 现金流量项目描述 是否末级 现金流量项目级次 现金流量项目父节点"
    " 现金流量数据来源 现金流量项目属性",
    "科目余额及发生额": f"科目编号 {DIMENSIONS} 期初余额方向 期末余额方向 币种编码 计量单位 会计年度 会计期间号"
    " 期初数量 期初原币余额 期初本币余额 借方数量 借方原币金额 借方本币金额 贷方数量 贷方原币金额 贷方本币金额"
    " 期末数量 期末原币余额 期末本币余额",
    "记账凭证": "记账凭证日期 会计年度 会计期间号 记账凭证类型编号 记账凭证编号 记账凭证行号 记账凭证摘要 科目编号"
    f" {DIMENSIONS} 币种编码 计量单位 借方数量 借方原币金额 借方本币金额 贷方数量 贷方原币金额 贷方本币金额"
    " 汇率类型编号 汇率 单价 凭证头可扩展字段结构值 分录行可扩展字段结构值 结算方式编码 票据类型 票据号 票据日期"
    " 附件数 制单人 审核人 记账人 记账标志 作废标志 凭证来源系统",
    "现金流量凭证项目数据": "记账凭证类型编号 记账凭证编号 币种编码 现金流量行号 现金流量摘要 现金流量项目编码"
    " 现金流量项目属性 现金流量原币金额 现金流量本币金额",
    "报表集": "报表编号 报表名称 报表报告日 报表报告期 编制单位 货币单位",
    "报表项数据": "报表编号 报表项编号 报表项名称 报表项公式 报表项数值",
}
ARCHIVES = [
    "电子账簿",
    "会计期间",
    "记账凭证类型",
    "汇率类型",
    "币种",
    "结算方式",
    "部门档案",
    "员工档案",
    "供应商档案",
    "客户档案",
    "自定义档案项",
    "自定义档案值",
]
Rows = dict[str, list[dict[str, str]]]


@pytest.fixture(scope="module")
def books(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrialDatabase]:
    """A database into which the command line has imported the year, and the environment that leads there."""
    with databases.copy() as database, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HANSE_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("HANSE_DATABASE_URL", database.url)
        patch.setenv("HANSE_DATABASE_OWNER_URL", database.owner_url)
        assert main(["finance", "import-ledger", str(YEAR), "--company", COMPANY]) == 0
        with database.session() as session, session.begin():
            ctx = context(session, COMPANY)
            assign = find_action("finance.period.assign_cash")
            assert assign is not None
            ctx.run(assign, ctx.all(Period, Period.code.like("2025%")).ids)
        yield database


@pytest.fixture(scope="module")
def folder(books: TrialDatabase, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files as the command writes them."""
    found = tmp_path_factory.mktemp("export") / "2025"
    assert main(["cn", "export-gbt24589", "--company", COMPANY, "--year", "2025", "--out", str(found)]) == 0
    return found


@pytest.fixture(scope="module")
def general(folder: Path) -> Rows:
    """The records of the general ledger by section."""
    return read(folder / "总账.xml")


@pytest.fixture(scope="module")
def archives(folder: Path) -> Rows:
    """The records of master data by section."""
    return read(folder / "公共档案.xml")


def root_of(file: Path | io.BytesIO) -> ElementTree.Element:
    return ElementTree.parse(file).getroot()  # noqa: S314  we wrote it ourselves


def read(path: Path) -> Rows:
    found: Rows = defaultdict(list)
    for record in root_of(path):
        found[record.tag].append({element.tag: element.text or "" for element in record})
    return found


def number(row: dict[str, str], name: str) -> Decimal:
    return Decimal(row[name])


def expected(period: str) -> dict[str, tuple[Decimal, ...]]:
    rows = json.loads(gzip.decompress(EXPECTED.read_bytes()))["trial_balance"][period]
    columns = ("opening", "debit", "credit", "closing")
    return {row["account"]: tuple(Decimal(row[column]) for column in columns) for row in rows}


# --- the names


def test_the_general_ledger_has_the_sections_and_elements_of_the_standard_in_their_order():
    (_public, ledger) = interface().files
    assert (ledger.name, ledger.element) == ("总账.xml", "总账")
    found = {section.name: " ".join(element.name for element in section.elements) for section in ledger.sections}
    assert list(found) == list(NAMES)
    assert found == NAMES


def test_the_archives_have_the_sections_of_the_standard_in_their_order():
    assert [section.name for section in interface().files[0].sections] == ARCHIVES


def test_records_are_written_with_these_names_in_this_order(folder):
    root = root_of(folder / "总账.xml")
    assert root.tag == "总账"
    for record in root:
        assert " ".join(element.tag for element in record) == NAMES[record.tag]
    order = list(dict.fromkeys(record.tag for record in root))
    assert order == [name for name in NAMES if name in order]


def test_only_sections_that_wait_for_their_source_are_left_out(general, archives):
    waiting = {section.name for file in interface().files for section in file.sections if section.waits}
    assert waiting == {
        "结算方式",
        "员工档案",
    }
    assert (NAMES.keys() | set(ARCHIVES)) - waiting - general.keys() - archives.keys() == {
        "自定义档案项",
        "自定义档案值",
    }


def test_every_field_of_the_data_file_comes_from_a_source(books):
    """What is written is asked for by name; a source that lacks a field, or a section without a source, fails."""
    edition = interface()
    broken = InterfaceFile("x.xml", "x", (Section("s", "rate_types", (Element("e", "no such field"),)),))
    nobody = InterfaceFile("x.xml", "x", (Section("s", "no such source", ()),))
    with working(books) as ctx:
        source = Books(ctx, year_of(ctx, "2025"), edition).source
        for file in (broken, nobody):
            with pytest.raises(LookupError):
                write_file(edition, file, source, io.BytesIO())


# --- cash flow and statements


def test_the_statements_of_each_month_are_those_of_the_oracle(general):
    lines = {(row["报表编号"], row["报表项编号"]): Decimal(row["报表项数值"] or 0) for row in general["报表项数据"]}
    expected = json.loads(gzip.decompress(EXPECTED.read_bytes()))["balance_sheet_lines"]
    for month, names in expected.items():
        assert lines[f"balance_sheet-{month}", "1"] == Decimal(names["货币资金"])
        assert lines[f"balance_sheet-{month}", "52"] == -Decimal(names["权益合计"])
    assert len(general["报表集"]) == 36
    assert {row["报表编号"] for row in general["报表集"]} == {number for number, _line in lines}


def test_parts_of_cash_lines_make_the_cash_flow_statement(general):
    parts: dict[str, Decimal] = defaultdict(Decimal)
    for row in general["现金流量凭证项目数据"]:
        parts[row["现金流量项目编码"]] += Decimal(row["现金流量本币金额"])
    lines: dict[str, Decimal] = defaultdict(Decimal)
    for row in general["报表项数据"]:
        if row["报表编号"].startswith("cash_flow-"):
            lines[row["报表项编号"]] += Decimal(row["报表项数值"] or 0)
    items = {row["现金流量项目编码"]: row["现金流量项目属性"] for row in general["现金流量项目"]}
    assert parts.keys() <= items.keys()
    for code, amount in parts.items():
        assert (amount if items[code] == "现金流入" else -amount) == lines[str(int(code))]
    assert sum(parts.values()) == lines["20"] != 0


# --- the figures


@pytest.mark.parametrize("period", [f"2025-{month:02}" for month in range(1, 13)])
def test_balances_of_every_period_add_up_to_the_oracles_trial_balance(general, period):
    sums: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 4)
    for row in general["科目余额及发生额"]:
        if int(row["会计期间号"]) == int(period[-2:]):
            signs = {"借": 1, "贷": -1, "平": 0}
            figures = (
                signs[row["期初余额方向"]] * number(row, "期初本币余额"),
                number(row, "借方本币金额"),
                number(row, "贷方本币金额"),
                signs[row["期末余额方向"]] * number(row, "期末本币余额"),
            )
            sums[row["科目编号"]] = [a + b for a, b in zip(sums[row["科目编号"]], figures, strict=True)]
    found = {account: tuple(figures) for account, figures in sums.items() if any(figures)}
    assert found == {account: row for account, row in expected(period).items() if any(row)}


def test_vouchers_add_up_to_the_movements_of_balances_in_every_currency_and_combination(general):
    def moved(section: str) -> dict[tuple[str, ...], list[Decimal]]:
        keys = ["会计期间号", "科目编号", "币种编码", *(f"辅助项{one}编号" for one in range(1, 31))]
        sums: dict[tuple[str, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 4)
        for row in general[section]:
            key = tuple(row[name] for name in keys)
            figures = [number(row, name) for name in ("借方原币金额", "借方本币金额", "贷方原币金额", "贷方本币金额")]
            sums[key] = [a + b for a, b in zip(sums[key], figures, strict=True)]
        return {key: figures for key, figures in sums.items() if any(figures)}

    balances = moved("科目余额及发生额")
    assert balances == moved("记账凭证")
    assert {key[2] for key in balances} == {"CNY", "USD"}


def test_a_foreign_balance_is_carried_from_period_to_period(general):
    rows = [row for row in general["科目余额及发生额"] if row["币种编码"] == "USD" and row["辅助项1编号"] == "U001"]
    assert len(rows) == 12
    assert (rows[0]["科目编号"], rows[0]["期初余额方向"], rows[0]["期初原币余额"]) == ("112202", "平", "0.00")
    for before, after in pairwise(rows):
        assert (before["期末余额方向"], before["期末原币余额"]) == (after["期初余额方向"], after["期初原币余额"])


def test_a_voucher_line_says_what_the_file_of_the_case_says(general):
    case = json.loads(gzip.decompress(YEAR.read_bytes()))
    entry = next(one for one in case["entries"] if any("foreign" in line for line in one["lines"]) and one["no"] > 1)
    rows = [
        row
        for row in general["记账凭证"]
        if (int(row["会计期间号"]), int(row["记账凭证编号"])) == (int(entry["period"][-2:]), entry["no"])
    ]
    assert len(rows) == len(entry["lines"])
    line, row = entry["lines"][0], rows[0]
    assert (
        row
        | {
            "记账凭证日期": entry["date"].replace("-", ""),
            "会计年度": "2025",
            "记账凭证类型编号": entry["word"],
            "记账凭证行号": "1",
            "记账凭证摘要": entry["narration"],
            "科目编号": line["account"],
            "币种编码": line["foreign"]["currency"],
            "汇率": line["foreign"]["rate"],
            "借方原币金额": line["foreign"]["amount"],
            "借方本币金额": line["amount"],
            "贷方本币金额": "0.00",
            "附件数": str(entry["attachments"]),
            "记账标志": "1",
            "作废标志": "0",
            "辅助项1编号": line["aux"]["customer"],
        }
        == row
    )
    assert row["制单人"]
    assert row["制单人"] != row["审核人"]


def test_red_lines_keep_their_side(general):
    red = [row for row in general["记账凭证"] if number(row, "借方本币金额") < 0 or number(row, "贷方本币金额") < 0]
    assert red
    assert all(not number(row, "借方本币金额") or not number(row, "贷方本币金额") for row in red)


def test_master_data_is_what_lines_name(general, archives):
    named = {row["对应档案"]: row["辅助项编号"] for row in general["科目辅助核算"]}
    assert set(named) == {"客户档案", "供应商档案", "部门档案"}
    codes = {"客户档案": "客户编码", "供应商档案": "供应商编码", "部门档案": "部门编码"}
    for archive, slot in named.items():
        used = {row[f"辅助项{slot}编号"] for row in general["记账凭证"]} - {""}
        assert used <= {row[codes[archive]] for row in archives[archive]}
        assert used
    assert [row["会计期间起始日期"] for row in archives["会计期间"]][:2] == ["20250101", "20250201"]
    assert [row["币种编码"] for row in archives["币种"]] == ["CNY", "USD"]
    (book,) = archives["电子账簿"]
    assert (book["标准版本号"], book["本位币"], book["会计年度"]) == ("GB/T 24589.1-2010", "CNY", "2025")


def test_signs_that_xml_has_no_way_to_write_are_left_out():
    edition = interface()
    file = InterfaceFile("x.xml", "x", (Section("s", "rows", (Element("e", "text"),)),))
    out = io.BytesIO()
    write_file(edition, file, lambda _name: [{"text": "a<b>&\x07\ufffe\"'😀"}], out)
    assert root_of(io.BytesIO(out.getvalue()))[0][0].text == "a<b>&\"'😀"


# --- who, and where


class working:  # noqa: N801  it is used like a function
    """A transaction in the company."""

    def __init__(self, books: TrialDatabase) -> None:
        self.session = books.session()

    def __enter__(self) -> Context:
        self.session.begin()
        return context(self.session, COMPANY)

    def __exit__(self, *_error: Any) -> None:
        self.session.close()


def test_a_year_that_is_not_there_is_refused(books, capsys, tmp_path):
    assert main(["cn", "export-gbt24589", "--company", COMPANY, "--year", "2025-01", "--out", str(tmp_path / "x")]) == 1
    assert "2025-01" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_more_dimensions_than_the_interface_has_are_refused(books, monkeypatch):
    monkeypatch.setattr(sources, "MOST_DIMENSIONS", 2)
    with working(books) as ctx, pytest.raises(BusinessError, match="2"):
        Books(ctx, span_of(ctx, "2025"), interface())


def test_whoever_may_only_read_does_not_take_the_books_out(books):
    with working(books) as ctx:
        reader = open_for_person(ctx, Person("reader", (("*.read", "company"),), None, ()))
        with pytest.raises(Forbidden):
            Books(reader, span_of(ctx, "2025"), interface())


def test_the_browser_gives_the_files_in_one(books, folder, tmp_path):
    site = Site(books, tmp_path)
    with working(books) as ctx:
        year = ctx.all(FiscalYear).one().id
        company = ctx.session.scalar(select(Company.id).where(Company.name == COMPANY))
    browser = site.browser()
    browser.post("/company", {"company": str(company)})
    browser.post(f"/finance/fiscal_year/{year}/do/export_gbt24589", {}, status=303)
    with working(books) as ctx:
        job = jobs_of(ctx)[0].id
    execute(books, FileStore.of(site.settings), job)
    done = browser.get("/core/jobs", params={"job": str(job)}).json
    assert done["state"] == "done"
    with zipfile.ZipFile(io.BytesIO(browser.get(done["url"]).body)) as archive:
        assert archive.namelist() == ["公共档案.xml", "总账.xml"]
        for name in archive.namelist():
            assert archive.read(name) == (folder / name).read_bytes()

"""A company's year, closed by us: statements, dimensions and currencies are those that hledger computed.

Figures: tests/data/ledgers/cn_company_2025.expected.json.  The case's own transfers, revaluations and year-end vouchers
are left out of what is imported, so that ours are compared; the trial balances of the whole case hold for us as well.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from hanse.actions import Context
from hanse.cli.main import main
from hanse.cli.session import company_id
from hanse.errors import BusinessError
from hanse.testing import TrialDatabase
from hanse_finance import books
from hanse_finance.closing.revaluation import positions
from hanse_finance.closing.sealing import changed
from hanse_finance.closing.unattended import Bookkeepers, Closed, close
from hanse_finance.ledger import import_ledger, read_case
from hanse_finance.models import Period, Voucher, VoucherKind
from hanse_finance.reports import span_of, trial_balance
from hanse_finance.statements.working import disagreements, work_out

LEDGERS = Path(__file__).parents[1] / "data" / "ledgers"
CASE = json.loads(gzip.decompress((LEDGERS / "cn_company_2025.json.gz").read_bytes()))
EXPECTED = json.loads(gzip.decompress((LEDGERS / "cn_company_2025.expected.json.gz").read_bytes()))
OURS = ("损益结转", "调汇", "年结")
MONTHS = [f"2025-{month:02}" for month in range(1, 13)]
#: The oracle's names and the official lines; liabilities, equity and income are credit-negative there.
BALANCE = {
    "货币资金": (1, 1),
    "存货": (9, 1),
    "固定资产账面价值": (20, 1),
    "应付职工薪酬": (35, -1),
    "应交税费": (36, -1),
    "实收资本": (48, -1),
    "盈余公积": (50, -1),
    "未分配利润(含本年利润)": (51, -1),
    "权益合计": (52, -1),
}
INCOME = {
    "营业收入": (1, -1),
    "营业成本": (2, 1),
    "税金及附加": (3, 1),
    "销售费用": (11, 1),
    "管理费用": (14, 1),
    "财务费用": (18, 1),
    "营业外收入": (22, -1),
    "营业外支出": (24, 1),
    "所得税费用": (31, 1),
    "净利润(负数为盈利)": (32, -1),
}


@dataclass
class Year:
    """The company, closed."""

    database: TrialDatabase
    told: list[Closed]

    def ask(self, question: Any) -> Any:
        with self.database.session() as session, session.begin():
            return question(Bookkeepers.at(session, company_id(session, "Year")).maker)


@pytest.fixture(scope="module")
def year(databases, tmp_path_factory) -> Iterator[Year]:
    file = tmp_path_factory.mktemp("year") / "case.json"
    left = [entry for entry in CASE["entries"] if entry.get("kind") not in OURS]
    assert len(CASE["entries"]) - len(left) == 39
    file.write_text(json.dumps(CASE | {"entries": left}, ensure_ascii=False), encoding="utf-8")
    with databases.copy() as database:
        import_ledger(database, read_case(file), "Year")
        with database.session() as session, session.begin():
            told = close(Bookkeepers.at(session, company_id(session, "Year")), "2025")
        yield Year(database, told)


def test_every_month_is_closed_with_the_vouchers_it_takes(year):
    assert [one.period for one in year.told] == MONTHS
    assert all(one.closed for one in year.told)
    assert all(one.vouchers == {"revaluation": 1, "profit": 2} for one in year.told[:-1])
    assert year.told[-1].vouchers == {"revaluation": 1, "profit": 2, "year": 1, "reserve": 1, "appropriation": 1}
    assert [result.check.code for one in year.told for result in one.checks if result.level == "error"] == []


def test_the_trial_balances_are_those_of_the_case_with_its_own_closing_vouchers(year):
    for month in MONTHS:
        expected = {
            (row["account"], row["currency"]): [
                Decimal(row[name]) for name in ("opening", "debit", "credit", "closing")
            ]
            for row in EXPECTED["trial_balance"][month]
        }
        rows = year.ask(lambda ctx, month=month: trial_balance(ctx, span_of(ctx, month)))
        ours = {(row.code, row.currency): [row.opening, row.debit, row.credit, row.closing] for row in rows}
        assert {key: row for key, row in ours.items() if any(row)} == {
            key: row for key, row in expected.items() if any(row)
        }, month


def check_sheet(lines: dict[str, dict[str, str]], column: str, expected: dict[str, str], names: Any) -> None:
    for name, (line, sign) in names.items():
        assert Decimal(lines[str(line)][column]) * sign == Decimal(expected[name]), name


def test_every_line_of_every_month_equals_the_oracle(year):
    for month in MONTHS:
        sheets = year.ask(lambda ctx, month=month: work_out(ctx, month).as_json())
        balance, expected = sheets["balance_sheet"], EXPECTED["balance_sheet_lines"][month]
        check_sheet(balance, "end", expected, BALANCE)
        check_sheet(sheets["income_statement"], "period", EXPECTED["income_statement_lines"][month], INCOME)
        end = {line: Decimal(row["end"]) for line, row in balance.items()}
        # receivables and payables by detail: what stands on the other side is netted in the oracle's line
        assert end["4"] - end["34"] == Decimal(expected["应收账款"])
        assert end["33"] - end["5"] == -Decimal(expected["应付账款"])
        assert end["30"] - end["34"] - end["5"] == Decimal(expected["资产总计"])
        assert end["47"] - end["34"] - end["5"] == -Decimal(expected["负债合计"])
        assert end["30"] == end["53"]


def test_the_year_is_the_sum_of_its_months(year):
    total = {line: Decimal(0) for line in map(str, range(1, 33))}
    for month in MONTHS:
        sheet = year.ask(lambda ctx, month=month: work_out(ctx, month).as_json())["income_statement"]
        total = {line: total[line] + Decimal(sheet[line]["period"]) for line in total}
        assert {line: Decimal(sheet[line]["year"]) for line in total} == total
    whole = year.ask(lambda ctx: work_out(ctx, "2025").as_json())["income_statement"]
    assert {line: Decimal(whole[line]["period"]) for line in total} == total


def test_opening_vouchers_of_the_first_month_are_the_beginning_of_the_year(year):
    opening = next(entry for entry in CASE["entries"] if entry["kind"] == "期初")
    assets = sum(Decimal(line["amount"]) for line in opening["lines"] if line["account"].startswith("1"))
    sheets = year.ask(lambda ctx: work_out(ctx, "2025-06").as_json())
    assert Decimal(sheets["balance_sheet"]["30"]["year_start"]) == assets
    assert Decimal(sheets["balance_sheet"]["53"]["year_start"]) == assets


def test_dimensions_and_dollars_equal_the_oracle(year):
    for dimension in ("customer", "supplier"):
        rows = year.ask(
            lambda ctx, dimension=dimension: ctx.session.execute(
                text(
                    "SELECT v.code, sum(b.base_debit - b.base_credit) FROM finance_dimension_balance b "
                    "JOIN finance_dimension_set_value s ON s.set_id = b.details_id "
                    "JOIN finance_dimension_value v ON v.id = s.value_id "
                    "JOIN finance_dimension d ON d.id = v.dimension_id "
                    "JOIN finance_fiscal_year y ON y.id = b.year_id "
                    "WHERE d.code = :dimension AND y.name = '2025' AND b.company_id = :company GROUP BY v.code"
                ),
                {"dimension": dimension, "company": ctx.company.id},
            ).all()
        )
        expected = {key: Decimal(value) for key, value in EXPECTED["aux_balances_year_end"][dimension].items()}
        assert {key: amount for key, amount in rows if amount} == {k: v for k, v in expected.items() if v}
    assert year.ask(dollars) == {key: Decimal(value) for key, value in EXPECTED["usd_positions_year_end"].items()}


def dollars(ctx: Context) -> dict[str, Decimal]:
    """Give what each account and customer holds of dollars at the end of the year."""
    names = dict(ctx.session.execute(text("SELECT id, code FROM finance_account")).all())
    values = dict(
        ctx.session.execute(
            text(
                "SELECT s.set_id, v.code FROM finance_dimension_set_value s "
                "JOIN finance_dimension_value v ON v.id = s.value_id"
            )
        ).all()
    )
    december = ctx.all(Period, Period.code == "2025-12").one()
    return {
        f"{names[one.account]}|{values.get(one.details, '')}": one.amount
        for one in positions(ctx, december)
        if one.amount
    }


def test_profit_is_empty_and_the_books_are_right(year):
    rows = year.ask(lambda ctx: trial_balance(ctx, span_of(ctx, "2025-12")))
    assert [row.code for row in rows if row.type in ("income", "expense") and row.base_closing] == []
    assert [row.base_closing for row in rows if row.code == "3103"] == [0]
    assert year.ask(books.differences) == []
    assert year.ask(lambda ctx: disagreements(ctx, work_out(ctx, "2025-12"))) == []
    assert year.ask(lambda ctx: ctx.all(Period, Period.code == "2026-01").one().state.value) == "open"


def test_closing_again_gives_the_same_hashes(year):
    def again(ctx: Context) -> list[Closed]:
        people = Bookkeepers.at(ctx.session, ctx.company.id)
        december = ctx.all(Period, Period.code == "2025-12").ids
        people.do("finance.period.reopen", december, reason="a look")
        count = len(ctx.all(Voucher))
        told = close(people, "2025-12")
        assert len(ctx.all(Voucher)) == count, "nothing is left to transfer"
        return told

    (told,) = year.ask(again)
    assert told.closed
    assert told.vouchers == {}
    assert told.hashes == year.told[-1].hashes
    assert len(set(told.hashes.values())) == 4
    assert year.ask(changed) == []


def test_only_the_latest_period_is_reopened(year):
    def reopen(ctx: Context) -> None:
        people = Bookkeepers.at(ctx.session, ctx.company.id)
        people.do("finance.period.reopen", ctx.all(Period, Period.code == "2025-11").ids, reason="no")

    with pytest.raises(BusinessError, match="2025-12"):
        year.ask(reopen)


def test_figures_that_somebody_changed_in_the_database_are_found(year):
    with year.database.session() as session, session.begin():
        ctx = Bookkeepers.at(session, company_id(session, "Year")).maker
        session.execute(
            text(
                "UPDATE finance_balance SET base_debit = base_debit + 1 WHERE id = (SELECT b.id FROM finance_balance b "
                "JOIN finance_account a ON a.id = b.account_id "
                "WHERE a.code = '1001' AND b.number = 1 AND b.base_debit > 0)"
            )
        )
        found = changed(ctx)
        session.rollback()
    assert {one.report for one in found} == {"trial_balance", "balance_sheet", "cash_flow"}
    assert {one.period for one in found} == set(MONTHS)
    assert any(place.startswith("1 end: ") for one in found for place in one.places)


def test_red_and_closing_vouchers_are_what_they_say(year):
    kinds = year.ask(
        lambda ctx: {
            kind: len(ctx.all(Voucher, Voucher.kind == kind))
            for kind in (VoucherKind.CLOSING, VoucherKind.REVALUATION, VoucherKind.YEAR_END)
        }
    )
    assert kinds == {VoucherKind.CLOSING: 24, VoucherKind.REVALUATION: 12, VoucherKind.YEAR_END: 3}


def test_the_command_line_closes_prints_and_reopens(databases, tmp_path, monkeypatch, capsys):
    left = [entry for entry in CASE["entries"] if entry.get("kind") not in OURS and entry["period"] <= "2025-02"]
    file = tmp_path / "case.json"
    file.write_text(json.dumps(CASE | {"entries": left}, ensure_ascii=False), encoding="utf-8")
    with databases.copy() as database:
        monkeypatch.setenv("HANSE_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("HANSE_DATABASE_URL", database.url)
        monkeypatch.setenv("HANSE_DATABASE_OWNER_URL", database.owner_url)
        base = ["--company", "CLI", "--json"]
        assert main(["finance", "import-ledger", str(file), "--company", "CLI"]) == 0
        capsys.readouterr()
        assert main(["finance", "close", "--period", "2025-01", "--check", *base]) == 0
        (checked,) = json.loads(capsys.readouterr().out)
        assert [one["code"] for one in checked["checks"] if one["level"] == "error"] == ["C5", "C6"]
        assert not checked["closed"]
        assert main(["finance", "close", "--period", "2025-02", *base]) == 0
        first, second = json.loads(capsys.readouterr().out)
        assert [first["closed"], second["closed"]] == [True, True]
        assert main(["finance", "statements", "--period", "2025-02", *base]) == 0
        sheets = json.loads(capsys.readouterr().out)
        assert sheets["balance_sheet"]["1"]["name"] == "货币资金"
        check_sheet(sheets["balance_sheet"], "end", EXPECTED["balance_sheet_lines"]["2025-02"], BALANCE)
        assert main(["finance", "reopen", "--period", "2025-02", "--reason", "a mistake", *base]) == 0
        capsys.readouterr()
        assert main(["finance", "close", "--period", "2025-02", *base]) == 0
        (again,) = json.loads(capsys.readouterr().out)
        assert again["hashes"] == second["hashes"]
        assert main(["finance", "verify-closed", "--company", "CLI"]) == 0

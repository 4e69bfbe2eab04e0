"""What a new Chinese company may rely on: the chart of its standard, its first year, its voucher words."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from hanse import BusinessError, Question
from hanse.actions import find_action
from hanse.actions.context import identify
from hanse.addons import installed
from hanse.cli.main import main
from hanse.directory.founding import found_company
from hanse.directory.models import Role
from hanse_cn.charts import load_chart
from hanse_cn.models import Taxpayer
from hanse_cn.setup import taxpayer_of
from hanse_finance.models import Account, CashItem, Dimension, FiscalYear, Period, VoucherWord

DATA = Path(__file__).parents[2] / "addons" / "hanse_cn" / "data"
ANSWERS = {
    "fiscal_year_start": (2026, 1),
    "voucher_words": "three",
    "chart": "small_business",
    "taxpayer": "small_scale",
}


def rows_of(chart: str) -> dict[str, dict[str, str]]:
    """Read the file itself: the chart as the standard prints it."""
    with (DATA / f"coa_{chart}.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row for row in csv.DictReader(file) if row["scope"] in ("general", "later")}


def found(session, **answers):
    system = identify(session, "system")
    return found_company(session, system, {"name": "新公司", "currency": "CNY"}, answers=answers)


def run(ctx, name, records=None, **params):
    action = find_action(name)
    assert action is not None, name
    return ctx.run(action, records, **params)


@pytest.mark.parametrize(("chart", "first_level"), [("small_business", 66), ("enterprise", 109)])
def test_every_account_of_a_standard_is_loaded(session, chart, first_level):
    ctx = found(session, chart=chart)
    expected = rows_of(chart)

    accounts = {account.code: account for account in ctx.all(Account)}

    assert accounts.keys() == expected.keys()
    assert sum(account.parent_id is None for account in accounts.values()) == first_level
    for code, account in accounts.items():
        row = expected[code]
        stored = (account.name, account.name_en, account.type.value, account.side.value)
        assert stored == (row["name_zh"], row["name_en"], row["type"], row["direction"])


def test_parents_are_links_and_only_leaves_take_postings(session):
    accounts = {account.code: account for account in found(session, chart="small_business").all(Account)}

    assert accounts["22210101"].parent_id == accounts["222101"].id
    assert accounts["222101"].parent_id == accounts["2221"].id
    above = {account.parent_id for account in accounts.values()}
    assert all(account.postable == (account.id not in above) for account in accounts.values())
    assert not accounts["2221"].postable


def test_cash_accounts_and_those_of_partners_are_marked(session):
    ctx = found(session, chart="small_business")
    names = {dimension.id: dimension.code for dimension in ctx.all(Dimension)}
    accounts = ctx.all(Account)

    analysed = {
        account.code: [names[one.dimension_id] for one in account.dimensions]
        for account in accounts
        if account.dimensions
    }

    assert [account.code for account in accounts if account.cash] == ["1001", "1002", "1012"]
    assert analysed == {"1122": ["customer"], "1123": ["supplier"], "2202": ["supplier"], "2203": ["customer"]}


@pytest.mark.parametrize(("chart", "lines"), [("small_business", 16), ("enterprise", 23)])
def test_the_items_of_its_cash_flow_statement_are_there_from_the_first_voucher_on(session, chart, lines):
    items = found(session, chart=chart).all(CashItem)
    assert len(items) == len(set(items[CashItem.line])) == lines


def test_loading_a_chart_again_changes_nothing_that_users_changed(session):
    ctx = found(session, chart="small_business")
    cash = ctx.all(Account, Account.code == "1001").one()
    run(ctx, "finance.account.update", [cash], values={"name": "现金"})
    run(ctx, "finance.account.delete", ctx.all(Account, Account.code == "1131").ids)

    assert load_chart(ctx, "small_business") == 1  # the one that was deleted
    assert load_chart(ctx, "small_business") == 0
    assert ctx.all(Account, Account.code == "1001").one().name == "现金"


def test_an_account_that_takes_postings_gets_none_below_it(session):
    ctx = found(session, voucher_words="ji")
    values = {"code": "2221", "name": "应交税费", "type": "liability", "side": "C"}
    run(ctx, "finance.account.create", values=[values])

    load_chart(ctx, "small_business")

    assert [code for code in ctx.all(Account)[Account.code] if code.startswith("2221")] == ["2221"]
    assert ctx.all(Account, Account.code == "2221").one().postable


def test_an_unknown_chart_is_named(session):
    with pytest.raises(BusinessError, match="moon"):
        found(session, chart="moon")


def test_answers_open_the_year_and_make_the_words(session):
    ctx = found(session, **ANSWERS)

    assert [year.start for year in ctx.all(FiscalYear)] == [date(2026, 1, 1)]
    assert [period.code for period in ctx.all(Period)][::11] == ["2026-01", "2026-12"]
    words = [(word.code, word.name) for word in ctx.all(VoucherWord, order_by=[VoucherWord.position])]
    assert words == [("收", "收款凭证"), ("付", "付款凭证"), ("转", "转账凭证")]
    assert taxpayer_of(ctx) is Taxpayer.SMALL_SCALE
    assert {"accounting_clerk", "accounting_auditor", "chief_accountant"} <= set(ctx.all(Role)[Role.key])


@pytest.mark.parametrize("start", [date(2025, 7, 1), (2025, 7), "2025-07", "2025-07-01"])
def test_the_first_month_may_be_said_in_several_ways(session, start):
    assert found(session, fiscal_year_start=start).all(FiscalYear).one().start == date(2025, 7, 1)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"fiscal_year_start": "soon"}, "fiscal_year_start"),
        ({"voucher_words": "ten"}, "voucher_words"),
        ({"taxpayer": "rich"}, "taxpayer"),
    ],
)
def test_a_wrong_answer_is_named(session, wrong, field):
    with pytest.raises(BusinessError) as refused:
        found(session, **wrong)
    assert refused.value.field == field


def test_a_company_without_answers_stays_empty(session):
    """Ledger files bring their own accounts, years and words."""
    ctx = found(session)

    assert not any(len(ctx.all(model)) for model in (Account, FiscalYear, VoucherWord, Dimension))


def questions_of_a_new_company() -> list[Question]:
    asked = installed().call("company_questions", installed().addons, ctx=None)
    return [question for questions in asked for question in questions]


def test_the_assistant_asks_each_question_once_and_every_default_is_an_answer():
    asked = questions_of_a_new_company()

    assert [question.name for question in asked] == ["fiscal_year_start", "voucher_words", "chart", "taxpayer"]
    assert all(question.read(question.default) is not None for question in asked)
    assert asked[1].default == "ji"


def test_a_company_founded_with_the_assistants_defaults_can_post(session):
    asked = questions_of_a_new_company()
    ctx = found(session, **{question.name: question.read(question.default) for question in asked})
    accounts = dict(zip(ctx.all(Account)[Account.code], ctx.all(Account).ids, strict=True))
    lines = [
        {"summary": "投资", "account": accounts["1002"], "debit": 100},
        {"account": accounts["3001"], "credit": 100},
    ]

    made = run(ctx, "finance.voucher.create", values=[{"day": ctx.today, "lines": lines}])

    assert len(made.done) == 1


def test_a_chart_is_loaded_on_the_command_line(own_database, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HANSE_HOME", str(tmp_path))
    monkeypatch.setenv("HANSE_DATABASE_URL", own_database.url)
    monkeypatch.setenv("HANSE_DATABASE_OWNER_URL", own_database.owner_url)

    for _time in range(2):
        assert main(["cn", "load-chart", "--company", "Hanse Trading", "--chart", "enterprise"]) == 0

    assert capsys.readouterr().out.splitlines() == [f"{len(rows_of('enterprise'))} accounts added", "nothing to do"]

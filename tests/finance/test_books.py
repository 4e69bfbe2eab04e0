"""What the books may be relied on for: every ledger agrees with the trial balance, with hledger, and with each other.

Figures: tests/data/ledgers, whose expected values hledger 1.25 computed; ageing by a queue that is written here.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cases import content
from sqlalchemy import select, text

from hanse.actions import Context
from hanse.cli.main import main
from hanse.cli.session import context
from hanse.screens import Given, Reading, Report
from hanse.testing import TrialDatabase
from hanse.testing.databases import Databases
from hanse_finance.ledger import import_ledger, read_case
from hanse_finance.models import Account, Dimension, DimensionValue
from hanse_finance.reports import span_of, trial_balance
from hanse_finance.screens.books import (
    ACCOUNT_LEDGER,
    ACCOUNT_SUMMARY,
    AGEING,
    CHRONOLOGICAL,
    DIMENSION_BALANCES,
    DIMENSION_LEDGER,
    FOREIGN_LEDGER,
    GENERAL_LEDGER,
    JOURNAL,
    MULTI_COLUMN,
    chronological,
    running,
)

COMPANY, ZERO = "cn_company_2025", Decimal(0)
HLEDGER = shutil.which("hledger")
Row = dict[str, Any]


@pytest.fixture(scope="module")
def shelf(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrialDatabase]:
    """All ledgers, each a company of its own name."""
    folder = tmp_path_factory.mktemp("ledgers")
    with databases.copy() as found:
        for name in (COMPANY, "edge_cases", "hl_multicurrency", "hl_vat"):
            path = folder / f"{name}.json"
            path.write_bytes(content(f"{name}.json"))
            import_ledger(found, read_case(path), name)
        yield found


@pytest.fixture
def ctx(shelf: TrialDatabase) -> Iterator[Context]:
    """The year of a Chinese company."""
    with shelf.session() as session, session.begin():
        yield context(session, COMPANY)


@cache
def ledger() -> dict[str, Any]:
    """The file that the company was imported from."""
    return json.loads(content(f"{COMPANY}.json"))


@cache
def oracle() -> dict[str, Any]:
    """What hledger computed of it."""
    return json.loads(content(f"{COMPANY}.expected.json"))


def read(ctx: Context, report: Report, *, whole: bool = True, **values: object) -> Reading:
    """Read a report with these parameters, and defaults for the others."""
    given = {one.name: one.default(ctx) if one.default else "" for one in report.parameters}
    return report.read(ctx, Given(given | {name: str(value) for name, value in values.items()}, whole))


def rows_of(reading: Reading) -> list[Row]:
    """Give rows as dictionaries by column."""
    names = [column.name for column in reading.columns]
    return [dict(zip(names, row.values, strict=True)) | {"strong": row.strong, "to": row.to} for row in reading.rows]


def signed(row: Row) -> Decimal:
    """Give the balance of a row, debit positive."""
    sign = {"Dr": 1, "Cr": -1, "Nil": 0}[str(row["side"])]
    return (row["balance"] or ZERO) * sign


def accounts(ctx: Context) -> dict[str, int]:
    found = ctx.all(Account)
    return dict(zip(found[Account.code], found.ids, strict=True))


def whole_ledger(ctx: Context, report: Report, **values: object) -> list[Row]:
    return rows_of(read(ctx, report, **values))


def months_of(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if str(row["summary"]) == "Total of the month"]


# --- ledgers and the trial balance ------------------------------------------------------------------------------------


def oracle_months(code: str) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
    """Give debit, credit and closing of an account by period."""
    return {
        period: tuple(Decimal(row[name]) for name in ("debit", "credit", "closing"))
        for period, rows in oracle()["trial_balance"].items()
        for row in rows
        if row["account"] == code
    }


def test_lines_and_monthly_sums_of_every_account_ledger_are_the_oracles(ctx: Context) -> None:
    for code, key in accounts(ctx).items():
        rows = whole_ledger(ctx, ACCOUNT_LEDGER, account=key, period="2025")
        lines = [row for row in rows if not row["strong"]]
        by_month: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
        for row in lines:
            by_month[f"{row['day']:%Y-%m}"][0] += row["debit"] or ZERO
            by_month[f"{row['day']:%Y-%m}"][1] += row["credit"] or ZERO
        wanted = oracle_months(code)
        for period, (debit, credit) in by_month.items():
            assert (debit, credit) == wanted[period][:2], (code, period)
        sums = months_of(rows)
        closings = [wanted[period][2] for period in by_month]
        if lines:
            assert [(row["debit"], row["credit"]) for row in sums] == [tuple(pair) for pair in by_month.values()]
            assert [signed(row) for row in sums] == closings
            assert signed(lines[-1]) == closings[-1]


@pytest.mark.parametrize("name", [COMPANY, "edge_cases", "hl_multicurrency", "hl_vat"])
def test_the_ledgers_of_all_accounts_close_as_the_trial_balance_does(shelf: TrialDatabase, name: str) -> None:
    with shelf.session() as session, session.begin():
        ctx = context(session, name)
        years = sorted({code[:4] for code in span_codes(ctx)})
        for year in years:
            reading = read(ctx, ACCOUNT_LEDGER, period=year)
            closings: dict[str, Decimal] = {}
            moved: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
            part = ""
            names = [column.name for column in reading.columns]
            for row in reading.rows:
                part = str(row.part) or part
                values = dict(zip(names, row.values, strict=True))
                closings[part] = signed(values)
                if not row.strong:
                    moved[part][0] += values["debit"] or ZERO
                    moved[part][1] += values["credit"] or ZERO
            wanted: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO, ZERO])
            for one in trial_balance(ctx, span_of(ctx, year)):
                title = one.name if one.code == one.name else f"{one.code} {one.name_en or one.name}"
                figures = (one.base_closing, one.base_debit, one.base_credit)
                wanted[title] = [a + b for a, b in zip(wanted[title], figures, strict=True)]
            assert closings.keys() == wanted.keys()
            assert {title: [closings[title], *moved[title]] for title in closings} == wanted


def span_codes(ctx: Context) -> list[str]:
    from hanse_finance.models import Period

    return list(ctx.session.scalars(select(Period.code).where(Period.company_id == ctx.company.id)))


def test_the_general_ledger_has_the_oracles_months(ctx: Context) -> None:
    rows = whole_ledger(ctx, GENERAL_LEDGER, period="2025")
    found = {(row["code"], row["period"]): (row["debit"], row["credit"], signed(row)) for row in months_of(rows)}
    wanted = {
        (row["account"], period): tuple(Decimal(row[name]) for name in ("debit", "credit", "closing"))
        for period, each in oracle()["trial_balance"].items()
        for row in each
    }
    assert len(found) > 300
    assert all(wanted[key] == own for key, own in found.items())
    assert all(not (own[0] or own[1]) for key, own in wanted.items() if key not in found)


def test_the_year_so_far_leaves_out_what_the_year_opened_with(ctx: Context) -> None:
    bank = accounts(ctx)["100201"]
    rows = whole_ledger(ctx, GENERAL_LEDGER, period="2025-03", account=bank, through=bank)
    (year,) = [row for row in rows if "year so far" in str(row["summary"])]
    wanted = oracle_months("100201")
    assert year["debit"] == sum(wanted[f"2025-0{month}"][0] for month in (1, 2, 3))


@pytest.mark.skipif(HLEDGER is None, reason="hledger is not installed")
@pytest.mark.parametrize("code", ["100201", "1122", "2202", "3103"])
def test_running_balances_are_those_of_hledger_at_the_end_of_every_day(ctx: Context, tmp_path: Path, code: str) -> None:
    blocks = [
        "\n".join([f"{entry['date']} x", *(f"    {line['account']}  {line['amount']} CNY" for line in entry["lines"])])
        for entry in sorted(ledger()["entries"], key=lambda entry: entry["date"])
    ]
    journal = tmp_path / "year.journal"
    journal.write_text("\n\n".join(blocks) + "\n")
    command = [str(HLEDGER), "-f", str(journal), "aregister", f"^{code}$", "-O", "csv"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    wanted = {
        row["date"]: Decimal(row["balance"].removesuffix(" CNY").replace(",", "") or 0)
        for row in csv.DictReader(io.StringIO(answer.stdout))
    }
    rows = whole_ledger(ctx, ACCOUNT_LEDGER, account=accounts(ctx)[code], period="2025")
    found = {row["day"].isoformat(): signed(row) for row in rows if row["day"] is not None}

    assert len(found) > 10
    assert found == wanted


# --- pages ------------------------------------------------------------------------------------------------------------


def through_pages(ctx: Context, report: Report, **values: object) -> list[list[Any]]:
    """Read a book page by page."""
    found: list[list[Any]] = []
    at: str | None = ""
    while at is not None:
        reading = read(ctx, report, whole=False, at=at, **values)
        found += [list(row.values) for row in reading.rows]
        at = reading.after["at"] if reading.after else None
    return found


@pytest.mark.parametrize("size", [37, 200])
@pytest.mark.parametrize("which", ["ledger", "journal", "columns", "foreign", "value", "list"])
def test_pages_put_together_are_the_whole_book(
    ctx: Context, monkeypatch: pytest.MonkeyPatch, which: str, size: int
) -> None:
    monkeypatch.setattr(running, "PAGE", size)
    monkeypatch.setattr(chronological, "PAGE", size)
    known = accounts(ctx)
    value = ctx.all(DimensionValue, DimensionValue.code == "C003").one().id
    report, values = {
        "ledger": (ACCOUNT_LEDGER, {"account": known["1122"]}),
        "journal": (JOURNAL, {"account": known["100201"]}),
        "columns": (MULTI_COLUMN, {"account": known["560202"], "by": dimension(ctx, "department")}),
        "foreign": (FOREIGN_LEDGER, {"account": known["112202"], "through": known["112202"]}),
        "value": (DIMENSION_LEDGER, {"value": value}),
        "list": (CHRONOLOGICAL, {}),
    }[which]
    period = "2025" if which != "list" else "2025-02"
    paged = through_pages(ctx, report, period=period, **values)
    whole = [list(row.values) for row in read(ctx, report, period=period, **values).rows]
    brought = [row for row in paged if "Brought forward from the page before" in [str(one) for one in row]]

    assert len(whole) > size or size == 200
    assert [row for row in paged if row not in brought] == [
        row for row in whole if which != "list" or str(row[2]) != "Total"
    ]


# --- dimensions -------------------------------------------------------------------------------------------------------


def dimension(ctx: Context, code: str) -> int:
    return ctx.all(Dimension, Dimension.code == code).one().id


@pytest.mark.parametrize("code", ["customer", "supplier"])
def test_balances_of_customers_and_suppliers_are_the_oracles(ctx: Context, code: str) -> None:
    reading = read(ctx, DIMENSION_BALANCES, dimension=dimension(ctx, code), period="2025-12")
    found = {
        row["code"]: (row["closing"] or ZERO) * {"Dr": 1, "Cr": -1, "Nil": 0}[str(row["closing_side"])]
        for row in rows_of(reading)
    }
    wanted = {key: Decimal(value) for key, value in oracle()["aux_balances_year_end"][code].items()}
    assert len(wanted) >= 30
    assert {key: own for key, own in found.items() if own} == {key: own for key, own in wanted.items() if own}


def test_the_values_of_a_control_account_add_up_to_it(ctx: Context) -> None:
    """Invariant I4, month by month."""
    for account, code in (("1122", "customer"), ("112202", "customer"), ("2202", "supplier")):
        key = accounts(ctx)[account]
        for period, (debit, credit, closing) in oracle_months(account).items():
            rows = rows_of(
                read(ctx, DIMENSION_BALANCES, dimension=dimension(ctx, code), period=period, account=key, through=key)
            )
            signs = {"Dr": 1, "Cr": -1, "Nil": 0}
            assert sum((row["debit"] or ZERO for row in rows), ZERO) == debit
            assert sum((row["credit"] or ZERO for row in rows), ZERO) == credit
            assert sum(((row["closing"] or ZERO) * signs[str(row["closing_side"])] for row in rows), ZERO) == closing


def test_every_arrangement_of_dimension_balances_has_the_same_total(ctx: Context) -> None:
    totals = [
        list(
            filter(
                lambda one: isinstance(one, Decimal),
                read(ctx, DIMENSION_BALANCES, dimension=dimension(ctx, "customer"), by=by, period="2025").totals or (),
            )
        )
        for by in ("value", "value-account", "account-value")
    ]
    assert totals[0] == totals[1] == totals[2] != []


def test_the_ledger_of_a_value_closes_as_its_balance_does(ctx: Context) -> None:
    for code, wanted in list(oracle()["aux_balances_year_end"]["customer"].items())[:8]:
        value = ctx.all(DimensionValue, DimensionValue.code == code).one().id
        rows = whole_ledger(ctx, DIMENSION_LEDGER, value=value, period="2025")
        assert signed(rows[-1]) == Decimal(wanted)


# --- the other books --------------------------------------------------------------------------------------------------


def test_foreign_balances_are_the_oracles(ctx: Context) -> None:
    positions = oracle()["usd_positions_year_end"]
    wanted = {
        code: sum(Decimal(value) for key, value in positions.items() if key.startswith(f"{code}|"))
        for code in ("100202", "112202")
    }
    reading = read(ctx, FOREIGN_LEDGER, currency="USD", period="2025")
    last: dict[str, Any] = {}
    names = [column.name for column in reading.columns]
    part = ""
    for row in reading.rows:
        part = str(row.part) or part
        last[part.split(" ")[0]] = dict(zip(names, row.values, strict=True))
    assert {code: last[code]["balance_foreign"] for code in wanted} == wanted
    in_dollars: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for entry in ledger()["entries"]:
        for line in entry["lines"]:
            in_dollars[line["account"]] += Decimal(line["amount"]) if "foreign" in line else ZERO
    assert {code: last[code]["balance"] for code in wanted} == {code: in_dollars[code] for code in wanted}


def test_an_account_kept_in_a_currency_shows_its_revaluations_too(ctx: Context) -> None:
    with ctx.session.begin_nested() as changed:
        key, dollars = accounts(ctx)["100202"], "SELECT id FROM core_currency WHERE code = 'USD'"
        ctx.session.execute(text(f"UPDATE finance_account SET currency_id = ({dollars}) WHERE id = {key}"))
        rows = rows_of(read(ctx, FOREIGN_LEDGER, currency="USD", period="2025", account=key, through=key))
        changed.rollback()
    assert rows[-1]["balance"] == oracle_months("100202")["2025-12"][2]
    assert rows[-1]["balance_foreign"] == Decimal(oracle()["usd_positions_year_end"]["100202|"])


def test_a_journal_ends_each_day_with_its_sums_and_names_the_other_side(ctx: Context) -> None:
    rows = whole_ledger(ctx, JOURNAL, account=accounts(ctx)["100201"], period="2025-03")
    wanted: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    others: dict[str, set[str]] = defaultdict(set)
    for entry in ledger()["entries"]:
        if entry["date"].startswith("2025-03"):
            for line in entry["lines"]:
                if line["account"] == "100201":
                    wanted[entry["date"]][line["dc"] == "C"] += Decimal(line["side_amount"])
                    across = {one["account"] for one in entry["lines"] if one["dc"] != line["dc"]}
                    others[entry["date"]] |= across
    day, found, named = "", {}, defaultdict(set)
    for row in rows:
        if row["day"] is not None:
            day = row["day"].isoformat()
            named[day] |= {title.split(" ")[0] for title in row["counter"].split(", ")}
        elif str(row["summary"]) == "Total of the day":
            found[day] = [row["debit"], row["credit"]]
    assert len(found) > 15
    assert found == wanted
    assert {day: named[day] & others[day] for day in found} == {day: others[day] for day in found}


def test_columns_add_up_to_the_movement_of_the_account(ctx: Context) -> None:
    key = accounts(ctx)["560202"]
    reading = read(ctx, MULTI_COLUMN, account=key, by=dimension(ctx, "department"), period="2025")
    columns = [column.name for column in reading.columns if column.name.startswith("column")]
    lines = [row for row in rows_of(reading) if not row["strong"]]
    assert len(columns) > 1
    spread = [row for row in lines if any(row[name] for name in columns)]
    assert len(spread) > 20
    for row in spread:
        assert sum((row[name] or ZERO for name in columns), ZERO) == (row["debit"] or ZERO) - (row["credit"] or ZERO)


@pytest.mark.parametrize(
    ("start", "end"), [("2025-03-01", "2025-03-31"), ("2025-02-11", "2025-05-20"), ("2025-07-05", "2025-07-09")]
)
def test_the_account_summary_of_any_days_is_the_sum_of_the_lines(ctx: Context, start: str, end: str) -> None:
    wanted: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for entry in ledger()["entries"]:
        if start <= entry["date"] <= end:
            for line in entry["lines"]:
                wanted[line["account"]][line["dc"] == "C"] += Decimal(line["side_amount"])
    reading = read(ctx, ACCOUNT_SUMMARY, **{"from": start, "until": end})
    found = {row["code"]: [row["debit"] or ZERO, row["credit"] or ZERO] for row in rows_of(reading)}
    assert found == {code: pair for code, pair in wanted.items() if any(pair)}
    count = sum(start <= entry["date"] <= end for entry in ledger()["entries"])
    assert str(reading.note).startswith(f"{count} vouchers") or (start, end) == ("2025-02-11", "2025-05-20")


def test_the_chronological_list_has_every_line_in_order(ctx: Context) -> None:
    rows = rows_of(read(ctx, CHRONOLOGICAL, period="2025"))
    lines, total = rows[:-1], rows[-1]
    assert len(lines) == oracle()["counts"]["lines"]
    assert [row["day"] for row in lines] == sorted(row["day"] for row in lines)
    assert total["debit"] == total["credit"] == sum((row["debit"] or ZERO for row in lines), ZERO)


# --- ageing -----------------------------------------------------------------------------------------------------------


def aged(moves: Sequence[tuple[date, Decimal]], on: date, edges: Sequence[int]) -> list[Decimal]:
    """Clear the oldest by a queue, as one would by hand: the newest bucket first, what is older than all last."""
    sign = 1 if sum(amount for _day, amount in moves) > 0 else -1
    queue = deque((day, amount * sign) for day, amount in moves if amount * sign > 0)
    left = -sum((amount * sign for _day, amount in moves if amount * sign < 0), ZERO)
    while left:
        day, amount = queue.popleft()
        cleared = min(left, amount)
        left -= cleared
        if amount > cleared:
            queue.appendleft((day, amount - cleared))
    buckets = [ZERO] * (len(edges) + 1)
    for day, amount in queue:
        age = (on - day).days
        buckets[next((at for at, edge in enumerate(edges) if age <= edge), len(edges))] += amount * sign
    return buckets


@pytest.mark.parametrize(
    ("code", "on"), [("customer", "2025-12-31"), ("customer", "2025-06-17"), ("supplier", "2025-12-31")]
)
def test_ageing_is_what_a_queue_leaves(ctx: Context, code: str, on: str) -> None:
    day, edges = date.fromisoformat(on), (30, 60, 90, 180, 365)
    moves: dict[tuple[str, str], list[tuple[date, Decimal]]] = defaultdict(list)
    for entry in sorted(ledger()["entries"], key=lambda entry: entry["date"]):
        for line in entry["lines"]:
            if code in line.get("aux", {}) and entry["date"] <= on:
                key = line["aux"][code], line["account"]
                moves[key].append((date.fromisoformat(entry["date"]), Decimal(line["amount"])))
    wanted = {key: aged(own, day, edges) for key, own in moves.items() if sum(amount for _day, amount in own)}
    rows = rows_of(read(ctx, AGEING, dimension=dimension(ctx, code), day=on))
    found = {(row["code"], row["account"].split(" ")[0]): [row[f"age{at}"] or ZERO for at in range(6)] for row in rows}
    assert len(found) >= 25
    assert found == wanted


def test_what_a_customer_owes_is_split_among_the_ages(ctx: Context) -> None:
    reading = read(ctx, AGEING, dimension=dimension(ctx, "customer"), day="2025-12-31")
    wanted = {key: Decimal(value) for key, value in oracle()["aux_balances_year_end"]["customer"].items()}
    found: Mapping[str, Decimal] = defaultdict(lambda: ZERO)
    for row in rows_of(reading):
        found[row["code"]] += signed(row)
        assert sum((row[f"age{at}"] or ZERO for at in range(6)), ZERO) == signed(row)
    assert dict(found) == {key: own for key, own in wanted.items() if own}


# --- the command line -------------------------------------------------------------------------------------------------


def test_the_command_line_gives_the_ledger_as_decimal_strings(
    shelf: TrialDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HANSE_HOME", str(tmp_path))
    monkeypatch.setenv("HANSE_DATABASE_URL", shelf.url)
    monkeypatch.setenv("HANSE_DATABASE_OWNER_URL", shelf.owner_url)
    asked = ["finance", "ledger", "--company", COMPANY, "--account", "1122", "--period", "2025-03"]
    assert main([*asked, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    wanted = oracle_months("1122")

    assert [row["row"] for row in rows if row["row"] != "line"] == ["opening", "month", "year"]
    assert (rows[0]["side"], Decimal(rows[0]["balance"])) == ("D", wanted["2025-02"][2])
    month, year = rows[-2], rows[-1]
    assert (Decimal(month["debit"]), Decimal(month["credit"]), Decimal(month["balance"])) == wanted["2025-03"]
    assert Decimal(year["debit"]) == sum(wanted[f"2025-0{number}"][0] for number in (1, 2, 3))
    assert sum(Decimal(row["debit"] or 0) for row in rows if row["row"] == "line") == wanted["2025-03"][0]
    assert main([*asked[:-1], "2025-01"]) == 0
    assert "期初余额录入" in capsys.readouterr().out
    assert main(["finance", "ledger", "--company", COMPANY, "--account", "x", "--period", "2025"]) != 0

"""What an import may be relied on for: trial balances as hledger has them, amounts kept, base amounts as specified.

Figures: tests/data/ledgers/*.expected.json, computed by hledger 1.25 and cross-checked by ledger and beancount.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cases import NAMES, Trial, case, content, entry, expected, line, trial_of, weight
from sqlalchemy import select, text

from hanse.actions import Context
from hanse.cli.main import main
from hanse.cli.session import context
from hanse.testing import TrialDatabase
from hanse.testing.databases import Databases
from hanse_finance import books
from hanse_finance.ledger import Report, import_ledger, read_case
from hanse_finance.models import Account, AccountDimension, ExchangeRate, Reversal, Voucher, VoucherLine
from hanse_finance.reports import span_of, trial_balance

numbers = itertools.count(1)
ANALYSED = ("customer", "supplier")  # the oracle counts departments without the transfers to profit and loss


class Imported:
    """A company that ledgers are imported into."""

    def __init__(self, database: TrialDatabase, folder: Path, company: str) -> None:
        self.database, self.folder, self.company = database, folder, company

    def load(self, ledger: dict[str, Any] | bytes, company: str | None = None) -> Report:
        path = self.folder / "case.json"
        path.write_bytes(ledger if isinstance(ledger, bytes) else json.dumps(ledger, ensure_ascii=False).encode())
        return import_ledger(self.database, read_case(path), company or self.company)

    def ask(self, question: Callable[[Context], Any], company: str | None = None) -> Any:
        with self.database.session() as session, session.begin():
            return question(context(session, company or self.company))

    def trial(self, period: str, company: str | None = None) -> Trial:
        return self.ask(
            lambda ctx: trial_of(row.as_json() for row in trial_balance(ctx, span_of(ctx, period))), company
        )

    def bases(self, company: str | None = None) -> list[Decimal]:
        query = select(VoucherLine.base).order_by(VoucherLine.voucher_id, VoucherLine.number)
        return self.ask(
            lambda ctx: list(ctx.session.scalars(query.where(VoucherLine.company_id == ctx.company.id))), company
        )


@pytest.fixture(scope="module")
def shelf(databases: Databases) -> Iterator[TrialDatabase]:
    """A database for all tests here; each imports into companies of its own."""
    with databases.copy() as found:
        yield found


@pytest.fixture
def books_of(shelf: TrialDatabase, tmp_path: Path) -> Imported:
    return Imported(shelf, tmp_path, f"Company {next(numbers)}")


# --- the ledgers with expected figures


@pytest.mark.parametrize("name", NAMES[1:])
def test_every_trial_balance_equals_that_of_the_oracle(books_of, name):
    report = books_of.load(content(f"{name}.json"))
    check_against_oracle(books_of, report, name)


def check_against_oracle(books_of: Imported, report: Report, name: str) -> None:
    """Compare all periods with the oracle's, and the maintained balances with the lines."""
    periods = expected(name)
    counts = json.loads(content(f"{name}.expected.json"))["counts"]
    assert (report.vouchers, report.lines) == (counts["entries"], counts["lines"])
    assert {period: books_of.trial(period) for period in periods} == periods
    assert books_of.ask(books.differences) == []


def test_a_year_of_a_company_equals_the_oracles_in_every_respect(books_of):
    """One import for all of it, as it takes seconds."""
    report = books_of.load(content("cn_company_2025.json"))
    check_against_oracle(books_of, report, "cn_company_2025")
    check_year_against_months(books_of)
    check_analysed_balances(books_of)
    check_numbers(books_of)
    entries = json.loads(content("cn_company_2025.json"))["entries"]
    reversed_ones = {one["reverses"] for one in entries if one.get("reverses")}
    assert books_of.ask(lambda ctx: len(ctx.all(Reversal))) == len(reversed_ones) > 0


@pytest.fixture
def home(databases, tmp_path, monkeypatch) -> Iterator[Path]:
    """A HANSE_HOME of our own, on a database that is empty but migrated."""
    with databases.copy() as database:
        monkeypatch.setenv("HANSE_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("HANSE_DATABASE_URL", database.url)
        monkeypatch.setenv("HANSE_DATABASE_OWNER_URL", database.owner_url)
        yield tmp_path


@pytest.mark.parametrize("name", NAMES[1:])
def test_the_command_line_gives_the_same_and_prints_nothing_but_json(home, capsys, name):
    file = home / "case.json"
    file.write_bytes(content(f"{name}.json"))
    assert main(["finance", "import-ledger", str(file), "--company", "Case & Co", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["company"] == "Case & Co"
    for period, rows in expected(name).items():
        assert main(["finance", "trial-balance", "--company", "Case & Co", "--period", period, "--json"]) == 0
        printed = json.loads(capsys.readouterr().out)
        assert trial_of(printed) == rows
        assert len(printed) == len(rows), "rows of zeros are left out"
        assert all(isinstance(value, str) for row in printed for value in row.values())
    assert main(["db", "rebuild-balances", "--check"]) == 0


def check_year_against_months(books_of: Imported) -> None:
    """The year's row of an account is the sum of its months."""
    months = [expected("cn_company_2025")[f"2025-{month:02}"] for month in range(1, 13)]
    for key, (opening, debit, credit, closing) in books_of.trial("2025").items():
        rows = [month.get(key, (Decimal(0),) * 4) for month in months]
        assert (opening, closing) == (rows[0][0], rows[-1][3])
        assert (debit, credit) == (sum(row[1] for row in rows), sum(row[2] for row in rows))


def check_analysed_balances(books_of: Imported) -> None:
    """Balances by customer and supplier are those of the oracle at the end of the year."""
    query = text(
        "SELECT d.code, v.code, sum(b.debit - b.credit) FROM finance_dimension_balance b "
        "JOIN finance_dimension_set_value s ON s.set_id = b.details_id "
        "JOIN finance_dimension d ON d.id = s.dimension_id JOIN finance_dimension_value v ON v.id = s.value_id "
        "WHERE b.company_id = :company GROUP BY 1, 2"
    )
    rows = books_of.ask(lambda ctx: ctx.session.execute(query, {"company": ctx.company.id}).all())
    found = {(kind, code): balance for kind, code, balance in rows if balance and kind in ANALYSED}
    stated = json.loads(content("cn_company_2025.expected.json"))["aux_balances_year_end"]
    assert found == {
        (kind, code): Decimal(value) for kind in ANALYSED for code, value in stated[kind].items() if Decimal(value)
    }


def check_numbers(books_of: Imported) -> None:
    """Numbers are those of the file, which are gapless per period."""
    query = text(
        "SELECT p.code, v.number, v.source FROM finance_voucher v JOIN finance_period p ON p.id = v.period_id "
        "WHERE v.company_id = :company ORDER BY p.code, v.number"
    )
    rows = books_of.ask(lambda ctx: ctx.session.execute(query, {"company": ctx.company.id}).all())
    stated = {
        str(one["id"]): (one["period"], one["no"]) for one in json.loads(content("cn_company_2025.json"))["entries"]
    }
    assert [(period, number) for period, number, _source in rows] == [
        stated[source.split(":")[2]] for *_rest, source in rows
    ]


# --- what other ledgers may hold


def test_amounts_and_currencies_are_kept_exactly(books_of):
    lines = [
        line("a", "0.00000001", "BTC"),
        line("b", "-0.00000001", "BTC"),
        line("a", "10.5", "JPY"),
        line("b", "-10.5", "JPY"),
        line("a", "0.1234", "CNY"),
        line("b", "-0.1234", "CNY"),
        line("a", "3", "£"),
        line("b", "-3", "£"),
        line("a", "12", ""),
        line("b", "-12", ""),
        line("a", "7", "AAPL 2025"),
        line("b", "-7", "AAPL 2025"),
        line("a", "9999999999999999999.99999999", "ZWD"),
        line("b", "-9999999999999999999.99999999", "ZWD"),
    ]
    books_of.load(case(entry(*lines), operating_currency=["CNY"]))
    assert books_of.trial("2025-03") == {
        (one["account"], one["currency"]): (
            Decimal(0),
            max(Decimal(one["amount"]), Decimal(0)),
            -min(Decimal(one["amount"]), Decimal(0)),
            Decimal(one["amount"]),
        )
        for one in lines
    }


@pytest.mark.parametrize(
    "names",
    [
        ("Assets:Cash in hand", "Assets:Cash  in hand"),
        ("资产:银行存款", "资产：银行存款"),
        ("a" * 200, "a" * 199 + "b"),
        ('o\'Neil "x"; --', "%s {y} \\ :z"),
        ("é", "e\u0301"),
        ("Ä", "ä"),
        ("1001", "01001"),
        ("😀", "𠮷野家"),
    ],
)
def test_unusual_names_of_accounts_are_kept_apart(books_of, names):
    books_of.load(case(entry(line(names[0], "5"), line(names[1], "-5"))))
    assert {account: row[3] for (account, _currency), row in books_of.trial("2025-03").items()} == {
        names[0]: 5,
        names[1]: -5,
    }


def test_red_amounts_lower_their_own_side(books_of):
    red = {"dc": "D", "side_amount": "-30"}, {"dc": "C", "side_amount": "-30"}
    books_of.load(
        case(
            entry(line("a", "100", dc="D"), line("b", "-100", dc="C")),
            entry(line("a", "-30", **red[0]), line("b", "30", **red[1]), key=2),
            entry(line("a", "-5"), line("b", "5"), key=3),
        )
    )
    assert books_of.trial("2025-03") == {("a", "CNY"): (0, 70, 5, 65), ("b", "CNY"): (0, 5, 70, -65)}


def test_entries_out_of_order_twins_and_leap_days_load(books_of):
    twin = [line("a", "1"), line("b", "-1")]
    report = books_of.load(
        case(
            entry(*twin, on="2024-02-29", key="x"),
            entry(*twin, on="2020-02-29", key="y"),
            entry(*twin, on="2024-02-29", key="z"),
            entry(*twin, on="2023-12-31", key="w"),
        )
    )
    assert (report.vouchers, report.first, report.last) == (4, "2020-02", "2024-02")
    assert [books_of.trial(period)["a", "CNY"] for period in ("2020-02", "2022-06", "2024-02")] == [
        (0, 1, 0, 1),
        (1, 0, 0, 1),
        (2, 2, 0, 4),
    ]


def test_lines_of_zero_single_lines_and_empty_entries_do_no_harm(books_of):
    report = books_of.load(
        case(
            entry(line("a", "0"), line("b", "0.00"), key=1),
            entry(line("shares", "5", "AAPL", **weight("0")), key=2),
            entry(key=3),
            entry(line("a", "1"), line("b", "-1"), line("c", "-0"), key=4),
            entry(line("usd", "0", "USD", **weight("1.11")), line("fx", "-1.11"), key=5),
        )
    )
    assert (report.vouchers, report.lines) == (4, 8)
    assert "entry 3 has no lines and was left out" in report.notes
    assert books_of.trial("2025-03") == {
        ("a", "CNY"): (0, 1, 0, 1),
        ("b", "CNY"): (0, 0, 1, -1),
        ("shares", "AAPL"): (0, 5, 0, 5),
        ("fx", "CNY"): (0, 0, Decimal("1.11"), Decimal("-1.11")),
    }


def test_words_titles_ids_and_dimensions_may_be_empty_long_or_numbers(books_of):
    ledger = case(
        entry(
            line("1001", "1.50", narration="  ", aux={"customer": "", "project": None}),
            line("b", "-1.5", aux={}),
            key="k" * 500,
            narration="   ",
            word="",
            no="7",
            attachments=None,
        ),
        entry(
            line("1001", "1", aux={"项目 ": " 甲 "}),
            line("b", "-1"),
            key="k" * 499 + "x",
            narration="n" * 900,
            word="转",
            kind=None,
            period=None,
            reverses="",
        ),
        {"date": "2025-03-01", "lines": [line("1001", "1"), line("b", "-1")]},
    )
    ledger["accounts"][0] |= {"title": "   ", "type": "Revenue"}
    ledger["accounts"][1] |= {"title": "t" * 300, "type": "weird"}
    assert books_of.load(ledger).vouchers == 3
    assert books_of.trial("2025-03")["1001", "CNY"][1] == Decimal("3.5")
    assert books_of.load(ledger).skipped == 3


def test_numbers_may_be_written_as_json_numbers(books_of):
    ledger = case(entry(line("a", "0.1", "X"), line("a", "0.2", "X"), line("b", "-0.3", "X"), on="2025-01-01"))
    raw = json.dumps(ledger)
    for written in ("0.1", "0.2", "-0.3"):
        raw = raw.replace(f'"{written}"', written)
    books_of.load(raw.encode())
    assert books_of.trial("2025-01")["a", "X"][3] == Decimal("0.3")


def test_an_entry_of_thousands_of_lines_loads(books_of):
    books_of.load(case(entry(*[line("a", "0.01")] * 2500, line("b", "-25"))))
    assert books_of.trial("2025-03")["a", "CNY"][3] == 25


# --- the company's currency and base amounts (specs: first box of finance)


@pytest.mark.parametrize(
    ("ledger", "currency"),
    [
        (case(entry(line("a", "1", "EUR"), line("b", "-1", "EUR")), operating_currency=["HKD", "EUR"]), "HKD"),
        (case(entry(line("a", "1", "EUR"), line("b", "-1", "EUR")), operating_currency="HKD"), "HKD"),
        (
            case(
                entry(
                    line("a", "1", "EUR", **weight("8", "HKD")),
                    line("b", "-1", "EUR", **weight("-8", "HKD")),
                    line("a", "1", "EUR"),
                    line("b", "-1", "EUR"),
                )
            ),
            "HKD",
        ),
        (
            case(
                entry(
                    line("a", "1", "EUR"),
                    line("b", "-1", "EUR"),
                    line("a", "1", "£"),
                    line("a", "1", "£"),
                    line("b", "-2", "£"),
                ),
                operating_currency=[],
            ),
            "£",
        ),
        (case(), "CNY"),
    ],
)
def test_the_company_keeps_its_books_in_the_stated_else_the_commonest_currency(books_of, ledger, currency):
    assert books_of.load(ledger).currency == currency
    assert books_of.ask(lambda ctx: ctx.company.currency) == currency


def test_base_amounts_are_weights_else_amounts_at_the_latest_price_on_or_before_the_day(books_of):
    prices = [
        {"date": "2025-02-01", "base": "USD", "rate": "7.00", "quote": "CNY"},
        {"date": "2025-03-10", "base": "USD", "rate": "7.1234567890123456", "quote": "CNY"},
        {"date": "2025-03-11", "base": "USD", "rate": "9", "quote": "CNY"},
        {"date": "2025-01-01", "base": "USD", "rate": "0.9", "quote": "EUR"},
    ]
    pair = lambda key, on: entry(line("a", "10", "USD"), line("b", "-10", "USD"), key=key, on=on)  # noqa: E731
    report = books_of.load(
        case(
            entry(line("a", "100", "USD", **weight("726.83")), line("b", "-726.83")),
            pair(2, "2025-03-10"),
            pair(3, "2025-03-09"),
            pair(4, "2025-01-15"),
            entry(line("a", "2", "GBP", **weight("3", "USD")), line("b", "-3", "USD"), key=5),
            prices=prices,
            operating_currency=["CNY"],
        )
    )
    query = (
        select(Voucher.source, VoucherLine.base)
        .join(VoucherLine, VoucherLine.voucher_id == Voucher.id)
        .where(VoucherLine.number == 1)
    )
    by_id = dict(books_of.ask(lambda ctx: ctx.session.execute(query.where(Voucher.company_id == ctx.company.id)).all()))
    assert {key.split(":")[2]: value for key, value in by_id.items()} == {
        "1": Decimal("726.83"),
        "2": Decimal("71.23"),
        "3": 70,
        "4": 10,
        "5": Decimal("21.37"),
    }
    assert [note for note in report.notes if "no price of USD" in note]
    assert books_of.ask(lambda ctx: sorted(ctx.all(ExchangeRate)[ExchangeRate.rate])) == [
        7,
        Decimal("7.123456789012"),
        9,
    ]


def test_a_rounding_remainder_goes_to_the_largest_line(books_of):
    prices = [{"date": "2025-01-01", "base": "USD", "rate": "1.005", "quote": "CNY"}]
    books_of.load(
        case(
            entry(line("a", "1", "USD"), line("b", "1", "USD"), line("c", "-2", "USD")),
            prices=prices,
            operating_currency=["CNY"],
        )
    )
    assert books_of.bases() == [Decimal("1.01"), Decimal("1.01"), Decimal("-2.02")]


def test_an_exchange_without_a_price_leaves_the_company_currency_as_it_is(books_of):
    report = books_of.load(
        case(
            entry(line("usd", "100", "USD"), line("cny", "-726.83", "CNY"), line("cny", "0.00"), line("cny", "0.00")),
            operating_currency=["CNY"],
        )
    )
    assert books_of.bases() == [Decimal("726.83"), Decimal("-726.83"), 0, 0]
    assert any("remainder" in note for note in report.notes)


@pytest.mark.parametrize(
    "lines",
    [
        [line("a", "-20", "EUR", **weight("-150.6666", "HRK")), line("b", "150.67", "HRK")],
        [
            line("a", "3", "S", **weight("0.333")),
            line("a", "3", "S", **weight("0.333")),
            line("a", "3", "S", **weight("0.333")),
            line("b", "-1.00"),
        ],
        [line("a", "7", "EUR", **weight("1005.4", "JPY")), line("b", "-1005", "JPY")],
        [line("a", "1", "EUR", **weight("7.005")), line("b", "-1", "USD", **weight("-7.00"))],
    ],
)
def test_what_rounding_leaves_in_weights_is_no_fault(books_of, lines):
    books_of.load(case(entry(*lines)))
    assert sum(books_of.bases()) == 0


# --- doing it again


def test_importing_again_stores_nothing_twice(books_of):
    raw = content("edge_cases.json")
    books_of.load(raw)
    again = books_of.load(raw)
    assert (again.vouchers, again.skipped) == (0, 14)
    assert books_of.trial("2026-11") == expected("edge_cases")["2026-11"]


def test_a_second_ledger_adds_to_the_books_of_a_company(books_of):
    books_of.load(case(entry(line("a", "1"), line("b", "-1"))))
    books_of.load(case(entry(line("a", "2"), line("c", "-2"), on="2024-05-05"), name="other"))
    assert books_of.trial("2025-03") == {
        ("a", "CNY"): (2, 1, 0, 3),
        ("b", "CNY"): (0, 0, 1, -1),
        ("c", "CNY"): (-2, 0, 0, -2),
    }
    assert books_of.ask(books.differences) == []


def test_two_companies_keep_apart_what_has_the_same_name(books_of):
    books_of.load(case(entry(line("a", "1"), line("b", "-1"))), company="One")
    books_of.load(case(entry(line("a", "2"), line("b", "-2"))), company="Two")
    assert books_of.trial("2025-03", "One")["a", "CNY"][3] == 1
    assert books_of.trial("2025-03", "Two")["a", "CNY"][3] == 2


def test_every_account_of_a_ledger_takes_postings_and_asks_for_what_all_its_lines_name(books_of):
    books_of.load(
        case(
            entry(line("1001", "1"), line("100101", "-1", aux={"customer": "C1", "project": "P"})),
            entry(line("1001", "1", aux={"customer": "C1"}), line("100101", "-1", aux={"customer": "C2"}), key=2),
        )
    )
    accounts = books_of.ask(
        lambda ctx: [(one.code, one.postable, one.parent_id) for one in ctx.all(Account, order_by=[Account.code])]
    )
    assert accounts == [("1001", True, None), ("100101", True, None)]
    assert books_of.ask(lambda ctx: [(one.account.code, one.dimension.code) for one in ctx.all(AccountDimension)]) == [
        ("100101", "customer")
    ]

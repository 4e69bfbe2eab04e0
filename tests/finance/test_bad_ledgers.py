"""What an import may be relied on to refuse: a message says what and where, and nothing is stored."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cases import case, content, entry, expected, line, trial_of, weight
from sqlalchemy import func, select, text

from hanse.cli.main import main
from hanse.cli.session import context
from hanse.directory.models import Company, User
from hanse_finance import books
from hanse_finance.ledger import LedgerError, import_ledger, read_case
from hanse_finance.models import Account, Voucher
from hanse_finance.reports import span_of, trial_balance

PAIR = [line("a", "1"), line("b", "-1")]


def changed(**more: Any) -> dict[str, Any]:
    """Write a good ledger with something else at the top."""
    return case(entry(*PAIR)) | more


@pytest.mark.parametrize(
    ("ledger", "message"),
    [
        # entries that do not balance: which, and by how much
        (
            case(entry(line("a", "100"), line("b", "-99.99"), key="X-7")),
            r"entry X-7: it does not balance: debit and credit differ by 0\.01 CNY",
        ),
        (case(entry(line("a", "100"), line("b", "-100.4"))), r"differ by 0\.4 CNY"),
        (case(entry(line("a", "5"))), r"entry 1: .* differ by 5 CNY"),
        (case(entry(line("a", "100", "USD", **weight("726.83")), line("b", "-726.82"))), r"differ by 0\.01 CNY"),
        (case(entry(line("a", "100", "USD", **weight("726.83")), line("b", "-700"))), r"differ by 26\.83 CNY"),
        (case(entry(line("a", "100", "USD"), line("b", "100", "EUR"))), r"differ by 100 EUR and 100 USD"),
        (case(entry(line("a", "0.00000001", "BTC"), line("b", "0", "BTC"))), r"differ by 0\.00000001 BTC"),
        (
            case(entry(line("a", "10000000000000000000"), line("b", "-9999999999999999999.99999999"))),
            r"differ by 0\.00000001 CNY",
        ),
        # what lines refer to
        (case(entry(*PAIR)) | {"accounts": [{"name": "a"}]}, "entry 1, line 2: unknown account 'b'"),
        (
            changed(entries=[entry(line("a", "1"), {"account": ["b"], "amount": "-1"})]),
            r"line 2: unknown account \['b'\]",
        ),
        (case(entry(line("a", "1", 5), line("b", "-1"))), "entry 1, line 1: unknown currency 5"),
        (case(entry(line("a", "1", "X" * 61), line("b", "-1"))), "unknown currency"),
        (case(entry(line("a", "1", "X\0"), line("b", "-1"))), "unknown currency"),
        (case(entry(line("a", "1", "\ud800"), line("b", "-1"))), "unknown currency"),
        (case(entry(*PAIR, reverses=9)), "entry 1: reverses entry '9', which is not in the file"),
        # periods and days
        (case(entry(*PAIR, period="2025-04")), "entry 1: period '2025-04' is wrong: 2025-03-10 lies in 2025-03"),
        (case(entry(*PAIR, on="2025-02-29")), "date '2025-02-29' is no date"),
        (case(entry(*PAIR, on="20250301")), "is no date"),
        (case(entry(*PAIR, on=None)), "date None is no date"),
        (case(entry(*PAIR, on="0001-01-01")), "is not between"),
        # amounts
        *[
            (case(entry(line("a", amount), line("b", "-1"))), "entry 1, line 1: amount .* is no number")
            for amount in (
                "",
                "1,000.00",
                "abc",
                "NaN",
                "-Infinity",
                "1_000",
                "１",
                None,
                True,
                [],
                {"x": 1},
                "0x10",
                "1e99999999999",
                float("nan"),
                float("inf"),
            )
        ],
        *[
            (case(entry(line("a", amount), line("b", "-1"))), "amount .* is too large")
            for amount in ("1e400", 10**20, "1" + "0" * 5000, 10**4000, "-1e20")
        ],
        *[
            (case(entry(line("a", amount), line("b", "-1"))), "too small|more than 8 decimals")
            for amount in ("0.000000001", "1e-400", "1e-9")
        ],
        (case(entry(line("a", "1", dc="X"), line("b", "-1"))), "dc 'X' must be D or C"),
        (
            case(entry(line("a", "1", dc="D", side_amount="2"), line("b", "-1"))),
            "side_amount 2 on side D contradicts amount 1",
        ),
        (case(entry(line("a", "1", weight="7"), line("b", "-1"))), "weight must be an object"),
        (
            case(entry(line("a", "1", foreign={"currency": "USD", "amount": "x"}), line("b", "-1"))),
            "foreign amount 'x' is no number",
        ),
        (case(entry(line("a", "1", aux=["C1"]), line("b", "-1"))), "aux must be an object"),
        (case(entry(line("a", "1", aux={"d" * 41: "x"}), line("b", "-1"))), "too long"),
        # shapes
        (changed(accounts=[{"name": "a"}, {"name": "a"}, {"name": "b"}]), "accounts.1.: account 'a' is listed twice"),
        (changed(accounts=[{"name": "a"}, {"name": "b"}, {"name": " b "}]), "account 'b' is listed twice"),
        (
            changed(accounts=[{"name": "a"}, {"name": "b"}, {"name": ""}, {"title": "x"}, 5, {"name": "n" * 201}]),
            "accounts.2.: name is missing",
        ),
        (changed(accounts=None), "accounts: a list is expected"),
        (changed(entries={}), "entries: a list is expected"),
        (changed(entries=["x"]), "entries.0.: an object is expected"),
        (changed(entries=[{"id": 1, "date": "2025-01-01", "lines": "x"}]), "entry 1, lines: a list is expected"),
        (changed(entries=[{"id": 1, "date": "2025-01-01", "lines": [5]}]), "entry 1, line 1: an object is expected"),
        (case(entry(*PAIR), entry(*PAIR)), "entry 1: there are two entries with this id"),
        (case(entry(*PAIR, no="seven")), "no 'seven' is no whole number"),
        (case(entry(*PAIR, attachments=-1)), "attachments -1 is no whole number"),
        (case(entry(*PAIR, word="w" * 21)), "word is longer than 20"),
        (
            changed(prices=[{"date": "2025-01-01", "base": "USD", "rate": "?", "quote": "CNY"}]),
            r"prices\[0\]: rate '\?' is no number",
        ),
        (changed(prices="x"), "prices: a list is expected"),
        (changed(operating_currency=[5]), "operating_currency: unknown currency 5"),
        (changed(schema="other/9"), "schema 'other/9' is not known"),
        (changed(schema="s" * 10_000_000), "is not known"),
        ([1, 2], "the file is no ledger"),
        ("text", "the file is no ledger"),
    ],
)
def test_a_faulty_ledger_is_refused_naming_place_and_fault(tmp_path, ledger, message):
    path = tmp_path / "case.json"
    path.write_text(json.dumps(ledger))
    with pytest.raises(LedgerError, match=message) as error:
        read_case(path)
    assert str(path) in str(error.value)
    assert len(str(error.value)) < 10_000


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "is no JSON"),
        (b"{", "is no JSON"),
        (b"\0" * 10_000_000, "is no JSON"),
        (b"x" * 10_000_000, "is no JSON"),
        (os.urandom(1000) + b"\xff\xfe", "is no UTF-8 text"),
        ('{"a": 1}'.encode("utf-16"), "is no UTF-8 text"),
        (b"[" * 5_000_000, "nested too deeply"),
        (b'{"a":' * 1_000_000, "nested too deeply"),
        (b'{"accounts": [], "entries": []} x', "is no JSON"),
    ],
)
def test_nonsense_is_no_ledger(tmp_path, raw, message):
    path = tmp_path / "case.json"
    path.write_bytes(raw)
    with pytest.raises(LedgerError, match=message) as error:
        read_case(path)
    assert len(str(error.value)) < 1_000


def test_a_file_that_is_not_there_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(LedgerError, match=str(path)):
            read_case(path)


def test_many_faults_are_listed_at_once_but_not_endlessly(tmp_path):
    path = tmp_path / "case.json"
    path.write_text(json.dumps(case(*[entry(line("a", "1"), line("b", "x"), key=key) for key in range(500)])))
    with pytest.raises(LedgerError, match="and 480 more") as error:
        read_case(path)
    assert str(error.value).count("is no number") == 20


# --- nothing is stored


def _load(database: Any, tmp_path: Path, ledger: Any, company: str = "New") -> None:
    path = tmp_path / "case.json"
    path.write_text(json.dumps(ledger))
    import_ledger(database, read_case(path), company)


def _counts(database: Any) -> tuple[int, ...]:
    with database.session() as session, session.begin():
        session.execute(
            text("SELECT set_config('hanse.companies', (SELECT array_agg(id)::text FROM core_company), true)")
        )
        return tuple(
            session.scalar(select(func.count()).select_from(model)) for model in (Company, User, Account, Voucher)
        )


def test_the_command_refuses_in_one_message_and_stores_nothing(own_database, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HANSE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HANSE_DATABASE_URL", own_database.url)
    monkeypatch.setenv("HANSE_DATABASE_OWNER_URL", own_database.owner_url)
    before = _counts(own_database)
    path = tmp_path / "case.json"
    path.write_text(json.dumps(case(entry(*PAIR), entry(line("a", "1"), line("b", "-2"), key=2))))
    assert main(["finance", "import-ledger", str(path), "--company", "New"]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("hanse: ")
    assert "entry 2: it does not balance" in printed.err
    assert "Traceback" not in printed.err
    assert _counts(own_database) == before


def test_a_company_that_keeps_its_books_in_another_currency_is_refused(own_database, tmp_path):
    _load(own_database, tmp_path, case(entry(line("a", "1", "EUR"), line("b", "-1", "EUR"))))
    before = _counts(own_database)
    with pytest.raises(LedgerError, match="New keeps its books in EUR, the ledger is in CNY"):
        _load(own_database, tmp_path, case(entry(*PAIR)))
    assert _counts(own_database) == before


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("UPDATE finance_period SET state = 'closed' WHERE code = '2025-03'", "entry 900: period 2025-03 is closed"),
        ("UPDATE finance_account SET active = false WHERE code = 'a'", "entry 1, line 1: account a is no longer used"),
        (
            "UPDATE finance_account SET postable = false WHERE code = 'b'",
            "entry 1, line 2: account b has accounts below it",
        ),
    ],
)
def test_what_stands_against_a_ledger_is_found_before_its_first_voucher_is_stored(own_database, tmp_path, sql, message):
    _load(own_database, tmp_path, case(entry(*PAIR)))
    with own_database.session() as session, session.begin():
        context(session, "New")
        session.execute(text(sql))
    before = _counts(own_database)
    ledger = case(
        *[entry(*PAIR, on="2025-01-01", key=key) for key in range(1, 900)], entry(*PAIR, key=900), name="more"
    )
    with pytest.raises(LedgerError, match=message):
        _load(own_database, tmp_path, ledger)
    assert _counts(own_database) == before


def test_a_base_amount_that_is_too_large_is_refused(database, tmp_path):
    prices = [{"date": "2025-01-01", "base": "USD", "rate": "1000000000", "quote": "CNY"}]
    ledger = case(entry(line("a", "1e19", "USD"), line("b", "-1e19", "USD")), prices=prices, operating_currency=["CNY"])
    with pytest.raises(LedgerError, match="entry 1: an amount in CNY is too large"):
        _load(database, tmp_path, ledger)


@pytest.mark.parametrize("name", ["", "  ", "n" * 201])
def test_a_company_needs_a_name_that_fits(database, tmp_path, name):
    with pytest.raises(LedgerError, match="1 to 200 characters"):
        _load(database, tmp_path, case(entry(*PAIR)), company=name)


# --- kill -9

_IMPORT = """
import os, signal, sys
from pathlib import Path
from hanse.app import boot
from hanse.config import Settings
boot(Settings.load())
from hanse.database.session import Database
from hanse_finance.ledger import import_ledger, importing, read_case
importing.CHUNK = 2

def kill(done, _all):
    if done >= 6:
        os.kill(os.getpid(), signal.SIGKILL)

case = read_case(Path(sys.argv[2]))
import_ledger(Database(sys.argv[1]), case, "Killed", progress=kill if len(sys.argv) > 3 else None)
"""


def test_an_import_that_was_killed_is_completed_by_the_next(own_database, tmp_path):
    path = tmp_path / "case.json"
    path.write_bytes(content("edge_cases.json"))
    command = [sys.executable, "-c", _IMPORT, own_database.url, str(path)]
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": f"{root / 'core'}{os.pathsep}{root / 'addons'}"}
    killed = subprocess.run([*command, "kill"], env=environment, cwd=root, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    with own_database.session() as session, session.begin():
        ctx = context(session, "Killed")
        assert (len(ctx.all(Voucher)), books.differences(ctx)) == (6, [])
    again = import_ledger(own_database, read_case(path), "Killed")
    assert (again.vouchers, again.skipped) == (8, 6)
    with own_database.session() as session, session.begin():
        ctx = context(session, "Killed")
        numbers = ctx.session.execute(
            select(Voucher.period_id, func.array_agg(Voucher.number)).group_by(Voucher.period_id)
        ).all()
        assert all(sorted(taken) == list(range(1, len(taken) + 1)) for _period, taken in numbers)
        for period, rows in expected("edge_cases").items():
            assert trial_of(row.as_json() for row in trial_balance(ctx, span_of(ctx, period))) == rows

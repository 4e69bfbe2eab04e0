"""What imports may be relied on for, checked by another program: random ledgers, written as hledger reads them too.

Figures: hledger, run by the test on the same postings.  Without it (``apt-get install hledger``) the test is skipped.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import random
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cases import Trial, case, entry, line, trial_of, weight
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hanse.cli.session import context
from hanse.testing import TrialDatabase
from hanse.testing.databases import Databases
from hanse_finance import books
from hanse_finance.ledger import import_ledger, read_case
from hanse_finance.reports import span_of, trial_balance

HLEDGER = shutil.which("hledger")
ACCOUNTS = (
    "Assets:Cash",
    "Assets:Bank:工商银行",
    "Assets:Petty cash of O'Neil",
    "Liabilities:Ünïcode 😀",
    "Equity:Opening",
    "Income:销售 收入",
    "x" * 200,
)
#: currency → decimals
CURRENCIES = {"CNY": 2, "USD": 2, "JPY": 0, "BTC": 8, "£": 2, "AAPL 2025": 4}
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def shelf(databases: Databases) -> Iterator[TrialDatabase]:
    """A database for all random ledgers."""
    with databases.copy() as found:
        yield found


def amount(dice: random.Random, currency: str) -> Decimal:
    """Draw an amount with the decimals of its currency: small, large, negative or zero."""
    places = CURRENCIES[currency]
    return Decimal(dice.choice([0, dice.randint(-999, 999), dice.randint(-(10**14), 10**14)])).scaleb(-places)


def random_entry(dice: random.Random, key: int) -> dict[str, Any]:
    """Draw an entry that balances: in one currency, in several, or by weights in a third."""
    on = date(2023, 1, 1) + timedelta(days=dice.choice([0, 58, 364, 365, 424, 1154, dice.randint(0, 1154)]))
    lines = [one for currency in dice.sample(list(CURRENCIES), dice.randint(1, 2)) for one in balanced(dice, currency)]
    if dice.random() < 0.4:
        lines += exchanged(dice, *dice.sample(list(CURRENCIES), 3))
    dice.shuffle(lines)
    return entry(*lines, on=on.isoformat(), key=key)


def balanced(dice: random.Random, currency: str) -> list[dict[str, Any]]:
    """Draw lines of one currency that add up to nothing."""
    amounts = [amount(dice, currency) for _line in range(dice.randint(1, 3))]
    return [line(dice.choice(ACCOUNTS), f"{one:f}", currency) for one in (*amounts, -sum(amounts))]


def exchanged(dice: random.Random, given: str, taken: str, measure: str) -> list[dict[str, Any]]:
    """Draw an exchange of one currency for another, both weighed in a third."""
    value = abs(amount(dice, measure)) or Decimal(1)
    first, second = (abs(amount(dice, currency)) or Decimal(1) for currency in (given, taken))
    pairs = ((f"{first:f}", given, value), (f"{-second:f}", taken, -value))
    return [
        line(dice.choice(ACCOUNTS), written, currency, **weight(f"{weighs:f}", measure))
        for written, currency, weighs in pairs
    ]


def as_journal(entries: list[dict[str, Any]]) -> str:
    """Write entries as hledger reads them; what is weighed has its weight as total price."""
    blocks = []
    for one in entries:
        postings = [f"    {each['account']}  {posting(each)}" for each in one["lines"]]
        blocks.append("\n".join([f"{one['date']} {one['id']}", *postings]))
    return "\n\n".join(blocks) + "\n"


def posting(each: dict[str, Any]) -> str:
    written = f"{each['amount']} {quoted(each['currency'])}"
    if "weight" in each:
        written += f" @@ {each['weight']['amount'].lstrip('-')} {quoted(each['weight']['currency'])}"
    return written


def quoted(currency: str) -> str:
    return f'"{currency}"'


def ask_hledger(journal: Path, *what: str) -> dict[tuple[str, str], Decimal]:
    """Give the sum of each account and currency among chosen postings."""
    command = [str(HLEDGER), "-f", str(journal), "balance", "--flat", "--layout=bare", "-O", "csv", "-N", *what]
    done = subprocess.run(command, capture_output=True, check=True, env={"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"})
    rows = list(csv.reader(io.StringIO(done.stdout.decode())))[1:]
    return {(account, currency): Decimal(value) for account, currency, value in rows}


def oracle(journal: Path, start: date, end: date) -> Trial:
    """Compute a trial balance: the debit side holds positive postings, the credit side negative ones."""
    inside = ("-b", start.isoformat(), "-e", end.isoformat())
    opening = ask_hledger(journal, "-e", start.isoformat())
    debit, credit = ask_hledger(journal, *inside, "amt:>0"), ask_hledger(journal, *inside, "amt:<0")
    closing = ask_hledger(journal, "-e", end.isoformat())
    keys = opening.keys() | debit.keys() | credit.keys() | closing.keys()
    rows = {
        key: (
            opening.get(key, Decimal(0)),
            debit.get(key, Decimal(0)),
            -credit.get(key, Decimal(0)),
            closing.get(key, Decimal(0)),
        )
        for key in keys
    }
    return {key: row for key, row in rows.items() if any(row)}


@pytest.mark.skipif(HLEDGER is None, reason="hledger is not installed: apt-get install hledger")
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_random_ledgers_give_the_trial_balances_of_hledger(shelf, tmp_path_factory, seed):
    dice = random.Random(seed)
    entries = [random_entry(dice, key) for key in range(40)]
    entries[0] = entry(*balanced(dice, "CNY"), line(ACCOUNTS[0], "1"), line(ACCOUNTS[1], "-1"), key=0, on="2023-01-01")
    entries[1] |= {"date": "2026-02-28"}
    folder, company = tmp_path_factory.mktemp("oracle"), f"Random {next(_numbers)}"
    prices = [
        {"date": f"2024-{month:02}-15", "base": "USD", "rate": f"7.{dice.randint(0, 10**9)}", "quote": "CNY"}
        for month in (3, 7, 11)
    ]
    (folder / "case.json").write_text(
        json.dumps(case(*entries, prices=prices, operating_currency=dice.choice([None, ["CNY"]])))
    )
    journal = folder / "case.journal"
    journal.write_text(as_journal(entries))
    import_ledger(shelf, read_case(folder / "case.json"), company)
    with shelf.session() as session, session.begin():
        ctx = context(session, company)
        assert books.differences(ctx) == []
        for code in ("2023-02", "2023-12", "2024-02", "2025", "2026-02"):
            span = span_of(ctx, code)
            right = oracle(journal, span.start, span.end + timedelta(days=1))
            assert right
            assert trial_of(row.as_json() for row in trial_balance(ctx, span)) == right, code

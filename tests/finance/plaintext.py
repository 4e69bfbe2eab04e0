"""Programs that read plain-text journals: they are asked for balances, and must not warn of anything."""

from __future__ import annotations

import csv
import functools
import importlib.util
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from hanse_finance.journals import JournalFormat, file_ending

#: account and currency as the program names them → amount; those that are zero are left out
Balances = dict[tuple[str, str], Decimal]
UTF8 = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin"}


def run(*command: str) -> str:
    """Run a program; whatever it says besides its answer is an error."""
    done = subprocess.run(command, capture_output=True, check=False, env=UTF8)
    assert (done.returncode, done.stderr.decode()) == (0, ""), done.stderr.decode()[:2000]
    return done.stdout.decode()


def without_zeros(rows: list[tuple[str, str, str]]) -> Balances:
    found = {(account, currency): Decimal(amount) for account, currency, amount in rows}
    return {key: amount for key, amount in found.items() if amount}


@functools.cache
def check_strictly(journal: Path) -> None:
    """Let hledger check declarations, balances, assertions and the order of days, once for each file."""
    run("hledger", "-f", str(journal), "check", "--strict", "ordereddates")


def ask_hledger(journal: Path, until: date | None = None) -> Balances:
    check_strictly(journal)
    end = ["-e", (until + timedelta(days=1)).isoformat()] if until else []
    answer = run("hledger", "-f", str(journal), "balance", "--flat", "--layout=bare", "-O", "csv", "-N", *end)
    return without_zeros([(row[0], row[1], row[2]) for row in list(csv.reader(io.StringIO(answer)))[1:]])


def ask_ledger(journal: Path, until: date | None = None) -> Balances:
    end = ["-e", (until + timedelta(days=1)).isoformat()] if until else []
    shape = "%(account)\t%(join(scrub(amount)))\n%/"
    answer = run("ledger", "--args-only", "-f", str(journal), "--pedantic", "balance", "--flat", "--no-total",
                 "--balance-format", shape, *end)  # fmt: skip
    rows: list[tuple[str, str, str]] = []
    for line in answer.splitlines():
        account, _tab, amounts = line.partition("\t")
        for amount in amounts.split("\\n"):
            number, _space, currency = amount.strip().partition(" ")
            rows.append((account, currency.strip('"'), number))
    return without_zeros(rows)


_READS_BEANCOUNT = """
import collections, datetime, decimal, json, sys
from beancount import loader
from beancount.core import data
entries, errors, options = loader.load_file(sys.argv[1])
for error in errors:
    print(error.message, file=sys.stderr)
sums = collections.Counter()
for entry in entries:
    if isinstance(entry, data.Transaction) and entry.date.isoformat() <= sys.argv[2]:
        for posting in entry.postings:
            sums[posting.account, posting.units.currency] += posting.units.number
print(json.dumps([(*key, format(amount, "f")) for key, amount in sums.items()]))
"""


def ask_beancount(journal: Path, until: date | None = None) -> Balances:
    answer = run(sys.executable, "-c", _READS_BEANCOUNT, str(journal), (until or date.max).isoformat())
    return without_zeros([(account, currency, amount) for account, currency, amount in json.loads(answer)])


@dataclass(frozen=True)
class Program:
    """A program and how to ask it."""

    form: JournalFormat
    ask: Callable[..., Balances]
    there: bool
    how: str

    def need(self) -> None:
        """Skip the test where the program is missing."""
        if not self.there:
            pytest.skip(f"{self.form.value} is not installed: {self.how}")

    def file(self, folder: Path) -> Path:
        return folder / f"books.{file_ending(self.form)}"


PROGRAMS = [
    Program(JournalFormat.HLEDGER, ask_hledger, shutil.which("hledger") is not None, "apt-get install hledger"),
    Program(JournalFormat.LEDGER, ask_ledger, shutil.which("ledger") is not None, "apt-get install ledger"),
    Program(
        JournalFormat.BEANCOUNT, ask_beancount, importlib.util.find_spec("beancount") is not None, "./run setup --dev"
    ),
]

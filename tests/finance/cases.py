"""Ledger files for tests: those of tests/data/ledgers, and small ones written in the test."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

LEDGERS = Path(__file__).parents[1] / "data" / "ledgers"
NAMES = ("cn_company_2025", "edge_cases", "hl_multicurrency", "hl_vat")
COLUMNS = ("opening", "debit", "credit", "closing")
Trial = dict[tuple[str, str], tuple[Decimal, ...]]


def content(name: str) -> bytes:
    """Give a file of tests/data/ledgers, which may be compressed there."""
    plain = LEDGERS / name
    return plain.read_bytes() if plain.exists() else gzip.decompress((LEDGERS / f"{name}.gz").read_bytes())


def expected(name: str) -> dict[str, Trial]:
    """Give the trial balance of each period as the oracle computed it."""
    return {
        period: trial_of(rows) for period, rows in json.loads(content(f"{name}.expected.json"))["trial_balance"].items()
    }


def trial_of(rows: Iterable[Mapping[str, str]]) -> Trial:
    """Give a trial balance as numbers; rows that are zero in all columns are left out."""
    found = {(row["account"], row["currency"]): tuple(Decimal(row[column]) for column in COLUMNS) for row in rows}
    return {key: values for key, values in found.items() if any(values)}


def line(account: str, amount: str, currency: str = "CNY", **more: Any) -> dict[str, Any]:
    """Write a line of a ledger."""
    return {"account": account, "amount": amount, "currency": currency} | more


def weight(amount: str, currency: str = "CNY") -> dict[str, Any]:
    """Write what a line weighs."""
    return {"weight": {"amount": amount, "currency": currency}}


def entry(*lines: Mapping[str, Any], on: str = "2025-03-10", key: Any = 1, **more: Any) -> dict[str, Any]:
    """Write an entry of a ledger."""
    return {"id": key, "date": on, "narration": "test", "lines": list(lines)} | more


def case(*entries: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Write a ledger whose accounts are those of its lines."""
    names = dict.fromkeys(
        one["account"] for each in entries for one in each.get("lines") or () if isinstance(one, dict)
    )
    return {
        "schema": "neutral-ledger/1",
        "name": "case",
        "accounts": [{"name": name} for name in names],
        "entries": list(entries),
    } | more

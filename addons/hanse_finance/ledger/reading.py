"""Read a neutral ledger file and find everything that is wrong with it before anything is stored.

The schema is ``neutral-ledger/1``: accounts, entries with lines (account, currency, signed amount, optionally side,
dimensions, foreign triple, weight), prices.  docs/ledger-files.md describes it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, cast

from hanse.errors import SetupError

MOST_BYTES = 512 * 1024 * 1024
MOST_DECIMALS = 8
MOST_FAULTS = 20
_LARGEST = Decimal(10) ** 20


class LedgerError(SetupError):
    """The file cannot be imported; the message lists where and why, and nothing was stored."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line: ``amount`` is debit positive in ``currency``; ``red`` lines stand on the side opposite to their sign."""

    account: str
    currency: str
    amount: Decimal
    debit_side: bool
    weight: tuple[Decimal, str] | None
    aux: tuple[tuple[str, str], ...]
    foreign: tuple[str, Decimal, Decimal | None] | None
    narration: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A voucher of the file."""

    id: str
    day: date
    word: str | None
    no: int | None
    attachments: int
    kind: str | None
    reverses: str | None
    narration: str
    lines: tuple[Line, ...]


@dataclass
class Case:
    """A whole file, checked."""

    name: str
    digest: str
    currency: str
    accounts: dict[str, tuple[str, str | None]]
    entries: list[Entry]
    prices: dict[tuple[str, str], list[tuple[date, Decimal]]]
    decimals: dict[str, int]
    notes: list[str] = field(default_factory=list[str])

    def price(self, currency: str, on: date) -> Decimal | None:
        """Give the latest price of a currency in the company's, on or before a day."""
        if currency == self.currency:
            return Decimal(1)
        found = None
        for day, rate in self.prices.get((currency, self.currency), ()):
            if day > on:
                break
            found = rate
        return found


def read_case(path: Path) -> Case:
    """Read and check a file.

    :raises LedgerError: it cannot be read, is no ledger, or something in it is wrong
    """
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise LedgerError(f"{path}: {size} bytes are too many for a ledger file")
        raw = path.read_bytes()
    except OSError as error:
        raise LedgerError(f"{path}: {error.strerror or error}") from error
    try:
        content = json.loads(raw.decode("utf-8-sig"), parse_float=Decimal)
    except UnicodeDecodeError as error:
        raise LedgerError(f"{path}: is no UTF-8 text (byte {error.start})") from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise LedgerError(f"{path}: is no JSON ({str(error)[:200]})") from error
    return _Reader(path, content, hashlib.sha256(raw).hexdigest()[:12]).read()


class _Fault(Exception):
    """Something is wrong at one place."""


class _Reader:
    """Collects what is wrong, each with its place in the file."""

    def __init__(self, path: Path, content: object, digest: str) -> None:
        self.path, self.content, self.digest = path, content, digest
        self.faults: list[str] = []
        self.more = 0
        self.decimals: dict[str, int] = {}

    def read(self) -> Case:
        content = self.content
        if not isinstance(content, dict):
            raise LedgerError(f"{self.path}: the file is no ledger: an object with accounts and entries is expected")
        whole = cast("dict[str, Any]", content)
        schema = whole.get("schema", "neutral-ledger/1")
        if schema != "neutral-ledger/1":
            raise LedgerError(f"{self.path}: schema {schema!r} is not known; neutral-ledger/1 is")
        accounts = self._accounts(whole.get("accounts"))
        entries = self._entries(whole.get("entries"), accounts)
        prices = self._prices(whole)
        if self.faults:
            self._raise()
        case = Case(
            name=str(whole.get("name") or self.path.stem), digest=self.digest, currency=_company_currency(whole, entries),
            accounts=accounts, entries=entries, prices=prices, decimals=self.decimals,
        )
        return case

    def _raise(self) -> None:
        rest = f"\n  … and {self.more} more" if self.more else ""
        listed = "\n".join(f"  {fault}" for fault in self.faults)
        raise LedgerError(f"{self.path} was not imported, nothing was stored:\n{listed}{rest}")

    def _fault(self, place: str, what: object) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(f"{place}: {what}")
        else:
            self.more += 1

    def _accounts(self, given: object) -> dict[str, tuple[str, str | None]]:
        accounts: dict[str, tuple[str, str | None]] = {}
        for index, one in enumerate(self._list(given, "accounts")):
            place = f"accounts[{index}]"
            name = one.get("name") if isinstance(one, dict) else None
            if not isinstance(name, str) or not name.strip() or len(name) > 200:
                self._fault(place, "name is missing, empty or longer than 200 characters")
            elif name in accounts:
                self._fault(place, f"account {name!r} is listed twice")
            else:
                values = cast("dict[str, Any]", one)
                accounts[name] = (str(values.get("title") or name)[:200], _text(values.get("type")))
        return accounts

    def _list(self, given: object, what: str) -> list[Any]:
        if not isinstance(given, list):
            self._fault(what, "a list is expected")
            return []
        return cast("list[Any]", given)

    def _entries(self, given: object, accounts: Mapping[str, object]) -> list[Entry]:
        entries: list[Entry] = []
        seen: set[str] = set()
        for index, one in enumerate(self._list(given, "entries")):
            if not isinstance(one, dict):
                self._fault(f"entries[{index}]", "an object is expected")
                continue
            values = cast("dict[str, Any]", one)
            key = str(values.get("id", index + 1))
            place = f"entry {key}"
            if key in seen:
                self._fault(place, "there are two entries with this id")
            seen.add(key)
            try:
                entries.append(self._entry(values, key, place, accounts))
            except _Fault as fault:
                self._fault(place, fault)
        self._check_reversals(entries, seen)
        return entries

    def _check_reversals(self, entries: list[Entry], known: set[str]) -> None:
        for entry in entries:
            if entry.reverses is not None and entry.reverses not in known:
                self._fault(f"entry {entry.id}", f"reverses entry {entry.reverses}, which is not in the file")

    def _entry(self, values: Mapping[str, Any], key: str, place: str, accounts: Mapping[str, object]) -> Entry:
        day = _day(values.get("date"), "date")
        period = values.get("period")
        if period is not None and period != f"{day:%Y-%m}":
            raise _Fault(f"period {period} is wrong: {day} lies in {day:%Y-%m}")
        lines: list[Line] = []
        for index, one in enumerate(self._list(values.get("lines"), f"{place}, lines")):
            try:
                lines.append(self._line(one, accounts))
            except _Fault as fault:
                self._fault(f"{place}, line {index + 1}", fault)
        if not lines and not self.faults:
            raise _Fault("it has no lines")
        reverses = values.get("reverses")
        if all(line is not None for line in lines):
            _check_balance(lines)
        return Entry(
            id=key, day=day, word=_short(values.get("word"), "word", 20), no=_whole(values.get("no"), "no"),
            attachments=_whole(values.get("attachments"), "attachments") or 0, kind=_text(values.get("kind")),
            reverses=None if reverses is None else str(reverses), narration=str(values.get("narration") or ""), lines=tuple(lines),
        )

    def _line(self, one: object, accounts: Mapping[str, object]) -> Line:
        if not isinstance(one, dict):
            raise _Fault("an object is expected")
        values = cast("dict[str, Any]", one)
        account = values.get("account")
        if account not in accounts:
            raise _Fault(f"unknown account {account!r}; accounts lists those there are")
        currency = _currency(values.get("currency", ""))
        amount = self._amount(values.get("amount"), currency, "amount")
        return Line(
            account=str(account), currency=currency, amount=amount, debit_side=_side(values, amount),
            weight=self._weight(values.get("weight")), aux=_aux(values.get("aux")), foreign=self._foreign(values.get("foreign")),
            narration=_text(values.get("narration")),
        )

    def _amount(self, given: object, currency: str, what: str) -> Decimal:
        amount = _decimal(given, what)
        places = _places(amount)
        if places > MOST_DECIMALS:
            raise _Fault(f"{what} {given} has more than {MOST_DECIMALS} decimals")
        self.decimals[currency] = max(self.decimals.get(currency, 0), places)
        return amount

    def _weight(self, given: object) -> tuple[Decimal, str] | None:
        if given is None:
            return None
        if not isinstance(given, dict):
            raise _Fault("weight must be an object with amount and currency")
        values = cast("dict[str, Any]", given)
        return _decimal(values.get("amount"), "weight"), _currency(values.get("currency", ""))

    def _foreign(self, given: object) -> tuple[str, Decimal, Decimal | None] | None:
        if given is None:
            return None
        if not isinstance(given, dict):
            raise _Fault("foreign must be an object with currency, amount and rate")
        values = cast("dict[str, Any]", given)
        currency = _currency(values.get("currency", ""))
        rate = values.get("rate")
        return currency, self._amount(values.get("amount"), currency, "foreign amount"), None if rate is None else _decimal(rate, "foreign rate")

    def _prices(self, whole: Mapping[str, Any]) -> dict[tuple[str, str], list[tuple[date, Decimal]]]:
        prices: dict[tuple[str, str], list[tuple[date, Decimal]]] = {}
        for index, one in enumerate(self._list(whole.get("prices") or [], "prices")):
            try:
                if not isinstance(one, dict):
                    raise _Fault("an object is expected")
                values = cast("dict[str, Any]", one)
                pair = _currency(values.get("base")), _currency(values.get("quote"))
                prices.setdefault(pair, []).append((_day(values.get("date"), "date"), _decimal(values.get("rate"), "rate")))
            except _Fault as fault:
                self._fault(f"prices[{index}]", fault)
        for known in prices.values():
            known.sort(key=lambda price: price[0])
        return prices


def _day(given: object, what: str) -> date:
    try:
        day = date.fromisoformat(str(given)[:10])
    except ValueError:
        raise _Fault(f"{what} {given!r} is no date such as 2025-03-31") from None
    if not 1900 <= day.year <= 2999:
        raise _Fault(f"{what} {given} is not between 1900 and 2999")
    return day


def _decimal(given: object, what: str) -> Decimal:
    try:
        number = Decimal(given) if isinstance(given, (str, int, Decimal)) and not isinstance(given, bool) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite():
        raise _Fault(f"{what} {given!r} is no number")
    if abs(number) >= _LARGEST:
        raise _Fault(f"{what} {given} is too large")
    return number


def _places(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _currency(given: object) -> str:
    if given is None:
        return ""
    if not isinstance(given, str) or len(given) > 60 or "\0" in given:
        raise _Fault(f"unknown currency {str(given)[:80]!r}: a code of at most 60 characters is expected")
    return given


def _whole(given: object, what: str) -> int | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given < 2**31:
        raise _Fault(f"{what} {given!r} is no whole number from 0")
    return given


def _text(given: object) -> str | None:
    return str(given) if given not in (None, "") else None


def _short(given: object, what: str, most: int) -> str | None:
    text = _text(given)
    if text is not None and len(text) > most:
        raise _Fault(f"{what} is longer than {most} characters")
    return text


def _aux(given: object) -> tuple[tuple[str, str], ...]:
    if not given:
        return ()
    if not isinstance(given, dict):
        raise _Fault("aux must be an object: dimension → code")
    pairs = cast("dict[str, Any]", given)
    for name, code in pairs.items():
        if not name or len(name) > 40 or code in (None, "") or len(str(code)) > 80:
            raise _Fault(f"dimension {name[:50]!r} or its code {str(code)[:90]!r} is empty or too long")
    return tuple(sorted((name, str(code)) for name, code in pairs.items()))


def _side(values: Mapping[str, Any], amount: Decimal) -> bool:
    side = values.get("dc")
    if side is None:
        return amount >= 0
    if side not in ("D", "C"):
        raise _Fault(f"dc {side!r} must be D or C")
    if "side_amount" in values:
        stated = _decimal(values["side_amount"], "side_amount")
        if stated != (amount if side == "D" else -amount):
            raise _Fault(f"side_amount {stated} on side {side} contradicts amount {amount}")
    return bool(side == "D")


def _check_balance(lines: list[Line]) -> None:
    """Refuse an entry that is off in one currency; several currencies are weighed when their base amounts are known.

    As ledgers written by programs do, an entry may be off by half of the last digit it is written with.
    """
    sums: dict[str, Decimal] = {}
    digits: dict[str, int] = {}
    weighed = 1
    for line in lines:
        amount, currency = line.weight or (line.amount, line.currency)
        weighed += line.weight is not None
        sums[currency] = sums.get(currency, Decimal(0)) + amount
        if line.weight is None:
            digits[currency] = min(digits.get(currency, MOST_DECIMALS), max(0, -cast("int", line.amount.as_tuple().exponent)))
    off = {currency: value for currency, value in sums.items() if value}
    if len(off) == 1:
        ((currency, difference),) = off.items()
        if abs(difference) > Decimal(weighed) / 2 / 10 ** digits.get(currency, 2):
            raise _Fault(f"it does not balance: debit and credit differ by {abs(difference)} {currency}")


def _company_currency(whole: Mapping[str, Any], entries: list[Entry]) -> str:
    """Choose the company's currency: the operating currency, else that of most weights, else of most lines."""
    stated = whole.get("operating_currency")
    if isinstance(stated, list) and stated:
        return str(cast("list[Any]", stated)[0])
    if isinstance(stated, str) and stated:
        return stated
    weights = Counter(line.weight[1] for line in _lines(entries) if line.weight)
    lines = weights or Counter(line.currency for line in _lines(entries))
    return lines.most_common(1)[0][0] if lines else "CNY"


def _lines(entries: list[Entry]) -> Iterator[Line]:
    for entry in entries:
        yield from entry.lines

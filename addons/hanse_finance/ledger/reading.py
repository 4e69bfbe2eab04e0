"""Read a neutral ledger file and find everything that is wrong with it before anything is stored.

The schema is ``neutral-ledger/1``: accounts, entries with lines (account, currency, signed amount, optionally side,
dimensions, foreign triple, weight), prices.  docs/ledger-files.md describes it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zlib
from bisect import bisect_right
from calendar import monthrange
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation, localcontext
from pathlib import Path
from typing import Any, TypeGuard, cast

from hanse.errors import SetupError

MOST_BYTES = 512 * 1024 * 1024
MOST_DECIMALS = 8
MOST_FAULTS = 20
_LARGEST = Decimal(10) ** 20
#: Digits that sums and products of amounts are computed with, so that none is ever rounded by accident.
PRECISION = 90
#: Decimals an ordinary currency is written with; tells rounding from a wrong amount where weights are summed.
_ORDINARY = 2
_NUMBER = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,6})?\s*", re.ASCII)
_MONTH = re.compile(r"\d{4}-\d{2}", re.ASCII)
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})([T ].*)?", re.ASCII)
#: What PostgreSQL cannot store in a text.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


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
    rates: list[tuple[str, date, Decimal]] = field(default_factory=list[tuple[str, date, Decimal]])
    notes: list[str] = field(default_factory=list[str])

    def price(self, currency: str, on: date) -> Decimal | None:
        """Give the latest price of a currency in the company's, on or before a day."""
        if currency == self.currency:
            return Decimal(1)
        known = self.prices.get((currency, self.currency), [])
        place = bisect_right(known, on, key=lambda price: price[0])
        return known[place - 1][1] if place else None


def read_case(path: Path) -> Case:
    """Read and check a file.

    :raises LedgerError: it cannot be read, is no ledger, or something in it is wrong
    """
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise LedgerError(f"{path}: {size} bytes are too many for a ledger file")
        raw = _unpacked(path) if path.suffix == ".gz" else path.read_bytes()
    except OSError as error:
        raise LedgerError(f"{path}: {error.strerror or error}") from error
    with localcontext() as digits:
        digits.prec = PRECISION
        return _Reader(path, _parse(path, raw), hashlib.sha256(raw).hexdigest()[:12]).read()


def _unpacked(path: Path) -> bytes:
    """Read a compressed file, but no more of it than a ledger may have."""
    try:
        with gzip.open(path) as packed:
            raw = packed.read(MOST_BYTES + 1)
    except (EOFError, zlib.error) as error:
        raise LedgerError(f"{path}: is damaged ({error})") from error
    if len(raw) > MOST_BYTES:
        raise LedgerError(f"{path}: more than {MOST_BYTES} bytes are too many for a ledger file")
    return raw


def _parse(path: Path, raw: bytes) -> object:
    """Read JSON; numbers stay the text they are written with, until it is known what they mean."""
    try:
        return json.loads(raw.decode("utf-8-sig"), parse_float=_Number, parse_int=_Number, parse_constant=_Number)
    except UnicodeDecodeError as error:
        raise LedgerError(f"{path}: is no UTF-8 text (byte {error.start})") from error
    except RecursionError as error:
        raise LedgerError(f"{path}: is no ledger (lists and objects are nested too deeply)") from error
    except json.JSONDecodeError as error:
        raise LedgerError(f"{path}: is no JSON ({str(error)[:200]})") from error


class _Number(str):
    """A number as the file writes it."""

    __slots__ = ()


def _is_list(given: object) -> TypeGuard[list[Any]]:
    """Tell whether JSON gave a list."""
    return isinstance(given, list)


class _Fault(Exception):
    """Something is wrong at one place."""


class _Reader:
    """Collects what is wrong, each with its place in the file."""

    def __init__(self, path: Path, content: object, digest: str) -> None:
        self.path, self.content, self.digest = path, content, digest
        self.faults: list[str] = []
        self.more = 0
        self.broken: set[str] = set()
        self.decimals: dict[str, int] = {}

    def read(self) -> Case:
        content = self.content
        if not isinstance(content, dict):
            raise LedgerError(f"{self.path}: the file is no ledger: an object with accounts and entries is expected")
        whole = cast("dict[str, Any]", content)
        schema = whole.get("schema", "neutral-ledger/1")
        if schema != "neutral-ledger/1":
            raise LedgerError(f"{self.path}: schema {_shown(schema)} is not known; neutral-ledger/1 is")
        accounts = self._accounts(whole.get("accounts"))
        entries = self._entries(whole.get("entries"), accounts)
        prices = self._prices(whole)
        rates = self._rates(whole)
        currency = self._company_currency(whole, entries)
        for entry in entries:
            if entry.id not in self.broken:
                self._weigh(entry)
        if self.faults:
            self._raise()
        return Case(
            name=_UNSTORABLE.sub("", str(whole.get("name") or "").strip()) or self.path.stem,
            digest=self.digest,
            currency=currency,
            accounts=accounts,
            entries=entries,
            prices=prices,
            decimals=self.decimals,
            rates=rates,
        )

    def _company_currency(self, whole: Mapping[str, Any], entries: list[Entry]) -> str:
        """Choose the company's currency: the operating currency, else that of most weights, else of most lines."""
        stated = whole.get("operating_currency")
        if _is_list(stated):
            stated = stated[0] if stated else None
        if stated is not None and stated != "":
            try:
                return _currency(stated)
            except _Fault as fault:
                self._fault("operating_currency", fault)
        weights = Counter(line.weight[1] for line in _lines(entries) if line.weight)
        lines = weights or Counter(line.currency for line in _lines(entries))
        return lines.most_common(1)[0][0] if lines else "CNY"

    def _weigh(self, entry: Entry) -> None:
        """Refuse an entry that does not balance: only now is it known how many decimals each currency has."""
        off = _difference(entry.lines, self.decimals)
        if len({value > 0 for value in off.values()}) == 1:
            differ = " and ".join(f"{abs(value):f} {currency}".strip() for currency, value in sorted(off.items()))
            self._fault(f"entry {entry.id}", f"it does not balance: debit and credit differ by {differ}")

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
            values = cast("dict[str, Any]", one) if isinstance(one, dict) else {}
            name = _name(values.get("name"))
            if name is None:
                self._fault(place, "name is missing, empty, longer than 200 characters or cannot be stored")
            elif name in accounts:
                self._fault(place, f"account {_shown(name)} is listed twice")
            else:
                accounts[name] = (_text(values.get("title"), 200) or name, _text(values.get("type"), 40))
        return accounts

    def _list(self, given: object, what: str) -> list[Any]:
        if not _is_list(given):
            self._fault(what, "a list is expected")
            return []
        return given

    def _entries(self, given: object, accounts: Mapping[str, object]) -> list[Entry]:
        entries: list[Entry] = []
        seen: set[str] = set()
        for index, one in enumerate(self._list(given, "entries")):
            if not isinstance(one, dict):
                self._fault(f"entries[{index}]", "an object is expected")
                continue
            values = cast("dict[str, Any]", one)
            key = _key(values.get("id"), index)
            place = f"entry {key[:80]}"
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
                self._fault(
                    f"entry {entry.id[:80]}", f"reverses entry {_shown(entry.reverses)}, which is not in the file"
                )

    def _entry(self, values: Mapping[str, Any], key: str, place: str, accounts: Mapping[str, object]) -> Entry:
        day = _day(values.get("date"), "date")
        period = values.get("period")
        if period not in (None, "") and period != f"{day:%Y-%m}":
            raise _Fault(f"period {_shown(period)} is wrong: {day} lies in {day:%Y-%m}")
        lines: list[Line] = []
        for index, one in enumerate(self._list(values.get("lines"), f"{place}, lines")):
            try:
                lines.append(self._line(one, accounts))
            except _Fault as fault:
                self._fault(f"{place}, line {index + 1}", fault)
                self.broken.add(key)
        reverses = values.get("reverses")
        return Entry(
            id=key,
            day=day,
            word=_short(values.get("word"), "word", 20),
            no=_whole(values.get("no"), "no"),
            attachments=_whole(values.get("attachments"), "attachments") or 0,
            kind=_text(values.get("kind"), 40),
            reverses=None if reverses in (None, "") else _key(reverses, 0),
            narration=_text(values.get("narration"), 200) or "",
            lines=tuple(lines),
        )

    def _line(self, one: object, accounts: Mapping[str, object]) -> Line:
        if not isinstance(one, dict):
            raise _Fault("an object is expected")
        values = cast("dict[str, Any]", one)
        account = values.get("account")
        if not isinstance(account, str) or account.strip() not in accounts:
            raise _Fault(f"unknown account {_shown(account)}; accounts lists those there are")
        currency = _currency(values.get("currency", ""))
        amount = self._amount(values.get("amount"), currency, "amount")
        return Line(
            account=account.strip(),
            currency=currency,
            amount=amount,
            debit_side=_side(values, amount),
            weight=self._weight(values.get("weight")),
            aux=_aux(values.get("aux")),
            foreign=self._foreign(values.get("foreign")),
            narration=_text(values.get("narration"), 200),
        )

    def _amount(self, given: object, currency: str, what: str) -> Decimal:
        amount = _decimal(given, what)
        places = _places(amount)
        if places > MOST_DECIMALS:
            raise _Fault(f"{what} {_shown(given)} has more than {MOST_DECIMALS} decimals")
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
        return (
            currency,
            self._amount(values.get("amount"), currency, "foreign amount"),
            None if rate is None else _decimal(rate, "foreign rate"),
        )

    def _prices(self, whole: Mapping[str, Any]) -> dict[tuple[str, str], list[tuple[date, Decimal]]]:
        prices: dict[tuple[str, str], list[tuple[date, Decimal]]] = {}
        for index, one in enumerate(self._list(whole.get("prices") or [], "prices")):
            try:
                if not isinstance(one, dict):
                    raise _Fault("an object is expected")
                values = cast("dict[str, Any]", one)
                pair = _currency(values.get("base")), _currency(values.get("quote"))
                prices.setdefault(pair, []).append(
                    (_day(values.get("date"), "date"), _decimal(values.get("rate"), "rate"))
                )
            except _Fault as fault:
                self._fault(f"prices[{index}]", fault)
        for known in prices.values():
            known.sort(key=lambda price: price[0])
        return prices

    def _rates(self, whole: Mapping[str, Any]) -> list[tuple[str, date, Decimal]]:
        """Read rates for closing: currency → day or month → rate; a month stands for its last day."""
        rates: list[tuple[str, date, Decimal]] = []
        given: object = whole.get("rates") or {}
        if not isinstance(given, dict):
            self._fault("rates", "an object is expected: currency → month or day → rate")
            return rates
        for code, known in cast("dict[str, Any]", given).items():
            if not isinstance(known, dict):
                self._fault(f"rates {_shown(code)}", "an object is expected: month or day → rate")
                continue
            for when, rate in cast("dict[str, Any]", known).items():
                try:
                    day = _rate_day(when)
                    if day is not None:
                        rates.append((_currency(code), day, _decimal(rate, "rate")))
                except _Fault as fault:
                    self._fault(f"rates {_shown(code)} {_shown(when)}", fault)
        return rates


def _rate_day(when: str) -> date | None:
    """Read the day of a rate; None: it is of no day, as that of opening balances."""
    if _MONTH.fullmatch(when):
        first = _day(f"{when}-01", "month")
        return first.replace(day=monthrange(first.year, first.month)[1])
    return _day(when, "day") if when[:1].isdigit() else None


def _shown(given: object) -> str:
    """Write what the file says, for a message."""
    text = given if isinstance(given, _Number) else repr(given)
    return text if len(text) <= 80 else f"{text[:77]}…"


def _day(given: object, what: str) -> date:
    match = _DAY.fullmatch(given) if isinstance(given, str) else None
    try:
        day = date.fromisoformat(match[1]) if match else None
    except ValueError:
        day = None
    if day is None:
        raise _Fault(f"{what} {_shown(given)} is no date such as 2025-03-31")
    if not 1000 <= day.year <= 2999:
        raise _Fault(f"{what} {day} is not between 1000 and 2999")
    return day


def _decimal(given: object, what: str) -> Decimal:
    """Read a number; zeros behind the decimals that are kept do not count."""
    try:
        number = Decimal(given.strip()) if isinstance(given, str) and _NUMBER.fullmatch(given) else None
    except InvalidOperation:  # an exponent beyond what Decimal knows
        number = None
    if number is None:
        raise _Fault(f"{what} {_shown(given)} is no number")
    if not number:
        return Decimal(0) if _exponent(number) > 0 else Decimal(0).scaleb(max(_exponent(number), -MOST_DECIMALS))
    if number.adjusted() >= _LARGEST.adjusted():
        raise _Fault(f"{what} {_shown(given)} is too large")
    if number.adjusted() < -PRECISION // 2:
        raise _Fault(f"{what} {_shown(given)} is too small")
    return number.quantize(Decimal(1)) if _exponent(number) > 0 else _trimmed(number)


def _exponent(number: Decimal) -> int:
    return cast("int", number.as_tuple().exponent)


def _trimmed(number: Decimal) -> Decimal:
    """Drop the zeros that stand behind the decimals that are kept."""
    if -_exponent(number) <= MOST_DECIMALS:
        return number
    sign, digits, end = number.as_tuple()
    exponent = int(end)
    while digits[-1] == 0 and -exponent > MOST_DECIMALS:
        digits, exponent = digits[:-1], exponent + 1
    return Decimal((sign, digits, exponent))


def _places(number: Decimal) -> int:
    return max(0, -_exponent(number.normalize()))


def _currency(given: object) -> str:
    if given is None:
        return ""
    if not isinstance(given, str) or isinstance(given, _Number) or len(given) > 60 or _UNSTORABLE.search(given):
        raise _Fault(f"unknown currency {_shown(given)}: a code of at most 60 characters is expected")
    return given


def _whole(given: object, what: str) -> int | None:
    if given in (None, ""):
        return None
    if not isinstance(given, str) or not re.fullmatch(r"\d{1,9}", given, re.ASCII):
        raise _Fault(f"{what} {_shown(given)} is no whole number from 0")
    return int(given)


def _name(given: object) -> str | None:
    """Read the name of an account; blanks around it do not count."""
    if not isinstance(given, str) or _UNSTORABLE.search(given):
        return None
    name = given.strip()
    return name if 0 < len(name) <= 200 else None


def _text(given: object, most: int) -> str | None:
    """Read words that may be cut; None where there are none."""
    if given is None or isinstance(given, (list, dict, bool)):
        return None
    return _UNSTORABLE.sub("\ufffd", str(given)).strip()[:most].strip() or None


def _key(given: object, index: int) -> str:
    """Read the id of an entry; one without is known by its place."""
    if given in (None, "") or isinstance(given, (list, dict, bool)):
        return f"#{index + 1}"
    return _UNSTORABLE.sub("\ufffd", str(given))


def _short(given: object, what: str, most: int) -> str | None:
    text = _text(given, most + 1)
    if text is not None and len(text) > most:
        raise _Fault(f"{what} is longer than {most} characters")
    return text


def _aux(given: object) -> tuple[tuple[str, str], ...]:
    """Read the dimensions of a line; one without a value does not count."""
    if not given:
        return ()
    if not isinstance(given, dict):
        raise _Fault("aux must be an object: dimension → code")
    pairs: dict[str, str] = {}
    for written, code in cast("dict[str, Any]", given).items():
        if code in (None, ""):
            continue
        name, value = _text(written, 41), _text(code, 81)
        if name is None or len(name) > 40 or value is None or len(value) > 80:
            raise _Fault(f"dimension {_shown(written)} or its code {_shown(code)} is empty or too long")
        pairs[name] = value
    return tuple(sorted(pairs.items()))


def _side(values: Mapping[str, Any], amount: Decimal) -> bool:
    side = values.get("dc")
    if side is None:
        return amount >= 0
    if side not in ("D", "C"):
        raise _Fault(f"dc {_shown(side)} must be D or C")
    if values.get("side_amount") is not None:
        stated = _decimal(values["side_amount"], "side_amount")
        if stated != (amount if side == "D" else -amount):
            raise _Fault(f"side_amount {stated} on side {side} contradicts amount {amount}")
    return bool(side == "D")


def _difference(lines: tuple[Line, ...], decimals: Mapping[str, int]) -> dict[str, Decimal]:
    """Give what an entry is off by, in each currency in which debit and credit differ by more than rounding.

    Lines count with their weight.  A weight is a product that was rounded, so that each may be off by half a unit of
    the last place its currency is written with; without weights sums must be exact.  Off in several currencies on
    both sides is an exchange at no stated price, which balances by what was given for what.
    """
    sums: dict[str, Decimal] = {}
    weighed: Counter[str] = Counter()
    for line in lines:
        amount, currency = line.weight or (line.amount, line.currency)
        weighed[currency] += line.weight is not None
        sums[currency] = sums.get(currency, Decimal(0)) + amount
    return {
        currency: value
        for currency, value in sums.items()
        if value and abs(value) > weighed[currency] * Decimal("0.5").scaleb(-_last_place(lines, currency, decimals))
    }


def _last_place(lines: tuple[Line, ...], currency: str, decimals: Mapping[str, int]) -> int:
    """Give the decimals an entry writes a currency with: of its coarsest line that has any, but no fewer than usual."""
    written = [
        places
        for line in lines
        if line.weight is None and line.currency == currency
        if (places := -_exponent(line.amount)) > 0
    ]
    return max(min(written, default=0), min(decimals.get(currency, _ORDINARY), _ORDINARY))


def _lines(entries: list[Entry]) -> Iterator[Line]:
    for entry in entries:
        yield from entry.lines

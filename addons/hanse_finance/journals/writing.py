"""Write books as a journal: an entry at a time, so that memory does not grow with their number."""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import BinaryIO, Final, TextIO, TypeVar

from hanse_finance.journals import names
from hanse_finance.journals.content import (
    BookBalance,
    Books,
    Commodity,
    JournalAccount,
    JournalEntry,
    JournalFormat,
    JournalLine,
    Price,
)
from hanse_finance.journals.names import CONVERSION, harmless, quoted
from hanse_finance.models import AccountType

T = TypeVar("T")
MEDIA_TYPE: Final = "text/plain"
ZERO: Final = Decimal(0)
_ENDINGS: Final = {
    JournalFormat.HLEDGER: "journal",
    JournalFormat.LEDGER: "ledger",
    JournalFormat.BEANCOUNT: "beancount",
}
_TOLD_EVERY: Final = 100
_DAY: Final = datetime.timedelta(days=1)
#: How hledger calls the kinds of accounts; cash is a kind of its own there.
_TYPES: Final = {"Assets": "A", "Liabilities": "L", "Equity": "E", "Income": "R", "Expenses": "X"}


def file_ending(form: JournalFormat) -> str:
    """Give the ending that files of a format usually have."""
    return _ENDINGS[form]


def write_journal(
    books: Books, form: JournalFormat, out: TextIO, *, progress: Callable[[int], None] | None = None
) -> int:
    """Write books in a format; give the number of entries.

    The program that reads it reckons the balances of ``books`` for every account and currency, and checks by itself
    that they are those of ``books.closing``.

    :param progress: told how many entries are written
    """
    return WRITERS[form](books, out).write(progress)


def write_text(out: BinaryIO, write: Callable[[TextIO], T]) -> T:
    """Write text into a file of bytes, which stays open: UTF-8, lines that end alike on every system."""
    text = io.TextIOWrapper(out, encoding="utf-8", newline="\n")
    try:
        return write(text)
    finally:
        text.detach()


@dataclass(frozen=True, slots=True)
class Posting:
    """What a line becomes: an amount of a commodity, with what it costs altogether in the company's currency."""

    account: str
    commodity: int
    amount: Decimal
    cost: Decimal | None = None
    line: JournalLine | None = None


class Writer:
    """What all formats have in common."""

    def __init__(self, books: Books, out: TextIO) -> None:
        self.books, self.out = books, out
        self.accounts: Mapping[int, str] = {}
        self.commodities: Mapping[int, str] = {}
        self.tags: Mapping[int, str] = {}
        self.places = {one.id: one.places for one in books.commodities}

    def write(self, progress: Callable[[int], None] | None = None) -> int:
        """Write all of it; give the number of entries."""
        self.header()
        for commodity in self.books.commodities:
            self.declare_commodity(commodity)
        self.declare_tags()
        for account in sorted(self.books.accounts, key=lambda one: self.accounts[one.id]):
            self.declare_account(account)
        self.declare_conversion()
        for price in self.books.prices:
            self.price(price)
        self.opening()
        count = 0
        for entry in self.books.entries:
            self.entry(entry, self.postings(entry.lines))
            count += 1
            if progress is not None and not count % _TOLD_EVERY:
                progress(count)
        self.closing()
        return count

    # What a format says in its own way

    def header(self) -> None:
        raise NotImplementedError

    def declare_commodity(self, commodity: Commodity) -> None:
        raise NotImplementedError

    def declare_tags(self) -> None:
        raise NotImplementedError

    def declare_account(self, account: JournalAccount) -> None:
        raise NotImplementedError

    def declare_conversion(self) -> None:
        raise NotImplementedError

    def price(self, price: Price) -> None:
        raise NotImplementedError

    def entry(self, entry: JournalEntry, postings: Iterable[Posting]) -> None:
        raise NotImplementedError

    def closing(self) -> None:
        raise NotImplementedError

    # What they share

    def lines(self, *lines: str) -> None:
        """Write lines."""
        self.out.write("\n".join(lines) + "\n")

    def amount(self, amount: Decimal, commodity: int) -> str:
        """Write an amount with the decimals of its currency."""
        return f"{amount:.{self.places[commodity]}f} {self.commodities[commodity]}"

    def opening(self) -> None:
        """Write the balances brought forward as an entry of the day before, so that movements are those of the span."""
        lines = [JournalLine(one.account, one.commodity, one.amount, one.base) for one in self.books.opening]
        if lines:
            entry = JournalEntry(self.books.first - _DAY, "", "Opening balances", lines, {"kind": "opening-balances"})
            self.entry(entry, self.postings(lines))

    def postings(self, lines: Iterable[JournalLine]) -> Iterator[Posting]:
        """Give the postings of lines; they balance by what they cost.

        A price can tell what an amount costs only if both have the same sign.  What it cannot tell, a change of value
        without an amount or an amount without value, is exchanged against the account for conversions.
        """
        own = self.books.currency
        converted: dict[int, Decimal] = {}
        for line in lines:
            account, amount = self.accounts[line.account], line.amount
            if line.commodity == own and amount == line.base:
                yield Posting(account, own, amount, line=line)
            elif line.commodity != own and amount * line.base > 0:
                yield Posting(account, line.commodity, amount, abs(line.base), line)
            else:
                yield Posting(account, line.commodity, amount, line=line)
                converted[line.commodity] = converted.get(line.commodity, ZERO) - amount
                converted[own] = converted.get(own, ZERO) + line.base
        for commodity, amount in converted.items():
            if amount:
                yield Posting(CONVERSION, commodity, amount)


class _Spoken(Writer):
    """What hledger and ledger have in common."""

    program = ""

    def __init__(self, books: Books, out: TextIO) -> None:
        super().__init__(books, out)
        self.accounts = names.account_names(books.accounts, names.spoken_component)
        self.commodities = names.spoken_commodities(books.commodities)
        self.tags = names.spoken_tags(books.dimensions)

    def header(self) -> None:
        books = self.books
        self.lines(
            f"; {harmless(books.company)}, {books.first} to {books.last}, for {self.program}",
            f"; Company currency {self.commodities[books.currency]}. Debit is positive.",
            *(
                f"; Currency {self.commodities[one.id]} is {harmless(one.code)}"
                for one in books.commodities
                if self.commodities[one.id].strip('"') != one.code
            ),
            *(
                f"; Dimension {harmless(code)} is tag {self.tags[key]}"
                for key, code in books.dimensions.items()
                if self.tags[key] != code
            ),
            "",
        )

    def style(self, commodity: Commodity) -> str:
        """Write how amounts of a currency look."""
        return f"1000.{'0' * commodity.places} {self.commodities[commodity.id]}"

    def declare_tags(self) -> None:
        self.lines("", *(f"tag {tag}" for tag in (*names.TAGS, *self.tags.values())), "")

    def price(self, price: Price) -> None:
        known = self.commodities
        self.lines(f"P {price.day} {known[price.commodity]} {price.rate:f} {known[price.quote]}")

    def entry(self, entry: JournalEntry, postings: Iterable[Posting]) -> None:
        code = f" ({harmless(entry.code).replace('(', '（').replace(')', '）')})" if entry.code else ""
        self.lines("", f"{entry.day} *{code} {harmless(entry.summary)}".rstrip())
        for name, value in entry.tags.items():
            self.lines(f"    ; {name}: {harmless(value)}")
        for posting in postings:
            cost = "" if posting.cost is None else f" @@ {self.amount(posting.cost, self.books.currency)}"
            self.lines(f"    {posting.account}  {self.amount(posting.amount, posting.commodity)}{cost}")
            if posting.line is not None:
                self._remarks(entry, posting.line)

    def _remarks(self, entry: JournalEntry, line: JournalLine) -> None:
        said: list[tuple[str, str]] = []
        if line.summary and line.summary != entry.summary:
            said.append(("summary", line.summary))
        if line.red is not None:
            said.append(("red", line.red.name.lower()))
        if line.foreign is not None:
            said.append(("foreign", f"{line.foreign.amount:f} {line.foreign.currency}"))
            if line.foreign.rate is not None:
                said.append(("rate", f"{line.foreign.rate:f}"))
        said += [
            (self.tags[one.dimension], one.code if one.code == one.name else f"{one.code} {one.name}")
            for one in line.analysis
        ]
        for name, value in said:
            self.lines(f"      ; {name}: {harmless(value)}")

    def closing(self) -> None:
        """Assert every balance by amounts of zero on the last day."""
        if not self.books.closing:
            return
        self.lines("", f"{self.books.last} * Closing balances", "    ; kind: closing-balances")
        for one in self.books.closing:
            nothing, balance = self.amount(ZERO, one.commodity), self.amount(one.amount, one.commodity)
            self.lines(f"    {self.accounts[one.account]}  {nothing} = {balance}")


class _Hledger(_Spoken):
    """hledger 1.20 and later, also with ``--strict``."""

    program = "hledger"

    def header(self) -> None:
        super().header()
        self.lines("decimal-mark .")

    def declare_commodity(self, commodity: Commodity) -> None:
        self.lines(f"commodity {self.style(commodity)}")

    def declare_account(self, account: JournalAccount) -> None:
        kind = "C" if account.cash and account.type is AccountType.ASSET else _TYPES[names.root_of(account)]
        name = "" if account.title == account.code else f", name: {harmless(account.title)}"
        self.lines(f"account {self.accounts[account.id]}  ; type: {kind}, code: {harmless(account.code)}{name}")

    def declare_conversion(self) -> None:
        self.lines(f"account {CONVERSION}  ; type: E", "")


class _Ledger(_Spoken):
    """ledger 3, also with ``--pedantic``."""

    program = "ledger"

    def declare_commodity(self, commodity: Commodity) -> None:
        style = self.style(commodity).replace(". ", " ", 1)
        self.lines(f"commodity {self.commodities[commodity.id]}", f"    format {style}")

    def declare_account(self, account: JournalAccount) -> None:
        name = "" if account.title == account.code else account.title
        note = harmless(f"{account.code} {name}")
        self.lines(f"account {self.accounts[account.id]}", *([f"    note {note}"] if note else []))

    def declare_conversion(self) -> None:
        self.lines(f"account {CONVERSION}", "")


class _Beancount(Writer):
    """beancount 2 and 3."""

    def __init__(self, books: Books, out: TextIO) -> None:
        super().__init__(books, out)
        self.accounts = names.account_names(books.accounts, names.strict_component)
        self.commodities = names.strict_commodities(books.commodities)
        self.tags = names.strict_tags(books.dimensions)
        self.birth = books.first - _DAY

    def header(self) -> None:
        books = self.books
        currency = self.commodities[books.currency]
        # A total price is kept as a price of one unit with 28 digits: what comes of that division is far below this.
        tolerance = Decimal(5).scaleb(-2 - self.places[books.currency])
        self.lines(
            f'option "title" {quoted(books.company)}',
            f'option "operating_currency" "{currency}"',
            f'option "inferred_tolerance_default" "{currency}:{tolerance:f}"',
            *(
                f"; Dimension {harmless(code)} is {self.tags[key]}"
                for key, code in books.dimensions.items()
                if self.tags[key] != code
            ),
            "",
        )

    def declare_commodity(self, commodity: Commodity) -> None:
        self.lines(f"{self.birth} commodity {self.commodities[commodity.id]}", f"  code: {quoted(commodity.code)}")

    def declare_tags(self) -> None:
        self.lines("")

    def declare_account(self, account: JournalAccount) -> None:
        self.lines(
            f"{self.birth} open {self.accounts[account.id]}",
            f"  code: {quoted(account.code)}",
            f"  name: {quoted(account.title)}",
        )

    def declare_conversion(self) -> None:
        self.lines(f"{self.birth} open {CONVERSION}", "")

    def price(self, price: Price) -> None:
        known = self.commodities
        self.lines(f"{price.day} price {known[price.commodity]} {price.rate:f} {known[price.quote]}")

    def entry(self, entry: JournalEntry, postings: Iterable[Posting]) -> None:
        self.lines("", f"{entry.day} * {quoted(entry.summary)}")
        if entry.code:
            self.lines(f"  voucher: {quoted(entry.code)}")
        for name, value in entry.tags.items():
            self.lines(f"  {name}: {quoted(value)}")
        for posting in postings:
            cost = "" if posting.cost is None else f" @@ {self.amount(posting.cost, self.books.currency)}"
            self.lines(f"  {posting.account}  {self.amount(posting.amount, posting.commodity)}{cost}")
            if posting.line is not None:
                self._remarks(entry, posting.line)

    def _remarks(self, entry: JournalEntry, line: JournalLine) -> None:
        said: list[tuple[str, str]] = []
        if line.summary and line.summary != entry.summary:
            said.append(("summary", quoted(line.summary)))
        if line.red is not None:
            said.append(("red", quoted(line.red.name.lower())))
        if line.foreign is not None:
            said.append(("foreign", quoted(f"{line.foreign.amount:f} {line.foreign.currency}")))
            if line.foreign.rate is not None:
                said.append(("rate", f"{line.foreign.rate:f}"))
        said += [
            (self.tags[one.dimension], quoted(one.code if one.code == one.name else f"{one.code} {one.name}"))
            for one in line.analysis
        ]
        self.out.writelines(f"    {name}: {value}\n" for name, value in said)

    def opening(self) -> None:
        super().opening()
        self._assert(self.books.first, self.books.opening)

    def closing(self) -> None:
        self._assert(self.books.last + _DAY, self.books.closing)

    def _assert(self, morning: datetime.date, balances: Iterable[BookBalance]) -> None:
        """Assert balances at the beginning of a day, to the last decimal; those of an account include what is below."""
        sums: dict[tuple[str, int], Decimal] = {}
        own = [(self.accounts[one.account], one.commodity, one.amount) for one in balances]
        for account, commodity, _amount in own:
            sums[account, commodity] = ZERO
        for account, commodity, amount in own:
            parts = account.split(":")
            for length in range(2, len(parts) + 1):
                above = ":".join(parts[:length]), commodity
                if above in sums:
                    sums[above] += amount
        self.lines("")
        for (account, commodity), amount in sums.items():
            exact = f"{amount:.{self.places[commodity]}f} ~ 0 {self.commodities[commodity]}"
            self.lines(f"{morning} balance {account}  {exact}")


WRITERS: Final[Mapping[JournalFormat, type[Writer]]] = {
    JournalFormat.HLEDGER: _Hledger,
    JournalFormat.LEDGER: _Ledger,
    JournalFormat.BEANCOUNT: _Beancount,
}

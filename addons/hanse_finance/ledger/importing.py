"""Import a checked ledger: company, currencies, accounts, years, then vouchers in chunks.

Vouchers are made by one service user, audited and posted by another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal, localcontext
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hanse.actions import Context, Identity, find_action, open_context
from hanse.database.session import Database, in_transaction
from hanse.directory.founding import add_role, add_service_user, currency_id, found_company
from hanse.directory.models import Company, Currency
from hanse.i18n import _
from hanse_finance.entry import round_base
from hanse_finance.ledger.reading import PRECISION, Case, Entry, LedgerError, Line
from hanse_finance.models import (
    Account,
    AccountDimension,
    AccountType,
    Dimension,
    DimensionSource,
    DimensionValue,
    ExchangeRate,
    FiscalYear,
    Period,
    PeriodState,
    Side,
    Voucher,
    VoucherKind,
    VoucherWord,
)
from hanse_finance.standards import fitting

R = TypeVar("R")
CHUNK = 500
#: The two named service users of imports: one makes vouchers, the other audits and posts them.
MAKER, AUDITOR = ("ledger-import", "Ledger import"), ("ledger-audit", "Ledger import, audit")
BOOKKEEPING = (
    "bookkeeping-service",
    _("Bookkeeping service").message,
    (("finance.*", "company"), ("core.currency.read", "company")),
)
DEFAULT_WORD = "记"
_KINDS = {
    "期初": VoucherKind.OPENING,
    "opening": VoucherKind.OPENING,
    "红字": VoucherKind.REVERSAL,
    "reversal": VoucherKind.REVERSAL,
    "损益结转": VoucherKind.CLOSING,
    "closing": VoucherKind.CLOSING,
    "调汇": VoucherKind.REVALUATION,
    "revaluation": VoucherKind.REVALUATION,
    "年结": VoucherKind.YEAR_END,
    "year_end": VoucherKind.YEAR_END,
}
_SOURCES = {
    "customer": DimensionSource.CUSTOMERS,
    "supplier": DimensionSource.SUPPLIERS,
    "department": DimensionSource.DEPARTMENTS,
}
_RATE_PLACES = 12
_LARGEST = Decimal(10) ** 20
_MOST_NOTES = 100
#: Types that say an account is cash or a bank.
_CASH = frozenset({"c", "cash"})
_TYPES = {
    "a": AccountType.ASSET,
    "l": AccountType.LIABILITY,
    "e": AccountType.EQUITY,
    "r": AccountType.INCOME,
    "x": AccountType.EXPENSE,
    "cash": AccountType.ASSET,
    "c": AccountType.ASSET,
    "conversion": AccountType.EQUITY,
    "v": AccountType.EQUITY,
    "assets": AccountType.ASSET,
    "liabilities": AccountType.LIABILITY,
    "equity": AccountType.EQUITY,
    "income": AccountType.INCOME,
    "revenue": AccountType.INCOME,
    "revenues": AccountType.INCOME,
    "expenses": AccountType.EXPENSE,
}
_CREDIT = {AccountType.LIABILITY, AccountType.EQUITY, AccountType.INCOME}


@dataclass
class Report:
    """What an import did."""

    company: str
    currency: str
    vouchers: int = 0
    lines: int = 0
    skipped: int = 0
    first: str = ""
    last: str = ""
    notes: list[str] = field(default_factory=list[str])

    def as_json(self) -> dict[str, Any]:
        """Give the report for machines."""
        return asdict(self)

    def __str__(self) -> str:
        span = f", {self.first} to {self.last}" if self.first else ""
        again = f"; {self.skipped} were there already" if self.skipped else ""
        head = f"{self.company} ({self.currency}): {self.vouchers} vouchers with {self.lines} lines posted{span}{again}"
        return "\n".join([head, *(f"  note: {note}" for note in self.notes)])


#: Does work in a transaction: a new one, or one that goes on.
Transact = Callable[[Callable[[Session], R]], R]


def import_ledger(
    database: Database, case: Case, company: str, *, progress: Callable[[int, int], None] | None = None
) -> Report:
    """Import a case into a company, which is created unless it is there.

    Every chunk of vouchers is a transaction of its own; what is there already is passed over, so that an import that
    was cut off goes on where it ended.

    :raises LedgerError: the company keeps its books in another currency, or something in them stands against the ledger
    """
    return _import(lambda work: in_transaction(database, work), case, company, progress)


def import_within(session: Session, case: Case, company: str) -> Report:
    """Import a case inside a transaction that goes on, so that all of it is there or nothing.

    :raises LedgerError: as for :func:`import_ledger`
    """
    return _import(lambda work: work(session), case, company, None)


def _import(transact: Transact[Any], case: Case, company: str, progress: Callable[[int, int], None] | None) -> Report:
    if not company.strip() or len(company) > 200:
        raise LedgerError("the name of a company has 1 to 200 characters")
    with localcontext() as digits:
        digits.prec = PRECISION
        importer = _Importer(transact, case, company)
        importer.prepare()
        importer.load(progress)
    return importer.report


class _Importer:
    def __init__(self, transact: Transact[Any], case: Case, company: str) -> None:
        self.transact, self.case = transact, case
        self.report = Report(company, case.currency, notes=list(case.notes))
        self.company = 0
        self.maker: Identity
        self.auditor: Identity
        self.accounts: dict[str, int] = {}
        self.currencies: dict[str, int] = {}
        self.words: dict[str, int] = {}
        self.sets: dict[tuple[tuple[str, str], ...], int] = {}
        self.bases: dict[str, list[Decimal]] = {}
        self.unpriced: set[str] = set()
        self.places = 2

    # --- what vouchers refer to

    def prepare(self) -> None:
        """Make all that vouchers refer to, in one transaction."""
        self.transact(self._prepare)

    def _note(self, note: str) -> None:
        """Add to the notes of the report; work that is done again after a deadlock says nothing twice."""
        if len(self.report.notes) < _MOST_NOTES and note not in self.report.notes:
            self.report.notes.append(note)

    def _lock(self, session: Session) -> None:
        """Wait for another import into the same company."""
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"ledger:{self.report.company}", 0))))

    def _prepare(self, session: Session) -> None:
        self._lock(session)
        add_role(session, *BOOKKEEPING)
        self.maker = add_service_user(session, *MAKER, role=BOOKKEEPING[0])
        self.auditor = add_service_user(session, *AUDITOR, role=BOOKKEEPING[0])
        for code in self._codes():
            self.currencies[code] = currency_id(session, code, places=self.case.decimals.get(code, 2))
        self.company = self._find_company(session)
        ctx = self._context(session, self.maker)
        self.places = max(ctx.company.places, self.case.decimals.get(self.case.currency, 0))
        self.bases = {entry.id: self._bases(entry) for entry in self.case.entries}
        for currency in sorted(self.unpriced):
            self._note(
                f"no price of {currency or 'amounts without a currency'} in {self.case.currency}: "
                "base amounts are taken one to one"
            )
        for entry in self.case.entries:
            if not entry.lines:
                self._note(f"entry {entry.id} has no lines and was left out")
        self._refuse_obstacles(ctx)
        self._make_accounts(ctx)
        self._make_years(ctx)
        self._make_words(ctx)
        self._make_dimensions(ctx)
        self._make_rates(ctx)

    def _codes(self) -> Iterable[str]:
        codes = {self.case.currency: None}
        for entry in self.case.entries:
            for line in entry.lines:
                codes[line.currency] = None
                if line.foreign:
                    codes[line.foreign[0]] = None
        for base in [*(base for base, _quote in self.case.prices), *(base for base, _day, _rate in self.case.rates)]:
            codes[base] = None
        return codes

    def _find_company(self, session: Session) -> int:
        row = session.execute(
            select(Company.id, Currency.code)
            .join(Currency, Currency.id == Company.currency_id)
            .where(Company.name == self.report.company)
        ).first()
        if row is None:
            ctx = found_company(session, self.maker, {"name": self.report.company, "currency": self.case.currency})
            return ctx.company.id
        if row[1] != self.case.currency:
            raise LedgerError(
                f"{self.report.company} keeps its books in {row[1]}, the ledger is in {self.case.currency}; "
                "choose another company"
            )
        return int(row[0])

    def _refuse_obstacles(self, ctx: Context) -> None:
        """Find what in an existing company stands against the ledger, before anything is stored.

        :raises LedgerError: a period is closed, or an account cannot take the lines
        """
        obstacles = [*self._closed_periods(ctx), *self._unusable_accounts(ctx)]
        if obstacles:
            listed = "\n".join(f"  {obstacle}" for obstacle in obstacles[:20])
            raise LedgerError(
                f"{self.case.name} was not imported into {self.report.company}, nothing was stored:\n{listed}"
            )

    def _closed_periods(self, ctx: Context) -> Iterator[str]:
        closed = ctx.session.execute(
            select(Period.start, Period.end, Period.code).where(
                Period.company_id == self.company, Period.state == PeriodState.CLOSED
            )
        ).all()
        there = self._there(ctx.session, self.case.entries) if closed else set[str]()
        for entry in self.case.entries:
            for start, end, code in closed:
                if start <= entry.day <= end and self._source(entry.id) not in there:
                    yield f"entry {entry.id}: period {code} is closed"

    def _unusable_accounts(self, ctx: Context) -> Iterator[str]:
        query = select(Account.code, Account.postable, Account.active).where(Account.company_id == self.company)
        unusable = {
            code: (postable, active)
            for code, postable, active in ctx.session.execute(query)
            if not (postable and active)
        }
        required: dict[str, set[str]] = {}
        for code, name in ctx.session.execute(
            select(Account.code, Dimension.code)
            .join(AccountDimension, AccountDimension.account_id == Account.id)
            .join(Dimension, Dimension.id == AccountDimension.dimension_id)
            .where(Account.company_id == self.company)
        ):
            required.setdefault(code, set()).add(name)
        for entry in self.case.entries:
            for place, line in enumerate(entry.lines, start=1):
                if line.account in unusable:
                    why = "has accounts below it" if not unusable[line.account][0] else "is no longer used"
                    yield f"entry {entry.id}, line {place}: account {line.account} {why}"
                missing = required.get(line.account, set()) - {name for name, _code in line.aux}
                if missing:
                    wanted = ", ".join(sorted(missing))
                    yield f"entry {entry.id}, line {place}: account {line.account} asks for {wanted}"

    def _context(self, session: Session, user: Identity) -> Context:
        return open_context(session, user, self.company, via="import")

    def _make_accounts(self, ctx: Context) -> None:
        there = dict(
            ctx.session.execute(select(Account.code, Account.id).where(Account.company_id == self.company)).all()
        )
        cash = fitting(ctx, {code: title for code, (title, _kind) in self.case.accounts.items()}).cash
        rows = [
            self._account(code, title, kind) | {"cash": kind in _CASH or bool(cash and code.startswith(cash))}
            for code, (title, kind) in self.case.accounts.items()
            if code not in there
        ]
        always = _always_analysed(self.case.entries)
        if rows:
            made = ctx.run(_action("finance.account.create"), values=rows).done
            there |= dict(zip((row["code"] for row in rows), made, strict=True))
        self.accounts = {code: there[code] for code in self.case.accounts}
        fresh = {row["code"] for row in rows}
        self._always = {code: names for code, names in always.items() if code in fresh}

    def _account(self, code: str, title: str, kind: str | None) -> dict[str, Any]:
        type_ = self._type(code, kind)
        return {"code": code, "name": title, "type": type_, "side": Side.CREDIT if type_ in _CREDIT else Side.DEBIT}

    def _type(self, code: str, kind: str | None) -> AccountType:
        if kind is not None:
            try:
                return _TYPES.get(kind.lower()) or AccountType(kind.lower())
            except ValueError:
                self._note(f"account {code}: type {kind!r} is not known")
        return _TYPES.get(code.replace(".", ":").partition(":")[0].lower(), AccountType.ASSET)

    def _make_years(self, ctx: Context) -> None:
        years = sorted({entry.day.year for entry in self.case.entries})
        if not years:
            return
        there = {
            start.year
            for start in ctx.session.scalars(select(FiscalYear.start).where(FiscalYear.company_id == self.company))
        }
        missing = [year for year in range(years[0], years[-1] + 1) if year not in there]
        if missing:
            ctx.run(_action("finance.fiscal_year.create"), values=[{"start": date(year, 1, 1)} for year in missing])
        self.report.first, self.report.last = (
            f"{pick(entry.day for entry in self.case.entries):%Y-%m}" for pick in (min, max)
        )

    def _make_words(self, ctx: Context) -> None:
        wanted = dict.fromkeys(entry.word or DEFAULT_WORD for entry in self.case.entries) or {DEFAULT_WORD: None}
        there = dict(
            ctx.session.execute(
                select(VoucherWord.code, VoucherWord.id).where(VoucherWord.company_id == self.company)
            ).all()
        )
        missing = [word for word in wanted if word not in there]
        if missing:
            rows = [
                {"code": word, "name": "记账凭证", "position": len(there) + place}
                for place, word in enumerate(missing, 1)
            ]
            there |= dict(zip(missing, ctx.run(_action("finance.voucher_word.create"), values=rows).done, strict=True))
        self.words = there

    def _make_dimensions(self, ctx: Context) -> None:
        combinations = dict.fromkeys(line.aux for entry in self.case.entries for line in entry.lines if line.aux)
        if not combinations:
            return
        names = dict.fromkeys(name for aux in combinations for name, _code in aux)
        there = dict(
            ctx.session.execute(select(Dimension.code, Dimension.id).where(Dimension.company_id == self.company)).all()
        )
        rows = [
            {"code": name, "name": name, "source": _SOURCES.get(name, DimensionSource.LIST)}
            for name in names
            if name not in there
        ]
        if rows:
            there |= dict(
                zip(
                    (row["code"] for row in rows),
                    ctx.run(_action("finance.dimension.create"), values=rows).done,
                    strict=True,
                )
            )
        values = self._make_values(ctx, there, dict.fromkeys(pair for aux in combinations for pair in aux))
        made = ctx.run(
            _action("finance.dimension_set.combine"),
            combinations=[[values[pair] for pair in aux] for aux in combinations],
        ).done
        self.sets = dict(zip(combinations, made, strict=True))
        for code, needed in self._always.items():
            lines = [{"dimension": there[name]} for name in sorted(needed)]
            ctx.run(_action("finance.account.update"), [self.accounts[code]], values={"dimensions": lines})

    def _make_values(
        self, ctx: Context, dimensions: dict[str, int], pairs: Iterable[tuple[str, str]]
    ) -> dict[tuple[str, str], int]:
        names = {key: name for name, key in dimensions.items()}
        query = select(DimensionValue.dimension_id, DimensionValue.code, DimensionValue.id).where(
            DimensionValue.company_id == self.company
        )
        there = {
            (names[dimension], code): key for dimension, code, key in ctx.session.execute(query) if dimension in names
        }
        missing = [pair for pair in pairs if pair not in there]
        if missing:
            rows = [{"dimension": dimensions[name], "code": code, "name": code} for name, code in missing]
            there |= dict(
                zip(missing, ctx.run(_action("finance.dimension_value.create"), values=rows).done, strict=True)
            )
        return there

    def _make_rates(self, ctx: Context) -> None:
        quote = self.currencies[self.case.currency]
        there = set(
            ctx.session.execute(
                select(ExchangeRate.currency_id, ExchangeRate.day).where(
                    ExchangeRate.company_id == self.company, ExchangeRate.quote_id == quote
                )
            ).all()
        )
        rows = {
            (self.currencies[base], day): self._rate(base, quote, day, kept)
            for (base, to), known in self.case.prices.items()
            if to == self.case.currency != base
            for day, rate in known
            if (kept := round_base(rate, _RATE_PLACES)) > 0
        }
        for base, day, rate in self.case.rates:  # a rate that is told outright counts before a price
            if base != self.case.currency and (kept := round_base(rate, _RATE_PLACES)) > 0:
                rows[self.currencies[base], day] = self._rate(base, quote, day, kept)
        missing = [row for key, row in rows.items() if key not in there]
        if missing:
            ctx.run(_action("finance.exchange_rate.create"), values=missing)

    def _rate(self, base: str, quote: int, day: date, rate: Decimal) -> dict[str, Any]:
        source = self.case.name[:80]
        return {"currency": self.currencies[base], "quote": quote, "day": day, "rate": rate, "source": source}

    # --- vouchers

    def load(self, progress: Callable[[int, int], None] | None) -> None:
        """Record, audit and post the vouchers, a chunk at a time, in the order of their dates and numbers."""
        place = {entry.id: index for index, entry in enumerate(self.case.entries)}
        entries = sorted(
            (entry for entry in self.case.entries if entry.lines),
            key=lambda entry: (entry.day, entry.no or 0, place[entry.id]),
        )
        for start in range(0, len(entries), CHUNK):
            chunk = entries[start : start + CHUNK]
            vouchers, lines = self.transact(partial(self._load_chunk, chunk=chunk))
            self.report.vouchers += vouchers
            self.report.lines += lines
            self.report.skipped += len(chunk) - vouchers
            if progress:
                progress(min(start + CHUNK, len(entries)), len(entries))
        self.transact(self._link_reversals)

    def _load_chunk(self, session: Session, chunk: Sequence[Entry]) -> tuple[int, int]:
        """Store those entries that are not there yet; count vouchers and lines."""
        ctx = self._context(session, self.auditor)
        self._lock(session)
        there = self._there(session, chunk)
        values = [self._voucher(entry) for entry in chunk if self._source(entry.id) not in there]
        if not values:
            return 0, 0
        made = ctx.run(_action("finance.voucher.enter"), values=values, maker=self.maker.id).done
        return len(made), sum(len(value["lines"]) for value in values)

    def _there(self, session: Session, entries: Iterable[Entry]) -> set[str]:
        sources = [self._source(entry.id) for entry in entries]
        found = session.scalars(
            select(Voucher.source).where(Voucher.company_id == self.company, Voucher.source.in_(sources))
        )
        return {source for source in found if source is not None}

    def _source(self, key: str) -> str:
        """Name an entry for good; ids that are long or that blanks surround are known by their hash."""
        plain = len(key) <= 120 and key == key.strip()
        return f"ledger:{self.case.digest}:{key if plain else '~' + hashlib.sha256(key.encode()).hexdigest()}"

    def _link_reversals(self, session: Session) -> None:
        pairs = [
            (self._source(entry.id), self._source(entry.reverses))
            for entry in self.case.entries
            if entry.reverses is not None
        ]
        if pairs:
            ctx = self._context(session, self.auditor)
            ctx.run(_action("finance.reversal.link"), pairs=pairs)

    def _voucher(self, entry: Entry) -> dict[str, Any]:
        narration = entry.narration or "—"
        return {
            "day": entry.day,
            "word": self.words[entry.word or DEFAULT_WORD],
            "attachments": entry.attachments,
            "kind": _KINDS.get(entry.kind or "", VoucherKind.NORMAL),
            "source": self._source(entry.id),
            "lines": [
                self._line(line, base, narration) for line, base in zip(entry.lines, self.bases[entry.id], strict=True)
            ],
        }

    def _line(self, line: Line, base: Decimal, narration: str) -> dict[str, Any]:
        values: dict[str, Any] = {
            "summary": line.narration or narration,
            "account": self.accounts[line.account],
            "details": self.sets[line.aux] if line.aux else None,
            "currency": self.currencies[line.currency],
            "base": base,
            "debit": line.amount if line.debit_side else None,
            "credit": None if line.debit_side else -line.amount,
        }
        if line.foreign:
            currency, amount, rate = line.foreign
            kept = None if rate is None else round_base(rate, _RATE_PLACES)
            values |= {"foreign_currency": self.currencies[currency], "foreign_amount": amount, "foreign_rate": kept}
        return values

    def _bases(self, entry: Entry) -> list[Decimal]:
        """Give the base amounts: weight, or amount at the latest price; what is then missing goes to one line.

        A rounding remainder goes to the largest line.  A larger one is what was gained or lost on a price that the
        entry does not state, so it goes to the largest line that had to be converted.

        :raises LedgerError: one is too large to be stored
        """
        bases = [self._base(entry, *(line.weight or (line.amount, line.currency))) for line in entry.lines]
        remainder = sum(bases, Decimal(0))
        if remainder:
            places = range(len(bases))
            converted = [
                place
                for place in places
                if (entry.lines[place].weight or (None, entry.lines[place].currency))[1] != self.case.currency
            ]
            rounding = abs(remainder) <= len(bases) * Decimal(1).scaleb(-self.places)
            largest = max(places if rounding or not converted else converted, key=lambda place: abs(bases[place]))
            bases[largest] -= remainder
            self._note(
                f"entry {entry.id}: a remainder of {remainder:f} {self.case.currency} went to its line {largest + 1}"
            )
        if any(abs(base) >= _LARGEST for base in bases):
            raise LedgerError(f"entry {entry.id}: an amount in {self.case.currency} is too large")
        return bases

    def _base(self, entry: Entry, amount: Decimal, currency: str) -> Decimal:
        price = Decimal(1) if currency == self.case.currency else self.case.price(currency, entry.day)
        if price is None:
            self.unpriced.add(currency)
            price = Decimal(1)
        return round_base(amount * price, self.places)


def _always_analysed(entries: Iterable[Entry]) -> dict[str, frozenset[str]]:
    """Find the accounts all of whose lines name the same dimensions: they shall require them."""
    found: dict[str, frozenset[str]] = {}
    for account, names in _analysed(entries):
        found[account] = names if account not in found else found[account] & names
    return {account: names for account, names in found.items() if names}


def _analysed(entries: Iterable[Entry]) -> Iterator[tuple[str, frozenset[str]]]:
    for entry in entries:
        for line in entry.lines:
            yield line.account, frozenset(name for name, _code in line.aux)


def _action(name: str) -> Any:
    action = find_action(name)
    assert action is not None, name
    return action

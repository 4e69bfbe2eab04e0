"""From what somebody typed, a document or a file says, to a whole voucher: period, base amounts, checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from decimal import Context as Digits
from typing import Any

from sqlalchemy import select, text

from hanse import BusinessError, Context, Errors, _
from hanse.actions.values import WrongValue, convert, unit
from hanse.directory.models import Currency
from hanse_finance.models import (
    DimensionSetValue,
    ExchangeRate,
    PeriodState,
    Voucher,
    VoucherKind,
    VoucherLine,
)

ZERO = Decimal(0)
#: More lines than this on one voucher are a mistake of a program.
MOST_LINES = 2_000
#: Enough for the product of the largest amount and the largest rate, with all their decimals.
_EXACTLY = Digits(prec=90)
_EXACT = ("debit", "credit", "base", "foreign_amount", "foreign_rate", "quantity")
# Asked for every voucher; written SQL takes half the time of a query that is put together each time.
_WORDS = text("SELECT id, code FROM finance_voucher_word WHERE company_id = :company ORDER BY position, id")
_PERIODS = text(
    'SELECT start, "end", id, state, code, number FROM finance_period WHERE company_id = :company ORDER BY start'
)
_ACCOUNTS = text(
    "SELECT a.id, a.code, a.name, a.postable, a.active, a.currency_id, a.unit, d.id, d.name FROM finance_account a "
    "LEFT JOIN finance_account_dimension r ON r.account_id = a.id AND r.company_id = a.company_id "
    "LEFT JOIN finance_dimension d ON d.id = r.dimension_id "
    "WHERE a.company_id = :company AND a.id = ANY(:accounts)"
)


def round_base(amount: Decimal, places: int) -> Decimal:
    """Round half up to the decimals of a currency: the rounding of Chinese books (会计基础工作规范 and 发票 alike)."""
    return amount.quantize(unit(places), ROUND_HALF_UP, _EXACTLY)


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What a line must know of its account."""

    id: int
    code: str
    name: str
    postable: bool
    active: bool
    currency: int | None
    unit: str | None
    dimensions: frozenset[int] = frozenset()

    @property
    def full_name(self) -> str:
        """Code and name, as messages call it."""
        return f"{self.code} {self.name}"


@dataclass
class Books:
    """What writing vouchers must know of the company's books, read once for many of them."""

    ctx: Context
    accounts: dict[int, AccountFacts] = field(default_factory=dict[int, AccountFacts])
    sets: dict[int, frozenset[int]] = field(default_factory=dict[int, frozenset[int]])
    places: dict[int, int] = field(default_factory=dict[int, int])
    words: dict[int, str] = field(default_factory=dict[int, str])
    periods: list[tuple[date, date, int, PeriodState, str]] = field(
        default_factory=list[tuple[date, date, int, PeriodState, str]]
    )
    dimension_names: dict[int, str] = field(default_factory=dict[int, str])
    #: the opening period, in which no voucher stands but those of taking over
    opening: tuple[date, int, PeriodState, str] | None = None
    takes_over: bool = False

    @classmethod
    def read(cls, ctx: Context, values: Sequence[Mapping[str, Any]]) -> Books:
        """Read what these vouchers need, in at most five statements."""
        lines = [line for value in values for line in value.get("lines") or ()]
        books = cls(ctx)
        books._read_accounts(_ids(line.get("account") for line in lines))
        books._read_sets(_ids(line.get("details") for line in lines))
        books._read_currencies(_ids(line.get(name) for line in lines for name in ("currency", "foreign_currency")))
        company = {"company": ctx.company.id}
        books.words = {key: code for key, code in ctx.session.execute(_WORDS, company)}
        for start, end, key, state, code, number in ctx.session.execute(_PERIODS, company):
            if number:
                books.periods.append((start, end, key, PeriodState(state), code))
            else:
                books.opening = (start, key, PeriodState(state), code)
        return books

    def _read_accounts(self, ids: set[int]) -> None:
        required: dict[int, set[int]] = {}
        asked = {"company": self.ctx.company.id, "accounts": list(ids)}
        rows = self.ctx.session.execute(_ACCOUNTS, asked).all()
        for key, *_facts, dimension, dimension_name in rows:
            if dimension:  # none where the account asks for none
                required.setdefault(key, set()).add(dimension)
                self.dimension_names[dimension] = dimension_name
        for key, code, name, postable, active, currency, counted, *_dimension in rows:
            dimensions = frozenset(required.get(key, ()))
            self.accounts[key] = AccountFacts(key, code, name, postable, active, currency, counted, dimensions)

    def _read_sets(self, ids: set[int]) -> None:
        if not ids:
            return
        found: dict[int, set[int]] = {}
        for key, dimension in self.ctx.session.execute(
            select(DimensionSetValue.set_id, DimensionSetValue.dimension_id).where(
                DimensionSetValue.company_id == self.ctx.company.id, DimensionSetValue.set_id.in_(ids)
            )
        ):
            found.setdefault(key, set()).add(dimension)
        self.sets = {key: frozenset(dimensions) for key, dimensions in found.items()}

    def _read_currencies(self, ids: set[int]) -> None:
        company = self.ctx.company
        self.places = {company.currency_id: company.places}
        if foreign := ids - {company.currency_id}:
            query = select(Currency.id, Currency.places).where(Currency.id.in_(foreign))
            self.places |= dict(self.ctx.session.execute(query).all())

    def period_of(self, day: date) -> tuple[int, PeriodState, str]:
        """Give the period a day lies in.

        :raises BusinessError: there is none, or it is the opening period and the voucher none of taking over
        """
        for start, end, key, state, code in self.periods:
            if start <= day <= end:
                return key, state, code
        if self.opening is not None and self.opening[0] == day:
            if self.takes_over:
                return self.opening[1:]
            raise BusinessError(
                _(
                    "%(day)s is the opening period %(period)s, in which nothing but opening balances stands. "
                    "Choose a later day.",
                    day=day,
                    period=self.opening[3],
                ),
                field="day",
            )
        raise BusinessError(
            _(
                "%(day)s lies in no fiscal year of %(company)s. Open the year first.",
                day=day,
                company=self.ctx.company.name,
            ),
            field="day",
        )


def key_of(record: Any) -> int:
    """Give the id of a record, or the id that was given instead of it."""
    return record if isinstance(record, int) else int(record.id)


def _ids(values: Iterable[Any]) -> set[int]:
    return {value if isinstance(value, int) else value.id for value in values if value is not None}


def prepare_opening(ctx: Context, values: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Complete vouchers of taking over, the only ones that may stand in the opening period.

    :raises BusinessError: as for other vouchers
    """
    books = Books.read(ctx, values)
    books.takes_over = True
    return _prepare(values, books)


def prepare(ctx: Context, values: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Complete vouchers for insertion.

    :raises BusinessError: all that is wrong at once; ``field`` is ``<voucher>.lines.<line>.<field>`` where there are
        several vouchers
    """
    return _prepare(values, Books.read(ctx, values))


def _prepare(values: Sequence[Mapping[str, Any]], books: Books) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    errors: list[BusinessError] = []
    for index, value in enumerate(values):
        prefix = "" if len(values) == 1 else f"{index}."
        draft = Draft(books, value)
        rows.append(draft.complete())
        for error in draft.errors:
            error.field = prefix + (error.field or "lines")
            errors.append(error)
    if errors:
        raise errors[0] if len(errors) == 1 else Errors(errors)
    return rows


class Draft:
    """One voucher on its way in; collects everything that is wrong with it."""

    def __init__(self, books: Books, value: Mapping[str, Any]) -> None:
        self.books = books
        self.value = dict(value)
        self.errors: list[BusinessError] = []

    def complete(self) -> dict[str, Any]:
        """Give the voucher's row with its lines; what is wrong stands in ``errors``."""
        value, books = self.value, self.books
        day = self._converted(Voucher, "day", value.get("day"), "day")
        if day is None:
            if not self.errors:
                self._wrong(_("Date is missing."), "day")
            return value
        value["day"] = day
        try:
            value["period"], state, code = books.period_of(day)
        except BusinessError as error:
            self.errors.append(error)
            return value
        if state is PeriodState.CLOSED:
            self._wrong(
                _("Period %(period)s is closed. Choose a day in an open period, or have it reopened.", period=code),
                "day",
            )
        self._choose_word()
        lines = [dict(line) for line in value.get("lines") or ()]
        self._complete_lines(lines, day)
        value["lines"] = lines
        value["summary"] = (lines[0].get("summary") or "")[:200] if lines else ""
        value["total"] = (
            sum((line["base"] for line in lines if line.get("debit") is not None), ZERO) if not self.errors else ZERO
        )
        value.setdefault("maker", books.ctx.user.id)
        return value

    def _wrong(self, message: Any, place: str) -> None:
        self.errors.append(BusinessError(message, field=place))

    def _converted(self, model: Any, name: str, given: Any, place: str) -> Any:
        """Give a value as its field stores it; what does not fit is noted, and None."""
        try:
            return convert(model.__fields__[name], given)
        except WrongValue as error:
            self._wrong(error.message, place)
            return None

    @property
    def _recorded(self) -> bool:
        """Whether a document or file brings it, which is taken as it is: also with one line, or lines of zero."""
        return bool(self.value.get("source"))

    def _choose_word(self) -> None:
        words = self.books.words
        if not words:
            self._wrong(_("There is no voucher word yet. Add one, such as 记, in the settings of finance."), "word")
            return
        given = self.value.get("word")
        if given is None:
            self.value["word"] = next(iter(words))
        elif (given if isinstance(given, int) else given.id) not in words:
            self._wrong(_("Choose a voucher word of this company."), "word")

    def _complete_lines(self, lines: list[dict[str, Any]], day: date) -> None:
        if len(lines) < (1 if self._recorded else 2):
            self._wrong(_("A voucher has at least two lines."), "lines")
        if len(lines) > MOST_LINES and not self._recorded:
            self._wrong(_("A voucher has at most %(most)s lines.", most=MOST_LINES), "lines")
        above = None
        for place, line in enumerate(lines):
            line["number"], line["day"] = place + 1, day
            line["summary"] = line.get("summary") or above
            above = line["summary"]
            self._complete_line(line, place)
        self._check_balance(lines)

    def _complete_line(self, line: dict[str, Any], place: int) -> None:
        ctx = self.books.ctx
        line["currency"] = line.get("currency") or ctx.company.currency_id
        faults = len(self.errors)
        for name in _EXACT:
            if line.get(name) is not None:
                line[name] = self._converted(VoucherLine, name, line[name], f"lines.{place}.{name}")
        if len(self.errors) > faults:
            return
        self._complete_amount(line, place)
        facts = self._check_account(line, place)
        self._check_foreign(line, facts, place)
        self._check_quantity(line, facts, place)

    def _complete_amount(self, line: dict[str, Any], place: int) -> None:
        for name in ("debit", "credit"):
            if line.get(name) == 0 and not self._recorded:
                line[name] = None
        debit: Decimal | None = line.get("debit")
        credit: Decimal | None = line.get("credit")
        if (debit is None) == (credit is None):
            missing = _("Line %(line)s: enter a debit or a credit.", line=place + 1)
            both = _("Line %(line)s: a line has either a debit or a credit, not both.", line=place + 1)
            self._wrong(missing if debit is None else both, f"lines.{place}.debit")
            return
        side, signed = ("debit", debit) if debit is not None else ("credit", -(credit or ZERO))
        if not self._recorded:
            self._check_places(abs(signed), line["currency"], place, side)
        if line.get("base") is None:
            line["base"] = self._base(line, signed, place, side)

    def _check_places(self, amount: Decimal, currency: Any, place: int, side: str) -> None:
        places = self.books.places.get(currency if isinstance(currency, int) else currency.id, 2)
        if amount != amount.quantize(unit(places), ROUND_HALF_UP, _EXACTLY):
            self._wrong(
                _(
                    "Line %(line)s: %(amount)s has more than %(places)s decimals.",
                    line=place + 1,
                    amount=amount,
                    places=places,
                ),
                f"lines.{place}.{side}",
            )

    def _base(self, line: Mapping[str, Any], amount: Decimal, place: int, side: str) -> Decimal:
        company = self.books.ctx.company
        currency = key_of(line["currency"])
        if currency == company.currency_id:
            return amount
        found = latest_rate(self.books.ctx, currency, line["day"])
        if found is None:
            self._wrong(
                _("Line %(line)s: there is no exchange rate on or before %(day)s.", line=place + 1, day=line["day"]),
                f"lines.{place}.{side}",
            )
            return ZERO
        return round_base(amount * found, company.places)

    def _check_account(self, line: Mapping[str, Any], place: int) -> AccountFacts | None:
        given = line.get("account")
        facts = None if given is None else self.books.accounts.get(key_of(given))
        where = f"lines.{place}.account"
        if facts is None:
            self._wrong(_("Line %(line)s: choose an account of this company.", line=place + 1), where)
            return None
        if not facts.postable:
            self._wrong(
                _(
                    "Line %(line)s: %(account)s has accounts below it; choose one of them.",
                    line=place + 1,
                    account=facts.full_name,
                ),
                where,
            )
        if not facts.active:
            self._wrong(
                _("Line %(line)s: %(account)s is no longer used.", line=place + 1, account=facts.full_name), where
            )
        given_set = line.get("details")
        there = (
            self.books.sets.get(given_set if isinstance(given_set, int) else given_set.id, frozenset())
            if given_set
            else frozenset[int]()
        )
        if not facts.dimensions <= there or (there - facts.dimensions and not self._recorded):
            wanted = ", ".join(self.books.dimension_names[key] for key in sorted(facts.dimensions)) or _("none")
            self._wrong(
                _(
                    "Line %(line)s: %(account)s asks for these dimensions: %(wanted)s.",
                    line=place + 1,
                    account=facts.full_name,
                    wanted=wanted,
                ),
                f"lines.{place}.details",
            )
        return facts

    def _check_foreign(self, line: dict[str, Any], facts: AccountFacts | None, place: int) -> None:
        """Ask for the foreign amount where the account is kept in a currency; give it the sign of the base amount."""
        amount, currency = line.get("foreign_amount"), line.get("foreign_currency")
        if (amount is None) != (currency is None):
            self._wrong(
                _("Line %(line)s: a foreign amount needs its currency, and the currency an amount.", line=place + 1),
                f"lines.{place}.foreign_amount",
            )
        if self._recorded:
            return
        kept_in = facts.currency if facts else None
        said = key_of(currency) if currency is not None else key_of(line["currency"])
        if facts and kept_in not in (None, said) and self.value.get("kind") is not VoucherKind.REVALUATION:
            message = _(
                "Line %(line)s: %(account)s is kept in a foreign currency; enter the amount in it.",
                line=place + 1,
                account=f"{facts.code} {facts.name}",
            )
            self._wrong(message, f"lines.{place}.foreign_amount")
        if amount is not None and line.get("base"):
            line["foreign_amount"] = abs(amount).copy_sign(line["base"])

    def _check_quantity(self, line: dict[str, Any], facts: AccountFacts | None, place: int) -> None:
        """Ask for the quantity where the account counts in a unit; give it the sign of the amount on its side."""
        quantity: Decimal | None = line.get("quantity")
        if self._recorded or facts is None:
            return
        if facts.unit is not None and quantity is None:
            message = _(
                "Line %(line)s: %(account)s counts in %(unit)s; enter the quantity.",
                line=place + 1,
                account=facts.full_name,
                unit=facts.unit,
            )
            self._wrong(message, f"lines.{place}.quantity")
        elif facts.unit is None and quantity:
            self._wrong(
                _("Line %(line)s: %(account)s counts in no unit.", line=place + 1, account=facts.full_name),
                f"lines.{place}.quantity",
            )
        elif quantity is not None:
            amount = line.get("debit") if line.get("debit") is not None else line.get("credit")
            line["quantity"] = abs(quantity).copy_sign(amount or quantity)

    def _check_balance(self, lines: Sequence[Mapping[str, Any]]) -> None:
        if self.errors or any("base" not in line for line in lines):
            return
        difference = sum((line["base"] for line in lines), ZERO)
        if difference:
            debit = sum((line["base"] for line in lines if line.get("debit") is not None), ZERO)
            self._wrong(
                _(
                    "Debit %(debit)s and credit %(credit)s differ by %(difference)s.",
                    debit=debit,
                    credit=debit - difference,
                    difference=abs(difference),
                ),
                "lines",
            )
        elif (
            self.value.get("kind") is not VoucherKind.REVALUATION
            and not self.value.get("source")
            and not any(line["base"] for line in lines)
        ):
            self._wrong(_("A voucher moves an amount: all lines are zero."), "lines")


def latest_rate(ctx: Context, currency: Any, on: date) -> Decimal | None:
    """Give the latest rate of a currency in the company's, on or before a day."""
    return ctx.session.scalar(
        select(ExchangeRate.rate)
        .where(
            ExchangeRate.company_id == ctx.company.id,
            ExchangeRate.currency_id == key_of(currency),
            ExchangeRate.quote_id == ctx.company.currency_id,
            ExchangeRate.day <= on,
        )
        .order_by(ExchangeRate.day.desc())
        .limit(1)
    )


def provisional_numbers(ctx: Context, rows: Sequence[dict[str, Any]]) -> None:
    """Give each voucher without one the next provisional number of its period and word."""
    waiting: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for row in rows:
        if row.get("provisional") is None:
            waiting.setdefault((row["period"], key_of(row["word"])), []).append(row)
    keys = {(period, word): f"finance.provisional:{period}:{word}" for period, word in waiting}
    taken = ctx.take_numbers({keys[one]: len(group) for one, group in waiting.items()})
    for one, group in waiting.items():
        for row, number in zip(group, taken[keys[one]], strict=True):
            row["provisional"] = number

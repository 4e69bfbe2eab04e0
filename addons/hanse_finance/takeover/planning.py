"""What a balance file means for a company: lines of the sheet, accounts and values it lacks, and what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from hanse import Context, _
from hanse.actions.values import unit
from hanse.directory.models import Currency
from hanse.exchange.headings import plain_words
from hanse.i18n import Label
from hanse_finance.models import AccountType, Dimension, DimensionValue, Opening, Period, Side
from hanse_finance.takeover.headings import known_words
from hanse_finance.takeover.reading import BalanceFile, Fault, FileLine
from hanse_finance.takeover.sheet import AMOUNTS, COUNTED, FOREIGN, ZERO, SheetAccount, read_accounts

#: What a spreadsheet's binary numbers may be away from the decimals they stand for.
_NOISE = Decimal("0.000001")
_SEPARATORS = re.compile(r"[\\/|_]|\s[-–—]\s|(?<=\S)[-–—](?=\S)")


@dataclass(frozen=True, slots=True)
class MissingAccount:
    """An account of the file that the company lacks.

    :ivar parent: code of the account above it, there or missing itself; None: it is one of the first level
    :ivar type: None: nothing says what kind of account it is, so that a person must create it
    """

    code: str
    name: str
    parent: str | None
    type: AccountType | None
    side: Side | None
    row: int


@dataclass(frozen=True, slots=True)
class MissingValue:
    """A customer, department … of the file that the dimension lacks."""

    dimension: int
    code: str
    name: str


@dataclass
class Plan:
    """What entering a file would do.

    :ivar lines: as ``finance.opening.enter`` takes them; ``rows`` has the row of each in the file
    :ivar notes: what should be known, and stands against nothing
    """

    use: str
    lines: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    rows: list[int] = field(default_factory=list[int])
    accounts: list[MissingAccount] = field(default_factory=list[MissingAccount])
    values: list[MissingValue] = field(default_factory=list[MissingValue])
    faults: list[Fault] = field(default_factory=list[Fault])
    notes: list[Label] = field(default_factory=list[Label])

    @property
    def is_complete(self) -> bool:
        """Whether it can be entered as it is."""
        return not (self.accounts or self.values or self.faults)


def plan_balances(ctx: Context, opening: Opening, found: BalanceFile, use: str = "") -> Plan:
    """Say what a balance file means for the sheet of a company; changes nothing.

    :param use: ``closing`` or ``opening``, the balance of the file that the books open with; empty: as its titles say
    """
    return _Planner(ctx, opening, found, use).plan()


class _Planner:
    def __init__(self, ctx: Context, opening: Opening, found: BalanceFile, use: str) -> None:
        self.ctx, self.file = ctx, found
        self.first: Period = opening.first
        self.accounts = read_accounts(ctx)
        self.by_code = {plain_code(one.code): one for one in self.accounts.values()}
        self.result = Plan(use or self._use())
        self.mid_year = self.first.number > 1
        self.places = ctx.company.places
        self._read_dimensions()
        self.currencies: dict[str, tuple[int, int]] = {
            code: (key, places)
            for key, code, places in ctx.session.execute(select(Currency.id, Currency.code, Currency.places))
        }

    def _read_dimensions(self) -> None:
        company = self.ctx.company.id
        rows = self.ctx.session.execute(
            select(Dimension.id, Dimension.code, Dimension.name).where(Dimension.company_id == company)
        ).all()
        self.dimensions = {code: key for key, code, _name in rows}
        self.dimension_names = {key: name for key, _code, name in rows}
        self.values: dict[tuple[int, str], int] = {}
        query = select(DimensionValue.dimension_id, DimensionValue.id, DimensionValue.code, DimensionValue.name).where(
            DimensionValue.company_id == company
        )
        for dimension, key, code, name in self.ctx.session.execute(query):
            self.values.setdefault((dimension, name), key)
            self.values[dimension, code] = key

    # --- which balance, and what moved

    def _use(self) -> str:
        """Tell which balance of the file the books open with: by the months it covers, else the closing one."""
        has_closing, has_opening = self.file.has("closing"), self.file.has("opening")
        if not (has_closing and has_opening):
            return "closing" if has_closing else "opening"
        start = (self.first.start.year, self.first.start.month)
        if self.file.span is not None and self.file.span[0] == start:
            return "opening"
        return "closing"

    def _moved(self, line: FileLine, prefix: str = "") -> tuple[Decimal, Decimal]:
        """Give debit and credit since the beginning of the year until the books begin."""
        if not self.mid_year:
            return ZERO, ZERO
        total, moved = line.moved(f"{prefix}total"), line.moved(f"{prefix}moved")
        if self.result.use == "opening":
            return (total[0] - moved[0], total[1] - moved[1]) if self.file.has("total") else (ZERO, ZERO)
        return total if self.file.has("total") else moved

    def _note_span(self) -> None:
        span, first = self.file.span, self.first
        start = (first.start.year, first.start.month)
        use = self.result.use
        if self.file.has("closing") and self.file.has("opening"):
            chosen = _("closing") if use == "closing" else _("opening")
            self.result.notes.append(_("The books open with the %(which)s balances of the file.", which=chosen))
        if span is not None and self.file.has("closing"):
            last = span[1] if use == "closing" else span[0]
            wanted = _month_before(start) if use == "closing" else start
            if last != wanted:
                message = _(
                    "The file is of %(from)s to %(to)s, but the books begin with %(first)s. "
                    "Choose the other balance, or another file.",
                    **{"from": _told(span[0]), "to": _told(span[1]), "first": first.code},
                )
                self.result.faults.append(Fault(message))
        if not self.mid_year:
            return
        year_start = (first.year.start.year, first.year.start.month)
        whole = self.file.has("total") or (use == "closing" and (span is None or span[0] == year_start))
        if not whole or not (self.file.has("total") or self.file.has("moved")):
            self.result.notes.append(
                _("The file does not say what moved since the beginning of the year; it opens without.")
            )
        elif not self.file.has("total") and span is None:
            self.result.notes.append(_("What moved in the file is taken for what moved since the year began."))
        self.whole_year = whole

    # --- rows

    def plan(self) -> Plan:
        """Resolve the rows of the file."""
        self.result.faults += self.file.faults
        self.whole_year = True
        self._note_span()
        lines = self._leaves()
        seen: dict[tuple[Any, ...], int] = {}
        left_out: dict[int, tuple[SheetAccount, Decimal]] = {}
        for line in lines:
            account = self.by_code.get(plain_code(line.code))
            if account is None:
                continue
            values = self._values(line, account)
            if values is None:
                continue
            if account.dimensions and not line.dimensions:
                total = left_out.get(account.id, (account, ZERO))[1]
                left_out[account.id] = account, total + values["balance"]
                continue
            self._add(line, values, seen)
        for account, amount in left_out.values():
            self._note_left_out(account, amount)
        self._find_missing(lines)
        return self.result

    def _note_left_out(self, account: SheetAccount, amount: Decimal) -> None:
        names = ", ".join(self.dimension_names[key] for key in sorted(account.dimensions))
        if any(line["account"] == account.id for line in self.result.lines):
            return
        self.result.notes.append(
            _(
                "%(account)s (%(amount)s) is left out: it asks for %(dimensions)s. "
                "Read the list by these next, or enter it by hand.",
                account=account.full_name,
                amount=amount,
                dimensions=names,
            )
        )

    def _leaves(self) -> list[FileLine]:
        """Leave out rows that add up others: accounts with accounts below them, and by dimension or currency."""
        codes = {plain_code(line.code) for line in self.file.lines}
        parents = {code[:length] for code in codes for length in range(1, len(code)) if code[:length] in codes}
        detailed = {plain_code(line.code) for line in self.file.lines if line.dimensions}
        in_currency = {plain_code(line.code) for line in self.file.lines if self._foreign(line) is not None}
        return [
            line
            for line in self.file.lines
            if (code := plain_code(line.code)) not in parents
            and not (code in detailed and not line.dimensions)
            and not (code in in_currency and self._is_sum_of_currencies(line))
        ]

    def _foreign(self, line: FileLine) -> str | None:
        """Give the code of the currency of a row; None: it is the company's."""
        if not line.currency:
            return None
        plain = plain_words(line.currency)
        if plain == plain_words(self.ctx.company.currency):
            return None
        for words in known_words():
            if plain in words.own_currency:
                return None
            for name, code in words.currencies:
                if plain == plain_words(name):
                    return code
        return line.currency.upper()

    @staticmethod
    def _is_sum_of_currencies(line: FileLine) -> bool:
        plain = plain_words(line.currency or "")
        return any(plain in words.currency_sums for words in known_words())

    def _values(self, line: FileLine, account: SheetAccount) -> dict[str, Any] | None:
        """Give a line as entering takes it; without a set where a value is missing."""
        if not account.leaf:
            message = _("%(account)s has accounts below it; enter their balances.", account=account.full_name)
            if line.balance(self.result.use, account.sign) or any(line.amounts.values()):
                self._wrong(message, line, "code")
            return None
        debit, credit = self._moved(line) if self.whole_year else (ZERO, ZERO)
        values: dict[str, Any] = {
            "account": account.id,
            "balance": self._exact(line.balance(self.result.use, account.sign), self.places, line),
            "debit": self._exact(debit, self.places, line),
            "credit": self._exact(credit, self.places, line),
        }
        self._add_foreign(line, account, values)
        self._add_quantity(line, account, values)
        if line.dimensions:
            values["values"] = ()
            if account.dimensions:
                self._add_dimensions(line, account, values)
        return values

    def _add_foreign(self, line: FileLine, account: SheetAccount, values: dict[str, Any]) -> None:
        code = self._foreign(line)
        if code is None and account.currency is not None and self.file.has(f"foreign_{self.result.use}"):
            values["currency"] = account.currency  # the file has no column for it
        elif code is None:
            return
        elif not self.file.has(f"foreign_{self.result.use}"):
            message = _(
                "The row is in %(code)s, but no column has the amount in %(own)s beside it. Export both amounts.",
                code=code,
                own=self.ctx.company.currency,
            )
            self._wrong(message, line, "currency")
            return
        elif code not in self.currencies:
            self._wrong(_("There is no currency %(code)s. Add it first.", code=code), line, "currency")
            return
        else:
            values["currency"] = self.currencies[code][0]
        places = next((places for key, places in self.currencies.values() if key == values["currency"]), 2)
        balance = line.balance(f"foreign_{self.result.use}", account.sign)
        values["foreign_balance"] = self._exact(balance, places, line)
        if self.mid_year and self.whole_year:
            debit, credit = self._moved(line, "foreign_")
            values["foreign_debit"] = self._exact(debit, places, line)
            values["foreign_credit"] = self._exact(credit, places, line)

    def _add_quantity(self, line: FileLine, account: SheetAccount, values: dict[str, Any]) -> None:
        """Take quantities of accounts that count in a unit; programs export the column for all of them."""
        if account.unit is None or not self.file.has(f"quantity_{self.result.use}"):
            return
        values["quantity"] = line.balance(f"quantity_{self.result.use}", account.sign)
        if self.mid_year and self.whole_year:
            values["debit_quantity"], values["credit_quantity"] = self._moved(line, "quantity_")

    def _add_dimensions(self, line: FileLine, account: SheetAccount, values: dict[str, Any]) -> None:
        chosen: list[int] = []
        given = {self.dimensions[name]: pair for name, pair in line.dimensions.items() if name in self.dimensions}
        for dimension in sorted(account.dimensions):
            if dimension not in given:
                name = self.dimension_names[dimension]
                self._wrong(_("%(account)s asks for %(dimension)s.", account=account.full_name, dimension=name), line)
                values["values"] = None
                return
            code, name = given[dimension]
            found = self.values.get((dimension, code)) or self.values.get((dimension, name))
            if found is None:
                missing = MissingValue(dimension, (code or name)[:80], (name or code)[:200])
                if missing not in self.result.values:
                    self.result.values.append(missing)
                values["values"] = None
                return
            chosen.append(found)
        values["values"] = tuple(sorted(chosen))

    def _add(self, line: FileLine, values: dict[str, Any], seen: dict[tuple[Any, ...], int]) -> None:
        if not any(values.get(name) for name in ("balance", "debit", "credit", "foreign_balance", "quantity")):
            return
        key = (values["account"], values.get("values"), values.get("currency"))
        if key in seen and line.dimensions and values.get("values") is not None:
            self._add_up(self.result.lines[seen[key]], values)
            return
        if key in seen and not line.dimensions:
            message = _("The account stands in row %(row)s already.", row=self.result.rows[seen[key]])
            self._wrong(message, line, "code")
            return
        seen[key] = len(self.result.lines)
        self.result.lines.append(values)
        self.result.rows.append(line.row)

    @staticmethod
    def _add_up(there: dict[str, Any], values: Mapping[str, Any]) -> None:
        """Add a row to another of the same account: by dimensions that it does not ask for."""
        for name in (*AMOUNTS, *FOREIGN, *COUNTED):
            if values.get(name) is not None:
                there[name] = (there.get(name) or ZERO) + values[name]

    def _exact(self, amount: Decimal, places: int, line: FileLine) -> Decimal:
        rounded = amount.quantize(unit(places))
        if abs(rounded - amount) > _NOISE:
            message = _("%(amount)s has more than %(places)s decimals.", amount=amount, places=places)
            self._wrong(message, line, self.result.use)
        return rounded

    def _wrong(self, message: Label, line: FileLine, role: str | None = None) -> None:
        heading = next(
            (self.file.roles[name] for name in (role, f"{role}_debit", f"{role}_credit") if name in self.file.roles),
            None,
        )
        self.result.faults.append(Fault(message, line.row, heading))

    # --- accounts that are missing

    def _find_missing(self, leaves: Sequence[FileLine]) -> None:
        """List accounts that are not there, those above first, as far as a balance stands on or below them."""
        wanted = {
            plain_code(line.code)
            for line in leaves
            if plain_code(line.code) not in self.by_code and any(line.amounts.values())
        }
        names = _names(self.file.lines)
        lines = {plain_code(line.code): line for line in self.file.lines if not line.dimensions} | {
            plain_code(line.code): line for line in leaves
        }
        for code in {one[:length] for one in wanted for length in range(1, len(one)) if one[:length] in lines}:
            if code not in self.by_code:
                wanted.add(code)
        planned: dict[str, MissingAccount] = {}
        for code in sorted(wanted, key=lambda one: (len(one), one)):
            line = lines[code]
            parent = next(
                (code[:length] for length in range(len(code) - 1, 0, -1) if code[:length] in {*self.by_code, *planned}),
                None,
            )
            planned[code] = self._missing(line, names, code, parent, planned)
        self.result.accounts = list(planned.values())

    def _missing(
        self,
        line: FileLine,
        names: Mapping[str, str],
        code: str,
        parent: str | None,
        planned: Mapping[str, MissingAccount],
    ) -> MissingAccount:
        kind: AccountType | None = None
        side: Side | None = None
        above = None if parent is None else self.by_code.get(parent)
        if above is not None:
            kind, side = above.type, above.side
        elif parent is not None:
            kind, side = planned[parent].type, planned[parent].side
        else:
            for words in known_words():
                if (said := words.classify([one.code for one in self.accounts.values()], code)) is not None:
                    kind, side = said
                    break
        own_code = above.code if above is not None else parent
        return MissingAccount(line.code, names.get(code) or line.name or line.code, own_code, kind, side, line.row)


def plain_code(code: str) -> str:
    """Give a code for comparison: ``1002.01`` and ``1002-01`` are 100201."""
    return re.sub(r"[.\-\s]", "", code)


def _names(lines: Sequence[FileLine]) -> dict[str, str]:
    """Give the own name of each account, without those above it, where a file writes the whole path."""
    full = {plain_code(line.code): _tidy(line.name) for line in lines if line.name}
    own: dict[str, str] = {}
    for code, name in full.items():
        parts = [part.strip() for part in _SEPARATORS.split(name) if part.strip()]
        above = next((full[code[:length]] for length in range(len(code) - 1, 0, -1) if code[:length] in full), None)
        if above is not None and len(parts) > 1 and name.startswith(above) and name != above:
            rest = name[len(above) :].lstrip(" \\/|_-–—")
            own[code] = rest or name
        elif above is not None and len(parts) > 1 and parts[0] == _SEPARATORS.split(above)[0].strip():
            own[code] = parts[-1]
        else:
            own[code] = name
    return own


def _tidy(name: str) -> str:
    return name.replace("\N{IDEOGRAPHIC SPACE}", " ").strip()


def _month_before(month: tuple[int, int]) -> tuple[int, int]:
    return (month[0] - 1, 12) if month[1] == 1 else (month[0], month[1] - 1)


def _told(month: tuple[int, int]) -> str:
    return f"{month[0]}-{month[1]:02}"


__all__ = ["MissingAccount", "MissingValue", "Plan", "plain_code", "plan_balances"]

"""Lines on their way into the sheet of opening balances: checked one by one, all that is wrong said at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from hanse import BusinessError, Context, Errors, Records, _
from hanse.actions.values import WrongValue, convert, unit
from hanse.directory.models import Currency
from hanse_finance.actions.accounts import ensure_sets
from hanse_finance.models import DimensionSet, DimensionSetValue, Opening, OpeningLine, OpeningState
from hanse_finance.takeover.sheet import AMOUNTS, COUNTED, FOREIGN, Key, Line, SheetAccount, read_accounts, read_lines


def refuse_opened(openings: Records[Opening]) -> None:
    """Refuse to change what the books were opened with.

    :raises BusinessError: they are open
    """
    for opening in openings:
        if opening.state is not OpeningState.DRAFT:
            raise BusinessError(
                _("The books are open; opening balances cannot be changed. Correct them by a voucher."),
                record=opening.id,
            )


class Entering:
    """Lines on their way into the sheet; collects everything that is wrong with them."""

    def __init__(self, ctx: Context, opening: Opening, *, afresh: bool = False) -> None:
        self.ctx = ctx
        self.accounts = read_accounts(ctx)
        self.there = {} if afresh else {line.key: line for line in read_lines(ctx, opening.id)}
        self.mid_year = opening.first.number > 1
        self.places: dict[int, int] = {}
        self.sets: dict[int, frozenset[int]] = {}
        self.errors: list[BusinessError] = []

    def read(self, lines: Sequence[Mapping[str, Any]]) -> dict[Key, Line]:
        """Give the lines by what they are meant for.

        :raises BusinessError: something is wrong
        """
        lines = self._combined(lines)
        self._read_sets({line["details"] for line in lines if line.get("details")})
        self._read_places({line["currency"] for line in lines if line.get("currency")})
        found: dict[Key, Line] = {}
        for place, given in enumerate(lines):
            line = self._line(given, place)
            if line is None:
                continue
            if line.key in found:
                self._wrong(_("This account, dimensions and currency are entered twice."), place, "account")
            found[line.key] = line
        if self.errors:
            raise self.errors[0] if len(self.errors) == 1 else Errors(self.errors)
        return found

    def _combined(self, lines: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Give lines that name values instead of a combination the combination."""
        wanted = [line["values"] for line in lines if line.get("values")]
        made = iter(ensure_sets(self.ctx, wanted) if wanted else ())
        return [{**line, "details": next(made)} if line.get("values") else line for line in lines]

    def _read_sets(self, ids: set[int]) -> None:
        query = (
            select(DimensionSet.id, func.array_agg(DimensionSetValue.dimension_id))
            .join(DimensionSetValue, DimensionSetValue.set_id == DimensionSet.id)
            .where(DimensionSet.company_id == self.ctx.company.id, DimensionSet.id.in_(ids))
            .group_by(DimensionSet.id)
        )
        self.sets = {key: frozenset(dimensions) for key, dimensions in self.ctx.session.execute(query)} if ids else {}

    def _read_places(self, ids: set[int]) -> None:
        query = select(Currency.id, Currency.places).where(Currency.id.in_(ids))
        self.places = dict(self.ctx.session.execute(query).all()) if ids else {}

    def _wrong(self, message: Any, place: int, name: str) -> None:
        self.errors.append(BusinessError(message, field=f"{place}.{name}"))

    def _line(self, given: Mapping[str, Any], place: int) -> Line | None:
        account = self.accounts.get(given.get("account") or 0)
        if account is None:
            self._wrong(_("Choose an account of this company."), place, "account")
            return None
        faults = len(self.errors)
        own = Line(account.id, given.get("details") or None, self._currency(given, account, place))
        old = self.there.get(own.key, own)
        amounts: dict[str, Any] = {
            name: self._amount(name, given[name], own.currency, place) for name in (*AMOUNTS, *FOREIGN) if name in given
        }
        amounts |= {name: self._quantity(name, given[name], account, place) for name in COUNTED if name in given}
        line = replace(old, **amounts)
        if not line.is_empty:
            self._check_account(account, line, place)
        return line if len(self.errors) == faults else None

    def _currency(self, given: Mapping[str, Any], account: SheetAccount, place: int) -> int | None:
        currency: int | None = given.get("currency") or None
        if currency == self.ctx.company.currency_id:
            currency = None
        if currency is not None and currency not in self.places:
            self._wrong(_("Choose a currency from the list."), place, "currency")
        if account.currency is not None and currency != account.currency and not self._says_nothing(given):
            message = _("%(account)s is kept in a foreign currency; enter the amount in it.", account=account.full_name)
            self._wrong(message, place, "currency")
        return currency

    @staticmethod
    def _says_nothing(given: Mapping[str, Any]) -> bool:
        return not any(given.get(name) for name in (*AMOUNTS, *FOREIGN, *COUNTED))

    def _amount(self, name: str, given: Any, currency: int | None, place: int) -> Decimal | None:
        foreign = name in FOREIGN
        try:
            amount: Decimal | None = convert(OpeningLine.__fields__[name], given) if given is not None else None
        except WrongValue as error:
            self._wrong(error.message, place, name)
            return Decimal(0)
        if foreign and currency is None:
            if amount:
                self._wrong(_("A foreign amount needs its currency."), place, name)
            return None
        if foreign:
            return None if not amount else self._exact(amount, self.places.get(currency or 0, 2), place, name)
        return self._exact(amount or Decimal(0), self.ctx.company.places, place, name)

    def _quantity(self, name: str, given: Any, account: SheetAccount, place: int) -> Decimal | None:
        try:
            quantity: Decimal | None = convert(OpeningLine.__fields__[name], given) if given is not None else None
        except WrongValue as error:
            self._wrong(error.message, place, name)
            return None
        if quantity and account.unit is None:
            self._wrong(_("%(account)s counts in no unit.", account=account.full_name), place, name)
        return quantity or None

    def _exact(self, amount: Decimal, places: int, place: int, name: str) -> Decimal:
        if amount != amount.quantize(unit(places)):
            message = _("%(amount)s has more than %(places)s decimals.", amount=amount, places=places)
            self._wrong(message, place, name)
        return amount

    def _check_account(self, account: SheetAccount, line: Line, place: int) -> None:
        name = account.full_name
        if not account.leaf:
            self._wrong(_("%(account)s has accounts below it; enter their balances.", account=name), place, "account")
        elif not account.active:
            self._wrong(_("%(account)s is no longer used.", account=name), place, "account")
        if self.sets.get(line.details or 0, frozenset()) != account.dimensions:
            if account.dimensions:
                message = _("%(account)s asks for dimensions; enter it by combination.", account=name)
            else:
                message = _("%(account)s asks for no dimensions.", account=name)
            self._wrong(message, place, "details")
        if not self.mid_year and (line.debit or line.credit or line.debit_quantity or line.credit_quantity):
            message = _("%(account)s has amounts of the year to date, but the books begin with the year.", account=name)
            self._wrong(message, place, "debit")

"""The vouchers that opening balances are posted as."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from hanse import _
from hanse.i18n import Label
from hanse_finance.models import VoucherKind
from hanse_finance.takeover.checking import transferred
from hanse_finance.takeover.sheet import ZERO, Line, Sheet

Values = dict[str, Any]


def opening_vouchers(sheet: Sheet, begins: date, before: date | None) -> list[Values]:
    """Give the values of the vouchers, in the language of the moment.

    :param begins: the day of the opening period
    :param before: the last day before the books, in the middle of a year
    """
    written = [
        _voucher(begins, VoucherKind.OPENING, _year_balances(sheet)),
    ]
    if before is not None:
        own, transfers = _movements(sheet)
        written += [_voucher(before, VoucherKind.OPENING, own), _voucher(before, VoucherKind.CLOSING, transfers)]
    return [one for one in written if one["lines"]]


def _voucher(day: date, kind: VoucherKind, lines: Sequence[Values]) -> Values:
    return {"day": day, "kind": kind, "attachments": 0, "lines": list(lines)}


def _year_balances(sheet: Sheet) -> list[Values]:
    summary = _("Opening balance")
    return [
        _line(line, summary)
        for line in _sorted(sheet)
        if line.year_balance or line.foreign_year_balance or line.year_quantity
    ]


def _movements(sheet: Sheet) -> tuple[list[Values], list[Values]]:
    """Give what moved in the year before the books, and apart from it what was transferred to the profit account."""
    lines = _sorted(sheet)
    moved = {line.key: amount for line, amount in transferred(sheet, lines)}
    income = sum((amount for line, amount in transferred(sheet, lines) if sheet.accounts[line.account].sign < 0), ZERO)
    expense = sum(moved.values(), ZERO) - income
    summary, transfer = _("Year to date"), _("Profit and loss transferred in the year to date")
    own: list[Values] = []
    transfers: list[Values] = []
    for line in lines:
        sides = {"debit": line.debit, "credit": line.credit}
        if amount := moved.get(line.key):
            place = "credit" if sheet.accounts[line.account].sign > 0 else "debit"
            transfers.append(_side(line, transfer, place, amount))
            del sides[place]
        own += [
            _side(line, summary, place, amount) for place, amount in sides.items() if amount or _counted(line, place)
        ]
    if transfers and sheet.profit is not None:
        _split_profit(sheet.profit, own, transfers, income, expense)
    return own, transfers


def _split_profit(profit: int, own: list[Values], transfers: list[Values], income: Decimal, expense: Decimal) -> None:
    """Let the profit account stand against the transfers, and take that from what it moved otherwise."""
    summary, transfer = _("Year to date"), _("Profit and loss transferred in the year to date")
    for place, amount in (("credit", income), ("debit", expense)):
        if not amount:
            continue
        transfers.append(_side(Line(profit), transfer, place, amount))
        rest = amount
        for values in [one for one in own if one["account"] == profit and place in one]:
            taken = min(rest, values[place])
            values[place] -= taken
            values["base"] = values[place] if place == "debit" else -values[place]
            rest -= taken
        if rest:  # more was transferred than the account says it moved; red, so that its side shows what it says
            own.append(_side(Line(profit), summary, place, -rest))
    own[:] = [one for one in own if one.get("debit") or one.get("credit") or one.get("quantity")]


def _sorted(sheet: Sheet) -> list[Line]:
    return sorted(sheet.lines, key=lambda line: (sheet.accounts[line.account].code, line.id or 0))


def _line(line: Line, summary: Label) -> Values:
    """Write what the year opens with on the side it stands on."""
    balance, foreign, quantity = line.year_balance, line.foreign_year_balance, line.year_quantity
    credit = (balance or foreign or quantity) < 0
    values = _values(line, summary, "credit" if credit else "debit", abs(balance), balance, foreign)
    return values | _quantity(-quantity if credit else quantity)


def _side(line: Line, summary: Label, place: str, amount: Decimal) -> Values:
    """Write an amount on a side; the foreign one has the sign of the base amount, as everywhere."""
    sign = 1 if place == "debit" else -1
    foreign: Decimal = getattr(line, f"foreign_{place}") or ZERO
    values = _values(line, summary, place, amount, sign * amount, sign * foreign)
    return values | _quantity(_counted(line, place))


def _counted(line: Line, place: str) -> Decimal:
    """Give the quantity of a side."""
    quantity: Decimal | None = getattr(line, f"{place}_quantity")
    return quantity or ZERO


def _quantity(quantity: Decimal) -> Values:
    return {"quantity": quantity} if quantity else {}


def _values(line: Line, summary: Label, place: str, amount: Decimal, base: Decimal, foreign: Decimal) -> Values:
    values: Mapping[str, Any] = {
        "summary": str(summary),
        "account": line.account,
        "details": line.details,
        place: amount,
        "base": base,
    }
    if line.currency is None or not foreign:
        return dict(values)
    return {**values, "foreign_currency": line.currency, "foreign_amount": foreign}

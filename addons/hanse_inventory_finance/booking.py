"""From changes of the stock's value to vouchers, in the transaction that makes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from hanse import Context, _, link_id
from hanse.i18n import Label, speaking
from hanse_finance.details import Details, Kept
from hanse_finance.models import Side
from hanse_finance.setup import action
from hanse_inventory.costing import Part
from hanse_inventory.models import Location, StockEntry, Usage
from hanse_inventory.places import places
from hanse_inventory.valuing import Changed, follower
from hanse_inventory_finance.accounts import Accounts, Place
from hanse_inventory_finance.models import EntryVoucher
from hanse_products_finance.accounts import Use

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class _Document:
    """What a voucher needs to know of a stock document."""

    id: int
    title: Label
    maker: int
    partner: int | None
    department: int | None
    red: bool


#: Account, partner, department and side of a line.
_Line = tuple[int, int | None, int | None, Side]


@follower
def book(ctx: Context, changes: Sequence[Changed]) -> None:
    """Write the vouchers of changes of value: one for each document, and one a day for costs of earlier moves."""
    if "hanse_inventory_finance" not in ctx.enabled:
        return
    moved = [one for one in changes if one.amount]
    if not moved:
        return
    documents = _documents(ctx, {one.entry for one in moved})
    accounts = Accounts(ctx)
    accounts.read_products({one.product for one in moved})
    groups: dict[tuple[int | None, date], dict[_Line, Decimal]] = {}
    for one in moved:
        document = documents[one.entry]
        lines = groups.setdefault((None if one.again else one.entry, one.day), {})
        for line, amount in _lines(ctx, accounts, one, document):
            lines[line] = lines.get(line, ZERO) + amount
    _enter(ctx, accounts, groups, documents)


def _documents(ctx: Context, entries: set[int]) -> dict[int, _Document]:
    query = (
        select(StockEntry, link_id(Location.department))
        .join(Location, Location.id == link_id(StockEntry.place))
        .where(StockEntry.id.in_(entries))
    )
    with speaking(ctx.company.locale):
        return {
            one.id: _Document(
                one.id, str(one.title()), one.maker_id, one.partner_id, department, one.reverses_id is not None
            )
            for one, department in ctx.session.execute(query)
        }


def _lines(ctx: Context, accounts: Accounts, one: Changed, document: _Document) -> Iterator[tuple[_Line, Decimal]]:
    """Give the lines of a change, debit positive: what the stock gets or gives, and where that comes from or goes to.

    Who takes back writes red: the same sides, negative.
    """
    stock = (
        accounts.at(Place.TRANSIT)
        if places(ctx)[one.store].usage is Usage.TRANSIT
        else accounts.of_product(Use.STOCK, one.product)
    )
    comes = one.comes is not document.red
    side, against = (Side.DEBIT, Side.CREDIT) if comes else (Side.CREDIT, Side.DEBIT)
    partner, department = document.partner, document.department
    yield (stock, partner, department, side), one.amount
    if one.part is Part.VARIANCE:
        other: int | None = accounts.at(Place.VARIANCE)
    else:
        other = accounts.counterpart(one.counterpart, one.product)
    if other is not None:
        yield (other, partner, department, against), -one.amount


def _enter(
    ctx: Context,
    accounts: Accounts,
    groups: Mapping[tuple[int | None, date], Mapping[_Line, Decimal]],
    documents: Mapping[int, _Document],
) -> None:
    keys = [key for key, lines in groups.items() if any(lines.values())]
    wanted = [line for key in keys for line, amount in groups[key].items() if amount]
    found = Details(ctx).find([Kept(account, partner, department) for account, partner, department, _side in wanted])
    details = dict(zip(wanted, found, strict=True))
    with speaking(ctx.company.locale):
        again = str(_("Costs of earlier moves"))
    by_maker: dict[int, list[tuple[int | None, dict[str, Any]]]] = {}
    for key in keys:
        entry, day = key
        document = None if entry is None else documents[entry]
        said = again if document is None else str(document.title)
        lines = [_line(said, line, amount, details[line]) for line, amount in groups[key].items() if amount]
        values = {"day": day, "word": accounts.word, "document": said, "lines": lines}
        maker = ctx.user.id if document is None else document.maker
        by_maker.setdefault(maker, []).append((entry, values))
    links: list[dict[str, int]] = []
    for maker, some in by_maker.items():
        made = ctx.run(action("finance.voucher.enter"), values=[values for _entry, values in some], maker=maker).done
        links += [
            {"entry": entry, "voucher": voucher}
            for (entry, _values), voucher in zip(some, made, strict=True)
            if entry is not None
        ]
    if links:
        ctx.insert(EntryVoucher, links)


def _line(said: str, line: _Line, amount: Decimal, details: int | None) -> dict[str, Any]:
    account, _partner, _department, side = line
    debit = side is Side.DEBIT
    return {
        "summary": said[:200],
        "account": account,
        "details": details,
        "debit" if debit else "credit": amount if debit else -amount,
        "base": amount,
    }


__all__ = ["book"]

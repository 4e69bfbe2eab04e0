"""Open items: made by documents, settled by allocations, compared with both.  Called inside actions.

Who allocates holds the items' rows, locked in the order of their ids, so that no two allocate the same amount.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select, text

from hanse import BusinessError, Context, _
from hanse.actions.write import Each
from hanse_finance.models import Side
from hanse_finance.setup import action
from hanse_finance.standards import Purpose, account_for
from hanse_invoicing.accounts import Accounts
from hanse_invoicing.amounts import ZERO, portion
from hanse_invoicing.models import Allocation, AllocationKind, Ledger, OpenItem
from hanse_invoicing.vouchers import Booking, Entry, enter, enter_all


@dataclass
class Item:
    """An open item while it is worked with; amounts are debit positive."""

    id: int
    document: str
    ledger: Ledger
    partner: int
    account: int
    details: int | None
    currency: int
    day: date
    open: Decimal
    open_base: Decimal

    def take(self, amount: Decimal, places: int) -> Decimal:
        """Take an amount above zero off what is open; give its base amount, above zero too.

        :raises BusinessError: so much is not open
        """
        if amount > abs(self.open):
            raise BusinessError(
                _(
                    "%(document)s: only %(open)s is open, not %(amount)s.",
                    document=self.document,
                    open=abs(self.open),
                    amount=amount,
                ),
                record=self.id,
            )
        whole = amount == abs(self.open)
        base = abs(self.open_base) if whole else portion(abs(self.open_base), amount, abs(self.open), places)
        sign = 1 if self.open > 0 else -1
        self.open -= sign * amount
        self.open_base -= sign * base
        return base

    def entry(self, base: Decimal, amount: Decimal, own: int, side: Side | None = None) -> Entry:
        """Give the line that takes base and amount (debit positive) off the item's account."""
        foreign = None if self.currency == own else self.currency
        return Entry(self.account, self.details, base, side, foreign, amount if foreign else ZERO)


def held(ctx: Context, ids: Iterable[int]) -> dict[int, Item]:
    """Read items and hold them until the transaction ends; whoever takes numbers or posts holds them before that.

    :raises BusinessError: one is not there
    """
    wanted = sorted(set(ids))
    columns = (
        OpenItem.id,
        OpenItem.document,
        OpenItem.ledger,
        OpenItem.partner_id,
        OpenItem.account_id,
        OpenItem.details_id,
        OpenItem.currency_id,
        OpenItem.day,
        OpenItem.open,
        OpenItem.open_base,
    )
    query = select(*columns).where(OpenItem.company_id == ctx.company.id, OpenItem.id.in_(wanted))
    rows: Sequence[Any] = ctx.session.execute(query.order_by(OpenItem.id).with_for_update(key_share=True)).all()
    if len(rows) != len(wanted):
        raise BusinessError(_("An open item is not there any more. Choose from the list again."))
    return {row[0]: Item(*row) for row in rows}


@dataclass
class Settling:
    """Allocations that are being made on one day, with the vouchers they need.

    :ivar day: never before the items themselves
    :ivar maker: id of who made the document that settles
    """

    ctx: Context
    day: date
    maker: int
    items: dict[int, Item]
    accounts: Accounts
    rows: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    needs: list[tuple[int, str, list[Entry]]] = field(default_factory=list[tuple[int, str, list[Entry]]])

    @classmethod
    def begin(cls, ctx: Context, ids: Iterable[int], day: date, *, maker: int | None = None) -> Settling:
        """Hold the items and begin, on the day of the latest of them at the earliest."""
        items = held(ctx, ids)
        day = max([day, *(one.day for one in items.values())])
        return cls(ctx, day, maker or ctx.user.id, items, Accounts(ctx))

    @property
    def _own(self) -> int:
        return self.ctx.company.currency_id

    def match(self, one: int, other: int, amount: Decimal, against: Decimal | None = None) -> None:
        """Let a debit item and a credit item settle each other.

        :param amount: in the currency of ``one``
        :param against: in the currency of ``other``; None: the same amount, as they have one currency
        :raises BusinessError: they are of different partners or ledgers, both on one side, or too small; they have two
            currencies and only one amount
        """
        first, second = self.items[one], self.items[other]
        self._check_pair(first, second, against)
        taken = {one: amount, other: amount if against is None else against}
        debit, credit = (first, second) if first.open > 0 else (second, first)
        debit_base = debit.take(taken[debit.id], self.ctx.company.places)
        credit_base = credit.take(taken[credit.id], self.ctx.company.places)
        across = debit.currency != credit.currency
        self._row(
            AllocationKind.MATCH, (debit.id, credit.id), debit.currency, taken[debit.id], (debit_base, credit_base)
        )
        if across:
            self.rows[-1] |= {"credit_currency": credit.currency, "credit_amount": taken[credit.id]}
        same_account = (debit.account, debit.details) == (credit.account, credit.details)
        # On one account, what came in one currency moves to the other in red, so that no turnover is blown up.
        side = (Side.CREDIT if debit.ledger is Ledger.RECEIVABLE else Side.DEBIT) if same_account and across else None
        difference = debit_base - credit_base
        entries: list[Entry] = []
        if across or not same_account:
            entries = [
                debit.entry(-debit_base, -taken[debit.id], self._own, side),
                credit.entry(credit_base, taken[credit.id], self._own, side),
            ]
        elif difference:
            entries = [debit.entry(-difference, ZERO, self._own)]
        if difference:
            entries.append(self._exchange(difference, debit.partner))
        self._need(debit.document, entries)

    def _check_pair(self, first: Item, second: Item, against: Decimal | None) -> None:
        for item in (first, second):
            if not item.open:
                raise BusinessError(_("%(document)s is settled already.", document=item.document), record=item.id)
        if (first.open > 0) is (second.open > 0):
            raise BusinessError(_("One item must be a debit, the other a credit, and both open."), record=second.id)
        if (first.partner, first.ledger) != (second.partner, second.ledger):
            raise BusinessError(_("Only items of one partner and one ledger settle each other."), record=second.id)
        if (first.currency != second.currency) is (against is None):
            raise BusinessError(
                _("%(document)s: items in two currencies need an amount in each.", document=second.document),
                record=second.id,
            )

    def _exchange(self, loss: Decimal, partner: int) -> Entry:
        """Give the line of a loss by exchange rates; below zero it is a gain."""
        account = account_for(self.ctx, Purpose.EXCHANGE_LOSS if loss > 0 else Purpose.EXCHANGE_GAIN)
        return Entry(account, self.accounts.details(account, partner), loss)

    def let_off(self, item: int, amount: Decimal, kind: AllocationKind, account: int) -> None:
        """Settle a part of an item against an account: a discount, a difference that is written off.

        :raises BusinessError: so much is not open
        """
        one = self.items[item]
        sign = 1 if one.open > 0 else -1
        base = one.take(amount, self.ctx.company.places)
        sides = (one.id, None) if sign > 0 else (None, one.id)
        bases = (base, ZERO) if sign > 0 else (ZERO, base)
        self._row(kind, sides, one.currency, amount, bases)
        counter = Entry(account, self.accounts.details(account, one.partner), sign * base)
        self._need(one.document, [one.entry(-sign * base, -sign * amount, self._own), counter])

    def _row(
        self,
        kind: AllocationKind,
        sides: tuple[int | None, int | None],
        currency: int,
        amount: Decimal,
        bases: tuple[Decimal, Decimal],
    ) -> None:
        debit, credit = sides
        row = {"kind": kind, "day": self.day, "debit": debit, "credit": credit, "currency": currency}
        self.rows.append(row | {"amount": amount, "debit_base": bases[0], "credit_base": bases[1]})

    def _need(self, document: str, entries: list[Entry]) -> None:
        if entries:
            self.needs.append((len(self.rows) - 1, document, entries))

    def finish(self) -> list[int]:
        """Write allocations, what is open now, and vouchers; give the ids of the allocations."""
        made = self.ctx.insert(Allocation, self.rows) if self.rows else []
        keep(self.ctx, self.items.values())
        self._clear_residues()
        if self.needs:
            bookings = [self._booking(made[place], document, entries) for place, document, entries in self.needs]
            vouchers = enter_all(self.ctx, bookings)
            ids = [made[place] for place, _document, _entries in self.needs]
            self.ctx.update(ids, Allocation, {"voucher": Each(vouchers)})
        return made

    def _booking(self, allocation: int, document: str, entries: Sequence[Entry]) -> Booking:
        said = _("Settlement of %(document)s", document=document)
        source = f"invoicing.allocation:{allocation}"
        return Booking(self.day, self.maker, said, said, entries, self.accounts.invoice_word, source)

    def _clear_residues(self) -> None:
        """Take what revaluation has left in the company's currency where nothing is left in the foreign one.

        What was not realised yet is so taken back by the settlement that closes the last item, and both together come
        to the last base amount less the first.  The lines stand in that settlement's voucher and go with it.
        """
        closed = {
            (one.account, one.details, one.currency): one
            for one in self.items.values()
            if not one.open and one.currency != self._own
        }
        if not closed:
            return
        rows = self.ctx.session.execute(
            _RESIDUES,
            {
                "company": self.ctx.company.id,
                "own": self._own,
                "day": self.day,
                "accounts": [account for account, _details, _currency in closed],
                "details": [details for _account, details, _currency in closed],
                "currencies": [currency for _account, _details, currency in closed],
            },
        ).all()
        for account, details, currency, amount, base in rows:
            item = closed[account, details, currency]
            for _place, _document, entries in self.needs:
                for entry in entries:
                    if (entry.account, entry.details, entry.currency) == (account, details, currency):
                        amount, base = amount + entry.amount, base + entry.base
            if base and not amount:
                self._add_to_last(item, [item.entry(-base, ZERO, self._own), self._exchange(base, item.partner)])

    def _add_to_last(self, item: Item, entries: list[Entry]) -> None:
        """Add lines to the voucher of the last allocation of an item."""
        place = max(
            (place for place, row in enumerate(self.rows) if item.id in (row["debit"], row["credit"])), default=None
        )
        if place is None:  # it was settled before, and nothing of it moves now
            return
        for own, _document, there in self.needs:
            if own == place:
                there.extend(entries)
                return
        self.needs.append((place, item.document, entries))


# What accounts hold of foreign currencies by documents and revaluations, where no item is open any more.
_RESIDUES = text(
    """
    SELECT k.account_id, k.details_id, k.currency_id,
           sum(CASE WHEN l.foreign_currency_id IS NOT NULL THEN l.foreign_amount ELSE coalesce(l.debit, -l.credit) END),
           sum(l.base)
    FROM unnest(CAST(:accounts AS bigint[]), CAST(:details AS bigint[]), CAST(:currencies AS bigint[]))
        AS k(account_id, details_id, currency_id)
    JOIN finance_voucher_line l ON l.company_id = :company AND l.account_id = k.account_id
        AND (l.details_id = k.details_id OR (k.details_id IS NULL AND l.details_id IS NULL))
        AND coalesce(l.foreign_currency_id, nullif(l.currency_id, :own)) = k.currency_id AND l.day <= :day
    JOIN finance_voucher v ON v.id = l.voucher_id AND v.company_id = l.company_id AND v.state = 'posted'
    WHERE NOT EXISTS (
        SELECT FROM invoicing_open_item o
        WHERE o.company_id = :company AND o.account_id = k.account_id AND o.currency_id = k.currency_id
          AND o.details_id IS NOT DISTINCT FROM k.details_id AND o.open <> 0 AND o.day <= :day
    )
    GROUP BY 1, 2, 3
    """
)


def keep(ctx: Context, items: Iterable[Item]) -> None:
    """Store what is open of items."""
    chosen = list(items)
    if chosen:
        values = {"open": Each([one.open for one in chosen]), "open_base": Each([one.open_base for one in chosen])}
        ctx.update([one.id for one in chosen], OpenItem, values)


def take_back(ctx: Context, allocations: Sequence[Allocation], day: date) -> None:
    """Undo allocations: their items are open again, their vouchers are reversed in red, never before they were made.

    :raises BusinessError: one was taken back already
    """
    ids = {one for row in allocations for one in (row.debit_id, row.credit_id) if one is not None}
    items = held(ctx, ids)
    for row in allocations:
        if row.taken_back is not None:
            raise BusinessError(_("This settlement was taken back already."), record=row.id)
        if row.debit_id is not None:
            items[row.debit_id].open += row.amount
            items[row.debit_id].open_base += row.debit_base
        if row.credit_id is not None:
            items[row.credit_id].open -= row.amount if row.credit_amount is None else row.credit_amount
            items[row.credit_id].open_base -= row.credit_base
    keep(ctx, items.values())
    days = [max(day, row.day) for row in allocations]
    ctx.update([row.id for row in allocations], Allocation, {"taken_back": Each(days)})
    for row, on in zip(allocations, days, strict=True):
        if row.voucher is not None:
            _reverse(ctx, row, on)


def _reverse(ctx: Context, row: Allocation, day: date) -> None:
    assert row.voucher is not None
    entries = [
        Entry(
            line.account_id,
            line.details_id,
            line.base,
            Side.DEBIT if line.debit is not None else Side.CREDIT,
            line.foreign_currency_id,
            line.foreign_amount or ZERO,
            line.foreign_rate,
        ).red
        for line in row.voucher.lines
    ]
    said = _("Taken back: %(what)s", what=row.voucher.summary)
    source = f"invoicing.allocation:{row.id}"
    enter(
        ctx,
        day=day,
        maker=row.voucher.maker_id,
        summary=said,
        document=said,
        entries=entries,
        word=row.voucher.word_id,
        source=f"{source}:red",
    )
    ctx.run(action("finance.reversal.link"), pairs=[(f"{source}:red", source)])


# --- maintained -------------------------------------------------------------------------------------------------------

_COMPUTED = """
    SELECT i.id, i.document, i.open, i.open_base,
           i.amount - coalesce(d.amount, 0) + coalesce(c.amount, 0) AS computed,
           i.base - coalesce(d.base, 0) + coalesce(c.base, 0) AS computed_base
    FROM invoicing_open_item i
    LEFT JOIN (SELECT debit_id, sum(amount) AS amount, sum(debit_base) AS base FROM invoicing_allocation
               WHERE company_id = :company AND taken_back IS NULL GROUP BY debit_id) d ON d.debit_id = i.id
    LEFT JOIN (SELECT credit_id, sum(coalesce(credit_amount, amount)) AS amount, sum(credit_base) AS base
               FROM invoicing_allocation
               WHERE company_id = :company AND taken_back IS NULL GROUP BY credit_id) c ON c.credit_id = i.id
    WHERE i.company_id = :company
"""
_DIFFERENT = text(
    f"SELECT * FROM ({_COMPUTED}) s WHERE (open, open_base) IS DISTINCT FROM (computed, computed_base) ORDER BY id"  # noqa: S608
)
_REBUILD = text(
    f"UPDATE invoicing_open_item i SET open = s.computed, open_base = s.computed_base FROM ({_COMPUTED}) s "  # noqa: S608
    "WHERE s.id = i.id AND i.company_id = :company "
    "AND (i.open, i.open_base) IS DISTINCT FROM (s.computed, s.computed_base)"
)


@dataclass(frozen=True, slots=True)
class Difference:
    """An item whose open amount is not what its allocations leave."""

    id: int
    document: str
    open: Decimal
    open_base: Decimal
    computed: Decimal
    computed_base: Decimal

    def __str__(self) -> str:
        stored, right = f"{self.open:f}/{self.open_base:f}", f"{self.computed:f}/{self.computed_base:f}"
        return f"invoicing_open_item {self.id} ({self.document}): stored {stored}, allocations leave {right}"


def differences(ctx: Context) -> list[Difference]:
    """Compare what is open with the allocations."""
    return [Difference(*row) for row in ctx.session.execute(_DIFFERENT, {"company": ctx.company.id})]


def rebuild(ctx: Context) -> None:
    """Compute what is open anew."""
    ctx.session.execute(_REBUILD, {"company": ctx.company.id})

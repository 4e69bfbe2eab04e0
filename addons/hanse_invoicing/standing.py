"""How partners stand: what is open by how long it has been due, and everything that moved it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from hanse import Context
from hanse_invoicing.models import Ledger

ZERO = Decimal(0)
#: Days overdue at which the next bucket begins; before the first comes what is not due.
BUCKETS = (0, 30, 60, 90, 180)

# What is open at the end of a day: amounts less allocations up to it.
_OPEN = """
    SELECT i.id, i.partner_id, i.document, i.day, i.due, i.currency_id, i.invoice_id, i.payment_id,
           i.amount, i.amount - coalesce(d.amount, 0) + coalesce(c.amount, 0) AS open,
           i.base - coalesce(d.base, 0) + coalesce(c.base, 0) AS open_base
    FROM invoicing_open_item i
    LEFT JOIN LATERAL (SELECT sum(amount) AS amount, sum(debit_base) AS base FROM invoicing_allocation
               WHERE company_id = :company AND debit_id = i.id AND day <= :end) d ON true
    LEFT JOIN LATERAL (SELECT sum(amount) AS amount, sum(credit_base) AS base FROM invoicing_allocation
               WHERE company_id = :company AND credit_id = i.id AND day <= :end) c ON true
    WHERE i.company_id = :company AND i.ledger = :ledger AND i.day <= :end
      AND (CAST(:partner AS bigint) IS NULL OR i.partner_id = :partner)
"""
_LATE = f"width_bucket(CAST(:end AS date) - o.due - 1, ARRAY[{', '.join(map(str, BUCKETS))}])"
_CLAUSES = ", ".join(f"sum(o.open_base) FILTER (WHERE {_LATE} = {place})" for place in range(len(BUCKETS) + 1))
_AGEING = text(
    f"SELECT p.id, p.code, p.name, sum(o.open_base), {_CLAUSES} FROM ({_OPEN}) o "  # noqa: S608
    "JOIN contacts_partner p ON p.id = o.partner_id WHERE o.open <> 0 OR o.open_base <> 0 "
    "GROUP BY p.id, p.code, p.name ORDER BY sum(o.open_base) * :sign DESC, p.code"
)
_LEFT = text(
    f"SELECT o.document, o.day, o.due, y.code, y.places, o.amount, o.open FROM ({_OPEN}) o "  # noqa: S608
    "JOIN core_currency y ON y.id = o.currency_id WHERE o.open <> 0 ORDER BY y.code, o.due, o.document"
)
# Documents move what is owed, and so does what is let off; matches do not.
_MOVED = text(
    """
    SELECT y.code, i.day, i.document, 'document', i.due, i.amount, i.invoice_id, i.payment_id
    FROM invoicing_open_item i JOIN core_currency y ON y.id = i.currency_id
    WHERE i.company_id = :company AND i.partner_id = :partner AND i.ledger = :ledger AND i.day <= :end
    UNION ALL
    SELECT y.code, a.day, i.document, a.kind, NULL, CASE WHEN a.debit_id = i.id THEN -a.amount ELSE a.amount END,
           i.invoice_id, i.payment_id
    FROM invoicing_allocation a
    JOIN invoicing_open_item i ON i.id = coalesce(a.debit_id, a.credit_id) AND i.company_id = a.company_id
    JOIN core_currency y ON y.id = i.currency_id
    WHERE a.company_id = :company AND a.kind <> 'match' AND i.partner_id = :partner AND i.ledger = :ledger
      AND a.day <= :end
    ORDER BY 1, 2, 3
    """
)


@dataclass(frozen=True, slots=True)
class Aged:
    """What is open with a partner in the company's currency, debit positive.

    :ivar buckets: not due, then by days overdue as :data:`BUCKETS` says
    """

    partner: int
    code: str
    name: str
    total: Decimal
    buckets: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Left:
    """An item that is open with a partner, debit positive."""

    document: str
    day: date
    due: date
    currency: str
    places: int
    amount: Decimal
    open: Decimal


@dataclass(frozen=True, slots=True)
class Moved:
    """What moved a partner's balance in a currency, debit positive.

    :ivar kind: ``document``, ``discount`` or ``write_off``
    """

    currency: str
    day: date
    document: str
    kind: str
    due: date | None
    amount: Decimal
    invoice: int | None
    payment: int | None


def _asked(ctx: Context, ledger: Ledger, end: date, partner: int | None) -> dict[str, Any]:
    sign = 1 if ledger is Ledger.RECEIVABLE else -1
    return {"company": ctx.company.id, "ledger": ledger.value, "end": end, "partner": partner, "sign": sign}


def ageing(ctx: Context, ledger: Ledger, end: date, partner: int | None = None) -> list[Aged]:
    """Give what is open at the end of a day by partner, the largest first."""
    rows = ctx.session.execute(_AGEING, _asked(ctx, ledger, end, partner))
    return [Aged(row[0], row[1], row[2], row[3], tuple(amount or ZERO for amount in row[4:])) for row in rows]


def left(ctx: Context, ledger: Ledger, end: date, partner: int) -> list[Left]:
    """Give the items that are open with a partner at the end of a day, by currency and due day."""
    return [Left(*row) for row in ctx.session.execute(_LEFT, _asked(ctx, ledger, end, partner))]


def moved(ctx: Context, ledger: Ledger, end: date, partner: int) -> Sequence[Moved]:
    """Give everything that moved a partner's balance up to a day, by currency and day."""
    return [Moved(*row) for row in ctx.session.execute(_MOVED, _asked(ctx, ledger, end, partner))]

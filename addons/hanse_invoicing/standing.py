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

#: Days overdue at which the next bucket begins; before the first comes what is not due.
BUCKETS = (0, 30, 60, 90, 180)

# What was open at the end of a day: what is open now, and what settlements that came later have taken off it since,
# less what settlements took that were taken back later.  So it costs what is open, not all that ever was.
_NOW = """
    FROM invoicing_open_item i
    WHERE i.company_id = :company AND i.ledger = :ledger AND i.open <> 0 AND i.day <= :end {partner}
"""
_SINCE = """
    FROM (
        SELECT debit_id AS item_id, CASE WHEN taken_back IS NULL THEN amount ELSE -amount END AS open,
               CASE WHEN taken_back IS NULL THEN debit_base ELSE -debit_base END AS open_base, day, taken_back
        FROM invoicing_allocation WHERE company_id = :company AND debit_id IS NOT NULL
        UNION ALL
        SELECT credit_id, CASE WHEN taken_back IS NULL THEN -1 ELSE 1 END * coalesce(credit_amount, amount),
               CASE WHEN taken_back IS NULL THEN -credit_base ELSE credit_base END, day, taken_back
        FROM invoicing_allocation WHERE company_id = :company AND credit_id IS NOT NULL
    ) a
    JOIN invoicing_open_item i ON i.company_id = :company AND i.id = a.item_id AND i.ledger = :ledger AND i.day <= :end
    WHERE (a.taken_back IS NULL AND a.day > :end OR a.day <= :end AND a.taken_back > :end) {partner}
"""
#: Where each bucket ends: what is due on or after the day, before it, 31 days before it …
_DUES = ("i.due >= :end", *(f"i.due < CAST(:end AS date) - {days}" for days in BUCKETS))
_SPANS = [
    f"{begins} AND i.due >= CAST(:end AS date) - {ends}" if ends is not None else begins
    for begins, ends in zip(_DUES, (None, *BUCKETS[1:], None), strict=True)
]


def _ageing_sql(partner: str) -> str:
    """Sum up what is open now and what was since, each by partner, then give each partner a row."""

    def sums(source: str, base: str) -> str:
        parts = ", ".join(f"sum({base}) FILTER (WHERE {span}) AS b{place}" for place, span in enumerate(_SPANS))
        return f"SELECT i.partner_id, sum({base}) AS total, {parts} {source} GROUP BY i.partner_id".replace(
            "{partner}", partner
        )

    names = [f"b{place}" for place in range(len(_SPANS))]
    added = ", ".join(f"coalesce(sum({name}), 0) AS {name}" for name in names)
    return f"""
    SELECT p.id, p.code, p.name, t.* FROM (
        SELECT s.partner_id, sum(s.total) AS total, {added}
        FROM ({sums(_NOW, "i.open_base")} UNION ALL {sums(_SINCE, "a.open_base")}) s
        GROUP BY s.partner_id
    ) t JOIN contacts_partner p ON p.id = t.partner_id
    WHERE ({", ".join(names)}) <> ({", ".join("0" for _name in names)})
    ORDER BY t.total * :sign DESC, p.code
    """  # noqa: S608  the parts are ours


_PARTNER = "AND i.partner_id = :partner"
_AGEING, _AGEING_OF_ONE = text(_ageing_sql("")), text(_ageing_sql(_PARTNER))
_LEFT = text(
    f"""
    SELECT i.document, i.day, i.due, y.code, y.places, i.amount, o.open
    FROM (
        SELECT id, sum(open) AS open FROM (
            SELECT i.id, i.open {_NOW.format(partner=_PARTNER)}
            UNION ALL SELECT i.id, a.open {_SINCE.format(partner=_PARTNER)}
        ) parts GROUP BY id
    ) o
    JOIN invoicing_open_item i ON i.id = o.id AND i.company_id = :company
    JOIN core_currency y ON y.id = i.currency_id
    WHERE o.open <> 0 ORDER BY y.code, i.due, i.document
    """  # noqa: S608
)
# Documents move what is owed, and so does what is let off; matches do not, but between two currencies.
_MOVED = text(
    """
    WITH own AS (
        SELECT id, currency_id, day, document, due, amount, invoice_id, payment_id FROM invoicing_open_item
        WHERE company_id = :company AND partner_id = :partner AND ledger = :ledger AND day <= :end
    )
    SELECT y.code, m.day, m.document, m.kind, m.due, m.amount, m.invoice_id, m.payment_id FROM (
        SELECT currency_id, day, document, 'document' AS kind, due, amount, invoice_id, payment_id FROM own
        UNION ALL
        SELECT i.currency_id, a.day, i.document, a.kind, NULL, -a.amount, i.invoice_id, i.payment_id
        FROM own i JOIN invoicing_allocation a ON a.company_id = :company AND a.debit_id = i.id
        WHERE (a.kind <> 'match' OR a.credit_currency_id IS NOT NULL)
          AND a.day <= :end AND coalesce(a.taken_back > :end, true)
        UNION ALL
        SELECT i.currency_id, a.day, i.document, a.kind, NULL, coalesce(a.credit_amount, a.amount),
               i.invoice_id, i.payment_id
        FROM own i JOIN invoicing_allocation a ON a.company_id = :company AND a.credit_id = i.id
        WHERE (a.kind <> 'match' OR a.credit_currency_id IS NOT NULL)
          AND a.day <= :end AND coalesce(a.taken_back > :end, true)
    ) m JOIN core_currency y ON y.id = m.currency_id
    ORDER BY y.code, m.day, m.kind <> 'document', m.document
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

    :ivar kind: ``document``, ``discount``, ``write_off``, or ``match`` with an item in another currency
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
    query = _AGEING if partner is None else _AGEING_OF_ONE
    rows = ctx.session.execute(query, _asked(ctx, ledger, end, partner))
    return [Aged(row[0], row[1], row[2], row[4], tuple(row[5:])) for row in rows]


def left(ctx: Context, ledger: Ledger, end: date, partner: int) -> list[Left]:
    """Give the items that are open with a partner at the end of a day, by currency and due day."""
    return [Left(*row) for row in ctx.session.execute(_LEFT, _asked(ctx, ledger, end, partner))]


def moved(ctx: Context, ledger: Ledger, end: date, partner: int) -> Sequence[Moved]:
    """Give everything that moved a partner's balance up to a day, by currency and day."""
    return [Moved(*row) for row in ctx.session.execute(_MOVED, _asked(ctx, ledger, end, partner))]

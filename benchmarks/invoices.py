"""Customer invoices of 20 lines with tax: written, posted with voucher and open item, and paid, 200 a transaction.

Then twenty of 10 lines, each as a PDF of its own, which is the report of W9.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import text

from benchmarks.bench import YEAR, Bench, action, bench, counted, rss_mb, spread, timed
from hanse.actions import Context
from hanse.settings.changing import change_settings

CHUNK, LINES, CUSTOMERS = 200, 20, 500
PRINTED = 20


def run(n: int | None) -> Iterator[dict[str, Any]]:
    """Over n (2,000) invoices of 500 customers; every tenth is a credit note that takes nothing back."""
    count = n or 2_000
    with bench() as house:
        customers, tax = _prepare(house)
        _write(house, customers, tax, 0, CHUNK)
        house.analyze()
        for name, work in (("written", _write), ("posted", _post), ("payments written", _pay), ("paid", _settle)):
            with counted(house.database) as statements:
                seconds = [
                    timed(lambda: work(house, customers, tax, start, CHUNK))  # noqa: B023
                    for start in range(CHUNK, CHUNK + count, CHUNK)
                ]
            yield {
                "n": count,
                "what": name,
                **spread(seconds),
                "per_s": round(count / sum(seconds)),
                **({"lines_per_s": round(count * LINES / sum(seconds))} if work in (_write, _post) else {}),
                "statements": statements[0] // len(seconds),
                "rss_mb": rss_mb(),
            }
        seconds = _print(house, customers, tax)
        yield {"n": PRINTED, "what": "one of 10 lines as PDF", **spread(seconds), "rss_mb": rss_mb()}


def _print(house: Bench, customers: list[int], tax: int) -> list[float]:
    """Print each of some invoices once; one more before them makes templates and fonts warm."""
    from hanse.files import FolderStore
    from hanse_invoicing.models import Invoice
    from hanse_invoicing.papers import print_invoices

    _write(house, customers, tax, 0, PRINTED + 1, lines=10)
    _post(house, customers, tax, 0, PRINTED + 1)
    seconds: list[float] = []
    with TemporaryDirectory() as folder, house.database.session() as session, session.begin():
        ctx, files = house.context(session), FolderStore(Path(folder))
        latest = ctx.all(Invoice, order_by=[Invoice.id.desc()], limit=PRINTED + 1)
        for invoice in latest.ids:
            one = ctx.all(Invoice, Invoice.id == invoice)
            seconds.append(timed(lambda: print_invoices(ctx, one, files)))  # noqa: B023
    return seconds[1:]


def _prepare(house: Bench) -> tuple[list[int], int]:
    with house.database.session() as session, session.begin():
        ctx = house.context(session)
        values = [{"name": f"Customer {number}", "is_customer": True} for number in range(CUSTOMERS)]
        customers = ctx.run(action("contacts.partner.create"), values=values).done
        ids = ctx.session.execute(text("SELECT type, min(id) FROM finance_account WHERE postable GROUP BY type"))
        accounts: dict[str, int] = {str(kind): int(key) for kind, key in ids}
        tax = {"code": "OUT", "name": "20 %", "use": "sale", "percent": Decimal(20), "account": accounts["liability"]}
        made = ctx.run(action("invoicing.tax.create"), values=[tax]).done[0]
        _settle_accounts(ctx, accounts)
        return list(customers), int(made)


def _settle_accounts(ctx: Context, accounts: dict[str, int]) -> None:
    """Keep receivables by customer, as companies do."""
    from hanse_invoicing.models import InvoicingSettings

    dimension = {"code": "customer", "name": "Customer", "source": "customers"}
    made = ctx.run(action("finance.dimension.create"), values=[dimension]).done[0]
    control = {"code": "1900", "name": "Receivables", "type": "asset", "side": "D"}
    rows = [control | {"dimensions": [{"dimension": made}]}]
    account = ctx.run(action("finance.account.create"), values=rows).done[0]
    change_settings(ctx, InvoicingSettings, {"receivable_account": account, "income_account": accounts["income"]})


def _write(house: Bench, customers: list[int], tax: int, start: int, count: int, lines: int = LINES) -> None:
    rows = [
        {
            "kind": "credit_note" if number % 10 == 9 else "invoice",
            "partner": customers[number * 7 % len(customers)],
            "day": date(YEAR, 1 + number % 10, 1 + number % 28),
            "lines": [
                {
                    "description": f"Article {number * LINES + place}",
                    "quantity": 1 + place % 12,
                    "price": Decimal(85 + place * 13) / 100,
                    "tax": tax,
                }
                for place in range(lines)
            ],
        }
        for number in range(start, start + count)
    ]
    with house.database.session() as session, session.begin():
        house.context(session).run(action("invoicing.invoice.create"), values=rows)


def _post(house: Bench, _customers: list[int], _tax: int, _start: int, count: int) -> None:
    query = text("SELECT id FROM invoicing_invoice WHERE state = 'draft' ORDER BY id LIMIT :count")
    with house.database.session() as session, session.begin():
        ctx = house.context(session)
        ids = list(session.execute(query, {"count": count}).scalars())
        ctx.run(action("invoicing.invoice.post"), ids)


def _pay(house: Bench, _customers: list[int], _tax: int, _start: int, count: int) -> None:
    """Write a payment for each of some posted invoices that nobody pays yet."""
    query = text(
        "SELECT i.id, i.partner_id, i.open FROM invoicing_open_item i WHERE i.open > 0 AND NOT EXISTS "
        "(SELECT FROM invoicing_payment_line l WHERE l.item_id = i.id) ORDER BY i.id LIMIT :count"
    )
    bank = text("SELECT min(id) FROM finance_account WHERE postable AND type = 'asset'")
    with house.database.session() as session, session.begin():
        ctx = house.context(session)
        account = int(session.scalars(bank).one())
        rows = [
            {
                "direction": "in",
                "partner": partner,
                "day": date(YEAR, 11, 1 + at % 2),
                "bank": account,
                "lines": [{"item": item, "amount": left}],
            }
            for at, (item, partner, left) in enumerate(session.execute(query, {"count": count}))
        ]
        ctx.run(action("invoicing.payment.create"), values=rows)


def _settle(house: Bench, _customers: list[int], _tax: int, _start: int, count: int) -> None:
    query = text("SELECT id FROM invoicing_payment WHERE state = 'draft' ORDER BY id LIMIT :count")
    with house.database.session() as session, session.begin():
        ctx = house.context(session)
        ctx.run(action("invoicing.payment.post"), list(session.execute(query, {"count": count}).scalars()))

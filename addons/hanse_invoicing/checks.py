"""What is checked before a period is closed: what is open with partners is what stands on their accounts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import text

from hanse import Context, _
from hanse_finance.closing.checks import Check, Finding, Level, register_check
from hanse_finance.models import Period
from hanse_invoicing.items import differences

#: So many differences are told.
_MOST = 5

# What documents moved on each account, by partner and currency, less what was let off; and what its vouchers moved.
# Amounts count in the currency they were agreed in: revaluation changes what they are worth, not what is owed.
_COMPARED = text(
    """
    WITH control AS (
        SELECT DISTINCT account_id FROM invoicing_open_item
        WHERE company_id = :company AND coalesce(account_id = :account, true)
    ),
    moved AS (
        SELECT i.account_id, i.details_id, i.currency_id, i.amount
        FROM invoicing_open_item i WHERE i.company_id = :company AND i.day <= :end
        UNION ALL
        SELECT i.account_id, i.details_id, i.currency_id, -a.amount
        FROM invoicing_allocation a JOIN invoicing_open_item i ON i.id = a.debit_id AND i.company_id = a.company_id
        WHERE a.company_id = :company AND a.day <= :end AND coalesce(a.taken_back > :end, true)
        UNION ALL
        SELECT i.account_id, i.details_id, i.currency_id, coalesce(a.credit_amount, a.amount)
        FROM invoicing_allocation a JOIN invoicing_open_item i ON i.id = a.credit_id AND i.company_id = a.company_id
        WHERE a.company_id = :company AND a.day <= :end AND coalesce(a.taken_back > :end, true)
    ),
    owed AS (
        SELECT account_id, details_id, currency_id, sum(amount) AS amount
        FROM moved JOIN control USING (account_id) GROUP BY 1, 2, 3
    ),
    booked AS (
        SELECT l.account_id, l.details_id, coalesce(l.foreign_currency_id, l.currency_id) AS currency_id,
               sum(CASE WHEN l.foreign_currency_id IS NULL THEN coalesce(l.debit, -l.credit)
                        ELSE l.foreign_amount END) AS amount
        FROM control c
        JOIN finance_voucher_line l ON l.account_id = c.account_id AND l.company_id = :company AND l.day <= :end
        JOIN finance_voucher v ON v.id = l.voucher_id AND v.company_id = l.company_id AND v.state = 'posted'
        GROUP BY 1, 2, 3
    )
    SELECT a.id, s.id, y.id, a.code || ' ' || a.name, s.name, y.code, coalesce(o.amount, 0), coalesce(b.amount, 0)
    FROM owed o
    FULL JOIN booked b ON b.account_id = o.account_id AND b.currency_id = o.currency_id
        AND coalesce(b.details_id, 0) = coalesce(o.details_id, 0)
    JOIN finance_account a ON a.id = coalesce(o.account_id, b.account_id)
    JOIN core_currency y ON y.id = coalesce(o.currency_id, b.currency_id)
    LEFT JOIN finance_dimension_set s ON s.id = coalesce(o.details_id, b.details_id)
    WHERE coalesce(o.amount, 0) <> coalesce(b.amount, 0)
    ORDER BY a.code, s.name, y.code
    """
)


# Posted lines on those accounts that neither a document nor a settlement made, and that are no open item.
_STRANGE = text(
    """
    SELECT l.account_id, l.details_id, coalesce(l.foreign_currency_id, l.currency_id), l.day,
           w.code || '-' || v.number, l.summary,
           CASE WHEN l.foreign_currency_id IS NULL THEN coalesce(l.debit, -l.credit) ELSE l.foreign_amount END, v.id
    FROM unnest(CAST(:accounts AS bigint[]), CAST(:details AS bigint[]), CAST(:currencies AS bigint[]))
        AS k(account_id, details_id, currency_id)
    JOIN finance_voucher_line l ON l.company_id = :company AND l.account_id = k.account_id
        AND (l.details_id = k.details_id OR (k.details_id IS NULL AND l.details_id IS NULL))
        AND coalesce(l.foreign_currency_id, l.currency_id) = k.currency_id AND l.day <= :end
    JOIN finance_voucher v ON v.id = l.voucher_id AND v.company_id = l.company_id AND v.state = 'posted'
    JOIN finance_voucher_word w ON w.id = v.word_id
    WHERE coalesce(v.source, '') NOT LIKE 'invoicing.%'
      AND (l.foreign_currency_id IS NULL OR l.foreign_amount <> 0)
      AND NOT EXISTS (SELECT FROM invoicing_invoice_voucher o WHERE o.voucher_id = v.id AND o.company_id = :company)
      AND NOT EXISTS (SELECT FROM invoicing_payment_voucher o WHERE o.voucher_id = v.id AND o.company_id = :company)
      AND NOT EXISTS (SELECT FROM invoicing_open_item o WHERE o.entry_id = l.id AND o.company_id = :company)
    ORDER BY l.day, l.id LIMIT 1000
    """
)
Key = tuple[int, int | None, int]


@dataclass(frozen=True, slots=True)
class Compared:
    """Where open items and vouchers differ; amounts are debit positive.

    :ivar key: ids of account, dimensions and currency
    :ivar title: code and name of the account
    """

    key: Key
    title: str
    partner: str | None
    currency: str
    owed: Decimal
    booked: Decimal


@dataclass(frozen=True, slots=True)
class Strange:
    """An entry on such an account that no document made, and that was not taken over."""

    key: Key
    day: date
    number: str
    summary: str
    amount: Decimal
    voucher: int


def compared(ctx: Context, end: date, account: int | None = None) -> list[Compared]:
    """Give where open items and vouchers differ at the end of a day, by account, dimensions and currency.

    One statement, which costs the lines of the accounts that open items stand on.
    """
    asked = {"company": ctx.company.id, "end": end, "account": account}
    return [Compared((row[0], row[1], row[2]), *row[3:]) for row in ctx.session.execute(_COMPARED, asked)]


def strange(ctx: Context, end: date, differences: Sequence[Compared]) -> list[Strange]:
    """Give the entries behind differences, a thousand at most."""
    if not differences:
        return []
    accounts, details, currencies = (list(one) for one in zip(*(one.key for one in differences), strict=True))
    asked = {"company": ctx.company.id, "end": end}
    asked |= {"accounts": accounts, "details": details, "currencies": currencies}
    return [Strange((row[0], row[1], row[2]), *row[3:]) for row in ctx.session.execute(_STRANGE, asked)]


def _agreed(ctx: Context, period: Period) -> Iterator[Finding]:
    for one in differences(ctx)[:_MOST]:
        yield Finding(Level.ERROR, _("Open items differ from their allocations: %(what)s.", what=str(one)))
    for found in compared(ctx, period.end)[:_MOST]:
        yield Finding(
            Level.ERROR,
            _(
                "%(account)s, %(partner)s: open items make %(owed)s %(currency)s, vouchers %(booked)s.",
                account=found.title,
                partner=found.partner or _("nobody"),
                owed=found.owed,
                booked=found.booked,
                currency=found.currency,
            ),
            ("/invoicing/reconciliation", {"account": str(found.key[0]), "at_end": period.code}),
        )


register_check(Check("C7", _("Open items agree with receivables and payables"), "hanse_invoicing", _agreed))

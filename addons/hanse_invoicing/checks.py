"""What is checked before a period is closed: what is open with partners is what stands on their accounts."""

from __future__ import annotations

from collections.abc import Iterator
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
    WITH control AS (SELECT DISTINCT account_id FROM invoicing_open_item WHERE company_id = :company),
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
        SELECT account_id, details_id, currency_id, sum(amount) AS amount FROM moved GROUP BY 1, 2, 3
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
    SELECT a.id, a.code, a.name, s.name, y.code, coalesce(o.amount, 0), coalesce(b.amount, 0)
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


def compared(ctx: Context, end: date) -> list[tuple[int, str, str, str | None, str, Decimal, Decimal]]:
    """Give where open items and vouchers differ at the end of a day: account, partner, currency, both amounts.

    Amounts are debit positive.  One statement, which costs the lines of the control accounts.
    """
    return [tuple(row) for row in ctx.session.execute(_COMPARED, {"company": ctx.company.id, "end": end})]


def _agreed(ctx: Context, period: Period) -> Iterator[Finding]:
    for one in differences(ctx)[:_MOST]:
        yield Finding(Level.ERROR, _("Open items differ from their allocations: %(what)s.", what=str(one)))
    for account, code, name, partner, currency, owed, booked in compared(ctx, period.end)[:_MOST]:
        yield Finding(
            Level.WARNING,
            _(
                "%(account)s, %(partner)s: open items make %(owed)s %(currency)s, vouchers %(booked)s.",
                account=f"{code} {name}",
                partner=partner or _("nobody"),
                owed=owed,
                booked=booked,
                currency=currency,
            ),
            ("/finance/account-ledger", {"account": str(account), "period": period.code})
            if booked
            else ("/invoicing/open_item", {}),
        )


register_check(Check("C7", _("Open items agree with receivables and payables"), "hanse_invoicing", _agreed))

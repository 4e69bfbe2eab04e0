"""Take open items over from vouchers written by hand: opening balances, corrections."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from hanse import Context, Records, _, action
from hanse_finance.models import DimensionSource
from hanse_invoicing.models import Ledger, OpenItem
from hanse_invoicing.permissions import Invoicing

# Lines on accounts that are kept by customer or supplier, of vouchers that no document of ours made; one item each.
_LINES = text(
    """
    SELECT l.id, w.code || '-' || v.number, l.day, l.account_id, l.details_id, d.source, x.partner_id,
           coalesce(l.foreign_currency_id, l.currency_id),
           CASE WHEN l.foreign_currency_id IS NULL THEN coalesce(l.debit, -l.credit) ELSE l.foreign_amount END, l.base
    FROM finance_account_dimension r
    JOIN finance_dimension d ON d.id = r.dimension_id AND d.company_id = r.company_id
        AND d.source IN ('customers', 'suppliers')
    JOIN finance_account a ON a.id = r.account_id AND a.company_id = r.company_id AND a.type IN ('asset', 'liability')
    JOIN finance_voucher_line l ON l.account_id = a.id AND l.company_id = r.company_id
    JOIN finance_voucher v ON v.id = l.voucher_id AND v.company_id = l.company_id AND v.state = 'posted'
        AND v.kind IN ('normal', 'opening', 'reversal')
    JOIN finance_voucher_word w ON w.id = v.word_id
    JOIN finance_dimension_set_value s ON s.set_id = l.details_id AND s.company_id = l.company_id
        AND s.dimension_id = d.id
    JOIN finance_dimension_value x ON x.id = s.value_id AND x.partner_id IS NOT NULL
    WHERE r.company_id = :company
      AND NOT EXISTS (SELECT FROM invoicing_invoice_voucher o WHERE o.voucher_id = v.id AND o.company_id = :company)
      AND NOT EXISTS (SELECT FROM invoicing_payment_voucher o WHERE o.voucher_id = v.id AND o.company_id = :company)
      AND NOT EXISTS (SELECT FROM invoicing_open_item o WHERE o.entry_id = l.id AND o.company_id = :company)
      AND coalesce(v.source, '') NOT LIKE 'invoicing.%'
    ORDER BY l.day, l.id
    """
)


@action(
    OpenItem,
    name="take_over",
    label=_("Take over from vouchers"),
    permission=Invoicing.ALLOCATE,
    creates=True,
    icon="download",
    done=_("%(count)s open items taken over"),
)
def take_over(ctx: Context, items: Records[OpenItem]) -> list[int]:
    """Make an open item of every line on receivables and payables that somebody entered by hand; give their ids.

    Run again, it takes what has come since.  A line of zero in its currency is left out.
    """
    rows: list[dict[str, Any]] = []
    seen: set[int] = set()
    for line, number, day, account, details, source, partner, currency, amount, base in ctx.session.execute(
        _LINES, {"company": ctx.company.id}
    ):
        if not amount or line in seen:
            continue
        seen.add(line)
        receivable = DimensionSource(source) is DimensionSource.CUSTOMERS
        rows.append(
            {
                "ledger": Ledger.RECEIVABLE if receivable else Ledger.PAYABLE,
                "document": number,
                "entry": line,
                "partner": partner,
                "account": account,
                "details": details,
                "day": day,
                "due": day,
                "currency": currency,
                "amount": amount,
                "base": base,
                "open": amount,
                "open_base": base,
            }
        )
    return ctx.insert(OpenItem, rows) if rows else []

"""What whoever brings invoices from a spreadsheet may rely on: a row a line, and nothing asked that is known."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "exchange"))

from import_desk import Desk
from trade import Trade

from hanse.files import FolderStore
from hanse_invoicing.models import Invoice, InvoiceKind, InvoiceState

ROWS = """Invoice,Kind,Customer,Date,Article,Quantity,Price,Tax
536365,invoice,Acme,2025-03-01,White lantern,6,2.55,OUT
536365,,,,Red bottle,6,3.39,OUT
C536379,credit_note,Bolt,2025-03-01,Discount,1,27.50,OUT
536366,invoice,Bolt,2025-03-02,Hand warmer,6,1.85,
536367,invoice,Nobody,2025-03-02,Hand warmer,6,1.85,
"""
COLUMNS = {
    "Invoice": "reference",
    "Kind": "kind",
    "Customer": "partner",
    "Date": "day",
    "Article": "lines.description",
    "Quantity": "lines.quantity",
    "Price": "lines.price",
    "Tax": "lines.tax",
}


def test_rows_become_invoices_in_the_currency_of_the_company(trade: Trade, tmp_path: Path) -> None:
    desk = Desk(trade.ctx, FolderStore(tmp_path / "files"))
    batch = desk.upload("invoicing.invoice", ROWS, columns=COLUMNS, match=["reference"], mode="skip")

    assert desk.run(batch) == {"created": 3, "refused": 1}
    assert [(row, path) for row, path, _message in desk.errors(batch)] == [(6, "partner")]
    found = {one.reference: one for one in trade.ctx.all(Invoice)}
    assert {key: (one.kind, one.gross) for key, one in found.items()} == {
        "536365": (InvoiceKind.INVOICE, Decimal("40.27")),  # 15.30 + 1.99, 20.34 + 2.64
        "C536379": (InvoiceKind.CREDIT_NOTE, Decimal("31.08")),
        "536366": (InvoiceKind.INVOICE, Decimal("11.10")),
    }
    assert {one.currency.code for one in found.values()} == {"CNY"}
    assert len(found["536365"].lines) == 2
    trade.act(Invoice, "post", *(one.id for one in found.values()))
    assert {one.state for one in trade.ctx.all(Invoice)} == {InvoiceState.POSTED}

"""What finance lets people do besides seeing, creating, changing and deleting."""

from __future__ import annotations

from hanse import Permissions, _, permission


class Finance(Permissions):
    """Permissions of finance."""

    AUDIT = permission("voucher.audit", _("Audit vouchers"))
    AUDIT_ANY = permission("voucher.audit_any", _("Undo audits of others"))
    POST = permission("voucher.post", _("Post vouchers"))
    REVERSE = permission("voucher.reverse", _("Reverse posted vouchers in red"))
    PRINT = permission("voucher.print", _("Print vouchers"))
    RECORD = permission("voucher.record", _("Record vouchers of documents and imports"))
    CLOSE = permission("period.close", _("Close and reopen periods"))
    TAKE_OVER = permission("opening.enter", _("Enter opening balances"))
    OPEN_BOOKS = permission("opening.open", _("Open the books with opening balances, and take that back"))
    REPORT = permission("account.report", _("See trial balance and ledgers"))
    SIGN = permission("voucher.sign", _("Sign vouchers as cashier"))
    CASH = permission("cash_flow.assign", _("Assign cash flow"))
    TAKE_OUT = permission("account.take_out", _("Take the books out as files"))

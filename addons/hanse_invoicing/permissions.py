"""What may be allowed to whom, beyond seeing and changing."""

from __future__ import annotations

from hanse import Permissions, _, permission


class Invoicing(Permissions):
    """Permissions of receivables and payables."""

    POST = permission("invoice.post", _("Post invoices"))
    PAY = permission("payment.post", _("Post payments"))
    ALLOCATE = permission("open_item.allocate", _("Allocate open items"))
    REPORT = permission("open_item.report", _("See ageing and statements of account"))
    RUN = permission("payment_run.pay", _("Confirm and pay payment runs"))

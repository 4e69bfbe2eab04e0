"""Void drafts, and take that back.  What never got a final number leaves no gap."""

from __future__ import annotations

from hanse import Context, Records, _, action
from hanse_finance.models import Voucher, VoucherState


@action(
    Voucher,
    name="void",
    label=_("Void"),
    permission="finance.voucher.delete",
    moves=(VoucherState.DRAFT, VoucherState.VOID),
    icon="ban",
    done=_("%(count)s vouchers voided"),
)
def void_vouchers(ctx: Context, vouchers: Records[Voucher]) -> None:
    """Mark drafts as not meant; they can be restored or deleted."""


@action(
    Voucher,
    name="restore",
    label=_("Restore"),
    permission="finance.voucher.delete",
    moves=(VoucherState.VOID, VoucherState.DRAFT),
    icon="arrow-back-up",
    done=_("%(count)s vouchers restored"),
)
def restore_vouchers(ctx: Context, vouchers: Records[Voucher]) -> None:
    """Make voided vouchers drafts again."""

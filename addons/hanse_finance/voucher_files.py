"""Attached documents of vouchers (附单据数): typed, or counted from the files that are attached.

What a voucher says is final once it is posted, as all of it is; files that are attached later are shown beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select

from hanse import Caution, Context, Records, _
from hanse.actions.write import Each
from hanse.directory.models import Attachment
from hanse.i18n import Label
from hanse_finance.models import Voucher, VoucherState

_MODEL = "finance.voucher"


def file_counts(ctx: Context, vouchers: Sequence[int]) -> dict[int, int]:
    """Count the files of vouchers; those without any are left out.  One statement."""
    query = (
        select(Attachment.record, func.count())
        .where(
            Attachment.company_id == ctx.company.id, Attachment.model == _MODEL, Attachment.record.in_(list(vouchers))
        )
        .group_by(Attachment.record)
    )
    return {record: count for record, count in ctx.session.execute(query)}


def lacking(_ctx: Context) -> ColumnElement[bool]:
    """Choose vouchers that say fewer documents than files are attached to them."""
    files = (
        select(func.count())
        .where(
            Attachment.company_id == Voucher.company_id,
            Attachment.model == _MODEL,
            Attachment.record == Voucher.id,
        )
        .correlate(Voucher)
        .scalar_subquery()
    )
    return Voucher.attachments < files


def follow_files(ctx: Context, vouchers: Records[Voucher]) -> None:
    """Bring the number of counted vouchers that are not posted up to date.  Called inside an action."""
    facts = zip(vouchers.ids, vouchers[Voucher.counted], vouchers[Voucher.state], strict=True)
    ids = [key for key, counted, state in facts if counted and state is not VoucherState.POSTED]
    if ids:
        counts = file_counts(ctx, ids)
        ctx.update(ids, Voucher, {"attachments": Each([counts.get(key, 0) for key in ids])})


def cautions(ctx: Context, vouchers: Records[Voucher], values: Mapping[str, Any]) -> Iterator[Caution]:
    """Warn of a typed number that is less than the files there are."""
    counts = file_counts(ctx, vouchers.ids)
    for voucher in vouchers if counts else ():
        counted = values.get("counted", voucher.counted)
        typed = values.get("attachments", voucher.attachments)
        files = counts.get(voucher.id, 0)
        if not counted and isinstance(typed, int) and typed < files:
            message = _(
                "%(typed)s attached documents are noted, but %(files)s files are attached.", typed=typed, files=files
            )
            yield Caution(message, field="attachments")


def told(ctx: Context, voucher: Voucher) -> Label | None:
    """Say how many files are attached, and that these are more than the voucher says; None: there are none."""
    files = file_counts(ctx, [voucher.id]).get(voucher.id, 0)
    if not files:
        return None
    if files <= voucher.attachments:
        return str(files)
    return _("%(files)s, more than the %(typed)s noted", files=files, typed=voucher.attachments)


__all__ = ["cautions", "file_counts", "follow_files", "lacking", "told"]

"""Vouchers of single assets: their lines, and the period they stand in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select, text

from hanse import BusinessError, Context, _
from hanse.i18n import Label, speaking
from hanse_assets.models import Asset
from hanse_finance.actions.entry import record_vouchers
from hanse_finance.closing.steps import closing_word
from hanse_finance.models import Period, Side, VoucherKind

_WRITTEN = text("SELECT count(*) FROM finance_voucher WHERE company_id = :company AND source LIKE :source")


def period_of(ctx: Context, day: date) -> Period:
    """Give the period of a day.

    :raises BusinessError: the day lies in no fiscal year
    """
    query = select(Period).where(
        Period.company_id == ctx.company.id, Period.number > 0, Period.start <= day, Period.end >= day
    )
    found = ctx.session.scalars(query).one_or_none()
    if found is None:
        raise BusinessError(_("%(day)s lies in no fiscal year. Open the year first.", day=day), field="on")
    return found


def line(account: int, side: Side, amount: Decimal, details: int | None = None) -> dict[str, Any]:
    """Give the values of a line in the company's currency."""
    return {"account": account, "details": details, "debit" if side is Side.DEBIT else "credit": amount}


def record(ctx: Context, asset: Asset, what: str, day: date, summary: Label, lines: Sequence[dict[str, Any]]) -> int:
    """Write a draft for an asset, without the lines that are zero; give its id.

    :param what: what it is for, as it stands in its source
    """
    source = f"assets.asset:{asset.id}:{what}:"
    before = ctx.session.scalar(_WRITTEN, {"company": ctx.company.id, "source": f"{source}%"}) or 0
    with speaking(ctx.company.locale):
        said = f"{summary} {asset.display_name()}"[:200]
    values = {
        "day": day,
        "word": closing_word(ctx),
        "kind": VoucherKind.NORMAL,
        "source": f"{source}{before + 1}",
        "lines": [{**one, "summary": said} for one in lines if one.get("debit") or one.get("credit")],
    }
    return ctx.run(record_vouchers, values=[values]).id


__all__ = ["line", "period_of", "record"]

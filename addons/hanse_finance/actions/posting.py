"""Audit and post: a voucher that balances, checked by another person, gets its number and enters the books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from hanse import BusinessError, Context, Records, _, action
from hanse.actions.write import Each
from hanse_finance.books import add_lines, add_vouchers
from hanse_finance.checks import lock_periods
from hanse_finance.entry import key_of
from hanse_finance.models import Voucher, VoucherState
from hanse_finance.permissions import Finance


@action(
    Voucher,
    name="audit",
    label=_("Audit"),
    permission=Finance.AUDIT,
    moves=(VoucherState.DRAFT, VoucherState.AUDITED),
    primary=True,
    icon="check",
    done=_("%(count)s vouchers audited"),
)
def audit_vouchers(ctx: Context, vouchers: Records[Voucher]) -> None:
    """Confirm that vouchers are right; from now on nobody edits them.

    Who made a voucher cannot audit it (会计基础工作规范): hanse_finance.checks refuses it, and the database.
    """
    ctx.update(vouchers, {"auditor": ctx.user.id, "audited_at": ctx.now, "state": VoucherState.AUDITED})


@action(
    Voucher,
    name="unaudit",
    label=_("Undo audit"),
    permission=Finance.AUDIT,
    moves=(VoucherState.AUDITED, VoucherState.DRAFT),
    icon="arrow-back-up",
    done=_("%(count)s vouchers are drafts again"),
)
def unaudit_vouchers(ctx: Context, vouchers: Records[Voucher]) -> None:
    """Give vouchers back to their makers.

    :raises BusinessError: somebody else audited one of them
    """
    for voucher, auditor in zip(vouchers.ids, vouchers[Voucher.auditor_id], strict=True):
        if auditor != ctx.user.id and not ctx.may(Finance.AUDIT_ANY):
            raise BusinessError(_("Somebody else audited this voucher; only they can undo it."), record=voucher)
    ctx.update(vouchers, {"auditor": None, "audited_at": None, "state": VoucherState.DRAFT})


@action(
    Voucher,
    name="post",
    label=_("Post"),
    permission=Finance.POST,
    moves=(VoucherState.AUDITED, VoucherState.POSTED),
    primary=True,
    icon="book",
    confirm=_("Post? A posted voucher can never be changed again."),
    done=_("%(count)s vouchers posted"),
)
def post_vouchers(ctx: Context, vouchers: Records[Voucher]) -> None:
    """Enter audited vouchers in the books: balances first, then numbers without gaps.

    Numbers follow date and provisional number.

    :raises BusinessError: a period is closed, or the database finds debit and credit different
    """
    facts = zip(
        vouchers[Voucher.period_id],
        vouchers[Voucher.word_id],
        vouchers[Voucher.day],
        vouchers[Voucher.provisional],
        strict=True,
    )
    rows = [
        {"period": period, "word": word, "day": on, "provisional": provisional}
        for period, word, on, provisional in facts
    ]
    post(ctx, vouchers.ids, rows)


@action(
    Voucher,
    name="audit_post",
    label=_("Audit and post"),
    permission=Finance.POST,
    moves=(VoucherState.DRAFT, VoucherState.POSTED),
    icon="checks",
    confirm=_("Audit and post? A posted voucher can never be changed again."),
    done=_("%(count)s vouchers posted"),
)
def audit_and_post_vouchers(ctx: Context, vouchers: Records[Voucher]) -> None:
    """Audit and post in one step, for firms where the auditor keeps the books; the maker is still somebody else.

    :raises Forbidden: the person may not audit
    """
    ctx.require(Finance.AUDIT)
    ctx.run(audit_vouchers, vouchers)
    ctx.run(post_vouchers, vouchers)


def post(ctx: Context, vouchers: Sequence[int], rows: Sequence[Mapping[str, Any]]) -> None:
    """Post stored vouchers of which ``rows`` say period, word, day and provisional number; called inside an action.

    :raises BusinessError: a period is closed by now
    """
    lock_periods(ctx, {row["period"] for row in rows})
    add_vouchers(ctx, vouchers)
    numbers = _take_numbers(ctx, rows)
    ctx.update(vouchers, Voucher, {"number": Each(numbers), **_posted(ctx)})


def insert_posted(ctx: Context, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert whole vouchers, audited by the acting user, as posted: nothing of them has to be written twice.

    The caller holds their periods.
    """
    add_lines(ctx, [_movement(row, line) for row in rows for line in row["lines"]])
    numbers = _take_numbers(ctx, rows)
    audited = {"auditor": ctx.user.id, "audited_at": ctx.now}
    return ctx.insert(
        Voucher,
        [{**row, **audited, **_posted(ctx), "number": number} for row, number in zip(rows, numbers, strict=True)],
    )


def _posted(ctx: Context) -> dict[str, Any]:
    return {"state": VoucherState.POSTED, "poster": ctx.user.id, "posted_at": ctx.now}


def _movement(row: Mapping[str, Any], line: Mapping[str, Any]) -> dict[str, Any]:
    details = line.get("details")
    return {
        "period_id": row["period"],
        "account_id": key_of(line["account"]),
        "currency_id": key_of(line["currency"]),
        "details_id": None if details is None else key_of(details),
        "debit": line.get("debit"),
        "credit": line.get("credit"),
        "base": line["base"],
        "quantity": line.get("quantity"),
    }


def _take_numbers(ctx: Context, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Number the vouchers of each period and word, in the order of date and provisional number."""
    series: dict[tuple[int, int], list[tuple[date, int, int]]] = {}
    for place, row in enumerate(rows):
        series.setdefault((row["period"], key_of(row["word"])), []).append((row["day"], row["provisional"], place))
    numbers = [0] * len(rows)
    keys = {(period, word): f"finance.voucher:{period}:{word}" for period, word in series}
    taken = ctx.take_numbers({keys[one]: len(waiting) for one, waiting in series.items()})
    for one, waiting in series.items():
        for (_day, _provisional, place), number in zip(sorted(waiting), taken[keys[one]], strict=True):
            numbers[place] = number
    return numbers

"""Match lines of the bank with entries of the books, and undo it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from hanse import BusinessError, Context, Records, _, action, after
from hanse.i18n import Label, speaking
from hanse_banking.items import ZERO, Item, bank_items, book_items
from hanse_banking.matching import last_day, propose, shares
from hanse_banking.models import BankLine, BankMatch, BankVoucher, HouseAccount
from hanse_banking.permissions import Banking
from hanse_finance.actions.entry import enter_vouchers
from hanse_finance.actions.posting import audit_and_post_vouchers, post_vouchers
from hanse_finance.models import Voucher

#: Certain proposals that are accepted in one go; more of them wait for the next.
_MOST = 2_000


@action(
    HouseAccount, name="match", label=_("Match"), permission=Banking.MATCH, hidden=True, done=_("%(count)s matched")
)
def match_together(
    ctx: Context,
    accounts: Records[HouseAccount],
    *,
    lines: list[int],
    entries: list[int],
    partly: bool = False,
) -> list[int]:
    """Take lines of the bank and entries of the books for the same money; give the match.

    The account's row is locked, so of two people who take the same line the second is told.

    :param partly: where the sums differ, the rest of the larger side stays open
    :raises BusinessError: something is matched already or not there, or the sums differ
    """
    bank = accounts.one()
    chosen_lines = _chosen(bank_items(ctx, bank, whole=True), lines)
    chosen_entries = _chosen(book_items(ctx, bank, whole=True), entries)
    return ctx.insert(BankMatch, [_match(ctx, bank, chosen_lines, chosen_entries, _("By hand"), partly=partly)])


def _chosen(items: Sequence[Item], ids: Sequence[int]) -> list[Item]:
    by_id = {one.id: one for one in items}
    gone = [one for one in ids if one not in by_id]
    if gone:
        raise BusinessError(_("A line or entry that you chose is not there any more. Look at the page again."))
    return [by_id[one] for one in dict.fromkeys(ids)]


def _match(
    ctx: Context,
    bank: HouseAccount,
    lines: Sequence[Item],
    entries: Sequence[Item],
    reason: Label,
    *,
    score: int | None = None,
    partly: bool = False,
) -> dict[str, Any]:
    """Give the row of a match with its parts."""
    left, right = shares(lines, entries, partly=partly)
    return {
        "bank": bank.id,
        "last": last_day([*left, *right]),
        "amount": sum((one.amount for one in left or right if left or one.amount > 0), ZERO),
        "reason": _stored(ctx, reason),
        "score": score,
        "user": ctx.user.id,
        "at": ctx.now,
        "parts": [
            *({"line": one.item.id, "amount": one.amount} for one in left),
            *({"entry": one.item.id, "amount": one.amount} for one in right),
        ],
    }


def _stored(ctx: Context, reason: Label) -> str:
    """Write a reason in the language of the company: it stays as it was given."""
    with speaking(ctx.company.locale):
        return str(reason)[:200]


@action(
    HouseAccount,
    name="accept",
    label=_("Accept all certain ones"),
    permission=Banking.MATCH,
    icon="checks",
    done=_("Certain proposals of %(count)s accounts accepted"),
)
def accept_certain(ctx: Context, accounts: Records[HouseAccount]) -> int:
    """Match what no other item could be meant by; give how many matches were made."""
    rows: list[dict[str, Any]] = []
    for bank in list(accounts):
        lines = {one.id: one for one in bank_items(ctx, bank)}
        entries = {one.id: one for one in book_items(ctx, bank)}
        for one in propose(list(lines.values()), list(entries.values()), bank.days):
            if one.certain and len(rows) < _MOST:
                left, right = [lines[key] for key in one.lines], [entries[key] for key in one.entries]
                rows.append(_match(ctx, bank, left, right, one.reason, score=one.score))
    if rows:
        ctx.insert(BankMatch, rows)
    return len(rows)


@action(
    BankMatch,
    name="undo",
    label=_("Undo match"),
    permission=Banking.MATCH,
    icon="arrow-back-up",
    deletes=True,
    done=_("%(count)s matches undone"),
)
def undo(ctx: Context, matches: Records[BankMatch]) -> None:
    """Undo matches: what they held is open again."""
    ctx.delete(matches)


# --- vouchers that rules have written ---------------------------------------------------------------------------------


@after(post_vouchers)
def match_posted(ctx: Context, vouchers: Records[Voucher]) -> None:
    """Match lines of the bank with the vouchers that were written for them, once these are posted."""
    waiting = ctx.session.execute(
        select(BankLine.bank_id, BankVoucher.voucher_id)
        .join(BankLine, BankLine.id == BankVoucher.line_id)
        .where(BankVoucher.company_id == ctx.company.id, BankVoucher.voucher_id.in_(vouchers.ids))
    ).all()
    for bank in sorted({row[0] for row in waiting}):
        ctx.run(accept_written, [bank], vouchers=[row[1] for row in waiting if row[0] == bank])


@action(HouseAccount, name="accept_written", label=_("Match written vouchers"), permission=Banking.MATCH, hidden=True)
def accept_written(ctx: Context, accounts: Records[HouseAccount], *, vouchers: list[int]) -> int:
    """Match lines with the posted vouchers that were written for them; give how many were."""
    bank = accounts.one()
    rows: list[dict[str, Any]] = []
    entries = {one.voucher: one for one in book_items(ctx, bank) if one.voucher in vouchers}
    for line in bank_items(ctx, bank):
        entry = entries.get(line.voucher or 0)
        if entry is not None and entry.rest == line.rest:
            reason = _("Its voucher was written for this line")
            rows.append(_match(ctx, bank, [line], [entry], reason, score=100))
    if rows:
        ctx.insert(BankMatch, rows)
    return len(rows)


after(audit_and_post_vouchers)(match_posted)
after(enter_vouchers)(match_posted)


__all__ = ["accept_certain", "accept_written", "match_posted", "match_together", "undo"]

"""Which series a voucher belongs into, by the cash it moves (限制科目).

收 has a debit on a cash or bank account, 付 a credit, 转 neither; of five kinds 现 are those on cash on hand and 银
those on bank accounts.  Other words say nothing about accounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select, text

from hanse import BusinessError, Context, Records, _, link_id
from hanse.i18n import Label
from hanse_cn.charts import CASH
from hanse_finance.models import Account, Voucher, VoucherKind, VoucherLine

_ON_HAND = "1001"
#: Word → where it needs cash: the side, and cash on hand, bank, or either.
_NEEDS = {
    "收": ("debit", "any"),
    "付": ("credit", "any"),
    "现收": ("debit", "hand"),
    "现付": ("credit", "hand"),
    "银收": ("debit", "bank"),
    "银付": ("credit", "bank"),
}
_TRANSFER = "转"
_SERIES = text("SELECT id, code FROM finance_voucher_word WHERE company_id = :company AND code = ANY(:codes)")


@dataclass(frozen=True, slots=True)
class CashLine:
    """A line on a cash or bank account."""

    side: str
    kind: str


def misplaced(ctx: Context, vouchers: Records[Voucher]) -> Iterator[BusinessError]:
    """Refuse vouchers that do not belong into their series.  Takes three statements at most.

    Opening balances, revaluations, closings and reversals stand where whoever writes them puts them.  A company none of
    whose accounts is known to hold cash, as when a foreign chart was imported, is left alone.
    """
    kinds = vouchers[Voucher.kind]
    words = {
        voucher: word
        for voucher, word, kind in zip(vouchers.ids, vouchers[Voucher.word], kinds, strict=True)
        if kind is VoucherKind.NORMAL
    }
    asked = {"company": ctx.company.id, "codes": [*_NEEDS, _TRANSFER]}
    codes = {key: code for key, code in ctx.session.execute(_SERIES, asked)}
    judged = [voucher for voucher, word in words.items() if word in codes]
    if not judged:
        return
    cash = _cash_lines(ctx, judged)
    wrong = [voucher for voucher in judged if not _belongs(codes[words[voucher]], cash.get(voucher, ()))]
    if wrong and _knows_cash(ctx):
        for voucher in wrong:
            yield BusinessError(_why(codes[words[voucher]]), record=voucher)


def _is_cash() -> ColumnElement[bool]:
    """Tell cash accounts by their mark, or by the codes that every Chinese chart gives them."""
    return or_(Account.cash, *(Account.code.startswith(code) for code in CASH))


def _knows_cash(ctx: Context) -> bool:
    query = select(Account.id).where(Account.company_id == ctx.company.id, _is_cash()).limit(1)
    return ctx.session.scalar(query) is not None


def _cash_lines(ctx: Context, vouchers: Iterable[int]) -> dict[int, list[CashLine]]:
    query = (
        select(link_id(VoucherLine.voucher), VoucherLine.debit, Account.code)
        .join(Account, Account.id == link_id(VoucherLine.account))
        .where(VoucherLine.company_id == ctx.company.id, link_id(VoucherLine.voucher).in_(list(vouchers)), _is_cash())
    )
    found: dict[int, list[CashLine]] = {}
    for voucher, debit, code in ctx.session.execute(query):
        kind = "hand" if code.startswith(_ON_HAND) else "bank"
        found.setdefault(voucher, []).append(CashLine("credit" if debit is None else "debit", kind))
    return found


def _belongs(word: str, cash: Iterable[CashLine]) -> bool:
    lines = list(cash)
    if word == _TRANSFER:
        return not lines
    side, kind = _NEEDS[word]
    return any(line.side == side and kind in ("any", line.kind) for line in lines)


def _why(word: str) -> Label:
    if word == _TRANSFER:
        return _("%(word)s vouchers move no cash: choose another word, or another account.", word=word)
    side, _kind = _NEEDS[word]
    if side == "debit":
        return _(
            "%(word)s vouchers need a debit on a cash or bank account of their kind: choose another word.", word=word
        )
    return _("%(word)s vouchers need a credit on a cash or bank account of their kind: choose another word.", word=word)

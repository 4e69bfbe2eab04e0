"""Write vouchers for lines of the bank by rules."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from hanse import BusinessError, Context, Records, _, action
from hanse_banking.items import Item, bank_items
from hanse_banking.models import BankRule, BankVoucher, Direction, HouseAccount
from hanse_banking.permissions import Banking
from hanse_finance.actions.entry import create_voucher
from hanse_finance.models import Account


@action(
    HouseAccount,
    name="write",
    label=_("Write vouchers by rules"),
    permission=Banking.WRITE,
    icon="writing",
    done=_("Vouchers written for %(count)s accounts"),
)
def write_by_rules(ctx: Context, accounts: Records[HouseAccount], *, lines: list[int] | None = None) -> list[int]:
    """Write a draft for each open line of the bank that a rule knows and that has none yet; give their ids.

    :param lines: only for these
    :raises BusinessError: a voucher would be wrong: the period is closed, an account asks for dimensions …
    """
    made: list[int] = []
    for bank in list(accounts):
        rules = list(
            ctx.all(
                BankRule,
                BankRule.active.is_(True),
                (BankRule.bank_id == bank.id) | BankRule.bank_id.is_(None),
                order_by=[BankRule.position, BankRule.id],
            )
        )
        chosen = [
            (line, rule)
            for line in bank_items(ctx, bank)
            if line.voucher is None and line.rest == line.amount and (lines is None or line.id in lines)
            for rule in [first_that_fits(rules, line)]
            if rule is not None
        ]
        if chosen:
            values = [_voucher(ctx, bank, line, rule) for line, rule in chosen]
            written = list(ctx.run(create_voucher, values=values).done)
            rows = [
                {"line": line.id, "voucher": voucher, "rule": rule.id}
                for (line, rule), voucher in zip(chosen, written, strict=True)
            ]
            ctx.insert(BankVoucher, rows)
            made += written
    return made


def first_that_fits(rules: Sequence[BankRule], line: Item) -> BankRule | None:
    """Give the first rule that knows a line."""
    return next((one for one in rules if fits(one, line)), None)


def fits(rule: BankRule, line: Item) -> bool:
    """Tell whether a rule knows a line: by direction, size, and words."""
    if rule.direction is not Direction.BOTH and (rule.direction is Direction.IN) != (line.amount > 0):
        return False
    size = abs(line.amount)
    if (rule.least is not None and size < rule.least) or (rule.most is not None and size > rule.most):
        return False
    named = f"{line.counterparty} {line.counterparty_account}"
    return _says(line.words, rule.words) and _says(named, rule.counterparty)


def _says(text: str, pattern: str | None) -> bool:
    """Tell whether all words of a pattern occur; ``利息|结息`` is one of the two."""
    plain = text.casefold()
    return all(any(part and part in plain for part in word.split("|")) for word in (pattern or "").casefold().split())


def _voucher(ctx: Context, bank: HouseAccount, line: Item, rule: BankRule) -> dict[str, Any]:
    """Give the voucher of a line: the account of the bank on one side, that of the rule on the other."""
    summary = (rule.summary or line.words or rule.name)[:200]
    into = line.amount > 0
    own: dict[str, Any] = {"summary": summary, "account": bank.account_id}
    other: dict[str, Any] = {
        "summary": summary,
        "account": rule.account_id,
        "details": rule.details_id,
        "cash_item": rule.cash_item_id,
    }
    base = _base(ctx, bank, line)
    if bank.currency_id != ctx.company.currency_id:
        own |= {"foreign_currency": bank.currency_id, "foreign_amount": abs(line.amount)}
        if rule_currency(ctx, rule) == bank.currency_id:
            other |= {"foreign_currency": bank.currency_id, "foreign_amount": abs(line.amount)}
    own["debit" if into else "credit"] = base
    other["credit" if into else "debit"] = base
    return {"day": line.day, "lines": [own, other] if into else [other, own]}


def rule_currency(ctx: Context, rule: BankRule) -> int | None:
    """Give the foreign currency that the account of a rule is kept in."""
    return ctx.session.scalar(select(Account.currency_id).where(Account.id == rule.account_id))


def _base(ctx: Context, bank: HouseAccount, line: Item) -> Decimal:
    """Give the size of a line in the currency of the company.

    :raises BusinessError: there is no exchange rate
    """
    from hanse_finance.entry import latest_rate, round_base

    if bank.currency_id == ctx.company.currency_id:
        return abs(line.amount)
    rate = latest_rate(ctx, bank.currency_id, line.day)
    if rate is None:
        raise BusinessError(_("There is no exchange rate on or before %(day)s.", day=line.day))
    return round_base(abs(line.amount) * rate, ctx.company.places)


__all__ = ["first_that_fits", "fits", "write_by_rules"]

"""Lists of bank accounts, statements, their lines, matches and rules."""

from __future__ import annotations

from sqlalchemy import Select, select

from hanse import Button, Filter, Lines, Row, Screen, _
from hanse_banking.models import BankLine, BankMatch, BankRule, BankStatement, HouseAccount, MatchPart

__all__ = ["ACCOUNTS", "LINES", "MATCHES", "RULES", "STATEMENTS"]

ACCOUNTS = Screen(
    HouseAccount,
    title=_("Bank accounts"),
    singular=_("Bank account"),
    menu="banking",
    icon="wallet",
    order=40,
    list=[
        HouseAccount.name,
        HouseAccount.bank,
        HouseAccount.number,
        HouseAccount.account,
        HouseAccount.currency,
        HouseAccount.start,
    ],
    filters=[HouseAccount.currency],
    order_by=[HouseAccount.name],
    form=[
        Row(HouseAccount.name, HouseAccount.bank),
        Row(HouseAccount.number, HouseAccount.currency),
        Row(HouseAccount.account, HouseAccount.days),
        Row(HouseAccount.start, HouseAccount.opening, title=_("Beginning")),
    ],
    buttons=[Button("reconcile", of_record=True), Button("columns", of_record=True)],
    defaults=lambda ctx: {"currency": ctx.company.currency_id},
)

STATEMENTS = Screen(
    BankStatement,
    title=_("Bank statements"),
    singular=_("Bank statement"),
    menu="banking",
    icon="file-invoice",
    order=20,
    readonly=True,
    list=[
        BankStatement.bank,
        BankStatement.number,
        BankStatement.start,
        BankStatement.end,
        BankStatement.opening,
        BankStatement.closing,
        BankStatement.count,
    ],
    filters=[BankStatement.bank, BankStatement.end],
    order_by=[BankStatement.end.desc()],
    sums=[],
    form=[
        Row(BankStatement.bank, BankStatement.number),
        Row(BankStatement.start, BankStatement.end),
        Row(BankStatement.opening, BankStatement.closing),
        Row(BankStatement.count, BankStatement.source),
        Row(BankStatement.digest),
        Lines(
            BankStatement.lines,
            [BankLine.day, BankLine.amount, BankLine.counterparty, BankLine.purpose, BankLine.reference],
        ),
    ],
)

LINES = Screen(
    BankLine,
    title=_("Bank lines"),
    singular=_("Bank line"),
    menu="banking",
    icon="list",
    order=25,
    readonly=True,
    list=[
        BankLine.day,
        BankLine.bank,
        BankLine.counterparty,
        BankLine.purpose,
        BankLine.amount,
        BankLine.reference,
    ],
    filters=[
        BankLine.bank,
        BankLine.day,
        Filter(_("Not matched"), lambda ctx: ~BankLine.id.in_(_matched()), name="open"),
    ],
    order_by=[BankLine.day.desc()],
    form=[
        Row(BankLine.bank, BankLine.statement),
        Row(BankLine.day, BankLine.amount),
        Row(BankLine.counterparty, BankLine.counterparty_account),
        Row(BankLine.purpose),
        Row(BankLine.reference),
    ],
)


def _matched() -> Select[int | None]:
    return select(MatchPart.line_id).where(MatchPart.line_id.is_not(None))


MATCHES = Screen(
    BankMatch,
    title=_("Matches"),
    singular=_("Match"),
    menu="banking",
    icon="link",
    order=30,
    readonly=True,
    list=[
        BankMatch.last,
        BankMatch.bank,
        BankMatch.amount,
        BankMatch.reason,
        BankMatch.score,
        BankMatch.user,
        BankMatch.at,
    ],
    filters=[BankMatch.bank, BankMatch.last, BankMatch.user],
    order_by=[BankMatch.last.desc()],
    sums=[],
    form=[
        Row(BankMatch.bank, BankMatch.last),
        Row(BankMatch.amount, BankMatch.reason),
        Row(BankMatch.user, BankMatch.at),
        Lines(BankMatch.parts, [MatchPart.line, MatchPart.entry, MatchPart.amount]),
    ],
)

RULES = Screen(
    BankRule,
    title=_("Bank rules"),
    singular=_("Bank rule"),
    menu="banking",
    icon="writing",
    order=50,
    list=[
        BankRule.position,
        BankRule.name,
        BankRule.words,
        BankRule.counterparty,
        BankRule.direction,
        BankRule.account,
    ],
    filters=[BankRule.bank, BankRule.direction],
    order_by=[BankRule.position],
    sums=[],
    form=[
        Row(BankRule.name, BankRule.position),
        Row(BankRule.bank, BankRule.direction, title=_("What it knows a line by")),
        Row(BankRule.words, BankRule.counterparty),
        Row(BankRule.least, BankRule.most),
        Row(BankRule.account, BankRule.details, title=_("What it writes")),
        Row(BankRule.cash_item, BankRule.summary),
    ],
)

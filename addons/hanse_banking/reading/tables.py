"""Statements as tables, CSV or XLSX, as banks export them: heads wherever they stand, in Chinese or English.

An amount stands in two columns (借方 and 贷方, 支出 and 收入), or in one with a sign, or in one beside a mark (借, 贷).
On the bank's own books the company's money is a liability: 借 is money out, 贷 is money in.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from hanse import BusinessError, _
from hanse.exchange.reading import read_rows
from hanse.i18n import Label
from hanse_banking.reading.found import FoundLine, FoundStatement, tidy, unreadable
from hanse_finance.takeover.reading import amount_of

#: So many rows may stand above the heads.
_ABOVE = 40
#: What a column can be.
ROLES: Mapping[str, Label] = {
    "day": _("Date"),
    "in": _("Money in"),
    "out": _("Money out"),
    "amount": _("Amount"),
    "mark": _("In or out"),
    "balance": _("Balance"),
    "counterparty": _("Counterparty"),
    "counterparty_account": _("Counterparty's account"),
    "purpose": _("Purpose"),
    "reference": _("Bank reference"),
}
#: Headings by role, the best first; a heading is compared without spaces, units and brackets.
_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "day": (
        *("交易日期", "交易日", "记账日期", "记账日", "入账日期", "入账时间", "交易时间", "日期", "发生日期"),
        *("bookingdate", "transactiondate", "postingdate", "date", "valuedate"),
    ),
    "in": (
        *(
            "收入",
            "收入金额",
            "贷方",
            "贷方发生额",
            "贷方金额",
            "贷方发生金额",
            "转入金额",
            "存入金额",
            "存入",
            "收方金额",
        ),
        *("credit", "creditamount", "moneyin", "deposit", "deposits", "paidin"),
    ),
    "out": (
        *(
            "支出",
            "支出金额",
            "借方",
            "借方发生额",
            "借方金额",
            "借方发生金额",
            "转出金额",
            "支取金额",
            "支取",
            "付方金额",
        ),
        *("debit", "debitamount", "moneyout", "withdrawal", "withdrawals", "paidout"),
    ),
    "amount": ("交易金额", "发生额", "金额", "发生金额", "amount", "transactionamount"),
    "mark": (
        *(
            "借贷标志",
            "借贷标识",
            "借贷方向",
            "借贷",
            "收支",
            "收支类型",
            "收/支",
            "借/贷",
            "收付标志",
            "交易方向",
            "来往账标志",
        ),
        *("debitcredit", "debit/credit", "dr/cr", "type", "cdtdbtind"),
    ),
    "balance": ("余额", "账户余额", "交易后余额", "当前余额", "本次余额", "联机余额", "balance", "runningbalance"),
    "counterparty": (
        *(
            "对方户名",
            "对方名称",
            "对方账户名称",
            "对方单位",
            "对方单位名称",
            "交易对手名称",
            "对手户名",
            "收付方名称",
            "收(付)方名称",
        ),
        *("对方账户户名", "对方", "交易对方", "counterparty", "counterpartyname", "payee", "name"),
    ),
    "counterparty_account": (
        *(
            "对方账号",
            "对方账户",
            "对方账户账号",
            "对方卡号",
            "交易对手账号",
            "对手账号",
            "收付方账号",
            "收(付)方账号",
            "对方帐号",
        ),
        *("counterpartyaccount", "accountofcounterparty", "iban"),
    ),
    "purpose": (
        *("用途", "摘要", "附言", "备注", "交易摘要", "交易附言", "摘要/用途", "用途/摘要", "交易备注", "交易说明"),
        *("purpose", "description", "details", "memo", "narrative", "reference text"),
    ),
    "reference": (
        *(
            "流水号",
            "交易流水号",
            "银行流水号",
            "核心流水号",
            "交易流水",
            "日志号",
            "柜员流水号",
            "凭证号",
            "凭证号码",
            "回单编号",
        ),
        *("reference", "bankreference", "transactionid", "id"),
    ),
}
_ROLE_OF = {heading: (role, rank) for role, all_ in _HEADINGS.items() for rank, heading in enumerate(all_)}
_DAY = re.compile(r"(\d{4})\D{0,2}(\d{1,2})\D{0,2}(\d{1,2})(?!\d*[.,])")
_EXACT_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
_OUT = frozenset({"借", "借方", "d", "dr", "debit", "dbit", "支", "支出", "付", "付款", "往账", "转出", "out", "-"})
_IN = frozenset({"贷", "贷方", "c", "cr", "credit", "crdt", "收", "收入", "收款", "来账", "转入", "in", "+"})
_TOTALS = ("合计", "总计", "小计", "total")


@dataclass(frozen=True, slots=True)
class Heads:
    """Where the heads stand, and the column of each role.

    :ivar minus: what went out has a minus in its own column already
    """

    row: int
    places: Mapping[str, tuple[int, ...]]
    minus: bool = False


class NoHeads(BusinessError):
    """No row of the table says what its columns are; somebody must."""


def plain_heading(text: str) -> str:
    """Give a heading as it is compared: ``贷方发生额（元）`` is ``贷方发生额``."""
    plain = unicodedata.normalize("NFKC", text).lower()
    plain = re.sub(r"\((元|人民币|cny|rmb|收入|支出|[a-z]{3})\)|\[[^\]]*\]", "", plain)
    return re.sub(r"[\s_*:.'-]", "", plain)


def find_heads(rows: Sequence[Sequence[str]], columns: Mapping[str, str] | None = None) -> Heads | None:
    """Find the row whose texts are known best; what somebody has said goes before what is known."""
    best: Heads | None = None
    said = {plain_heading(heading): role for heading, role in (columns or {}).items()}
    for number, row in enumerate(rows[:_ABOVE]):
        places = _places(row, said)
        known = {"day"} <= places.keys() and bool({"in", "out", "amount"} & places.keys())
        if known and (best is None or len(places) > len(best.places)):
            best = Heads(number, places)
    return best


def _places(row: Sequence[str], said: Mapping[str, str]) -> dict[str, tuple[int, ...]]:
    found: dict[str, list[tuple[int, int]]] = {}
    for place, text in enumerate(row):
        plain = plain_heading(text)
        role, rank = (said[plain], -1) if plain in said else _ROLE_OF.get(plain, ("", 0))
        if role and role in ROLES:
            found.setdefault(role, []).append((rank, place))
    return {
        # purposes are put together; of everything else the best known heading counts
        role: tuple(place for _rank, place in sorted(ranked)) if role == "purpose" else (min(ranked)[1],)
        for role, ranked in found.items()
    }


def rows_of(content: bytes) -> list[list[str]]:
    """Give the rows of a table.

    :raises BusinessError: it is none
    """
    rows = list(read_rows(io.BytesIO(content)))
    if max((len(row) for row in rows[:_ABOVE]), default=0) < 2:
        raise unreadable(_("This is no statement: neither CAMT.053, MT940 or OFX, nor a table with columns."))
    return rows


def read_table(content: bytes, columns: Mapping[str, str] | None = None) -> FoundStatement:
    """Read a statement that is a table.

    :param columns: roles by heading, as somebody has said them for this account
    :raises NoHeads: no row says what its columns are
    :raises BusinessError: it is no table, or a row has no day or amount that can be read
    """
    rows = rows_of(content)
    heads = find_heads(rows, columns)
    if heads is None:
        raise NoHeads(
            _(
                "No heads were found that say which column is the date and which the amount. "
                "Say it once for this account: Bank accounts, Columns."
            ),
            field="file",
        )
    outs = [
        text for row in rows[heads.row + 1 :] if (text := _cell(row, heads, "out").strip("- 0.")) and text[0].isdigit()
    ]
    signed = [
        text
        for row in rows[heads.row + 1 :]
        if (text := _cell(row, heads, "out")).startswith("-") and text.strip("- 0.")
    ]
    heads = replace(heads, minus=bool(signed) and len(signed) == len(outs))
    lines = [
        line
        for number, row in enumerate(rows[heads.row + 1 :], start=heads.row + 2)
        for line in _lines(row, number, heads)
    ]
    return FoundStatement(tuple(lines))


def _cell(row: Sequence[str], heads: Heads, role: str) -> str:
    return " ".join(row[place].strip() for place in heads.places.get(role, ()) if place < len(row)).strip()


def _lines(row: Sequence[str], number: int, heads: Heads) -> list[FoundLine]:
    """Read a row; what is empty, a sum, or the heads of the next page, is no line."""
    told = unicodedata.normalize("NFKC", _cell(row, heads, "day"))
    first = next((cell for cell in row if cell), "")
    if not any(row) or plain_heading(first).startswith(_TOTALS):
        return []
    if plain_heading(told) in _ROLE_OF:
        return []
    amount = _amount(row, number, heads)
    if not told and not amount:
        return []  # words below the table
    if not amount:
        return []
    day = _day(told, number)
    balance = _cell(row, heads, "balance")
    return [
        FoundLine(
            number,
            day,
            amount,
            counterparty=tidy(_cell(row, heads, "counterparty"), 200),
            counterparty_account=tidy(_cell(row, heads, "counterparty_account").strip("'`\t"), 60),
            purpose=tidy(_cell(row, heads, "purpose"), 400),
            reference=tidy(_cell(row, heads, "reference").strip("'`\t"), 120),
            balance=_number(balance, number) if balance else None,
        )
    ]


def _day(told: str, number: int) -> date:
    found = _EXACT_DAY.match(told) or _DAY.match(told)
    try:
        if found is not None:
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:  # told below, with the row
        found = None
    raise unreadable(_("Row %(row)s: “%(text)s” is no day, write it as 2025-03-31.", row=number, text=told[:40]))


def _number(text: str, number: int) -> Decimal:
    try:
        return amount_of(text)
    except ValueError:
        raise unreadable(
            _("Row %(row)s: “%(text)s” is no amount, write it as 1,234.56.", row=number, text=text[:40])
        ) from None


def _amount(row: Sequence[str], number: int, heads: Heads) -> Decimal:
    """Give what came in, less what went out; zero where the row moves nothing."""
    into, out = (_number(_cell(row, heads, role), number) for role in ("in", "out"))
    if into or out:
        return into + out if heads.minus else into - out
    if "amount" not in heads.places:
        return Decimal(0)
    amount = _number(_cell(row, heads, "amount"), number)
    mark = plain_heading(_cell(row, heads, "mark")) or _cell(row, heads, "mark")
    if "mark" not in heads.places or not amount:
        return amount
    if mark in _OUT:
        return -amount
    if mark in _IN:
        return amount
    raise unreadable(_("Row %(row)s: “%(text)s” says neither money in nor money out.", row=number, text=mark[:40]))


__all__ = ["ROLES", "Heads", "NoHeads", "find_heads", "plain_heading", "read_table", "rows_of"]

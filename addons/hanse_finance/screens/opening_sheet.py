"""The sheet of opening balances as its page shows it, what was typed into it, and as a file to fill in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import IO, Any

from sqlalchemy import select

from hanse import BusinessError, Context, Errors, _
from hanse.directory.models import Currency
from hanse.exchange.sheets import harmless, new_workbook, write_number
from hanse.i18n import Label, format_decimal
from hanse_finance.models import DimensionSet, Side
from hanse_finance.takeover.checking import Check
from hanse_finance.takeover.reading import amount_of
from hanse_finance.takeover.sheet import ZERO, Key, Line, Sheet, SheetAccount, Sums

#: Cells of the sheet: prefix of the control's name, amount, whether it is positive on the account's own side.
CELLS = (("b", "balance", True), ("d", "debit", False), ("c", "credit", False))
FOREIGN_CELLS = (("foreign_balance", True), ("foreign_debit", False), ("foreign_credit", False))
#: Amounts that are no money, in the account's unit.
COUNTED_CELLS = ("quantity", "debit_quantity", "credit_quantity")
Posted = Mapping[str, str]
_INDENT = "\N{EM SPACE}"
_DEBIT, _CREDIT = _("Dr"), _("Cr")


def is_plain(sheet: Sheet, account: SheetAccount) -> bool:
    """Tell whether an account is entered in one row of the sheet: in no dimensions, no other currency and no unit."""
    several = any(line.account == account.id and line.key != (account.id, None, None) for line in sheet.lines)
    plain = not account.dimensions and account.currency is None and account.unit is None
    return account.leaf and plain and not several


def typed_lines(sheet: Sheet, posted: Posted) -> tuple[dict[Key, Line], list[BusinessError]]:
    """Read the cells of the sheet that differ from what is stored.

    :returns: the lines, and what is no amount with ``field`` the name of its cell
    """
    found: dict[Key, Line] = {}
    wrong: list[BusinessError] = []
    there = sheet.by_key()
    for account in sheet.accounts.values():
        if f"b-{account.id}" not in posted or not is_plain(sheet, account):
            continue
        old = there.get((account.id, None, None), Line(account.id))
        amounts: dict[str, Any] = {}
        for prefix, name, own_side in CELLS:
            cell = f"{prefix}-{account.id}"
            if cell not in posted:
                continue
            try:
                amounts[name] = amount_of(posted[cell]) * (account.sign if own_side else 1)
            except ValueError:
                message = _("“%(text)s” is no amount, write it as 1,234.56.", text=posted[cell][:40])
                wrong.append(BusinessError(message, field=cell))
        if any(amounts[name] != getattr(old, name) for name in amounts):
            found[old.key] = replace(old, **amounts)
    return found, wrong


def as_entered(line: Line) -> dict[str, Any]:
    """Give a line as ``finance.opening.enter`` takes it."""
    own = {"account": line.account, "details": line.details, "currency": line.currency}
    return own | {name: amount for name, amount in line.amounts().items() if amount is not None}


def told_errors(error: BusinessError, lines: Sequence[Line]) -> dict[str, str]:
    """Say what was refused by cell: ``3.balance`` is ``b-<account of line 3>``."""
    prefixes = {name: prefix for prefix, name, _own_side in CELLS}
    told: dict[str, str] = {}
    for one in error.errors if isinstance(error, Errors) else [error]:
        place, _point, name = (one.field or "").partition(".")
        cell = f"{prefixes.get(name, 'b')}-{lines[int(place)].account}" if place.isdigit() else ""
        told[cell] = str(one.message)
    return told


# --- drawing ----------------------------------------------------------------------------------------------------------


def draw_rows(
    sheet: Sheet, detail_url: str, *, posted: Posted | None = None, errors: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """Give the rows of the sheet: accounts in the order of their codes, sums of those below, cells of the others."""
    sums, there = sheet.sums(), sheet.by_key()
    counts: dict[int, int] = {}
    for line in sheet.lines:
        counts[line.account] = counts.get(line.account, 0) + 1
    rows: list[dict[str, Any]] = []
    for account in sheet.accounts.values():
        own = sums[account.id]
        if not account.active and not counts.get(account.id):
            continue
        row: dict[str, Any] = {
            "id": account.id,
            "code": account.code,
            "name": _INDENT * _depth(sheet, account) + account.name,
            "side": _DEBIT if account.sign > 0 else _CREDIT,
            "year": _balance(own.year_balance, account),
        }
        if is_plain(sheet, account):
            line = there.get((account.id, None, None), Line(account.id))
            row["cells"] = list(_cells(account, line, sheet, posted or {}, errors or {}))
            row["error"] = next((cell["error"] for cell in row["cells"] if cell["error"]), None)
        else:
            row |= {"sums": _sums(own, account, sheet.mid_year), "strong": not account.leaf}
            if account.leaf:
                row |= {"url": f"{detail_url}?account={account.id}", "count": counts.get(account.id, 0)}
        rows.append(row)
    return rows


def _depth(sheet: Sheet, account: SheetAccount) -> int:
    depth, place = 0, account.parent
    while place is not None and place in sheet.accounts and depth < 9:
        depth, place = depth + 1, sheet.accounts[place].parent
    return depth


def _cells(
    account: SheetAccount, line: Line, sheet: Sheet, posted: Posted, errors: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    labels: dict[str, Label] = {"b": _("Opening balance"), "d": _("Debit"), "c": _("Credit")}
    order = ("d", "c", "b") if sheet.mid_year else ("b",)
    amounts = {prefix: (name, own_side) for prefix, name, own_side in CELLS}
    for prefix in order:
        name, own_side = amounts[prefix]
        amount: Decimal = getattr(line, name) * (account.sign if own_side else 1)
        cell = f"{prefix}-{account.id}"
        yield {
            "name": cell,
            "column": prefix,
            "value": posted.get(cell, written(amount, sheet.places)),
            "label": f"{account.full_name}: {labels[prefix]}",
            "head": labels[prefix],
            "error": errors.get(cell),
        }


def _sums(own: Sums, account: SheetAccount, mid_year: bool) -> list[str]:
    balance = _balance(own.balance, account)
    return [*([_told(own.debit), _told(own.credit)] if mid_year else []), balance]


def _balance(amount: Decimal, account: SheetAccount) -> str:
    return _told(amount * account.sign)


def _told(amount: Decimal) -> str:
    return format_decimal(amount, 2) if amount else ""


def written(amount: Decimal | None, places: int | None) -> str:
    """Write an amount into a cell, with all its decimals where ``places`` is None; nothing for zero."""
    return format_decimal(amount, places) if amount else ""


def draw_check(found: Check, url: str, sheet_url: str) -> dict[str, Any]:
    """Give what the panel of the trial check shows."""
    return {
        "url": url,
        "tiles": [
            {
                "label": pair.label,
                "left_label": pair.left_label,
                "right_label": pair.right_label,
                "left": format_decimal(pair.left, 2),
                "right": format_decimal(pair.right, 2),
                "difference": format_decimal(abs(pair.difference), 2) if pair.difference else "",
            }
            for pair in found.pairs
        ],
        "findings": [
            {
                "text": finding.message,
                "tone": "bad" if finding.bad else "warn",
                "url": f"{sheet_url}#account-{finding.account}" if finding.account else "",
            }
            for finding in found.findings[:30]
        ],
        "more": max(0, len(found.findings) - 30),
        "balanced": found.is_balanced,
    }


# --- one account by dimensions and currencies -------------------------------------------------------------------------


def draw_account(
    ctx: Context, sheet: Sheet, account: SheetAccount, urls: Mapping[str, str], *, readonly: bool
) -> dict[str, Any]:
    """Give the lines of one account as ``lines.jinja2`` takes them."""
    own = [line for line in sheet.lines if line.account == account.id]
    sets = dict(
        ctx.session.execute(
            select(DimensionSet.id, DimensionSet.name).where(
                DimensionSet.company_id == ctx.company.id,
                DimensionSet.id.in_([line.details for line in own if line.details]),
            )
        ).all()
    )
    columns = list(_columns(ctx, sheet, account, urls))
    rows = [
        {"index": place, "id": line.id, "cells": [_cell(one["name"], line, sheet, account, sets) for one in columns]}
        for place, line in enumerate(own)
    ]
    blank = Line(account.id, currency=account.currency)
    blanks = [
        {"index": len(rows) + place, "cells": [_cell(one["name"], blank, sheet, account, sets) for one in columns]}
        for place in range(0 if readonly else 4)
    ]
    return {
        "name": "lines",
        "label": account.full_name,
        "columns": columns,
        "rows": [*rows, *blanks],
        "next": len(rows) + len(blanks),
        "blank": {"cells": [_cell(one["name"], blank, sheet, account, sets) for one in columns]},
        "readonly": readonly,
        "optional_shown": account.currency is not None or any(line.currency for line in own),
        "scale": sheet.places,
    }


def _columns(ctx: Context, sheet: Sheet, account: SheetAccount, urls: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    if account.dimensions:
        url = f"{urls['sets']}?account={account.id}"
        yield {"name": "details", "label": _("Dimensions"), "kind": "link", "url": url}
    currencies = [
        {"value": key, "label": code}
        for key, code in ctx.session.execute(select(Currency.id, Currency.code).order_by(Currency.code))
        if key != ctx.company.currency_id
    ]
    foreign = {"optional": True}
    currency = {"name": "currency", "label": _("Foreign currency"), "kind": "choice", "width": "s"}
    yield currency | foreign | {"choices": currencies}
    labels: dict[str, Label] = {
        "foreign_balance": _("Foreign balance"),
        "foreign_debit": _("Foreign debit"),
        "foreign_credit": _("Foreign credit"),
        "balance": _("Opening balance"),
        "debit": _("Debit"),
        "credit": _("Credit"),
        "quantity": _("Quantity"),
        "debit_quantity": _("Debit quantity"),
        "credit_quantity": _("Credit quantity"),
    }
    names = ("foreign_debit", "foreign_credit", "foreign_balance", "debit", "credit", "balance")
    for name in names if sheet.mid_year else ("foreign_balance", "balance"):
        if account.unit is not None and not name.startswith("foreign"):
            counted = "quantity" if name == "balance" else f"{name}_quantity"
            label = f"{labels[counted]} ({account.unit})"
            yield {"name": counted, "label": label, "kind": "quantity", "width": "m", "total": True}
        column = {"name": name, "label": labels[name], "kind": "money", "width": "m"}
        yield column | (foreign if name.startswith("foreign") else {"total": True})


def _cell(name: str, line: Line, sheet: Sheet, account: SheetAccount, sets: Mapping[int, str]) -> dict[str, Any]:
    if name == "details":
        return {"value": line.details or "", "text": sets.get(line.details or 0, "")}
    if name == "currency":
        return {"value": line.currency or "", "text": ""}
    amount: Decimal | None = getattr(line, name)
    sign = account.sign if _stands(name) else 1
    places = None if name in COUNTED_CELLS else sheet.places
    return {"value": written((amount or ZERO) * sign, places)}


def _stands(name: str) -> bool:
    """Tell whether an amount is a balance, which is typed as it stands on the account's own side."""
    return name.endswith("balance") or name == "quantity"


def posted_account(
    account: SheetAccount, posted: Posted
) -> tuple[list[dict[str, Any]], list[str], list[BusinessError]]:
    """Read the lines of one account as they were typed.

    :returns: the lines with ``combination``, what was chosen as dimensions; the index of each; what is no amount
    """
    found: list[dict[str, Any]] = []
    places: list[str] = []
    wrong: list[BusinessError] = []
    for place in posted.get("lines-order", "").split(","):
        cells = {
            key.removeprefix(f"lines-{place}-"): text
            for key, text in posted.items()
            if place and key.startswith(f"lines-{place}-")
        }
        names = [name for _prefix, name, _own in CELLS] + [name for name, _own in FOREIGN_CELLS]
        names += COUNTED_CELLS
        if not place.isdigit() or not any(cells.get(name, "").strip() for name in (*names, "details")):
            continue
        values: dict[str, Any] = {"account": account.id, "combination": cells.get("details", "")}
        values["currency"] = int(cells["currency"]) if cells.get("currency", "").isdigit() else None
        for name in names:
            try:
                amount = amount_of(cells.get(name, ""))
            except ValueError:
                message = _("“%(text)s” is no amount, write it as 1,234.56.", text=cells[name][:40])
                wrong.append(BusinessError(message, field=f"{len(found)}.{name}"))
                amount = ZERO
            if amount or not (name.startswith("foreign") or name in COUNTED_CELLS):
                values[name] = amount * (account.sign if _stands(name) else 1)
        found.append(values)
        places.append(place)
    return found, places, wrong


# --- the file to fill in ----------------------------------------------------------------------------------------------


def write_template(
    sheet: Sheet,
    dimensions: Mapping[int, str],
    values: Mapping[int, Mapping[int, str]],
    currencies: Mapping[int, str],
    target: IO[bytes],
) -> None:
    """Write the sheet as XLSX: every account that takes an opening, with what was entered so far.

    :param dimensions: names of those that some account asks for
    :param values: code of the value of each dimension, by combination
    """
    book = new_workbook(target)
    page = book.add_worksheet()
    heads: list[Label] = [_("Account code"), _("Account name"), _("Side"), _("Opening balance")]
    heads += [_("Debit, year to date"), _("Credit, year to date")] if sheet.mid_year else []
    heads += [_("Foreign currency"), _("Foreign balance")]
    if any(account.unit for account in sheet.accounts.values()):
        heads.append(_("Opening quantity"))
        heads += [_("Debit quantity, year to date"), _("Credit quantity, year to date")] if sheet.mid_year else []
    heads += dimensions.values()
    bold, money = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00"})
    page.set_column(0, 0, 14)
    page.set_column(1, 1, 36)
    page.set_column(2, len(heads) - 1, 16)
    page.freeze_panes(1, 0)
    for place, head in enumerate(heads):
        page.write_string(0, place, str(head), bold)
    number = 0
    for account in sheet.accounts.values():
        own = [line for line in sheet.lines if line.account == account.id]
        for line in (own or [Line(account.id)]) if account.leaf and account.active else ():
            number += 1
            chosen = values.get(line.details or 0, {})
            texts = _template_row(account, line, sheet, currencies) + [chosen.get(key, "") for key in dimensions]
            _write_row(page, number, texts, money)
    book.close()


def _template_row(account: SheetAccount, line: Line, sheet: Sheet, currencies: Mapping[int, str]) -> list[Any]:
    side = _DEBIT if account.side is Side.DEBIT else _CREDIT
    moved = [line.debit, line.credit] if sheet.mid_year else []
    foreign = None if line.foreign_balance is None else line.foreign_balance * account.sign
    row = [account.code, account.name, str(side), line.balance * account.sign, *moved]
    row += [currencies.get(line.currency or 0, ""), foreign]
    if any(one.unit for one in sheet.accounts.values()):
        row.append(None if line.quantity is None else line.quantity * account.sign)
        row += [line.debit_quantity, line.credit_quantity] if sheet.mid_year else []
    return row


def _write_row(page: Any, number: int, texts: Sequence[Any], money: Any) -> None:
    for place, value in enumerate(texts):
        if isinstance(value, Decimal):
            if value:
                write_number(page, number, place, value, money)
        elif value:
            page.write_string(number, place, harmless(str(value)))


__all__ = [
    "as_entered",
    "draw_account",
    "draw_check",
    "draw_rows",
    "is_plain",
    "posted_account",
    "told_errors",
    "typed_lines",
    "write_template",
]

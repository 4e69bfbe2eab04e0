"""MT940 of SWIFT, read by the library mt-940 (BSD)."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from importlib import import_module
from typing import Any

from hanse import _
from hanse_banking.reading.found import FoundLine, FoundStatement, tidy, unreadable

#: Where a statement begins; several stand in one file behind each other.
_BEGINNING = re.compile(r"^:20:", re.MULTILINE)
#: The longest line of the standard has 65 characters; nonsense is told by lines that have thousands.
_LONGEST = 1000


def read_mt940(content: bytes) -> list[FoundStatement]:
    """Read the statements of an MT940 file.

    :raises BusinessError: it is no such file
    """
    text = _decoded(content).replace("\r\n", "\n").replace("\r", "\n")
    if any(len(line) > _LONGEST for line in text.split("\n")):
        raise unreadable(_("The file is no whole MT940."))
    starts = [one.start() for one in _BEGINNING.finditer(text)]
    parts = [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=False)]
    if not parts:
        raise unreadable(_("The file is no whole MT940."))
    return [_statement(one) for one in _joined([_parsed(one) for one in parts])]


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("cp1252", "replace")


def _parsed(text: str) -> Any:
    library: Any = import_module("mt940")  # only where a file is read
    # it writes what it cannot read into the log, and that is somebody's account
    logging.getLogger("mt940").setLevel(logging.CRITICAL)
    try:
        return library.parse(text)
    except Exception as error:  # whatever a broken file makes of its reader
        raise unreadable(_("The file is no whole MT940 (%(why)s).", why=type(error).__name__)) from error


def _joined(parts: Sequence[Any]) -> list[list[Any]]:
    """Put together the messages of one statement: the later ones open with an intermediate balance (60M)."""
    found: list[list[Any]] = []
    for one in parts:
        if found and "intermediate_opening_balance" in one.data:
            found[-1].append(one)
        else:
            found.append([one])
    return found


def _balance(part: Any, kind: str) -> Any:
    return part.data.get(f"final_{kind}_balance") or part.data.get(f"intermediate_{kind}_balance")


def _statement(parts: Sequence[Any]) -> FoundStatement:
    opening, closing = _balance(parts[0], "opening"), _balance(parts[-1], "closing")
    if opening is None and closing is None and not any(len(one) for one in parts):
        raise unreadable(_("The file is no whole MT940."))
    lines: list[FoundLine] = []
    for part in parts:
        lines += [_line(one.data, len(lines) + place) for place, one in enumerate(part, start=1)]
    head = parts[0].data
    number = "/".join(str(head[one]) for one in ("statement_number", "sequence_number") if head.get(one))
    return FoundStatement(
        tuple(lines),
        number=tidy(number or str(head.get("transaction_reference") or ""), 60),
        account=str(head.get("account_identification") or ""),
        currency=str(opening.amount.currency) if opening is not None else "",
        start=_plain(opening.date) if opening is not None else None,
        end=_plain(closing.date) if closing is not None else None,
        opening=Decimal(opening.amount.amount) if opening is not None else None,
        closing=Decimal(closing.amount.amount) if closing is not None else None,
    )


def _plain(day: Any) -> date:
    return date(day.year, day.month, day.day)


def _line(found: Any, row: int) -> FoundLine:
    if found.get("amount") is None or found.get("date") is None:
        raise unreadable(_("Entry %(row)s has no day.", row=row))
    references = [str(found.get(one) or "") for one in ("bank_reference", "customer_reference")]
    purposes = [str(found.get(one) or "") for one in ("purpose", "additional_purpose", "transaction_details")]
    if not any(purposes):
        purposes = [str(found.get(one) or "") for one in ("posting_text", "extra_details")]
    return FoundLine(
        row,
        _plain(found.get("entry_date") or found["date"]),
        Decimal(found["amount"].amount),
        counterparty=tidy(str(found.get("applicant_name") or ""), 200),
        counterparty_account=tidy(str(found.get("applicant_iban") or ""), 60),
        purpose=tidy(" ".join(one for one in purposes if one), 400),
        reference=tidy(next((one for one in references if one not in ("", "NONREF")), ""), 120),
    )


__all__ = ["read_mt940"]

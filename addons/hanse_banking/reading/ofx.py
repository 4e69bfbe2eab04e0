"""The statements of bank accounts in OFX, as SGML (1.x) and as XML (2.x).

SGML leaves out the end of an element that holds a value, so the file is read as a row of tags and values, in one pass.
Source: Open Financial Exchange 1.6 and 2.2, 11.4.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from hanse import _
from hanse_banking.reading.found import FoundLine, FoundStatement, amount_in, tidy, unreadable

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9.]{0,40})>([^<]*)")
_CHARSET = re.compile(rb"CHARSET\s*[:=]\s*\"?([A-Za-z0-9_-]+)|encoding=[\"']([A-Za-z0-9_-]+)")
_FORBIDDEN = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)


def read_ofx(content: bytes) -> list[FoundStatement]:
    """Read the bank statements of an OFX file.

    :raises BusinessError: it is no such file
    """
    if _FORBIDDEN.search(content):
        raise unreadable(_("The file defines entities, which no bank does; it was not read."))
    found = [_statement(list(one)) for one in _statements(_decoded(content))]
    if not found:
        raise unreadable(_("The OFX file holds no statement of a bank account."))
    return found


def _decoded(content: bytes) -> str:
    said = _CHARSET.search(content[:2000])
    name = (said[1] or said[2]).decode("ascii").lower() if said else "utf-8"
    for encoding in (name if not name.isdigit() else f"cp{name}", "utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return content.decode("cp1252", "replace")


Tag = tuple[str, str]


def _statements(text: str) -> Iterator[list[Tag]]:
    """Give the tags of each statement with their values; an end is named ``/STMTTRN``."""
    inside: list[Tag] | None = None
    for closing, name, value in _TAG.findall(text):
        tag = name.upper()
        if tag in ("STMTRS", "CCSTMTRS"):
            if closing and inside is not None:
                yield inside
                inside = None
            elif not closing:
                inside = []
        elif inside is not None:
            inside.append((f"{closing}{tag}", html.unescape(value).strip()))
    if inside is not None:
        raise unreadable(_("The OFX file breaks off."))


def _statement(tags: list[Tag]) -> FoundStatement:
    head: dict[str, str] = {}
    lines: list[FoundLine] = []
    line: dict[str, str] | None = None
    balance: dict[str, str] | None = None
    for tag, value in tags:
        if tag == "STMTTRN":
            line = {}
        elif tag == "/STMTTRN" and line is not None:
            lines.append(_line(line, len(lines) + 1))
            line = None
        elif tag in ("LEDGERBAL", "AVAILBAL"):
            balance = {} if tag == "LEDGERBAL" else None
        elif tag == "/LEDGERBAL":
            head |= {f"LEDGER.{name}": one for name, one in (balance or {}).items()}
            balance = None
        elif value:
            (line if line is not None else balance if balance is not None else head).setdefault(tag, value)
    if line is not None:
        raise unreadable(_("The OFX file breaks off."))
    closing = amount_in(head["LEDGER.BALAMT"]) if "LEDGER.BALAMT" in head else None
    total = sum((one.amount for one in lines), Decimal(0))
    return FoundStatement(
        tuple(lines),
        account=head.get("ACCTID", ""),
        currency=head.get("CURDEF", ""),
        start=_day(head["DTSTART"]) if "DTSTART" in head else None,
        end=_day(head["DTEND"]) if "DTEND" in head else None,
        opening=None if closing is None else closing - total,  # the format has no opening balance
        closing=closing,
    )


def _day(text: str) -> date:
    """Read ``20250331`` and ``20250331120000.000[+8:CST]``."""
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        raise unreadable(_("“%(text)s” is no day.", text=text[:40])) from None


def _line(found: dict[str, str], row: int) -> FoundLine:
    if "DTPOSTED" not in found or "TRNAMT" not in found:
        raise unreadable(_("Entry %(row)s has no day or no amount.", row=row))
    return FoundLine(
        row,
        _day(found["DTPOSTED"]),
        amount_in(found["TRNAMT"]),
        counterparty=tidy(found.get("NAME"), 200),
        counterparty_account=tidy(found.get("ACCTID"), 60),
        purpose=tidy(found.get("MEMO") or found.get("NAME"), 400),
        reference=tidy(found.get("FITID") or found.get("REFNUM"), 120),
    )


__all__ = ["read_ofx"]

"""CAMT.053 of ISO 20022, every version: entities are refused, nothing is fetched.

Source: ISO 20022 message definition BankToCustomerStatement: Stmt with Bal (OPBD, PRCD, CLBD) and Ntry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from importlib import import_module
from typing import Any

from hanse import _
from hanse_banking.reading.found import FoundLine, FoundStatement, amount_in, tidy, unreadable

_FORBIDDEN = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)


def read_camt(content: bytes) -> list[FoundStatement]:
    """Read the statements of a CAMT.053 file.

    :raises BusinessError: it is no such file
    """
    if _FORBIDDEN.search(content):
        raise unreadable(_("The file defines entities, which no bank does; it was not read."))
    etree: Any = import_module("lxml.etree")  # only where a file is read
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise unreadable(_("The file is no whole XML (%(why)s).", why=str(error)[:120])) from None
    statements = [one for one in root.iter() if _name(one) == "Stmt"]
    if not statements:
        raise unreadable(_("The XML file holds no statement of CAMT.053."))
    return [_statement(one) for one in statements]


def _name(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _all(element: Any, path: str) -> Iterator[Any]:
    """Give what stands at a path of names, in whatever version's namespace."""
    first, _slash, rest = path.partition("/")
    for child in element:
        if _name(child) == first:
            if rest:
                yield from _all(child, rest)
            else:
                yield child


def _text(element: Any, *paths: str) -> str:
    for path in paths:
        for one in _all(element, path):
            if one.text and one.text.strip():
                return str(one.text).strip()
    return ""


def _day(element: Any, *paths: str) -> date | None:
    text = _text(element, *paths)
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise unreadable(_("“%(text)s” is no day.", text=text[:40])) from None


def _amount(element: Any) -> Decimal:
    """Give an amount with its sign; a reversal says itself on which side it stands."""
    amount = amount_in(_text(element, "Amt"))
    return -amount if _text(element, "CdtDbtInd") == "DBIT" else amount


def _statement(element: Any) -> FoundStatement:
    balances: dict[str, tuple[Decimal, date | None]] = {}
    for one in _all(element, "Bal"):
        kind = _text(one, "Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry")
        balances.setdefault(kind, (_amount(one), _day(one, "Dt/Dt", "Dt/DtTm")))
    opening = balances.get("OPBD") or balances.get("PRCD")
    closing = balances.get("CLBD")
    lines = [
        line
        for row, one in enumerate(_all(element, "Ntry"), start=1)
        if _text(one, "Sts/Cd", "Sts") in ("", "BOOK")
        for line in [_line(one, row)]
    ]
    return FoundStatement(
        tuple(lines),
        number=tidy(_text(element, "Id", "ElctrncSeqNb"), 60),
        account=_text(element, "Acct/Id/IBAN", "Acct/Id/Othr/Id"),
        currency=_text(element, "Acct/Ccy"),
        start=_day(element, "FrToDt/FrDtTm", "FrToDt/FrDt") or (closing[1] if closing else None),
        end=_day(element, "FrToDt/ToDtTm", "FrToDt/ToDt") or (closing[1] if closing else None),
        opening=opening[0] if opening else None,
        closing=closing[0] if closing else None,
    )


def _line(entry: Any, row: int) -> FoundLine:
    """Read an entry; one that collects several payments stays one line, as it is one on the account."""
    day = _day(entry, "BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm")
    if day is None:
        raise unreadable(_("Entry %(row)s has no day.", row=row))
    amount = _amount(entry)
    details = list(_all(entry, "NtryDtls/TxDtls"))
    first = details[0] if len(details) == 1 else entry
    other = "Dbtr" if amount > 0 else "Cdtr"
    purposes = [
        str(one.text) for part in details for one in _all(part, "RmtInf/Ustrd") if one.text
    ]  # of all payments that the entry collects
    return FoundLine(
        row,
        day,
        amount,
        counterparty=tidy(_text(first, f"RltdPties/{other}/Pty/Nm", f"RltdPties/{other}/Nm"), 200),
        counterparty_account=tidy(
            _text(first, f"RltdPties/{other}Acct/Id/IBAN", f"RltdPties/{other}Acct/Id/Othr/Id"), 60
        ),
        purpose=tidy(" ".join(purposes) or _text(entry, "AddtlNtryInf"), 400),
        reference=tidy(
            _text(entry, "AcctSvcrRef", "NtryRef") or _text(first, "Refs/AcctSvcrRef", "Refs/EndToEndId"), 120
        ),
    )


__all__ = ["read_camt"]

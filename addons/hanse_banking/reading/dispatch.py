"""Tell what kind of file a bank has given, and read it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from hanse import _
from hanse_banking.reading.camt import read_camt
from hanse_banking.reading.found import FoundStatement, checked, unreadable
from hanse_banking.reading.mt940 import read_mt940
from hanse_banking.reading.ofx import read_ofx
from hanse_banking.reading.tables import read_table

#: Bytes of the largest file; a year of a busy account is a tenth of it.
MOST_BYTES = 50 * 2**20
_LOOKED_AT = 4096
_OFX = re.compile(rb"OFXHEADER|<OFX[\s>]", re.IGNORECASE)
_MT940 = re.compile(rb"(^|\n|\})\s*:(20|25|60[FM]):")


def read_statements(content: bytes, columns: Mapping[str, str] | None = None) -> list[FoundStatement]:
    """Read the statements in a file: CAMT.053, MT940, OFX, or a table as CSV or XLSX.

    :param columns: roles by heading, as somebody has said them for this account
    :raises BusinessError: it is none of these, is broken, or does not add up; one message says what
    """
    if not content:
        raise unreadable(_("The file is empty."))
    if len(content) > MOST_BYTES:
        raise unreadable(_("The file is too large for a statement. Export fewer days."))
    found = [checked(one) for one in _read(content, columns)]
    if not any(one.lines or one.closing is not None for one in found):
        raise unreadable(_("The file has no line of a statement."))
    return found


def _read(content: bytes, columns: Mapping[str, str] | None) -> Sequence[FoundStatement]:
    start = content[:_LOOKED_AT]
    if _OFX.search(start):
        return read_ofx(content)
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return read_camt(content)
    if _MT940.search(start) and b":6" in content:
        return read_mt940(content)
    return [read_table(content, columns)]


__all__ = ["MOST_BYTES", "read_statements"]

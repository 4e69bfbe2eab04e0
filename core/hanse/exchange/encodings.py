"""How the bytes of a CSV file are to be read: its encoding and what separates its columns."""

from __future__ import annotations

import codecs
import csv
import re
from typing import BinaryIO

from hanse.errors import BusinessError
from hanse.i18n import _

_PIECE = 2**20
_SAMPLE = 2**16
_SEPARATORS = (",", ";", "\t", "|")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_PAIRS = re.compile(rb"[\x81-\xfe][\x40-\xfe]")
#: The 3,755 everyday characters and the punctuation of GB 2312, as pairs of bytes.
_EVERYDAY = re.compile(rb"[\xa1-\xa3\xb0-\xd7][\xa1-\xfe]")


def encoding_of(file: BinaryIO) -> str:
    """Tell how a file of text is encoded: UTF-8, UTF-16 with its mark, GB18030, or Western European.

    Every byte is looked at, because one Chinese name in the last row decides as much as one in the first.

    :raises BusinessError: it is no text
    """
    file.seek(0)
    start = file.read(_SAMPLE)
    for mark, name in _BOMS:
        if start.startswith(mark):
            return name
    if _CONTROLS.search(start):
        raise _no_table()
    for name in ("utf-8", "gb18030"):
        if _decodes(file, name) and (name == "utf-8" or _looks_chinese(file) or not _decodes(file, "cp1252")):
            return name
    if _decodes(file, "cp1252"):
        return "cp1252"
    raise _no_table()


def _no_table() -> BusinessError:
    return BusinessError(
        _("This is no table that can be read. Save it as CSV (UTF-8) or as XLSX, then upload it again."), field="file"
    )


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while piece := file.read(_PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _looks_chinese(file: BinaryIO) -> bool:
    """Tell Chinese from Western letters that happen to be valid GB18030 (Müller would become M黮ler)."""
    file.seek(0)
    pairs = everyday = 0
    while piece := file.read(_PIECE):
        pairs += len(_PAIRS.findall(piece))
        everyday += len(_EVERYDAY.findall(piece))
    return everyday * 10 >= pairs * 7


def separator_of(sample: str) -> str:
    """Tell what separates columns: what splits the first lines into the most columns, the same number in most."""

    def score(separator: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(sample.splitlines()[:30], delimiter=separator) if any(row)]
        usual = max(set(widths), key=widths.count) if widths else 1
        return (widths.count(usual) if usual > 1 else 0, usual)

    return max(_SEPARATORS, key=score)


__all__ = ["encoding_of", "separator_of"]

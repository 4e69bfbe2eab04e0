"""Write a file of the interface, a record at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import IO, Any, Final
from xml.sax.saxutils import escape

from hanse_cn.gbt24589.interface import Element, Interface, InterfaceFile, Section

#: Signs that XML 1.0 has no way to write.
_IMPOSSIBLE: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TOLD_EVERY: Final = 500

Row = Mapping[str, Any]
#: Gives the records of a section; None: nothing brings them.
Source = Callable[[str], Iterable[Row] | None]


def write_file(
    edition: Interface,
    file: InterfaceFile,
    source: Source,
    out: IO[bytes],
    *,
    progress: Callable[[int], None] | None = None,
) -> dict[str, int]:
    """Write a file; give the number of records of each section.

    :param source: gives the records of a section by the name of its source; each has all its fields but sparse ones
    :param progress: told how many records are written
    :raises LookupError: nothing brings a section that does not wait, or a record lacks a field
    """
    counts: dict[str, int] = {}
    written = 0
    encoding = edition.encoding
    out.write(f'<?xml version="1.0" encoding="{encoding}"?>\n<{file.element}>\n'.encode(encoding))
    for section in file.sections:
        rows = source(section.source)
        if rows is None:
            if not section.waits:
                raise LookupError(f"nothing brings {section.source} for {section.name}")
            continue
        counts[section.name] = 0
        record = _Record(edition, section)
        for row in rows:
            out.write(record.text(row).encode(encoding, "xmlcharrefreplace"))
            counts[section.name] += 1
            written += 1
            if progress is not None and not written % _TOLD_EVERY:
                progress(written)
    out.write(f"</{file.element}>\n".encode(encoding))
    return counts


class _Record:
    """Writes records of a section; what is the same in each is put together once."""

    def __init__(self, edition: Interface, section: Section) -> None:
        self._text = edition.text
        self._before, self._after = f"<{section.name}>", f"</{section.name}>\n"
        self._elements = [(one, f"<{one.name}>", f"</{one.name}>", f"<{one.name}/>") for one in section.elements]

    def text(self, row: Row) -> str:
        """Write a record."""
        parts = [self._before]
        for element, before, after, empty in self._elements:
            written = self._value(element, row)
            if written:
                parts += (before, escape(_IMPOSSIBLE.sub("", written)), after)
            else:
                parts.append(empty)
        parts.append(self._after)
        return "".join(parts)

    def _value(self, element: Element, row: Row) -> str:
        if not element.field:
            return ""
        return self._text(row.get(element.field) if element.sparse else row[element.field])

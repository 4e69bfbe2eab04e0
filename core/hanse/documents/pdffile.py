"""A PDF file written from front to back: what is written is not kept, so memory does not grow with pages.

Only what a stamped document needs: objects, compressed streams, a page tree, an outline, PDF/A metadata, and copies of
objects out of another PDF.  Source: ISO 32000-1 (7.5 file structure), ISO 19005-2 (PDF/A-2).
"""

import zlib
from array import array
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import BinaryIO, Final
from xml.sax.saxutils import escape

import pikepdf

PRODUCER: Final = "Hanse"
_PAGES_A_NODE: Final = 64


def text_string(text: str) -> str:
    """Return a text as a PDF hexadecimal string in UTF-16BE."""
    return f"<FEFF{text.encode('utf-16-be').hex().upper()}>"


def pdf_date(moment: datetime) -> str:
    """Return a moment as a PDF date: ``(D:20250131093000+08'00')``."""
    offset = moment.strftime("%z") or "+0000"
    return f"(D:{moment:%Y%m%d%H%M%S}{offset[:3]}'{offset[3:5]}')"


@dataclass(slots=True)
class _Heading:
    """A node of the outline: its children by title, and the place it leads to."""

    place: str
    children: dict[str, "_Heading"] = field(default_factory=dict[str, "_Heading"])


class PdfFile:
    """Writes numbered objects in any order and the cross-reference table at the end."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._position = 0
        self._offsets = array("Q", [0])
        self._digest = sha256()
        self._nodes: list[int] = []
        self._kids: list[list[int]] = []
        self._outline = _Heading("")
        self.pages = 0
        self._put(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")

    def _put(self, content: bytes) -> None:
        self._out.write(content)
        self._digest.update(content)
        self._position += len(content)

    def reserve(self) -> int:
        """Return the number of an object to be written later."""
        self._offsets.append(0)
        return len(self._offsets) - 1

    def add(self, body: str | bytes, number: int | None = None) -> int:
        """Write an object and return its number."""
        number = self.reserve() if number is None else number
        self._offsets[number] = self._position
        content = body.encode("latin-1") if isinstance(body, str) else body
        self._put(b"%d 0 obj\n%b\nendobj\n" % (number, content))
        return number

    def add_stream(self, content: bytes, entries: str = "", *, compress: bool = True, number: int | None = None) -> int:
        """Write a stream and return its number; ``entries`` are further entries of its dictionary."""
        if compress:
            content = zlib.compress(content, 6)
            entries += "/Filter/FlateDecode"
        head = f"<<{entries}/Length {len(content)}>>\nstream\n".encode("latin-1")
        return self.add(head + content + b"\nendstream", number)

    def add_page(self, width: float, height: float, content: bytes, resources: int) -> int:
        """Write a page of ``width`` x ``height`` points and return its number."""
        if self.pages % _PAGES_A_NODE == 0:
            self._nodes.append(self.reserve())
            self._kids.append([])
        contents = self.add_stream(content)
        page = self.add(
            f"<</Type/Page/Parent {self._nodes[-1]} 0 R/MediaBox[0 0 {width:.2f} {height:.2f}]"
            f"/Resources {resources} 0 R/Contents {contents} 0 R>>"
        )
        self._kids[-1].append(page)
        self.pages += 1
        return page

    def add_bookmark(self, path: tuple[str, ...], page: int, top: float) -> None:
        """Make an entry of the outline lead to a place on a page; its headings lead to their first entry."""
        place = f"[{page} 0 R/XYZ 0 {top:.2f} null]"
        node = self._outline
        for title in path:
            node = node.children.setdefault(title, _Heading(place))

    def _write_outline(self, node: _Heading, number: int, parent: int) -> tuple[int, int]:
        """Write the children of a heading and return the numbers of the first and last one."""
        numbers = [self.reserve() for _ in node.children]
        for index, (title, child) in enumerate(node.children.items()):
            links = f"/Parent {number} 0 R"
            if index:
                links += f"/Prev {numbers[index - 1]} 0 R"
            if index + 1 < len(numbers):
                links += f"/Next {numbers[index + 1]} 0 R"
            if child.children:
                first, last = self._write_outline(child, numbers[index], number)
                links += f"/First {first} 0 R/Last {last} 0 R/Count -{len(child.children)}"
            self.add(f"<</Title {text_string(title)}/Dest {child.place}{links}>>", numbers[index])
        return numbers[0], numbers[-1]

    def _outline_entry(self) -> str:
        if not self._outline.children:
            return ""
        root = self.reserve()
        first, last = self._write_outline(self._outline, root, 0)
        count = len(self._outline.children)
        self.add(f"<</Type/Outlines/First {first} 0 R/Last {last} 0 R/Count {count}>>", root)
        return f"/Outlines {root} 0 R/PageMode/UseOutlines"

    def _page_tree(self) -> int:
        root = self.reserve()
        for node, kids in zip(self._nodes, self._kids, strict=True):
            self.add(f"<</Type/Pages/Parent {root} 0 R/Count {len(kids)}/Kids[{_references(kids)}]>>", node)
        return self.add(f"<</Type/Pages/Count {self.pages}/Kids[{_references(self._nodes)}]>>", root)

    def finish(self, *, title: str, language: str, created: datetime, output_intent: str) -> None:
        """Write everything that comes last; ``output_intent`` is the text of the array of output intents."""
        metadata = self.add_stream(_xmp(title, created), "/Type/Metadata/Subtype/XML", compress=False)
        catalog = self.add(
            f"<</Type/Catalog/Pages {self._page_tree()} 0 R/Metadata {metadata} 0 R/OutputIntents {output_intent}"
            f"/Lang {text_string(language)}/ViewerPreferences<</DisplayDocTitle true>>{self._outline_entry()}>>"
        )
        info = self.add(
            f"<</Title {text_string(title)}/Producer {text_string(PRODUCER)}"
            f"/CreationDate {pdf_date(created)}/ModDate {pdf_date(created)}>>"
        )
        identifier = self._digest.hexdigest()[:32]
        start = self._position
        self._put(b"xref\n0 %d\n0000000000 65535 f \n" % len(self._offsets))
        for offset in self._offsets[1:]:
            self._put(b"%010d 00000 n \n" % offset)
        trailer = f"/Size {len(self._offsets)}/Root {catalog} 0 R/Info {info} 0 R/ID[<{identifier}><{identifier}>]"
        self._put(f"trailer\n<<{trailer}>>\nstartxref\n{start}\n%%EOF\n".encode("latin-1"))


class Copier:
    """Copies objects of one other PDF into a file, each indirect object once."""

    def __init__(self, file: PdfFile) -> None:
        self._file = file
        self._numbers: dict[tuple[int, int], int] = {}

    def text(self, value: object) -> str:
        """Return a value as PDF text, after writing the indirect objects it needs."""
        if isinstance(value, pikepdf.Object) and value.is_indirect:
            return self._reference(value)
        return self._direct(value)

    def _reference(self, source: pikepdf.Object) -> str:
        number = self._numbers.get(source.objgen)
        if number is None:
            number = self._numbers[source.objgen] = self._file.reserve()
            if isinstance(source, pikepdf.Stream):
                self._file.add(self._stream(source), number)
            else:
                self._file.add(self._direct(source), number)
        return f"{number} 0 R"

    def _stream(self, source: pikepdf.Stream) -> bytes:
        content = source.read_raw_bytes()
        entries = "".join(
            f"{pikepdf.Name(key).unparse().decode()} {self.text(value)}"
            for key, value in source.stream_dict.items()
            if key != "/Length"
        )
        head = f"<<{entries}/Length {len(content)}>>\nstream\n"
        return head.encode("latin-1") + content + b"\nendstream"

    def _direct(self, value: object) -> str:
        match value:
            case None:
                return "null"
            case bool():
                return "true" if value else "false"
            case int() | Decimal() | float():
                return format(value, "f") if isinstance(value, (Decimal, float)) else str(value)
            case pikepdf.Dictionary():
                pairs = (f"{pikepdf.Name(key).unparse().decode()} {self.text(item)}" for key, item in value.items())
                return f"<<{''.join(pairs)}>>"
            case pikepdf.Array():
                return f"[{' '.join(self.text(item) for item in value)}]"
            case pikepdf.Object():
                return value.unparse().decode("latin-1")
            case _:
                raise TypeError(f"{type(value).__name__} is no PDF object")


def _references(numbers: list[int]) -> str:
    return " ".join(f"{number} 0 R" for number in numbers)


def _xmp(title: str, created: datetime) -> bytes:
    """Return the XMP packet that declares PDF/A-2u (ISO 19005-2, 6.6.4)."""
    moment = created.isoformat(timespec="seconds")
    if created.utcoffset() is None:
        moment += "+00:00"
    packet = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<pdfaid:part>2</pdfaid:part><pdfaid:conformance>U</pdfaid:conformance>
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(title)}</rdf:li></rdf:Alt></dc:title>
<xmp:CreateDate>{moment}</xmp:CreateDate><xmp:ModifyDate>{moment}</xmp:ModifyDate>
<pdf:Producer>{PRODUCER}</pdf:Producer>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""
    return packet.encode()

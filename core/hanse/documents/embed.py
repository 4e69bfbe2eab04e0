"""The fonts of one PDF: which characters each font draws, and one HarfBuzz subset for each at the end.

Every character gets a code (CID) of its own in the order of first use.  The code leads to the glyph through
CIDToGIDMap and to the character through ToUnicode, so two characters that share a glyph are still told apart when text
is searched or copied, and a box drawn for a missing character is still read as that character.
"""

import struct
from collections.abc import Iterator
from hashlib import sha256
from itertools import groupby
from typing import Final

from hanse.documents.fonts import Role
from hanse.documents.pdffile import PdfFile
from hanse.documents.typeset import Face, Shape, harfbuzz, stack_of

_TABLES_NOT_NEEDED: Final = ("GSUB", "GPOS", "GDEF", "BASE", "vhea", "vmtx", "name", "post", "OS/2", "cmap")


class _EmbeddedFont:
    """One font of the file: its characters in the order of their codes."""

    def __init__(self, name: str, face: Face) -> None:
        self.name = name
        self.face = face
        self.characters: list[str] = []
        self.shapes: list[Shape] = []

    def code(self, character: str, shape: Shape) -> str:
        """Give a character the next code and return it as four hexadecimal digits; code 0 stays .notdef."""
        self.characters.append(character)
        self.shapes.append(shape)
        return f"{len(self.characters):04X}"

    def write(self, file: PdfFile) -> int:
        program, new_glyphs = self._subset()
        base = f"{_tag(program)}+{self.face.path.stem.replace('_', '-')}"
        font_file = file.add_stream(program, f"/Length1 {len(program)}")
        glyphs = struct.pack(f">{len(self.shapes) + 1}H", 0, *(new_glyphs[shape.glyph] for shape in self.shapes))
        to_glyph = file.add_stream(glyphs)
        widths = " ".join(f"{shape.advance * 1000:g}" for shape in self.shapes)
        descriptor = file.add(self._descriptor(base, font_file))
        descendant = file.add(
            f"<</Type/Font/Subtype/CIDFontType2/BaseFont/{base}/FontDescriptor {descriptor} 0 R/DW 1000/W[1[{widths}]]"
            f"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/CIDToGIDMap {to_glyph} 0 R>>"
        )
        to_unicode = file.add_stream(_to_unicode(self.characters))
        return file.add(
            f"<</Type/Font/Subtype/Type0/BaseFont/{base}/Encoding/Identity-H"
            f"/DescendantFonts[{descendant} 0 R]/ToUnicode {to_unicode} 0 R>>"
        )

    def _subset(self) -> tuple[bytes, dict[int, int]]:
        """Return the font with our glyphs only, and the new glyph ids by the old ones."""
        hb = harfbuzz()
        wanted = hb.SubsetInput()
        wanted.glyph_set.update({shape.glyph for shape in self.shapes})
        wanted.drop_table_tag_set.update(int.from_bytes(tag.encode(), "big") for tag in _TABLES_NOT_NEEDED)
        wanted.flags = hb.SubsetFlags.NO_LAYOUT_CLOSURE | hb.SubsetFlags.NO_HINTING
        plan = hb.SubsetPlan(self.face.face, wanted)
        return plan.execute().blob.data, dict(plan.old_to_new_glyph_mapping)

    def _descriptor(self, base: str, font_file: int) -> str:
        face = self.face
        scale = 1000 / face.units_per_em
        head: bytes = face.face.reference_table("head").data
        box = " ".join(f"{edge * scale:.0f}" for edge in struct.unpack(">4h", head[36:44]))
        return (
            f"<</Type/FontDescriptor/FontName/{base}/Flags 4/FontBBox[{box}]/ItalicAngle 0/StemV 80"
            f"/Ascent {face.ascent * 1000:.0f}/Descent {-face.descent * 1000:.0f}/CapHeight 730"
            f"/FontFile2 {font_file} 0 R>>"
        )


class EmbeddedFonts:
    """All fonts of a file, and the characters none of them has."""

    def __init__(self) -> None:
        self.missing: set[str] = set()
        self._fonts: dict[Face, _EmbeddedFont] = {}
        self._codes: dict[Role, dict[str, tuple[str, str]]] = {}
        self._by_face: dict[tuple[Face, str], tuple[str, str]] = {}

    def runs(self, role: Role, text: str) -> list[tuple[str, str]]:
        """Return a text as (resource name of a font, codes in hexadecimal), in the order of reading."""
        known = self._codes.setdefault(role, {})
        coded = [known.get(character) or self._add(role, known, character) for character in text]
        return [(name, "".join(code for _, code in run)) for name, run in groupby(coded, key=lambda pair: pair[0])]

    def _add(self, role: Role, known: dict[str, tuple[str, str]], character: str) -> tuple[str, str]:
        shape = stack_of(role).shape(character)
        if shape.missing:
            self.missing.add(character)
        key = (shape.face, character)
        if key not in self._by_face:
            font = self._fonts.setdefault(shape.face, _EmbeddedFont(f"F{len(self._fonts)}", shape.face))
            self._by_face[key] = (font.name, font.code(character, shape))
        known[character] = self._by_face[key]
        return known[character]

    def write(self, file: PdfFile) -> Iterator[tuple[str, int]]:
        """Write the fonts and yield their resource names and object numbers."""
        for font in self._fonts.values():
            yield font.name, font.write(file)


def _tag(program: bytes) -> str:
    """Return the six capitals that mark a subset (ISO 32000-1, 9.6.4)."""
    return "".join(chr(65 + byte % 26) for byte in sha256(program).digest()[:6])


def _to_unicode(characters: list[str]) -> bytes:
    lines = ["/CIDInit/ProcSet findresource begin 12 dict begin begincmap"]
    lines.append("/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def/CMapName/Adobe-Identity-UCS def")
    lines.append("/CMapType 2 def 1 begincodespacerange<0000><FFFF>endcodespacerange")
    codes = list(enumerate(characters, start=1))
    for start in range(0, len(codes), 100):  # itertools.batched needs Python 3.12
        chunk = codes[start : start + 100]
        lines.append(f"{len(chunk)} beginbfchar")
        lines.extend(f"<{code:04X}><{character.encode('utf-16-be').hex().upper()}>" for code, character in chunk)
        lines.append("endbfchar")
    lines.append("endcmap CMapName currentdict/CMap defineresource pop end end")
    return "\n".join(lines).encode("ascii")

"""What bulk printing may rely on: stamped pages look as WeasyPrint draws them, are readable, and hide nothing."""

import io
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pikepdf
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from PIL import ImageChops

from hanse.documents import DocumentError, reference, weasy
from hanse.documents.fonts import font_directory
from hanse.documents.stamp import RED, Cells, Fill, Placement, Rule, Stamper, Text, template

WIDTH, HEIGHT = 100.0, 60.0
FORM = "<p style='left:5mm;top:2mm;font:12pt Noto Serif SC'>表头 form</p>"
NOON = datetime(2025, 1, 31, 12, 0, tzinfo=UTC)


def form():
    html = reference.page(WIDTH, HEIGHT, [FORM])
    return template(("test", FORM), HEIGHT, lambda: weasy.render(html, variant="pdf/a-2u"))


def stamp(*pages, bookmarks=(), created=NOON):
    """Stamp pages of fields on the form and return the PDF and the report."""
    out = io.BytesIO()
    stamper = Stamper(out, title="测试 <1>", language="zh-CN", created=created)
    for index, fields in enumerate(pages):
        bookmark = bookmarks[index] if bookmarks else ()
        stamper.page(WIDTH, HEIGHT, [Placement(form(), fields, bookmark=bookmark)])
    report = stamper.close()
    return out.getvalue(), report


ALL_KINDS = [
    Text(5, 15, "左对齐的文字 left", size=10),
    Text(95, 15, "右 right 12.50", size=10, align="right"),
    Text(50, 22, "居中红字", size=11, align="centre", colour=RED, font="serif-bold"),
    Text(5, 32, "一段需要换行才能放下的比较长的摘要文字", size=9, width=30, max_lines=2, font="sans"),
    Cells(50, 32, "￥123456", 4, 11, "￥1,234.56"),
    Cells(50, 40, "7890", 4, 11, "-78.90", colour=RED),
    Fill(20, 45, 10, 5, (0.2, 0.4, 0.8)),
    Rule(5, 55, 95, 45, width=0.4),
]


def unlike(one, other) -> float:
    """Return the share of pixels that differ by more than a third of the range: antialiasing does not count."""
    difference = ImageChops.difference(one.convert("L"), other.convert("L"))
    return sum(difference.histogram()[85:]) / (difference.width * difference.height)


def test_a_stamped_page_looks_as_weasyprint_draws_it(picture_of):
    stamped, _ = stamp(ALL_KINDS)
    drawn = weasy.render(reference.page(WIDTH, HEIGHT, [FORM + "".join(map(reference.field_html, ALL_KINDS))]))
    assert unlike(*(picture_of(pdf) for pdf in (stamped, drawn))) < 0.002


def test_text_is_read_as_it_was_written(text_of):
    pdf, report = stamp(ALL_KINDS)
    text = text_of(pdf)[0]
    for field in ALL_KINDS:
        if isinstance(field, Text):
            assert field.text in text
    assert "￥1,234.56" in text
    assert "-78.90" in text
    assert report.missing_characters == ()


@pytest.fixture
def rare_font(tmp_path, monkeypatch) -> Path:
    """Put a font that has nothing but 𠮷 (CJK extension B), a solid square, beside the fonts of the installation."""
    for path in font_directory().rglob("*.ttf"):
        (tmp_path / path.name).symlink_to(path)
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, 800), (900, 800), (900, 0)):
        pen.lineTo(corner)
    pen.closePath()
    font = FontBuilder(1000)
    font.setupGlyphOrder([".notdef", "square"])
    font.setupCharacterMap({0x20BB7: "square"})
    font.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "square": pen.glyph()})
    font.setupHorizontalMetrics({".notdef": (500, 0), "square": (1000, 0)})
    font.setupHorizontalHeader(ascent=880, descent=-120)
    font.setupNameTable({"familyName": "Rare", "styleName": "Regular"})
    font.setupOS2()
    font.setupPost()
    font.save(tmp_path / "000-Rare.ttf")
    monkeypatch.setenv("HANSE_FONTS", str(tmp_path))
    return tmp_path


def test_a_rare_character_comes_from_a_fallback_font_and_is_read_as_itself(rare_font, picture_of, text_of):
    pdf, report = stamp([Text(10, 30, "𠮷", size=40), Text(50, 30, "姓𠮷名")])
    assert report.missing_characters == ()
    assert picture_of(pdf).crop((48, 105, 85, 130)).getcolors() == [(37 * 25, (0, 0, 0))]
    assert "姓𠮷名" in text_of(pdf)[0]


def test_a_character_no_font_has_is_a_visible_box_and_is_reported(picture_of, text_of):
    missing = "\U00016f00"
    pdf, report = stamp([Text(10, 30, missing, size=40)])
    box, _ = stamp([Text(10, 30, "□", size=40)])
    assert report.missing_characters == (missing,)
    assert ImageChops.difference(picture_of(pdf), picture_of(box)).getbbox() is None
    assert missing in text_of(pdf)[0]


def test_a_text_that_cannot_fit_is_reported_and_still_read_whole(text_of):
    long = "非常长的说明文字" * 12
    pdf, report = stamp([Text(5, 30, long, width=20, max_lines=2, min_size=6)])
    assert report.truncated == (long,)
    assert long in text_of(pdf)[0]


def test_the_outline_groups_pages_by_their_headings(outline_of):
    paths = [("2025-01", "记", "记-1"), ("2025-01", "转", "转-1"), ("2025-02", "记", "记-1"), ("2025-01", "记", "记-2")]
    pdf, _ = stamp(*([] for _ in paths), bookmarks=paths)
    assert outline_of(pdf) == [
        (0, "2025-01", 0),
        (1, "记", 0),
        (2, "记-1", 0),
        (2, "记-2", 3),
        (1, "转", 1),
        (2, "转-1", 1),
        (0, "2025-02", 2),
        (1, "记", 2),
        (2, "记-1", 2),
    ]


def fonts_in(document: pikepdf.Pdf) -> list[pikepdf.Object]:
    return [one for one in document.objects if isinstance(one, pikepdf.Dictionary) and one.get("/Type") == "/Font"]


def test_the_file_has_what_an_archive_asks_for():
    """The rules of ISO 19005-2 that can be seen in the structure: 6.1.3 ID, 6.2.3 output intent, 6.2.11.4 embedded
    fonts, 6.2.11.7 unicode, 6.6.2 metadata; and no transparency, no encryption, no scripts."""
    pdf, _ = stamp(ALL_KINDS, created=datetime(2025, 1, 31, 20, 0, tzinfo=timezone(timedelta(hours=8))))
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert document.check_pdf_syntax() == []
        assert document.trailer.ID[0] == document.trailer.ID[1]
        (intent,) = document.Root.OutputIntents
        assert intent.S == "/GTS_PDFA1"
        assert intent.DestOutputProfile.N == 3
        metadata = document.open_metadata()
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "U")
        assert metadata["dc:title"] == str(document.docinfo["/Title"]) == "测试 <1>"
        assert metadata["xmp:CreateDate"] == "2025-01-31T20:00:00+08:00"
        assert str(document.docinfo["/CreationDate"]) == "D:20250131200000+08'00'"
        for font in fonts_in(document):
            if font.Subtype == "/Type0":
                assert "/ToUnicode" in font
            else:
                assert {"/FontFile2", "/FontFile3"} & set(font.FontDescriptor.keys())
        names = {key for one in document.objects if isinstance(one, pikepdf.Dictionary) for key in one}
        assert not names & {"/SMask", "/JavaScript", "/AA", "/OpenAction", "/Encrypt"}


def test_the_widths_in_the_file_are_those_of_the_embedded_fonts():
    from fontTools.ttLib import TTFont

    pdf, _ = stamp(ALL_KINDS)
    with pikepdf.open(io.BytesIO(pdf)) as document:
        ours = [font for font in fonts_in(document) if isinstance(font.get("/CIDToGIDMap"), pikepdf.Stream)]
        assert len(ours) >= 3
        for font in ours:
            program = TTFont(io.BytesIO(font.FontDescriptor.FontFile2.read_bytes()))
            glyphs = font.CIDToGIDMap.read_bytes()
            for code, width in enumerate(font.W[1], start=1):
                glyph = program.getGlyphName(int.from_bytes(glyphs[2 * code : 2 * code + 2], "big"))
                assert glyph != ".notdef"
                assert abs(program["hmtx"][glyph][0] * 1000 / program["head"].unitsPerEm - float(width)) < 1


def test_the_same_pages_make_the_same_file():
    assert stamp(ALL_KINDS)[0] == stamp(ALL_KINDS)[0]


def test_a_form_and_a_font_are_in_the_file_once_however_many_pages():
    one, ten = (len(stamp(*[ALL_KINDS] * count)[0]) for count in (1, 10))
    assert ten - one < 9 * 2_000


def test_it_writes_front_to_back_into_anything():
    class Pipe(io.RawIOBase):
        def __init__(self):
            self.parts = []

        def writable(self):
            return True

        def write(self, part):
            self.parts.append(bytes(part))
            return len(part)

    pipe = Pipe()
    stamper = Stamper(pipe, title="t", language="en", created=NOON)
    stamper.page(WIDTH, HEIGHT, [Placement(form(), ALL_KINDS)])
    written_before_close = len(pipe.parts)
    stamper.close()
    assert written_before_close > 1
    assert b"".join(pipe.parts) == stamp_in_english()


def stamp_in_english() -> bytes:
    out = io.BytesIO()
    stamper = Stamper(out, title="t", language="en", created=NOON)
    stamper.page(WIDTH, HEIGHT, [Placement(form(), ALL_KINDS)])
    stamper.close()
    return out.getvalue()


def test_a_figure_too_long_for_its_cells_is_an_error_of_the_caller():
    with pytest.raises(ValueError, match="does not fit into 3 cells"):
        Cells(0, 0, "1234", 4, 3, "12.34")


def test_nothing_to_print_is_said():
    with pytest.raises(DocumentError, match="nothing to print"):
        Stamper(io.BytesIO(), title="t", language="en", created=NOON).close()

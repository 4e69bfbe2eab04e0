"""What may be relied on: every document has the letterhead and the seal that the company wants on it."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageDraw

from hanse import BusinessError
from hanse.actions import Context, find_action
from hanse.documents import weasy
from hanse.documents.stamp import Placement, Stamper, template
from hanse.documents.weasy import Resource
from hanse.exchange.report_files import REPORT_PAPER, write_pdf
from hanse.files import FileStore
from hanse.i18n import speaking
from hanse.models import Kind, StoredFile
from hanse.paper import Letterhead, PaperKind, Seal, paper_kinds
from hanse.paper.heads import STYLE
from hanse.paper.models import PaperSettings
from hanse.paper.pictures import logo, seal
from hanse.paper.reading import letterhead
from hanse.screens import Given, Report, ReportColumn, ReportRow
from hanse.settings.changing import change_settings

KIND = PaperKind("test.letter", "Letters", "hanse")
FORM = PaperKind("test.form", "Forms", "hanse", head="name", official=True)
ADDRESS = {
    "name": "Hansa",
    "legal_name": "Hansa <Trading> Ltd",
    "address": "Harbour 1\n  20457 Hamburg ",
    "phone": "+49 40 1",
    "tax_id": "91310000MA1K00000X",
    "bank": "Bank of China 4512",
}
RED = (200, 20, 30)
NOON = datetime(2025, 2, 1, 12, tzinfo=UTC)


def act(name: str) -> Any:
    found = find_action(name)
    assert found is not None
    return found


def png(size: int = 200, *, ground: Any = (255, 255, 255), mode: str = "RGB") -> bytes:
    """A red ring on white paper, as a scanner gives it."""
    picture = Image.new(mode, (size, size), ground)
    ImageDraw.Draw(picture).ellipse((10, 10, size - 10, size - 10), outline=RED, width=8)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def svg(inside: str = "<circle cx='50' cy='50' r='40' fill='none' stroke='#c8141e' stroke-width='5'/>") -> bytes:
    return f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 100'>{inside}</svg>".encode()


@pytest.fixture
def company(ctx: Context) -> Context:
    """A company with everything that a letterhead may show."""
    ctx.run(act("core.company.update"), [ctx.company.id], values=ADDRESS)
    return ctx


def with_seal(
    ctx: Context, files: FileStore, kind: PaperKind, content: bytes, name: str = "seal.png", **more: Any
) -> None:
    """Upload a seal, and put it on a kind of document."""
    from hanse.files.uploads import note

    stored = StoredFile.of(files.store(content), len(content), name)
    note(ctx.session, ctx.user.id, stored, ctx.now)
    made = ctx.run(act("core.seal.create"), values=[{"name": "Seal", "picture": stored, "width": "30"}]).id
    ctx.run(act("core.paper.create"), values=[{"kind": kind.name, "seal": made, **more}])


# --- what stands on it ------------------------------------------------------------------------------------------------


def test_a_letterhead_is_name_address_phone_tax_number_and_bank(company, files):
    head = letterhead(company, files, KIND)
    assert head.name == "Hansa <Trading> Ltd"
    assert head.lines == (
        "Harbour 1",
        "20457 Hamburg",
        "+49 40 1",
        "Tax number 91310000MA1K00000X",
        "Bank of China 4512",
    )
    assert (head.logo, head.seal) == (None, None)
    with speaking("zh_CN"):
        assert "税号 91310000MA1K00000X" in letterhead(company, files, KIND).lines


def test_tax_number_and_bank_are_left_out_where_the_company_wants_that(company, files):
    change_settings(company, PaperSettings, {"tax_number": False, "bank": False})
    assert letterhead(company, files, KIND).lines == ("Harbour 1", "20457 Hamburg", "+49 40 1")


@pytest.mark.parametrize(("head", "lines"), [("full", 5), ("name", 0), ("none", 0)])
def test_a_company_says_how_much_stands_on_a_kind_of_document(company, files, head, lines):
    company.run(act("core.paper.create"), values=[{"kind": KIND.name, "head": head}])
    found = letterhead(company, files, KIND)
    assert (found.head, len(found.lines)) == (head, lines)
    assert ("Hansa" in found.html()) == (head != "none")


def test_nobody_puts_a_letterhead_on_a_form_that_is_laid_down_but_a_seal(company, files):
    with_seal(company, files, FORM, png(), head="full")
    found = letterhead(company, files, FORM)
    assert (found.head, found.lines) == ("name", ())
    assert found.seal is not None


def test_what_a_company_types_is_escaped(company, files):
    html = letterhead(company, files, KIND).html()
    assert "Hansa &lt;Trading&gt; Ltd" in html


def test_each_kind_of_document_is_set_once(company):
    company.run(act("core.paper.create"), values=[{"kind": KIND.name}])
    with pytest.raises(BusinessError, match="already"):
        company.run(act("core.paper.create"), values=[{"kind": KIND.name}])


def test_every_kind_of_document_that_is_printed_can_be_set(ctx):
    names = {kind.name for kind in paper_kinds(ctx.enabled)}
    assert {"core.report", "finance.voucher", "finance.statement"} <= names


# --- pictures ---------------------------------------------------------------------------------------------------------


def test_white_paper_around_a_scanned_seal_becomes_clear_and_over_white_it_looks_as_before(files):
    found = seal(files, files.store(png()))
    assert found is not None
    drawn = Image.open(io.BytesIO(found.content)).convert("RGBA")
    assert drawn.getpixel((100, 100))[3] == 0
    assert drawn.getpixel((2, 2))[3] == 0
    over = Image.alpha_composite(Image.new("RGBA", drawn.size, "white"), drawn).getpixel((14, 100))
    assert all(abs(now - was) <= 6 for now, was in zip(over, RED, strict=False))


def test_a_seal_that_is_clear_already_stays_as_it_is(files):
    found = seal(files, files.store(png(ground=(0, 0, 0, 0), mode="RGBA")))
    drawn = Image.open(io.BytesIO(found.content)).convert("RGBA")
    assert (drawn.getpixel((100, 100))[3], drawn.getpixel((14, 100))) == (0, (*RED, 255))


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n and no more",
        png(3000),
        svg("<script>alert(1)</script>"),
        b"PK\x03\x04 an archive",
        b"\x89PNG\r\n\x1a\n" + bytes(3 * 2**20),
    ],
    ids=["broken", "nine million pixels", "script", "archive", "three megabytes"],
)
def test_what_cannot_be_drawn_is_left_out_and_logged_for_books_must_be_printable(content, files, caplog):
    assert logo(files, files.store(content)) is None
    assert seal(files, files.store(content)) is None
    assert "is left out" in caplog.text


def test_a_logo_that_is_no_longer_stored_stops_no_print(files):
    assert logo(files, "0" * 64) is None
    assert logo(None, "0" * 64) is None


@pytest.mark.parametrize("name", ["seal.jpg", "seal.pdf"])
def test_a_seal_is_png_or_svg(company, files, name):
    with pytest.raises(BusinessError, match="PNG picture or an SVG drawing"):
        with_seal(company, files, KIND, png(), name)


# --- on paper ---------------------------------------------------------------------------------------------------------


def pages_of(pdf: bytes) -> list[tuple[str, Image.Image]]:
    with pypdfium2.PdfDocument(pdf) as document:
        return [(page.get_textpage().get_text_bounded(), page.render(scale=2).to_pil()) for page in document]


def reds(picture: Image.Image) -> int:
    return sum(
        count for count, (red, green, blue) in picture.getcolors(1 << 22) if red > 150 and max(green, blue) < 120
    )


def report(ctx: Context, files: FileStore | None) -> bytes:
    out = io.BytesIO()
    columns = [ReportColumn("name", "Name", small="title"), ReportColumn("sum", "Sum", Kind.MONEY)]
    rows = [ReportRow([f"Row {number}", Decimal(number)]) for number in range(60)]
    shown = Report.__new__(Report)
    object.__setattr__(shown, "title", "A report")
    object.__setattr__(shown, "parameters", [])
    write_pdf(ctx, shown, Given({}), columns, rows, out, files=files)
    return out.getvalue()


def test_reports_have_the_letterhead_on_every_page_and_the_seal_on_the_first(company, files):
    with_seal(company, files, REPORT_PAPER, png())
    first, second = pages_of(report(company, files))
    for text, _picture in (first, second):
        assert "20457 Hamburg" in text
        assert "Company: Hansa <Trading> Ltd" in text
    assert (reds(first[1]) > 500, reds(second[1])) == (True, 0)


def test_a_report_with_letterhead_and_seal_stays_an_archive(company, files):
    with_seal(company, files, REPORT_PAPER, svg(), "seal.svg")
    with pikepdf.open(io.BytesIO(report(company, files))) as document:
        assert document.check_pdf_syntax() == []
        assert document.open_metadata()["pdfaid:part"] == "2"


def test_without_files_a_report_has_no_picture(company, files):
    with_seal(company, files, REPORT_PAPER, png())
    assert reds(pages_of(report(company, None))[0][1]) == 0


def test_in_flowing_text_a_seal_is_centred_where_it_stands_and_moved_by_millimetres():
    def middle(right: str, down: str) -> tuple[float, float]:
        head = Letterhead(
            "Hansa", seal=Seal(Resource(svg(), "image/svg+xml"), Decimal(30), Decimal(right), Decimal(down))
        )
        html = f"<style>@page{{size:A4;margin:0}}body{{margin:0}}{STYLE}</style>"
        html += f'<div style="position:absolute;left:100mm;top:100mm;line-height:0">{head.seal_html()}</div>'
        ((_text, picture),) = pages_of(weasy.render(html, resources=head.resources()))
        mask = picture.convert("RGB").split()[1].point(lambda value: 255 if value < 120 else 0)
        left, top, end, bottom = (edge / 144 * 25.4 for edge in mask.getbbox())
        assert end - left == pytest.approx(30 * 0.85, abs=0.5)
        return (left + end) / 2, (top + bottom) / 2

    x, y = middle("0", "0")
    assert (x, y) == (pytest.approx(100, abs=0.3), pytest.approx(100, abs=0.8))
    moved_x, moved_y = middle("20", "-15")
    assert (moved_x - x, moved_y - y) == (pytest.approx(20, abs=0.2), pytest.approx(-15, abs=0.2))


def test_a_stamped_seal_takes_its_shape_once_in_a_file(tmp_path):
    head = Letterhead("Hansa", seal=Seal(Resource(png(), "image/png"), Decimal(30)))
    blank = template(("test.blank",), 297, lambda: weasy.render("<style>@page{size:A4}</style>", variant="pdf/a-2u"))
    sizes = []
    for pages in (1, 200):
        with (tmp_path / "sealed.pdf").open("wb") as out:
            stamper = Stamper(out, title="Sealed", language="en", created=NOON)
            for _page in range(pages):
                stamper.page(210, 297, [Placement(blank, ()), *head.seal_at(100, 100)])
            stamper.close()
        sizes.append((tmp_path / "sealed.pdf").stat().st_size)
    assert sizes[1] - sizes[0] < 199 * 600

"""What a printed letter may be relied on for: all words and rows once and in order, whole rows, and the look of a
drawn page.
"""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from hanse.documents import weasy
from hanse.documents.errors import DocumentError
from hanse.documents.letters import SMALL, Grid, Letter, Small, Sums, Words, print_letters, reference_html
from hanse.documents.tables import Column, Row
from hanse.documents.weasy import Resource
from hanse.paper.heads import Letterhead

NOON = datetime(2025, 2, 1, 12, tzinfo=UTC)
COLUMNS = [Column("Article"), Column("Quantity", figures=True), Column("Unit"), Column("Amount EUR", figures=True)]
TO = ["Alfreds Futterkiste", "Obere Str. 57", "12209 Berlin", "Germany"]
LONG = (
    "Stainless steel shelf for cold rooms, 1,200 × 450 × 1,800 mm, four boards, adjustable feet, delivered and put up. "
)


def grid(count: int, text: str = "Article") -> Grid:
    """Write a table of ``count`` numbered rows."""
    rows = [Row([f"{text} no.{number};", f"{number}", "pc", f"{number:,}.00"]) for number in range(1, count + 1)]
    return Grid(COLUMNS, rows)


def letter(*parts, **more) -> Letter:
    return Letter("Invoice", TO, parts, name="Invoice 2025/0001", **more)


def printed(*letters: Letter) -> bytes:
    out = io.BytesIO()
    print_letters(out, letters, title="Hansa", language="en", created=NOON)
    return out.getvalue()


SUMS = Sums(
    [("Net", "1,000.00"), ("Tax", "190.00"), ("Total", "1,190.00 EUR")],
    [Small([("19 %", "1,000.00", "190.00")], figures=(1, 2)), Words("Paid until March 1, 20.00 EUR less.", SMALL)],
)


@pytest.mark.parametrize("count", [1, 10, 17, 18, 19, 20, 21, 22, 200])
def test_every_row_is_there_once_under_the_heads_of_its_page(text_of, count):
    pages = text_of(printed(letter(grid(count), SUMS)))
    numbers = [int(found) for page in pages for found in re.findall(r"no\.(\d+);", page)]
    assert numbers == list(range(1, count + 1))
    for at, page in enumerate(pages, start=1):
        assert ("Amount EUR" in page) == ("no." in page)
        assert f"{at} / {len(pages)}" in page
        assert ("Invoice 2025/0001" in page) == (at > 1)
    assert "1,190.00 EUR" in pages[-1]
    assert "Net" in pages[-1]  # the sums stay together


def test_letters_count_their_own_pages_and_stand_in_the_outline(text_of):
    pdf = printed(letter(grid(60)), letter(grid(1)))
    pages = text_of(pdf)
    assert f"1 / {len(pages) - 1}" in pages[0]
    assert "1 / 1" in pages[-1]
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert document.check_pdf_syntax() == []
        assert document.open_metadata()["pdfaid:part"] == "2"
        with document.open_outline() as outline:
            assert [item.title for item in outline.root] == ["Invoice 2025/0001"]


def test_a_table_without_rows_has_its_place(text_of):
    (page,) = text_of(printed(letter(grid(0), SUMS)))
    assert "1,190.00 EUR" in page


def test_nothing_to_write_is_said():
    with pytest.raises(DocumentError, match="nothing to print"):
        printed()


def test_a_row_of_a_page_and_more_goes_on_to_the_next(text_of):
    rows = [Row([LONG * 60, "1", "pc", "1.00"]), Row(["after", "2", "pc", "2.00"])]
    pages = text_of(printed(letter(Grid(COLUMNS, rows))))
    together = "".join(pages).replace("\r", "").replace("\n", "")
    assert len(pages) > 1
    assert together.count("Stainless") == 60
    assert "Amount EUR" in pages[1]
    assert "after" in pages[-1]


def test_more_beside_the_totals_than_a_page_holds_goes_on_to_the_next(text_of):
    dues = Small([(f"due{number};", f"{number}.00") for number in range(1, 121)], figures=(1,))
    pages = text_of(printed(letter(grid(3), Sums(SUMS.totals, [dues]), Words("the end"))))
    assert [int(one) for page in pages for one in re.findall(r"due(\d+);", page)] == list(range(1, 121))
    assert "1,190.00 EUR" in pages[0]
    assert "the end" in pages[-1]


def test_words_of_many_pages_lose_none(text_of):
    words = " ".join(f"word{number}" for number in range(4000))
    pages = text_of(printed(letter(Words(words), Words("the end", before=9, ruled=True))))
    assert len(pages) > 4
    assert re.findall(r"word\d+", " ".join(pages)) == words.split()
    assert "the end" in pages[-1]


@pytest.mark.parametrize("count", range(12, 24))
def test_a_note_of_a_few_paragraphs_stays_on_one_page(text_of, count):
    note = Words("\n".join(f"note{number};" for number in range(1, 7)))
    pages = text_of(printed(letter(grid(count), note)))
    assert sorted(len(re.findall(r"note\d;", page)) for page in pages)[-1] == 6


def test_paragraphs_stay_apart_and_an_empty_line_is_one(picture_of):
    def height(text: str) -> int:
        box = ImageChops.invert(picture_of(printed(letter(Words(text)))).convert("L")).crop((0, 200, 827, 1000))
        return box.getbbox()[3]

    line = height("a\nb") - height("a")
    assert line > 10
    assert height("a\n\nb") - height("a\nb") == pytest.approx(line, abs=1)


words = st.text("中文字汉，。（）abc XYZ 0123-/\n", max_size=400)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(words, st.integers(0, 10**15)), min_size=1, max_size=30), words)
def test_no_text_is_cut_however_long(rows, note):
    drawn = [Row([text, str(number), "pc", f"{number:,}.00"]) for text, number in rows]
    out = io.BytesIO()
    report = print_letters(
        out, [letter(Grid(COLUMNS, drawn), SUMS, Words(note))], title="Hansa", language="en", created=NOON
    )
    assert report.truncated == ()


def test_a_page_looks_as_weasyprint_draws_it(picture_of):
    whole = letter(grid(4, LONG), SUMS, Words("Thank you.\n谢谢惠顾。", before=6), facts=[("Number", "2025/0001")])
    stamped = picture_of(printed(whole)).convert("L")
    drawn = picture_of(weasy.render(reference_html([whole]))).convert("L")
    foot = (0, 0, stamped.width, stamped.height)
    apart = ImageChops.difference(stamped, drawn).crop(foot).point(lambda value: 255 if value > 96 else 0)
    assert apart.histogram()[255] < 0.002 * stamped.width * stamped.height


def test_a_letterhead_stands_on_the_first_page_and_pushes_down_what_follows(picture_of):
    out = io.BytesIO()
    Image.new("RGB", (400, 100), (250, 0, 250)).save(out, "PNG")
    head = Letterhead("Hansa Ltd", ("Harbour 1", "Tax number 9131"), Resource(out.getvalue(), "image/png"))
    pdf = printed(letter(grid(60), head=head))

    def pink(page: int) -> tuple[int, int, int, int] | None:
        parts = picture_of(pdf, page).convert("RGB").split()
        mask = ImageChops.subtract(parts[0], parts[1]).point(lambda value: 255 if value > 200 else 0)
        return mask.getbbox()

    left, top, right, bottom = (round(edge / 100 * 25.4) for edge in pink(0))
    assert (left, right - left, bottom - top) == (22, 55, 14)  # as large as its room allows
    assert top == 18
    assert pink(1) is None

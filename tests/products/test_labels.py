"""What whoever prints labels may rely on: what is printed is read back from the picture of the page.

Bars are read by the tables of the GS1 General Specifications (figure 5.2.1-3), not by the library that draws them.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import groupby

import pypdfium2
import pytest
from catalogue import act

from hanse import BusinessError
from hanse.testing import statements
from hanse_products.labels import MOST, SHEETS, Tag, print_labels, tags_of
from hanse_products.models import BarcodeKind, Pack, Product
from hanse_products.symbols import THINNEST, grouped, symbol_for

A4, SMALL, ROLL = SHEETS
TEA, CASE = "6901234567892", "16901234567899"
#: Widths of the four elements of digits 0 to 9 in set A, gap first.
WIDTHS = ["3211", "2221", "2122", "1411", "1132", "1231", "1114", "1312", "1213", "3112"]
#: Which of the six left digits are of set B, by the digit in front.
PARITY = ["AAAAAA", "AABABB", "AABBAB", "AABBBA", "ABAABB", "ABBAAB", "ABBBAA", "ABABAB", "ABABBA", "ABBABA"]
DOTS = 20  # a millimetre


def picture(pdf: bytes, page: int = 0):
    """Draw a page in grey, 20 dots a millimetre."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return document[page].render(scale=DOTS * 25.4 / 72).to_pil().convert("L")
    finally:
        document.close()


def words(pdf: bytes) -> list[str]:
    """Give the text of each page."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()


def runs(image, y: float) -> list[tuple[bool, int]]:
    """Give dark and light runs of dots along a line so many millimetres below the top."""
    line = [image.getpixel((x, round(y * DOTS))) < 128 for x in range(image.width)]
    return [(dark, len(list(run))) for dark, run in groupby(line)]


def read_ean13(elements: list[tuple[bool, int]]) -> tuple[str, float]:
    """Read 59 elements of an EAN-13; give the number and the width of the thinnest bar in millimetres."""
    widths = [count for _dark, count in elements]
    module = sum(widths) / 95
    plain = [round(width / module) for width in widths]
    assert plain[:3] == [1, 1, 1]
    assert plain[27:32] == [1] * 5
    assert plain[-3:] == [1, 1, 1]
    left = ["".join(map(str, plain[3 + 4 * n : 7 + 4 * n])) for n in range(6)]
    right = ["".join(map(str, plain[32 + 4 * n : 36 + 4 * n])) for n in range(6)]
    sets = "".join("A" if one in WIDTHS else "B" for one in left)
    digits = [WIDTHS.index(one if one in WIDTHS else one[::-1]) for one in left]
    return f"{PARITY.index(sets)}{''.join(map(str, digits))}{''.join(str(WIDTHS.index(one)) for one in right)}", (
        module / DOTS
    )


def tag(code: str = TEA, kind: BarcodeKind = BarcodeKind.GTIN, name: str = "乌龙茶", price: str = "") -> Tag:
    return Tag(name, "100 g", "", price, code, kind)


@pytest.mark.parametrize("code", [TEA, "4006381333931", "0012345678905", "9506000134352"])
@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_bars_on_paper_are_the_number(code, sheet):
    image = picture(print_labels([tag(code)], sheet))
    left, top = sheet.corner(0)
    bars = runs(
        image.crop((round(left * DOTS), 0, round((left + sheet.size[0]) * DOTS), image.height)),
        top + sheet.size[1] - 10,
    )
    first, *elements, last = bars
    number, thin = read_ean13(elements)
    assert number == code
    assert thin >= THINNEST
    assert first[1] >= 10.5 * thin * DOTS  # the quiet zones: 11 and 7 modules
    assert last[1] >= 6.5 * thin * DOTS


def test_a_sheet_is_filled_row_by_row_and_goes_on_with_the_next():
    tags = [tag(name=f"Tea {n}") for n in range(25)]
    pages = words(print_labels(tags, A4))
    assert [text.count("Tea ") for text in pages] == [24, 1]
    assert "6 901234 567892" in pages[0]
    assert len(words(print_labels(tags[:2], ROLL, copies=3))) == 6


def test_every_label_stands_where_the_sheet_has_one():
    image = picture(print_labels([tag() for _n in range(A4.count)], A4))
    for place in range(A4.count):
        left, top = A4.corner(place)
        box = [round(one * DOTS) for one in (left, top, left + A4.size[0], top + A4.size[1])]
        elements = runs(image.crop(tuple(box)), 25)[1:-1]
        assert read_ean13(elements)[0] == TEA


def test_names_prices_and_packs_are_on_the_label():
    (text,) = words(print_labels([tag(price="¥18.00"), Tag("Tea", "", "1 箱 = 24 个", "", CASE, BarcodeKind.GTIN)], A4))
    for word in ("乌龙茶", "100 g", "¥18.00", "1 箱 = 24 个", "1 69 01234 56789 9"):
        assert word in text


def test_a_code_too_long_for_bars_is_a_square():
    long = symbol_for("SHELF-12/34-" * 4, BarcodeKind.OWN, width=46)
    short = symbol_for("P00042", BarcodeKind.OWN, width=46)
    chinese = symbol_for("货架12", BarcodeKind.OWN, width=46)
    assert (long.width, chinese.width) == (None, None)
    assert short.width is not None
    assert short.width <= 46
    assert words(print_labels([tag("货架12", BarcodeKind.OWN)], ROLL))[0].count("货架12") == 1


@pytest.mark.parametrize("width", [20.0, 29.0])
def test_bars_are_never_thinner_than_scanners_read(width):
    assert symbol_for(TEA, BarcodeKind.GTIN, width=width).width is None
    assert symbol_for(TEA, BarcodeKind.GTIN, width=30).width is not None


def test_numbers_are_grouped_as_they_stand_below_bars():
    assert [grouped(code, name) for code, name in ((TEA, "ean13"), ("036000291452", "upca"), ("96385074", "ean8"))] == [
        "6 901234 567892",
        "0 36000 29145 2",
        "9638 5074",
    ]


def test_too_many_labels_are_refused():
    with pytest.raises(BusinessError, match="print at most"):
        print_labels([tag()], A4, copies=MOST + 1)


def test_a_product_has_a_label_for_each_barcode(ctx, product, change):
    tea = product(
        "Tea", list_price=Decimal("18.5"), packs=[{"name": "箱", "contents": Decimal(24)}], barcodes=[{"code": TEA}]
    )
    case = ctx.all(Pack, Pack.product == tea).one()
    change(tea, barcodes=[{"code": CASE, "pack": case}, {"id": tea.barcodes[0].id}])
    plain = product("Plain")
    found = tags_of(ctx, [plain.id, tea.id])
    assert [(one.name, one.code, one.told) for one in found] == [
        ("Plain", plain.code, ""),
        ("Tea", TEA, ""),
        ("Tea", CASE, "1 箱 = 24 pcs"),
    ]
    assert [one.price for one in found] == ["", "CNY\xa018.50", ""]


def test_labels_of_many_products_take_few_statements(ctx, product):
    made = [product(f"Tea {n}").id for n in range(10)]
    with statements(ctx) as sent:
        assert len(tags_of(ctx, made)) == 10
    assert len(sent) <= 5


def test_who_may_not_see_a_product_prints_no_label(as_user, product):
    tea = product("Tea")
    assert tags_of(as_user("contacts.partner.read"), [tea.id]) == []


def test_archived_products_have_labels_too(ctx, product):
    tea = product("Tea")
    act(ctx, Product, "archive", tea)
    assert len(tags_of(ctx, [tea.id])) == 1

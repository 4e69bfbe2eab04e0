"""What accountants may rely on: every layout says the same, on as many sheets as it must, where the paper has it."""

import datetime
import io
import re
from dataclasses import replace
from decimal import Decimal
from math import ceil
from random import Random

import pikepdf
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageChops

from hanse.documents import weasy
from hanse.documents.weasy import Resource
from hanse.paper import Letterhead, Seal
from hanse_cn.forms import (
    CountedQuantity,
    Cover,
    ForeignAmount,
    Geometry,
    Look,
    Numbers,
    PrintedLine,
    PrintedVoucher,
    Spots,
    Summary,
    SummaryRow,
    Volume,
    VoucherForm,
    print_volumes,
    print_vouchers,
    reference_html,
)

pytestmark = pytest.mark.usefixtures("documents_home")
NOON = datetime.datetime(2025, 2, 1, 12, 0, tzinfo=datetime.UTC)
#: Layout: forms on a sheet, lines on a form, width and height of the sheet.
LAYOUTS = {"240x140": (1, 6, 240, 140), "a4-2": (2, 6, 210, 297), "a4-3": (3, 5, 210, 297), "a5": (1, 6, 210, 148)}
COLUMNS = ("detailed", "compact", "foreign", "quantity")
MM = 72 / 25.4


def squeezed(text: str) -> str:
    """Return a text without white space, which says nothing on a form."""
    return re.sub(r"\s", "", text)


def voucher(number: int, count: int, **more) -> PrintedVoucher:
    """A balanced voucher of ``count`` lines that only it has."""
    chance = Random(number)
    debit = [
        PrintedLine(
            f"采购{number}-{index}",
            str(chance.randrange(1001, 6900)),
            chance.choice(["银行存款", "主营业务收入", "应交税费"]),
            "D",
            Decimal(chance.randrange(100, 10 ** chance.randrange(3, 10))) / 100,
            chance.choice(["", "客户张三商贸", "研发部P-0017"]),
            foreign=ForeignAmount("USD", Decimal(chance.randrange(100, 10**7)) / 100, Decimal("7.1884"))
            if index % 3 == 0
            else None,
            quantity=CountedQuantity(Decimal(chance.randrange(1, 999)), "箱", Decimal("35.5"))
            if index % 3 == 1
            else None,
        )
        for index in range(count - 1)
    ]
    credit = PrintedLine("结转", "1002", "银行存款", "C", sum((one.amount for one in debit), Decimal(0)))
    made = PrintedVoucher("示例公司", "记", number, 7, datetime.date(2025, 1, 31), "2025-01", (*debit, credit))
    return replace(made, maker="李晓明", attachments=number % 7, **more)


def printed(*vouchers: PrintedVoucher, form="240x140", **options) -> bytes:
    out = io.BytesIO()
    print_vouchers(vouchers, out=out, form=form, created=NOON, **options)
    return out.getvalue()


def bound(volumes, form: VoucherForm) -> bytes:
    out = io.BytesIO()
    print_volumes(volumes, form, out=out, created=NOON)
    return out.getvalue()


def places(pdf: bytes, page: int = 0) -> list[tuple[str, float, float]]:
    """Give each character of a page with its left and lower edge in millimetres, as PDFium reads it."""
    with pypdfium2.PdfDocument(pdf) as document:
        text = document[page].get_textpage()
        boxes = [(text.get_text_range(at, 1), text.get_charbox(at)) for at in range(text.count_chars())]
    return [(sign, box[0] / MM, box[1] / MM) for sign, box in boxes if sign.strip()]


# --- every layout -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize("form", LAYOUTS)
def test_every_layout_says_what_the_books_say(form, columns, text_of):
    slots, lines, *_size = LAYOUTS[form]
    vouchers = [voucher(number, 2 + number % 13) for number in range(1, 61)]

    pages = [squeezed(page) for page in text_of(printed(*vouchers, form=form, look=Look(columns=columns)))]

    forms = [
        (one, one.lines[start : start + lines], start // lines + 1)
        for one in vouchers
        for start in range(0, len(one.lines), lines)
    ]
    assert len(pages) == ceil(len(forms) / slots)
    for at, (one, shown, number) in enumerate(forms):
        text = pages[at // slots]
        count = ceil(len(one.lines) / lines)
        assert f"记字第{one.number:04d}号" + (f"{number}/{count}" if count > 1 else "") in text
        for line in shown:
            account = f"{line.account_code}{line.account_title}"
            detail = line.detail if columns == "detailed" else f"-{line.detail}" if line.detail else ""
            assert f"{line.summary}{account}{detail}" in text
            assert f"{line.amount:,.2f}" in text
            if line.foreign is not None:
                said = f"USD{line.foreign.amount:,.2f}"
                assert said + ("7.1884" if columns == "foreign" else "×7.1884") in text
            if line.quantity is not None:
                assert f"{line.quantity.quantity}箱" + ("35.50" if columns == "quantity" else "×35.50") in text


@pytest.mark.parametrize("form", LAYOUTS)
def test_the_sheet_has_the_size_of_its_paper_and_the_file_no_fault(form):
    _slots, _lines, width, height = LAYOUTS[form]

    with pikepdf.open(io.BytesIO(printed(voucher(1, 9), form=form))) as document:
        assert document.check_pdf_syntax() == []
        assert document.open_metadata()["pdfaid:part"] == "2"
        assert [round(float(edge) / MM) for edge in document.pages[0].MediaBox] == [0, 0, width, height]


@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize("form", LAYOUTS)
def test_stamped_layouts_look_as_weasyprint_draws_them(form, columns, picture_of):
    look = Look(columns=columns, subtotals=True, strike_unused=True)
    whole = VoucherForm(form, "zh_CN", look)
    vouchers = [voucher(1, 4, poster="王芳"), voucher(2, 9, title="付款凭证")]
    stamped = bound([Volume(vouchers)], whole)
    drawn = weasy.render(reference_html([Volume(vouchers)], whole))
    for page in range(ceil(3 / LAYOUTS[form][0])):
        ours, theirs = (picture_of(pdf, page).convert("L") for pdf in (stamped, drawn))
        difference = ImageChops.difference(ours, theirs)
        assert sum(difference.histogram()[85:]) < 0.002 * difference.width * difference.height


@settings(max_examples=25, deadline=None)
@given(lines=st.integers(1, 40), room=st.integers(3, 12), subtotals=st.booleans())
def test_pages_are_counted_as_they_are_printed(lines, room, subtotals):
    look = Look(lines=room, subtotals=subtotals)

    with pikepdf.open(io.BytesIO(printed(voucher(1, lines + 1), look=look))) as document:
        pages = len(document.pages)

    assert pages == look.pages(lines + 1, 6)
    if not subtotals:
        assert pages == ceil((lines + 1) / room)


def test_too_many_lines_for_a_third_of_a_sheet_are_refused():
    with pytest.raises(ValueError, match="3 to 7"):
        printed(voucher(1, 3), form="a4-3", look=Look(lines=8))


def test_three_forms_on_a_sheet_are_cut_twice_even_where_two_are_empty(picture_of):
    picture = picture_of(printed(voucher(1, 2), form="a4-3"), dpi=100).convert("L")
    for millimetres in (99, 198):
        at = round(millimetres / 25.4 * 100)
        darkest, _ = picture.crop((0, at - 3, picture.width, at + 3)).getextrema()
        assert darkest < 230


# --- what one chooses -------------------------------------------------------------------------------------------------


def test_sums_are_carried_from_page_to_page_and_words_stand_on_the_last(text_of):
    amounts = [Decimal(f"{number}.10") for number in range(1, 15)]
    lines = tuple(PrintedLine("费用", "6602", "管理费用", "D", amount) for amount in amounts)
    whole = replace(
        voucher(1, 2), lines=(*lines, PrintedLine("付款", "1002", "银行存款", "C", sum(amounts, Decimal(0))))
    )

    first, second, third = (squeezed(page) for page in text_of(printed(whole, look=Look(subtotals=True))))

    assert "承前页" not in first
    assert f"过次页{sum(amounts[:6]):,.2f}" in first
    assert f"承前页{sum(amounts[:6]):,.2f}" in second
    assert f"过次页{sum(amounts[:11]):,.2f}" in second
    assert f"承前页{sum(amounts[:11]):,.2f}" in third
    assert "合计：人民币壹佰零陆元肆角整￥106.40￥106.40" in third
    assert "人民币" not in first + second


def test_signatures_are_left_to_ink_when_asked(text_of):
    signed = voucher(1, 2, auditor="审乙", poster="记丙", cashier="出丁", chief="主戊")
    named, inked = (squeezed(text_of(printed(signed, look=Look(signatures=flag)))[0]) for flag in (True, False))
    for name in ("审乙", "记丙", "出丁", "主戊", "李晓明"):
        assert name in named
        assert name not in inked
    assert "会计主管：" in inked


def reds(picture) -> int:
    return sum(count for count, (red, green, blue) in picture.getcolors(1 << 20) if red > 150 and max(green, blue) < 90)


@pytest.mark.parametrize("columns", ["foreign", "quantity"])
def test_red_amounts_are_red_on_plain_forms_and_have_a_minus_where_the_printer_has_black_only(
    columns, picture_of, text_of
):
    red = PrintedLine(
        "冲销",
        "1002",
        "银行存款",
        "D",
        Decimal("-8.50"),
        foreign=ForeignAmount("USD", Decimal("-1.25"), Decimal("6.8")),
    )
    whole = replace(voucher(1, 2), lines=(red, replace(red, side="C", foreign=None)))
    coloured, black = (printed(whole, look=Look(columns=columns, red=flag)) for flag in (True, False))
    assert reds(picture_of(coloured, dpi=150)) > 100
    assert reds(picture_of(black, dpi=150)) == 0
    assert squeezed(text_of(black)[0]).count("-8.50") == 2


def test_a_minus_takes_a_cell_where_the_printer_has_black_only(text_of, picture_of):
    red = PrintedLine("冲销", "1002", "银行存款", "D", Decimal("-1234.56"))
    whole = replace(voucher(1, 2), lines=(red, replace(red, side="C")))
    with_red, without = (printed(whole, look=Look(red=flag)) for flag in (True, False))
    assert "-1,234.56" in squeezed(text_of(without)[0])
    minus = [x for sign, x, _y in places(without) if sign == "-"]
    assert minus  # the sign is drawn, not only read
    assert reds(picture_of(with_red, dpi=150)) > reds(picture_of(without, dpi=150))


# --- pre-printed paper ------------------------------------------------------------------------------------------------

PAPER = Geometry(
    name="overprint",
    width=241,
    height=139.7,
    sheet=(241, 139.7),
    slots=((0, 0),),
    left=22,
    right=22 + 50 + 60 + 2 * 48 + 4,
    title=12,
    subtitle=25,
    top=40,
    bottom=40 + 9 * 6,
    footer=120,
    mark=4,
    pitch=4,
    plain=48,
    digit_size=10,
    header=0,
    lines=5,
    most=12,
    cells=12,
    spots=Spots(40, 120, 225, (232, 70), 51, (35, 70, 105, 140, 175)),
    own=(("summary", 50), ("account", 60)),
)


def overprinted(*vouchers, right="0", down="0") -> bytes:
    return bound(
        [Volume(vouchers)],
        VoucherForm("overprint", look=Look(right=Decimal(right), down=Decimal(down)), measured=PAPER),
    )


def test_on_pre_printed_paper_stands_nothing_but_what_is_the_vouchers(text_of):
    (text,) = (squeezed(page) for page in text_of(overprinted(voucher(3, 4))))
    for label in ("记账凭证", "核算单位", "摘要", "附单据", "合计：", "制单", "亿千百"):
        assert label not in text
    for said in ("示例公司", "2025年1月31日", "记字第0003号", "采购3-0", "人民币", "李晓明"):
        assert said in text


def test_the_blanks_are_filled_where_they_were_measured():
    at = places(overprinted(voucher(3, 4)))
    signs = "".join(sign for sign, _x, _y in at)
    company = signs.index("示例公司")
    assert at[company][1] == pytest.approx(40, abs=0.5)
    maker = signs.index("李晓明")
    assert at[maker][1] == pytest.approx(175, abs=0.5)
    words = signs.index("人民币")
    assert at[words][1] == pytest.approx(51, abs=0.5)
    summary = signs.index("采购3-0")
    assert at[summary][1] == pytest.approx(22 + 1, abs=0.5)
    middle = 139.7 - (40 + 9 * 0.5)
    assert at[summary][2] == pytest.approx(middle - 1.6, abs=0.7)  # the lower edge of signs of 9.5 pt


@pytest.mark.parametrize(("right", "down"), [("3", "0"), ("0", "-2.5"), ("-1.25", "4.75")])
def test_a_printers_offset_moves_every_field_by_exactly_so_many_millimetres(right, down):
    before, after = places(overprinted(voucher(3, 4))), places(overprinted(voucher(3, 4), right=right, down=down))
    assert [sign for sign, _x, _y in before] == [sign for sign, _x, _y in after]
    for (_sign, x, y), (_same, moved_x, moved_y) in zip(before, after, strict=True):
        assert moved_x - x == pytest.approx(float(right), abs=0.01)
        assert y - moved_y == pytest.approx(float(down), abs=0.01)


def test_an_offset_moves_nothing_on_forms_that_are_printed_whole():
    look = Look(right=Decimal(3), down=Decimal(3))
    assert places(printed(voucher(1, 3))) == places(printed(voucher(1, 3), look=look))


def test_pre_printed_paper_says_how_many_lines_it_has():
    with pikepdf.open(io.BytesIO(overprinted(voucher(1, 11)))) as document:
        assert len(document.pages) == 3


# --- cover and summary sheet ------------------------------------------------------------------------------------------

COVER = Cover(
    "示例公司", "2025-01", 2, 3,
    [Numbers("2025-01", "记", "0001", "0120", 120), Numbers("2025-01", "转", "0001", "0033", 33)],
    153, 160, 311, datetime.date(2025, 2, 8), "李晓明", "孙六",
)  # fmt: skip
SUMMARY = Summary(
    "示例公司", "2025-01", COVER.numbers,
    [SummaryRow(str(1001 + at), f"科目{at}", Decimal(1000 * at + 1), Decimal("-0.5") * at) for at in range(40)],
    311, maker="李晓明",
)  # fmt: skip


@pytest.mark.parametrize("form", LAYOUTS)
def test_a_cover_says_what_is_bound(form, text_of):
    (text,) = (squeezed(page) for page in text_of(bound([Volume(cover=COVER)], VoucherForm(form))))
    for said in (
        "记账凭证封面", "单位名称示例公司", "会计期间2025-01", "共3册，第2册", "153份，共160张", "附件张数311",
        "2025-01记字第0001号至第0120号，共120份", "2025-01转字第0001号至第0033号，共33份",
        "会计主管孙六", "装订人李晓明", "2025年2月8日",
    ):  # fmt: skip
        assert said in text


def test_a_cover_of_many_periods_names_each_series_once(text_of):
    many = [Numbers(f"2025-{month:02d}", word, "0001", "0009", 9) for month in range(1, 13) for word in "收付转记外"]
    (text,) = (
        squeezed(page) for page in text_of(bound([Volume(cover=replace(COVER, numbers=many))], VoucherForm("a4-3")))
    )
    for word in "收付转记外":
        assert f"2025-01–2025-12{word}字第0001号至第0009号，共108份" in text


@pytest.mark.parametrize("form", LAYOUTS)
def test_a_summary_sheet_adds_up_and_its_total_is_on_the_last_page(form, text_of):
    pages = [squeezed(page) for page in text_of(bound([Volume(summary=SUMMARY)], VoucherForm(form)))]
    whole = "".join(pages)
    for row in SUMMARY.rows:
        credit = f"{row.credit:,.2f}" if row.credit else ""
        assert f"{row.code}{row.title}{row.debit:,.2f}{credit}" in whole
    assert whole.count("合计780,040.00-390.00") == 1
    assert "合计780,040.00" in pages[-1]


def test_volumes_stand_one_behind_the_other_each_behind_its_cover(outline_of):
    volumes = [
        Volume([voucher(number, 3)], replace(COVER, volume=number), SUMMARY if number == 1 else None)
        for number in (1, 2)
    ]
    pdf = bound(volumes, VoucherForm("a4-2"))
    assert outline_of(pdf) == [
        (0, "2025-01", 0),
        (1, "记账凭证封面 共 3 册，第 1 册", 0),
        (1, "科目汇总表", 1),
        (1, "记", 3),
        (2, "记-0001", 3),
        (2, "记-0002", 5),
        (1, "记账凭证封面 共 3 册，第 2 册", 4),
    ]


@pytest.mark.parametrize("form", LAYOUTS)
def test_stamped_covers_and_summaries_look_as_weasyprint_draws_them(form, picture_of):
    whole = VoucherForm(form)
    volume = Volume(cover=COVER, summary=SUMMARY)
    stamped, drawn = bound([volume], whole), weasy.render(reference_html([volume], whole))
    with pikepdf.open(io.BytesIO(stamped)) as document:
        pages = len(document.pages)
    for page in range(pages):
        ours, theirs = (picture_of(pdf, page).convert("L") for pdf in (stamped, drawn))
        difference = ImageChops.difference(ours, theirs)
        assert sum(difference.histogram()[85:]) < 0.002 * difference.width * difference.height


# --- seal -------------------------------------------------------------------------------------------------------------

RING = (
    b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 100'>"
    b"<circle cx='50' cy='50' r='46' fill='none' stroke='#00f' stroke-width='6'/></svg>"
)


def blue_box(picture, dpi: int) -> list[float]:
    mask = picture.convert("RGB").point(lambda value: value)
    red, _green, blue = mask.split()
    only = ImageChops.subtract(blue, red).point(lambda value: 255 if value > 120 else 0)
    return [edge / dpi * 25.4 for edge in only.getbbox()]


@pytest.mark.parametrize(("right", "down"), [("0", "0"), ("50", "12.5")])
def test_a_seal_is_as_wide_as_it_is_and_where_it_was_moved(right, down, picture_of):
    seal = Seal(Resource(RING, "image/svg+xml"), Decimal(38), Decimal(right), Decimal(down))
    pdf = printed(voucher(1, 3), letterhead=Letterhead("示例公司", seal=seal, head="name"))
    left, top, right_edge, bottom = blue_box(picture_of(pdf, dpi=150), 150)
    assert right_edge - left == pytest.approx(38 * 0.98, abs=0.6)
    assert (left + right_edge) / 2 == pytest.approx(20 + 32 + float(right), abs=0.4)
    assert (max(top, 0) + bottom) / 2 == pytest.approx(24.2 + float(down), abs=0.4)


def test_a_seal_hides_nothing_and_the_file_stays_an_archive(text_of, picture_of):
    seal = Seal(Resource(RING, "image/svg+xml"))
    plain = printed(voucher(1, 3))
    sealed = printed(voucher(1, 3), letterhead=Letterhead("示例公司", seal=seal, head="name"))
    assert text_of(plain) == text_of(sealed)
    was, now = (picture_of(pdf, dpi=150).convert("L").crop((130, 100, 460, 175)) for pdf in (plain, sealed))
    dark = sum(was.histogram()[:60])
    assert sum(now.histogram()[:60]) >= dark * 0.95
    with pikepdf.open(io.BytesIO(sealed)) as document:
        assert document.check_pdf_syntax() == []
        assert document.open_metadata()["pdfaid:part"] == "2"

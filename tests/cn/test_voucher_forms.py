"""What accountants may rely on: a printed voucher shows everything the voucher says, where a Chinese voucher has it."""

import datetime
import io
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from math import ceil
from random import Random

import pikepdf
import pypdfium2
import pytest
from PIL import ImageChops

from hanse.documents import DocumentError, weasy
from hanse.documents.weasy import Resource
from hanse_cn.forms import (
    CountedQuantity,
    ForeignAmount,
    Letterhead,
    Look,
    PrintedLine,
    PrintedVoucher,
    Volume,
    VoucherForm,
    print_vouchers,
    reference_html,
)

pytestmark = pytest.mark.usefixtures("documents_home")
NOON = datetime.datetime(2025, 2, 1, 12, 0, tzinfo=datetime.UTC)
LONG = "冲销 2025年2月 记-0012号凭证，客户退回第四季度采购的ThinkPad笔记本电脑30台（合同号 HT-2024/1108-003）因质量问题"


def line(amount, side="D", summary="采购", account="1405 库存商品", **more) -> PrintedLine:
    code, _, title = account.partition(" ")
    return PrintedLine(summary, code, title, side, Decimal(amount), **more)


def voucher(*lines, number=12, **more) -> PrintedVoucher:
    """A voucher of (debit) amounts, balanced by one line against the bank."""
    debit = [one if isinstance(one, PrintedLine) else line(one) for one in lines]
    credit = line(sum(one.amount for one in debit), "C", account="1002 银行存款")
    whole = PrintedVoucher("示例公司", "记", number, 7, datetime.date(2025, 1, 31), "2025-01", (*debit, credit))
    return replace(whole, **more)


def printed(*vouchers, **options):
    out = io.BytesIO()
    result = print_vouchers(vouchers, out=out, created=NOON, **options)
    return out.getvalue(), result


def squeezed(text: str) -> str:
    """Return a text without white space, which says nothing on a form."""
    return re.sub(r"\s", "", text)


@pytest.fixture
def read(text_of):
    """Return what each page of the printed vouchers says."""
    return lambda *vouchers, **options: [squeezed(page) for page in text_of(printed(*vouchers, **options)[0])]


def random_vouchers(count: int) -> list[PrintedVoucher]:
    chance = Random(20250131)
    words = ["采购商品", "支付货款", "报销费用", "销售商品", "期末结转", "Invoice 2025/0034", "工资，奖金（一月）"]

    def one(number: int) -> PrintedVoucher:
        lines = [
            line(
                str(Decimal(chance.randrange(1, 10 ** chance.randrange(3, 11))) / 100),
                summary=f"{chance.choice(words)} {number}-{index}",
                account=f"{chance.randrange(1001, 6900)} {chance.choice(['银行存款', '主营业务收入', '应交税费'])}",
                detail=chance.choice(["", "客户/张三商贸", "部门/研发部 项目/P-0017"]),
            )
            for index in range(chance.randrange(1, 14))
        ]
        return voucher(*lines, number=number, attachments=number % 5, maker="李晓明", auditor="王芳")

    return [one(number) for number in range(1, count + 1)]


def test_a_thousand_vouchers_say_what_the_books_say(text_of):
    vouchers = random_vouchers(1000)
    pdf, result = printed(*vouchers)
    pages = [squeezed(page) for page in text_of(pdf)]
    assert (result.vouchers, result.truncated, result.missing_characters) == (1000, (), ())
    assert len(pages) == result.pages == sum(ceil(len(one.lines) / 6) for one in vouchers)
    page = iter(pages)
    for one in vouchers:
        count = ceil(len(one.lines) / 6)
        for index in range(count):
            text = next(page)
            numbered = f"{index + 1}/{count}" if count > 1 else ""
            assert f"记字第{one.number:04d}号{numbered}" in text
            for shown in one.lines[index * 6 : index * 6 + 6]:
                figure = f"{shown.amount:,.2f}"
                said = f"{shown.summary}{shown.account_code}{shown.account_title}{shown.detail}{figure}"
                assert squeezed(said) in text


def test_the_total_and_its_words_are_on_the_last_page_only(read):
    first, last = read(voucher(*["17833.42"] * 6))
    assert "记字第0012号1/2" in first
    assert "续下页" in first
    assert "合计" not in first
    assert "记字第0012号2/2" in last
    assert "合计：人民币壹拾万柒仟元伍角贰分￥107,000.52￥107,000.52" in last


def test_a_page_that_is_exactly_full_is_not_followed_by_an_empty_one(read):
    assert len(read(voucher(*["1"] * 5))) == 1
    assert len(read(voucher(*["1"] * 6))) == 2


def test_whoever_worked_on_it_and_what_belongs_to_it_is_named(read):
    signed = voucher("1", maker="制甲", auditor="审乙", poster="记丙", cashier="出丁", chief="主戊", attachments=3)
    (text,) = read(replace(signed, title="转账凭证", word="转"))
    for said in ("转账凭证", "核算单位：", "示例公司", "2025年1月31日", "附单据3张", "√", "转字第0012号"):
        assert said in text
    for label in ("会计主管：", "记账：", "审核：", "出纳：", "制单："):
        assert label in text
    assert "主戊记丙审乙出丁制甲" in text


def test_a_draft_shows_its_provisional_number_as_such(read):
    (text,) = read(voucher("1", number=None))
    assert "记字第暂0007号" in text


def test_what_an_amount_was_reckoned_from_stands_in_its_line(read):
    dollars = line("179710", detail="美元户", foreign=ForeignAmount("USD", Decimal("25000.00"), Decimal("7.1884")))
    boxes = line("525", quantity=CountedQuantity(Decimal("15"), "箱", Decimal("35")))
    (text,) = read(voucher(dollars, boxes))
    assert "美元户USD25,000.00×7.1884" in text
    assert "15箱×35.00" in text


def red_pixels(picture) -> int:
    return sum(count for count, (red, green, blue) in picture.getcolors(1 << 20) if red > 150 and max(green, blue) < 90)


def millimetres(picture, left, top, right, bottom):
    """Return a part of a picture of 200 dots an inch."""
    return picture.crop(tuple(round(edge * 200 / 25.4) for edge in (left, top, right, bottom)))


def test_red_amounts_are_printed_red_without_a_sign_and_read_with_it(picture_of, text_of):
    """The money columns begin at 136 and 180 mm; of seven rows from 38 to 124 mm the last has the totals."""
    black, red = (printed(voucher(amount))[0] for amount in ("123456.78", "-123456.78"))
    row = (124 - 38) / 7
    for left, line_number in ((136, 0), (180, 1), (136, 6), (180, 6)):
        box = (left, 38 + row * line_number, left + 44, 38 + row * (line_number + 1))
        was, now = (red_pixels(millimetres(picture_of(pdf, dpi=200), *box)) for pdf in (black, red))
        assert now > was + 100
    text = squeezed(text_of(red)[0])
    assert (text.count("-123,456.78"), text.count("-￥123,456.78")) == (2, 2)
    assert "合计：人民币负壹拾贰万叁仟肆佰伍拾陆元柒角捌分" in text


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_the_title_stands_in_the_middle_over_a_double_rule(locale, picture_of):
    picture = picture_of(printed(voucher("1"), locale=locale)[0], dpi=200).convert("L")
    above = ImageChops.invert(millimetres(picture, 60, 5, 190, 17))
    left, _, right, _ = above.getbbox()
    assert abs((left + right) / 2 / 200 * 25.4 + 60 - 125) < 0.5
    column = millimetres(picture, 125, 16.5, 125.2, 19).resize((1, 20)).tobytes()
    dark = "".join("#" if shade < 200 else " " for shade in column)
    assert len(dark.split()) == 2


def middle_of_digits(pdf: bytes) -> list[tuple[str, float]]:
    """Return the digits set singly in the credit column of the first line, with their places in millimetres."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        content = document.pages[0].Contents.read_bytes().decode()
    cells = re.findall(r"1 0 0 1 ([\d.]+) ([\d.]+) Tm /F\d+ 10 Tf <(\w{4})> Tj", content)
    return [(code, float(x) / 72 * 25.4) for x, _, code in cells]


def test_each_digit_stands_in_its_own_cell():
    """A voucher of 0.01 to 123,456,789.01: the last digit always in the last of 11 cells of 4 mm from 136 mm."""
    for amount, digits in (("0.01", 3), ("1234.56", 6), ("123456789.01", 11)):
        places = [x for _, x in middle_of_digits(printed(voucher(amount))[0])][:digits]
        cells = [int((x - 136) / 4) for x in places]
        assert cells == list(range(11 - digits, 11))


@pytest.mark.parametrize(
    ("amount", "shown"), [("999999999.99", "999,999,999.99"), ("1234567890123.45", "1,234,567,890,123.45")]
)
def test_an_amount_too_large_for_the_cells_is_printed_plainly(amount, shown, read):
    (text,) = read(voucher(amount))
    assert text.count(shown) == 4
    assert f"￥{shown}" in text


def test_amounts_without_words_are_printed_as_figures(read):
    (text,) = read(voucher("12345678901234567"))
    assert "合计：CNY12,345,678,901,234,567.00" in text


@pytest.mark.parametrize(
    ("currency", "decimals", "amount", "shown"),
    [("JPY", 0, "1234567", "1,234,567"), ("KWD", 3, "12.5", "12.500"), ("BTC", 8, "0.00012345", "0.00012345")],
)
def test_a_currency_without_two_decimals_has_plain_figures_and_no_cells(currency, decimals, amount, shown, read):
    (text,) = read(voucher(amount, currency=currency, decimals=decimals))
    assert text.count(shown) == 5
    assert f"合计：{currency}{shown}" in text
    assert "亿千百" not in text


def test_another_currency_of_two_decimals_keeps_the_cells_and_names_itself(read):
    (text,) = read(voucher("12.50", currency="EUR"))
    assert "亿千百" in text
    assert "合计：EUR12.50" in text
    assert "￥" not in text


def test_currencies_are_never_added_together(read):
    mixed = replace(voucher("1"), lines=(line("100", currency="EUR"), line("110.25", "C", currency="USD")))
    (text,) = read(mixed)
    assert "EUR100.00" in text
    assert "USD110.25" in text
    assert "210.25" not in text


def test_decimals_beyond_the_usual_ones_are_shown_not_rounded(read):
    (text,) = read(voucher("1.005"))
    assert "1.005" in text


def test_a_long_summary_is_there_in_full(read):
    (text,) = read(voucher(line("1", summary=LONG)))
    assert squeezed(LONG) in text


def test_english_labels_and_titles(read):
    first, second = read(voucher("1234.5", title="收款凭证"), voucher("1"), locale="en")
    for said in ("ReceiptVoucher", "Company:", "2025-01-31", "No.记-0012", "Attachments:0", "Debit", "Preparedby:"):
        assert said in first
    assert "TotalCNY1,234.50" in first
    assert "JournalVoucher" in second
    assert not re.search("[合计借贷]", first)


def test_two_vouchers_share_an_a4_sheet_with_a_line_to_cut_along(read, picture_of):
    vouchers = [voucher("1", number=number) for number in (1, 2, 3)]
    pages = read(*vouchers, form="a4-2")
    assert ["0001号" in pages[0], "0002号" in pages[0], "0003号" in pages[1]] == [True, True, True]
    with pikepdf.open(io.BytesIO(printed(*vouchers, form="a4-2")[0])) as document:
        assert [round(float(edge) / 72 * 25.4) for edge in document.pages[0].MediaBox] == [0, 0, 210, 297]
    darkest, _ = picture_of(printed(*vouchers, form="a4-2")[0]).crop((0, 580, 827, 590)).convert("L").getextrema()
    assert darkest < 230


def test_the_outline_leads_to_the_upper_and_the_lower_half_of_a_sheet():
    pdf, _ = printed(voucher("1", number=1), voucher("1", number=2), form="a4-2")
    with pypdfium2.PdfDocument(pdf) as document:
        tops = [entry.get_dest().get_view()[1][1] for entry in document.get_toc() if entry.level == 2]
    assert [round(top * 25.4 / 72, 1) for top in tops] == [297, 148.5]


def test_unused_lines_are_struck_out_when_asked(picture_of):
    plain, struck = (picture_of(printed(voucher("1"), look=Look(strike_unused=flag))[0]) for flag in (False, True))
    box = ImageChops.difference(plain, struck).getbbox()
    left, top, right, bottom = (edge / 100 * 25.4 for edge in box)
    assert 135 < left < 140
    assert 220 < right < 225
    assert 60 < top < 66
    assert 107 < bottom < 112
    full = [picture_of(printed(voucher(*["1"] * 5), look=Look(strike_unused=flag))[0]) for flag in (False, True)]
    assert ImageChops.difference(*full).getbbox() is None


def test_the_outline_leads_from_period_and_word_to_each_voucher(outline_of):
    pdf, _ = printed(
        voucher(*["1"] * 8, number=1),
        voucher("1", number=2),
        voucher("1", number=1, word="转", period="2025-02"),
    )
    assert outline_of(pdf) == [
        (0, "2025-01", 0),
        (1, "记", 0),
        (2, "记-0001", 0),
        (2, "记-0002", 2),
        (0, "2025-02", 3),
        (1, "转", 3),
        (2, "转-0001", 3),
    ]


def test_lines_a_page_are_a_setting(read):
    assert len(read(voucher(*["1"] * 15), look=Look(lines=8))) == 2
    with pytest.raises(ValueError, match="3 to 12"):
        printed(voucher("1"), look=Look(lines=40))


def test_progress_is_told_after_each_voucher():
    told = []
    printed(*(voucher("1", number=number) for number in (1, 2, 3)), progress=told.append)
    assert told == [1, 2, 3]


def test_a_logo_and_a_letterhead_are_on_the_form(read, picture_of):
    logo = b"<svg xmlns='http://www.w3.org/2000/svg' width='80' height='20'><path fill='#00f' d='M0 0h80v20H0z'/></svg>"
    head = Letterhead("示例公司", ("上海市世纪大道 100 号",), Resource(logo, "image/svg+xml"))
    (text,) = read(voucher("1"), letterhead=head)
    assert "上海市世纪大道100号" in text
    colours = picture_of(printed(voucher("1"), letterhead=head)[0]).getcolors(1 << 20)
    assert sum(count for count, colour in colours if colour == (0, 0, 255)) > 1000


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
@pytest.mark.parametrize("name", ["240x140", "a4-2"])
def test_stamped_vouchers_look_as_weasyprint_draws_them(name, locale, picture_of):
    vouchers = [
        voucher(line("-12345.67", summary=LONG, detail="客户/张三"), "0.05", maker="李晓明", attachments=12),
        voucher("1234567890.12", "8", poster="王芳", title="付款凭证"),
    ]
    stamped, _ = printed(*vouchers, form=name, locale=locale, look=Look(strike_unused=True))
    form = VoucherForm(name, locale, Look(strike_unused=True))
    drawn = weasy.render(reference_html([Volume(vouchers)], form), resources=form.resources())
    for page in range(2 if name == "240x140" else 1):
        ours, theirs = (picture_of(pdf, page).convert("L") for pdf in (stamped, drawn))
        difference = ImageChops.difference(ours, theirs)
        assert sum(difference.histogram()[85:]) < 0.002 * difference.width * difference.height


def test_an_archived_month_has_no_error_a_checker_finds():
    pdf, _ = printed(*random_vouchers(20), form="a4-2")
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert document.check_pdf_syntax() == []
        assert document.open_metadata()["pdfaid:part"] == "2"


def test_an_empty_selection_is_said():
    with pytest.raises(DocumentError, match="nothing to print"):
        printed()


def test_threads_print_at_the_same_time_without_mixing_anything():
    months = [random_vouchers(count) for count in (20, 25, 30, 35)]
    alone = [printed(*month)[0] for month in months]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda month: printed(*month, form="240x140")[0], months))
    assert together == alone

"""What a printed table may be relied on for: every row once, sums carried over pages, and the look of a drawn one."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise

import pikepdf
import pytest
from PIL import ImageChops

from hanse.documents import weasy
from hanse.documents.stamp import PageCount, Placement, Stamper, Text
from hanse.documents.tables import Column, Heading, Row, frame, lay_out, print_table, reference_html

NOON = datetime(2025, 2, 1, 12, tzinfo=UTC)
COLUMNS = [
    Column("日期"),
    Column("摘要"),
    Column("借方", "本期发生", figures=True),
    Column("贷方", "本期发生", figures=True),
    Column("余额", figures=True),
]
HEADING = Heading(
    "明细账", "核算单位：示例公司", "期间：2025", "打印", "第{page}页/", "共{pages}页", "过次页", "承前页", "zh-CN"
)
LONG = "冲销 2025年2月 记-0012号凭证，客户退回第四季度采购的ThinkPad笔记本电脑30台（合同号 HT-2024/1108-003）因质量问题"


def ledger(count: int, part: str = "1002 银行存款", *, carries: bool = True) -> list[Row]:
    """Write an account of ``count`` lines of 1.00, 2.00 … with the balance so far."""
    rows: list[Row] = []
    for number in range(1, count + 1):
        balance = f"{Decimal(number * (number + 1) // 2):,.2f}"

        def carry(label: str, balance: str = balance) -> Row:
            return Row(["", label, balance, "", balance], strong=True)

        texts = ["2025-01-31", f"凭证{number}号", f"{number:,}.00", "", balance]
        rows.append(Row(texts, part=part if number == 1 else None, carry=carry if carries else None))
    return rows


def printed(rows, columns=COLUMNS, heading=HEADING) -> bytes:
    out = io.BytesIO()
    print_table(out, columns, iter(rows), heading, created=NOON)
    return out.getvalue()


def amounts(page: str, label: str) -> list[str]:
    """Give the figures of the row with a label."""
    found = re.search(rf"{label}\s+([\d,.]+)\s+([\d,.]+)", page)
    assert found, page
    return list(found.groups())


def test_every_row_is_there_once_whatever_the_number_of_pages(text_of):
    room = lay_out(COLUMNS, ledger(9)).room
    for count in (1, room - 1, room, room + 1, 2 * room - 2, 2 * room - 1, 2 * room, 200):
        text = "".join(text_of(printed(ledger(count))))
        assert [int(number) for number in re.findall(r"凭证(\d+)号", text)] == list(range(1, count + 1))


def test_a_page_ends_with_the_sums_that_the_next_begins_with(text_of):
    pages = text_of(printed(ledger(200)))
    assert len(pages) > 3
    for before, after in pairwise(pages):
        numbers = [int(number) for number in re.findall(r"凭证(\d+)号", before)]
        so_far = f"{numbers[-1] * (numbers[-1] + 1) // 2:,}.00"
        assert amounts(before, "过次页") == [so_far, so_far] == amounts(after, "承前页")
    assert "过次页" not in pages[-1]


def test_rows_that_know_no_sums_are_carried_nowhere(text_of):
    pages = text_of(printed(ledger(200, carries=False)))
    assert not [page for page in pages if "过次页" in page or "承前页" in page]


def test_each_part_begins_a_page_with_its_heading_and_a_bookmark(text_of, outline_of):
    rows = ledger(50, "1001 库存现金") + ledger(3, "1002 银行存款") + ledger(1, "1122 应收账款")
    pdf = printed(rows)
    assert outline_of(pdf) == [(0, "1001 库存现金", 0), (0, "1002 银行存款", 2), (0, "1122 应收账款", 3)]
    assert ["1001" in page for page in text_of(pdf)] == [True, True, False, False]


def test_each_page_says_which_of_how_many_it_is(text_of):
    pages = [re.sub(r"\s", "", page) for page in text_of(printed(ledger(150)))]
    for number, page in enumerate(pages, start=1):
        assert f"第{number}页/" in page
        assert f"共{len(pages)}页" in page


def test_an_empty_table_is_one_page_that_shows_the_columns(text_of):
    (page,) = text_of(printed([]))
    for said in ("明细账", "核算单位：示例公司", "期间：2025", "摘要", "本期发生"):
        assert said in page


def test_more_columns_take_larger_paper():
    def paper(count: int) -> tuple[float, float]:
        columns = [Column(f"金额{at}", figures=True) for at in range(count)]
        layout = lay_out(columns, [Row(["1,234,567.89"] * count)])
        assert sum(layout.widths) == pytest.approx(layout.width - 30)
        return layout.width, layout.height

    assert [paper(count) for count in (4, 12, 20)] == [(210, 297), (297, 210), (420, 297)]


def test_a_figure_is_never_narrower_than_it_is_written():
    columns = [Column("摘要"), Column("金额", figures=True)]
    layout = lay_out(columns, [Row([LONG * 3, "123,456,789,012.34"])])
    text = Text(0, 0, "123,456,789,012.34", layout.size, font="sans", width=layout.widths[1] - 2)
    from hanse.documents.stamp import fitted

    assert fitted(text).size == layout.size


def red_pixels(picture) -> int:
    return sum(count for count, (red, green, blue) in picture.getcolors(1 << 20) if red > 150 and max(green, blue) < 90)


def test_red_figures_are_printed_red(picture_of):
    texts = ["2025-01-31", "红字", "-12,345.67", "", ""]
    black, red = (picture_of(printed([Row(texts, red=which)])) for which in (frozenset(), frozenset({2})))
    assert red_pixels(black) == 0
    assert red_pixels(red) > 20


@pytest.mark.parametrize("count", [5, 60])
def test_stamped_tables_look_as_weasyprint_draws_them(count, picture_of):
    rows = [*ledger(count), Row(["2025-02-01", LONG, "-5.00", "1,234.00", "0.00"], red=frozenset({2}))]
    drawn = weasy.render(reference_html(COLUMNS, rows, HEADING), resources={})
    stamped = printed(rows)
    for page in range(2 if count == 60 else 1):
        ours, theirs = (picture_of(pdf, page).convert("L") for pdf in (stamped, drawn))
        difference = ImageChops.difference(ours, theirs)
        assert sum(difference.histogram()[85:]) < 0.002 * difference.width * difference.height


def test_a_checker_finds_no_error_and_it_is_pdf_a():
    with pikepdf.open(io.BytesIO(printed(ledger(100)))) as document:
        assert document.check_pdf_syntax() == []
        assert document.open_metadata()["pdfaid:part"] == "2"


def test_progress_counts_rows_and_the_frame_is_drawn_once():
    told: list[int] = []
    print_table(io.BytesIO(), COLUMNS, iter(ledger(90)), HEADING, created=NOON, progress=told.append)
    assert told[-1] >= 90
    layout = lay_out(COLUMNS, ledger(3))
    assert frame(COLUMNS, layout) is frame(COLUMNS, layout)


def test_the_number_of_pages_is_known_to_the_first_page(text_of):
    form = frame(COLUMNS, lay_out(COLUMNS, []))
    out = io.BytesIO()
    stamper = Stamper(out, title="t", language="en", created=NOON)
    for number in (1, 2, 3):
        fields = [Text(50, 100, f"{number} of", align="right"), PageCount(51, 100, "{pages} sheets")]
        stamper.page(210, 297, [Placement(form, fields)])
    stamper.close()
    for page in text_of(out.getvalue()):
        assert "3 sheets" in page

"""What an uploaded file may look like, and what is refused before anything is kept."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from openpyxl import Workbook

from hanse.errors import BusinessError
from hanse.exchange.headings import find_headings
from hanse.exchange.reading import MOST_COLUMNS, read_rows

CHINESE = "名称,城市\n北京神舟航天软件,北京\n深圳市大疆创新,深圳\n"


def rows(content: bytes) -> list[list[str]]:
    return list(read_rows(io.BytesIO(content)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_chinese_is_read_in_every_encoding_that_excel_writes(encoding: str) -> None:
    assert rows(CHINESE.encode(encoding))[1] == ["北京神舟航天软件", "北京"]


def test_bytes_that_western_tables_lack_are_read_as_gb18030() -> None:
    """8F is no letter of cp1252; there is too little text to look Chinese."""
    assert rows(b"a,b\nx,\x8f\xa1\n")[1] == ["x", b"\x8f\xa1".decode("gb18030")]


def test_western_letters_are_not_taken_for_chinese() -> None:
    assert rows("Name;Stadt\nMüller & Söhne;Köln\n".encode("cp1252"))[1] == ["Müller & Söhne", "Köln"]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(separator: str) -> None:
    text = "\n".join(
        separator.join(row) for row in (["Name", "Price, net", "City"], ["A; B", "1", "X"], ["C", "2", "Y"])
    )
    if separator in ",;":
        text = text.replace("Price, net", '"Price, net"').replace("A; B", '"A; B"')
    assert rows(text.encode())[0] == ["Name", "Price, net", "City"]


def test_text_in_quotes_may_go_over_lines_and_one_late_foreign_letter_counts() -> None:
    text = "Name,Note\n" + "A,plain\n" * 20_000 + 'Zoë,"two\nlines"\n'
    assert rows(text.encode("utf-8"))[-1] == ["Zoë", "two\nlines"]


def test_a_workbook_gives_values_as_people_see_them(sheet: Callable[..., io.BytesIO]) -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    page.append(["Name", "Price", "Share", "Day", "At", "On"])
    page.append(["A", 0.1, 0.155, date(2026, 3, 1), datetime(2026, 3, 1, 9, 30), True])
    page["C2"].number_format = "0.0%"
    target = io.BytesIO()
    book.save(target)

    assert rows(target.getvalue())[1] == ["A", "0.1", "15.5%", "2026-03-01", "2026-03-01 09:30:00", "TRUE"]


def test_a_formula_counts_with_the_value_it_had(sheet: Callable[..., io.BytesIO]) -> None:
    plain = sheet(["Sum"], [41])
    with zipfile.ZipFile(plain) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    page = parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = page.replace(b"<v>41</v>", b"<f>40+1</f><v>41</v>")
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        for name, part in parts.items():
            packed.writestr(name, part)

    assert rows(target.getvalue()) == [["Sum"], ["41"]]


def bomb() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", "<workbook/>")
        with packed.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _megabyte in range(700):
                part.write(b" " * 2**20)
    return target.getvalue()


def with_entities() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        packed.writestr("xl/workbook.xml", '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><workbook>&a;</workbook>')
    return target.getvalue()


def another_zip() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        packed.writestr("letter.txt", "hello")
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (bomb, "too large"),
        (with_entities, "no XLSX workbook"),
        (another_zip, "no XLSX workbook"),
        (lambda: b"PK\x03\x04" + b"nonsense" * 100, "broken"),
        (lambda: random.Random(1).randbytes(10 * 2**20), "no table"),
        (lambda: b"\x80\x81\x9d\x8f" * 100_000, "no table"),
        (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000), "Excel 97"),
        (lambda: b'a,b\n"' + b"x" * 1_000_000, "cannot be read as a table"),
        (lambda: b"a," * (MOST_COLUMNS + 1) + b"a", "more than 300 columns"),
    ],
)
def test_what_is_no_table_is_refused_in_words(content: Callable[[], bytes], says: str) -> None:
    with pytest.raises(BusinessError, match=says):
        rows(content())


def headings(*given: list[str]) -> tuple[int, tuple[str, ...]]:
    found = find_headings(given)
    return found.last, found.names


def test_headings_stand_below_titles_and_notes() -> None:
    table: Any = [["Price list 2026"], [], ["valid from March"], ["Name", "Price", "City"], ["A", "1", "X"]]
    assert headings(*table) == (4, ("Name", "Price", "City"))


def test_merged_headings_are_joined_with_those_below() -> None:
    table = [
        ["Name", "Contact", "", "Address", ""],
        ["", "Phone", "E-mail", "Street", "City"],
        ["A", "1", "", "x", "y"],
    ]
    assert headings(*table) == (2, ("Name", "Contact Phone", "Contact E-mail", "Address Street", "Address City"))


def test_a_row_of_values_is_not_taken_for_a_second_row_of_headings() -> None:
    assert headings(["Name", "", "City"], ["Ann", "x", "Bonn"]) == (1, ("Name", "Column B", "City"))


def test_the_same_heading_twice_and_none_are_told_apart() -> None:
    assert headings(["Name", "Phone", "Phone"], ["A", "1", "2", "3"]) == (1, ("Name", "Phone", "Phone (2)", "Column D"))

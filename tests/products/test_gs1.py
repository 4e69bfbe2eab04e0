"""What reading scanned codes may rely on.

Examples: GS1 General Specifications (check digits 7.9, element strings 7.8, dates 7.12), and GS1 Digital Link
Standard: URI Syntax.
Elements are compared with an independent reader, that of python-stdnum.
"""

from __future__ import annotations

import string
from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import ean, gs1_128

from hanse_products.gs1 import FNC1, Measured, Scanned, Unreadable, check_digit, gtin14, is_gtin, read

TODAY = date(2026, 11, 27)
GTIN = "09506000134352"
digits = st.text(string.digits, min_size=7, max_size=13)
lots = st.text(string.ascii_letters + string.digits + "-./", min_size=1, max_size=20)
gtins = st.text(string.digits, min_size=13, max_size=13).map(lambda text: text + check_digit(text))
days = st.dates(date(1980, 1, 1), date(2070, 12, 31))


def scan(text: str, on: date = TODAY):
    return read(text, on=on)


@pytest.mark.parametrize(
    "number", ["6291041500213", "4006381333931", "036000291452", "96385074", "09506000134352", "38425876095074"]
)
def test_published_numbers_are_trade_item_numbers(number):
    assert is_gtin(number)
    assert scan(number).gtin == gtin14(number)


@given(digits)
def test_check_digits_are_those_of_stdnum(text):
    number = text + check_digit(text)
    assert check_digit(text) == ean.calc_check_digit(text)
    assert is_gtin(number) == (len(number) in (8, 12, 13, 14))


@given(st.text(string.digits, min_size=12, max_size=12), st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(text, place, by):
    number = text + check_digit(text)
    wrong = number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :]
    assert not is_gtin(wrong)


def test_lot_and_expiry_stand_behind_the_number():
    found = scan(f"]C101{GTIN}17271231" + "10AB-123" + FNC1 + "3724")
    assert (found.gtin, found.lot, found.expires, found.count) == (GTIN, "AB-123", date(2027, 12, 31), 24)
    assert found.elements == {"01": GTIN, "17": "271231", "10": "AB-123", "37": "24"}


@pytest.mark.parametrize(
    "text",
    [
        f"]C101{GTIN}10AB{FNC1}17271231",
        f"]d201{GTIN}10AB{FNC1}17271231",
        f"]d2{FNC1}01{GTIN}10AB{FNC1}17271231",
        f"{FNC1}01{GTIN}10AB{FNC1}17271231{FNC1}",
        f"]C101{GTIN}10AB<GS>17271231",
        f"01{GTIN}10AB{{GS}}17271231",
        f"]C101{GTIN}1727123110AB",
        f"01{GTIN}1727123110AB",
        f"(01){GTIN}(10)AB(17)271231",
        f" (17)271231 (10)AB (01){GTIN} ".replace(" ", ""),
        f"https://id.gs1.org/01/{GTIN}/10/AB?17=271231",
        f"https://shop.example.com/some/way/01/{GTIN[1:]}/10/AB?17=271231&color=red",
        f"HTTPS://EXAMPLE.COM/gtin/{GTIN}/lot/AB?17=271231",
    ],
)
def test_scanners_and_people_write_the_same_in_many_ways(text):
    found = scan(text)
    assert (found.gtin, found.lot, found.expires) == (GTIN, "AB", date(2027, 12, 31))


@given(gtins, lots, days, st.integers(1, 10**8 - 1), st.permutations(["01", "10", "17", "37", "21"]))
def test_element_strings_are_read_as_stdnum_reads_them(gtin, lot, day, count, order):
    written = {"01": gtin, "10": lot, "17": day.strftime("%y%m%d"), "37": str(count), "21": lot[::-1]}
    variable = ("10", "37", "21")
    text = "".join(key + written[key] + (FNC1 if key in variable else "") for key in order)
    found = scan("]C1" + text, on=date(2026, 1, 1))
    theirs = gs1_128.info(text, FNC1)
    assert dict(found.elements) == written
    assert list(found.elements) == order
    assert (found.gtin, found.lot, found.serial, found.count) == (
        theirs["01"],
        theirs["10"],
        theirs["21"],
        theirs["37"],
    )
    assert found.expires is not None
    assert (found.expires.month, found.expires.day) == (theirs["17"].month, theirs["17"].day)


@pytest.mark.parametrize(
    ("on", "text", "expected"),
    [
        (2026, "991231", 1999),
        (2026, "770101", 1977),
        (2026, "760101", 2076),
        (2026, "000101", 2000),
        (2026, "270101", 2027),
        (2060, "100101", 2110),
        (2060, "110101", 2011),
        (1999, "490101", 2049),
        (1999, "500101", 1950),
    ],
)
def test_years_are_those_nearest_to_ours(on, text, expected):
    found = scan(f"(01){GTIN}(11){text}", on=date(on, 6, 1)).produced
    assert found is not None
    assert found.year == expected


@pytest.mark.parametrize(("text", "last"), [("280200", 29), ("270200", 28), ("271200", 31), ("270400", 30)])
def test_day_zero_is_the_last_of_the_month(text, last):
    found = scan(f"(01){GTIN}(17){text}").expires
    assert found is not None
    assert found.day == last


@pytest.mark.parametrize(
    ("identifier", "value", "expected"),
    [
        ("3103", "001250", Measured(Decimal("1.250"), "KGM")),
        ("3100", "000012", Measured(Decimal(12), "KGM")),
        ("3105", "123456", Measured(Decimal("1.23456"), "KGM")),
        ("3202", "000150", Measured(Decimal("1.50"), "LBR")),
        ("3152", "000075", Measured(Decimal("0.75"), "LTR")),
    ],
)
def test_weights_and_volumes_have_their_decimals_in_the_identifier(identifier, value, expected):
    found = scan(f"01{GTIN}{identifier}{value}")
    assert found.measure == expected
    theirs = gs1_128.info(f"01{GTIN}{identifier}{value}")[identifier]
    assert expected.amount == theirs


def test_a_pallet_names_what_is_inside():
    found = scan(f"(00)106141412345678908(02){GTIN}(37)12(10)L1")
    assert (found.sscc, found.gtin, found.count, found.lot) == ("106141412345678908", GTIN, 12, "L1")


def test_what_is_no_code_of_gs1_is_looked_up_as_it_stands():
    for text in ("P00012", "K-001", "20 12345", "https://example.com/help", "6901234567890"):
        assert (scan(text).text, scan(text).gtin, scan(text).elements) == (text, None, {})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "nothing to look up"),
        ("]C1", "nothing to look up"),
        (f"]C101{GTIN[:-1]}3", "must be 2"),
        (f"(01){GTIN}(17)271301", "no day"),
        (f"(01){GTIN}(17)270230", "no day"),
        (f"(01){GTIN}(17)2712", "too few"),
        (f"(01){GTIN}(10)", "too few"),
        (f"(01){GTIN}(10){'A' * 21}", "too many"),
        (f"(01){GTIN}(37)1x", "digits only"),
        (f"(01){GTIN}(3103)12a456", "digits only"),
        (f"(01){GTIN}(10)Ä1", "no code of GS1 may hold"),
        (f"]C101{GTIN}89123", "no application identifier"),
        (f"]C101{GTIN}x", "no application identifier"),
        (f"(01){GTIN} and (10", "in brackets"),
        (f"(1000){GTIN}", "no application identifier"),
    ],
)
def test_what_breaks_the_rules_is_refused_with_the_reason(text, why):
    with pytest.raises(Unreadable, match=why):
        scan(text)


@given(st.text(max_size=60))
def test_whatever_is_scanned_is_read_or_refused(text):
    for start in ("", "]C1", FNC1, "(01)", f"01{GTIN}", "https://a.b/01/"):
        with suppress(Unreadable):
            assert isinstance(read(start + text, on=TODAY), Scanned)

"""Which values a field takes, and what is said of the others."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sample_library.models import Book, Genre

from hanse.actions.values import WrongValue, convert, convert_column

FIELDS = Book.__fields__


@pytest.mark.parametrize(
    ("field", "given", "stored"),
    [
        ("title", "  Momo \t", "Momo"),
        ("title", "   ", None),
        ("remark", " two\nlines ", " two\nlines "),
        ("pages", 3, 3),
        ("pages", Decimal("3.00"), 3),
        ("code", " BK ", "BK"),
        ("price", "12.50", Decimal("12.50")),
        ("price", 12, Decimal(12)),
        ("price", "-0.00000001", Decimal("-0.00000001")),
        ("discount", "0.123456789012", Decimal("0.123456789012")),
        ("weight", Decimal("1.100000000"), Decimal("1.1")),
        ("bought", "2026-02-28", date(2026, 2, 28)),
        ("bought", date(2026, 2, 28), date(2026, 2, 28)),
        ("seen", "2026-02-28T12:00:00+08:00", datetime(2026, 2, 28, 4, tzinfo=UTC)),
        ("genre", "children's", Genre.CHILDREN),
        ("active", False, False),
        ("shelf", 7, 7),
        ("extra", {"a": [1]}, {"a": [1]}),
        ("price", None, None),
    ],
)
def test_what_is_stored(field, given, stored):
    assert convert(FIELDS[field], given) == stored
    assert convert_column(FIELDS[field], [given, None]) == [stored, None]


@pytest.mark.parametrize(
    ("field", "given", "message"),
    [
        ("title", 5, "Title must be text"),
        ("title", "x" * 41, "Title is 41 characters long; at most 40 fit"),
        ("title", "a\0b", "contains a character that cannot be stored"),
        ("pages", "3", "Pages must be a whole number"),
        ("pages", True, "Pages must be a whole number"),
        ("pages", Decimal("3.5"), "Pages must be a whole number"),
        ("pages", Decimal("NaN"), "Pages must be a whole number"),
        ("pages", Decimal("Infinity"), "Pages must be a whole number"),
        ("pages", 2**63, "Pages is too large"),
        ("price", 12.5, "Price must be an exact number"),
        ("price", True, "Price must be an exact number"),
        ("price", "twelve", "Price must be a number"),
        ("price", "NaN", "Price must be a number"),
        ("price", "0.123456789", "Price has more than 8 decimals"),
        ("price", "1e30", "Price is too large"),
        ("price", "-396859803268471838164.84590942529959070", "Price is too large"),
        ("price", "12345678901234567890.123456789", "Price has more than 8 decimals"),
        ("bought", "28.2.2026", "Bought must be a date such as 2026-11-23"),
        ("bought", "2026-02-30", "Bought must be a date such as 2026-11-23"),
        ("bought", datetime(2026, 2, 28, tzinfo=UTC), "Bought must be a day without a time"),
        ("bought", 20260228, "Bought must be a date such as"),
        ("seen", "2026-02-28T12:00:00", "Last seen must be a date and time with its time zone"),
        ("seen", date(2026, 2, 28), "Last seen must be a date and time with its time zone"),
        ("genre", "cookery", "Genre must be one of: Novel, Poetry, Children's book"),
        ("active", "yes", "Active must be yes or no"),
        ("active", 1, "Active must be yes or no"),
        ("shelf", "7", "Shelf must be chosen from the list"),
        ("shelf", True, "Shelf must be chosen from the list"),
    ],
)
def test_what_is_refused(field, given, message):
    with pytest.raises(WrongValue, match=message):
        convert(FIELDS[field], given)


def test_a_column_says_which_value_is_wrong():
    with pytest.raises(WrongValue) as caught:
        convert_column(FIELDS["price"], ["1", None, "x"])
    assert caught.value.index == 2

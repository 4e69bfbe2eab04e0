"""Columns on their way to the database: as arrays, and texts as they are stored."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_library.models import Book
from sqlalchemy import text

from hanse.actions.values import WrongValue, convert, convert_column
from hanse.actions.write.statements import array
from hanse.i18n import _
from hanse.models import Choice

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)))
NASTY = ["NULL", "", '"', "\\", "{}", ",", "\n", '\\"']


class Colour(Choice):
    RED = "red", _("Red")
    ODD = 'o"d\\d', _("Odd")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.none() | TEXTS | st.sampled_from(NASTY), max_size=8))
def test_texts_arrive_as_they_are(library, values):
    assert library.ctx.session.scalar(text("SELECT CAST(:values AS text[])"), {"values": array(values)}) == values


@pytest.mark.parametrize(
    ("values", "kind", "arrived"),
    [
        ([1, None, -3], "bigint", [1, None, -3]),
        ([True, None], "boolean", [True, None]),
        ([Decimal("1.50"), None], "numeric", [Decimal("1.50"), None]),
        ([date(2026, 2, 28), None], "date", [date(2026, 2, 28), None]),
        ([b'\x00"\\', None], "bytea", [b'\x00"\\', None]),
        ([Colour.ODD, None, Colour.RED], "text", ['o"d\\d', None, "red"]),
        ([], "text", []),
    ],
)
def test_other_values_arrive_as_they_are(library, values, kind, arrived):
    found = library.ctx.session.scalar(text(f"SELECT CAST(:values AS {kind}[])"), {"values": array(values)})
    assert found == arrived


@settings(max_examples=100, deadline=None)
@given(values=st.lists(st.none() | st.text() | st.sampled_from(["x" * 300, " a ", "\0", " "]), max_size=6))
def test_a_column_of_texts_is_converted_like_each_of_them(values):
    field = Book.__fields__["title"]
    each = said(lambda: [convert(field, value) for value in values])
    assert said(lambda: convert_column(field, list(values))) == each


def said(convert_all):
    """Give what comes of converting: the values, or the words of the refusal."""
    try:
        return convert_all()
    except WrongValue as error:
        return str(error.message)

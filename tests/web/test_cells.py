"""Rows that Python writes look exactly as the macros of the design draw them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from bs4 import BeautifulSoup
from gallery import environment
from sample_library.models import Genre
from sample_library.screens import BOOKS, LOANS

from hanse.actions import Context
from hanse.i18n import speaking
from hanse.screens import filtering, listing
from hanse.screens.cells import cell_kind, places, text_writer, write_rows

ICONS = "static/vendor/icons.svg"
NAMES = ["title", "code", "genre", "shelf", "price", "weight", "pages", "bought", "seen", "remark", "active"]
FULL = [
    '<Momo> & "co"',
    "BK-1",
    Genre.POETRY,
    7,
    "North 'n' South",
    Decimal("-1234.5"),
    Decimal("0.50"),
    300,
    date(2026, 1, 5),
    datetime(2026, 1, 5, 9, 30, tzinfo=UTC),
    "two\nlines",
    True,
]


def slots_of(ctx: Context, names: list[str]) -> list[listing.Slot]:
    query = listing.Query(ctx, BOOKS)
    there = {column.name: column for column in BOOKS.all_columns()}
    return [query.add(there[name]) for name in names]


def drawn_by_macro(ctx: Context, slots: list[listing.Slot], row: list[Any], pick: bool) -> str:
    """Draw a row as the templates do, out of the contexts that docs/design.md describes."""
    kinds = [cell_kind(slot) for slot in slots]
    columns = [
        {"name": slot.column.name, "label": slot.column.label, "kind": kind}
        for slot, kind in zip(slots, kinds, strict=True)
    ]
    cells = []
    for slot, kind in zip(slots, kinds, strict=True):
        text = text_writer(ctx, slot)(row)
        cell: dict[str, Any] = {"kind": kind, "text": text}
        if not cells:
            cell["url"] = f"/base/library/book/{row[0]}"
            cell["text"] = text or row[0]
        if kind == "flag":
            cell["value"] = row[slot.places[0]]
        if slot.record is not None and row[slot.record] is not None:
            cell["url"] = f"/base/library/shelf/{row[slot.record]}"
        if kind == "money" and row[slot.places[0]] is not None and row[slot.places[0]] < 0:
            cell["tone"] = "bad"
        cells.append(cell)
    values = {
        "columns": columns,
        "row": {"id": row[0], "url": f"/base/library/book/{row[0]}", "cells": cells},
        "pick": pick,
        "page": {"csrf": ""},
    }
    source = "{% import 'macros/table.jinja2' as t with context %}{{ t.row(row, t.faces(columns).split('\n'), pick) }}"
    return environment("en").from_string(source).render(values)


def shape(html: str) -> list[Any]:
    """Give elements, attributes and texts, whatever the blanks between them."""
    table = BeautifulSoup(f"<table>{html}</table>", "html.parser")
    return [
        (
            one.name,
            {name: one.get(name) for name in one.attrs},
            [text.strip() for text in one.find_all(string=True, recursive=False) if text.strip()],
        )
        for one in table.find_all(True)
    ]


@pytest.mark.parametrize("pick", [True, False])
@pytest.mark.parametrize("empty", [True, False])
def test_a_row_is_the_same_in_python_and_in_jinja(library: Any, pick: bool, empty: bool) -> None:
    ctx = library.ctx
    with speaking("en"):
        slots = slots_of(ctx, NAMES)
        row = [42, *([FULL[0], None, None, None, None, None, None, None, None, None, None, False] if empty else FULL)]
        ours = str(write_rows(ctx, BOOKS, slots, [row], "/base", ICONS, pick=pick))

        assert shape(ours) == shape(drawn_by_macro(ctx, slots, row, pick))


def test_columns_find_their_place_on_a_phone_as_the_macro_says() -> None:
    source = "{% import 'macros/table.jinja2' as t with context %}{{ t.slots(columns) }}"
    for kinds in (
        ["text", "money", "tag"],
        ["number", "text", "text", "text", "text", "tag", "tag", "money", "money"],
        ["tag", "date"],
        [],
    ):
        columns = [{"kind": kind} for kind in kinds]
        drawn = environment("en").from_string(source).render(columns=columns, page={})
        assert places(kinds) == [one for one in drawn.split(",") if one]


def test_a_column_through_a_link_and_a_computed_one_are_read_in_the_same_statement(library: Any) -> None:
    ctx = library.ctx
    library.loan(title="Momo")
    asked = filtering.read(ctx, LOANS, [])
    page = listing.read_page(ctx, LOANS, asked)
    with speaking("en"):
        texts = [text_writer(ctx, slot)(page.rows[0]) for slot in page.slots]

    assert texts[1] == "Momo"
    assert texts[3] == str(page.rows[0][0] * 2)

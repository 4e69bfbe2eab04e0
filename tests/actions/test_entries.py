"""What the audit says of inserted records: the same, whether it is written by the column or record by record."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_library.models import Book, Copy, Genre
from sqlalchemy import select

from hanse.actions.entries import Entries
from hanse.actions.write import dumps
from hanse.actions.write.made import Level, Made
from hanse.audit.models import AuditEntry
from hanse.models import StoredFile

COVER = StoredFile.of("a" * 64, 48213, "Cover.png")


def books(rows: list[dict[str, Any]], copies: list[tuple[int, dict[str, Any]]] | None = None) -> Made:
    """Make books as they are inserted; each copy with the place of its book."""
    top = Level(Book, rows, ids=list(range(1, len(rows) + 1)), columns=columns_of(rows))
    levels = [top]
    if copies:
        owner, lines = [place for place, _line in copies], [line for _place, line in copies]
        ids = list(range(101, 101 + len(lines)))
        given = {"book": [top.ids[place] for place in owner]}
        below = Level(Copy, lines, (Book.__fields__["copies"], top), owner, ids=ids, given=given)
        below.columns = columns_of(lines) | given
        levels.append(below)
    return Made(levels)


def columns_of(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row.get(name) for row in rows] for name in dict.fromkeys(name for row in rows for name in row)}


def told(made: Made) -> list[dict[str, Any]]:
    return [json.loads(document) for document in made.documents()]


def test_values_stand_there_as_json_has_them_and_exact_ones_as_they_were_given():
    (book,) = told(
        books(
            [
                {
                    "title": 'Momo "die Tür"\\\n灰先生',
                    "genre": Genre.CHILDREN,
                    "price": Decimal("12.50"),
                    "weight": Decimal("1E+2"),
                    "pages": 300,
                    "bought": date(2026, 3, 31),
                    "seen": datetime(2026, 3, 31, 8, 5, tzinfo=UTC),
                    "cover": COVER,
                    "extra": {"tags": ["a", None, 1.5], "none": None},
                    "active": True,
                    "shelf": 7,
                }
            ]
        )
    )
    assert book == {
        "title": [None, 'Momo "die Tür"\\\n灰先生'],
        "genre": [None, "children's"],
        "price": [None, "12.50"],
        "weight": [None, "1E+2"],
        "pages": [None, 300],
        "bought": [None, "2026-03-31"],
        "seen": [None, "2026-03-31 08:05:00+00:00"],
        "cover": [None, str(COVER)],
        "extra": [None, {"tags": ["a", None, 1.5], "none": None}],
        "active": [None, True],
        "shelf": [None, 7],
    }


def test_empty_fields_and_flags_that_are_off_are_not_noted():
    assert told(
        books([{"title": "A", "price": None, "active": True}, {"title": "B", "price": Decimal(0), "active": False}])
    ) == [
        {"title": [None, "A"], "active": [None, True]},
        {"title": [None, "B"], "price": [None, "0"]},
    ]
    assert told(books([{"price": None, "active": False}])) == [{}]
    assert told(books([{"price": None}, {"price": Decimal(1)}])) == [{}, {"price": [None, "1"]}]


def test_what_all_records_have_alike_stands_in_each():
    rows = [{"title": "100 %s %", "genre": Genre.NOVEL, "pages": pages} for pages in (1, 2)]
    assert told(books(rows)) == [
        {"title": [None, "100 %s %"], "genre": [None, "novel"], "pages": [None, pages]} for pages in (1, 2)
    ]
    assert told(books([{"title": "A %"}, {"title": "A %"}])) == [{"title": [None, "A %"]}] * 2


def test_lines_stand_in_their_record_with_their_ids_and_without_the_link_to_it():
    rows = [{"title": "A"}, {"title": "B"}, {}]
    made = books(rows, [(0, {"barcode": "1", "cost": Decimal("2.0")}), (0, {"barcode": "2"}), (2, {"barcode": "3"})])
    assert told(made) == [
        {
            "title": [None, "A"],
            "copies": [{"barcode": [None, "1"], "cost": [None, "2.0"], "id": 101}, {"barcode": [None, "2"], "id": 102}],
        },
        {"title": [None, "B"]},
        {"copies": [{"barcode": [None, "3"], "id": 103}]},
    ]


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
    st.sampled_from(list(Genre)),
    st.dictionaries(st.text(max_size=3), st.none() | st.integers() | st.lists(st.booleans())),
)
ROWS = st.lists(
    st.dictionaries(st.sampled_from(["title", "price", "pages", "active", "extra"]), VALUES), min_size=1, max_size=4
)


@given(rows=ROWS, lines=st.lists(st.tuples(st.integers(0, 3), st.dictionaries(st.just("barcode"), VALUES)), max_size=5))
def test_by_the_column_it_is_what_a_record_alone_would_say(rows, lines):
    owned = sorted((one for one in lines if one[0] < len(rows)), key=lambda one: one[0])
    made = books(rows, owned)
    assert told(made) == [json.loads(dumps(made.changes(record))) for record in made.ids]
    assert "\n" not in "".join(made.documents())


def test_what_nobody_may_see_is_noted_without_its_value():
    made = books([{"title": "A", "remark": "psst"}, {"title": "B"}])
    documents = [json.loads(one) for one in made.documents(["remark"])]
    assert documents == [{"title": [None, "A"], "remark": ["•••", "•••"]}, {"title": [None, "B"]}]


def test_a_record_that_changes_again_keeps_its_place_and_its_beginning():
    entries = Entries()
    entries.note_made("library.book", books([{"title": "A"}, {"title": "B"}, {"title": "C"}]))
    entries.note("library.shelf", 5, {"name": ["Low", "High"]})
    entries.note("library.book", 2, {"title": ["B", "D"], "pages": [None, 3]})
    entries.note_line("library.book", 3, "copies", {"id": 9, "barcode": [None, "1"]})
    assert list(entries) == [("library.book", 1), ("library.book", 2), ("library.book", 3), ("library.shelf", 5)]
    assert [json.loads(line) for line in entries.lines().split("\n")] == [
        {"title": [None, "A"]},
        {"title": [None, "D"], "pages": [None, 3]},
        {"title": [None, "C"], "copies": [{"id": 9, "barcode": [None, "1"]}]},
        {"name": ["Low", "High"]},
    ]


@pytest.mark.parametrize(("value", "fits"), [("a\0b", False), ("\\\0", False), ("\\u0000", True), ("\\\\u0000", True)])
def test_a_nul_is_not_logged_and_what_looks_like_one_is(value: str, fits: bool):
    entries = Entries()
    entries.note("library.book", 1, {"title": ["", value]})
    if fits:
        assert json.loads(entries.lines()) == {"title": ["", value]}
    else:
        with pytest.raises(ValueError, match="cannot hold a NUL"):
            entries.lines()


def test_the_log_has_one_entry_for_a_record_that_was_made_and_changed_in_one_run(library, verb, monkeypatch):
    create = verb("library.book.create")
    inner = create.function

    def more(ctx, records, *, values):
        made = inner(ctx, records, values=values)
        ctx.update([made[1]], Book, {"pages": 7, "price": "1.5"})
        gone = ctx.insert(Book, [{"title": "Z"}])
        gone += made  # the list is ours
        return made

    monkeypatch.setitem(create.__dict__, "function", more)
    rows = [{"title": title, "pages": 3, "copies": [{"barcode": title}]} for title in "ABC"]
    done = library.ctx.run(create, values=rows).done
    query = select(AuditEntry.record, AuditEntry.changes).where(AuditEntry.model == "library.book")
    found = dict(library.ctx.session.execute(query.order_by(AuditEntry.id)).all())
    assert list(found)[:3] == list(done)
    assert found.popitem()[1]["title"] == [None, "Z"]
    assert [changes["pages"] for changes in found.values()] == [[None, 3], [None, 7], [None, 3]]
    assert [changes.get("price") for changes in found.values()] == [None, [None, "1.5"], None]
    assert [changes["copies"][0]["barcode"] for changes in found.values()] == [[None, title] for title in "ABC"]

"""create, update and delete: what is checked, what is counted, and what the audit keeps."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sample_library.models import Book, Copy, Loan, Reader
from sqlalchemy import select

from hanse import BusinessError, Errors, Forbidden
from hanse.actions.write import Each
from hanse.audit.models import AuditEntry
from hanse.testing import statements


def last_entry(ctx):
    return ctx.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()


# --- errors name row, line and field ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "field", "message"),
    [
        ([{}], "title", "Title is missing"),
        ([{"title": "A"}, {"title": " "}], "1.title", "Title is missing"),
        ([{"title": "A", "price": "x"}], "price", "Price must be a number"),
        ([{"title": "A"}, {"title": "B", "pages": "x"}], "1.pages", "Pages must be a whole number"),
        ([{"title": "A", "copies": [{"barcode": "1"}, {}]}], "copies.1.barcode", "Line 2: Barcode is missing"),
        (
            [{"title": "A", "copies": [{"barcode": "1"}]}, {"title": "B", "copies": [{"barcode": "2", "cost": "x"}]}],
            "1.copies.0.cost",
            "Line 1: Cost must be a number",
        ),
        ([{"title": "A", "colour": "red"}], "colour", "has no field colour"),
        ([{"title": "A", "pages": 0}], None, "A book has at least one page"),
        ([{"title": "A"}, {"title": "A"}], "title", "There is a book with this title already"),
        ([{"title": "A", "shelf": 999}], "shelf", "Shelf: choose one from the list"),
        ([{"title": "A", "stars": 6}], None, "One to five stars"),
    ],
)
def test_what_is_wrong_in_a_new_record(library, verb, rows, field, message):
    with pytest.raises(BusinessError, match=message) as caught:
        library.ctx.run(verb("library.book.create"), values=rows)
    assert caught.value.field == field


def test_all_wrong_fields_are_named_at_once(library, verb):
    with pytest.raises(Errors) as caught:
        library.ctx.run(verb("library.book.create"), values=[{"price": "x", "copies": [{}]}])
    assert [error.field for error in caught.value.each()] == ["title", "price"]
    with pytest.raises(Errors) as caught:
        library.ctx.run(
            verb("library.book.create"), values=[{"title": "A", "copies": [{"barcode": "1"}, {"cost": "x"}]}]
        )
    assert [error.field for error in caught.value.each()] == ["copies.1.barcode", "copies.1.cost"]


@pytest.mark.parametrize(
    ("values", "field", "message"),
    [
        ({"title": ""}, "title", "Title is missing"),
        ({"price": "x"}, "price", "Price must be a number"),
        ({"copies": [{"barcode": "new"}, {"barcode": ""}]}, "copies.1.barcode", "Line 2: Barcode is missing"),
        ({"copies": [{"id": 10**9, "barcode": "1"}]}, "copies", "belongs to another record"),
        ({"loans": []}, "loans", "has no field loans"),
        ({"reviews": []}, "reviews", "Reviews are records of their own; change them there"),
    ],
)
def test_what_is_wrong_in_a_change(library, verb, values, field, message):
    book = library.book(copies=[{"barcode": "1"}])
    with pytest.raises(BusinessError, match=message) as caught:
        library.ctx.run(verb("library.book.update"), [book], values=values)
    assert caught.value.field == field


def test_a_wrong_value_in_a_line_that_is_there_names_its_place(library, verb):
    book = library.book(copies=[{"barcode": "1"}, {"barcode": "2"}])
    first, second = (copy.id for copy in book.copies)
    with pytest.raises(BusinessError, match="Line 2: Cost must be a number") as caught:
        lines = [{"id": first, "barcode": "1"}, {"id": second, "cost": "x"}]
        library.ctx.run(verb("library.book.update"), [book], values={"copies": lines})
    assert caught.value.field == "copies.1.cost"


def test_what_is_in_use_cannot_be_deleted_and_says_by_whom(library, verb):
    loan = library.loan()
    with pytest.raises(BusinessError, match=r"cannot be deleted, as it is still used: 1 × Loans \(Book\)"):
        library.ctx.run(verb("library.book.delete"), [loan.book])


def test_a_trigger_says_its_own_words(library, verb):
    loan = library.loan()
    library.ctx.run(verb("library.loan.lend"), [loan], due="2026-12-01")
    library.ctx.run(verb("library.loan.take_back"), [loan])
    with pytest.raises(BusinessError, match="A loan that is returned is not changed any more"):
        library.ctx.run(verb("library.loan.update"), [loan], values={"due": "2027-01-01"})


# --- rights on fields -------------------------------------------------------------------------------------------------


def test_a_field_that_needs_a_permission_cannot_be_set_without(library, as_user, verb):
    clerk = as_user("library.loan.*", "library.book.read", "library.reader.read")
    plain = as_user(
        "library.loan.create", "library.loan.read", "library.loan.update", "library.book.read", "library.reader.read"
    )
    values = {"book": library.book().id, "reader": library.reader().id, "fee": 5}
    assert clerk.run(verb("library.loan.create"), values=[values])
    with pytest.raises(Forbidden, match="You may not set Fee") as caught:
        plain.run(verb("library.loan.create"), values=[values])
    assert caught.value.field == "fee"


def test_a_field_that_cannot_be_seen_cannot_be_set(library, as_user, verb):
    plain = as_user("library.loan.read", "library.loan.update")
    loan = library.loan()
    with pytest.raises(Forbidden, match="You may not set Noted"):
        plain.run(verb("library.loan.update"), [loan], values={"secret": "x"})


def test_a_readonly_field_is_set_by_actions_only(library, verb):
    loan = library.loan()
    with pytest.raises(Forbidden, match="You may not set State"):
        library.ctx.run(verb("library.loan.update"), [loan], values={"state": "out"})


def test_a_link_leads_only_to_what_the_person_sees(library, as_user, verb):
    book, reader = library.book(), library.reader()
    clerk = as_user("library.loan.create", "library.loan.read", "library.book.read")
    with pytest.raises(BusinessError, match="Reader: choose one from the list"):
        clerk.run(verb("library.loan.create"), values=[{"book": book.id, "reader": reader.id}])


# --- audit ------------------------------------------------------------------------------------------------------------


def test_the_audit_says_who_did_what_via_what(library, verb):
    book = library.book()
    entry = last_entry(library.ctx)
    assert (entry.user.id, entry.via, entry.action) == (library.ctx.user.id, "test", "library.book.create")
    assert (entry.model, entry.record, entry.outer_run) == ("library.book", book.id, None)
    assert entry.company_id == library.ctx.company.id


def test_the_audit_says_from_what_to_what(library, verb):
    book = library.book(price="10", genre="poetry")
    library.ctx.run(verb("library.book.update"), [book], values={"price": "12.5", "genre": "novel", "title": "Momo"})
    assert last_entry(library.ctx).changes == {"price": ["10", "12.5"], "genre": ["poetry", "novel"]}


def test_the_audit_holds_lines_inside_their_record(library, verb):
    book = library.book(copies=[{"barcode": "1"}, {"barcode": "2"}])
    first, second = book.copies
    lines = [{"id": second.id, "barcode": "two"}, {"barcode": "3"}]
    library.ctx.run(verb("library.book.update"), [book], values={"copies": lines})
    entry = last_entry(library.ctx)
    assert (entry.model, entry.record) == ("library.book", book.id)
    by_barcode = {str(line.get("barcode")): line for line in entry.changes["copies"]}
    assert by_barcode["['1', None]"]["id"] == first.id
    assert by_barcode["['2', 'two']"]["id"] == second.id
    assert by_barcode["[None, '3']"]["id"]
    assert [copy.barcode for copy in book.copies] == ["two", "3"]


def test_lines_left_out_of_a_change_stay(library, verb):
    book = library.book(copies=[{"barcode": "1"}])
    library.ctx.run(verb("library.book.update"), [book], values={"pages": 4})
    assert [copy.barcode for copy in book.copies] == ["1"]
    library.ctx.run(verb("library.book.update"), [book], values={"copies": []})
    assert book.copies == []


def test_the_audit_of_a_delete_keeps_what_the_record_held(library, verb):
    book = library.book(price="3", copies=[{"barcode": "1"}])
    library.ctx.run(verb("library.book.delete"), [book])
    changes = last_entry(library.ctx).changes
    assert changes["price"] == ["3", None]
    assert changes["copies"][0]["barcode"] == ["1", None]


def test_one_run_writes_one_entry_for_each_record(library, verb):
    books = [library.book("A"), library.book("B")]
    run = verb("library.book.weed")
    library.ctx.run(run, books)
    entries = library.ctx.session.scalars(select(AuditEntry).where(AuditEntry.action == "library.book.update")).all()
    assert [entry.record for entry in entries] == [book.id for book in books]
    assert len({entry.outer_run for entry in entries}) == 1, "nested runs name the run they are part of"
    assert entries[0].outer_run not in {entry.run for entry in entries}


# --- many -------------------------------------------------------------------------------------------------------------


def count_of(ctx, work):
    with statements(ctx) as sent:
        work()
    return len(sent)


def test_creating_500_records_takes_hardly_more_statements_than_creating_one(library, verb):
    create = verb("library.book.create")

    def make(prefix, count):
        values = [{"title": f"{prefix}{n}", "copies": [{"barcode": f"{prefix}{n}"}]} for n in range(count)]
        return count_of(library.ctx, lambda: library.ctx.run(create, values=values))

    make("warm", 1)
    assert make("many", 500) <= make("one", 1) + 2, "two more tell PostgreSQL that the tables have grown"
    assert len(library.ctx.all(Copy)) == 502


def test_changing_more_records_takes_no_more_statements(library, verb):
    library.ctx.run(verb("library.book.create"), values=[{"title": f"B{n}"} for n in range(701)])
    ids = library.ctx.all(Book).ids
    change, delete = verb("library.book.reclassify"), verb("library.book.delete")
    some = count_of(library.ctx, lambda: library.ctx.run(change, ids[:200], genre="poetry"))
    assert count_of(library.ctx, lambda: library.ctx.run(change, ids[200:700], genre="poetry")) == some
    # Of few records everything is read and locked at once.
    assert count_of(library.ctx, lambda: library.ctx.run(change, ids[700:], genre="poetry")) == some - 1
    one = count_of(library.ctx, lambda: library.ctx.run(delete, ids[:1]))
    assert count_of(library.ctx, lambda: library.ctx.run(delete, ids[1:])) == one
    assert not library.ctx.all(Book)


def test_each_gives_every_record_its_own_value(library, verb, monkeypatch):
    books = [library.book(f"B{n}") for n in range(3)]

    def price(ctx, records, *, genre, factor=1, note="", now=False):
        ctx.update(records, {"price": Each(["1", "2", None]), "genre": genre})

    action = verb("library.book.reclassify")
    monkeypatch.setitem(action.__dict__, "function", price)
    library.ctx.run(action, books, genre="poetry")
    assert [book.price for book in books] == [Decimal(1), Decimal(2), None]
    assert {book.genre.value for book in books} == {"poetry"}


def test_numbers_come_by_their_rule(library, verb):
    library.ctx.clock = lambda: __import__("datetime").datetime(2026, 12, 31, 20, tzinfo=__import__("datetime").UTC)
    loan = library.loan()
    assert loan.number == "LN-2027-001", "it is New Year in Shanghai already"
    assert loan.book.code == "BK-0001"
    assert library.book("Given", code="X1").code == "X1"


def test_shared_records_have_no_company(library):
    ann = library.reader()
    assert library.ctx.session.scalar(select(Reader.id).where(Reader.name == "Ann")) == ann.id
    assert not hasattr(Reader, "company_id") or "company_id" not in Reader.__table__.c
    assert Loan.__table__.c.company_id is not None


def test_the_audit_keeps_how_and_by_whom_a_record_was_made_changed_and_deleted(library, verb):
    """One statement writes entries and what followers are told; neither takes the words of the other."""
    library.ctx.via = "cli"
    (book,) = library.ctx.run(verb("library.book.create"), values=[{"title": "A"}]).done
    library.ctx.run(verb("library.book.update"), [book], values={"title": "B"})
    library.ctx.run(verb("library.book.delete"), [book])
    query = select(AuditEntry).where(AuditEntry.model == "library.book", AuditEntry.record == book)
    entries = library.ctx.session.scalars(query.order_by(AuditEntry.id)).all()
    assert [one.action for one in entries] == [f"library.book.{name}" for name in ("create", "update", "delete")]
    assert {(one.via, one.user_id, one.behalf_id, one.outer_run) for one in entries} == {
        ("cli", library.ctx.user.id, None, None)
    }
    assert len({one.run for one in entries}) == 3

"""Plain SQLAlchemy inside an action: assignments, add() and delete() are written like everything else."""

from __future__ import annotations

from datetime import date

import pytest
from sample_library.models import Book, Copy, Loan, LoanState, Shelf, Visit
from sqlalchemy import select

from hanse.actions.run import Run
from hanse.actions.write import OutsideRun
from hanse.audit.models import AuditEntry
from hanse.testing import statements


@pytest.fixture
def inside(library, verb):
    """A Context in the middle of some action, whose notes can be read."""
    from hanse.actions.flush import RUNNING

    library.book("Old", pages=1)
    ctx = library.ctx
    ctx.running = Run(verb("library.book.update"), None)
    ctx.session.info[RUNNING] = ctx
    yield ctx
    ctx.session.info[RUNNING] = ctx.running = None


def test_an_assignment_is_written_and_audited(library, verb):
    loan = library.loan(secret="stained")
    library.ctx.run(verb("library.loan.lend"), [loan], due=date(2026, 12, 1))
    library.ctx.run(verb("library.loan.take_back"), [loan], remark="clean")
    assert (loan.state, loan.secret, loan.fee) == (LoanState.BACK, "clean", 1)
    entries = library.ctx.session.execute(
        select(AuditEntry.model, AuditEntry.changes)
        .where(AuditEntry.action == "library.loan.take_back")
        .order_by(AuditEntry.id)
    ).all()
    changes = {model: changed for model, changed in entries}
    assert changes["library.loan"] == {"secret": ["stained", "clean"], "fee": ["0", "1"], "state": ["out", "back"]}
    assert changes["library.visit"]["reader"] == [None, loan.reader.id]


def test_a_new_record_has_its_id_after_the_flush(inside):
    book = Book(title="New", pages=3)
    inside.session.add(book)
    inside.session.flush()
    assert book.id
    assert (book.code, book.active, book.company_id) == ("BK-0002", True, inside.company.id)
    assert inside.session.get(Book, book.id) is book
    assert not inside.session.new
    assert not inside.session.dirty
    assert inside.running.entries["library.book", book.id]["pages"] == [None, 3]


def test_new_records_may_link_to_each_other(inside):
    copy = Copy(barcode="1", book=Book(title="New", shelf=Shelf(name="High")))
    inside.session.add(copy)
    inside.session.flush()
    assert copy.book.shelf.name == "High"
    assert copy.book.copies == [copy]


def test_lines_may_be_appended_and_taken_out(inside):
    book = inside.all(Book).one()
    book.copies.append(Copy(barcode="1"))
    book.copies.append(Copy(barcode="2"))
    inside.session.flush()
    assert [copy.barcode for copy in book.copies] == ["1", "2"]
    inside.session.delete(book.copies[0])
    inside.session.flush()
    inside.session.expire_all()
    assert [copy.barcode for copy in book.copies] == ["2"]


def test_a_link_may_be_set_by_record_or_by_id_and_cleared(inside):
    book = inside.all(Book).one()
    high, low = Shelf(name="High"), Shelf(name="Low")
    inside.session.add_all([high, low])
    book.shelf = high
    inside.session.flush()
    assert inside.all(Book, Book.shelf == high).ids == [book.id]
    book.shelf_id = low.id
    inside.session.flush()
    assert book.shelf is low
    book.shelf = None
    inside.session.flush()
    assert inside.all(Book, Book.shelf.is_(None)).ids == [book.id]


def test_the_values_are_checked_like_any_others(inside):
    book = inside.all(Book).one()
    book.pages = "many"
    with pytest.raises(Exception, match="Pages must be a whole number"):
        inside.session.flush()


def test_many_records_with_the_same_fields_changed_take_one_update(inside, verb):
    inside.insert(Book, [{"title": f"B{n}"} for n in range(50)])
    books = list(inside.all(Book))
    with statements(inside) as sent:
        for number, book in enumerate(books):
            book.pages = number + 10
        inside.session.flush()
    assert len([one for one in sent if one.startswith("UPDATE")]) == 1
    assert sorted(inside.all(Book)[Book.pages]) == list(range(10, 61))


def test_deleting_is_audited_with_what_was_there(library, verb):
    book = library.book("Old", pages=7, copies=[{"barcode": "1"}])
    library.ctx.run(verb("library.book.burn"), [book])
    assert not library.ctx.all(Book)
    entry = library.ctx.session.scalars(select(AuditEntry).where(AuditEntry.action == "library.book.burn")).one()
    assert entry.changes["pages"] == [7, None]
    assert entry.changes["copies"][0]["barcode"] == ["1", None]


@pytest.mark.parametrize("change", ["assign", "add", "delete"])
def test_outside_an_action_a_flush_is_refused(library, change):
    book = library.book()
    session = library.ctx.session
    if change == "assign":
        book.pages = 4
    elif change == "add":
        session.add(Loan(book=book))
    else:
        session.delete(book)
    with pytest.raises(OutsideRun, match="changed outside an action"):
        session.flush()


def test_a_query_inside_the_action_sees_what_was_assigned(inside):
    book = inside.all(Book).one()
    book.title = "Renamed"
    assert inside.all(Book, Book.title == "Renamed").ids == [book.id]


def test_append_only_records_can_be_added_but_not_changed(inside, library):
    from hanse import BusinessError

    visit = Visit(reader=library_reader(inside), at=inside.now)
    inside.session.add(visit)
    inside.session.flush()
    visit.at = inside.now
    with pytest.raises(Exception, match="permission denied|never changed") as caught:
        inside.session.flush()
    assert not isinstance(caught.value, BusinessError) or caught.value.status == 422


def library_reader(ctx):
    from sample_library.models import Reader

    return ctx.session.get_one(Reader, ctx.insert(Reader, [{"name": "Ann"}])[0])

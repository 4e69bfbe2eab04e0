"""What whoever undoes an import may rely on: all is as before, and what others have done since stays."""

from __future__ import annotations

from typing import Any

import pytest
from import_desk import Desk
from sample_library.models import Book, Copy
from sqlalchemy import delete

from hanse.actions import Context, find_action
from hanse.errors import BusinessError, Forbidden
from hanse.exchange.models import ImportRow
from hanse.exchange.undoing import undo
from hanse.testing.people import Person, open_for_person

COLUMNS = {"Title": "title", "Pages": "pages"}


def change(ctx: Context, book: Any, **values: Any) -> None:
    update = find_action("library.book.update")
    assert update is not None
    ctx.run(update, [book], values=values)


def titles(desk: Desk) -> list[str]:
    return sorted(desk.ctx.all(Book)[Book.title])


def test_what_was_made_is_deleted_and_what_was_changed_is_as_before(desk: Desk, library: Any) -> None:
    old = library.book("Old", pages=1, price="2.5")
    file = "Title,Pages,Price\nOld,10,\nNew,3,\n"
    batch = desk.bring("library.book", file, columns=COLUMNS | {"Price": "price"}, match=["title"])
    undo(desk.ctx, batch)

    desk.ctx.session.expire_all()
    assert titles(desk) == ["Old"]
    assert old.pages == 1
    assert desk.counts(batch) == {"undone": 2}


def test_lines_that_were_added_go_again(desk: Desk, library: Any) -> None:
    library.book("A", copies=[{"barcode": "a1"}])
    columns = {"Title": "title", "Barcode": "copies.barcode"}
    undo(desk.ctx, desk.bring("library.book", "Title,Barcode\nA,a2\n", columns=columns, match=["title"]))

    assert desk.ctx.all(Copy)[Copy.barcode] == ["a1"]


def test_what_somebody_has_changed_since_stays_and_says_who(desk: Desk) -> None:
    batch = desk.bring("library.book", "Title,Pages\nA,1\nB,2\nC,3\n", columns=COLUMNS)
    a, _b, c = desk.ctx.all(Book, order_by=[Book.title])
    change(desk.ctx, a, pages=5)
    change(desk.ctx, c, copies=[{"barcode": "c1"}])  # only a line, which the record's own version does not tell
    undo(desk.ctx, batch)

    assert titles(desk) == ["A", "C"]
    assert desk.counts(batch) == {"created": 2, "undone": 1}
    assert [row for row, _path, _message in desk.errors(batch)] == [2, 4]
    assert all("Administrator has changed it on" in message for _row, _path, message in desk.errors(batch))


def test_what_is_used_since_stays_and_says_by_what(desk: Desk, library: Any) -> None:
    batch = desk.bring("library.book", "Title,Pages\nA,1\nB,2\n", columns=COLUMNS)
    library.loan(title="A")
    undo(desk.ctx, batch)

    assert titles(desk) == ["A"]
    assert "still used: 1 × Loans (Book)" in desk.errors(batch)[0][2]


def test_what_was_deleted_since_does_not_stand_against_the_rest(desk: Desk) -> None:
    batch = desk.bring("library.book", "Title,Pages\nA,1\nB,2\n", columns=COLUMNS)
    delete = find_action("library.book.delete")
    assert delete is not None
    desk.ctx.run(delete, [desk.ctx.all(Book, Book.title == "A").first()])
    undo(desk.ctx, batch)

    assert titles(desk) == []
    assert desk.counts(batch) == {"created": 1, "undone": 1}


def test_an_import_is_undone_once_and_only_after_it_was_done(desk: Desk) -> None:
    batch = desk.upload("library.book", "Title,Pages\nA,1\n", columns=COLUMNS)
    with pytest.raises(BusinessError, match="Only what was imported"):
        undo(desk.ctx, batch)
    desk.run(batch)
    undo(desk.ctx, batch)
    with pytest.raises(BusinessError, match="Only what was imported"):
        undo(desk.ctx, batch)


def test_undoing_needs_the_right_to_delete(desk: Desk) -> None:
    rights = tuple((f"library.book.{verb}", "company") for verb in ("read", "create", "import"))
    ann = Desk(open_for_person(desk.ctx, Person("ann", rights, None, ())), desk.files)
    batch = ann.bring("library.book", "Title,Pages\nA,1\n", columns=COLUMNS)

    with pytest.raises(Forbidden):
        undo(ann.ctx, batch)
    assert titles(desk) == ["A"]


def test_what_is_forgotten_cannot_be_undone(desk: Desk) -> None:
    batch = desk.bring("library.book", "Title,Pages\nA,1\n", columns=COLUMNS)
    desk.ctx.session.execute(delete(ImportRow))
    with pytest.raises(BusinessError, match="are forgotten"):
        undo(desk.ctx, batch)

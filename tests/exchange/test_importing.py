"""What whoever imports a file may rely on: every error at once, all or nothing, no duplicates, links by name."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from import_desk import Desk
from sample_library.models import Book, Copy, Reader, Shelf

from hanse.audit.models import AuditEntry
from hanse.testing.people import Person, open_for_admin, open_for_person, switch_on
from hanse_contacts.models import Partner

BOOKS = "Title,Pages,Price,Bought,Genre,Active,Shelf\n"
COLUMNS = {
    "Title": "title",
    "Pages": "pages",
    "Price": "price",
    "Bought": "bought",
    "Genre": "genre",
    "Active": "active",
    "Shelf": "shelf",
}


def titles(desk: Desk) -> list[str]:
    return sorted(desk.ctx.all(Book)[Book.title])


def test_rows_become_records_with_the_values_that_people_write(desk: Desk, library: Any) -> None:
    library.create("shelf", name="A1")
    batch = desk.bring("library.book", BOOKS + 'Momo,"1,304","¥12.50",2026年3月1日,poetry,是,A1\n', columns=COLUMNS)

    (book,) = desk.ctx.all(Book)
    assert desk.counts(batch) == {"created": 1}
    assert (book.title, book.pages, book.price, book.bought) == ("Momo", 1304, Decimal("12.50"), date(2026, 3, 1))
    assert (str(book.genre), book.active, book.shelf.name) == ("poetry", True, "A1")
    assert {entry.via for entry in desk.ctx.session.query(AuditEntry).filter_by(model="library.book")} == {"import"}


def test_a_check_names_every_error_of_every_row_and_changes_nothing(desk: Desk) -> None:
    rows = "Momo,x,1,,,,\nB,1,1.234,,Thriller,perhaps,\n,5,,2026-02-30,,,Nowhere\nGood,5,,,,,\n"
    batch = desk.upload("library.book", BOOKS + rows, columns=COLUMNS)

    assert desk.check(batch) == {"created": 1, "refused": 3}
    assert [(row, path) for row, path, _message in desk.errors(batch)] == [
        (2, "pages"),
        (3, "genre"),
        (3, "active"),
        (4, "bought"),
        (4, "shelf"),
    ]
    assert titles(desk) == []


def test_a_missing_value_and_rules_of_the_database_are_named_with_their_rows(desk: Desk, library: Any) -> None:
    library.book("There")
    rows = "A,1\n,2\nThere,3\nB,-1\nC,4\nA,9\n"
    batch = desk.upload("library.book", "Title,Pages\n" + rows, columns={"Title": "title", "Pages": "pages"})

    assert desk.check(batch) == {"created": 2, "refused": 4}
    assert [(row, message) for row, _path, message in desk.errors(batch)] == [
        (3, "Title is missing."),
        (4, "There is a book with this title already."),
        (5, "A book has at least one page."),
        (7, "There is a book with this title already."),
    ]


def test_with_all_or_nothing_one_bad_row_keeps_everything_out(desk: Desk) -> None:
    batch = desk.bring("library.book", "Title,Pages\nA,1\nB,x\n", columns={"Title": "title", "Pages": "pages"})

    assert titles(desk) == []
    assert str(desk.at(batch).state) == "failed"
    assert desk.errors(batch) == [(3, "pages", "Pages must be a number, written as 1,234.56.")]


def test_with_skip_the_good_rows_come_in(desk: Desk) -> None:
    columns = {"Title": "title", "Pages": "pages"}
    batch = desk.bring("library.book", "Title,Pages\nA,1\nB,x\nC,3\n", columns=columns, mode="skip")

    assert titles(desk) == ["A", "C"]
    assert desk.counts(batch) == {"created": 2, "refused": 1}


def test_a_record_is_found_by_its_key_and_changed_only_where_it_differs(desk: Desk, library: Any) -> None:
    old, same = library.book("Old", pages=1), library.book("Same", pages=2)
    rows = "Old,10,\nSame,2,\nNew,3,\n"
    columns = {"Title": "title", "Pages": "pages", "Price": "price"}
    batch = desk.bring("library.book", "Title,Pages,Price\n" + rows, columns=columns, match=["title"])

    assert desk.counts(batch) == {"created": 1, "unchanged": 1, "updated": 1}
    desk.ctx.session.expire_all()
    assert (old.pages, old.rev, same.rev) == (10, 2, 1)
    assert titles(desk) == ["New", "Old", "Same"]


def test_an_empty_cell_changes_nothing(desk: Desk, library: Any) -> None:
    book = library.book("Old", pages=7)
    columns = {"Title": "title", "Pages": "pages"}
    batch = desk.bring("library.book", "Title,Pages\nOld,\n", columns=columns, match=["title"])

    assert desk.counts(batch) == {"unchanged": 1}
    assert book.pages == 7


def test_a_key_that_several_records_have_is_refused(desk: Desk, library: Any) -> None:
    library.book("A", remark="x", active=False)
    library.book("A", remark="y", active=False)
    batch = desk.upload(
        "library.book", "Title,Pages\nA,1\n", columns={"Title": "title", "Pages": "pages"}, match=["title"]
    )

    assert desk.check(batch) == {"refused": 1}
    assert desk.errors(batch)[0][2].startswith("Several records have this key (id:")


def test_a_key_that_stands_in_two_rows_is_refused_at_the_second(desk: Desk) -> None:
    rows = "A,1\nB,2\nA,3\n"
    columns = {"Title": "title", "Pages": "pages"}
    batch = desk.upload("library.book", "Title,Pages\n" + rows, columns=columns, match=["title"], mode="skip")

    assert desk.run(batch) == {"created": 2, "refused": 1}
    assert [row for row, _path, _message in desk.errors(batch)] == [4]


def test_links_are_found_by_name_in_any_case_and_by_id_and_candidates_are_listed(desk: Desk, library: Any) -> None:
    a, b = library.create("shelf", name="Anna"), library.create("shelf", name="Berta")
    rows = f"1,anna\n2,id:{b.id}\n3,Ana\n4,Zzz\n"
    columns = {"Title": "title", "Shelf": "shelf"}
    batch = desk.upload("library.book", "Title,Shelf\n" + rows, columns=columns, mode="skip")

    assert desk.run(batch) == {"created": 2, "refused": 2}
    assert desk.ctx.all(Book)[Book.shelf] == [a.id, b.id]
    assert [message for _row, _path, message in desk.errors(batch)] == [
        "Shelf: there is no “Ana”. Is it one of these: Anna?",
        "Shelf: there is no “Zzz”, or not for you. Add it first, or correct the cell.",
    ]


def test_a_name_that_several_records_have_lists_them(desk: Desk, library: Any) -> None:
    one, other = library.reader("Ann"), library.reader("Ann")
    library.book("Momo")
    batch = desk.upload("library.loan", "Book,Reader\nMomo,Ann\n", columns={"Book": "book", "Reader": "reader"})

    assert desk.check(batch) == {"refused": 1}
    assert f"Ann (id:{one.id}), Ann (id:{other.id})" in desk.errors(batch)[0][2]


def test_what_a_file_calls_otherwise_is_replaced(desk: Desk, library: Any) -> None:
    shelf = library.create("shelf", name="Anna")
    columns = {"Title": "title", "Shelf": "shelf"}
    replace = {"shelf": {"Old name": "Anna"}}
    desk.bring("library.book", "Title,Shelf\nMomo,Old name\n", columns=columns, replace=replace)

    assert desk.ctx.all(Book)[Book.shelf] == [shelf.id]


def test_rows_that_go_on_are_lines_of_one_record(desk: Desk) -> None:
    file = "Title,Barcode,Cost\nA,a1,1\n,a2,2\nB,b1,3\nC,,\nC,c1,5\n"
    columns = {"Title": "title", "Barcode": "copies.barcode", "Cost": "copies.cost"}
    batch = desk.bring("library.book", file, columns=columns, match=["title"])

    assert desk.counts(batch) == {"created": 3}
    copies = {book.title: [copy.barcode for copy in book.copies] for book in desk.ctx.all(Book)}
    assert copies == {"A": ["a1", "a2"], "B": ["b1"], "C": ["c1"]}


def test_an_error_in_a_line_is_named_with_the_row_of_the_line(desk: Desk) -> None:
    file = "Title,Barcode,Cost\nA,a1,1\n,a2,two\n,a-barcode-too-long,3\n"
    columns = {"Title": "title", "Barcode": "copies.barcode", "Cost": "copies.cost"}
    batch = desk.upload("library.book", file, columns=columns)

    assert desk.check(batch) == {"refused": 1}
    assert [(row, path) for row, path, _message in desk.errors(batch)] == [(3, "copies.cost"), (4, "copies.barcode")]


def test_lines_of_a_record_that_is_there_are_added_and_none_is_taken_away(desk: Desk, library: Any) -> None:
    library.book("A", copies=[{"barcode": "a1"}, {"barcode": "a2"}])
    file = "Title,Barcode\nA,a2\nA,a3\n"
    columns = {"Title": "title", "Barcode": "copies.barcode"}
    first = desk.bring("library.book", file, columns=columns, match=["title"])
    second = desk.bring("library.book", file, columns=columns, match=["title"])

    assert (desk.counts(first), desk.counts(second)) == ({"updated": 1}, {"unchanged": 1})
    assert desk.ctx.all(Copy)[Copy.barcode] == ["a1", "a2", "a3"]


def test_constants_fill_what_is_not_in_the_file(desk: Desk) -> None:
    desk.bring("library.book", "Title\nMomo\n", columns={"Title": "title"}, constants={"genre": "Poetry", "pages": "5"})

    (book,) = desk.ctx.all(Book)
    assert (str(book.genre), book.pages) == ("poetry", 5)


def test_shared_records_with_values_of_the_company_come_in_too(desk: Desk) -> None:
    columns = {"Name": "name", "Deposit": "deposit"}
    desk.bring("library.reader", "Name,Deposit\nAnn,20\n", columns=columns)

    (reader,) = desk.ctx.all(Reader)
    assert reader.deposit == Decimal(20)


def test_a_row_with_more_cells_than_headings_is_refused(desk: Desk) -> None:
    batch = desk.upload(
        "library.shelf", "Name\n" + "".join(f"{n}\n" for n in range(40)) + "A,x\n", columns={"Name": "name"}
    )

    assert desk.check(batch) == {"created": 40, "refused": 1}
    assert desk.errors(batch)[0][0] == 42
    assert desk.ctx.all(Shelf).ids == []


def test_rows_that_only_look_different_leave_records_unchanged(desk: Desk) -> None:
    switch_on(desk.ctx, ("hanse_contacts",))
    own = Desk(open_for_admin(desk.ctx.session), desk.files)
    file = "Name,E-mail,Country\nAnn,Ann@EXAMPLE.com,Germany\n"
    columns = {"Name": "name", "E-mail": "email", "Country": "addresses.country"}
    first = own.bring(
        "contacts.partner", "Name,E-mail\nAnn,Ann@EXAMPLE.com\n", columns={"Name": "name", "E-mail": "email"}
    )
    again = own.bring("contacts.partner", file, columns={"Name": "name", "E-mail": "email"}, match=["name"])
    third = own.bring("contacts.partner", file, columns=columns, match=["name"])

    assert [own.counts(one) for one in (first, again, third)] == [{"created": 1}, {"unchanged": 1}, {"updated": 1}]


def test_rows_may_name_records_that_other_rows_make(desk: Desk) -> None:
    switch_on(desk.ctx, ("hanse_contacts",))
    own = Desk(open_for_admin(desk.ctx.session), desk.files)
    file = "Name,Kind,Works for\nAnn,person,Firm\nFirm,company,\nBob,person,Nobody\n"
    columns = {"Name": "name", "Kind": "kind", "Works for": "parent"}
    batch = own.bring("contacts.partner", file, columns=columns, mode="skip")

    assert own.counts(batch) == {"created": 2, "refused": 1}
    assert own.errors(batch)[0][0] == 4
    assert own.ctx.all(Partner, Partner.name == "Ann").one().parent.name == "Firm"


def test_countries_are_named_in_either_language_or_by_their_code(desk: Desk) -> None:
    switch_on(desk.ctx, ("hanse_contacts",))
    own = Desk(open_for_admin(desk.ctx.session), desk.files)
    rows = "".join(f"P{n},{name}\n" for n, name in enumerate(("Germany", "德国", "DE", "germany")))
    own.bring("contacts.partner", "Name,Country\n" + rows, columns={"Name": "name", "Country": "addresses.country"})

    assert {partner.country.code for partner in own.ctx.all(Partner)} == {"DE"}


def test_a_link_leads_only_to_what_the_person_may_see(desk: Desk, library: Any) -> None:
    library.reader("Ann")
    library.book("Momo")
    rights = tuple((f"library.{what}", "company") for what in ("loan.read", "loan.create", "loan.import", "book.read"))
    bob = Desk(open_for_person(desk.ctx, Person("bob", rights, None, ())), desk.files)
    batch = bob.upload("library.loan", "Book,Reader\nMomo,Ann\n", columns={"Book": "book", "Reader": "reader"})

    assert bob.check(batch) == {"refused": 1}
    assert bob.errors(batch) == [
        (2, "reader", "Reader: there is no “Ann”, or not for you. Add it first, or correct the cell.")
    ]


def test_a_record_that_the_person_may_not_see_is_neither_changed_nor_made_again(desk: Desk, library: Any) -> None:
    library.book("Momo", pages=1)
    rights = tuple((f"library.book.{verb}", "company") for verb in ("create", "update", "import"))
    bob = Desk(open_for_person(desk.ctx, Person("bob", rights, None, ())), desk.files)
    columns = {"Title": "title", "Pages": "pages"}
    batch = bob.bring("library.book", "Title,Pages\nMomo,9\n", columns=columns, match=["title"])

    assert bob.counts(batch) == {"refused": 1}
    assert "with this title already" in bob.errors(batch)[0][2]
    assert desk.ctx.all(Book)[Book.pages] == [1]

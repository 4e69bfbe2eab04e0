"""What people see of the library."""

from __future__ import annotations

from hanse import Board, Calendar, Computed, Document, Filter, Row, Screen, Shown, Tab, Through, _, menu_section
from hanse.models import Kind
from sample_library.models import Book, Loan, LoanState, Reader, Shelf

menu_section("library", _("Library"), order=10, icon="book-2")

BOOKS = Screen(
    Book,
    title=_("Books"),
    singular=_("Book"),
    menu="library",
    icon="book-2",
    list=[Book.title, Book.code, Book.genre, Book.shelf, Book.price, Book.pages, Book.bought, Book.active],
    form=[
        Row(Book.title, Book.code),
        Row(Book.genre, Book.shelf),
        Row(Book.price, Book.pages, title=_("Details")),
        Row(Book.weight, Book.discount),
        Row(Book.bought, Book.seen),
        Row(Book.active),
        Row(Book.remark),
        Row(Book.cover, Book.contract),
        Shown("spine", _("Spine"), lambda ctx, book: book.label),
        Book.copies,
    ],
    board=Board(by=Book.shelf, card=[Book.title, Book.price]),
    calendar=Calendar(start=Book.seen, title=[Book.title]),
    filters=[Book.genre, Book.shelf, Filter(_("Long"), lambda ctx: Book.pages > 500, name="long")],
)
SHELVES = Screen(
    Shelf,
    title=_("Shelves"),
    singular=_("Shelf"),
    menu="library",
    list=[Shelf.name, Shelf.keeper],
    form=[Row(Shelf.name, Shelf.keeper)],
    tabs=[Tab(_("Books"), Shelf.books, columns=[Book.title, Book.genre, Book.price])],
    order_by=[Shelf.name],
)
READERS = Screen(
    Reader,
    title=_("Readers"),
    singular=_("Reader"),
    menu="library",
    list=[Reader.name, Reader.deposit, Reader.favourite],
    form=[Row(Reader.name, Reader.deposit), Row(Reader.limit, Reader.favourite)],
    tabs=[Tab(_("Loans"), Reader.loans)],
    complete=lambda ctx, words, values: Reader.name != "Nobody",
)
LOANS = Screen(
    Loan,
    title=_("Loans"),
    singular=_("Loan"),
    menu="library",
    list=[
        Loan.number,
        Loan.book,
        Through(Loan.book, Book.price),
        Computed("letters", _("Letters"), Kind.NUMBER, lambda model: model.__table__.c.id * 2),
        Loan.reader,
        Loan.due,
        Loan.fee,
        Loan.state,
    ],
    form=[Row(Loan.number, Loan.state), Row(Loan.book, Loan.reader), Row(Loan.due, Loan.fee), Row(Loan.secret)],
    filters=[Loan.state, Loan.reader, Loan.due],
    order_by=[Loan.due.desc(), Loan.number],
    editable=lambda loan: loan.state is LoanState.ASKED,
    tones={LoanState.OUT: "warn", LoanState.BACK: "ok"},
    defaults=lambda ctx: {"due": ctx.today},
    board=Board(by=Loan.state, card=[Loan.number, Loan.book, Loan.fee, Loan.due]),
    calendar=Calendar(start=Loan.due, title=[Loan.number, Loan.reader], tone=Loan.state),
    documents=[Document(_("Loan slip"), "slip.html", paper="A5 landscape")],
)

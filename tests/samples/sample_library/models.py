"""Readers, shelves, books with their copies, loans and visits."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ColumnElement
from typing_extensions import override

from hanse import (
    AppendOnly,
    Check,
    Choice,
    Index,
    Mapped,
    Model,
    Scope,
    StoredFile,
    Trigger,
    Unique,
    _,
    archivable,
    choice,
    day,
    file,
    flag,
    lines,
    link,
    moment,
    money,
    note,
    number,
    quantity,
    rate,
    structure,
    text,
)
from hanse.directory.models import Department, User
from sample_library.permissions import Can


class Genre(Choice):
    """What a book is about."""

    NOVEL = "novel", _("Novel")
    POETRY = "poetry", _("Poetry")
    CHILDREN = "children's", _("Children's book")


class Reader(Model, shared=True):
    """Somebody who borrows; all branches know them, each keeps their deposit to itself."""

    __tablename__ = "library_reader"
    name: Mapped[str] = text(_("Name"), search=True)
    deposit: Mapped[Decimal | None] = money(_("Deposit"), per_company=True)
    limit: Mapped[int | None] = number(_("Most books"), per_company=True)
    favourite: Mapped[Shelf | None] = link(_("Favourite shelf"), per_company=True)
    active: Mapped[bool] = archivable()
    loans: Mapped[list[Loan]] = lines(_("Loans"), by="reader")


class Shelf(Model):
    """Where books stand."""

    __tablename__ = "library_shelf"
    name: Mapped[str] = text(_("Name"), search=True, unique=True)
    keeper: Mapped[Department | None] = link(_("Kept by"))
    active: Mapped[bool] = archivable()
    books: Mapped[list[Book]] = lines(_("Books"))


class Book(Model):
    """A title; its copies are what one carries home."""

    __tablename__ = "library_book"
    __display__ = ("title",)
    code: Mapped[str] = number(_("Code"), rule="BK-{number:4}", search=True)
    title: Mapped[str] = text(_("Title"), search=True, max_length=40)
    genre: Mapped[Genre] = choice(_("Genre"), default=Genre.NOVEL)
    price: Mapped[Decimal | None] = money(_("Price"))
    weight: Mapped[Decimal | None] = quantity(_("Weight"), unit="kg")
    discount: Mapped[Decimal | None] = rate(_("Discount"))
    pages: Mapped[int | None] = number(_("Pages"))
    bought: Mapped[date | None] = day(_("Bought"))
    seen: Mapped[datetime | None] = moment(_("Last seen"))
    remark: Mapped[str | None] = note(_("Remark"))
    cover: Mapped[StoredFile | None] = file(_("Cover"), pictures=True)
    contract: Mapped[StoredFile | None] = file(_("Contract"))
    extra: Mapped[dict[str, object] | None] = structure(_("Extra"))
    active: Mapped[bool] = flag(_("Active"), default=True)
    shelf: Mapped[Shelf | None] = link(_("Shelf"), ondelete="SET NULL")
    copies: Mapped[list[Copy]] = lines(_("Copies"), owned=True)

    __rules__ = [
        Unique("title", where="active", error=_("There is a book with this title already.")),
        Check("pages_positive", "pages > 0", error=_("A book has at least one page.")),
    ]

    @property
    def label(self) -> str:
        """What stands on the spine."""
        return self.title.upper()

    def late_fee(self, days: int) -> Decimal:
        """Say what it costs to be late."""
        return Decimal(days)


class Copy(Model):
    """One copy of a book."""

    __tablename__ = "library_copy"
    __display__ = ("barcode",)
    book: Mapped[Book] = link(_("Book"), ondelete="CASCADE", back_populates="copies")
    barcode: Mapped[str] = text(_("Barcode"), max_length=12)
    cost: Mapped[Decimal | None] = money(_("Cost"))
    scan: Mapped[StoredFile | None] = file(_("Scan"))

    __rules__ = [Unique("barcode", error=_("There is a copy with this barcode already."))]


class LoanState(Choice):
    """Where a loan is."""

    ASKED = "asked", _("Asked for")
    OUT = "out", _("Lent")
    BACK = "back", _("Returned")


class Loan(Model):
    """That a reader has a book."""

    __tablename__ = "library_loan"
    __display__ = ("number",)
    __scope__ = Scope(owner="clerk", department="book.shelf.keeper")
    number: Mapped[str] = number(_("Number"), rule="LN-{year}-{number:3}")
    book: Mapped[Book] = link(_("Book"))
    reader: Mapped[Reader] = link(_("Reader"))
    guarantor: Mapped[Reader | None] = link(_("Guarantor"))
    clerk: Mapped[User | None] = link(_("Clerk"))
    state: Mapped[LoanState] = choice(_("State"), default=LoanState.ASKED, readonly=True)
    due: Mapped[date | None] = day(_("Due"))
    fee: Mapped[Decimal] = money(_("Fee"), default=Decimal(0), write=Can.LOAN_PRICE)
    secret: Mapped[str | None] = note(_("Noted"), read=Can.LOAN_SECRET)

    __rules__ = [
        Index("due", where="state = 'out'"),
        Trigger(
            "returned",
            "BEFORE UPDATE",
            "IF OLD.state = 'back' THEN RAISE EXCEPTION 'hanse:returned' USING ERRCODE = 'HA001'; END IF; RETURN NEW;",
            errors=(("returned", _("A loan that is returned is not changed any more.")),),
        ),
    ]

    @classmethod
    @override
    def frozen_rows(cls) -> ColumnElement[bool]:
        return cls.state == LoanState.BACK


class Visit(Model):
    """That a reader came in: written once."""

    __tablename__ = "library_visit"
    __display__ = ("reader",)
    reader: Mapped[Reader] = link(_("Reader"))
    at: Mapped[datetime] = moment(_("When"))

    __rules__ = [AppendOnly()]

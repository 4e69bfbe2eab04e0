"""Lend books and take them back; and some verbs that only tests need."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hanse import BusinessError, Context, Counting, Records, Reset, _, action, sequence
from hanse.actions import find_action
from sample_library.models import Book, Genre, Loan, LoanState, Visit
from sample_library.permissions import Can


@action(
    Loan, label=_("Lend"), permission=Can.LOAN_LEND, moves=(LoanState.ASKED, LoanState.OUT), done=_("%(count)s lent.")
)
def lend(ctx: Context, loans: Records[Loan], *, due: date, fee: Decimal = Decimal(0)) -> None:
    """Hand the books out."""
    ctx.update(loans, {"due": due, "fee": fee})


@action(Loan, label=_("Take back"), permission=Can.LOAN_LEND, moves=(LoanState.OUT, LoanState.BACK))
def take_back(ctx: Context, loans: Records[Loan], *, remark: str | None = None) -> None:
    """Take the books in again, with plain assignments, and note the visit."""
    for loan in loans:
        loan.secret = remark
        loan.fee = loan.fee + 1
        ctx.session.add(Visit(reader=loan.reader, at=ctx.now))


@action(Loan, label=_("Look"), permission="library.loan.read", reads=True)
def look(ctx: Context, loans: Records[Loan]) -> int:
    """Count, and change nothing."""
    return len(loans)


@action(Book, label=_("Weed out"), permission="library.book.update")
def weed(ctx: Context, books: Records[Book]) -> None:
    """Rename and put away, through another action for each book, of which some may fail."""
    update = find_action("library.book.update")
    assert update is not None
    for book in books:
        try:
            ctx.run(update, [book], values={"pages": -1 if book.title == "Tricky" else 1, "remark": "weeded"})
        except BusinessError:
            ctx.update([book], {"remark": "kept"})


@action(Book, label=_("Reclassify"), permission="library.book.update")
def reclassify(
    ctx: Context, books: Records[Book], *, genre: Genre, factor: int = 1, note: str = "", now: bool = False
) -> object:
    """Give back what it got, so that tests see how parameters arrive."""
    ctx.update(books, {"genre": genre})
    return genre, factor, note, now


@action(Book, label=_("Burn"), permission="library.book.delete", deletes=True)
def burn(ctx: Context, books: Records[Book]) -> None:
    """Delete by the session."""
    for book in books:
        ctx.session.delete(book)


#: Numbers of slips count apart for each shelf; tickets are fast.
SLIPS = sequence("library.slip", title=_("Slips"), pattern="{shelf}/{year}-{number:3}", parts={"shelf": _("Shelf")})
TICKETS = sequence("library.ticket", title=_("Tickets"), pattern="T{number:6}", counting=Counting.FAST)
MEETINGS = sequence(
    "library.meeting", title=_("Meetings"), pattern="{fiscal_year}/{number}", reset=Reset.FISCAL_YEAR, start=10, step=5
)


@action(Book, label=_("Take numbers"), permission="library.book.update", creates=True, hidden=True)
def take(
    ctx: Context,
    books: Records[Book],
    *,
    key: str,
    into: list[str],
    count: int = 1,
    on: date | None = None,
    shelf: str = "",
) -> list[int]:
    """Take numbers into a list of the test's."""
    if key not in (SLIPS.key, TICKETS.key, MEETINGS.key) or not 0 < count <= 100:
        raise BusinessError(_("There is no such sequence."))
    into += ctx.next_numbers(key, count, on=on, **({"shelf": shelf} if shelf else {}))
    return []

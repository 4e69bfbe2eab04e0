"""Counts: what is really there, counted by people, and what that changes."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

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
    Unique,
    _,
    choice,
    flag,
    link,
    moment,
    money,
    text,
)
from hanse.directory.models import User
from hanse.i18n import Label
from hanse.models import kinds
from hanse_inventory.models.entries import StockEntry
from hanse_inventory.models.locations import Location
from hanse_inventory.models.lots import Lot
from hanse_inventory.permissions import Inventory
from hanse_products.models import Category, Product


class CountState(Choice):
    """How far a count has come."""

    PLANNED = "planned", _("Planned")
    COUNTING = "counting", _("Being counted")
    RECOUNT = "recount", _("Counted again")
    REVIEW = "review", _("To be reviewed")
    APPROVED = "approved", _("Approved")
    POSTED = "posted", _("Posted")
    CANCELLED = "cancelled", _("Cancelled")


class StockCount(Model):
    """A count of a place and all below it, of all products or of one category.

    Its sheet is kept whole, also the lines that were right; only differences become stock documents.
    """

    __tablename__ = "inventory_count"
    __display__ = ("number",)
    __scope__ = Scope(owner="maker", department="place.store.department")
    number: Mapped[str] = kinds.number(_("Number"), rule="CT{year}{month}-{number:4}", search=True, readonly=True)
    state: Mapped[CountState] = choice(_("State"), default=CountState.PLANNED, readonly=True)
    place: Mapped[Location] = link(_("Place"))
    category: Mapped[Category | None] = link(
        _("Category"), index=False, help=_("Only products of it, and of the categories below it.")
    )
    planned_on: Mapped[date | None] = kinds.day(_("Planned on"))
    note: Mapped[str | None] = kinds.note(_("Note"))
    frozen_at: Mapped[datetime | None] = moment(_("Begun at"), readonly=True)
    maker: Mapped[User] = link(_("Made by"), readonly=True, index=False)
    approver: Mapped[User | None] = link(_("Approved by"), readonly=True, index=False)
    posted_at: Mapped[datetime | None] = moment(_("Posted at"), readonly=True)
    surplus: Mapped[StockEntry | None] = link(_("Surplus"), readonly=True, index=False)
    shortage: Mapped[StockEntry | None] = link(_("Shortage"), readonly=True, index=False)
    lines: Mapped[list[StockCountLine]] = kinds.lines(_("Lines"), owned=True, order_by="number", readonly=True)

    __rules__ = [
        Unique("number", error=_("There is a count with this number already.")),
        Index("state", where="state NOT IN ('posted', 'cancelled')"),
    ]

    @classmethod
    @override
    def frozen_rows(cls) -> ColumnElement[bool]:
        return cls.state != CountState.PLANNED

    @override
    def may_be_deleted(self) -> bool:
        return super().may_be_deleted() and self.state is CountState.PLANNED

    def title(self) -> Label:
        """Say its number."""
        return _("Count %(number)s", number=self.number)

    if TYPE_CHECKING:
        place_id: Mapped[int]
        category_id: Mapped[int | None]
        maker_id: Mapped[int]


class StockCountLine(Model):
    """What is counted of a product, and of a lot, at a location.

    Whoever counts does not see what the books say: ``book`` and what follows from it need a permission of their own.
    """

    __tablename__ = "inventory_count_line"
    __display__ = ()
    count: Mapped[StockCount] = link(_("Count"), ondelete="CASCADE")
    number: Mapped[int] = kinds.number(_("Line"), readonly=True)
    product: Mapped[Product] = link(_("Product"), readonly=True, index=False)
    lot: Mapped[Lot | None] = link(_("Lot"), readonly=True, index=False)
    location: Mapped[Location] = link(_("Place"), readonly=True, index=False)
    counted: Mapped[Decimal | None] = kinds.quantity(_("Counted"), readonly=True)
    counted_at: Mapped[datetime | None] = moment(_("Counted at"), readonly=True)
    again: Mapped[bool] = flag(_("To be counted again"), readonly=True)
    book: Mapped[Decimal] = kinds.quantity(_("Book"), readonly=True, default=Decimal(0), read=Inventory.SEE_BOOK)
    difference: Mapped[Decimal | None] = kinds.quantity(_("Difference"), readonly=True, read=Inventory.SEE_BOOK)
    worth: Mapped[Decimal | None] = money(_("Difference in value"), readonly=True, read=Inventory.COSTS)
    posted: Mapped[bool] = flag(_("Posted"), readonly=True)

    __rules__ = [
        Unique("count", "product", "lot", "location", error=_("This is on the sheet already."), nulls_equal=True),
        Index("product_id", "location_id", "counted_at", where="posted"),
        Check("counted", "counted >= 0", _("A quantity is not negative.")),
    ]

    if TYPE_CHECKING:
        count_id: Mapped[int]
        product_id: Mapped[int]
        lot_id: Mapped[int | None]
        location_id: Mapped[int]


class Tally(Model):
    """What one person has counted.  Several of one line add up; the second round stands for itself.

    ``key`` names it where it was counted: sent twice, it counts once.
    """

    __tablename__ = "inventory_tally"
    __display__ = ()
    __general__ = False
    line: Mapped[StockCountLine] = link(_("Line"), ondelete="CASCADE")
    user: Mapped[User] = link(_("Counted by"), index=False)
    round: Mapped[int] = kinds.number(_("Round"), default=1)
    quantity: Mapped[Decimal] = kinds.quantity(_("Quantity"))
    counted_at: Mapped[datetime] = moment(_("Counted at"))
    key: Mapped[str] = text(_("Key"), max_length=80)

    __rules__ = [Unique("key", error=_("This was sent already.")), AppendOnly()]

    if TYPE_CHECKING:
        line_id: Mapped[int]
        user_id: Mapped[int]


__all__ = ["CountState", "StockCount", "StockCountLine", "Tally"]

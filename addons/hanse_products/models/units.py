"""Units, in groups within which quantities can be converted."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from hanse import Check, Mapped, Model, Unique, _, archivable, lines, link, number, quantity, text


class UnitGroup(Model, shared=True):
    """Units that measure the same: weight, volume, pieces.  Nothing is converted between groups."""

    __tablename__ = "products_unit_group"
    name: Mapped[str] = text(_("Name"), max_length=60, search=True, widget="unit_name")
    units: Mapped[list[Unit]] = lines(_("Units"))

    __rules__ = [Unique("name", error=_("There is a unit group with this name already."))]


class Unit(Model, shared=True):
    """A unit.  Its size is a ratio of whole numbers of the group's base unit, so that nothing is lost in converting.

    A Chinese foot is 1/3 of a metre, a pound 45359237/100000000 of a kilogram; the base unit itself is 1/1.
    """

    __tablename__ = "products_unit"
    name: Mapped[str] = text(_("Name"), max_length=60, search=True, widget="unit_name")
    symbol: Mapped[str] = text(
        _("Symbol"), max_length=20, search=True, widget="unit_symbol", help=_("As it stands behind quantities: kg.")
    )
    code: Mapped[str | None] = text(
        _("Code"),
        max_length=3,
        search=True,
        help=_("That of UN/ECE Recommendation 20, which electronic invoices use: KGM, C62."),
    )
    group: Mapped[UnitGroup] = link(_("Unit group"))
    numerator: Mapped[int] = number(
        _("Base units"), default=1, help=_("So many base units of the group are in it: 1000 in a tonne of kilograms.")
    )
    denominator: Mapped[int] = number(
        _("Divided by"), default=1, help=_("1 unless it is smaller than the base unit: 1000 for a gram of kilograms.")
    )
    step: Mapped[Decimal] = quantity(
        _("Smallest quantity"), default=Decimal(1), help=_("What is entered must be a multiple of it: 0.001 for kg.")
    )
    active: Mapped[bool] = archivable(mergeable=False)

    __rules__ = [
        Unique("group", "name", error=_("There is a unit with this name in the group already.")),
        Unique("group", "symbol", error=_("There is a unit with this symbol in the group already.")),
        Check(
            "ratio",
            "numerator > 0 AND denominator > 0",
            _("A unit is larger than nothing: write whole numbers from 1."),
        ),
        Check("step", "step > 0", _("The smallest quantity must be more than nothing.")),
    ]

    if TYPE_CHECKING:
        group_id: Mapped[int]

    @property
    def ratio(self) -> Fraction:
        """How many base units of its group are in it."""
        return Fraction(self.numerator, self.denominator)


__all__ = ["Unit", "UnitGroup"]

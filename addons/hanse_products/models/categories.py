"""Categories: the tree by which products are found, and by which their cost is worked out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse import Choice, Mapped, Model, Trigger, Unique, _, archivable, choice, lines, link, note, text


class Costing(Choice):
    """How what leaves the stock is valued (enterprise accounting standard 1, article 14: both are allowed)."""

    MOVING_AVERAGE = "moving_average", _("Moving average")
    FIFO = "fifo", _("First in, first out")


class Category(Model, shared=True):
    """A kind of products; categories form a tree."""

    __tablename__ = "products_category"
    code: Mapped[str | None] = text(_("Code"), max_length=40, search=True)
    name: Mapped[str] = text(_("Name"), max_length=120, search=True)
    parent: Mapped[Category | None] = link(_("Part of"))
    costing: Mapped[Costing | None] = choice(
        _("Costing method"),
        per_company=True,
        help=_("How stock is valued. Empty: as in the category above, at the top as in the settings."),
    )
    note: Mapped[str | None] = note(_("Note"))
    active: Mapped[bool] = archivable()
    children: Mapped[list[Category]] = lines(_("Categories below"), by="parent", order_by="name")

    __rules__ = [
        Unique("code", error=_("There is a category with this code already.")),
        Unique("name", "parent", error=_("There is a category with this name already."), nulls_equal=True),
        Trigger(
            "no_circle",
            "BEFORE UPDATE",
            # One at a time: two who move A below B and B below A would each see a tree without a circle.
            "PERFORM pg_advisory_xact_lock(hashtext('products_category.no_circle')); "
            "IF EXISTS (WITH RECURSIVE up(id) AS (SELECT NEW.parent_id UNION SELECT c.parent_id FROM up "
            "JOIN products_category c ON c.id = up.id) SELECT FROM up WHERE id = NEW.id) THEN "
            "RAISE EXCEPTION 'hanse:circle %', NEW.id USING ERRCODE = 'HA001'; END IF; RETURN NEW;",
            (("circle", _("A category cannot be part of itself, nor of one below it.")),),
            only="NEW.parent_id IS NOT NULL AND NEW.parent_id IS DISTINCT FROM OLD.parent_id",
        ),
    ]

    if TYPE_CHECKING:
        parent_id: Mapped[int | None]


__all__ = ["Category", "Costing"]

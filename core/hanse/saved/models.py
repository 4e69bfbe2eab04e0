"""A saved view: the query of a list under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.directory.models import Department, User
from hanse.i18n import _
from hanse.models import Check, Mapped, Model, Scope, Unique, flag, link, note, text


class SavedView(Model):
    """The state of a list under a name: search, filters, order, columns, groups and mode, as its address holds them.

    It belongs to who made it.  ``shared`` shows it to everybody in the company, ``department`` to the people of that
    department and of those above; neither lets them change it, and it shows nobody more than they see anyway.
    """

    __tablename__ = "core_saved_view"
    __display__ = ("name",)
    __scope__ = Scope(owner="user", department="department", everybody="shared")
    name: Mapped[str] = text(_("Name"), max_length=80)
    model: Mapped[str] = text(_("List"), max_length=80)
    query: Mapped[str] = note(_("State of the list"), default="")
    user: Mapped[User] = link(_("Whose"), ondelete="CASCADE", readonly=True, index=False)
    shared: Mapped[bool] = flag(_("For the whole company"))
    department: Mapped[Department | None] = link(_("For a department"), ondelete="CASCADE")

    __rules__ = [
        Unique("user", "model", "name", error=_("You have a view with this name already.")),
        Check(
            "audience",
            "NOT (shared AND department_id IS NOT NULL)",
            error=_("A view is for the whole company or for one department, not both."),
        ),
    ]

    if TYPE_CHECKING:
        user_id: Mapped[int]
        department_id: Mapped[int | None]

"""The saved views of a list that somebody sees, and which one they are in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from sqlalchemy import Executable, select

from hanse.directory.models import Department
from hanse.models import link_id
from hanse.saved.models import SavedView
from hanse.saved.state import is_state
from hanse.security.by_rights import by_rights
from hanse.security.clauses import visible_clause

if TYPE_CHECKING:
    from hanse.actions import Context

Pairs = list[tuple[str, str]]
#: ``view=7`` opens a view as it is kept; ``from=7`` says that the rest of the address came from it, changed or not.
OPEN, BASE = "view", "from"
#: The day a calendar is at: kept from page to page, but not in a view.
PLACE = "on"
#: Nobody looks through more views of one list.
MOST = 200


@dataclass(frozen=True)
class View:
    """A saved view as a list knows it.

    :ivar own: whether it is the reader's
    :ivar department: id and name of the only one that it is shown to
    """

    id: int
    name: str
    query: tuple[tuple[str, str], ...]
    own: bool
    shared: bool
    department: int | None
    department_name: str | None

    def differs(self, state: Sequence[tuple[str, str]]) -> bool:
        """Tell whether a list was changed since this view was opened."""
        return sorted(self.query) != sorted(pair for pair in state if is_state(*pair))


def views_of(ctx: Context, model: str) -> list[View]:
    """Give the views of a list that the person sees, their own first."""
    rows: Any = ctx.session.connection().execute(_statement(ctx, model))
    return [View(row[0], row[1], tuple(parse_qsl(row[2])), *row[3:]) for row in rows]


@by_rights
def _statement(ctx: Context, model: str) -> Executable:
    """Write the statement; every page of a list runs it."""
    own = link_id(SavedView.user) == ctx.user.id
    table = SavedView.__table__
    named = Department.__table__
    return (
        select(table.c.id, table.c.name, table.c.query, own, table.c.shared, table.c.department_id, named.c.name)
        .outerjoin(named, named.c.id == table.c.department_id)
        .where(SavedView.company_id == ctx.company.id, SavedView.model == model, visible_clause(ctx, SavedView))
        .order_by(own.desc(), table.c.name, table.c.id)
        .limit(MOST)
    )


def every_view(ctx: Context, words: str, *, most: int) -> list[tuple[int, str, str]]:
    """Find views of all lists by name; give id, name and model."""
    query = (
        select(SavedView.id, SavedView.name, SavedView.model)
        .where(
            SavedView.company_id == ctx.company.id,
            SavedView.name.icontains(words, autoescape=True),
            visible_clause(ctx, SavedView),
        )
        .order_by(SavedView.name, SavedView.id)
        .limit(most)
    )
    return [(row[0], row[1], row[2]) for row in ctx.session.execute(query)]


def state_of(pairs: Sequence[tuple[str, str]]) -> Pairs:
    """Give of an address what is the state of its list."""
    return [pair for pair in pairs if is_state(*pair)]


def resolve(views: Sequence[View], pairs: Sequence[tuple[str, str]], default: int | None) -> tuple[Pairs, View | None]:
    """Give the state an address means and the view it began with.

    An address that says nothing means the view that the person has chosen to begin with.

    :returns: the state, with ``from`` where it began with a view, or would have but for what was changed
    """
    there = {str(view.id): view for view in views}
    named = dict(pairs)
    state = state_of(pairs)
    place = [pair for pair in pairs if pair[0] == PLACE]
    opened = there.get(named[OPEN]) if OPEN in named else None
    if OPEN not in named and BASE not in named and not state and default is not None:
        opened = there.get(str(default))
    if opened is not None:
        return [*opened.query, *place, (BASE, str(opened.id))], opened
    base = there.get(named.get(BASE, ""))
    if base is not None:
        return [*state, *place, (BASE, str(base.id))], base
    begins = default is not None and str(default) in there
    return [*state, *place, *([(BASE, "0")] if begins else [])], None


__all__ = ["BASE", "OPEN", "PLACE", "View", "every_view", "resolve", "state_of", "views_of"]

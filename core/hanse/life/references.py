"""What refers to a record: every link of the registry, and what tells by model and record what it is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Table, false, func, literal, select, union_all

from hanse.i18n import Label, _
from hanse.models import Field, Kind, Model, companion, declared_models
from hanse.models.build import back_link
from hanse.screens.screen import screen_of
from hanse.security.clauses import readable, sees_all, visible_clause
from hanse.security.permissions import model_name

if TYPE_CHECKING:
    from hanse.actions import Context

#: More are not counted one by one.
MOST = 1_000


@dataclass(frozen=True, slots=True)
class Reference:
    """A link of the registry that leads to a model.

    :ivar owner: the lines whose part the record with the link is, if it is one
    """

    field: Field
    owner: Field | None = None

    @property
    def table(self) -> Table:
        """Where the link is stored: with its record, or beside it for each company."""
        return companion(self.field) if self.field.per_company else self.field.model.__table__

    @property
    def column(self) -> Any:
        """The column that holds the id."""
        return self.table.c[self.field.column]

    @property
    def key(self) -> Any:
        """The column with the id of the record that has the link."""
        return self.table.c.record_id if self.field.per_company else self.table.c.id

    @property
    def shown(self) -> type[Model]:
        """The model that people know the reference by: that of the whole document, not of its line."""
        return self.owner.model if self.owner is not None else self.field.model

    @property
    def shown_id(self) -> Any:
        """The column with the id of the record that people know."""
        return self.table.c[back_link(self.owner).column] if self.owner is not None else self.key

    def is_part_of(self, model: type[Model]) -> bool:
        """Tell whether the link is the one by which a line hangs on the model itself."""
        return self.owner is not None and self.owner.model is model and back_link(self.owner) is self.field

    def has_index(self) -> bool:
        """Tell whether records that lead somewhere are found without reading all of them."""
        name = self.field.column
        leads = ([one.name for one in index.columns][:2] for index in self.table.indexes)
        return any(name in lead[:1] or lead == ["company_id", name] for lead in leads)


@cache
def owners() -> dict[type[Model], Field]:
    """Give for each model that is part of another's records the lines it is kept in, the first where there are two."""
    found: dict[type[Model], Field] = {}
    for model in declared_models:
        for field in model.__fields__.values():
            if field.owned and field.target is not None:
                found.setdefault(field.target, field)
    return found


@cache
def references_to(model: type[Model]) -> tuple[Reference, ...]:
    """Give every link of the registry that the database keeps to this model."""
    return tuple(
        Reference(field, owners().get(other))
        for other in declared_models
        for field in other.__fields__.values()
        if field.kind is Kind.LINK and field.target is model and field.checked
    )


@cache
def about_models() -> tuple[type[Model], ...]:
    """Give the models whose records tell by ``model`` and ``record`` what they are about."""
    return tuple(one for one in declared_models if one.__scope__.about)


@dataclass(frozen=True, slots=True)
class Use:
    """How many records refer to some by one link.

    :ivar count: those the person may see; ``hidden``: the others, as far as these companies know
    """

    reference: Reference
    count: int
    hidden: int

    @property
    def text(self) -> Label:
        """Say how many of what refer by which field."""
        many = f"{MOST:,}+" if self.count > MOST else f"{self.count:,}"
        return _(
            "%(count)s × %(what)s (%(field)s)", count=many, what=title_of(self.reference.shown), field=self.field_label
        )

    @property
    def field_label(self) -> Label:
        """The label of the link."""
        return self.reference.field.label


def title_of(model: type[Model]) -> Label:
    """Name the records of a model as its screen does."""
    screen = screen_of(model)
    return screen.title if screen is not None else model_name(model)


def uses(ctx: Context, model: type[Model], ids: Sequence[int], references: Sequence[Reference]) -> list[Use]:
    """Count in one statement what refers to records, by link; links that nothing uses are left out."""
    if not references or not ids:
        return []
    parts = [_part(ctx, place, one, ids) for place, one in enumerate(references)]
    found: Any = ctx.session.execute(union_all(*parts)).all()
    rows = cast("list[tuple[int, int, int]]", found)
    return [Use(references[place], seen, total - seen) for place, total, seen in rows if total]


def _part(ctx: Context, place: int, one: Reference, ids: Sequence[int]) -> Any:
    found = select(one.shown_id.label("id")).where(one.column.in_(list(ids))).distinct().limit(MOST + 1).subquery()
    shown = one.shown
    if not readable(ctx, one.field) or not readable(ctx, one.owner or one.field):
        seen: Any = false()
    elif sees_all(ctx, shown):
        seen = found.c.id.is_not(None)
    else:
        seen = found.c.id.in_(select(shown.id).where(visible_clause(ctx, shown)).correlate(None))
    return select(literal(place), func.count(), func.count().filter(seen)).select_from(found)


def told(found: Sequence[Use]) -> Iterator[Label]:
    """Say what refers to a record, and how much more there is that the person may not see."""
    yield from (one.text for one in found if one.count)
    if hidden := sum(one.hidden for one in found):
        yield _("%(count)s more that you may not see", count=hidden)

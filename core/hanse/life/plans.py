"""What merging duplicates would move, company by company, and what stands against it, before anything is changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import ColumnElement, and_, false, literal_column, not_, select, true

from hanse.actions.context import Context, system_context
from hanse.directory.models import Company
from hanse.errors import BusinessError
from hanse.i18n import _
from hanse.life.models import Merge
from hanse.life.references import Reference, about_models, references_to, title_of
from hanse.models import AppendOnly, Field, Kind, Model, OnlyRead, Unique
from hanse.security.permissions import model_name

if TYPE_CHECKING:
    from sqlalchemy import Table


@dataclass(frozen=True, slots=True)
class Place:
    """A column in which records of a model are named: a link, or the ``record`` of what is about records.

    :ivar reference: the link; None: it is named by ``model`` and ``record``
    """

    model: type[Model]
    field: Field
    reference: Reference | None = None

    @property
    def table(self) -> Table:
        """Where the column stands."""
        return self.reference.table if self.reference is not None else self.model.__table__

    @property
    def column(self) -> Any:
        """The column that holds the id."""
        return self.table.c[self.field.column]

    @property
    def key(self) -> Any:
        """The column with the id of the record that is changed."""
        return self.reference.key if self.reference is not None else self.table.c.id

    @property
    def is_scoped(self) -> bool:
        """Whether the rows belong to companies."""
        return "company_id" in self.table.c

    @property
    def may_stay(self) -> bool:
        """Whether a row that the survivor has already is of no use: lines, and what is about the record."""
        return self.reference is None or self.reference.owner is not None

    def rows(self, ctx: Context, target: type[Model], ids: Sequence[int]) -> ColumnElement[bool]:
        """Give the condition for the rows of the company of ``ctx`` that name some records."""
        parts = [self.column.in_(list(ids))]
        if self.reference is None:
            parts.append(self.table.c.model == model_name(target))
        if self.is_scoped:
            parts.append(self.table.c.company_id == ctx.company.id)
        return and_(*parts)

    def frozen(self) -> ColumnElement[bool]:
        """Give the condition for rows that are never changed."""
        model = self.model
        if any(isinstance(rule, (AppendOnly, OnlyRead)) for rule in model.__rules__):
            return true()
        own = model.frozen_rows()
        return false() if own is None else own


@cache
def places_of(model: type[Model]) -> tuple[Place, ...]:
    """Give every place that names records of a model and is kept by the database or by the kernel."""
    links = [Place(one.field.model, one.field, one) for one in references_to(model)]
    about = [Place(one, one.__fields__["record"]) for one in about_models() if one is not Merge]
    return (*links, *about)


def contexts(ctx: Context, model: type[Model]) -> list[Context]:
    """Give a Context for each company whose records may name those of a model: all of them where it is shared.

    In companies other than one's own the kernel itself moves what leads to the merged records.
    """
    if not model.__shared__:
        return [ctx]
    ids = ctx.session.scalars(select(Company.id).where(Company.id != ctx.company.id).order_by(Company.id)).all()
    found = [system_context(ctx.session, ctx.user, one, via=ctx.via, clock=ctx.clock) for one in ids]
    for one in found:
        one.running = ctx.running
    ctx.bind()
    return [ctx, *found]


# --- what the survivor has already ------------------------------------------------------------------------------------


def staying(ctx: Context, place: Place, target: type[Model], survivor: int, losers: Sequence[int]) -> set[int]:
    """Give the rows that must not be moved, because the survivor has one like it or a rule allows only one."""
    found: set[int] = set()
    for names, where, nulls_equal in _alike(place, target):
        found |= _doubles(ctx, place, target, (survivor, losers), names, where, nulls_equal=nulls_equal)
    return found


def _alike(place: Place, target: type[Model]) -> Iterator[tuple[list[str], str | None, bool]]:
    """Give the columns in which two rows of one record may not, or need not, agree."""
    if place.field.per_company:
        return
    fields = place.model.__fields__
    for rule in place.model.__rules__:
        if isinstance(rule, Unique) and place.field.name in rule.fields:
            yield [fields[one].column for one in rule.fields if one != place.field.name], rule.where, rule.nulls_equal
    if place.table.c[place.field.column].unique:
        yield [], None, False
    if place.reference is not None and place.reference.is_part_of(target):
        plain = [one for one in fields.values() if one.kind not in (Kind.LINES, Kind.FLAG) and one is not place.field]
        yield [one.column for one in plain if not one.per_company], None, True


def _doubles(
    ctx: Context,
    place: Place,
    target: type[Model],
    merged: tuple[int, Sequence[int]],
    names: Sequence[str],
    where: str | None,
    *,
    nulls_equal: bool,
) -> set[int]:
    survivor, losers = merged
    table = place.table
    counts: Any = true() if where is None else cast("Any", literal_column(f"({where})"))
    query: Any = select(place.key, place.column, counts, *(table.c[name] for name in names))
    found_rows: Any = ctx.session.execute(query.where(place.rows(ctx, target, [survivor, *losers])).order_by(place.key))
    rows = cast("list[Sequence[Any]]", found_rows.all())
    seen: set[tuple[Any, ...]] = set()
    found: set[int] = set()
    for record, named, counted, *values in sorted(rows, key=lambda row: row[1] != survivor):
        key = tuple(values)
        if not counted or (None in key and not nulls_equal):
            continue
        if key in seen and named != survivor:
            found.add(record)
        seen.add(key)
    return found


def collisions(ctx: Context, target: type[Model], survivor: int, losers: Sequence[int]) -> list[BusinessError]:
    """Name what makes a merge impossible in a company: records of their own of which there may be only one."""
    ctx.bind()
    errors: list[BusinessError] = []
    for place in places_of(target):
        if place.may_stay:
            continue
        doubles = staying(ctx, place, target, survivor, losers)
        frozen = (
            ctx.session.scalars(select(place.key).where(place.key.in_(doubles), not_(place.frozen()))).all()
            if doubles
            else ()
        )
        if frozen:
            message = _(
                "%(what)s (%(field)s): both have one, and there may be only one (%(ids)s). Settle that first.",
                what=title_of(place.model),
                field=place.field.label,
                ids=", ".join(f"id:{one}" for one in sorted(frozen)[:5]),
            )
            errors.append(BusinessError(message, field="survivor"))
    return errors


def movable(ctx: Context, place: Place, target: type[Model], survivor: int, losers: Sequence[int]) -> Any:
    """Give the condition for the rows of a place that a merge moves; those of the merged records themselves stay."""
    condition = and_(place.rows(ctx, target, losers), not_(place.frozen()))
    if place.model is target:
        condition = and_(condition, place.key.not_in([survivor, *losers]))
    return condition


def merged_values(
    fields: Sequence[Field], values: Mapping[int, Mapping[str, Any]], survivor: int, chosen: Mapping[str, int]
) -> dict[str, int]:
    """Say for each field whose value wins: the chosen one's, else the survivor's, else the first that is filled."""
    others = [record for record in values if record != survivor]
    winners: dict[str, int] = {}
    for field in fields:
        filled = [record for record in (survivor, *others) if values[record][field.name] not in (None, "", False)]
        winners[field.name] = chosen.get(field.name, filled[0] if filled else survivor)
    return winners


__all__ = [
    "Place",
    "collisions",
    "contexts",
    "merged_values",
    "movable",
    "places_of",
    "staying",
]

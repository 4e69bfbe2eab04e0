"""Dimensions: their values from contacts and departments, and combinations of values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from hanse import BusinessError, Context, Records, _, action
from hanse.directory.models import Department
from hanse_contacts.models import Partner
from hanse_finance.models import Dimension, DimensionSet, DimensionSource, DimensionValue


@action(
    Dimension,
    name="sync",
    label=_("Fetch values"),
    permission="finance.dimension.update",
    icon="refresh",
    done=_("Values fetched for %(count)s dimensions"),
)
def sync_values(ctx: Context, dimensions: Records[Dimension]) -> None:
    """Give each dimension of customers, suppliers or departments a value for everyone it lacks."""
    for dimension in list(dimensions):
        if dimension.source is not DimensionSource.LIST:
            missing = list(_missing(ctx, dimension))
            if missing:
                ensure_sets(ctx, [[value] for value in ctx.insert(DimensionValue, missing)])


def _missing(ctx: Context, dimension: Dimension) -> Iterable[Mapping[str, Any]]:
    if dimension.source is DimensionSource.DEPARTMENTS:
        there = set(
            ctx.session.scalars(select(DimensionValue.department_id).where(DimensionValue.dimension_id == dimension.id))
        )
        for key, code, name in ctx.session.execute(
            select(Department.id, Department.code, Department.name).where(Department.company_id == ctx.company.id)
        ):
            if key not in there:
                yield {"dimension": dimension.id, "code": code or name, "name": name, "department": key}
        return
    flag = Partner.is_customer if dimension.source is DimensionSource.CUSTOMERS else Partner.is_supplier
    there = set(
        ctx.session.scalars(select(DimensionValue.partner_id).where(DimensionValue.dimension_id == dimension.id))
    )
    for key, code, name in ctx.session.execute(
        select(Partner.id, Partner.code, Partner.name).where(flag, Partner.active)
    ):
        if key not in there:
            yield {"dimension": dimension.id, "code": code, "name": name, "partner": key}


@action(
    DimensionValue,
    name="create",
    label=_("New value"),
    permission="finance.dimension_value.create",
    creates=True,
    hidden=True,
)
def create_values(ctx: Context, records: Records[DimensionValue], *, values: list[Mapping[str, Any]]) -> list[int]:
    """Add values, each usable on a line at once."""
    made = ctx.insert(DimensionValue, values)
    ensure_sets(ctx, [[value] for value in made])
    return made


@action(
    DimensionSet,
    name="combine",
    label=_("Combine dimensions"),
    permission="finance.voucher.create",
    creates=True,
    hidden=True,
)
def combine_values(ctx: Context, sets: Records[DimensionSet], *, combinations: list[Sequence[int]]) -> list[int]:
    """Give the set for each combination of values, new where it must be."""
    return ensure_sets(ctx, combinations)


def ensure_sets(ctx: Context, combinations: Sequence[Sequence[int]]) -> list[int]:
    """Give the id of the set for each combination of value ids, adding those that are not there.

    Called inside an action.  Takes four statements however many combinations there are.
    """
    keys = [key_of(values) for values in combinations]
    there = _sets(ctx, keys)
    fresh = {key: sorted(set(values)) for key, values in zip(keys, combinations, strict=True) if key not in there}
    if fresh:
        facts = {
            value: (dimension, f"{code} {name}" if code != name else name)
            for value, dimension, code, name in ctx.session.execute(
                select(DimensionValue.id, DimensionValue.dimension_id, DimensionValue.code, DimensionValue.name).where(
                    DimensionValue.company_id == ctx.company.id,
                    DimensionValue.id.in_({value for values in fresh.values() for value in values}),
                )
            )
        }
        if strange := {value for values in fresh.values() for value in values} - facts.keys():
            raise BusinessError(
                _("Dimension value %(id)s is not there. Choose one from the list.", id=min(strange)), field="details"
            )
        rows = [
            {
                "key": key,
                "name": " / ".join(facts[value][1] for value in values)[:400],
                "values": [{"dimension": facts[value][0], "value": value} for value in values],
            }
            for key, values in fresh.items()
        ]
        there |= dict(zip(fresh, ctx.insert(DimensionSet, rows), strict=True))
    return [there[key] for key in keys]


def key_of(values: Iterable[int]) -> str:
    """Give the key of a combination."""
    return ",".join(map(str, sorted(set(values))))


def _sets(ctx: Context, keys: Sequence[str]) -> dict[str, int]:
    query = select(DimensionSet.key, DimensionSet.id).where(
        DimensionSet.company_id == ctx.company.id, DimensionSet.key.in_(keys)
    )
    return dict(ctx.session.execute(query).all())

"""What the cell for dimensions offers: combinations that suit the account of the line, made when they are chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice, product
from typing import Any

from sqlalchemy import ColumnElement, false, or_, select

from hanse import Context, link_id
from hanse_finance.actions.accounts import combine_values, key_of
from hanse_finance.models import AccountDimension, DimensionSet, DimensionSetValue, DimensionValue

#: Values of one dimension that are tried, and combinations that are offered.
_VALUES, _OFFERED = 12, 12


def complete_sets(ctx: Context, _words: str, values: dict[str, str]) -> ColumnElement[bool] | None:
    """Narrow combinations to those that have exactly the dimensions of the line's account, all values still in use."""
    if "account" not in values:
        return None
    wanted = _dimensions(ctx, values)
    if not wanted:
        return false()
    own = select(DimensionSetValue.id).where(link_id(DimensionSetValue.set) == DimensionSet.id).correlate(DimensionSet)
    has = [own.where(link_id(DimensionSetValue.dimension) == dimension).exists() for dimension in wanted]
    gone = select(DimensionValue.id).where(DimensionValue.active.is_(False))
    wrong = own.where(
        or_(link_id(DimensionSetValue.dimension).not_in(wanted), link_id(DimensionSetValue.value).in_(gone))
    ).exists()
    condition: ColumnElement[bool] = ~wrong
    for one in has:
        condition &= one
    return condition


def _dimensions(ctx: Context, values: Mapping[str, str]) -> list[int]:
    """Give the dimensions that the account of the line asks for."""
    account = values.get("account", "")
    if not account.isdigit() or int(account) >= 2**63:
        return []
    query = select(link_id(AccountDimension.dimension)).where(
        AccountDimension.company_id == ctx.company.id, link_id(AccountDimension.account) == int(account)
    )
    return sorted(ctx.session.scalars(query))


def combinations(ctx: Context, words: str, values: Mapping[str, str]) -> Sequence[Mapping[str, Any]]:
    """Offer combinations that nobody has used yet, where an account asks for several dimensions."""
    wanted = _dimensions(ctx, values)
    if len(wanted) < 2:
        return []
    lists = [_matching(ctx, dimension, words.split()) for dimension in wanted]
    found = {
        key_of(id_ for id_, _name in chosen): " / ".join(name for _id, name in chosen)
        for chosen in islice(product(*lists), _OFFERED)
    }
    there = set(
        ctx.session.scalars(
            select(DimensionSet.key).where(DimensionSet.company_id == ctx.company.id, DimensionSet.key.in_(found))
        )
    )
    return [{"id": key, "name": name} for key, name in found.items() if key not in there]


def _matching(ctx: Context, dimension: int, words: Sequence[str]) -> list[tuple[int, str]]:
    """Give values of a dimension that one of the words stands in; the first ones where none does."""
    query = (
        select(DimensionValue.id, DimensionValue.code, DimensionValue.name)
        .where(
            DimensionValue.company_id == ctx.company.id,
            link_id(DimensionValue.dimension) == dimension,
            DimensionValue.active,
        )
        .order_by(DimensionValue.code)
        .limit(_VALUES)
    )
    fits = [
        or_(DimensionValue.code.icontains(word, autoescape=True), DimensionValue.name.icontains(word, autoescape=True))
        for word in words
    ]
    rows = ctx.session.execute(query.where(or_(*fits)) if fits else query).all()
    if not rows and fits:
        rows = ctx.session.execute(query).all()
    return [(key, name if code == name else f"{code} {name}") for key, code, name in rows]


def _ids(text: str) -> list[int]:
    """Read the ids of a combination that was offered.

    :raises ValueError: it is none
    """
    ids = [int(one) for one in text.split(",") if one.isascii()]
    if not 1 <= len(ids) <= 20 or any(not 0 < one < 2**63 for one in ids):
        raise ValueError(text)
    return ids


def _values(ctx: Context, ids: Sequence[int]) -> list[tuple[int, str, str]]:
    query = (
        select(DimensionValue.id, DimensionValue.code, DimensionValue.name)
        .where(DimensionValue.company_id == ctx.company.id, DimensionValue.id.in_(ids))
        .order_by(DimensionValue.id)
    )
    return list(ctx.session.execute(query))


def resolve_combination(ctx: Context, text: str) -> int:
    """Make the combination that was chosen.

    :raises ValueError: it is none of this company
    """
    ids = _ids(text)
    if len(_values(ctx, ids)) != len(set(ids)):
        raise ValueError(text)
    return ctx.run(combine_values, combinations=[ids]).done[0]


def name_combination(ctx: Context, text: str) -> str:
    """Say how a combination is read that is not made yet; empty for nonsense."""
    try:
        return " / ".join(name if code == name else f"{code} {name}" for _id, code, name in _values(ctx, _ids(text)))
    except ValueError:
        return ""

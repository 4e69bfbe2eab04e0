"""What stands against making or changing partners."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from hanse import BusinessError, Context, Model, Records, _
from hanse.sequences.fields import ahead_of_rule
from hanse_contacts.intake import JUDGED, Values, judge
from hanse_contacts.models import Partner, PartnerKind


def refused_new(ctx: Context, rows: Sequence[Values]) -> Iterator[BusinessError]:
    """Say what is wrong with rows of values for new partners.

    At most one statement each for telephone and tax numbers, for companies that people work for and for typed codes,
    however many rows there are.
    """
    yield from judge(ctx, rows).errors
    yield from _employers(ctx, rows, [_kind(row.get("kind")) for row in rows])
    yield from _codes_of_our_own(ctx, rows, len(rows))


def refused_changes(ctx: Context, partners: Records[Partner], values: Values) -> Iterator[BusinessError]:
    """Say what is wrong with values for partners that are there.

    What they hold already is not judged again: an old number must not stand against correcting the street.
    """
    fresh = changed(ctx, partners.ids, values)
    yield from judge(ctx, [fresh], partners=partners.ids).errors
    yield from _codes_of_our_own(ctx, [fresh], 0)
    if "kind" in fresh or "parent" in fresh:
        yield from _changed_employer(ctx, partners, fresh)


def changed(ctx: Context, partners: Sequence[int], values: Values) -> dict[str, Any]:
    """Leave out those compared fields that hold the same in every one of the partners already."""
    names = [name for name in (*JUDGED, "code", "name") if values.get(name)]
    if not names or not partners:
        return dict(values)
    columns = [getattr(Partner, name) for name in names]
    rows = ctx.session.execute(select(*columns).where(Partner.id.in_(partners))).all()
    same = {name for place, name in enumerate(names) if all(row[place] == values[name] for row in rows)}
    return {name: value for name, value in values.items() if name not in same}


def _changed_employer(ctx: Context, partners: Records[Partner], values: Values) -> Iterator[BusinessError]:
    """Judge a change of kind or employer together with what the partners keep."""
    kinds = [_kind(values["kind"])] * len(partners) if values.get("kind") else partners[Partner.kind]
    kept = partners[Partner.parent]
    parents = [values["parent"]] * len(partners) if "parent" in values else kept
    for record, kind, parent in zip(partners.ids, kinds, parents, strict=True):
        if _id(parent) == record:
            yield BusinessError(_("Nobody works for themselves."), field="parent", record=record)
        for error in _employers(ctx, [{"parent": parent}], [kind]):
            error.record = record
            yield error
    people = [record for record, kind in zip(partners.ids, kinds, strict=True) if kind is PartnerKind.PERSON]
    if people and ctx.all(Partner, Partner.parent.in_(people), limit=1):
        yield BusinessError(_("People work for this company, so it cannot become a person."), field="kind")


def _employers(ctx: Context, rows: Sequence[Values], kinds: Sequence[PartnerKind]) -> Iterator[BusinessError]:
    """Refuse companies that work for somebody, and people who work for a person."""
    parents = [_id(row.get("parent")) for row in rows]
    wanted = {parent for parent in parents if parent is not None}
    if not wanted:
        return
    is_company = select(Partner.id).where(Partner.id.in_(wanted), Partner.kind == PartnerKind.COMPANY)
    companies = set(ctx.session.scalars(is_company))
    for index, (parent, kind) in enumerate(zip(parents, kinds, strict=True)):
        field = f"{index}.parent" if len(rows) > 1 else "parent"
        if parent is not None and kind is not PartnerKind.PERSON:
            yield BusinessError(
                _("Only people work for a company. Empty this, or make the partner a person."), field=field
            )
        elif parent is not None and parent not in companies:
            yield BusinessError(_("People work for companies; choose a company."), field=field)


def _kind(value: Any) -> PartnerKind:
    """Give a kind as it will be stored; what is none at all the kernel refuses."""
    known = value in tuple(PartnerKind)
    return PartnerKind(value) if known else PartnerKind.COMPANY


def _id(value: Any) -> int | None:
    if isinstance(value, Model):
        return value.id
    return value if isinstance(value, int) else None


def _codes_of_our_own(ctx: Context, rows: Sequence[Mapping[str, Any]], fresh: int) -> Iterator[BusinessError]:
    """Refuse typed codes of the automatic form that Hanse is still to give: they would clash with it one day.

    :param fresh: how many partners are about to be made, and so many codes used up
    """
    typed = [row.get("code") for row in rows]
    for index in ahead_of_rule(ctx, Partner.__fields__["code"], typed, fresh):
        message = _(
            "Codes such as %(code)s are given automatically. Leave it empty, or choose another form (K-001).",
            code=typed[index],
        )
        yield BusinessError(message, field=f"{index}.code" if len(rows) > 1 else "code")

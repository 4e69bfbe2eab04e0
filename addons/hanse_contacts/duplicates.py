"""Partners that may be there already: same tax number, e-mail address, telephone or name, or a name much like it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, String, column, func, literal_column, or_, select, table
from sqlalchemy import cast as sql_cast

from hanse import BusinessError, Caution, Choice, Context, Model, _, link_id
from hanse.database.search import content
from hanse.i18n import Text
from hanse.security.clauses import visible_clause
from hanse.security.permissions import model_name
from hanse_contacts.checks import comparison_key
from hanse_contacts.checks.names import core_of_name
from hanse_contacts.intake import Values, judge
from hanse_contacts.models import Partner

#: Names are compared beyond equality only for so few partners at a time: each costs a search.
FEW = 5
#: As many partners are named to a person at most.
_MOST = 10
#: As many partners with a name somewhat like it are looked at.
_COMPARED = 200
#: Alike from here on, of 100: one letter of seven may differ.
_ALIKE = 85
#: Trigrams that two names must share to be compared at all; Chinese names have few of them.
_SHARED_TRIGRAMS = 0.35
_NUMBERS = re.compile(r"\d+")


class Reason(Choice):
    """Why two partners may be one."""

    TAX_ID = "tax_id", _("same tax number")
    EMAIL = "email", _("same e-mail address")
    PHONE = "phone", _("same telephone number")
    NAME = "name", _("same name")
    LIKE = "like", _("similar name")


_FIELDS = {
    Reason.TAX_ID: "tax_id",
    Reason.EMAIL: "email",
    Reason.PHONE: "phone",
    Reason.NAME: "name",
    Reason.LIKE: "name",
}
_SCORE = {Reason.TAX_ID: 100, Reason.EMAIL: 95, Reason.NAME: 95, Reason.PHONE: 90}


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A partner that is there, and why a new one may be the same.

    :ivar partner: its id
    :ivar score: of 100
    """

    partner: int
    code: str
    name: str
    reason: Reason
    score: int


class PossibleDuplicates(BusinessError):
    """Partners look as if they were there already; whoever knows better confirms it."""

    def __init__(self, duplicates: Sequence[Duplicate], *, field: str | None = None) -> None:
        message = _("%(there)s Use that one, or confirm that this is another.", there=_told(duplicates[0]))
        super().__init__(message, field=field)
        self.duplicates = tuple(duplicates)


def _told(duplicate: Duplicate) -> Text:
    return _(
        "%(name)s (%(code)s) is there already: %(reason)s.",
        name=duplicate.name,
        code=duplicate.code,
        reason=duplicate.reason.label,
    )


class _Known(NamedTuple):
    """What is compared of a partner that is there."""

    id: int
    code: str
    name: str
    name_key: str | None
    tax_id: str | None
    email: str | None
    phone: str | None
    mobile: str | None
    parent: int | None


@dataclass(frozen=True, slots=True)
class _Sought:
    """What is compared of a partner that is to be made or changed."""

    name: str | None
    key: str | None
    tax_id: str | None
    email: str | None
    phones: frozenset[str]
    parent: int | None


def find_duplicates(ctx: Context, values: Values, *, besides: Collection[int] = ()) -> list[Duplicate]:
    """Name the visible partners that ``values`` may mean, the most likely first.

    Three statements at most, each on an index.

    :param besides: ids of partners that are not meant: the one that is changed
    """
    return find_duplicates_of_many(ctx, [values], besides=besides)[0]


def find_duplicates_of_many(
    ctx: Context, rows: Sequence[Values], *, besides: Collection[int] = ()
) -> list[list[Duplicate]]:
    """Name duplicates for each row of values, in one statement for all; similar names only for a few rows."""
    sought = [_sought(row) for row in judge(ctx, rows, partners=list(besides)).rows]
    known = _same(ctx, sought, besides)
    found = [[*_equal(one, known, besides)] for one in sought]
    if len(rows) <= FEW and any(one.key for one in sought) and _can_compare(ctx):
        for one, duplicates in zip(sought, found, strict=True):
            there = {duplicate.partner for duplicate in duplicates}
            duplicates += _alike(ctx, one, {*besides, *there})
    return [sorted(duplicates, key=lambda one: (-one.score, one.partner))[:_MOST] for duplicates in found]


def refuse_duplicates(ctx: Context, rows: Sequence[Values], *, besides: Collection[int] = ()) -> None:
    """Refuse rows that look like partners that are there.

    :raises PossibleDuplicates: for the first such row
    """
    for index, duplicates in enumerate(find_duplicates_of_many(ctx, rows, besides=besides)):
        if duplicates:
            raise PossibleDuplicates(duplicates, field=f"{index}.name" if len(rows) > 1 else "name")


def cautions(ctx: Context, rows: Sequence[Values], *, besides: Collection[int] = ()) -> Iterator[Caution]:
    """Tell a person which partners are there already.

    Rows that hold none of what is compared cost nothing: changing only the note asks nothing.
    """
    asked = [row for row in rows if any(row.get(name) for name in ("name", "tax_id", "email", "phone", "mobile"))]
    for duplicates in find_duplicates_of_many(ctx, asked, besides=besides) if asked else ():
        for duplicate in duplicates:
            yield Caution(
                _told(duplicate),
                field=_FIELDS[duplicate.reason],
                record=(model_name(Partner), duplicate.partner),
                same=True,
            )


def _sought(row: Mapping[str, Any]) -> _Sought:
    name, parent = row.get("name"), row.get("parent")
    phones = (row.get("phone"), row.get("mobile"))
    return _Sought(
        name=name if isinstance(name, str) else None,
        key=comparison_key(name) if isinstance(name, str) else None,
        tax_id=row.get("tax_id"),
        email=row.get("email"),
        phones=frozenset(phone for phone in phones if phone),
        parent=parent.id if isinstance(parent, Model) else parent,
    )


def _columns() -> list[Any]:
    names = ("id", "code", "name", "name_key", "tax_id", "email", "phone", "mobile")
    return [*(getattr(Partner, name) for name in names), link_id(Partner.parent)]


def _same(ctx: Context, sought: Sequence[_Sought], besides: Collection[int]) -> list[_Known]:
    """Read the partners that agree with any of the sought in anything."""
    phones = {phone for one in sought for phone in one.phones}
    wanted: list[tuple[Any, set[str]]] = [
        (Partner.tax_id, {one.tax_id for one in sought if one.tax_id}),
        (Partner.email, {one.email for one in sought if one.email}),
        (Partner.name_key, {one.key for one in sought if one.key}),
        (Partner.phone, phones),
        (Partner.mobile, phones),
    ]
    conditions: list[ColumnElement[bool]] = [attribute.in_(values) for attribute, values in wanted if values]
    if not conditions:
        return []
    visible = visible_clause(ctx, Partner)
    query = select(*_columns()).where(or_(*conditions), visible, Partner.id.not_in(besides)).order_by(Partner.id)
    return [_Known._make(row) for row in ctx.session.execute(query)]


def _equal(one: _Sought, known: Sequence[_Known], besides: Collection[int]) -> Iterator[Duplicate]:
    for other in known:
        reason = _reason(one, other, besides)
        if reason is not None:
            yield Duplicate(other.id, other.code, other.name, reason, _SCORE[reason])


def _reason(one: _Sought, other: _Known, besides: Collection[int]) -> Reason | None:
    """Say in what two partners agree first of all.

    A company and the people who work for it, and these among each other, share numbers as a matter of course.
    """
    together = (
        other.id == one.parent or other.parent in besides or (one.parent is not None and other.parent == one.parent)
    )
    if one.tax_id and one.tax_id == other.tax_id and not together:
        return Reason.TAX_ID
    if one.key and one.key == other.name_key:
        return Reason.NAME
    if one.email and one.email == other.email and not together:
        return Reason.EMAIL
    if one.phones & {other.phone, other.mobile} and not together:
        return Reason.PHONE
    return None


def _can_compare(ctx: Context) -> bool:
    """Set how much names must share for the rest of the transaction; tell whether the database has trigrams at all."""
    limit = func.set_config("pg_trgm.word_similarity_threshold", str(_SHARED_TRIGRAMS), True)
    extensions = table("pg_extension", column("extname"))
    return ctx.session.scalar(select(limit).where(extensions.c.extname == "pg_trgm")) is not None


def _alike(ctx: Context, one: _Sought, besides: Collection[int]) -> Iterator[Duplicate]:
    """Find names that differ by little: trigrams choose whom to compare, edit distance decides.

    Numbers must be the same, so they choose first: among a hundred thousand shops that differ by their number, few are
    left.  Of words that everybody uses, so many partners are compared at most that nobody waits.
    """
    core = core_of_name(one.name) if one.name else ""
    if not core or not one.key:
        return
    words = sql_cast(core, String)
    searched: ColumnElement[str] = literal_column(content(Partner.__table__, Partner.__tablename__))
    numbers = [searched.like(f"%{number}%") for number in _NUMBERS.findall(one.key)]
    query = (
        select(*_columns())
        .where(*numbers, searched.op("%>")(words), visible_clause(ctx, Partner), Partner.id.not_in(besides))
        .limit(_COMPARED)
    )
    for other in map(_Known._make, ctx.session.execute(query)):
        likeness = _likeness(one.key, comparison_key(other.name))
        if likeness >= _ALIKE:
            yield Duplicate(other.id, other.code, other.name, Reason.LIKE, likeness - 10)


def _likeness(one: str, other: str) -> int:
    """Say how alike two comparison keys are, of 100; what differs in a number means something else (Shop 1, Shop 2)."""
    if _NUMBERS.findall(one) != _NUMBERS.findall(other):
        return 0
    return round(100 * SequenceMatcher(None, one, other, autojunk=False).ratio())

"""The record that something is about, and the people who see it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, text

from hanse.errors import BusinessError, NotFound
from hanse.i18n import _
from hanse.models import Model, declared_models
from hanse.security.audience import contexts_of, viewers
from hanse.security.clauses import company_clause, visible_clause
from hanse.security.permissions import model_name

if TYPE_CHECKING:
    from hanse.actions import Context

#: So many people are looked at before those are left out who may not see the record.
_MOST_LOOKED_AT = 40
_MOST_OFFERED = 8
_BEYOND = 2**63
_COLLEAGUES = text("""
    SELECT u.id, u.login, u.name FROM core_user u
    WHERE u.active AND NOT u.service
      AND EXISTS (SELECT FROM core_user_role r
                  WHERE r.user_id = u.id AND (r.company_id IS NULL OR r.company_id = :here))
      AND (u.login ILIKE :words OR u.name ILIKE :words)
    ORDER BY u.name, u.id LIMIT :most
""")
_NAMED = text("""
    SELECT u.id, lower(u.login), u.name FROM core_user u
    WHERE u.active AND NOT u.service AND (lower(u.login) = ANY(:logins) OR u.name = ANY(:names))
      AND EXISTS (SELECT FROM core_user_role r
                  WHERE r.user_id = u.id AND (r.company_id IS NULL OR r.company_id = :here))
""")


@dataclass(frozen=True)
class Colleague:
    """Somebody who works in the company."""

    id: int
    login: str
    name: str


def model_called(name: str) -> type[Model]:
    """Give the model of a public name.

    :raises NotFound: there is none
    """
    for model in declared_models:
        if model_name(model) == name:
            return model
    raise NotFound(_("This record is not there, or not for you."))


def require_record(ctx: Context, name: str, record: int) -> None:
    """Refuse unless the record is there for this person in the company they work in.

    :raises NotFound: it is not
    """
    model = model_called(name)
    there = select(model.id).where(model.id == record, visible_clause(ctx, model), company_clause(ctx, model))
    if model.__scope__.about or not 0 < record < _BEYOND or ctx.session.scalar(there) is None:
        raise NotFound(_("This record is not there, or not for you."))


def who_sees(ctx: Context, users: Iterable[int], name: str | None, record: int | None) -> set[int]:
    """Say who of these people works in the company and sees a record; without a record, who works there."""
    people = contexts_of(ctx, users)
    if name is None or record is None:
        return set(people)
    return {user for user, _name, _record in viewers(people, [(name, record)])}


def require_colleague(ctx: Context, user: int, name: str | None, record: int | None) -> None:
    """Refuse unless somebody may be given work on a record.

    :raises BusinessError: they do not work here, or may not see the record
    """
    if user != ctx.user.id and user not in who_sees(ctx, [user], name, record):
        raise BusinessError(
            _("Choose somebody who works in this company and may see the record."),
            field="owner",
        )


def colleagues(ctx: Context, words: str, name: str | None, record: int | None) -> list[Colleague]:
    """Give people whose name or login has the words and who see a record, a few of them."""
    pattern = "%" + words.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    rows = ctx.session.execute(_COLLEAGUES, {"here": ctx.company.id, "words": pattern, "most": _MOST_LOOKED_AT})
    found = [Colleague(*row) for row in rows]
    seeing = who_sees(ctx, [one.id for one in found], name, record)
    return [one for one in found if one.id in seeing][:_MOST_OFFERED]


def people_named(ctx: Context, words: Sequence[str]) -> dict[str, Colleague]:
    """Find people by what stands behind an @: a login, whatever its case, or a whole name."""
    if not words:
        return {}
    asked = {"logins": [word.lower() for word in words], "names": list(words), "here": ctx.company.id}
    rows = [Colleague(*row) for row in ctx.session.execute(_NAMED, asked)]
    by_login = {one.login: one for one in rows}
    by_name = {one.name: one for one in rows}
    found = {word: by_login.get(word.lower()) or by_name.get(word) for word in words}
    return {word: one for word, one in found.items() if one is not None}

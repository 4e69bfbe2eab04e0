"""Records as JSON: the fields asked for, links followed, lines inside; one statement for each table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import bindparam, select

from hanse.api.resources import owned_lines, plain_fields
from hanse.errors import BusinessError, Forbidden
from hanse.i18n import _
from hanse.models import Choice, Field, Kind, Model, StoredFile
from hanse.models.build import back_link
from hanse.security.by_rights import by_rights
from hanse.security.clauses import company_clause, readable, visible_clause
from hanse.security.permissions import model_name

if TYPE_CHECKING:
    from hanse.actions import Context

DEEPEST = 5
Json = dict[str, Any]


@dataclass
class Wanted:
    """What is asked of records: plain fields, and for links and lines what is asked of these."""

    fields: dict[str, Field] = field(default_factory=dict[str, Field])
    below: dict[str, Wanted] = field(default_factory=dict[str, "Wanted"])


def wanted_fields(ctx: Context, model: type[Model], text: str, *, lines: bool) -> Wanted:
    """Read ``fields=day,maker.name,lines.account.code``; empty: every plain field, with ``lines`` also owned lines.

    :raises BusinessError: there is no such field, or the path is too long; ``field`` is ``fields``
    :raises Forbidden: the person may not see it
    """
    names = [one.strip() for one in text.split(",") if one.strip()]
    if not names:
        return _all_of(ctx, model, lines)
    wanted = Wanted()
    for name in names:
        path = name.split(".")
        if len(path) > DEEPEST:
            raise _wrong(_("“%(name)s” leads too far.", name=name))
        _add(ctx, model, wanted, path, name)
    return wanted


@by_rights
def _all_of(ctx: Context, model: type[Model], lines: bool) -> Wanted:
    """Give it shared, for what asks for it and nothing besides."""
    return _everything(ctx, model, lines=lines)


def _everything(ctx: Context, model: type[Model], *, lines: bool) -> Wanted:
    wanted = Wanted({one.name: one for one in plain_fields(ctx, model)})
    for one in owned_lines(ctx, model) if lines else ():
        assert one.target is not None
        wanted.fields[one.name] = one
        wanted.below[one.name] = _everything(ctx, one.target, lines=False)
    return wanted


def _add(ctx: Context, model: type[Model], wanted: Wanted, path: Sequence[str], whole: str) -> None:
    name, *rest = path
    if name in ("id", "rev") and not rest:
        return
    one = model.__fields__.get(name)
    if one is None:
        raise _wrong(_("There is no field “%(name)s”.", name=whole))
    if not readable(ctx, one):
        raise Forbidden(_("You may not see %(field)s.", field=one.label), field="fields")
    wanted.fields[name] = one
    if one.kind is Kind.LINES and not rest:
        assert one.target is not None
        wanted.below.setdefault(name, _everything(ctx, one.target, lines=False))
    if rest:
        if one.target is None:
            raise _wrong(_("“%(name)s” leads to no other record.", name=whole))
        _add(ctx, one.target, wanted.below.setdefault(name, Wanted()), rest, whole)


def _wrong(message: Any) -> BusinessError:
    return BusinessError(message, field="fields")


def read(ctx: Context, model: type[Model], ids: Sequence[int], wanted: Wanted) -> list[Json]:
    """Write records the person may see, in the order of ``ids``; others are left out."""
    found = _read(ctx, model, "id", ids, wanted)
    return [found[record] for record in ids if record in found]


@by_rights
def _statement(ctx: Context, model: type[Model], columns: tuple[str, ...], by: str, judged: bool) -> Any:
    """Give the statement that reads columns of the records with some ids, or that link to some.

    :param by: ``id``, or the column of a link, which is read as the last one then
    :param judged: whether the person's rights say which are there, not just the company
    """
    asked: Any = getattr(model, by)
    read = [getattr(model, name) for name in columns] + ([asked] if by != "id" else [])
    there = visible_clause(ctx, model) if judged else company_clause(ctx, model)
    among = asked.in_(bindparam("wanted", expanding=True))
    return select(model.id, model.rev, *read).where(among, there).order_by(model.id)


def _read(
    ctx: Context, model: type[Model], by: str, values: Iterable[int], wanted: Wanted, *, judged: bool = True
) -> dict[int, Json]:
    plain = [one for one in wanted.fields.values() if one.kind is not Kind.LINES]
    statement = _statement(ctx, model, tuple(one.column for one in plain), by, judged)
    rows = cast("Sequence[Sequence[Any]]", ctx.session.execute(statement, {"wanted": list(values)}).all())
    files = [one for one in plain if one.kind is Kind.FILE]
    found: dict[int, Json] = {}
    for record, rev, *read in rows:
        said = {one.name: written(one, value) for one, value in zip(plain, read, strict=False)}
        for one in files:
            if said[one.name] is not None:
                said[one.name]["path"] = f"/{model_name(model)}/{record}/files/{one.name}"
        found[record] = {"id": record, "rev": rev, **said}
        if by != "id":
            found[record][""] = read[-1]
    for name, below in wanted.below.items():
        one = wanted.fields[name]
        follow = _lines if one.kind is Kind.LINES else _links
        follow(ctx, one, below, found)
    return found


def _links(ctx: Context, one: Field, below: Wanted, found: Mapping[int, Json]) -> None:
    """Put the records that links lead to in the place of their ids; null where the person may not see them."""
    assert one.target is not None
    targets = {said[one.name] for said in found.values()} - {None}
    seen = _read(ctx, one.target, "id", sorted(targets), below)
    for said in found.values():
        said[one.name] = seen.get(said[one.name])


def _lines(ctx: Context, one: Field, below: Wanted, found: Mapping[int, Json]) -> None:
    assert one.target is not None
    for said in found.values():
        said[one.name] = []
    lines = _read(ctx, one.target, back_link(one).column, found, below, judged=not one.owned)
    for line in lines.values():
        found[line.pop("")][one.name].append(line)


def written(one: Field, value: Any) -> Any:
    """Write a value of a field as JSON: exact numbers as text, moments in UTC, files as :func:`described`."""
    if value is None or one.kind in (Kind.LINK, Kind.FLAG, Kind.STRUCTURE):
        return value
    if one.kind in (Kind.MONEY, Kind.QUANTITY, Kind.RATE):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Choice):
        return value.value
    if isinstance(value, StoredFile):
        return described(value)
    return value if isinstance(value, (int, str)) else str(value)


def described(stored: StoredFile) -> Json:
    """Say what a stored file is; ``stored`` is what a field takes."""
    return {"stored": str(stored), "name": stored.name, "size": stored.size, "media_type": stored.media_type}

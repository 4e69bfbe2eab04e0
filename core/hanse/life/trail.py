"""The trail of a record: what it came from, what came of it, and by what else it is used; as far as one may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import literal, select, union_all

from hanse.i18n import format_day, format_moment
from hanse.life.merged import forerunners
from hanse.life.references import Reference, Use, owners, references_to, uses
from hanse.models import Field, Kind, Model, declared_models
from hanse.models.build import back_link
from hanse.screens.names import name_columns, written_name
from hanse.screens.screen import screen_of
from hanse.security.clauses import visible_clause
from hanse.security.permissions import verb

if TYPE_CHECKING:
    from hanse.actions import Context

#: So far is followed, and so many records are shown on either side.
DEEPEST, MOST = 4, 40


@dataclass(frozen=True, slots=True)
class Edge:
    """That records of one model come of records of another.

    :ivar pairs: a query of (id of what it came from, id of what came of it)
    """

    source: type[Model]
    target: type[Model]
    pairs: Any
    links: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """A record on the trail.

    :ivar depth: how many steps away; negative: what the record came from
    :ivar state: the member of its ``state``, if it has one
    """

    model: type[Model]
    record: int
    depth: int
    name: str
    state: Any = None
    day: str = ""


@dataclass
class Trail:
    """What is known of where a record stands.

    :ivar hidden: so many records on the trail the person may not see
    """

    before: list[Node] = field(default_factory=list[Node])
    own: Node | None = None
    behind: list[Node] = field(default_factory=list[Node])
    uses: list[Use] = field(default_factory=list[Use])
    hidden: int = 0


@cache
def edges() -> tuple[Edge, ...]:
    """Give every way in which records come of others: links with ``flow=True``, and models with a ``__trail__``."""
    found: list[Edge] = []
    for model in declared_models:
        if model.__trail__ is not None:
            source, target = (model.__fields__[name] for name in model.__trail__)
            assert source.target is not None
            assert target.target is not None
            table = model.__table__
            pairs = select(table.c[source.column].label("source"), table.c[target.column].label("target"))
            found.append(Edge(source.target, target.target, pairs, (source, target)))
        found += [_of_link(one) for one in model.__fields__.values() if one.kind is Kind.LINK and one.flow]
    return tuple(found)


def _of_link(link: Field) -> Edge:
    """Give the edge of a link: between whole documents, where it stands on a line or leads to one."""
    assert link.target is not None
    table, there = link.model.__table__, link.target.__table__.alias("there")
    owner, far = owners().get(link.model), owners().get(link.target)
    child = table.c[back_link(owner).column] if owner is not None else table.c.id
    parent = there.c[back_link(far).column] if far is not None else table.c[link.column]
    pairs = select(parent.label("source"), child.label("target")).where(table.c[link.column].is_not(None))
    if far is not None:
        pairs = pairs.select_from(table.join(there, there.c.id == table.c[link.column]))
    return Edge(far.model if far else link.target, owner.model if owner else link.model, pairs.distinct(), (link,))


def trail_of(ctx: Context, model: type[Model], record: int) -> Trail:
    """Follow a record both ways: one statement for each step, one for the names of each model, one to count uses."""
    ctx.bind()
    ids = [record, *(forerunners(ctx, model, record) if model.__archive__ is not None else ())]
    found = Trail()
    before = _walk(ctx, model, ids, found, back=True)
    behind = _walk(ctx, model, ids, found, back=False)
    depths = {(model, record): 0} | before | behind
    nodes = _nodes(ctx, depths)
    found.own = nodes.get((model, record))
    found.before = sorted((nodes[one] for one in before if one in nodes), key=lambda node: (node.depth, node.record))
    found.behind = sorted((nodes[one] for one in behind if one in nodes), key=lambda node: (node.depth, node.record))
    flow = {link for edge in edges() for link in edge.links}
    found.uses = uses(ctx, model, ids, [one for one in references_to(model) if _is_use(one, model, flow)])
    return found


def _is_use(one: Reference, model: type[Model], flow: set[Field]) -> bool:
    """Tell whether a link says where people meet the record, and is found without reading all."""
    there = screen_of(one.shown) is not None and one.has_index()
    return there and one.field not in flow and not one.is_part_of(model)


Key = tuple[type[Model], int]


def _walk(ctx: Context, model: type[Model], ids: Sequence[int], found: Trail, *, back: bool) -> dict[Key, int]:
    """Follow edges from a record, wave by wave, through what the person may see."""
    depths: dict[Key, int] = {}
    seen: set[Key] = {(model, one) for one in ids}
    wave: dict[type[Model], list[int]] = {model: list(ids)}
    for depth in range(1, DEEPEST + 1):
        parts: list[Any] = []
        reached: list[type[Model]] = []
        for edge in edges():
            near, far = (edge.target, edge.source) if back else (edge.source, edge.target)
            if near in wave and far.__addon__ in ctx.seen:
                inner = edge.pairs.subquery()
                own, other = (inner.c.target, inner.c.source) if back else (inner.c.source, inner.c.target)
                there = other.in_(select(far.id).where(visible_clause(ctx, far)).correlate(None))
                parts.append(
                    select(literal(len(reached)), other, there).where(own.in_(wave[near])).distinct().limit(MOST)
                )
                reached.append(far)
        wave = {}
        found_rows: Any = ctx.session.execute(union_all(*parts)).all() if parts else []
        for place, other, visible in cast("list[tuple[int, int, bool]]", found_rows):
            key = (reached[place], other)
            if key in seen or len(depths) >= MOST:
                continue
            seen.add(key)
            if visible and ctx.may(verb(key[0], "read")):
                depths[key] = -depth if back else depth
                wave.setdefault(key[0], []).append(other)
            else:
                found.hidden += 1
        if not wave:
            break
    return depths


def _nodes(ctx: Context, depths: dict[Key, int]) -> dict[Key, Node]:
    """Read names, states and days of records, in one statement for each model."""
    nodes: dict[Key, Node] = {}
    for model in dict.fromkeys(model for model, _record in depths):
        ids = [record for one, record in depths if one is model]
        state, day = model.__fields__.get("state"), _day_field(model)
        columns = [getattr(model, one.column) for one in (state, day) if one is not None]
        query = select(model.id, *columns, *name_columns(model)).where(model.id.in_(ids), visible_clause(ctx, model))
        for record, *values in ctx.session.execute(query):
            stand = values.pop(0) if state is not None else None
            when = values.pop(0) if day is not None else None
            name = written_name(model, values) or f"#{record}"
            nodes[model, record] = Node(model, record, depths[model, record], name, stand, _written_day(ctx, day, when))
    return nodes


def _day_field(model: type[Model]) -> Field | None:
    """Give the day that a document bears: its first one."""
    return next((one for one in _own(model) if one.kind in (Kind.DAY, Kind.MOMENT)), None)


def _own(model: type[Model]) -> Iterable[Field]:
    return (one for one in model.__fields__.values() if not one.per_company)


def _written_day(ctx: Context, day: Field | None, when: Any) -> str:
    if when is None or day is None:
        return ""
    return format_day(when) if day.kind is Kind.DAY else format_moment(when, ctx.company.zone)

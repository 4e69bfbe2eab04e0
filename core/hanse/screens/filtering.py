"""What the address of a list asks for: words, filters, order, columns; as SQL and as what the page shows of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as part
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, ColumnElement, Select, Text, and_, cast, false, func, or_, select, true, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY

from hanse.database.search import content_matches, few_ids, matches, searched_fields
from hanse.i18n import KERNEL, Label, _, format_day, parse_decimal
from hanse.life import archive
from hanse.models import Field, Kind, Model
from hanse.models.build import back_link
from hanse.saved.state import is_state
from hanse.screens.formats import AMOUNTS
from hanse.screens.groups import Grouping, grouping_of, groupings
from hanse.screens.modes import PARAMETER, mode_named
from hanse.screens.names import names_of
from hanse.screens.parts import LinesFilter
from hanse.screens.screen import Column, NamedFilter, Screen, SortKey, screen_of
from hanse.security.by_rights import by_rights
from hanse.security.clauses import readable, visible_clause
from hanse.work.columns import filters_of

if TYPE_CHECKING:
    from hanse.actions import Context

Pairs = Sequence[tuple[str, str]]
PREFIX = "f-"
#: Parameters that are kept from page to page without being kept in saved views: the view a list began with, and the
#: day a calendar is at.
BASE, PLACE = "from", "on"
#: So many fields group a list, one inside the other.
MOST_GROUPS = 2
#: How text may be compared; the first is meant when nothing is said.
OPERATORS: dict[str, Label] = {
    "has": _("contains"),
    "is": _("is"),
    "starts": _("starts with"),
    "empty": _("is empty"),
    "filled": _("is filled in"),
}
_RANGES = AMOUNTS | {Kind.NUMBER, Kind.DAY, Kind.MOMENT}


@dataclass
class Asked:
    """What an address asks of a list.

    :ivar query: the pairs that make up the list's state, pages left out
    :ivar conditions: SQL
    :ivar chips: the filters at work: label, and the names of their parameters
    :ivar archived: only what is archived
    :ivar costly: every row must be looked at to count what fits
    :ivar groups: what the rows are grouped by, the outer first; two at most
    :ivar mode: the way to look at the list, empty for the list itself
    :ivar lost: what the address asks by name that is not there for this person
    """

    query: list[tuple[str, str]]
    words: str = ""
    conditions: list[ColumnElement[bool]] = part(default_factory=list[ColumnElement[bool]])
    chips: list[tuple[str, tuple[str, ...]]] = part(default_factory=list[tuple[str, tuple[str, ...]]])
    sort: tuple[SortKey, ...] = ()
    columns: list[Column] = part(default_factory=list[Column])
    segment: str | None = None
    archived: bool = False
    costly: bool = False
    groups: list[Grouping] = part(default_factory=list[Grouping])
    mode: str = ""
    lost: list[str] = part(default_factory=list[str])

    def without(self, *names: str) -> list[tuple[str, str]]:
        """Give the query without some parameters."""
        return [(name, value) for name, value in self.query if name not in names]


def read(ctx: Context, screen: Screen, pairs: Pairs, chosen: Sequence[str] = ()) -> Asked:
    """Read the query of a list.

    :param chosen: names of the columns the person has chosen before; the address wins
    """
    kept, lost = _there(ctx, screen, [pair for pair in pairs if is_state(*pair) or pair[0] in (BASE, PLACE)])
    asked = Asked(kept, lost=lost)
    values = dict(kept)
    asked.mode = values.get(PARAMETER, "")
    named = [grouping_of(ctx, screen, value) for name, value in kept if name == "group"]
    asked.groups = [grouping for grouping in named if grouping is not None]
    asked.words = values.get("q", "").strip()
    if asked.words and searchable(screen):
        asked.conditions.append(sought(ctx, screen, asked.words))
        asked.costly = True
    asked.columns = _columns(ctx, screen, [value for name, value in kept if name == "columns"] or chosen)
    asked.sort = _sort(ctx, screen, values.get("sort", ""))
    if screen.segments is not None:
        asked.segment = values.get(PREFIX + screen.segments.name)
    without = archive.left_out(screen.model, values.get(PREFIX + archive.FILTER, ""))
    if without is not None:
        asked.conditions.append(without)
    for one in offered(ctx, screen):
        _apply(ctx, screen, one, values, asked)
    for column in shown_columns(ctx, screen):
        if column.links:
            _apply_through(ctx, column, values, asked)
    return asked


def _there(ctx: Context, screen: Screen, pairs: Pairs) -> tuple[list[tuple[str, str]], list[str]]:
    """Tell what an address asks that can be done from what is not there for this person: a field, a mode."""
    filters, columns, sorts, groups = _known(ctx, screen)
    kept: list[tuple[str, str]] = []
    lost: list[str] = []
    grouped = 0
    for name, value in pairs:
        there = (
            (not name.startswith(PREFIX) or name in filters)
            and (name != "columns" or value in columns)
            and (name != "sort" or value.removeprefix("-") in sorts)
            and (name != "group" or value in groups)
            and (name != PARAMETER or mode_named(value, screen, ctx) is not None)
        )
        if not there:
            what = name.removeprefix(PREFIX) if name.startswith(PREFIX) else value.removeprefix("-")
            lost.append(what.removesuffix("-to").removesuffix("-op"))
        elif name != "group" or ((grouped := grouped + 1) <= MOST_GROUPS and (name, value) not in kept):
            kept.append((name, value))
    return kept, list(dict.fromkeys(lost))


@by_rights
def _known(ctx: Context, screen: Screen) -> tuple[frozenset[str], ...]:
    """Give the names that an address of a list may use: of filters, of columns, of orders, of groups."""
    columns = shown_columns(ctx, screen)
    return (
        frozenset(f"{PREFIX}{one.name}{end}" for one in offered(ctx, screen) for end in ("", "-to", "-op")),
        frozenset(column.name for column in columns),
        frozenset(column.name for column in columns if sortable(column)),
        frozenset(one.name for one in groupings(ctx, screen)),
    )


def sought(ctx: Context, screen: Screen, words: str) -> ColumnElement[bool]:
    """Give the condition that a record is meant by every word of a search: by its text, or as its screen says."""
    if screen.seeks is not None:
        return and_(true(), *(screen.seeks(ctx, word) for word in words.split()))
    if screen.finds is None:
        return and_(matches(ctx.session, screen.model, words, ctx.companies), open_text(ctx, screen.model, words))
    return and_(true(), *(_sought(ctx, screen, word) for word in words.split()))


def _sought(ctx: Context, screen: Screen, word: str) -> ColumnElement[bool]:
    model = screen.model
    meant = None if screen.finds is None else screen.finds(ctx, word)
    if meant is None:
        return and_(matches(ctx.session, model, word, ctx.companies), open_text(ctx, model, word))
    found = few_ids(ctx.session, model, word, ctx.companies)
    if found is None:
        return or_(and_(content_matches(model, word), open_text(ctx, model, word)), model.id.in_(meant))
    # Not OR: over two ways of finding, PostgreSQL would read the whole table.
    return model.id.in_(named_ids(ctx, model, word, found).union(meant))


def named_ids(ctx: Context, model: type[Model], words: str, found: Sequence[int]) -> Select[Any]:
    """Give a query of those ids that are found by what the person may read."""
    if not hidden_text(ctx, model):
        return select(func.unnest(cast(found, ARRAY(BigInteger))))
    return select(model.id).where(model.id.in_(found), open_text(ctx, model, words))


def open_text(ctx: Context, model: type[Model], words: str) -> ColumnElement[bool]:
    """Give the condition that a record is found by what the person may read of it, true where that is all."""
    hidden = hidden_text(ctx, model)
    return content_matches(model, words, hidden) if hidden else true()


def hidden_text(ctx: Context, model: type[Model]) -> list[str]:
    """Give the searched columns that the person may not read."""
    return [field.column for field in searched_fields(model.__table__) if not readable(ctx, field)]


def searchable(screen: Screen) -> bool:
    """Tell whether the search box has anything to look into."""
    return screen.seeks is not None or any(
        field.search and not field.per_company for field in screen.model.__fields__.values()
    )


@by_rights
def offered(ctx: Context, screen: Screen) -> tuple[Field | NamedFilter | LinesFilter, ...]:
    """Give what this person may filter by: declared filters first, then the other columns of the list."""
    declared = [one for one in screen.filters if _may_filter(ctx, one)]
    more = [column.field for column in screen.all_columns() if column.field is not None and not column.links]
    fields = [
        field
        for field in more
        if field not in declared and readable(ctx, field) and field is not screen.model.__archive__
    ]
    return (*declared, *fields, *archive.filters_of(screen.model), *filters_of(screen.model))


def _may_filter(ctx: Context, one: Field | NamedFilter | LinesFilter) -> bool:
    if isinstance(one, Field):
        return readable(ctx, one)
    path = (one.lines, *one.links) if isinstance(one, LinesFilter) else ()
    return one.addon in ctx.seen and all(readable(ctx, field) for field in path)


@by_rights
def shown_columns(ctx: Context, screen: Screen) -> tuple[Column, ...]:
    """Give every column a list can show to this person."""
    return tuple(visible_columns(ctx, screen.all_columns()))


def visible_columns(ctx: Context, columns: Iterable[Column]) -> list[Column]:
    """Leave out what this person may not read."""
    return [
        column
        for column in columns
        if column.addon in ctx.seen
        and (column.field is None or readable(ctx, column.field))
        and all(readable(ctx, link) for link in column.links)
    ]


def _columns(ctx: Context, screen: Screen, names: Sequence[str]) -> list[Column]:
    if names:
        there = {column.name: column for column in shown_columns(ctx, screen)}
        found = [there[name] for name in dict.fromkeys(names) if name in there]
        if found:
            return found
    return visible_columns(ctx, screen.columns)


def sortable(column: Column) -> bool:
    """Tell whether a list can be sorted by a column."""
    return column.field is not None and not column.field.per_company and column.kind not in (Kind.NOTE, Kind.FILE)


def _sort(ctx: Context, screen: Screen, wanted: str) -> tuple[SortKey, ...]:
    key = SortKey(wanted.removeprefix("-"), wanted.startswith("-"))
    _filters, _columns, sorts, _groups = _known(ctx, screen)
    return (key,) if key.name in sorts else screen.order_by


# --- one filter -------------------------------------------------------------------------------------------------------


def _apply(
    ctx: Context, screen: Screen, one: Field | NamedFilter | LinesFilter, values: Mapping[str, str], asked: Asked
) -> None:
    name = PREFIX + one.name
    names = (name, f"{name}-to", f"{name}-op")
    if not any(part in values for part in names):
        return
    if isinstance(one, NamedFilter):
        if values.get(name) in ("yes", "1"):
            asked.conditions.append(one.condition(ctx))
            if one.name == archive.FILTER and one.addon == KERNEL:  # it is among the segments
                asked.archived = True
                return
            asked.chips.append((str(one.label), names))
        return
    if isinstance(one, LinesFilter):
        _apply_lines(ctx, one, values, asked)
        return
    if one.name in screen.suggest and f"{name}-op" not in values:
        found = _suggested(ctx, screen, one, values.get(name, ""))
    else:
        found = _condition(ctx, one, values.get(name, ""), values.get(f"{name}-to", ""), values.get(f"{name}-op", ""))
    if found is not None:
        condition, text = found
        asked.conditions.append(condition)
        asked.costly = asked.costly or one.kind in (Kind.TEXT, Kind.NOTE)
        if one is not screen.segments:
            asked.chips.append((f"{one.label}: {text}", names))


def _apply_through(ctx: Context, column: Column, values: Mapping[str, str], asked: Asked) -> None:
    """Filter by a field of a linked record, as a cell of a pivot leads to it; what the person does not see is empty."""
    name = PREFIX + column.name
    names = (name, f"{name}-to", f"{name}-op")
    if column.field is None or not any(part in values for part in names):
        return
    value, upto, operator = (values.get(part, "") for part in names)
    empty = operator == "empty"
    found = _condition(ctx, column.field, value, upto, "filled" if empty else operator)
    if found is None:
        return
    condition, text = found
    condition = _followed(ctx, column.links, condition)
    asked.conditions.append(func.coalesce(condition, false()).is_(False) if empty else condition)
    asked.chips.append((f"{column.label}: {OPERATORS['empty'] if empty else text}", names))
    asked.costly = True


def _followed(ctx: Context, links: Sequence[Field], condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Give the condition that links lead to a record that the person sees and that a condition holds for."""
    for link in reversed(links):
        assert link.target is not None
        inner = select(link.target.id).where(condition, visible_clause(ctx, link.target)).correlate(None)
        condition = getattr(link.model, link.column).in_(inner)
    return condition


def _apply_lines(ctx: Context, one: LinesFilter, values: Mapping[str, str], asked: Asked) -> None:
    """Filter by a link that some line of the record has."""
    name = PREFIX + one.name
    found = _condition(ctx, one.links[-1], values.get(name, ""), "", values.get(f"{name}-op", ""))
    if found is None:
        return
    back = back_link(one.lines)
    within = _followed(ctx, one.links[:-1], found[0])
    lines = select(getattr(back.model, back.column)).where(within).correlate(None)
    asked.conditions.append(one.lines.model.id.in_(lines))
    asked.chips.append((f"{one.label}: {found[1]}", (name, f"{name}-to", f"{name}-op")))
    asked.costly = True


def _suggested(ctx: Context, screen: Screen, field: Field, value: str) -> tuple[ColumnElement[bool], str] | None:
    if not value:
        return None
    column: Any = getattr(field.model, field.column)
    return column == value, str(dict(screen.suggest[field.name](ctx)).get(value, value))


def _condition(
    ctx: Context, field: Field, value: str, upto: str, operator: str
) -> tuple[ColumnElement[bool], str] | None:
    column: Any = getattr(field.model, field.column)
    if operator in ("empty", "filled"):
        stored = func.nullif(column, "") if field.kind in (Kind.TEXT, Kind.NOTE) else column
        return (stored.is_(None) if operator == "empty" else stored.is_not(None)), str(OPERATORS[operator])
    if field.kind in _RANGES and field.python_type is not str:
        return _range(ctx, field, column, value, upto)
    if not value:
        return None
    if field.kind is Kind.CHOICE:
        return _choice(field, column, value)
    if field.kind is Kind.FLAG:
        return (column.is_(value in ("yes", "1")), str(_("Yes") if value in ("yes", "1") else _("No")))
    if field.kind is Kind.LINK:
        return _link(ctx, field, column, value)
    if field.kind is Kind.FILE:
        column = func.split_part(type_coerce(column, Text), "/", 3)  # its name
    return _text(column, value, operator or "has")


def _choice(field: Field, column: Any, value: str) -> tuple[ColumnElement[bool], str] | None:
    assert field.choices is not None
    members = [member for member in field.choices if member.value in value.split(",")]
    if not members:
        return None
    return column.in_(members), ", ".join(str(member.label) for member in members)


def _link(ctx: Context, field: Field, column: Any, value: str) -> tuple[ColumnElement[bool], str] | None:
    assert field.target is not None
    if not value.isdigit() or int(value) > 2**62:
        return None
    record = int(value)
    return column == record, names_of(ctx, field.target, [record]).get(record, value)


def _text(column: Any, value: str, operator: str) -> tuple[ColumnElement[bool], str]:
    words = value.strip().lower()
    if operator == "exactly":
        return column == value, f"“{value}”"
    if operator == "is":
        return func.lower(column) == words, f"“{value}”"
    if operator == "starts":
        return func.lower(column).startswith(words, autoescape=True), f"“{value}…”"
    return func.lower(column).contains(words, autoescape=True), f"“…{value}…”"


def _range(ctx: Context, field: Field, column: Any, value: str, upto: str) -> tuple[ColumnElement[bool], str] | None:
    low, high = _bound(field, value), _bound(field, upto)
    if low is None and high is None:
        return None
    conditions: list[ColumnElement[bool]] = []
    if low is not None:
        conditions.append(column >= _start(ctx, field, low))
    if high is not None:
        conditions.append(
            column < _start(ctx, field, high + timedelta(days=1))
            if field.kind is Kind.MOMENT and isinstance(high, date)
            else column <= high
        )
    texts = [format_day(end) if isinstance(end, date) else str(end) if end is not None else "…" for end in (low, high)]
    condition = conditions[0] if len(conditions) == 1 else conditions[0] & conditions[1]
    return condition, " – ".join(texts) if texts[0] != texts[1] else texts[0]


def _bound(field: Field, text: str) -> Decimal | date | None:
    try:
        if field.kind in (Kind.DAY, Kind.MOMENT):
            return date.fromisoformat(text[:10])
        return parse_decimal(text)
    except ValueError:
        return None


def _start(ctx: Context, field: Field, bound: Decimal | date) -> Any:
    """Give the moment at which a day begins in the company's zone, for moments."""
    if field.kind is Kind.MOMENT and isinstance(bound, date):
        return datetime.combine(bound, time(), ctx.company.zone)
    return bound


# --- what the page shows ----------------------------------------------------------------------------------------------


def controls(ctx: Context, screen: Screen, asked: Asked, address: Callable[..., str]) -> list[dict[str, Any]]:
    """Give the controls of the filter dialog."""
    values = dict(asked.query)
    return [_control(ctx, screen, one, values, address) for one in offered(ctx, screen)]


def _control(
    ctx: Context,
    screen: Screen,
    one: Field | NamedFilter | LinesFilter,
    values: Mapping[str, str],
    address: Callable[..., str],
) -> dict[str, Any]:
    name = PREFIX + one.name
    control: dict[str, Any] = {
        "name": name,
        "label": one.label,
        "value": values.get(name, ""),
        "value2": values.get(f"{name}-to", ""),
    }
    if isinstance(one, NamedFilter):
        return control | {"kind": "flag", "choices": [{"value": "yes", "label": _("Yes")}]}
    if isinstance(one, LinesFilter):
        return control | _link_control(ctx, one.links[-1], values.get(name, ""), address)
    if one.kind in _RANGES and one.python_type is not str:
        return control | {"kind": "date" if one.kind in (Kind.DAY, Kind.MOMENT) else "number"}
    if one.name in screen.suggest:
        found = [{"value": value, "label": label} for value, label in screen.suggest[one.name](ctx)]
        return control | {"kind": "choice", "choices": found}
    if one.choices is not None:
        return control | {
            "kind": "choice",
            "choices": [{"value": member.value, "label": member.label} for member in one.choices],
        }
    if one.kind is Kind.FLAG:
        return control | {"kind": "flag"}
    if one.kind is Kind.LINK:
        return control | _link_control(ctx, one, values.get(name, ""), address)
    return control | {
        "kind": "text",
        "operator": values.get(f"{name}-op", "has"),
        "operators": [{"value": key, "label": label} for key, label in OPERATORS.items()],
    }


def _link_control(ctx: Context, field: Field, value: str, address: Callable[..., str]) -> dict[str, Any]:
    assert field.target is not None
    target = screen_of(field.target)
    if target is None:
        return {"kind": "number"}
    text = names_of(ctx, field.target, [int(value)]).get(int(value), "") if value.isdigit() else ""
    return {"kind": "link", "url": address(f"{target.path}/-/complete", all="1"), "text": text}


def filter_names(controls: Iterable[Mapping[str, Any]]) -> list[str]:
    """Give every parameter the filter dialog sends itself."""
    return [f"{one['name']}{end}" for one in controls for end in ("", "-to", "-op")]


__all__ = [
    "OPERATORS",
    "Asked",
    "controls",
    "filter_names",
    "offered",
    "read",
    "searchable",
    "sortable",
    "visible_columns",
]

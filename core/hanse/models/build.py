"""Compose and map every model, once all addons' model modules are imported."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import FunctionType
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Integer,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    and_,
    func,
    select,
)
from sqlalchemy import Index as SqlIndex
from sqlalchemy import (
    cast as sql_cast,
)
from sqlalchemy import (
    text as sql_text,
)
from sqlalchemy.orm import column_property, configure_mappers, object_session, relationship

from hanse.i18n import _
from hanse.models.base import Fragment, Model, ModelError, declared_models, is_built, mappers, metadata
from hanse.models.columns import PLACES, Key, LinkComparator, column_type, field_check, resolve, server_default
from hanse.models.fields import Choice, Declaration, Field, Kind
from hanse.models.rules import Check, Index, Scope, Unique

#: Key under which a session keeps the names of the addons that are on for its company.
ENABLED = "hanse.enabled"
COMPANY_TABLE = "core_company"


class DetachedRecord(RuntimeError):
    """An override was called on a record that no Context has loaded, so nobody knows which addons are on."""


def build(addons: Sequence[str]) -> None:
    """Map every model.

    :param addons: names of the installed addons in dependency order, least dependent first
    :raises ModelError: two addons contradict each other; the message names both
    """
    order = {name: position for position, name in enumerate(["hanse", *addons])}
    fresh = [model for model in declared_models if not is_built(model)]
    for model in fresh:
        _compose(model, order)
    for model in fresh:
        _make_table(model)
    for model in fresh:
        _map(model)
    for model in fresh:
        _make_constraints(model)
    configure_mappers()


def resolution_order(model: type[Model]) -> list[Fragment]:
    """Give a model's bodies in the order in which overrides are asked, the most dependent addon first."""
    by_mixin = {fragment.mixin: fragment for fragment in model.__fragments__}
    return [by_mixin[base] for base in model.__mro__ if base in by_mixin]


# --- bodies -----------------------------------------------------------------------------------------------------------


def _compose(model: type[Model], order: dict[str, int]) -> None:
    """Put the extensions ahead of the owner's body in the MRO, and gate what they override."""
    own, *extensions = model.__fragments__
    if own.cell is not None:
        own.cell.cell_contents = own.mixin
    _refuse_twice(model)
    unknown = [f for f in extensions if f.addon not in order]
    if unknown:
        raise ModelError(f"{unknown[0]}: addon {unknown[0].addon} is imported but not installed")
    for fragment in sorted(extensions, key=lambda f: (order[f.addon], f.module)):
        if fragment.cell is not None:
            fragment.cell.cell_contents = fragment.mixin
        if fragment.addon != own.addon:
            _gate(model, fragment)
        model.__bases__ = (fragment.mixin, *model.__bases__)


def _refuse_twice(model: type[Model]) -> None:
    seen: dict[str, Fragment] = {}
    for fragment in model.__fragments__:
        for name in fragment.declarations:
            if name in seen:
                raise ModelError(f"{model.__name__}.{name}: declared by both {seen[name]} and {fragment}")
            if hasattr(Model, name) or name in ("id", "rev", "company_id"):
                raise ModelError(f"{fragment}.{name}: every model has a {name} already")
            seen[name] = fragment


def _gate(model: type[Model], fragment: Fragment) -> None:
    """Make each override pass on to the next one while its addon is off for the record's company."""
    for name, value in list(vars(fragment.mixin).items()):
        if name.startswith("__") or not hasattr(model, name):
            continue
        if isinstance(value, FunctionType):
            setattr(fragment.mixin, name, _gated(fragment, name, value))
        elif isinstance(value, property):
            setattr(fragment.mixin, name, _gated_property(fragment, name, value))
        else:
            raise ModelError(f"{fragment}.{name}: only methods and properties can be overridden, not {value!r}")


def _gated(fragment: Fragment, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    addon, mixin = fragment.addon, fragment.mixin

    @functools.wraps(function)
    def call(self: Model, *args: Any, **kwargs: Any) -> Any:
        if addon in enabled_for(self):
            return function(self, *args, **kwargs)
        return getattr(super(cast("type[Model]", mixin), self), name)(*args, **kwargs)

    return call


def _gated_property(fragment: Fragment, name: str, own: property) -> property:
    addon, mixin = fragment.addon, fragment.mixin

    def below(self: Model) -> property:
        following = type(self).__mro__[type(self).__mro__.index(mixin) + 1 :]
        return cast("property", next(vars(base)[name] for base in following if name in vars(base)))

    def chosen(self: Model) -> property:
        return own if addon in enabled_for(self) else below(self)

    def get(self: Model) -> Any:
        return chosen(self).__get__(self)

    def put(self: Model, value: Any) -> None:
        chosen(self).__set__(self, value)

    return property(get, put if own.fset else None, doc=own.__doc__)


def enabled_for(record: Model) -> frozenset[str]:
    """Give the addons that are on for the company whose Context loaded ``record``.

    :raises DetachedRecord: no Context has
    """
    session = object_session(record)
    enabled = session.info.get(ENABLED) if session is not None else None
    if enabled is None:
        raise DetachedRecord(f"{record!r} was not loaded through a Context; read it with ctx.visible() or ctx.all()")
    return cast("frozenset[str]", enabled)


# --- tables -----------------------------------------------------------------------------------------------------------


def _make_table(model: type[Model]) -> None:
    columns: list[Column[Any]] = [Column("id", Key, Identity(), primary_key=True, info={"addon": model.__addon__})]
    if not model.__shared__:
        columns.append(
            Column(
                "company_id",
                Key,
                nullable=False,
                info={"addon": model.__addon__},
            )
        )
    columns.append(Column("rev", Integer, nullable=False, server_default="1", info={"addon": model.__addon__}))
    per_company: dict[str, list[Column[Any]]] = {}
    fields: dict[str, Field] = {}
    for fragment in model.__fragments__:
        for name, declaration in fragment.declarations.items():
            field = _field(model, fragment, name, declaration)
            fields[name] = field
            if declaration.kind is not Kind.LINES:
                place = per_company.setdefault(field.addon, []) if field.per_company else columns
                place.append(_column(fragment, field, declaration))
    model.__fields__ = fields
    model.__archive__ = _archive_field(model, fields.values())
    _check_numbering(model)
    _check_settings(model)
    model.__table__ = Table(model.__tablename__, metadata, *columns, info={"addon": model.__addon__, "model": model})
    model.__scope__ = next((f.scope for f in reversed(model.__fragments__) if f.scope), Scope())
    model.__rules__ = [rule for fragment in model.__fragments__ for rule in fragment.rules]
    for addon, kept in per_company.items():
        _companion_table(model, addon, kept)


def _archive_field(model: type[Model], fields: Iterable[Field]) -> Field | None:
    """Give the field that says whether a record is in use.

    :raises ModelError: there are several, or it is not the record's own
    """
    found = [one for one in fields if one.archives]
    if len(found) > 1 or any(one.per_company for one in found):
        names = ", ".join(one.name for one in found)
        raise ModelError(f"{model.__name__}: one archivable() for each model, of the record itself, not {names}")
    return found[0] if found else None


def _check_numbering(model: type[Model]) -> None:
    """Refuse rules that cannot be read or would give a number twice, and dates of fields that are none."""
    from hanse.sequences.rules import NumberRule, RuleError  # errors need translations, models come first

    for field in (one for one in model.__fields__.values() if one.rule is not None):
        rule = field.rule if isinstance(field.rule, NumberRule) else NumberRule(str(field.rule))
        try:
            rule.check(field.max_length)
        except RuleError as error:
            raise ModelError(f"{field!r}: {rule.pattern!r}: {error}") from error
        if model.__shared__ and not rule.by_id:
            raise ModelError(
                f"{field!r}: {rule.pattern!r}: sequences belong to companies; a shared model writes {{id:5}}"
            )
        dated = model.__fields__.get(field.dated) if field.dated else None
        if rule.parts or (field.dated and (dated is None or dated.kind is not Kind.DAY)):
            raise ModelError(f"{field!r}: numbers of fields take no parts, and dated= names a day of the same model")


def _check_settings(model: type[Model]) -> None:
    """Refuse settings that a company could not have before somebody sets them; there is one row for a company."""
    if model.__section__ is None:
        return
    for field in model.__fields__.values():
        if (
            field.kind in (Kind.LINES, Kind.FILE)
            or (field.required and field.default is None)
            or callable(field.default)
        ):
            raise ModelError(f"{field!r}: settings hold single values, each with a plain default or | None")
    model.__fragments__[0].rules.append(Unique(error=_("The company has these settings already.")))


def _companion_table(model: type[Model], addon: str, columns: list[Column[Any]]) -> None:
    """Make the table of what each company keeps to itself of a shared record, one for each addon that asks."""
    if not model.__shared__:
        raise ModelError(f"{model.__name__}: per_company belongs on shared models; this one is a company's already")
    for column in columns:
        column.nullable = column.nullable or column.server_default is None
    Table(
        _companion_name(model, addon),
        metadata,
        Column("company_id", Key, ForeignKey(f"{COMPANY_TABLE}.id"), nullable=False),
        Column("record_id", Key, ForeignKey(f"{model.__tablename__}.id", ondelete="CASCADE"), nullable=False),
        *columns,
        PrimaryKeyConstraint("company_id", "record_id"),
        info={"addon": addon, "companion": model},
    )


def _companion_name(model: type[Model], addon: str) -> str:
    return short(f"{model.__tablename__}_{'company' if addon == model.__addon__ else addon}")


def companion(field: Field) -> Table:
    """Give the table that keeps a per-company field: ``<table>_company``, or ``<table>_<addon>`` for an extension's."""
    return metadata.tables[_companion_name(field.model, field.addon)]


def _field(model: type[Model], fragment: Fragment, name: str, declaration: Declaration) -> Field:
    python_type, optional = resolve(fragment, name, declaration.kind)
    kind, options, common = declaration.kind, declaration.options, declaration.common
    is_link, is_record = kind is Kind.LINK, kind in (Kind.LINK, Kind.LINES)
    return Field(
        name=name,
        model=model,
        kind=kind,
        label=declaration.label,
        addon=fragment.addon,
        column=f"{name}_id" if is_link else name,
        python_type=int if is_link else python_type,
        required=not optional and kind not in (Kind.FLAG, Kind.LINES) and not options.get("rule"),
        help=common.get("help", ""),
        read=common.get("read"),
        write=common.get("write"),
        readonly=common.get("readonly", False),
        search=common.get("search", False),
        per_company=common.get("per_company", False),
        default=common.get("default", False if kind is Kind.FLAG else None),
        widget=common.get("widget"),
        max_length=options.get("max_length") if python_type is str else None,
        places=PLACES.get(kind),
        unit=options.get("unit"),
        currency=options.get("currency"),
        choices=cast("type[Choice]", python_type) if kind is Kind.CHOICE else None,
        target=cast("type[Model]", python_type) if is_record else None,
        back=options.get("back"),
        owned=options.get("owned", False),
        rule=options.get("rule"),
        archives=options.get("archives", False),
        mergeable=options.get("mergeable", False),
        flow=options.get("flow", False),
        checked=options.get("checked", True),
        pictures=options.get("pictures", False),
        dated=options.get("dated"),
    )


def _column(fragment: Fragment, field: Field, declaration: Declaration) -> Column[Any]:
    _, optional = resolve(fragment, field.name, field.kind)
    default = server_default(field.kind, field.default)
    own = field.model.__fragments__[0]
    if fragment is not own and fragment.addon != own.addon and not optional and default is None:
        raise ModelError(
            f"{fragment}.{field.name}: needs | None or a default, "
            f"as rows of companies without {fragment.addon} must stay valid"
        )
    kind_type = column_type(field.kind, field.python_type, declaration)
    column: Column[Any] = Column(
        field.column,
        kind_type,
        nullable=optional,
        server_default=sql_text(default) if default is not None else None,
        unique=(declaration.common.get("unique") and field.model.__shared__) or None,
        info={"addon": fragment.addon, "field": field},
    )
    return column


# --- mapping ----------------------------------------------------------------------------------------------------------


def _map(model: type[Model]) -> None:
    properties: dict[str, Any] = {}
    table = model.__table__
    for field in model.__fields__.values():
        if field.kind is Kind.LINK and field.per_company:
            properties[field.column] = _company_property(model, field)
            properties[field.name] = _company_link(model, field)
        elif field.kind is Kind.LINK:
            _link_property(model, field, properties)
        elif field.kind is Kind.LINES:
            properties[field.name] = _lines_property(model, field)
        elif field.per_company:
            properties[field.name] = _company_property(model, field)
    mapper = mappers.map_imperatively(model, table, properties=properties)
    model.__mapper__ = mapper


def _link_property(model: type[Model], field: Field, properties: dict[str, Any]) -> None:
    assert field.target is not None
    column = model.__table__.c[field.column]
    properties[field.name] = relationship(
        field.target,
        primaryjoin=column == field.target.__table__.c.id,
        foreign_keys=[column],
        remote_side=[field.target.__table__.c.id],
        back_populates=_partner_lines(field),
        comparator_factory=LinkComparator,
        info={"field": field},
    )


def _partner_lines(link: Field) -> str | None:
    """Find the ``lines()`` of the target that pair with a link."""
    assert link.target is not None
    for other in link.target.__fields__.values():
        if other.kind is Kind.LINES and other.target is link.model and _pair(other) is link:
            return other.name
    return None


def _pair(lines: Field) -> Field:
    """Find the link that lines follow back.

    :raises ModelError: there is none, or several and no ``by=``
    """
    assert lines.target is not None
    links = [f for f in lines.target.__fields__.values() if f.kind is Kind.LINK and f.target is lines.model]
    named = [f for f in links if f.name == lines.back] if lines.back else links
    if len(named) != 1:
        names = ", ".join(f.name for f in links) or "none"
        raise ModelError(f"{lines!r}: links back from {lines.target.__name__}: {names}; say which with by=")
    return named[0]


def back_link(lines: Field) -> Field:
    """Give the link of the line that points back to the record that has the lines."""
    return _pair(lines)


def _lines_property(model: type[Model], field: Field) -> Any:
    assert field.target is not None
    pair = _pair(field)
    column = field.target.__table__.c[pair.column]
    declaration = next(f.declarations[field.name] for f in model.__fragments__ if field.name in f.declarations)
    order = field.target.__table__.c[cast("str", declaration.options["order_by"])]
    return relationship(
        field.target,
        primaryjoin=model.__table__.c.id == column,
        foreign_keys=[column],
        remote_side=[column],
        back_populates=pair.name,
        order_by=[order, field.target.__table__.c.id],
        passive_deletes="all",
        info={"field": field},
    )


def _company_property(model: type[Model], field: Field) -> Any:
    """Read a per-company field: the row of the company in whose name the transaction works."""
    table = companion(field)
    value = (
        select(table.c[field.column])
        .where(table.c.record_id == model.__table__.c.id, table.c.company_id == _own_company())
        .scalar_subquery()
    )
    return column_property(value, deferred=True, info={"field": field})


def _company_link(model: type[Model], field: Field) -> Any:
    """Follow a per-company link, to read it only: actions write it by its name."""
    table, target = companion(field), field.target
    assert target is not None
    return relationship(
        target,
        secondary=table,
        primaryjoin=and_(model.__table__.c.id == table.c.record_id, table.c.company_id == _own_company()),
        secondaryjoin=table.c[field.column] == target.__table__.c.id,
        foreign_keys=[table.c.record_id, table.c[field.column]],
        uselist=False,
        viewonly=True,
        comparator_factory=LinkComparator,
        info={"field": field},
    )


def _own_company() -> ColumnElement[int]:
    return sql_cast(func.current_setting("hanse.company"), BigInteger)


# --- constraints ------------------------------------------------------------------------------------------------------


def _make_constraints(model: type[Model]) -> None:
    if not model.__shared__ and model.__tied__:
        _company_constraint(model)
    kept = dict.fromkeys(companion(field) for field in model.__fields__.values() if field.per_company)
    for table in (model.__table__, *kept):
        for column in list(table.columns):
            field = cast("Field | None", column.info.get("field"))
            if field is not None:
                _field_constraints(table, field)
    if (archive := model.__archive__) is not None:  # few are archived, and the list of these shall not read the others
        archived = Index("id", where=f"NOT {archive.column}")
        _index(model.__table__, archive.addon, archived.fields, archived)
    for fragment in model.__fragments__:
        for rule in fragment.rules:
            _rule_constraint(model, fragment, rule)


def _company_constraint(model: type[Model]) -> None:
    """Tie rows to their company, unless a link that must be filled does so already: its key carries the company."""
    for field in model.__fields__.values():
        target = field.target
        scoped = target is not None and target is not model and not target.__shared__
        if field.kind is Kind.LINK and field.required and scoped:
            return
    table = model.__table__
    key = ForeignKeyConstraint([table.c.company_id], [f"{COMPANY_TABLE}.id"], name=short(f"fk_{table.name}_company_id"))
    _own(key, model.__addon__)
    table.append_constraint(key)


def _field_constraints(table: Table, field: Field) -> None:
    if (check := field_check(field)) is not None:
        _own(check, field.addon)
        table.append_constraint(check)
    if field.kind is Kind.LINK:
        _link_constraints(table, field)
    declaration = next(f.declarations[field.name] for f in field.model.__fragments__ if field.name in f.declarations)
    if declaration.common.get("index"):
        _index(table, field.addon, (field.column,))
    if declaration.common.get("unique") and not field.model.__shared__:
        constraint = UniqueConstraint(table.c.company_id, table.c[field.column])
        _own(constraint, field.addon)
        table.append_constraint(constraint)


def _link_constraints(table: Table, field: Field) -> None:
    """Make a link's foreign key and index.

    Between a company's own records the key carries the company, as foreign key checks ignore row security.
    """
    assert field.target is not None
    declaration = next(f.declarations[field.name] for f in field.model.__fragments__ if field.name in f.declarations)
    if declaration.options["checked"]:
        _foreign_key(table, field, cast("str", declaration.options["ondelete"]))
    if declaration.common.get("index", True):
        _index(table, field.addon, (field.column,))


def _foreign_key(table: Table, field: Field, ondelete: str) -> None:
    assert field.target is not None
    target = field.target.__table__
    own, other = [table.c[field.column]], [target.c.id]
    if _is_scoped(table) and _is_scoped(target):
        own.insert(0, table.c.company_id)
        other.insert(0, target.c.company_id)
        _referable(target)
        if ondelete == "SET NULL":
            ondelete = f"SET NULL ({field.column})"
    name = short(f"fk_{table.name}_{field.column}")
    key = ForeignKeyConstraint(own, other, ondelete=ondelete if ondelete != "RESTRICT" else None, name=name)
    _own(key, field.addon)
    table.append_constraint(key)


def _is_scoped(table: Table) -> bool:
    return "companion" in table.info or not table.info["model"].__shared__


def _referable(target: Table) -> None:
    """Make (company_id, id) unique, so that keys can refer to it."""
    name = f"uq_{target.name}_company_id_id"
    if not any(constraint.name == name for constraint in target.constraints):
        constraint = UniqueConstraint(target.c.company_id, target.c.id, name=name)
        _own(constraint, cast("str", target.info["addon"]))
        target.append_constraint(constraint)


def _rule_constraint(model: type[Model], fragment: Fragment, rule: Any) -> None:
    table = model.__table__
    if isinstance(rule, Unique):
        columns = _rule_columns(model, rule.fields)
        name = short(f"uq_{table.name}_{'_'.join(c.name for c in columns)}{'_some' if rule.where else ''}")
        _refuse_same_name(table, name)
        index = SqlIndex(name, *columns, unique=True, **_options(where=rule.where, nulls_not_distinct=rule.nulls_equal))
        index.info["addon"] = fragment.addon
        index.info["rule"] = rule
    elif isinstance(rule, Check):
        check = CheckConstraint(rule.sql, name=rule.name)
        _own(check, fragment.addon)
        check.info["rule"] = rule
        table.append_constraint(check)
    elif isinstance(rule, Index):
        _index(table, fragment.addon, rule.fields, rule)


def _options(*, where: str | None = None, using: str | None = None, nulls_not_distinct: bool = False) -> dict[str, Any]:
    """Give the arguments of an index that only PostgreSQL knows, none of them empty: autogenerate compares them."""
    given: dict[str, Any] = {}
    if where:
        given["postgresql_where"] = sql_text(where)
    if using:
        given["postgresql_using"] = using
    if nulls_not_distinct:
        given["postgresql_nulls_not_distinct"] = True
    return given


def _rule_columns(model: type[Model], names: Iterable[str]) -> list[Column[Any]]:
    table = model.__table__
    columns = [table.c[model.__fields__[name].column if name in model.__fields__ else name] for name in names]
    if not model.__shared__:
        columns.insert(0, table.c.company_id)
    return columns


def _index(table: Table, addon: str, names: tuple[str, ...], rule: Index | None = None) -> None:
    parts: list[Any] = [table.c[name] if name in table.c else sql_text(name) for name in names]
    if _is_scoped(table) and not (rule and rule.plain) and names[0] != "company_id":
        parts.insert(0, table.c.company_id)
    words = [part.name if isinstance(part, Column) else f"x{n}" for n, part in enumerate(parts)]
    if rule and rule.name:
        words.append(rule.name)
    name = short(f"ix_{table.name}_{'_'.join(words)}")
    _refuse_same_name(table, name)
    options = _options(where=rule.where, using=rule.using) if rule else {}
    index = SqlIndex(name, *parts, **options, _table=table)
    index.info["addon"] = addon


def _refuse_same_name(table: Table, name: str) -> None:
    """Refuse a second index of a name, of which the database would silently have only one."""
    if any(index.name == name for index in table.indexes):
        raise ModelError(f"{table.name}: two indexes would be called {name}; give one of them a name of its own")


def short(name: str) -> str:
    """Keep a name within PostgreSQL's 63 bytes, different where the whole names differ."""
    return name if len(name) <= 60 else f"{name[:51]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _own(constraint: Any, addon: str) -> None:
    constraint.info["addon"] = addon


def mapped_fields(model: type[Model]) -> Iterator[Field]:
    """Give a built model's fields in the order of declaration, the owner's first."""
    yield from model.__fields__.values()

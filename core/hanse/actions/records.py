"""Records: some records of a model, with as much of them loaded as is asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, KeysView, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, overload

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.orm.relationships import RelationshipProperty

from hanse.database.session import CHANGES
from hanse.models import Kind, Model, link_id

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

T = TypeVar("T", bound=Model)
M = TypeVar("M", bound=Model)
V = TypeVar("V")

#: For so few records all short fields are read when one is asked for: validation and actions ask for many in turn.
FEW = 100
_LONG = frozenset({Kind.LINES, Kind.NOTE, Kind.STRUCTURE})


class Records(Generic[T]):
    """Records of one model, in the order of their ids unless asked otherwise.

    Nothing is read before it is needed: ``len()`` and ``ids`` read ids, ``records[Loan.until]`` one column for all (for
    few records the others with it), iteration the objects, each in one statement.  A column is read again after rows
    have changed.
    """

    def __init__(
        self,
        session: Session,
        model: type[T],
        *,
        ids: Sequence[int] | None = None,
        where: Sequence[ColumnElement[bool]] = (),
        order_by: Sequence[Any] = (),
        limit: int | None = None,
    ) -> None:
        self.session = session
        self.model = model
        self._ids: list[int] | None = list(ids) if ids is not None else None
        self._where = tuple(where)
        self._order = tuple(order_by)
        self._limit = limit
        self._objects: list[T] | None = None
        self._columns: dict[str, list[Any]] = {}
        self._changes = 0

    @property
    def ids(self) -> list[int]:
        """The ids of the records."""
        if self._ids is None:
            self._ids = list(self.session.scalars(self._query(self.model.id)))
        return self._ids

    def _query(self, *what: Any) -> Any:
        return self._ordered(select(*what))

    def _ordered(self, query: Any) -> Any:
        condition = self._where if self._ids is None else (self.model.id.in_(self._ids),)
        query = query.where(*condition).order_by(*(self._order or (self.model.id,)))
        return query.limit(self._limit) if self._limit is not None and self._ids is None else query

    @overload  # a link; pyright fears that M might hold None, which no Model does
    def __getitem__(  # pyright: ignore[reportOverlappingOverload]
        self, attribute: InstrumentedAttribute[M]
    ) -> list[int]: ...
    @overload
    def __getitem__(self, attribute: InstrumentedAttribute[M | None]) -> list[int | None]: ...
    @overload
    def __getitem__(self, attribute: InstrumentedAttribute[V]) -> list[V]: ...

    def __getitem__(self, attribute: InstrumentedAttribute[Any]) -> list[Any]:
        """Give one value for each record, in the order of ``ids``; for a link the id of its target."""
        column: Any = attribute
        if isinstance(attribute.property, RelationshipProperty):
            column = link_id(attribute)
        name = cast("str", column.key)
        if self._changes != self.session.info.get(CHANGES, 0):
            self._columns.clear()
        if name not in self._columns:
            self._load(name, column)
        return self._columns[name]

    def _load(self, name: str, column: Any) -> None:
        if self._objects is not None and not self.session.dirty:
            self._changes = self.session.info.get(CHANGES, 0)
            self._columns[name] = [getattr(record, name) for record in self._objects]
            return
        if self._ids is not None and len(self._ids) <= FEW and name in short_columns(self.model):
            rows = self.session.execute(self._ordered(few(self.model))).all()
            self.keep(short_columns(self.model), {row[0]: row[2:] for row in rows})
            return
        rows = self.session.execute(self._query(self.model.id, column)).all()
        if self._ids is None:
            self._ids = [row[0] for row in rows]
        self.keep([name], {row[0]: row[1:] for row in rows})

    def keep(self, names: Collection[str], rows: Mapping[int, Sequence[Any]]) -> None:
        """Remember columns that somebody has just read, the values of each record by its id."""
        self._changes = self.session.info.get(CHANGES, 0)
        for place, name in enumerate(names):
            self._columns[name] = [rows[record][place] for record in self.ids]

    def __iter__(self) -> Iterator[T]:
        return iter(self._load_objects())

    def _load_objects(self) -> list[T]:
        if self._objects is None:
            found = list(self.session.scalars(self._query(self.model)))
            if self._ids is not None:
                place = {record: position for position, record in enumerate(self._ids)}
                found.sort(key=lambda record: place[record.id])
            self._objects = found
            self._ids = [record.id for record in found]
        return self._objects

    def first(self) -> T:
        """Give the first record.

        :raises IndexError: there is none
        """
        return self._load_objects()[0]

    def one(self) -> T:
        """Give the only record.

        :raises ValueError: there is none, or more than one
        """
        (record,) = self._load_objects()
        return record

    def only(self, ids: Iterable[int]) -> Records[T]:
        """Give those of the records whose id is among ``ids``, with the columns that were read."""
        wanted = set(ids)
        places = [place for place, record in enumerate(self.ids) if record in wanted]
        chosen = Records(self.session, self.model, ids=[self.ids[place] for place in places])
        chosen._columns = {name: [values[place] for place in places] for name, values in self._columns.items()}
        chosen._changes = self._changes
        return chosen

    def are_fresh(self) -> bool:
        """Tell whether columns were read and no row has changed since."""
        return bool(self._columns) and self._changes == self.session.info.get(CHANGES, 0)

    def forget(self) -> None:
        """Drop what was loaded, because the rows have changed."""
        self._columns.clear()
        if self._objects is not None:
            for record in self._objects:
                if record in self.session:
                    self.session.expire(record)
            self._objects = None

    def __len__(self) -> int:
        return len(self.ids)

    def __bool__(self) -> bool:
        return bool(self.ids)

    def __repr__(self) -> str:
        return f"<Records of {self.model.__name__} {self._ids if self._ids is not None else '…'}>"


_short: dict[type[Model], dict[str, None]] = {}
_few: dict[type[Model], Any] = {}


def short_columns(model: type[Model]) -> KeysView[str]:
    """Name the columns of a model that are read together where few records are."""
    if model not in _short:
        fields = model.__fields__.values()
        _short[model] = dict.fromkeys(one.column for one in fields if one.kind not in _LONG and not one.per_company)
    return _short[model].keys()


def few(model: type[Model]) -> Any:
    """Select id, version and short columns of a model; made once, for naming them takes longer than reading them."""
    if model not in _few:
        columns = [getattr(model, name) for name in short_columns(model)]
        _few[model] = select(model.id, model.rev, *columns)
    return _few[model]

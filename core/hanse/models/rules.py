"""Rules a model declares for the database to keep, and who its records belong to."""

from __future__ import annotations

from dataclasses import dataclass

from hanse.i18n import Label


@dataclass(frozen=True, slots=True)
class Scope:
    """Which fields make a record somebody's or a department's (dotted paths); none: the whole company's.

    Of several departments, as of those at both ends of a transfer, each sees the record.

    :param about: its fields ``model`` and ``record`` name another record, without which it is not there for anybody
    :param open: verbs for which it is enough to see that other record, whatever the scope of the permission
    :param everybody: a flag of the model; where it is set, whoever in the company reads any such record reads this one
    """

    owner: str | None = None
    department: str | tuple[str, ...] | None = None
    about: bool = False
    open: tuple[str, ...] = ()
    everybody: str | None = None


class Rule:
    """A rule the database keeps."""


@dataclass(frozen=True)
class Unique(Rule):
    """No two records agree in ``fields`` (per company for scoped models), optionally only ``where`` this SQL holds.

    ``error`` is shown to the person who breaks it, or an exception class that is raised with None.
    Empty fields differ from each other unless ``nulls_equal``.
    """

    fields: tuple[str, ...]
    where: str | None
    error: Label | type[Exception]
    nulls_equal: bool

    def __init__(
        self, *fields: str, where: str | None = None, error: Label | type[Exception], nulls_equal: bool = False
    ) -> None:
        object.__setattr__(self, "fields", fields)
        object.__setattr__(self, "where", where)
        object.__setattr__(self, "error", error)
        object.__setattr__(self, "nulls_equal", nulls_equal)


@dataclass(frozen=True)
class Check(Rule):
    """An SQL condition over the columns of one row."""

    name: str
    sql: str
    error: Label


@dataclass(frozen=True)
class Index(Rule):
    """An index over columns or SQL expressions; scoped models lead with ``company_id`` unless ``plain``.

    Leave ``id`` out: while a table is new and uncounted, the planner would take such an index for looking up
    (company_id, id), as foreign keys do for every row, and read the whole company each time.

    ``name`` tells apart two over the same columns, such as one of them only ``where`` something holds.
    """

    fields: tuple[str, ...]
    where: str | None
    using: str | None
    plain: bool
    name: str

    def __init__(
        self,
        *fields: str,
        where: str | None = None,
        using: str | None = None,
        plain: bool = False,
        name: str = "",
    ) -> None:
        object.__setattr__(self, "fields", fields)
        object.__setattr__(self, "where", where)
        object.__setattr__(self, "using", using)
        object.__setattr__(self, "plain", plain)
        object.__setattr__(self, "name", name)


@dataclass(frozen=True)
class AppendOnly(Rule):
    """Rows are inserted and read, never changed or deleted: no grant for it, and a trigger against the owner too."""


@dataclass(frozen=True)
class OnlyRead(Rule):
    """The app role only reads; a function of the owner writes.  For what must hold against our own bugs, too."""


@dataclass(frozen=True)
class Trigger(Rule):
    """A trigger with its function, for what constraints cannot say.

    :param when: ``BEFORE UPDATE OR DELETE``, ``AFTER INSERT`` …
    :param body: PL/pgSQL between BEGIN and END; its own messages begin with ``hanse:`` and a key of ``errors``
    :param errors: what a person reads, by key
    """

    name: str
    when: str
    body: str
    errors: tuple[tuple[str, Label], ...] = ()
    #: SQL over OLD and NEW: only rows for which it holds call the function, which makes the others cost nothing
    only: str | None = None
    #: once a statement instead of once a row; ``fresh`` (new rows) and ``stale`` (old rows) are then tables AFTER it
    statement: bool = False
    #: PL/pgSQL declarations
    declare: str = ""

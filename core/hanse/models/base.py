"""Model and its extension by other addons: one plain mapped class per model, composed from every addon.

``class Partner(Model)`` declares a model.  ``class CrmPartner(Partner, extends=True)`` in another addon adds fields
and overrides: a type checker sees a subclass, while at run time the statement returns ``Partner`` itself, and the body
becomes a fragment ahead of Partner's own body in its MRO.  Nothing is mapped until :func:`hanse.models.build.build`;
from then on everything is ordinary SQLAlchemy.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from types import CellType
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from sqlalchemy import ColumnElement, MetaData, Table
from sqlalchemy.orm import Mapped, Mapper, registry

from hanse.i18n import KERNEL, Label
from hanse.models.fields import Declaration, Field
from hanse.models.rules import Rule, Scope

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
}

#: Every table of every addon.
metadata = MetaData(naming_convention=NAMING)
mappers = registry(metadata=metadata)


class ModelError(TypeError):
    """An addon declared a model or an extension that cannot be composed."""


class Fragment:
    """One class body of a model: the owner's or an extension's."""

    def __init__(self, name: str, body: dict[str, Any], cell: CellType | None) -> None:
        notes = _annotations(body)
        self.name = name
        self.module = cast("str", body["__module__"])
        self.addon = self.module.partition(".")[0]
        self.declarations = {key: value for key, value in body.items() if isinstance(value, Declaration)}
        self.annotations = {key: notes.get(key) for key in self.declarations}
        self.rules = cast("list[Rule]", body.pop("__rules__", []))
        self.scope = cast("Scope | None", body.pop("__scope__", None))
        self.cell = cell
        plain = {key: value for key, value in body.items() if key not in self.declarations}
        plain.pop("__annotations__", None)
        self.mixin = type(name, (), plain)
        self._refuse_undeclared(notes)

    def _refuse_undeclared(self, notes: dict[str, Any]) -> None:
        for key, note in notes.items():
            if key not in self.declarations and "Mapped[" in str(note):
                raise ModelError(f"{self}.{key}: declare it with a field kind (text(), money(), link() …)")

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


def _annotations(body: dict[str, Any]) -> dict[str, Any]:
    """Give a class body's annotations; they are strings, as every model module imports them from the future."""
    return cast("dict[str, Any]", body.get("__annotations__", {}))


class ModelMeta(type):
    """Splits ``class`` statements below :class:`Model` into one class per model and its fragments."""

    def __new__(
        mcs,
        name: str,
        bases: tuple[type, ...],
        body: dict[str, Any],
        *,
        extends: bool = False,
        shared: bool = False,
        section: Section | None = None,
    ) -> Any:
        if not bases or body.pop("__base__", False):
            return super().__new__(mcs, name, bases, body)
        if section is not None:
            body["__section__"] = section
            body["__tablename__"] = body.get("__tablename__") or _settings_table(body)
        fragment = Fragment(name, body, body.pop("__classcell__", None))
        model = _extended(fragment, bases) if extends else mcs._declared(fragment, bases, shared=shared)
        model.__fragments__.append(fragment)
        models_by_name.setdefault(name, []).append(model)
        if fragment.cell is not None:  # ``class`` insists that super() find what it returns; build() repoints it
            fragment.cell.cell_contents = model
        return model

    @classmethod
    def _declared(
        mcs,  # noqa: N804  the class of a metaclass is mcs
        fragment: Fragment,
        bases: tuple[type, ...],
        *,
        shared: bool,
    ) -> type[Model]:
        if bases not in ((Model,), (Settings,)):
            raise ModelError(f"{fragment}: a model has Model as its only base; add extends=True to extend one")
        if (bases[0] is Settings) != hasattr(fragment.mixin, "__section__"):
            raise ModelError(f"{fragment}: settings say section=Section(…), other models have none")
        table = getattr(fragment.mixin, "__tablename__", None)
        if not isinstance(table, str):
            raise ModelError(f"{fragment}: __tablename__ is missing")
        inner: dict[str, Any] = {
            "__module__": fragment.module,
            "__qualname__": fragment.name,
            "__doc__": fragment.mixin.__doc__,
            "__fragments__": [],
            "__shared__": shared,
            "__tablename__": table,
            "__addon__": fragment.addon,
        }
        model = cast("type[Model]", super().__new__(mcs, fragment.name, (fragment.mixin, bases[0]), inner))
        declared_models.append(model)
        return model

    def __init__(
        cls,
        name: str,
        bases: tuple[type, ...],
        body: dict[str, Any],
        *,
        extends: bool = False,
        shared: bool = False,
        section: Section | None = None,
    ) -> None:
        super().__init__(name, bases, body)

    if not TYPE_CHECKING:

        def __getattr__(cls, name: str) -> Any:
            if not name.startswith("_") and any(name in f.declarations for f in vars(cls).get("__fragments__", ())):
                raise AttributeError(
                    f"{cls.__name__}.{name} is not there before build(): use it in actions.py or screens.py, "
                    "which are imported after it"
                )
            raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")


def _settings_table(body: dict[str, Any]) -> str:
    """Name the table of an addon's settings: ``<key>_settings``."""
    package = cast("str", body["__module__"]).partition(".")[0]
    key = "core" if package == KERNEL else cast("Any", sys.modules[package]).ADDON.key
    return f"{key}_settings"


def _extended(fragment: Fragment, bases: tuple[type, ...]) -> type[Model]:
    if len(bases) != 1 or bases[0] not in declared_models:
        raise ModelError(f"{fragment}: extends=True takes exactly one model as its base")
    model = bases[0]
    if is_built(model):
        raise ModelError(f"{fragment}: import every addon's models before build()")
    return model


@dataclass(frozen=True)
class Section:
    """Where settings stand on their page: the title, what they are about, and what belongs near each other.

    :ivar order: sections follow by it, then by title
    """

    title: Label
    help: Label = ""
    icon: str = "settings"
    order: int = 100


#: Every model in the order of its declaration.
declared_models: list[type[Model]] = []
#: Models under each name they are known by: their own and those of their extensions.
models_by_name: dict[str, list[type[Model]]] = {}


class Model(metaclass=ModelMeta):
    """Base class of every model.

    ``shared=True`` makes records common to all companies of the database; without it every record belongs to one.
    """

    __tablename__: ClassVar[str]
    __table__: ClassVar[Table]
    __mapper__: ClassVar[Mapper[Any]]
    __fields__: ClassVar[dict[str, Field]]
    __fragments__: ClassVar[list[Fragment]]
    __shared__: ClassVar[bool]
    __addon__: ClassVar[str]
    __scope__: ClassVar[Scope]
    __rules__: ClassVar[list[Rule]]
    #: the field that says whether a record is in use, where the model has an ``archivable()``
    __archive__: ClassVar[Field | None] = None
    #: the text fields that together name a record, in lists as in autocompletion
    __display__: ClassVar[tuple[str, ...]] = ("name",)
    #: names of two links of a model that only says that one record came of another: ``("original", "voucher")``
    __trail__: ClassVar[tuple[str, str] | None] = None
    #: False where only the model's own actions make, change and delete records
    __general__: ClassVar[bool] = True
    #: where on the page of settings its fields stand; None: they are no settings
    __section__: ClassVar[Section | None] = None
    #: False for what can be derived from other records, or only serves the kernel
    __audited__: ClassVar[bool] = True
    #: False where the database does not check for each row that its company is there
    __tied__: ClassVar[bool] = True

    if TYPE_CHECKING:
        id: Mapped[int]
        #: grows with every change; a form that read an older one is stale
        rev: Mapped[int]
        company_id: Mapped[int]

        def __init_subclass__(
            cls, *, extends: bool = False, shared: bool = False, section: Section | None = None
        ) -> None: ...

    def __init__(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self, name, value)

    @classmethod
    def of(cls, record: Model) -> Self:
        """Give ``record`` as this addon's view of it: no cost, checked at run time.

        :raises ModelError: it is a record of another model
        """
        if not isinstance(record, cls):
            raise ModelError(f"{record!r} is no {cls.__name__}")
        return record

    def display_name(self) -> str:
        """Say in a few words which record this is; addons override it."""
        words = [getattr(self, name) for name in display_fields(type(self))]
        return " ".join(str(word) for word in words if word) or f"{type(self).__name__} {self.id}"

    @classmethod
    def frozen_rows(cls) -> ColumnElement[bool] | None:
        """Give the condition under which rows are never changed again, as posted ones are; None: none are.

        Merging duplicates leaves such rows as they are.
        """
        return None

    def may_be_deleted(self) -> bool:
        """Tell whether nothing but the database stands against deleting this record; addons override it."""
        return True

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.__dict__.get('id')}>"


class Settings(Model):
    """Base of what a company may set about an addon: one row per company, read by ``ctx.settings(SalesSettings)``.

    ``class SalesSettings(Settings, section=Section(_("Sales")))`` has fields like any model, each with a default or
    ``| None``.  Its table is ``<key>_settings`` unless it names another, who may change it holds
    ``<key>.settings.update``.  Another addon adds fields with ``extends=True``.
    """

    __base__ = True
    __general__ = False


def display_fields(model: type[Model]) -> tuple[str, ...]:
    """Name the fields that make up a record's name, as far as the model has them."""
    return tuple(name for name in model.__display__ if name in model.__fields__)


def is_built(model: type[Model]) -> bool:
    """Tell whether build() has mapped the model."""
    return "__mapper__" in vars(model)

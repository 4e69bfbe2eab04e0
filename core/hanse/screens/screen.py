"""Screen: what people see of a model, declared by its addon and extended by others."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import ColumnElement, Select
from sqlalchemy.sql import operators

from hanse.i18n import KERNEL, Label
from hanse.models import Choice, Field, Kind, Model, display_fields
from hanse.screens.parts import (
    After,
    AmongLines,
    Board,
    Button,
    Calendar,
    Complete,
    Computed,
    Filter,
    Item,
    Lines,
    LinesFilter,
    MoreColumns,
    Offers,
    Row,
    ScreenError,
    Shown,
    Tab,
    Through,
    Told,
    Words,
    field_of,
    item_name,
)
from hanse.security.permissions import model_name

if TYPE_CHECKING:
    from hanse.actions import Action, Context

#: Kinds that have no place in lists.
NOT_LISTED = frozenset({Kind.LINES, Kind.STRUCTURE})


@dataclass(frozen=True)
class Column:
    """A column that a list can show.

    :ivar links: the links to follow to the record that has ``field``
    :ivar needs: the fields that ``tell`` words
    """

    name: str
    label: Label
    kind: Kind
    addon: str
    field: Field | None = None
    links: tuple[Field, ...] = ()
    expression: Callable[[type[Model]], Any] | None = None
    tone: Callable[[type[Model]], Any] | None = None
    needs: tuple[Field, ...] = ()
    tell: Callable[[Context, Sequence[Sequence[Any]]], Sequence[Words]] | None = None


@dataclass(frozen=True)
class NamedFilter:
    """A declared filter with the name it has in addresses."""

    name: str
    label: Label
    condition: Callable[[Context], ColumnElement[bool]]
    addon: str


@dataclass(frozen=True)
class Placed:
    """An item of a form with the addon that put it there."""

    item: Item
    addon: str

    @property
    def name(self) -> str:
        """The name of the item."""
        return item_name(self.item)


@dataclass
class FormRow:
    """Items beside each other."""

    items: list[Placed]
    title: Label | None = None


@dataclass
class FormTab:
    """A tab and who put it there."""

    label: Label
    rows: list[FormRow]
    addon: str
    columns: tuple[Any, ...] = ()
    where: Callable[[], ColumnElement[bool]] | None = None


@dataclass(frozen=True)
class SortKey:
    """A column to sort by."""

    name: str
    descending: bool = False


class Screen:
    """What people see of a model: list, form, filters, tabs.

    :param menu: key of the menu section; None: no menu entry
    :param list: columns shown at first: fields, :class:`Through`, :class:`Computed` or :class:`Told`
    :param optional: further columns to choose; None: every field of the model
    :param form: rows and lines; None: every field
    :param filters: fields, :class:`Filter` and :class:`AmongLines`; a choice among them gives the quick segments
    :param order_by: fields, ``.desc()`` allowed; None: by name, or newest first
    :param actions: the actions offered; None: all that are not hidden
    :param board: records as cards in columns
    :param calendar: records on their days
    :param sums: fields added up for groups and on boards; None: money, quantities and whole numbers that are shown
    :param buttons: ways to pages of the addon that belong to this list or its records
    :param suggest: name of a text field → ``suggest(ctx)`` gives the values it is chosen from, with their labels; forms
        and filters offer them; of a field of lines: ``lines.field``
    :param finds: ``finds(ctx, word)`` gives a query of ids that a word of the search box means besides text, or None
    :param seeks: ``seeks(ctx, word)`` gives the condition that a word of the search box is, where no text is searched
    :param story: ``story(ctx, record)`` gives what stands beside a record instead of its own history, and of its files
    :param possible: verb → ``possible(ctx, record)`` tells whether the page of a record offers this action
    :param editable: says whether a record may still be changed by hand
    :param complete: ``complete(ctx, q, values)`` narrows what autocompletion offers of this model
    :param offers: what autocompletion says and offers of this model beyond names
    :param defaults: ``defaults(ctx)`` gives first values of a new record
    :param anew: fields that a copy of a record does not take over; None: records are not copied
    :param begins: ``begins(ctx, given)`` gives what a new record begins with, something with fields and lines of the
        same names, or None; ``given`` is what the address says
    :param carries: fields whose values go over into the next new record, when several are made in a row
    :param tones: how a choice's values look: ok, warn, bad, info, accent
    :param leads_to: gives the path where a record is looked at instead of on a form
    :param origins: ``origins(ctx, record)`` says what a record came from that is no record here, such as a file
    :param title_of: says how a record is named on its page; None: its display name
    """

    documents: list[Any]
    columns: list[Column]
    filters: list[Field | NamedFilter | LinesFilter]
    rows: list[FormRow]
    tabs: list[FormTab]
    joined: list[tuple[str, Complete | None, Offers | None]]

    def __init__(
        self,
        model: type[Model],
        *,
        title: Label,
        menu: str | None = None,
        list: Sequence[Any],  # noqa: A002  the word that addons read best
        optional: Sequence[Any] | None = None,
        form: Sequence[Any] | None = None,
        tabs: Sequence[Tab] = (),
        filters: Sequence[Any] = (),
        segments: Any | None = None,
        order_by: Sequence[Any] = (),
        actions: Sequence[Action[Any]] | None = None,
        documents: Sequence[Any] = (),
        board: Board | None = None,
        calendar: Calendar | None = None,
        sums: Sequence[Any] | None = None,
        buttons: Sequence[Button] = (),
        icon: str = "list",
        order: int = 100,
        readonly: bool = False,
        search: bool = True,
        suggest: Mapping[str, Callable[[Context], Sequence[tuple[str, Label]]]] | None = None,
        finds: Callable[[Context, str], Select[Any] | None] | None = None,
        seeks: Callable[[Context, str], ColumnElement[bool]] | None = None,
        story: Callable[[Context, Any], Sequence[dict[str, Any]]] | None = None,
        possible: Mapping[str, Callable[[Context, Any], bool]] | None = None,
        editable: Callable[[Any], bool] | None = None,
        complete: Complete | None = None,
        offers: Offers | None = None,
        defaults: Callable[[Context], dict[str, Any]] | None = None,
        anew: Sequence[Any] | None = None,
        begins: Callable[[Context, Mapping[str, str]], Any] | None = None,
        carries: Sequence[Any] = (),
        tones: dict[Choice, str] | None = None,
        title_of: Callable[[Any], Label] | None = None,
        leads_to: Callable[[Any], str] | None = None,
        singular: Label | None = None,
        shortcut: str | None = None,
        totals: Callable[[Context, Any], Sequence[tuple[Label, str]]] | None = None,
        origins: Callable[[Context, Any], Sequence[Words]] | None = None,
    ) -> None:
        self.model = model
        self.addon = _caller()
        self.title = title
        self.singular = singular or title
        self.menu = menu
        self.icon = icon
        self.order = order
        self.readonly = readonly
        self.search = search
        self.suggest = suggest or {}
        self.finds = finds
        self.seeks = seeks
        self.story = story
        self.possible = possible or {}
        self.editable = editable
        self.complete = complete
        self.offers = offers
        self.joined = []
        self.defaults = defaults
        self.anew = None if anew is None else tuple(field_of(one).name for one in anew)
        self.begins = begins
        self.carries = tuple(field_of(one) for one in carries)
        self.tones = tones or {}
        self.title_of = title_of
        self.leads_to = leads_to
        self.shortcut = shortcut
        self.totals = totals
        self.origins = origins
        self.board = board
        self.calendar = calendar
        self.sums = None if sums is None else tuple(self._own(one) for one in sums)
        self._check_modes()
        self.buttons = tuple(buttons)
        self.actions = None if actions is None else tuple(actions)
        self.documents = [*documents]
        self.columns = [self._column(item, self.addon) for item in list]
        self._all_columns: tuple[Column, ...] | None = None  # put together when everybody has extended the screen
        self.optional: Sequence[Any] | None = optional
        self.filters = []
        self._add_filters(filters, self.addon)
        self.segments: Field | None = field_of(segments) if segments is not None else self._first_choice()
        self.rows = self._rows(form if form is not None else self._every_field(), self.addon)
        self.tabs = [self._tab(tab, self.addon) for tab in tabs]
        self.order_by: tuple[SortKey, ...] = tuple(_sort_key(one) for one in order_by)
        self._refuse_twice()
        _register(self)

    # --- extension

    def extend(
        self,
        *items: Any,
        after: Any = None,
        form: After | Sequence[After] = (),
        list: After | Sequence[After] = (),  # noqa: A002
        tabs: Sequence[Tab] = (),
        filters: Sequence[Any] = (),
        documents: Sequence[Any] = (),
        lines: Sequence[MoreColumns] = (),
        complete: Complete | None = None,
        offers: Offers | None = None,
    ) -> None:
        """Add to the screen of another addon; what is added shows only where this addon is on and seen.

        ``extend(Partner.rating, after=Partner.name)`` puts a field into form and list choice; ``form=After(…)`` and
        ``list=After(…)`` say exactly where.  Several extensions at one place stand in the order of their addons.
        ``complete`` narrows what autocompletion offers further, ``offers`` adds to what it says.

        :raises ScreenError: the place is not there, or the field is shown already; the message names both addons
        """
        addon = _caller()
        places = [After(after, *items)] if items else []
        for one in [*places, *_many(form)]:
            self._insert_form(one, addon)
        for one in _many(list):
            self._insert_columns(one, addon)
        self.tabs += [self._tab(tab, addon) for tab in tabs]
        self._add_filters(filters, addon)
        self.documents += documents
        for columns in lines:
            self._insert_line_columns(columns, addon)
        if complete is not None or offers is not None:
            self.joined.append((addon, complete, offers))
        self._all_columns = None
        self._refuse_twice()

    def _insert_form(self, place: After, addon: str) -> None:
        name = item_name(place.anchor) if place.anchor is not None else None
        rows = [row for row in [*self.rows, *(row for tab in self.tabs for row in tab.rows)] if row.items]
        for row in rows:
            names = [placed.name for placed in row.items]
            if name in names or name is None:
                at = _behind(row.items, names.index(name) if name is not None else len(names) - 1, addon)
                row.items[at:at] = [Placed(item, addon) for item in place.items]
                return
        raise ScreenError(
            f"{addon} puts {self._said(place)} after {name} in the form of {self}, "
            f"but {self.addon} shows no {name} there"
        )

    def _insert_line_columns(self, more: MoreColumns, addon: str) -> None:
        name = field_of(more.lines).name
        rows = [*self.rows, *(row for tab in self.tabs for row in tab.rows)]
        for row in rows:
            for at, placed in enumerate(row.items):
                if isinstance(placed.item, Lines) and placed.name == name:
                    row.items[at] = Placed(more.joined(placed.item), placed.addon)
                    return
        raise ScreenError(f"{addon} adds columns to {name} of {self}, but {self.addon} shows no such lines")

    def _insert_columns(self, place: After, addon: str) -> None:
        name = item_name(place.anchor)
        names = [column.name for column in self.columns]
        if name not in names:
            raise ScreenError(
                f"{addon} puts {self._said(place)} after {name} in the list of {self}, "
                f"but {self.addon} shows no {name} there"
            )
        at = _behind(self.columns, names.index(name), addon)
        self.columns[at:at] = [self._column(item, addon) for item in place.items]

    @staticmethod
    def _said(place: After) -> str:
        return ", ".join(item_name(item) for item in place.items)

    def _refuse_twice(self) -> None:
        placed = [one for row in self.rows for one in row.items]
        placed += [one for tab in self.tabs for row in tab.rows for one in row.items]
        for what, pairs in (
            ("form", [(one.name, one.addon) for one in placed]),
            ("list", [(one.name, one.addon) for one in self.columns]),
        ):
            owner: dict[str, str] = {}
            for name, addon in pairs:
                if name in owner:
                    raise ScreenError(
                        f"{name} stands twice in the {what} of {self}: put there by {owner[name]} and by {addon}"
                    )
                owner[name] = addon

    # --- parts

    def _column(self, item: Any, addon: str) -> Column:
        if isinstance(item, Computed):
            return Column(item.name, item.label, item.kind, addon, expression=item.expression, tone=item.tone)
        if isinstance(item, Told):
            needs = tuple(self._own(one) for one in item.fields)
            return Column(item.name, item.label, item.kind, addon, needs=needs, tell=item.tell)
        if isinstance(item, Through):
            link, field = field_of(item.link), field_of(item.attribute)
            if link.target is not field.model:
                raise ScreenError(f"{self}: {link!r} does not lead to {field!r}")
            return Column(item_name(item), item.label or field.label, field.kind, addon, field, (link,))
        field = self._own(item)
        if field.kind in NOT_LISTED:
            raise ScreenError(f"{self}: {field!r} cannot be a column")
        return Column(field.name, field.label, field.kind, addon, field)

    def _own(self, item: Any) -> Field:
        field = self.model.__fields__.get(item) if isinstance(item, str) else field_of(item)
        if field is None or field.model is not self.model:
            raise ScreenError(f"{self}: {item} is no field of {self.model.__name__}")
        return field

    def _every_field(self) -> list[Any]:
        return [
            Row(getattr(self.model, field.name))
            for field in self.model.__fields__.values()
            if field.kind not in NOT_LISTED
        ]

    def _check_modes(self) -> None:
        """Refuse a board or a calendar that cannot be drawn."""
        if self.board is not None:
            by = self._own(self.board.by)
            if by.kind not in (Kind.CHOICE, Kind.LINK) or by.per_company:
                raise ScreenError(f"{self}: a board has a column for each value of a choice or a link, not of {by!r}")
            if not self.board.card:
                raise ScreenError(f"{self}: the cards of its board show nothing")
        if self.calendar is not None:
            ends = [self._own(one) for one in (self.calendar.start, self.calendar.end) if one is not None]
            for one in ends:
                if one.kind not in (Kind.DAY, Kind.MOMENT) or one.per_company or one.kind is not ends[0].kind:
                    raise ScreenError(
                        f"{self}: a calendar goes from a day to a day or a moment to a moment, not {one!r}"
                    )

    def card_columns(self) -> list[Column]:
        """Give what a card of the board shows."""
        return [self._column(item, self.addon) for item in (self.board.card if self.board else ())]

    def entry_columns(self) -> list[Column]:
        """Give what an entry of the calendar says: its title, or what names the record."""
        chosen = self.calendar.title if self.calendar else ()
        items = chosen or [getattr(self.model, name) for name in display_fields(self.model)]
        return [self._column(item, self.addon) for item in items]

    def field_of(self, item: Any) -> Field:
        """Give the field of this screen's model that an addon wrote."""
        return self._own(item)

    def _rows(self, items: Iterable[Any], addon: str) -> list[FormRow]:
        rows: list[FormRow] = []
        for item in items:
            if isinstance(item, Row):
                rows.append(FormRow([Placed(self._checked(one), addon) for one in item.items], item.title))
            else:
                rows.append(FormRow([Placed(self._checked(item), addon)]))
        return rows

    def _checked(self, item: Any) -> Item:
        if isinstance(item, (Shown, Lines)):
            return item
        field = self._own(item)
        if field.kind is Kind.LINES and field.owned:
            return Lines(item)
        return cast("Item", item)

    def _tab(self, tab: Tab, addon: str) -> FormTab:
        rows = [FormRow([Placed(item, addon) for item in tab.items])] if tab.columns else self._rows(tab.items, addon)
        return FormTab(tab.label, rows, addon, tab.columns, tab.where)

    def _add_filters(self, filters: Sequence[Any], addon: str) -> None:
        for one in filters:
            if isinstance(one, Filter):
                count = sum(isinstance(other, NamedFilter) for other in self.filters)
                self.filters.append(NamedFilter(one.name or f"is-{count + 1}", one.label, one.condition, addon))
            elif isinstance(one, AmongLines):
                self.filters.append(one.of(self._own(one.lines), addon))
            else:
                self.filters.append(self._own(one))

    def _first_choice(self) -> Field | None:
        return next((one for one in self.filters if isinstance(one, Field) and one.kind is Kind.CHOICE), None)

    # --- questions

    @property
    def name(self) -> str:
        """The public name of the model."""
        return model_name(self.model)

    @property
    def path(self) -> str:
        """The path of the list, below the address of Hanse."""
        return "/" + self.name.replace(".", "/", 1)

    def origins_of(self, ctx: Context, record: Any) -> Sequence[Words]:
        """Say what a record came from that is no record of its own."""
        return self.origins(ctx, record) if self.origins is not None else ()

    def narrowed(self, ctx: Context, words: str, values: dict[str, str]) -> list[ColumnElement[bool]]:
        """Give what narrows autocompletion, by this addon and those that the person sees."""
        asked = [self.complete, *(complete for addon, complete, _offers in self.joined if addon in ctx.seen)]
        found = [one(ctx, words, values) for one in asked if one is not None]
        return [one for one in found if one is not None]

    def described(self, ctx: Context, ids: Sequence[int], values: Mapping[str, str]) -> dict[int, dict[str, Any]]:
        """Say what autocompletion tells and fills in of records, by this addon and those that the person sees."""
        told: dict[int, dict[str, Any]] = {one: {} for one in ids}
        asked = [self.offers, *(offers for addon, _complete, offers in self.joined if addon in ctx.seen)]
        for describe in [one.describe for one in asked if one is not None and one.describe is not None and ids]:
            for one, more in describe(ctx, ids, values).items():
                told[one] = _joined(told[one], more)
        return told

    def placed(self) -> list[Placed]:
        """Give everything on the form, tabs included."""
        rows = [*self.rows, *(row for tab in self.tabs for row in tab.rows)]
        return [placed for row in rows for placed in row.items]

    def all_columns(self) -> tuple[Column, ...]:
        """Give every column a list of this screen can show: those of the start first."""
        if self._all_columns is None:
            self._all_columns = self._every_column()
        return self._all_columns

    def _every_column(self) -> tuple[Column, ...]:
        chosen = {column.name for column in self.columns}
        if self.optional is not None:
            more = [self._column(item, self.addon) for item in self.optional]
        else:
            fields = [field for field in self.model.__fields__.values() if field.kind not in NOT_LISTED]
            more = [Column(field.name, field.label, field.kind, field.addon, field) for field in fields]
        from hanse.work.columns import columns_of  # activities have a screen themselves

        more += columns_of(self.model)
        return (*self.columns, *(column for column in more if column.name not in chosen))

    def __repr__(self) -> str:
        return f"<Screen {self.name}>"

    def __str__(self) -> str:
        return self.name


def _joined(known: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Put together what two addons say of a record: both hints, and what both fill in."""
    hints = [str(one["hint"]) for one in (known, more) if one.get("hint")]
    found: dict[str, Any] = {**known, **more}
    if hints:
        found["hint"] = " · ".join(hints)
    filled: dict[str, Any] = {**known.get("set", {}), **more.get("set", {})}
    return found | {"set": filled} if filled else found


def _behind(items: Sequence[Placed] | Sequence[Column], anchor: int, addon: str) -> int:
    """Say where an addon inserts after ``anchor``: behind what other extensions have put there before."""
    at = anchor + 1
    while at < len(items) and items[at].addon not in (items[anchor].addon, addon):
        at += 1
    return at


def _many(places: After | Sequence[After]) -> Sequence[After]:
    return [places] if isinstance(places, After) else places


def _sort_key(one: Any) -> SortKey:
    element = getattr(one, "element", None)
    if getattr(one, "modifier", None) is operators.desc_op and element is not None:
        return SortKey(str(element.key).removesuffix("_id"), descending=True)
    return SortKey(item_name(one))


def _caller() -> str:
    module = cast("str", sys._getframe(2).f_globals["__name__"])  # pyright: ignore[reportPrivateUsage]  it has no other name
    return module.partition(".")[0]


# --- the registry -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MenuSection:
    """A heading of the menu."""

    key: str
    title: Label
    order: int = 50
    icon: str = "folder"
    addon: str = KERNEL


_screens: dict[type[Model], Screen] = {}
_by_name: dict[str, Screen] = {}
_sections: dict[str, MenuSection] = {}


def _register(screen: Screen) -> None:
    other = _screens.get(screen.model)
    if other is not None:
        raise ScreenError(
            f"{screen.model.__name__} has two screens: of {other.addon} and of {screen.addon}; extend the first"
        )
    _screens[screen.model] = screen
    _by_name[screen.name] = screen


def menu_section(key: str, title: Label, *, order: int = 50, icon: str = "folder") -> MenuSection:
    """Name a section of the menu; the first addon that does decides."""
    section = MenuSection(key, title, order, icon, _caller())
    return _sections.setdefault(key, section)


def sections() -> dict[str, MenuSection]:
    """Give the declared sections of the menu by key."""
    return _sections


def screen_of(model: type[Model]) -> Screen | None:
    """Give the screen of a model."""
    return _screens.get(model)


def screen_named(name: str) -> Screen | None:
    """Give the screen of the model with this public name."""
    return _by_name.get(name)


def all_screens() -> list[Screen]:
    """Give every screen in the order of declaration."""
    return list(_screens.values())

"""The parts a screen is declared with: rows, tabs, lines, filters, and columns that are no field of the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as part
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import QueryableAttribute

from hanse.i18n import Label
from hanse.models import Field, Kind, Model, ModelError

if TYPE_CHECKING:
    from hanse.actions import Context

#: Narrows what autocompletion offers of a model: ``complete(ctx, words, values)``.
Complete = Callable[["Context", str, dict[str, str]], "ColumnElement[bool] | None"]
#: A field as addons write it: ``Loan.until``.
Attribute = QueryableAttribute[Any]


class ScreenError(ModelError):
    """An addon declared a screen or an extension that cannot be drawn; the message names who and what."""


def field_of(attribute: Any) -> Field:
    """Give the field behind ``Loan.until``.

    :raises ScreenError: it is no field of a model
    """
    fields: Mapping[str, Field] = getattr(getattr(attribute, "class_", None), "__fields__", {})
    name = str(getattr(attribute, "key", attribute))
    found = fields.get(name) or fields.get(name.removesuffix("_id"))
    if found is None:
        raise ScreenError(f"{attribute!r} is no field of a model; write it as Model.field")
    return found


@dataclass(frozen=True)
class Through:
    """A field of a linked record, as a column: ``Through(Loan.equipment, Equipment.code)``.  Only read."""

    link: Attribute
    attribute: Attribute
    label: Label | None = None


@dataclass(frozen=True)
class Computed:
    """A column that the database works out: ``expression(model)`` gives SQL.  Only read, not sorted.

    :param kind: how the value is shown
    :param tone: ``tone(model)`` gives SQL for how it looks: ``muted``, ``bad``, ``ok``, ``warn``, ``info`` or NULL
    """

    name: str
    label: Label
    kind: Kind
    expression: Callable[[type[Model]], Any] = part(compare=False)
    tone: Callable[[type[Model]], Any] | None = part(default=None, compare=False)


@dataclass(frozen=True)
class Words:
    """What a :class:`Told` column says in a row, and the path of the page it leads to, if any."""

    text: str
    path: str | None = None


@dataclass(frozen=True)
class Told:
    """A column that the program words out of fields of the row, for many rows at once.  Only read, not sorted.

    :param fields: what ``tell`` needs of each row
    :param tell: ``tell(ctx, rows)`` gives the words of every row; a row holds the values of ``fields``
    """

    name: str
    label: Label
    fields: tuple[Attribute, ...]
    tell: Callable[[Context, Sequence[Sequence[Any]]], Sequence[Words]] = part(compare=False)
    kind: Kind = Kind.TEXT


@dataclass(frozen=True)
class Shown:
    """A value on a form that is no field: ``get(ctx, record)`` says it as people read it.  Not shown on new records.

    :param get: None leaves it out, an empty text shows that it is empty
    :param leads_to: gives model and id of the record it names
    """

    name: str
    label: Label
    get: Callable[[Context, Any], Label | None] = part(compare=False)
    leads_to: Callable[[Context, Any], tuple[type[Model], int] | None] | None = part(default=None, compare=False)


@dataclass(frozen=True)
class Virtual:
    """A cell of lines that is no field; ``Lines.save`` turns what is typed there into values of fields.

    :param get: gives the cell's value for a stored line
    """

    name: str
    label: Label
    kind: Kind
    get: Callable[[Any], Any] = part(compare=False)
    required: bool = False


@dataclass(frozen=True)
class Lines:
    """Owned lines inside a form.

    :param columns: fields of the line, or :class:`Virtual` ones; None: every field a person writes
    :param sides: the two columns of amounts that must balance; typing one empties the other
    :param repeat: columns that a new line copies from the one above
    :param totals: columns added up below
    :param widths: column name → xs s m l xl; without one a column takes the rest
    :param save: turns the typed values of a line into values of its fields
    :param blank: how many empty lines a new record begins with
    :param optional: columns that stay away until a line needs them, or the person asks for them
    :param shown_if: column name → tells whether it is drawn though every line leaves it empty
    :param fits: column name → tells by the fields of the form whether it is drawn though every line leaves it empty
    :param multiply: two columns whose product ``*`` puts into one of ``sides``
    :param asks_with: column of links → columns of the same line that autocompletion is told; ``head.place``: a field of
        the form
    """

    lines: Attribute
    columns: Sequence[Attribute | Virtual] | None = None
    sides: tuple[str, str] | None = None
    repeat: Sequence[str] = ()
    totals: Sequence[str] = ()
    widths: Mapping[str, str] = part(default_factory=dict[str, str])
    small: Sequence[str] | None = None
    save: Callable[[dict[str, Any]], dict[str, Any]] | None = part(default=None, compare=False)
    blank: int = 0
    optional: Sequence[str] = ()
    multiply: Sequence[str] = ()
    shown_if: Mapping[str, Callable[[Context], bool]] = part(
        default_factory=dict[str, "Callable[[Context], bool]"], compare=False
    )
    fits: Mapping[str, Callable[[Mapping[str, str]], bool]] = part(
        default_factory=dict[str, "Callable[[Mapping[str, str]], bool]"], compare=False
    )
    asks_with: Mapping[str, Sequence[str]] = part(default_factory=dict[str, "Sequence[str]"])

    @property
    def field(self) -> Field:
        """The field that holds the lines."""
        return field_of(self.lines)


@dataclass(frozen=True)
class MoreColumns:
    """Columns that an addon adds to the lines of another addon's form; they are there where the addon is on and seen.

    :param after: the column that they stand behind; None: they are the first
    :param small: they are shown on a phone, too
    :param asks_with: as of :class:`Lines`; a name that no cell of the line has is looked for in the form around it
    """

    lines: Attribute
    columns: Sequence[Attribute]
    after: Attribute | None = None
    widths: Mapping[str, str] = part(default_factory=dict[str, str])
    small: bool = False
    optional: Sequence[str] = ()
    asks_with: Mapping[str, Sequence[str]] = part(default_factory=dict[str, "Sequence[str]"])

    def joined(self, lines: Lines) -> Lines:
        """Give the lines with these columns among them.

        :raises ScreenError: the column that they stand behind is not there
        """
        columns = list(lines.columns or ())
        names = [item_name(one) for one in columns]
        after = None if self.after is None else item_name(self.after)
        if after is not None and after not in names:
            raise ScreenError(f"{lines.field.name} have no column {after}")
        at = 0 if after is None else names.index(after) + 1
        columns[at:at] = self.columns
        more = [item_name(one) for one in self.columns]
        small = lines.small if lines.small is None or not self.small else [*more, *lines.small]
        return replace(
            lines,
            columns=columns,
            widths={**lines.widths, **self.widths},
            small=small,
            optional=[*lines.optional, *self.optional],
            asks_with={**lines.asks_with, **self.asks_with},
        )


Item = Attribute | Shown | Lines


@dataclass(frozen=True)
class Row:
    """Fields beside each other.  A title begins a section."""

    items: tuple[Item, ...]
    title: Label | None

    def __init__(self, *items: Any, title: Label | None = None) -> None:
        object.__setattr__(self, "items", items)
        object.__setattr__(self, "title", title)


@dataclass(frozen=True)
class Tab:
    """A tab of a form: lines, or fields of the record.

    :param columns: for records that are only read there, each leading to its own page: what is shown of each
    :param where: ``where()`` gives the condition on these records; none: all of them
    """

    label: Label
    items: tuple[Item, ...]
    columns: tuple[Attribute, ...] = ()
    where: Callable[[], ColumnElement[bool]] | None = part(default=None, compare=False)

    def __init__(
        self,
        label: Label,
        *items: Any,
        columns: Sequence[Any] = (),
        where: Callable[[], ColumnElement[bool]] | None = None,
    ) -> None:
        object.__setattr__(self, "label", label)
        object.__setattr__(self, "items", items)
        object.__setattr__(self, "columns", tuple(columns))
        object.__setattr__(self, "where", where)


@dataclass(frozen=True)
class After:
    """Where an extension goes: ``After(Partner.tax_id, LoansPartner.deposit)``."""

    anchor: Any
    items: tuple[Any, ...]

    def __init__(self, anchor: Any, *items: Any) -> None:
        object.__setattr__(self, "anchor", anchor)
        object.__setattr__(self, "items", items)


@dataclass(frozen=True)
class Filter:
    """A filter with a name of its own: ``Filter(_("Overdue"), lambda ctx: Loan.until < ctx.today)``."""

    label: Label
    condition: Callable[[Context], ColumnElement[bool]] = part(compare=False)
    name: str = ""


@dataclass(frozen=True)
class AmongLines:
    """A filter by a link that some line of a record has: ``AmongLines(Loan.lines, LoanLine.book)``.

    With more links it is the last of a way: ``AmongLines(Loan.lines, LoanLine.book, Book.shelf)``.
    """

    lines: Attribute
    links: tuple[Attribute, ...]

    def __init__(self, lines: Any, *links: Any) -> None:
        object.__setattr__(self, "lines", lines)
        object.__setattr__(self, "links", links)

    def of(self, lines: Field, addon: str) -> LinesFilter:
        """Give the filter of these lines with its name.

        :raises ScreenError: the links do not follow each other
        """
        links = tuple(field_of(link) for link in self.links)
        model = lines.target
        for link in links:
            if link.kind is not Kind.LINK or link.model is not model or link.per_company:
                raise ScreenError(f"a filter among {lines!r} follows links from there, not {link!r}")
            model = link.target
        return LinesFilter(".".join(field.name for field in (lines, *links)), lines, links, addon)


@dataclass(frozen=True)
class LinesFilter:
    """A filter by a link that some line of a record has, with its name in addresses: ``lines.product.category``."""

    name: str
    lines: Field
    links: tuple[Field, ...]
    addon: str

    @property
    def label(self) -> Label:
        """What the last link is called."""
        return self.links[-1].label


@dataclass(frozen=True)
class Offers:
    """What autocompletion offers of a model where narrowing its names does not do.

    :param describe: ``describe(ctx, ids, values)`` gives for stored records ``{"hint": …, "set": {…}}``; ``set`` fills
        other cells of the line the person is in; an extension has only this
    :param more: ``more(ctx, words, values)`` gives further entries ``{"id", "name"}`` whose ids are texts of the addon
    :param resolve: turns such a text into a record; called when a form with it is sent
    :param name: says how such a text is read
    :param order: ``order(ctx, values)`` says in which order records are offered while nothing is typed
    """

    describe: Callable[[Context, Sequence[int], Mapping[str, str]], Mapping[int, Mapping[str, Any]]] | None = None
    more: Callable[[Context, str, Mapping[str, str]], Sequence[Mapping[str, Any]]] | None = None
    resolve: Callable[[Context, str], int] | None = None
    name: Callable[[Context, str], str] | None = None
    order: Callable[[Context, Mapping[str, str]], Sequence[ColumnElement[Any]]] | None = None


@dataclass(frozen=True)
class Button:
    """A way from a screen to a page of the same addon, for those who may see it, under the page's title and icon.

    :param page: name of the page
    :param of_record: it stands on every record instead of the list, and the page is told ``?record=<id>``
    :param offered: says of a record whether it stands there; None: always
    """

    page: str
    of_record: bool = False
    offered: Callable[[Any], bool] | None = part(default=None, compare=False)


@dataclass(frozen=True)
class Board:
    """Records as cards in columns, one column for each value of ``by``, a choice or a link.

    A card that is moved does the action whose ``moves`` lead to that column; where there is none, the field is changed
    if the person may.

    :param card: what a card shows: fields, :class:`Through`, :class:`Computed`; the first names the record
    """

    by: Attribute
    card: Sequence[Any]


@dataclass(frozen=True)
class Calendar:
    """Records on their days, by month and by week.

    :param start: a day or a moment; records without one are not shown
    :param end: the last day, or the moment it ends; None: they take no longer than a day
    :param title: what an entry says: fields, :class:`Through`, :class:`Computed`; none: what names the record
    :param tone: a choice whose tones of the screen colour the entries
    :param new: a page of the addon that begins a record, told ``?<start>=<day>``; None: the usual form
    :param moved_by: verb of the action that a drag to another day does, with ``start`` as its parameter; none: update
    """

    start: Attribute
    end: Attribute | None = None
    title: Sequence[Any] = ()
    tone: Attribute | None = None
    new: str | None = None
    moved_by: str | None = None


def item_name(item: Any) -> str:
    """Give the name under which an item of a form or list is known."""
    if isinstance(item, str):
        return item
    if isinstance(item, (Shown, Virtual, Computed, Told)):
        return item.name
    if isinstance(item, Lines):
        return item.field.name
    if isinstance(item, Through):
        return f"{field_of(item.link).name}.{field_of(item.attribute).name}"
    return field_of(item).name

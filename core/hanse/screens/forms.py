"""Forms: WTForms classes made from a screen and its fields, and what was typed, kept whatever happens."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as part
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, cast

from wtforms import Field as WtField
from wtforms import Form
from wtforms.meta import DefaultMeta

from hanse.actions.values import WrongValue, convert
from hanse.errors import BusinessError
from hanse.i18n import Label, _, parse_decimal
from hanse.models import Field, Kind, Model
from hanse.models.build import back_link
from hanse.screens.formats import typed
from hanse.screens.parts import Lines, Virtual, field_of
from hanse.screens.screen import Screen, screen_of
from hanse.security.clauses import readable, writable

if TYPE_CHECKING:
    from hanse.actions import Context

#: Kinds that nobody types.
NOT_TYPED = frozenset({Kind.STRUCTURE, Kind.LINES})
_MOST_LINES = 2_000


@dataclass(frozen=True)
class Cell:
    """One thing to type: a field of the model, or a virtual cell of lines."""

    name: str
    label: Label
    kind: Kind
    required: bool
    field: Field | None = None
    get: Callable[[Any], Any] | None = part(default=None, compare=False)

    @classmethod
    def of(cls, item: Field | Virtual) -> Cell:
        """Make the cell of a field."""
        if isinstance(item, Virtual):
            return cls(item.name, item.label, item.kind, item.required, get=item.get)
        required = item.required and item.default is None and item.kind is not Kind.FLAG
        return cls(item.name, item.label, item.kind, required, item)

    def value_of(self, record: Any) -> Any:
        """Read the cell's value from a stored record; the id for a link."""
        if self.get is not None:
            return self.get(record)
        assert self.field is not None
        return getattr(record, self.field.column)


@dataclass(frozen=True)
class LineCells:
    """Owned lines on a form and what can be typed in each."""

    name: str
    label: Label
    cells: tuple[Cell, ...]
    declared: Lines = part(compare=False)


@dataclass
class LineDraft:
    """What stands in one line of a form."""

    index: int
    id: str
    values: dict[str, str]

    @property
    def is_blank(self) -> bool:
        """Tell whether nothing was typed."""
        return not self.id and not any(self.values.values())


@dataclass
class Draft:
    """What stands in a form: as stored, or as typed."""

    values: dict[str, str]
    lines: dict[str, list[LineDraft]] = part(default_factory=dict[str, list[LineDraft]])

    def digests(self) -> dict[str, str]:
        """Give a short hash of each value, to tell later what has changed."""
        found = {name: digest(value) for name, value in self.values.items()}
        for name, lines in self.lines.items():
            found[name] = digest("\n".join(f"{line.id}|{sorted(line.values.items())}" for line in lines))
        return found


def digest(value: str) -> str:
    """Give a short hash of a typed value; line ends of browsers do not count."""
    return hashlib.blake2b(value.replace("\r\n", "\n").strip().encode(), digest_size=6).hexdigest()


# --- what is on a form ------------------------------------------------------------------------------------------------


def shown_fields(ctx: Context, screen: Screen) -> list[Field]:
    """Give the fields on a form that this person may read, lines left out."""
    names = [placed.name for placed in screen.placed() if placed.addon in ctx.seen]
    fields = (screen.model.__fields__.get(name) for name in names)
    return [field for field in fields if field is not None and field.kind is not Kind.LINES and readable(ctx, field)]


def typed_cells(ctx: Context, screen: Screen) -> tuple[Cell, ...]:
    """Give what this person may type, lines left out."""
    return tuple(
        Cell.of(field) for field in shown_fields(ctx, screen) if field.kind not in NOT_TYPED and writable(ctx, field)
    )


def shown_lines(ctx: Context, screen: Screen) -> list[LineCells]:
    """Give the owned lines on a form, with their readable cells."""
    declared = [
        placed.item for placed in screen.placed() if isinstance(placed.item, Lines) and placed.addon in ctx.seen
    ]
    return [line_cells(ctx, one) for one in declared if readable(ctx, one.field)]


def line_cells(ctx: Context, declared: Lines) -> LineCells:
    """Give the cells of lines: those declared, or every field a person writes."""
    field = declared.field
    assert field.target is not None
    if declared.columns is not None:
        items: list[Field | Virtual] = [one if isinstance(one, Virtual) else field_of(one) for one in declared.columns]
    else:
        back = back_link(field)
        items = [
            one
            for one in field.target.__fields__.values()
            if one is not back and one.kind not in NOT_TYPED and not one.readonly
        ]
    cells = tuple(Cell.of(one) for one in items if isinstance(one, Virtual) or readable(ctx, one))
    return LineCells(field.name, field.label, cells, declared)


def _is_used(ctx: Context, cell: Cell, drafts: Iterable[LineDraft]) -> bool:
    """Tell whether some line says more in a cell than what every line has there at first."""
    usual = cell.field.default if cell.field is not None else None
    unused = ("", "" if usual is None or callable(usual) else typed(ctx, cell.kind, usual))
    return any(line.values.get(cell.name, "") not in unused for line in drafts)


def optional_is_used(ctx: Context, lines: LineCells, drafts: Sequence[LineDraft]) -> bool:
    """Tell whether some line needs one of the columns that stay away until then."""
    return any(_is_used(ctx, cell, drafts) for cell in lines.cells if cell.name in lines.declared.optional)


def without_unused(
    ctx: Context, lines: LineCells, drafts: Sequence[LineDraft], head: Mapping[str, str], *, fixed: bool
) -> LineCells:
    """Leave out columns that every line leaves empty, where the screen says so or nobody can fill them any more.

    :param head: what stands on the form itself
    """
    declared = lines.declared

    def stays(cell: Cell) -> bool:
        if _is_used(ctx, cell, drafts):
            return True
        fits = declared.fits.get(cell.name)
        if fits is not None and (fixed or not fits(head)):
            return False
        wanted = declared.shown_if.get(cell.name)
        return not (fixed and cell.name in declared.optional) and (wanted is None or (not fixed and wanted(ctx)))

    return replace(lines, cells=tuple(cell for cell in lines.cells if stays(cell)))


def lines_are_typed(ctx: Context, lines: LineCells) -> bool:
    """Tell whether the person may change lines."""
    return writable(ctx, lines.declared.field)


# --- drafts -----------------------------------------------------------------------------------------------------------


def draft_of_record(ctx: Context, record: Model, cells: Iterable[Cell], lines: Iterable[LineCells]) -> Draft:
    """Put a stored record into a form."""
    draft = Draft({cell.name: typed(ctx, cell.kind, cell.value_of(record)) for cell in cells})
    for one in lines:
        stored = cast("list[Model]", getattr(record, one.name))
        draft.lines[one.name] = [
            LineDraft(
                index, str(line.id), {cell.name: typed(ctx, cell.kind, cell.value_of(line)) for cell in one.cells}
            )
            for index, line in enumerate(stored)
        ]
    return draft


def first_draft(
    ctx: Context,
    screen: Screen,
    cells: Iterable[Cell],
    lines: Iterable[LineCells],
    given: Mapping[str, str],
    like: Any = None,
) -> Draft:
    """Put defaults, what the address brings along, and what is to be copied into a form for a new record.

    :param like: something with fields and lines of the same names, such as another record
    """
    values: dict[str, str] = {}
    first = screen.defaults(ctx) if screen.defaults else {}
    for cell in cells:
        copied = None if like is None or cell.name in (screen.anew or ()) else _copied(ctx, cell, like)
        if copied and cell.name not in given:
            values[cell.name] = copied
            continue
        field = cell.field
        default = first.get(cell.name, field.default if field is not None else None)
        default = default() if callable(default) else default
        default = default.id if isinstance(default, Model) else default
        values[cell.name] = given.get(cell.name, typed(ctx, cell.kind, default))
    return Draft(values, {one.name: _copied_lines(ctx, one, like) for one in lines})


def _copied_lines(ctx: Context, lines: LineCells, like: Any) -> list[LineDraft]:
    """Give the lines of what is copied, as if they had just been typed."""
    stored = getattr(like, lines.name, None) or ()
    return [
        LineDraft(index, "", {cell.name: _copied(ctx, cell, line) for cell in lines.cells})
        for index, line in enumerate(stored)
    ]


def _copied(ctx: Context, cell: Cell, source: Any) -> str:
    """Give a value of what is copied as it is typed; empty where it has no such field."""
    if cell.field is not None and not hasattr(source, cell.field.column):
        return ""
    return typed(ctx, cell.kind, cell.value_of(source))


# --- WTForms ----------------------------------------------------------------------------------------------------------


class _Meta(Protocol):
    ctx: Context


class ValueField(WtField):
    """A field that reads what people type as its kind says, and keeps the text when it cannot."""

    def __init__(self, label: str | None = None, *, cell: Cell, **options: Any) -> None:
        super().__init__(label, **options)
        self.cell = cell
        self.raw = ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the text.

        :raises ValueError: it does not fit; said on the field
        """
        self.raw = str(valuelist[-1]) if valuelist else ""
        self.data = read_text(cast("_Meta", self.meta).ctx, self.cell, self.raw)

    def process_data(self, value: Any) -> None:
        self.data = None

    def _value(self) -> str:
        return self.raw


def read_text(ctx: Context, cell: Cell, text: str) -> Any:
    """Read one typed value; empty is None.

    :raises ValueError: it does not fit; the message is for the person
    """
    if cell.kind is Kind.FLAG:
        return text.strip().lower() in ("1", "on", "yes", "true")
    if not text.strip():
        if cell.required:
            raise ValueError(str(_("Please fill this in.")))
        return None
    try:
        value = _READERS.get(cell.kind, _plain)(ctx, cell, text)
    except (ValueError, ArithmeticError) as error:
        raise ValueError(str(_EXPECTED.get(cell.kind, _("This does not fit.")))) from error
    if cell.field is not None:
        try:
            return convert(cell.field, value)
        except WrongValue as error:
            raise ValueError(str(error.message)) from error
    return value


def _plain(_ctx: Context, _cell: Cell, text: str) -> Any:
    return text.replace("\r\n", "\n")


def _whole(_ctx: Context, cell: Cell, text: str) -> Any:
    if cell.field is not None and cell.field.python_type is str:
        return text
    number = parse_decimal(text)
    if number != int(number):
        raise ValueError(text)
    return int(number)


def _amount(_ctx: Context, _cell: Cell, text: str) -> Any:
    return parse_decimal(text)


def _day(_ctx: Context, _cell: Cell, text: str) -> Any:
    plain = text.strip().replace("/", "-").replace(".", "-")
    parts = plain.split("-")
    return date(*(int(one) for one in parts)) if len(parts) == 3 else date.fromisoformat(plain)


def _moment(ctx: Context, _cell: Cell, text: str) -> Any:
    moment = datetime.fromisoformat(text.strip())
    return moment if moment.tzinfo else moment.replace(tzinfo=ctx.company.zone)


def _link(ctx: Context, cell: Cell, text: str) -> Any:
    target = screen_of(cell.field.target) if cell.field is not None and cell.field.target is not None else None
    if target is not None and target.offers is not None and target.offers.resolve is not None and not text.isdigit():
        return target.offers.resolve(ctx, text)
    return int(text)


_READERS: dict[Kind, Callable[[Context, Cell, str], Any]] = {
    Kind.NUMBER: _whole,
    Kind.MONEY: _amount,
    Kind.QUANTITY: _amount,
    Kind.RATE: _amount,
    Kind.DAY: _day,
    Kind.MOMENT: _moment,
    Kind.LINK: _link,
}
_EXPECTED: dict[Kind, Label] = {
    Kind.NUMBER: _("Write a whole number."),
    Kind.MONEY: _("Write an amount such as 1,234.50."),
    Kind.QUANTITY: _("Write a number such as 12.5."),
    Kind.RATE: _("Write a number such as 0.13."),
    Kind.DAY: _("Write a date such as 2026-11-23."),
    Kind.MOMENT: _("Write a date and time such as 2026-11-23 09:30."),
    Kind.LINK: _("Choose one from the list."),
}


def _last(formdata: Any, name: str) -> str:
    """Give the last value sent under a name, in WTForms' view of what was sent."""
    found = formdata.getlist(name)
    return str(found[-1]) if found else ""


class LinesField(WtField):
    """Lines named ``<name>-<index>-<column>``; those in ``<name>-order`` count, in that order."""

    def __init__(self, label: str | None = None, *, lines: LineCells, **options: Any) -> None:
        super().__init__(label, **options)
        self.lines = lines
        self.entries: list[tuple[LineDraft, Form]] = []

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Read the lines that count."""
        self.entries = []
        self.process_errors = []
        if formdata is None:
            return
        made = form_class(self.lines.cells, ())
        for index in self._order(formdata):
            form = made(formdata, prefix=f"{self.name}-{index}-", meta={"ctx": cast("_Meta", self.meta).ctx})
            values = {cell.name: cast("ValueField", form[cell.name]).raw for cell in self.lines.cells}
            draft = LineDraft(index, _last(formdata, f"{self.name}-{index}-id"), values)
            if not draft.is_blank:
                self.entries.append((draft, form))

    def _order(self, formdata: Any) -> list[int]:
        given = _last(formdata, f"{self.name}-order").split(",")
        found = [int(one) for one in given if one.isdigit() and len(one) < 7]
        if len(found) > _MOST_LINES:
            raise BusinessError(_("At most %(most)s lines fit into one form.", most=_MOST_LINES), field=self.lines.name)
        return list(dict.fromkeys(found))

    def validate(self, form: Any, extra_validators: Any = ()) -> bool:
        """Tell whether every line could be read."""
        found = [entry.validate() for _draft, entry in self.entries]  # every one, so that every error is said
        return all(found)


class _TypedMeta(DefaultMeta):
    """WTForms looks for translations of its own unless told not to."""

    locales = False


class TypedForm(Form):
    """Base of the generated forms."""

    Meta = _TypedMeta


@lru_cache(maxsize=1024)
def form_class(cells: tuple[Cell, ...], lines: tuple[LineCells, ...]) -> type[Form]:
    """Make the WTForms class for some cells and lines."""
    body: dict[str, Any] = {cell.name: ValueField(cell=cell) for cell in cells}
    body |= {one.name: LinesField(lines=one) for one in lines}
    return type("GeneratedForm", (TypedForm,), body)


@dataclass
class Sent:
    """What a form sent: as typed, as values, and what could not be read.

    :ivar errors: by place: ``name``, ``lines.2.account`` (the position among the lines that count)
    """

    draft: Draft
    values: dict[str, Any]
    errors: dict[str, str]


def read_form(ctx: Context, formdata: Any, cells: Sequence[Cell], lines: Sequence[LineCells]) -> Sent:
    """Read what was sent."""
    form = form_class(tuple(cells), tuple(lines))(formdata, meta={"ctx": ctx})
    form.validate()
    draft, values, errors = Draft({}), dict[str, Any](), dict[str, str]()
    for cell in cells:
        one = cast("ValueField", form[cell.name])
        draft.values[cell.name] = one.raw
        if one.errors:
            errors[cell.name] = str(one.errors[0])
        else:
            values[cell.name] = one.data if one.raw or cell.kind is not Kind.FLAG else False
    for declared in lines:
        entries = cast("LinesField", form[declared.name]).entries
        draft.lines[declared.name] = [line for line, _form in entries]
        values[declared.name] = _line_values(declared, entries, errors)
    for cell in cells:  # an empty required field sends nothing to read
        if cell.required and cell.name not in errors and values.get(cell.name) is None:
            errors[cell.name] = str(_("Please fill this in."))
    return Sent(draft, values, errors)


def _line_values(
    declared: LineCells, entries: Sequence[tuple[LineDraft, Form]], errors: dict[str, str]
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for position, (draft, form) in enumerate(entries):
        row: dict[str, Any] = {}
        for cell in declared.cells:
            one = cast("ValueField", form[cell.name])
            if position and cell.name in declared.declared.repeat and one.data is None and not one.raw.strip():
                row[cell.name] = rows[-1].get(cell.name)
            elif one.errors:
                errors[f"{declared.name}.{position}.{cell.name}"] = str(one.errors[0])
            elif cell.required and one.data is None:
                errors[f"{declared.name}.{position}.{cell.name}"] = str(_("Please fill this in."))
            elif cell.field is None or not cell.field.readonly:
                row[cell.name] = one.data
        row = declared.declared.save(row) if declared.declared.save else row
        rows.append({"id": int(draft.id), **row} if draft.id.isdigit() else row)
    return rows

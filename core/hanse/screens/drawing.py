"""Forms as templates take them: sections, tabs, fields and lines out of a draft."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from dataclasses import field as part
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from hanse.i18n import _
from hanse.models import Choice, Field, Kind, Model, StoredFile
from hanse.screens.files import accepted, place_of, shown_file
from hanse.screens.formats import field_formatter, formatter, template_kind
from hanse.screens.forms import (
    Cell,
    Draft,
    LineCells,
    LineDraft,
    digest,
    lines_are_typed,
    optional_is_used,
    read_text,
    shown_fields,
    shown_lines,
    typed_cells,
    without_unused,
)
from hanse.screens.names import names_of
from hanse.screens.parts import Lines, Shown, field_of
from hanse.screens.related import may_create, related
from hanse.screens.screen import FormRow, FormTab, Screen, screen_of
from hanse.security.permissions import verb

if TYPE_CHECKING:
    from hanse.actions import Context

Values = dict[str, Any]
Address = Callable[..., str]


@dataclass
class Sheet:
    """A form on its way to the template.

    :ivar record: None: a new one
    :ivar fixed: nothing can be typed
    :ivar errors: by place, as business errors name them
    """

    ctx: Context
    screen: Screen
    address: Address
    record: Model | None
    draft: Draft
    fixed: bool
    errors: dict[str, str] = part(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        self.fields = {field.name: field for field in shown_fields(self.ctx, self.screen)}
        self.cells = {cell.name: cell for cell in typed_cells(self.ctx, self.screen)} if not self.fixed else {}
        self.lines = {one.name: one for one in shown_lines(self.ctx, self.screen)}
        self.names = self._names()

    def _names(self) -> dict[type[Model], dict[int, str]]:
        """Name every linked record on the form, a statement for each model."""
        wanted: dict[type[Model], set[int]] = {}
        for field, value in self._links():
            if value.isdigit():
                assert field.target is not None
                wanted.setdefault(field.target, set()).add(int(value))
        return {target: names_of(self.ctx, target, ids) for target, ids in wanted.items()}

    def _links(self) -> Iterable[tuple[Field, str]]:
        for name, value in self.draft.values.items():
            if (field := self.fields.get(name)) is not None and field.kind is Kind.LINK:
                yield field, value
        for name, lines in self.draft.lines.items():
            for cell in self.lines[name].cells:
                if cell.kind is Kind.LINK and cell.field is not None:
                    yield from ((cell.field, line.values.get(cell.name, "")) for line in lines)

    def name_of(self, field: Field, value: str) -> str:
        """Name the record a link leads to."""
        assert field.target is not None
        if value.isdigit():
            return self.names.get(field.target, {}).get(int(value), "")
        screen = screen_of(field.target) if value else None
        return screen.offers.name(self.ctx, value) if screen and screen.offers and screen.offers.name else ""


def draw(sheet: Sheet) -> Values:
    """Give sections, tabs and lines of a form."""
    above, below = _split(sheet.screen.rows)
    sections, lines = _sections(sheet, above)
    tabs = [
        tab
        for one in sheet.screen.tabs
        if one.addon in sheet.ctx.seen and (tab := _tab(sheet, one, len(lines))) is not None
    ]
    values: Values = {"sections": sections, "tabs": tabs, "below": _sections(sheet, below)[0]}
    if lines:
        values["lines"] = lines[0]
    tabs += [{"name": more["name"], "title": more["label"], "lines": more} for more in lines[1:]]
    if sheet.record is None and not sheet.errors:
        _begin(sections, lines)
    if sheet.screen.totals is not None and sheet.record is not None:
        values["totals"] = [
            {"label": label, "text": text, "strong": True}
            for label, text in sheet.screen.totals(sheet.ctx, sheet.record)
        ]
    return values


def _begin(sections: Sequence[Values], lines: Sequence[Values]) -> None:
    """Put the focus of a new form where typing begins: on what must be filled, else the first line, else a field."""
    every = [one for section in sections for one in section["fields"] if one["kind"] in _FOCUSED]
    empty = [one for one in every if not one.get("value") and not one.get("readonly")]
    needed = [one for one in empty if one.get("required")]
    if not needed and lines and lines[0]["rows"] and not lines[0]["readonly"]:
        first = lines[0]["rows"][0]  # rows may share their cells
        needed = first["cells"] = [dict(cell) for cell in first["cells"]]
    for one in (needed or [one for one in empty if one["kind"] != "link"])[:1]:
        one["autofocus"] = True


_FOCUSED = ("text", "note", "number", "money", "quantity", "rate", "email", "tel", "url", "link")


def _split(rows: Sequence[FormRow]) -> tuple[Sequence[FormRow], Sequence[FormRow]]:
    """Part the rows of a form: those up to its last lines, and those that stand below them."""
    last = max(
        (at for at, row in enumerate(rows) if any(isinstance(one.item, Lines) for one in row.items)),
        default=len(rows) - 1,
    )
    return rows[: last + 1], rows[last + 1 :]


def _sections(sheet: Sheet, rows: Sequence[FormRow]) -> tuple[list[Values], list[Values]]:
    """Join rows into sections, a new one at each title; lines stand by themselves."""
    sections: list[Values] = []
    lines: list[Values] = []
    three = bool(rows) and all(
        len(row.items) >= 3 for row in rows if not any(isinstance(one.item, Lines) for one in row.items)
    )
    for row in rows:
        fields: list[Values] = []
        for placed in row.items:
            if placed.addon not in sheet.ctx.seen:
                continue
            if isinstance(placed.item, Lines):
                lines += _lines(sheet, placed.item)
            elif (field := _item(sheet, placed.item)) is not None:
                fields.append(field)
        if len(fields) == 1 and len(row.items) == 1 and fields[0]["kind"] in ("text", "note"):
            fields[0]["wide"] = True
        if fields and (row.title or not sections):
            sections.append({"title": row.title, "fields": fields, "three": three})
        elif fields:
            sections[-1]["fields"] += fields
    return sections, lines


def _tab(sheet: Sheet, tab: FormTab, number: int) -> Values | None:
    others = [
        placed.item
        for row in tab.rows
        for placed in row.items
        if not isinstance(placed.item, (Lines, Shown)) and field_of(placed.item).kind is Kind.LINES
    ]
    values: Values = {"name": f"{tab.addon}-{number}-{digest(repr(tab.label))}", "title": tab.label}
    if others:
        if sheet.record is None:
            return None
        shown = related(sheet, field_of(others[0]), tab.columns, tab.where)
        return None if shown is None else values | shown
    sections, lines = _sections(sheet, tab.rows)
    if not sections and not lines:
        return None
    values["sections"] = sections
    if lines:
        values |= {"lines": lines[0], "count": len(lines[0]["rows"]) or None}
    names = {field["name"] for section in sections for field in section["fields"]} | {one["name"] for one in lines}
    values["current"] = any(place.partition(".")[0] in names for place in sheet.errors) or None
    return values


# --- fields -----------------------------------------------------------------------------------------------------------


def _item(sheet: Sheet, item: Any) -> Values | None:
    if isinstance(item, Shown):
        return _shown(sheet, item) if sheet.record is not None else None
    field = sheet.fields.get(field_of(item).name)
    if field is None:
        return None
    cell = sheet.cells.get(field.name)
    if cell is not None:
        return _typed(sheet, cell, field)
    return _read(sheet, field) if sheet.record is not None else None


def _shown(sheet: Sheet, item: Shown) -> Values | None:
    text = item.get(sheet.ctx, sheet.record)
    if text is None:
        return None
    shown: Values = {"name": item.name, "label": item.label, "kind": "static", "text": str(text)}
    there = item.leads_to(sheet.ctx, sheet.record) if item.leads_to else None
    target = screen_of(there[0]) if there else None
    if there and target and target.addon in sheet.ctx.seen and sheet.ctx.may(verb(target.model, "read")):
        shown["open_url"] = sheet.address(f"{target.path}/{there[1]}")
    return shown


def _typed(sheet: Sheet, cell: Cell, field: Field) -> Values:
    value = sheet.draft.values.get(field.name, "")
    shown: Values = {
        "name": field.name,
        "label": field.label,
        "kind": template_kind(field.kind, field),
        "value": value,
        "help": field.help,
        "required": cell.required,
        "error": sheet.errors.get(field.name, ""),
        "maxlength": field.max_length,
        "unit": _unit(sheet, field),
    }
    if field.rule:
        shown["placeholder"] = _("given by Hanse")
    if field.choices is not None:
        shown["choices"] = choices_of(field.choices)
    if field.name in sheet.screen.suggest:
        shown |= {"kind": "choice", "choices": _suggested(sheet, field, value)}
    if field.kind is Kind.LINK:
        shown |= _link(sheet, field, value)
    if field.kind is Kind.FILE:
        shown |= file_control(sheet, field, value)
    return shown


def file_control(sheet: Sheet, field: Field, value: str, line: tuple[str, int] | None = None) -> Values:
    """Say where a file goes, and how the one that is there is shown.

    :param line: name of the owned lines and id of the line the field is in; without an id it is a new one
    """
    pictures = {"pictures": "1"} if field.pictures else {}
    shown: Values = {
        "upload_url": sheet.address("/uploads", **pictures),
        "accept": accepted(pictures=field.pictures),
        "pictures": field.pictures,
    }
    return shown | {"file": _file(sheet, field, value, line)}


def _file(sheet: Sheet, field: Field, value: str, line: tuple[str, int] | None) -> Values | None:
    """Say how a file is shown: where its record has it, or while only the person has who uploaded it."""
    try:
        stored = StoredFile(value)
    except ValueError:
        return None
    if sheet.record is None or (line is not None and not line[1]) or not _has(sheet.record, field, stored, line):
        path = f"/uploads/{stored.key}/{quote(stored.name, safe='')}"
    else:
        path = sheet.screen.path + place_of(sheet.record.id, field, stored, line=line)
    return shown_file(stored, sheet.address(path))


def _has(record: Model, field: Field, stored: StoredFile, line: tuple[str, int] | None) -> bool:
    if line is None:
        return bool(getattr(record, field.column) == stored)
    return any(one.id == line[1] and getattr(one, field.column) == stored for one in getattr(record, line[0]))


def _suggested(sheet: Sheet, field: Field, value: str) -> list[Values]:
    """Give what a text field is chosen from, and what stands in it although nobody suggests it any more."""
    return _offered(sheet, field.name, [value])


def _offered(sheet: Sheet, name: str, values: Iterable[str]) -> list[Values]:
    found = [{"value": one, "label": label} for one, label in sheet.screen.suggest[name](sheet.ctx)]
    known = {"", *(str(one["value"]) for one in found)}
    return [*({"value": one, "label": one} for one in dict.fromkeys(values) if one not in known), *found]


def _unit(sheet: Sheet, field: Field) -> Any:
    if field.kind is Kind.MONEY and field.currency is None:
        return sheet.ctx.company.currency
    return field.unit or ""


def choices_of(choices: type[Choice]) -> list[Values]:
    """Give a choice's members for a select."""
    return [{"value": member.value, "label": member.label} for member in choices]


def _link(sheet: Sheet, field: Field, value: str, *, of: Model | None = None) -> Values:
    """Draw a link; ``of`` is the record whose line it stands in: autocompletion is told of it."""
    assert field.target is not None
    target = screen_of(field.target)
    found: Values = {"text": sheet.name_of(field, value)}
    if target is None or target.addon not in sheet.ctx.seen:
        return found
    asked = {"for": f"{sheet.screen.name}.{field.name}"} | ({"of": str(of.id)} if of is not None else {})
    found["url"] = sheet.address(f"{target.path}/-/complete", **asked)
    if value and sheet.ctx.may(verb(target.model, "read")):
        found["open_url"] = sheet.address(f"{target.path}/{value}")
    if not target.readonly and may_create(sheet.ctx, target.model):
        found["create_url"] = sheet.address(f"{target.path}/new")
    return found


def _read(sheet: Sheet, field: Field) -> Values:
    """Draw a field that is only read: nobody types it, or this person may not."""
    shown: Values = {
        "name": field.name,
        "label": field.label,
        "kind": template_kind(field.kind, field),
        "readonly": True,
        "unit": _unit(sheet, field),
    }
    value = getattr(sheet.record, field.column) if sheet.record is not None else None
    if value is None:
        return shown | {"text": "", "value": "", "kind": "static"}
    if field.kind is Kind.FLAG:
        return shown | {"value": value}
    if field.kind is Kind.LINK:
        text = sheet.name_of(field, str(value)) or names_of(sheet.ctx, cast("type[Model]", field.target), [value]).get(
            value, ""
        )
        return shown | {"text": text, "open_url": _link(sheet, field, str(value)).get("open_url")}
    if field.kind is Kind.FILE:
        return shown | {"file": _file(sheet, field, value, None)}
    text = field_formatter(sheet.ctx, field)(value)
    tone = sheet.screen.tones.get(value, "") if field.kind is Kind.CHOICE else ""
    if field.kind is Kind.CHOICE:
        return shown | {"kind": "tag", "text": text, "tone": tone}
    return shown | {"text": text, "tone": "bad" if field.kind is Kind.MONEY and value < 0 else ""}


# --- lines ------------------------------------------------------------------------------------------------------------


def _lines(sheet: Sheet, declared: Lines) -> list[Values]:
    one = sheet.lines.get(declared.field.name)
    if one is None:
        return []
    fixed = sheet.fixed or not lines_are_typed(sheet.ctx, one)
    drafts = sheet.draft.lines.get(one.name, [])
    one = without_unused(sheet.ctx, one, drafts, sheet.draft.values, fixed=fixed)
    columns = [_line_column(sheet, one, cell, drafts) for cell in one.cells]
    stored = (
        {str(line.id): line for line in getattr(sheet.record, one.name)} if fixed and sheet.record is not None else {}
    )
    rows = [_line_row(sheet, one, line, position, fixed, stored.get(line.id)) for position, line in enumerate(drafts)]
    blank = {"index": 0, "id": "", "cells": [{"value": ""} for _cell in one.cells]}
    next_ = max((line.index for line in drafts), default=-1) + 1
    if not fixed and not drafts:
        rows = [blank | {"index": at} for at in range(declared.blank)]
        next_ = declared.blank
    return [
        {
            "name": one.name,
            "label": one.label,
            "columns": columns,
            "rows": rows,
            "blank": blank,
            "next": next_,
            "readonly": fixed,
            "multiply": " ".join(declared.multiply),
            "optional_shown": optional_is_used(sheet.ctx, one, drafts),
            "scale": sheet.ctx.company.places,
            "difference": _("Difference") if declared.sides else None,
            "error": sheet.errors.get(one.name, ""),
        }
    ]


def _line_column(sheet: Sheet, one: LineCells, cell: Cell, drafts: Sequence[LineDraft]) -> Values:
    declared = one.declared
    column: Values = {
        "name": cell.name,
        "label": cell.label,
        "kind": template_kind(cell.kind, cell.field),
        "required": cell.required,
        "repeat": cell.name in declared.repeat,
        "width": declared.widths.get(cell.name, _WIDTHS.get(cell.kind)),
        "hide_small": declared.small is not None and cell.name not in declared.small,
    }
    if cell.name in declared.optional:
        column["optional"] = True
    if cell.name in declared.asks_with:
        column["asks_with"] = " ".join(declared.asks_with[cell.name])
    if cell.field is not None and cell.field.readonly:
        column["readonly"] = True
    if cell.field is not None and cell.field.choices is not None:
        column["choices"] = choices_of(cell.field.choices)
    if (path := f"{one.name}.{cell.name}") in sheet.screen.suggest:
        offered = _offered(sheet, path, [line.values.get(cell.name, "") for line in drafts])
        column |= {"kind": "choice", "choices": offered}
    if cell.kind is Kind.FILE and cell.field is not None:
        column |= file_control(sheet, cell.field, "")
    if cell.kind is Kind.LINK and cell.field is not None:
        link = _link(sheet, cell.field, "", of=sheet.record)
        column |= {"url": link.get("url"), "wide": True}
    if declared.sides and cell.name in declared.sides:
        column["side"] = "debit" if cell.name == declared.sides[0] else "credit"
    if cell.name in declared.totals or column.get("side"):
        column |= {"total": True, "sum": _sum(sheet, cell, drafts)}
    return column


_WIDTHS = {
    Kind.MONEY: "m",
    Kind.QUANTITY: "s",
    Kind.RATE: "s",
    Kind.NUMBER: "s",
    Kind.DAY: "m",
    Kind.FLAG: "xs",
    Kind.CHOICE: "m",
}


def _sum(sheet: Sheet, cell: Cell, drafts: Sequence[LineDraft]) -> str:
    total: Any = 0
    for line in drafts:
        try:
            total += read_text(sheet.ctx, cell, line.values.get(cell.name, "")) or 0
        except ValueError:
            return ""
    return formatter(sheet.ctx, cell.kind)(total) if total else ""


def _line_row(
    sheet: Sheet, one: LineCells, line: LineDraft, position: int, fixed: bool, stored: Model | None = None
) -> Values:
    own = f"{one.name}.{position}"
    return {
        "index": line.index,
        "id": line.id,
        "error": sheet.errors.get(own, "")
        or " ".join(text for place, text in sheet.errors.items() if place.startswith(f"{own}.")),
        "cells": [
            _line_cell(sheet, one, cell, line, sheet.errors.get(f"{own}.{cell.name}", ""), fixed, stored)
            for cell in one.cells
        ],
    }


def _line_cell(
    sheet: Sheet, lines: LineCells, cell: Cell, line: LineDraft, error: str, fixed: bool, stored: Model | None
) -> Values:
    value = line.values.get(cell.name, "")
    shown: Values = {
        "value": value,
        "error": error,
        "tone": "bad" if value.startswith("-") and cell.kind is Kind.MONEY else "",
    }
    if cell.kind is Kind.LINK and cell.field is not None:
        shown["text"] = sheet.name_of(cell.field, value)
        if fixed and value:
            shown["open_url"] = _link(sheet, cell.field, value).get("open_url")
    elif cell.kind is Kind.FILE and cell.field is not None:
        shown["file"] = _file(sheet, cell.field, value, (lines.name, int(line.id) if line.id.isdigit() else 0))
    elif (fixed or (cell.field is not None and cell.field.readonly)) and cell.kind is not Kind.FLAG:
        shown["text"] = _said(sheet, cell, value)
        code = _other_currency(sheet, cell, stored) if value else None
        if code:
            shown["text"] = f"{code}\N{NO-BREAK SPACE}{shown['text']}"
    return shown


def _other_currency(sheet: Sheet, cell: Cell, stored: Model | None) -> str | None:
    """Give the code of the currency of a stored amount, unless it is the company's."""
    field = cell.field
    if stored is None or field is None or field.kind is not Kind.MONEY or not field.currency or "." in field.currency:
        return None
    link = type(stored).__fields__[field.currency]
    key = getattr(stored, link.column)
    if key in (None, sheet.ctx.company.currency_id) or link.target is None:
        return None
    known = sheet.names.setdefault(link.target, {})
    if key not in known:
        known |= names_of(sheet.ctx, link.target, [key])
    return known.get(key)


def _said(sheet: Sheet, cell: Cell, value: str) -> str:
    """Write a typed value for reading."""
    if not value or cell.field is None:
        return value
    try:
        found = read_text(sheet.ctx, cell, value)
    except ValueError:
        return value
    return formatter(sheet.ctx, cell.kind)(found) if found is not None else ""

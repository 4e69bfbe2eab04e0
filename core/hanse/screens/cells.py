"""Rows of a list as HTML.

The macros of templates/macros/table.jinja2 are the design; what they draw for a row is written here once more in
Python, because a page has some 600 cells and Jinja takes 15 µs for each.  A test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from hanse.i18n import _
from hanse.models import Field, Kind, StoredFile
from hanse.screens.files import place_of
from hanse.screens.formats import AMOUNTS, field_formatter, formatter, money_formatter
from hanse.screens.listing import Slot
from hanse.screens.names import joined_name, name_writer
from hanse.screens.parts import Words
from hanse.screens.screen import Screen, screen_of
from hanse.security.permissions import verb

if TYPE_CHECKING:
    from hanse.actions import Context

Row = Sequence[Any]
Writer = Callable[[Row], str]
NUMBERS = ("number", "money", "quantity", "rate", "percent")
#: The column of the box that selects a row.
_CELL_KINDS = {
    Kind.DAY: "date",
    Kind.MOMENT: "datetime",
    Kind.CHOICE: "tag",
    Kind.MONEY: "money",
    Kind.QUANTITY: "quantity",
    Kind.RATE: "rate",
    Kind.FLAG: "flag",
    Kind.NOTE: "note",
    Kind.LINK: "link",
    Kind.FILE: "file",
}


def cell_kind(slot: Slot) -> str:
    """Name the kind of a column's cells as the templates do."""
    column = slot.column
    if column.kind is Kind.NUMBER:
        return "number" if column.field is None or column.field.python_type is int else "text"
    return _CELL_KINDS.get(column.kind, "text")


def places(kinds: Sequence[str]) -> list[str]:
    """Say where each column goes on a phone's card; as the macro ``slots`` does."""
    seen: set[str] = set()
    subs = 0
    result: list[str] = []
    for kind in kinds:
        if kind == "file" and "picture" not in seen:
            place = "picture"
        elif kind == "tag" and "tag" not in seen:
            place = "tag"
        elif kind in NUMBERS and "end" not in seen:
            place = "end"
        elif "title" not in seen and kind not in NUMBERS and kind != "file":
            place = "title"
        elif subs < 2:
            place, subs = "sub", subs + 1
        else:
            place = "none"
        seen.add(place)
        result.append(place)
    return result


def write_rows(
    ctx: Context,
    screen: Screen,
    slots: Sequence[Slot],
    rows: Sequence[Row],
    base: str,
    icons: str,
    *,
    pick: bool,
    in_use: int | None = None,
) -> Markup:
    """Write the rows of a page.

    :param base: the path Hanse lives under
    :param icons: address of the icons
    :param in_use: where a row says whether its record is in use; archived ones are grey
    """
    kinds = [cell_kind(slot) for slot in slots]
    where = places(kinds)
    title = next((at for at, place in enumerate(where) if place == "title"), 0)
    address = escape(f"{base}{screen.path}/")
    writers = [
        _writer(ctx, screen, slot, kind, place, address if at == title else None, base, icons)
        for at, (slot, kind, place) in enumerate(zip(slots, kinds, where, strict=True))
    ]
    name = _title_text(ctx, slots[title]) if slots else str
    select = str(_("Select %(name)s", name="\0"))
    before, _sep, behind = escape(select).partition("\0")
    parts: list[str] = []
    for row in told(ctx, slots, rows):
        record = row[0]
        box = (
            f'<td class="hz-pick"><label><input type="checkbox" name="ids" value="{record}" form="hz-bulk" '
            f'aria-label="{before}{escape(name(row))}{behind}"></label></td>'
            if pick
            else ""
        )
        cells = "".join([write(row) for write in writers])
        face = "hz-row" if in_use is None or row[in_use] else "hz-row hz-row--muted"
        parts.append(
            f'<tr class="{face}" data-id="{record}" data-url="{address}{record}" tabindex="-1">{box}{cells}</tr>'
        )
    return Markup("".join(parts))  # noqa: S704  every datum in it went through escape()


def told(ctx: Context, slots: Sequence[Slot], rows: Sequence[Row]) -> Sequence[Row]:
    """Put the words of told columns into rows, for all of them at once."""
    found = rows
    for slot in slots:
        if slot.column.tell is not None:
            words = slot.column.tell(ctx, [[row[spot] for spot in slot.needs] for row in rows])
            (own,) = slot.places
            found = [[*row[:own], word, *row[own + 1 :]] for row, word in zip(found, words, strict=True)]
    return found


def _title_text(ctx: Context, slot: Slot) -> Callable[[Row], str]:
    write = text_writer(ctx, slot)
    return lambda row: write(row) or str(row[0])


def text_writer(ctx: Context, slot: Slot) -> Callable[[Row], str]:
    """Give a function that writes a column's value in a row as text; empty for none."""
    spots = slot.places
    if slot.column.tell is not None:
        return lambda row: str(row[spots[0]].text)
    if slot.column.kind is Kind.LINK:
        target = slot.column.field.target if slot.column.field is not None else None
        write_name = name_writer(target) if target is not None else joined_name
        return lambda row: write_name([row[spot] for spot in spots])
    (spot,) = spots
    if slot.currency is not None:
        return _with_currency(ctx, spot, slot.currency)
    field = slot.column.field
    write = field_formatter(ctx, field) if field is not None else formatter(ctx, slot.column.kind)
    return lambda row: "" if row[spot] is None else write(row[spot])


def _with_currency(ctx: Context, spot: int, currency: tuple[int, int]) -> Callable[[Row], str]:
    code, decimals = currency
    writers: dict[int, Callable[[Decimal], str]] = {}

    def write(row: Row) -> str:
        if row[spot] is None:
            return ""
        count = row[decimals] if row[decimals] is not None else ctx.company.places
        text = writers.setdefault(count, money_formatter(count))(row[spot])
        return text if row[code] in (None, ctx.company.currency) else f"{row[code]}\N{NO-BREAK SPACE}{text}"

    return write


def _writer(
    ctx: Context, screen: Screen, slot: Slot, kind: str, place: str, address: str | None, base: str, icons: str
) -> Writer:
    align = "hz-num" if kind in NUMBERS else ""
    shown = "title" if place == "title" else kind
    label = f' data-label="{escape(str(slot.column.label))}"' if place == "sub" and kind in NUMBERS else ""
    start = f'<td class="hz-cell hz-cell--{shown} {align}" data-slot="{place}"{label}>'
    text = text_writer(ctx, slot)
    if address is not None:
        tone = _tone_writer(slot)
        return lambda row: f'{start}<a href="{address}{row[0]}"{tone(row)}>{escape(text(row)) or row[0]}</a></td>'
    if slot.column.tell is not None:
        return _words_writer(slot.places[0], start, base)
    if kind == "file" and slot.column.field is not None and not slot.column.links:
        return _file_writer(slot.column.field, start, slot.places[0], f"{base}{screen.path}", icons)
    if kind == "flag":
        return _flag_writer(start, slot.places[0], icons)
    if kind == "tag":
        return _tag_writer(screen, start, slot.places[0])
    if slot.column.kind is Kind.LINK:
        return _link_writer(ctx, slot, start, text, base)
    if slot.column.kind in AMOUNTS:
        return _amount_writer(start, slot.places[0], text)
    if slot.tone is not None:
        tone = _tone_writer(slot)
        return lambda row: f"{start}<span{tone(row)}>{escape(text(row))}</span></td>"
    return lambda row: f"{start}{escape(text(row))}</td>"


def _tone_writer(slot: Slot) -> Writer:
    """Give a function that writes the class for the tone of a row's value."""
    spot = slot.tone
    if spot is None:
        return lambda _row: ""
    return lambda row: f' class="hz-text-{escape(str(row[spot]))}"' if row[spot] else ""


def _flag_writer(start: str, spot: int, icons: str) -> Writer:
    sign = f'<svg class="hz-icon" aria-hidden="true"><use href="{escape(icons)}#check"/></svg>'
    yes = f'{start}{sign}<span class="hz-sr">{escape(str(_("Yes")))}</span></td>'
    no = f'{start}<span class="hz-sr">{escape(str(_("No")))}</span></td>'
    return lambda row: yes if row[spot] else no


def _file_writer(field: Field, start: str, spot: int, base: str, icons: str) -> Writer:
    sign = f'<svg class="hz-icon hz-icon--s" aria-hidden="true"><use href="{escape(icons)}#paperclip"/></svg>'

    def write(row: Row) -> str:
        stored: StoredFile | None = row[spot]
        if stored is None:
            return f"{start}</td>"
        path = escape(base + place_of(row[0], field, stored))
        name, version = escape(stored.name), stored.key[:12]
        if not stored.is_picture:
            return f'{start}<a href="{path}" download>{sign} {name}</a></td>'
        return (
            f'{start}<a class="hz-thumb" href="{path}?view=1&amp;v={version}" data-look="{stored.media_type}" '
            f'data-name="{name}" target="_blank" rel="noopener"><img src="{path}?small=1&amp;v={version}" alt="{name}" '
            f'width="28" height="28" loading="lazy"></a></td>'
        )

    return write


def _tag_writer(screen: Screen, start: str, spot: int) -> Writer:
    known: dict[Any, str] = {None: f"{start}</td>"}

    def write(row: Row) -> str:
        value = row[spot]
        found = known.get(value)
        if found is None:
            tone = screen.tones.get(value, "")
            face = f"hz-tag hz-tag--{tone}" if tone else "hz-tag"
            found = known[value] = f'{start}<span class="{face}">{escape(str(value.label))}</span></td>'
        return found

    return write


def _link_writer(ctx: Context, slot: Slot, start: str, text: Callable[[Row], str], base: str) -> Writer:
    assert slot.column.field is not None
    assert slot.column.field.target is not None
    target, spot = screen_of(slot.column.field.target), slot.record
    if target is None or spot is None or target.addon not in ctx.seen or not ctx.may(verb(target.model, "read")):
        return lambda row: f"{start}{escape(text(row))}</td>"
    address = escape(f"{base}{target.path}/")
    return lambda row: (
        f"{start}</td>"
        if row[spot] is None
        else f'{start}<a href="{address}{row[spot]}">{escape(text(row)) or row[spot]}</a></td>'
    )


def _words_writer(spot: int, start: str, base: str) -> Writer:
    def write(row: Row) -> str:
        words: Words = row[spot]
        if words.path is None:
            return f"{start}{escape(words.text)}</td>"
        return f'{start}<a href="{escape(base + words.path)}">{escape(words.text)}</a></td>'

    return write


def _amount_writer(start: str, spot: int, text: Callable[[Row], str]) -> Writer:
    def write(row: Row) -> str:
        value = row[spot]
        if value is None:
            return f"{start}</td>"
        if value < 0:
            return f'{start}<span class="hz-text-bad">{escape(text(row))}</span></td>'
        return f"{start}{escape(text(row))}</td>"

    return write


__all__ = ["cell_kind", "places", "text_writer", "told", "write_rows"]
